//! Files of named arrays as other programs write them: safetensors and NPZ. Data sets, weights and directions all come
//! in through here. Weights may also be checkpoints of PyTorch or lie in shards with an index.
//!
//! Only the table of a file is read at once; an array is read when it is asked for, so that arrays nobody reads cost
//! nothing. What a header says is held against the file's length and against the [limit](super::limit) before memory is
//! taken.

mod array;
mod foreign;
mod names;
mod npy;
mod npz;
mod number;
mod safetensors;
mod sharded;
mod torch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};

use super::limit::allow;

pub use self::array::Array;
pub use self::foreign::Foreign;
pub use self::safetensors::write_safetensors;
pub use names::{array_names, weights_names};
pub use number::NumberType;

/// Characters that an error message takes from a file.
const LONGEST: usize = 80;
/// What weights may lie in, for an error message.
const WEIGHTS: &str = "expected weights: a safetensors or NPZ file, one of torch.save, or an index of shards";
/// What stands in for a file that was not fetched.
const POINTER: &[u8] = b"version https://git-lfs";
/// Bytes that are taken at once while a file has still to show that it has as many as it says.
const STEP: usize = 1 << 20;

/// Why a file of arrays cannot be read. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArrayError {
    /// The system refuses.
    #[error("cannot read it ({reason}), expected a safetensors or NPZ file: {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is neither format.
    #[error("found {found}, expected a safetensors or NPZ file: {}", .path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: String,
    },
    /// It begins as one of the formats and does not hold what its header promises.
    #[error("{problem}: {}", .path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong and what was expected.
        problem: String,
    },
}

/// A file of named arrays.
#[derive(Debug)]
pub struct ArrayFile {
    path: PathBuf,
    format: Format,
    /// What was chosen or left out when it was opened: a sentence each, without its full stop.
    notes: Vec<String>,
}

#[derive(Debug)]
enum Format {
    SafeTensors(safetensors::File<BufReader<File>>),
    Npz(npz::File<BufReader<File>>),
    Torch(torch::File),
    Sharded(sharded::File),
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Arrays,
    Weights,
}

/// What an array is, without its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub number: NumberType,
}

impl Info {
    /// How many numbers it has; `None` where that is beyond what a machine can hold.
    #[must_use]
    pub fn elements(&self) -> Option<usize> {
        elements(&self.shape)
    }
}

/// What the first bytes of a file say that it is, among the files of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayFormat {
    /// A safetensors file.
    SafeTensors,
    /// A zip archive of arrays.
    Npz,
}

impl ArrayFormat {
    /// Recognises the format by the file's first bytes.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            return Some(Self::Npz);
        }
        // Eight bytes of header length, below 100 MB, before the header's opening brace.
        let is_header = bytes.len() > 8 && bytes[8] == b'{' && bytes[4..8] == [0; 4];
        is_header.then_some(Self::SafeTensors)
    }
}

impl ArrayFile {
    /// Opens a file; its content decides what it is, and its name only where the content is too short to tell.
    ///
    /// # Errors
    /// [`ArrayError`] in one sentence.
    pub fn open(path: &Path) -> Result<Self, ArrayError> {
        Self::open_for(Purpose::Arrays, path)
    }

    /// Opens weights: what [`Self::open`] opens, a checkpoint of PyTorch, an index of shards, or the folder that holds one.
    ///
    /// # Errors
    /// [`ArrayError`] in one sentence.
    pub fn open_weights(path: &Path) -> Result<Self, ArrayError> {
        if path.is_dir() {
            let unknown = || ArrayError::Broken {
                path: path.to_owned(),
                problem: format!("found a folder without an index of shards (`*.safetensors.index.json`), {WEIGHTS}"),
            };
            return match sharded::in_folder(path)?.ok_or_else(unknown)? {
                sharded::Found::Whole(file) => Self::open_shard(&file),
                sharded::Found::Index(index, note) => Self::sharded(&index, note),
            };
        }
        if sharded::is_index(path) {
            return Self::sharded(path, None);
        }
        Self::open_shard(path)
    }

