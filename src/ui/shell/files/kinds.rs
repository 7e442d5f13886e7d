//! Kinds of files: as the system's dialog lists them, and in words.

use crate::engine::FileKind;

/// Kinds of files in the system's dialog. Files of IDX have no end of their own.
const ALL_FILES: (&str, &[&str]) = ("All files", &["*"]);
/// What files that open end with: the first are experiments, models and lessons, then sessions, the others data and weights.
const OPENED: &[&str] = &[
    "toml",
    "md",
    "flatscape",
    "safetensors",
    "npz",
    "pt",
    "pth",
    "ckpt",
    "json",
    "csv",
    "tsv",
    "jsonl",
    "ndjson",
    "txt",
    "parquet",
    "bin",
    "gz",
    "tgz",
    "tar",
    "zip",
];
const SETTINGS: usize = 2;
const SESSIONS: usize = 3;
/// What the window opens.
pub const KINDS: [(&str, &[&str]); 5] = [
    ("All that opens", OPENED),
    ("Experiments, models and lessons", OPENED.split_at(SETTINGS).0),
    ("Sessions", OPENED.split_at(SETTINGS).1.split_at(SESSIONS - SETTINGS).0),
    ("Data and weights", OPENED.split_at(SESSIONS).1),
    ALL_FILES,
];
/// Sessions alone.
pub const SESSION_KINDS: [(&str, &[&str]); 2] = [KINDS[2], ALL_FILES];
/// Weights.
pub const WEIGHTS: [(&str, &[&str]); 2] =
    [("Weights", &["safetensors", "npz", "pt", "pth", "ckpt", "bin", "json"]), ALL_FILES];

/// What turns text into tokens.
pub const TOKENIZERS: [(&str, &[&str]); 2] = [("Tokenizers", &["json", "txt"]), ALL_FILES];

/// A kind of file in words.
pub const fn what(kind: &FileKind) -> &'static str {
    match kind {
        FileKind::Session => "a session",
        FileKind::Experiment(_) => "an experiment",
        FileKind::Model(_) => "a model",
        FileKind::Lesson(_) => "a lesson",
        FileKind::Data => "a data set",
        FileKind::Weights(_) => "a file of weights",
        FileKind::Checkpoints(_) => "a folder of checkpoints",
        FileKind::Sweep => "the folder of a sweep",
    }
}
