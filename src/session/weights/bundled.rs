//! Weights that come with the program, under a name where a file is asked for.
//!
//! They are read as any file is: the bytes are written once into the user's cache, or where that cannot be into the folder for
//! temporary files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::config::bundled_weights;

/// The bytes of each, see `assets/checkpoints/README.md`.
const BYTES: [(&str, &[u8]); 2] = [
    ("gpt-mini-chains", include_bytes!("../../../assets/checkpoints/gpt-mini-chains.safetensors")),
    ("resnet8-glyphs", include_bytes!("../../../assets/checkpoints/resnet8-glyphs.safetensors")),
];

/// The file at a path, or that of the bundled weights of this name.
///
/// # Errors
/// When bundled weights cannot be written anywhere.
pub fn located(path: &Path) -> io::Result<PathBuf> {
    let bundled = bundled_weights(path).and_then(|name| BYTES.iter().find(|(other, _)| *other == name));
    let Some((name, bytes)) = bundled else { return Ok(path.to_owned()) };
    let cache = dirs::cache_dir().map(|folder| folder.join("flatscape").join("weights"));
    let mut failed = None;
    for folder in cache.into_iter().chain([env::temp_dir().join("flatscape-weights")]) {
        match written(&folder, name, bytes) {
            Ok(path) => return Ok(path),
            Err(err) => failed = Some(err),
        }
    }
    Err(failed.unwrap_or_else(|| io::Error::other("there is no folder for it")))
}

/// Writes the file unless it is there as it should be.
fn written(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(format!("{name}.safetensors"));
    if fs::read(&path).is_ok_and(|found| found == bytes) {
        return Ok(path);
    }
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(&path).map_err(|err| err.error)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BUNDLED_WEIGHTS;

    #[test]
    fn every_name_has_its_bytes_and_other_paths_stay() {
        for name in BUNDLED_WEIGHTS {
            let found = located(Path::new(name)).unwrap();
            assert_ne!(found, Path::new(name));
            let bytes = BYTES.iter().find(|(other, _)| *other == name).unwrap().1;
            assert_eq!(fs::read(&found).unwrap(), bytes);
        }
        assert_eq!(BYTES.len(), BUNDLED_WEIGHTS.len());
        for path in ["resnet8-glyphs.safetensors", "./resnet8-glyphs", "w.npz"] {
            assert_eq!(located(Path::new(path)).unwrap(), Path::new(path));
        }
    }

    #[test]
    fn a_garbled_file_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), "w", b"weights").unwrap();
        fs::write(&path, b"wei").unwrap();
        assert_eq!(written(dir.path(), "w", b"weights").unwrap(), path);
        assert_eq!(fs::read(&path).unwrap(), b"weights");
    }
}