    /// The files that [`Self::open_weights`] reads: the path itself, or an index with its shards.
    #[must_use]
    pub fn files_of_weights(path: &Path) -> Vec<PathBuf> {
        let index = match sharded::in_folder(path) {
            Ok(Some(sharded::Found::Whole(file))) => return vec![file],
            Ok(Some(sharded::Found::Index(index, _))) => index,
            _ => path.to_owned(),
        };
        let shards = if sharded::is_index(&index) { sharded::read_index(&index).ok() } else { None };
        let shards: BTreeSet<String> = shards.into_iter().flat_map(BTreeMap::into_values).collect();
        let beside: Vec<PathBuf> = shards.iter().map(|shard| index.with_file_name(shard)).collect();
        std::iter::once(index).chain(beside).collect()
    }

    /// Opens weights in one file.
    fn open_shard(path: &Path) -> Result<Self, ArrayError> {
        let broken = |problem| ArrayError::Broken { path: path.to_owned(), problem };
        Self::open_for(Purpose::Weights, path).map_err(|err| match err {
            ArrayError::Unreadable { reason, .. } => broken(format!("cannot read it ({reason}), {WEIGHTS}")),
            ArrayError::Unknown { found, .. } => broken(format!("found {found}, {WEIGHTS}")),
            ArrayError::Broken { .. } => err,
        })
    }

    fn sharded(index: &Path, note: Option<String>) -> Result<Self, ArrayError> {
        let format = Format::Sharded(sharded::File::new(index)?);
        Ok(Self { path: index.to_owned(), format, notes: note.into_iter().collect() })
    }

    fn open_for(purpose: Purpose, path: &Path) -> Result<Self, ArrayError> {
        let unreadable =
            |err: std::io::Error| ArrayError::Unreadable { path: path.to_owned(), reason: err.to_string() };
        let broken = |problem| ArrayError::Broken { path: path.to_owned(), problem };
        let unknown = |found: &str| ArrayError::Unknown { path: path.to_owned(), found: found.to_owned() };
        let named = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        if !meta.is_file() && !meta.is_dir() {
            // Opening a pipe waits for somebody to write to it.
            return Err(unknown("a pipe, a socket or a device"));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        file.by_ref().take(512).read_to_end(&mut start).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let (length, file) = (meta.len(), BufReader::new(file));
        let zip = |file| zip_format(purpose, path, file, length).map_err(broken);
        let safetensors = |file| safetensors::File::new(file, length).map(Format::SafeTensors).map_err(broken);
        let format = match ArrayFormat::detect(&start) {
            _ if start.starts_with(POINTER) => return Err(unknown(looks_like(&start))),
            Some(ArrayFormat::Npz) => zip(file)?,
            Some(ArrayFormat::SafeTensors) => safetensors(file)?,
            None if named("safetensors") => safetensors(file)?,
            None if named("npz") => zip(file)?,
            None if purpose == Purpose::Weights && torch::is_legacy(&start) => {
                torch::File::legacy(path, file).map(Format::Torch).map_err(broken)?
            }
            None => return Err(unknown(looks_like(&start))),
        };
        let notes = match &format {
            Format::Torch(file) => file.notes.clone(),
            _ => Vec::new(),
        };
        Ok(Self { path: path.to_owned(), format, notes })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// "safetensors", "NPZ" and so on.
    #[must_use]
    pub const fn format(&self) -> &'static str {
        match self.format {
            Format::SafeTensors(_) => "safetensors",
            Format::Npz(_) => "NPZ",
            Format::Torch(_) => "PyTorch",
            Format::Sharded(_) => "shards",
        }
    }

    /// What was chosen or left out when it was opened: a sentence each, without its full stop.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Keys of a checkpoint that have dictionaries with tensors behind them, whose names all begin with the key and a dot.
    #[must_use]
    pub fn nested_keys(&self) -> &[String] {
        match &self.format {
            Format::Torch(file) => &file.keys,
            _ => &[],
        }
    }

    /// Names that the file leaves out because their tensor stands there under another one, and that other name.
    #[must_use]
    pub fn shared(&self) -> BTreeMap<String, String> {
        match &self.format {
            Format::SafeTensors(file) => file.shared(),
            _ => BTreeMap::new(),
        }
    }

    /// The names of all arrays, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = match &self.format {
            Format::SafeTensors(file) => file.names(),
            Format::Npz(file) => file.names(),
            Format::Torch(file) => file.names(),
            Format::Sharded(file) => file.names(),
        };
        names.sort();
        names
    }

    /// What the array with this name is, without reading its numbers; `None` where there is none.
    ///
    /// # Errors
    /// [`ArrayError::Broken`] where its header cannot be read.
    pub fn info(&mut self, name: &str) -> Result<Option<Info>, ArrayError> {
        match &mut self.format {
            Format::SafeTensors(file) => Ok(file.info(name)),
            Format::Npz(file) => {
                file.info(name).map_err(|problem| ArrayError::Broken { path: self.path.clone(), problem })
            }
            Format::Torch(file) => Ok(file.info(name)),
            Format::Sharded(file) => file.info(name),
        }
    }

    /// The array with this name; `None` where there is none. Ask for [`Self::info`] first where its shape is to be a
    /// certain one: a file may hold far more than anybody wants.
    ///
    /// # Errors
    /// [`ArrayError::Broken`] where it cannot be decoded, or takes more memory than is allowed.
    pub fn array(&mut self, name: &str) -> Result<Option<Array<'_>>, ArrayError> {
        self.read(name)
    }

    fn read(&mut self, name: &str) -> Result<Option<Array<'static>>, ArrayError> {
        let array = match &mut self.format {
            Format::SafeTensors(file) => file.array(name),
            Format::Npz(file) => file.array(name),
            Format::Torch(file) => file.array(name),
            Format::Sharded(file) => return file.array(name),
        };
        array.map_err(|problem| ArrayError::Broken { path: self.path.clone(), problem })
    }
}

