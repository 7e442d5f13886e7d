//! The names in a file of arrays, from its header alone, or from an index or a pickle.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use super::{ArrayError, ArrayFile, ArrayFormat, looks_like, npz, one_line, sharded, torch};

/// Bytes before the header of a safetensors file, which hold its length.
const LENGTH_BYTES: usize = 8;
/// Bytes of a header at most: it names tensors, and nobody has a million of them.
const MOST_HEADER: u64 = 1 << 24;

/// The names of all arrays of a safetensors or NPZ file; the numbers are not read.
///
/// # Errors
/// [`ArrayError`] in one sentence.
pub fn array_names(path: &Path) -> Result<Vec<String>, ArrayError> {
    let unreadable = |err: std::io::Error| ArrayError::Unreadable { path: path.to_owned(), reason: err.to_string() };
    let broken = |problem| ArrayError::Broken { path: path.to_owned(), problem };
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let found = "a folder, a pipe, a socket or a device".to_owned();
        return Err(ArrayError::Unknown { path: path.to_owned(), found });
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::new();
    file.by_ref().take(LENGTH_BYTES as u64 + 1).read_to_end(&mut start).map_err(unreadable)?;
    let named = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    match ArrayFormat::detect(&start) {
        Some(ArrayFormat::Npz) => of_npz(file).map_err(broken),
        None if named("npz") => of_npz(file).map_err(broken),
        Some(ArrayFormat::SafeTensors) => of_safetensors(file, &start).map_err(broken),
        None if named("safetensors") => of_safetensors(file, &start).map_err(broken),
        None => Err(ArrayError::Unknown { path: path.to_owned(), found: looks_like(&start).to_owned() }),
    }
}

/// The names of all tensors of what holds weights and nothing else: a checkpoint of PyTorch, an index of shards, a folder with
/// one. `None` for everything else. The numbers are not read.
///
/// # Errors
/// [`ArrayError`] in one sentence.
pub fn weights_names(path: &Path) -> Result<Option<Vec<String>>, ArrayError> {
    let Ok(meta) = std::fs::metadata(path) else { return Ok(None) };
    if meta.is_dir() {
        return match sharded::in_folder(path)? {
            Some(sharded::Found::Index(index, _)) => of_index(&index).map(Some),
            Some(sharded::Found::Whole(file)) => ArrayFile::open_weights(&file).map(|file| Some(file.names())),
            None => Ok(None),
        };
    }
    if !meta.is_file() {
        return Ok(None);
    }
    if sharded::is_index(path) {
        return of_index(path).map(Some);
    }
    let is_torch = is_torch(path, meta.len()).unwrap_or(false);
    if is_torch { ArrayFile::open_weights(path).map(|file| Some(file.names())) } else { Ok(None) }
}

fn of_index(path: &Path) -> Result<Vec<String>, ArrayError> {
    Ok(sharded::read_index(path)?.into_keys().collect())
}

/// Whether a file is one of PyTorch; not where its archive cannot be opened.
fn is_torch(path: &Path, length: u64) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    file.by_ref().take(64).read_to_end(&mut start)?;
    match ArrayFormat::detect(&start) {
        Some(ArrayFormat::Npz) => {
            Ok(npz::open(BufReader::new(file), length).is_ok_and(|archive| torch::is_archive(&archive)))
        }
        Some(ArrayFormat::SafeTensors) => Ok(false),
        None => Ok(torch::is_legacy(&start)),
    }
}

fn of_npz(file: File) -> Result<Vec<String>, String> {
    let length = file.metadata().map_err(|err| one_line(&err.to_string()))?.len();
    let archive = npz::open(BufReader::new(file), length)?;
    Ok(npz::names(&archive).map(str::to_owned).collect())
}

fn of_safetensors(file: File, start: &[u8]) -> Result<Vec<String>, String> {
    let broken = |what: &str| format!("{what}, expected a safetensors header");
    let length = start.first_chunk::<LENGTH_BYTES>().map(|bytes| u64::from_le_bytes(*bytes));
    let length = length.filter(|length| (2..=MOST_HEADER).contains(length));
    let length = length.ok_or_else(|| broken("it is no safetensors file, or truncated"))?;
    let mut header = start[LENGTH_BYTES..].to_vec();
    let rest = length.saturating_sub(header.len() as u64);
    file.take(rest).read_to_end(&mut header).map_err(|err| broken(&format!("it cannot be read ({err})")))?;
    let table: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&header)
        .map_err(|err| broken(&format!("its header is truncated or broken ({})", one_line(&err.to_string()))))?;
    Ok(table.into_iter().map(|(name, _)| name).filter(|name| name != "__metadata__").collect())
}

#[cfg(test)]
mod tests {
    use super::super::write_safetensors;
    use super::*;

    #[test]
    fn names_come_from_the_header_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.safetensors");
        let mut bytes =
            write_safetensors([("0.weight", vec![2, 3], &[0.0; 6][..]), ("0.bias", vec![2], &[1.0; 2][..])]);
        std::fs::write(&path, &bytes).unwrap();
        let mut names = array_names(&path).unwrap();
        names.sort();
        assert_eq!(names, ["0.bias", "0.weight"]);
        // The numbers may be missing: nobody looks at them here.
        bytes.truncate(bytes.len() - 20);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(array_names(&path).unwrap().len(), 2);
        for length in [0, 3, 8, 9, 20] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let message = array_names(&path).unwrap_err().to_string();
            assert!(message.contains("expected a safetensors header"), "{length}: {message}");
        }
        std::fs::write(dir.path().join("a.npz"), "PK\u{3}\u{4} no archive").unwrap();
        let message = array_names(&dir.path().join("a.npz")).unwrap_err().to_string();
        assert!(message.contains("expected an NPZ file"), "{message}");
    }
}
