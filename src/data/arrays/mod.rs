//! Files of named arrays as other programs write them: safetensors and NPZ. Data sets, weights and directions all come
//! in through here.
//!
//! Only the table of a file is read at once; an array is read when it is asked for, so that arrays nobody reads cost
//! nothing. What a header says is held against the file's length and against the [limit](super::limit) before memory is
//! taken.

mod foreign;
mod names;
mod npy;
mod npz;
mod number;
mod safetensors;

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};

use super::limit::allow;
use crate::config::Real;

pub use self::foreign::Foreign;
pub use self::safetensors::write_safetensors;
pub use names::array_names;
pub use number::NumberType;

/// Characters that an error message takes from a file.
const LONGEST: usize = 80;
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
}

#[derive(Debug)]
enum Format {
    SafeTensors(safetensors::File<BufReader<File>>),
    Npz(npz::File<BufReader<File>>),
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

/// One array: numbers with a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array<'a> {
    /// Its shape; empty for a single number.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub number: NumberType,
    /// The numbers, row-major and little-endian.
    bytes: Cow<'a, [u8]>,
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
        let unreadable =
            |err: std::io::Error| ArrayError::Unreadable { path: path.to_owned(), reason: err.to_string() };
        let broken = |problem| ArrayError::Broken { path: path.to_owned(), problem };
        let named = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        if !meta.is_file() && !meta.is_dir() {
            // Opening a pipe waits for somebody to write to it.
            let found = "a pipe, a socket or a device".to_owned();
            return Err(ArrayError::Unknown { path: path.to_owned(), found });
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut start = Vec::new();
        file.by_ref().take(512).read_to_end(&mut start).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let (length, file) = (meta.len(), BufReader::new(file));
        let npz = |file| npz::File::new(file, length).map(Format::Npz).map_err(broken);
        let safetensors = |file| safetensors::File::new(file, length).map(Format::SafeTensors).map_err(broken);
        let format = match ArrayFormat::detect(&start) {
            Some(ArrayFormat::Npz) => npz(file)?,
            Some(ArrayFormat::SafeTensors) => safetensors(file)?,
            None if named("safetensors") => safetensors(file)?,
            None if named("npz") => npz(file)?,
            None => return Err(ArrayError::Unknown { path: path.to_owned(), found: looks_like(&start).to_owned() }),
        };
        Ok(Self { path: path.to_owned(), format })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// "safetensors" or "NPZ".
    #[must_use]
    pub const fn format(&self) -> &'static str {
        match self.format {
            Format::SafeTensors(_) => "safetensors",
            Format::Npz(_) => "NPZ",
        }
    }

    /// The names of all arrays, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = match &self.format {
            Format::SafeTensors(file) => file.names(),
            Format::Npz(file) => file.names(),
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
        }
    }

    /// The array with this name; `None` where there is none. Ask for [`Self::info`] first where its shape is to be a
    /// certain one: a file may hold far more than anybody wants.
    ///
    /// # Errors
    /// [`ArrayError::Broken`] where it cannot be decoded, or takes more memory than is allowed.
    pub fn array(&mut self, name: &str) -> Result<Option<Array<'_>>, ArrayError> {
        let array = match &mut self.format {
            Format::SafeTensors(file) => file.array(name),
            Format::Npz(file) => file.array(name),
        };
        array.map_err(|problem| ArrayError::Broken { path: self.path.clone(), problem })
    }
}

impl Array<'_> {
    const fn new(shape: Vec<usize>, number: NumberType, bytes: Vec<u8>) -> Array<'static> {
        Array { shape, number, bytes: Cow::Owned(bytes) }
    }

    /// Its numbers in the precision that is asked for, row-major; whole numbers are converted. `None` where it holds no
    /// numbers.
    #[must_use]
    pub fn to_vec<T: Real>(&self) -> Option<Vec<T>> {
        // Through 64 bits, which hold every number of 32 bits and below as it is.
        self.number.decode(&self.bytes, T::of)
    }

    /// Its numbers in 64 bits, row-major; whole numbers are converted. `None` where it holds no numbers.
    #[must_use]
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        self.number.decode(&self.bytes, |x| x)
    }

    /// Its whole numbers. `None` where it holds others, or one beyond 64 signed bits.
    #[must_use]
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        self.number.decode_whole(&self.bytes)
    }

    /// Its truth values as 0 and 1. `None` where it holds others.
    #[must_use]
    pub fn to_flags(&self) -> Option<Vec<u8>> {
        let flag = |byte: &u8| u8::from(*byte != 0);
        (self.number == NumberType::Bool).then(|| self.bytes.iter().map(flag).collect())
    }

    /// Its texts. `None` where it holds none, or letters that do not exist.
    #[must_use]
    pub fn to_text(&self) -> Option<Vec<String>> {
        let NumberType::Other(foreign) = self.number else { return None };
        foreign.decode(&self.bytes, elements(&self.shape)?)
    }
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

/// A text of a file or of another library for an error message: on one line, and not longer than a line.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= LONGEST { words } else { words.chars().take(LONGEST).chain(['…']).collect() }
}

/// What a file of another kind seems to be, for an error message.
pub(super) fn looks_like(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "an empty file",
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
