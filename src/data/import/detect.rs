//! What a path is: by the content's first bytes, then by name.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::super::arrays::{ArrayFormat, looks_like};
use super::layout::{Found, look};
use super::tree::{Packing, Tree, name, names_in_zip};
use super::{Problem, cifar, foreign, idx, parquet};

/// What was found at a path.
pub(super) enum Kind {
    /// safetensors or NPZ.
    Arrays,
    /// Text in columns.
    Csv,
    /// An object of JSON a line.
    JsonLines,
    /// One file of MNIST's format, perhaps compressed.
    Idx,
    /// One file of CIFAR.
    Cifar,
    /// One file of Parquet.
    Parquet,
    /// A folder, and what its files are.
    Folder(Found),
    /// An archive of files as those of folders.
    Archive(Packing),
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are looked at.
const START: u64 = 512;

/// Looks at what lies at `path`.
pub(super) fn detect(path: &Path) -> Result<Kind, Problem> {
    let unreadable = |err: std::io::Error| Problem::Unreadable { reason: err.to_string() };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return look(&Tree::folder(path)).map(Kind::Folder);
    }
    if !meta.is_file() {
        // Opening a pipe waits for somebody to write to it.
        return Err(Problem::Unknown { found: "a pipe, a socket or a device".to_owned() });
    }
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(START).read_to_end(&mut start)).map_err(unreadable)?;
    of_file(path, meta.len(), &start)
}

/// Looks at a file of this length that begins so.
fn of_file(path: &Path, length: u64, start: &[u8]) -> Result<Kind, Problem> {
    let named = |extensions: &[&str]| is_named(path, extensions);
    // These take the place of any file that was not fetched.
    if let Some(foreign) = foreign::by_text(start).filter(|foreign| foreign.is_stand_in()) {
        return Err(foreign.problem());
    }
    // Names decide before content does: a broken file is then called by what it should have been.
    if named(&["safetensors", "npz"]) {
        return Ok(Kind::Arrays);
    }
    if start.starts_with(parquet::MAGIC) || named(&["parquet"]) {
        return Ok(Kind::Parquet);
    }
    if start.starts_with(&GZIP) {
        return compressed(path);
    }
    if is_tar(start) || named(&["tar"]) {
        return Ok(Kind::Archive(Packing::Tar));
    }
    if named(&["tgz"]) || is_named(Path::new(path.file_stem().unwrap_or_default()), &["tar"]) && named(&["gz"]) {
        return Ok(Kind::Archive(Packing::TarGz));
    }
    if is_idx(start) || idx::is_idx_name(&name(path)) {
        return Ok(Kind::Idx);
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") || named(&["zip"]) {
        return zip(path);
    }
    // Before pickles: a header of 640 bytes begins as they do.
    if ArrayFormat::detect(start).is_some() {
        return Ok(Kind::Arrays);
    }
    if cifar::is_pickled_batch(&name(path)) && matches!(start, [0x80, 2..=5, ..]) {
        return Ok(Kind::Cifar);
    }
    if let Some(foreign) = foreign::by_bytes(start) {
        return Err(foreign.problem());
    }
    if named(&["csv", "tsv"]) {
        return Ok(Kind::Csv);
    }
    if named(&["jsonl", "ndjson"]) {
        return Ok(Kind::JsonLines);
    }
    if named(&["bin"]) {
        return Ok(Kind::Cifar);
    }
    let is_text = looks_like(start) == "text" && !start.contains(&0);
    if let Some(foreign) = foreign::by_name(path).or_else(|| foreign::by_text(start).filter(|_| is_text)) {
        return Err(foreign.problem());
    }
    // The marks of UTF-16, as spreadsheets write "Unicode text".
    let has_mark = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    let is_utf16 = has_mark && length.is_multiple_of(2);
    if is_utf16 || is_text {
        return Ok(Kind::Csv);
    }
    if length > 0 && cifar::fits(length) {
        return Ok(Kind::Cifar);
    }
    Err(Problem::Unknown { found: looks_like(start).to_owned() })
}

fn is_named(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found.eq_ignore_ascii_case(extension)))
}

/// Two zero bytes, a type and a number of dimensions.
fn is_idx(start: &[u8]) -> bool {
    matches!(start, [0, 0, 0x08..=0x0e, 1..=4, ..])
}

/// The magic word of all tar files of the last thirty years.
fn is_tar(start: &[u8]) -> bool {
    start.get(257..262) == Some(b"ustar")
}

/// What a gzip file holds, by its first bytes; one whose content cannot be looked at is taken for what its name says.
fn compressed(path: &Path) -> Result<Kind, Problem> {
    let mut start = Vec::new();
    let unpacked = File::open(path).map(|file| MultiGzDecoder::new(file).take(START).read_to_end(&mut start));
    let stem = path.file_stem().map(Path::new).unwrap_or(Path::new(""));
    if is_tar(&start) || is_named(path, &["tgz"]) || is_named(stem, &["tar"]) {
        return Ok(Kind::Archive(Packing::TarGz));
    }
    if is_idx(&start) || idx::is_idx_name(&name(path)) || !matches!(unpacked, Ok(Ok(_))) {
        return Ok(Kind::Idx);
    }
    if let Some(foreign) = foreign::by_bytes(&start) {
        return Err(foreign.problem());
    }
    if !start.is_empty() && looks_like(&start) == "text" {
        return Err(foreign::compressed_text().problem());
    }
    Ok(Kind::Idx)
}

/// What a zip archive holds, by the names in it.
fn zip(path: &Path) -> Result<Kind, Problem> {
    let Some(names) = names_in_zip(path) else {
        // A name of another kind decides; else the reader of archives, or that of arrays, says what is wrong with it.
        return match foreign::by_name(path) {
            Some(foreign) => Err(foreign.problem()),
            None if is_named(path, &["zip"]) => Ok(Kind::Archive(Packing::Zip)),
            // The reader of tables knows what calls itself so.
            None if is_named(path, &["csv", "tsv"]) => Ok(Kind::Csv),
            None => Ok(Kind::Arrays),
        };
    };
    if names.iter().any(|name| is_named(Path::new(name), &["npy"])) {
        return Ok(Kind::Arrays);
    }
    match foreign::by_names_in_zip(&names).or_else(|| foreign::by_name(path)) {
        Some(foreign) => Err(foreign.problem()),
        None => Ok(Kind::Archive(Packing::Zip)),
    }
}
