//! The checkpoints of a folder: which of its files they are, in which order they were made, and at which step.
//!
//! Names tell the order: numbers in them count by value, so that `step_2` stands before `step_10`, and the last number of a
//! name is its step. Where no name has a number, the times at which the files were written tell it. Hugging Face's folders
//! `checkpoint-500`, each with its `model.safetensors`, count as one checkpoint each.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::number::natural_order;

/// Endings of files of weights.
const ENDINGS: [&str; 6] = ["safetensors", "npz", "pt", "pth", "ckpt", "safetensors.index.json"];
/// What a training leaves beside its weights.
const BESIDE: [&str; 5] = ["optimizer", "scheduler", "scaler", "rng_state", "training_args"];
/// What a checkpoint that is a folder holds its weights in, the best first.
const INSIDE: [&str; 4] =
    ["model.safetensors.index.json", "model.safetensors", "pytorch_model.pt", "pytorch_model.pth"];

/// One file of weights in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it is called in its folder, such as `step_10.safetensors` or `checkpoint-500`.
    pub name: String,
    /// Its step where the list has steps; else its place in the list, from 1 on.
    pub step: u64,
    /// When it was written last.
    pub modified: SystemTime,
    /// Bytes of the file.
    pub bytes: u64,
}

/// The checkpoints of a folder, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoints {
    /// The files, each at a greater step than the one before.
    pub files: Vec<CheckpointFile>,
    /// Whether their numbers are steps. They are places in the list where the names' last numbers do not ascend.
    pub has_steps: bool,
    /// Names without a number where others have one, such as `last.ckpt`: most often copies, and nothing says when they were made.
    pub left_out: Vec<String>,
}

impl Checkpoints {
    /// Puts checkpoints in order and gives each its step.
    #[must_use]
    pub fn ordered(mut files: Vec<CheckpointFile>) -> Self {
        let by_name = |a: &CheckpointFile, b: &CheckpointFile| -> Ordering {
            natural_order(&a.name, &b.name).then_with(|| a.name.cmp(&b.name))
        };
        let numbered = files.iter().any(|file| number(&file.name).is_some());
        if numbered {
            files.sort_by(by_name);
        } else {
            files.sort_by(|a, b| a.modified.cmp(&b.modified).then_with(|| by_name(a, b)));
        }
        let (mut files, left_out): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| !numbered || number(&file.name).is_some());
        let steps: Vec<Option<u64>> = files.iter().map(|file| number(&file.name)).collect();
        let has_steps = numbered && steps.windows(2).all(|pair| pair[0] < pair[1]);
        for (index, (file, step)) in files.iter_mut().zip(steps).enumerate() {
            file.step = step.filter(|_| has_steps).unwrap_or(index as u64 + 1);
        }
        Self { files, has_steps, left_out: left_out.into_iter().map(|file| file.name).collect() }
    }
}

/// Lists the checkpoints of a folder. Nothing of them is read but their names, sizes and times.
///
/// # Errors
/// When the folder cannot be read.
pub fn list_checkpoints(folder: &Path) -> io::Result<Checkpoints> {
    checkpoint_files(folder).map(Checkpoints::ordered)
}

/// The checkpoints of a folder in no order, without their steps.
///
/// # Errors
/// When the folder cannot be read.
pub fn checkpoint_files(folder: &Path) -> io::Result<Vec<CheckpointFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // What is gone by now was there a moment ago only.
        let name = entry.file_name().to_string_lossy().into_owned();
        files.extend(checkpoint(entry.path(), name));
    }
    Ok(files)
}

/// The checkpoint at a path, if there is one: a file of weights or a folder with one.
fn checkpoint(path: PathBuf, name: String) -> Option<CheckpointFile> {
    if name.starts_with('.') {
        return None;
    }
    let meta = std::fs::metadata(&path).ok()?;
    let (path, meta) = if meta.is_dir() {
        INSIDE.iter().map(|inside| path.join(inside)).find_map(|file| {
            let meta = std::fs::metadata(&file).ok().filter(std::fs::Metadata::is_file)?;
            Some((file, meta))
        })?
    } else {
        let (stem, _) = split(&name)?;
        if is_shard(stem) || BESIDE.contains(&stem) {
            return None;
        }
        (path, meta)
    };
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(CheckpointFile { path, name, step: 0, modified, bytes: meta.len() })
}

/// A name without its ending, and the ending; `None` where it is no file of weights.
fn split(name: &str) -> Option<(&str, &'static str)> {
    ENDINGS.iter().find_map(|ending| {
        let at = name.len().checked_sub(ending.len() + 1)?;
        let is_ending = name.is_char_boundary(at) && name[at..].strip_prefix('.')?.eq_ignore_ascii_case(ending);
        is_ending.then(|| (&name[..at], *ending))
    })
}

