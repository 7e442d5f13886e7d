//! What a path is: by the content's first bytes, then by name.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::super::arrays::{ArrayFormat, looks_like};
use super::{Problem, cifar};

/// What was found at a path.
pub(super) enum Kind {
    /// safetensors or NPZ.
    Arrays,
    /// Text in columns.
    Csv,
    /// MNIST's format, perhaps compressed.
    Idx,
    /// A folder with MNIST's training files.
    IdxFolder(PathBuf),
    /// One file or more of CIFAR's binary format.
    Cifar(Vec<PathBuf>),
    /// A folder of images by class.
    Images,
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Looks at what lies at `path`.
pub(super) fn detect(path: &Path) -> Result<Kind, Problem> {
    let unreadable = |err: std::io::Error| Problem::Unreadable { reason: err.to_string() };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return folder(path).map_err(unreadable);
    }
    if !meta.is_file() {
        // Opening a pipe waits for somebody to write to it.
        return Err(Problem::Unknown { found: "a pipe, a socket or a device".to_owned() });
    }
    let mut start = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(512).read_to_end(&mut start)).map_err(unreadable)?;
    let named = |extensions: &[&str]| {
        path.extension().is_some_and(|found| extensions.iter().any(|extension| found.eq_ignore_ascii_case(extension)))
    };
    // Names decide before content does: a broken file is then called by what it should have been.
    if named(&["safetensors", "npz"]) {
        return Ok(Kind::Arrays);
    }
    if start.starts_with(&GZIP) || is_idx(&start) || is_idx_name(path) {
        return Ok(Kind::Idx);
    }
    if named(&["csv", "tsv"]) {
        return Ok(Kind::Csv);
    }
    if named(&["bin"]) {
        return Ok(Kind::Cifar(vec![path.to_owned()]));
    }
    if ArrayFormat::detect(&start).is_some() {
        return Ok(Kind::Arrays);
    }
    // The marks of UTF-16, as spreadsheets write "Unicode text".
    let is_utf16 = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if is_utf16 || (looks_like(&start) == "text" && !start.contains(&0)) {
        return Ok(Kind::Csv);
    }
    if meta.len() > 0 && cifar::fits(meta.len()) {
        return Ok(Kind::Cifar(vec![path.to_owned()]));
    }
    Err(Problem::Unknown { found: looks_like(&start).to_owned() })
}

/// Two zero bytes, a type and a number of dimensions.
fn is_idx(start: &[u8]) -> bool {
    matches!(start, [0, 0, 0x08..=0x0e, 1..=4, ..])
}

fn is_idx_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.contains("-ubyte") || name.contains("idx1") || name.contains("idx3")
}

fn folder(path: &Path) -> std::io::Result<Kind> {
    let mut cifar = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("train-images") && is_idx_name(&file) {
            return Ok(Kind::IdxFolder(file));
        }
        if (name.starts_with("data_batch") && name.ends_with(".bin")) || name == "train.bin" {
            cifar.push(file);
        }
    }
    cifar.sort();
    Ok(if cifar.is_empty() { Kind::Images } else { Kind::Cifar(cifar) })
}
