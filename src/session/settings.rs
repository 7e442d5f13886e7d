//! Settings of the window in one JSON file: written whole or not at all, and never lost when they cannot be read.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What stood in a settings file.
#[derive(Debug)]
pub enum Loaded<T> {
    /// There is no file yet.
    Missing,
    /// The settings.
    Found(T),
    /// They cannot be used; the file was kept under another name.
    Unusable {
        /// Why, in one sentence.
        reason: String,
        /// Where the old file is now; `None` when it could not be moved and stays where it was.
        kept: Option<PathBuf>,
    },
}

/// The file of a version, as it stands on disk.
#[derive(serde::Serialize, serde::Deserialize)]
struct File<T> {
    version: u32,
    settings: T,
}

/// What every version of the file begins with.
#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

/// Where the settings of this user stand; `None` where the system names no such folder.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("flatscape").join("settings.json"))
}

/// Reads the settings of `version`. A file of another version or one that is garbled is moved aside.
#[must_use]
pub fn load<T: DeserializeOwned>(path: &Path, version: u32) -> Loaded<T> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Loaded::Missing,
        Err(err) => return Loaded::Unusable { reason: format!("it cannot be read: {err}"), kept: None },
    };
    let reason = match serde_json::from_str::<Version>(&text) {
        Ok(found) if found.version != version => {
            format!("it is of version {}, this program writes version {version}", found.version)
        }
        Ok(_) => match serde_json::from_str::<File<T>>(&text) {
            Ok(file) => return Loaded::Found(file.settings),
            Err(err) => format!("it is garbled: {err}"),
        },
        Err(err) => format!("it is garbled: {err}"),
    };
    Loaded::Unusable { reason, kept: move_aside(path) }
}

/// Writes the settings beside their place and moves them there.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn save<T: Serialize>(path: &Path, version: u32, settings: &T) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut file, &File { version, settings })?;
    file.flush()?;
    file.persist(path)?;
    Ok(())
}

/// Renames a file to the first free name of `settings.old.json`, `settings.old-2.json`, …
fn move_aside(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let names = (1..100).map(|n| if n == 1 { format!("{stem}.old.json") } else { format!("{stem}.old-{n}.json") });
    let free = names.map(|name| path.with_file_name(name)).find(|kept| !kept.exists())?;
    fs::rename(path, &free).ok()?;
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unusable(text: &str) -> (String, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        fs::write(&path, text).expect("writable");
        let Loaded::Unusable { reason, kept } = load::<Vec<u8>>(&path, 2) else { panic!("{text} is not usable") };
        assert!(!path.exists());
        (reason, fs::read_to_string(kept.expect("kept")).expect("readable"))
    }

    #[test]
    fn settings_come_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deeper").join("settings.json");
        assert!(matches!(load::<Vec<u8>>(&path, 2), Loaded::Missing));
        save(&path, 2, &[1_u8, 2]).expect("writable");
        save(&path, 2, &[3_u8]).expect("writable");
        let Loaded::Found(found) = load::<Vec<u8>>(&path, 2) else { panic!("they were saved") };
        assert_eq!(found, [3]);
    }

    #[test]
    fn what_cannot_be_used_is_kept() {
        for (text, words) in [
            ("{\"version\": 1, \"settings\": {}}", "version 1"),
            ("{\"version\": 2, \"settings\": \"no\"}", "garbled"),
            ("{\"version\"", "garbled"),
        ] {
            let (reason, kept) = unusable(text);
            assert!(reason.contains(words), "{reason}");
            assert_eq!(kept, text);
        }
    }
}