/// A part of a checkpoint, which its index names: `model-00001-of-00003`.
fn is_shard(stem: &str) -> bool {
    let is_number = |text: &str| text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((before, total)) = stem.rsplit_once("-of-") else { return false };
    is_number(total) && before.rsplit(['-', '_']).next().is_some_and(is_number)
}

/// The last number of a checkpoint's name.
fn number(name: &str) -> Option<u64> {
    let stem = split(name).map_or(name, |(stem, _)| stem);
    let end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = stem[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| {
        // The letter before a number may be of several bytes.
        at + stem[at..].chars().next().map_or(1, char::len_utf8)
    });
    stem[start..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The names in order with their steps, of files written in this order, a second apart.
    fn listed(names: &[&str]) -> (Vec<String>, Vec<u64>, bool, Vec<String>) {
        let written = |(second, name): (usize, &&str)| CheckpointFile {
            path: PathBuf::from(name),
            name: (*name).to_owned(),
            step: 0,
            modified: SystemTime::UNIX_EPOCH + Duration::from_secs(second as u64),
            bytes: 1,
        };
        let found = Checkpoints::ordered(names.iter().enumerate().map(written).collect());
        let steps = found.files.iter().map(|file| file.step).collect();
        (found.files.into_iter().map(|file| file.name).collect(), steps, found.has_steps, found.left_out)
    }

    #[test]
    fn numbers_in_names_sort_by_value_and_the_last_one_is_the_step() {
        let (names, steps, has_steps, _) = listed(&["step_10.pt", "step_2.pt", "step_0.pt"]);
        assert_eq!(names, ["step_0.pt", "step_2.pt", "step_10.pt"]);
        assert_eq!((steps, has_steps), (vec![0, 2, 10], true));
        let (_, steps, ..) = listed(&["epoch=1-step=90.ckpt", "epoch=0-step=45.ckpt"]);
        assert_eq!(steps, [45, 90]);
        let (_, steps, ..) = listed(&["größe7é.npz", "größe12é.npz"]);
        assert_eq!(steps, [7, 12]);
    }

    #[test]
    fn without_numbers_the_times_tell_and_without_steps_the_places() {
        let (names, steps, has_steps, _) = listed(&["zero.pt", "middle.pt", "after.pt"]);
        assert_eq!(
            (names.join(" "), steps, has_steps),
            ("zero.pt middle.pt after.pt".to_owned(), vec![1, 2, 3], false)
        );
        // The last number starts anew with each epoch: it is no step.
        let (_, steps, has_steps, _) = listed(&["epoch2_batch50.pt", "epoch1_batch100.pt"]);
        assert_eq!((steps, has_steps), (vec![1, 2], false));
        // More digits than any count of steps has.
        let (_, steps, has_steps, left_out) = listed(&["99999999999999999999999.pt"]);
        assert_eq!((steps, has_steps, left_out.len()), (vec![1], false, 0));
    }

    #[test]
    fn a_name_without_a_number_beside_others_with_one_is_left_out() {
        let (names, steps, has_steps, left_out) = listed(&["step_1.ckpt", "last.ckpt", "step_2.ckpt"]);
        assert_eq!((names.len(), steps, has_steps), (2, vec![1, 2], true));
        assert_eq!(left_out, ["last.ckpt"]);
    }

    #[test]
    fn a_folder_is_listed_without_what_is_no_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"words").unwrap();
        };
        for name in [
            "model.toml",
            "notes.txt",
            "optimizer.pt",
            ".step_4.pt.part",
            "model-00001-of-00002.safetensors",
            "checkpoint-9/optimizer.pt",
            "checkpoint-9/model.safetensors",
            "checkpoint-10/model.safetensors.index.json",
            "checkpoint-10/model-00001-of-00002.safetensors",
            "checkpoint-11/README.md",
            "STEP_12.SAFETENSORS",
        ] {
            write(name);
        }
        let found = list_checkpoints(dir.path()).unwrap();
        let names: Vec<(&str, u64)> = found.files.iter().map(|file| (file.name.as_str(), file.step)).collect();
        assert_eq!(names, [("STEP_12.SAFETENSORS", 1), ("checkpoint-9", 2), ("checkpoint-10", 3)]);
        assert!(!found.has_steps && found.left_out.is_empty(), "{found:?}");
        assert_eq!(found.files[2].path, dir.path().join("checkpoint-10/model.safetensors.index.json"));
        assert_eq!(found.files[1].bytes, 5);
        assert!(list_checkpoints(&dir.path().join("gone")).is_err());
    }
}
