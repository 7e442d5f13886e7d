//! Weights in several files, as Hugging Face publishes them: an index names for each tensor the file, its shard, that holds it.
//!
//! The index is a JSON file `NAME.safetensors.index.json` or `NAME.bin.index.json` with its shards beside it. One shard is open
//! at a time, and only tensors that are asked for are read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::{Array, ArrayError, ArrayFile, Info, allow, one_line};

/// Ends of the names of indexes, the ones that are taken first before the others.
const INDEXES: [&str; 2] = [".safetensors.index.json", ".bin.index.json"];
/// What a folder holds where its weights are in one file.
const WHOLE: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
/// Times that an index takes in memory what it has as text.
const COPIES: u64 = 8;

/// A file of weights in shards.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    /// The shard of each tensor.
    shards: BTreeMap<String, String>,
    /// The shard that is open.
    open: Option<(String, Box<ArrayFile>)>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// What lies at a path that is no single file of arrays.
pub(super) enum Found {
    /// An index, and what else could have been taken.
    Index(PathBuf, Option<String>),
    /// The one file of a folder.
    Whole(PathBuf),
}

/// Whether a file is an index, by its name.
pub(super) fn is_index(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".index.json")
}

/// The weights in a folder; `None` where there are none by the names that they have by custom.
///
/// # Errors
/// Where several could be meant.
pub(super) fn in_folder(folder: &Path) -> Result<Option<Found>, ArrayError> {
    // Whoever reads the folder says why it cannot be read.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(None) };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let with = |ending: &str| names.iter().filter(|name| name.ends_with(ending)).collect::<Vec<_>>();
    for (index, ending) in INDEXES.into_iter().enumerate() {
        match with(ending)[..] {
            [] => {}
            [name] => {
                let others = INDEXES[index + 1..].iter().flat_map(|ending| with(ending)).next();
                let note = others.map(|other| format!("`{name}` is taken, `{other}` beside it is not"));
                return Ok(Some(Found::Index(folder.join(name), note)));
            }
            [first, second, ..] => {
                let problem =
                    format!("the folder has the indexes `{first}` and `{second}`, expected the file that is meant");
                return Err(broken(folder, problem));
            }
        }
    }
    let whole = WHOLE.into_iter().find(|whole| names.iter().any(|name| name == whole));
    Ok(whole.map(|name| Found::Whole(folder.join(name))))
}

impl File {
    /// Reads an index and looks whether its shards are there.
    pub(super) fn new(path: &Path) -> Result<Self, ArrayError> {
        let shards = read_index(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, shard) in &shards {
            if seen.insert(shard, name).is_some() {
                continue;
            }
            let is_inside = Path::new(shard).components().all(|part| matches!(part, Component::Normal(_)));
            let name = one_line(name);
            let shard_name = one_line(shard);
            if !is_inside || shard.is_empty() {
                let problem =
                    format!("the shard `{shard_name}` of `{name}` lies outside of its folder, expected a file in it");
                return Err(broken(path, problem));
            }
            if !folder.join(shard).is_file() {
                let problem =
                    format!("the shard `{shard_name}` with `{name}` is missing, expected it beside the index");
                return Err(broken(path, problem));
            }
        }
        Ok(Self { path: path.to_owned(), shards, open: None })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.shards.keys().cloned().collect()
    }

    pub(super) fn info(&mut self, name: &str) -> Result<Option<Info>, ArrayError> {
        let Some(shard) = self.shard(name)? else { return Ok(None) };
        let info = shard.info(name)?;
        info.map(Some).ok_or_else(|| self.lacking(name))
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Array<'static>>, ArrayError> {
        let Some(shard) = self.shard(name)? else { return Ok(None) };
        let array = shard.read(name)?;
        array.map(Some).ok_or_else(|| self.lacking(name))
    }

    /// The shard that holds a tensor, opened.
    fn shard(&mut self, name: &str) -> Result<Option<&mut ArrayFile>, ArrayError> {
        let Some(wanted) = self.shards.get(name) else { return Ok(None) };
        if self.open.as_ref().is_none_or(|(open, _)| open != wanted) {
            // The one before is closed first.
            self.open = None;
            let path = self.path.parent().unwrap_or(Path::new("")).join(wanted);
            self.open = Some((wanted.clone(), Box::new(ArrayFile::open_shard(&path)?)));
        }
        Ok(self.open.as_mut().map(|(_, file)| &mut **file))
    }

    fn lacking(&self, name: &str) -> ArrayError {
        let shard = self.shards.get(name).map(|shard| one_line(shard)).unwrap_or_default();
        let name = one_line(name);
        broken(&self.path, format!("`{name}` is not in its shard `{shard}`, expected what the index says"))
    }
}

/// The shard of each tensor.
pub(super) fn read_index(path: &Path) -> Result<BTreeMap<String, String>, ArrayError> {
    let unreadable = |err: std::io::Error| broken(path, format!("cannot read it ({err}), expected an index of shards"));
    let length = fs::metadata(path).map_err(unreadable)?.len();
    allow("the index of shards", length.saturating_mul(COPIES)).map_err(|problem| broken(path, problem))?;
    let text = fs::read(path).map_err(unreadable)?;
    let index: Index = serde_json::from_slice(&text).map_err(|err| {
        let reason = one_line(&err.to_string());
        broken(
            path,
            format!("it is no index of shards ({reason}), expected JSON with a `weight_map` of names to files"),
        )
    })?;
    if index.weight_map.is_empty() {
        return Err(broken(path, "its `weight_map` is empty, expected the shard of each tensor".to_owned()));
    }
    Ok(index.weight_map)
}

fn broken(path: &Path, problem: String) -> ArrayError {
    ArrayError::Broken { path: path.to_owned(), problem }
}