/// An archive by what is in it.
fn zip_format(purpose: Purpose, path: &Path, file: BufReader<File>, length: u64) -> Result<Format, String> {
    let of_weights = |problem: String| match purpose {
        Purpose::Weights => problem.replace("expected an NPZ file", "expected an NPZ file or one of torch.save"),
        Purpose::Arrays => problem,
    };
    let archive = npz::open(file, length).map_err(of_weights)?;
    if purpose == Purpose::Weights && torch::is_archive(&archive) {
        return torch::File::archive(path, archive).map(Format::Torch);
    }
    npz::File::new(archive).map(Format::Npz)
}

/// The product of the sides; `None` where it is too large. A shape with a side of 0 has no numbers, however long the others.
fn elements(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side))
}

/// So many bytes, or fewer where the reader ends before; memory is taken as they come.
fn read_exactly(reader: &mut impl Read, length: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let (before, step) = (bytes.len(), (length - bytes.len()).min(bytes.len().max(STEP)));
        bytes.try_reserve_exact(step).map_err(|_| format!("no memory for {length} bytes"))?;
        reader.take(step as u64).read_to_end(&mut bytes).map_err(|err| one_line(&err.to_string()))?;
        if bytes.len() == before {
            break;
        }
    }
    Ok(bytes)
}

/// A name or a text of a file with nothing in it that a terminal obeys.
pub(super) fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// A text of a file or of another library for an error message: as it can be shown, on one line, and not longer than a line.
pub(super) fn one_line(text: &str) -> String {
    let words = shown(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if words.chars().count() <= LONGEST { words } else { words.chars().take(LONGEST).chain(['…']).collect() }
}

/// What a file of another kind seems to be, for an error message.
pub(super) fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
        _ if bytes.starts_with(POINTER) => "a pointer of Git LFS, not the file itself (`git lfs pull` fetches it)",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            "a single NumPy array (.npy; `np.savez` puts arrays with their names into one file)"
        }
        [0x80, 2..=5, ..] => "a Python pickle, which is never opened because it may run code",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        _ if std::str::from_utf8(&bytes[..bytes.len().min(512)]).is_ok() => "text",
        _ => "bytes of an unknown kind",
    }
}
