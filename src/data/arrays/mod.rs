//! Files of named arrays as other programs write them: safetensors and NPZ. Data sets, weights and directions all come
//! in through here.
//!
//! The file is read whole; an array is decoded when it is asked for, so that arrays nobody reads cost nothing.

mod names;
mod npz;
mod number;
mod safetensors;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::config::Real;

pub use self::safetensors::write_safetensors;
pub use names::array_names;
pub use number::NumberType;

/// Characters that an error message takes from a file.
const LONGEST: usize = 80;

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
    SafeTensors(safetensors::File),
    Npz(npz::File),
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
        let bytes = std::fs::read(path)
            .map_err(|err| ArrayError::Unreadable { path: path.to_owned(), reason: err.to_string() })?;
        Self::from_bytes(path, bytes)
    }

    /// The same for a file that is read already.
    ///
    /// # Errors
    /// [`ArrayError`] in one sentence.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, ArrayError> {
        let broken = |problem| ArrayError::Broken { path: path.to_owned(), problem };
        let named = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        let format = match ArrayFormat::detect(&bytes) {
            Some(ArrayFormat::Npz) => Format::Npz(npz::File::new(bytes).map_err(broken)?),
            Some(ArrayFormat::SafeTensors) => Format::SafeTensors(safetensors::File::new(bytes).map_err(broken)?),
            None if named("safetensors") => Format::SafeTensors(safetensors::File::new(bytes).map_err(broken)?),
            None if named("npz") => Format::Npz(npz::File::new(bytes).map_err(broken)?),
            None => return Err(ArrayError::Unknown { path: path.to_owned(), found: looks_like(&bytes).to_owned() }),
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

    /// The array with this name; `None` where there is none.
    ///
    /// # Errors
    /// [`ArrayError::Broken`] where it cannot be decoded.
    pub fn array(&mut self, name: &str) -> Result<Option<Array<'_>>, ArrayError> {
        match &mut self.format {
            Format::SafeTensors(file) => Ok(file.array(name)),
            Format::Npz(file) => {
                file.array(name).map_err(|problem| ArrayError::Broken { path: self.path.clone(), problem })
            }
        }
    }
}

impl Array<'_> {
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
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "a single NumPy array (.npy)",
        [0x80, 2..=5, ..] => "a Python pickle, which is never opened because it may run code",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file",
        _ if std::str::from_utf8(&bytes[..bytes.len().min(512)]).is_ok() => "text",
        _ => "bytes of an unknown kind",
    }
}
