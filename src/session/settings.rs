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
        /// Where the old file is now; `None` when it could not be moved: then nothing may be written in its place.
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

/// Where files of this user stand that the program makes by itself; `None` where the system names no such folder.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|folder| folder.join("flatscape"))
}

/// Where files stand that can be made again at any time; `None` where the system names no such folder.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("flatscape"))
}

/// Reads the settings of `version`. What cannot be read, is of another version or is garbled is moved aside.
#[must_use]
pub fn load<T: DeserializeOwned>(path: &Path, version: u32) -> Loaded<T> {
    let reason = match fs::read(path) {
        Ok(bytes) => match parse(&bytes, version) {
            Ok(settings) => return Loaded::Found(settings),
            Err(reason) => reason,
        },
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Loaded::Missing,
        Err(err) => format!("it cannot be read: {err}"),
    };
    Loaded::Unusable { reason, kept: move_aside(path) }
}

/// Reads the settings of `version` if they can be used, and leaves the file alone in any case.
#[must_use]
pub fn peek<T: DeserializeOwned>(path: &Path, version: u32) -> Option<T> {
    parse(&fs::read(path).ok()?, version).ok()
}

/// The settings in a file's bytes, or what is wrong with them.
fn parse<T: DeserializeOwned>(bytes: &[u8], version: u32) -> Result<T, String> {
    // Bytes that are no UTF-8 are no JSON either: the parser says where.
    let garbled = |err: serde_json::Error| format!("it is garbled: {err}");
    let found: Version = serde_json::from_slice(bytes).map_err(garbled)?;
    if found.version != version {
        return Err(format!("it is of version {}, this program writes version {version}", found.version));
    }
    let file: File<T> = serde_json::from_slice(bytes).map_err(garbled)?;
    Ok(file.settings)
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

/// Copies a file that can be read but not be used whole, before another one takes its place. `None` where it cannot be.
#[must_use]
pub fn copy_aside(path: &Path) -> Option<PathBuf> {
    let free = free_name(path)?;
    fs::copy(path, &free).ok()?;
    Some(free)
}

/// Renames a file to the first free name.
fn move_aside(path: &Path) -> Option<PathBuf> {
    let free = free_name(path)?;
    fs::rename(path, &free).ok()?;
    Some(free)
}

/// The first free name of `settings.old.json`, `settings.old-2.json`, …
fn free_name(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let names = (1..100).map(|n| if n == 1 { format!("{stem}.old.json") } else { format!("{stem}.old-{n}.json") });
    names.map(|name| path.with_file_name(name)).find(|kept| !kept.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unusable(bytes: &[u8]) -> (String, Vec<u8>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        fs::write(&path, bytes).expect("writable");
        assert!(peek::<Vec<u8>>(&path, 2).is_none() && path.exists(), "a look leaves the file alone");
        let Loaded::Unusable { reason, kept } = load::<Vec<u8>>(&path, 2) else { panic!("{bytes:?} is not usable") };
        assert!(!path.exists());
        (reason, fs::read(kept.expect("kept")).expect("readable"))
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
        let cases: [(&[u8], &str); 5] = [
            (b"{\"version\": 1, \"settings\": {}}", "version 1"),
            (b"{\"version\": 2, \"settings\": \"no\"}", "garbled"),
            (b"{\"version\"", "garbled"),
            (b"\xff\xfe{\"version\": 2, \"settings\": []}", "garbled"),
            (b"{\"version\": 2, \"settings\": [\"\xc3\x28\"]}", "garbled"),
        ];
        for (bytes, words) in cases {
            let (reason, kept) = unusable(bytes);
            assert!(reason.contains(words), "{reason}");
            assert_eq!(kept, bytes);
        }
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_moved_aside_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        fs::create_dir(&path).expect("writable");
        fs::write(path.join("note.txt"), "mine").expect("writable");
        let Loaded::Unusable { reason, kept } = load::<Vec<u8>>(&path, 2) else { panic!("a folder is no file") };
        assert!(reason.contains("cannot be read"), "{reason}");
        assert_eq!(fs::read_to_string(kept.expect("kept").join("note.txt")).expect("readable"), "mine");
        save(&path, 2, &[1_u8]).expect("its place is free");
        assert!(matches!(load::<Vec<u8>>(&path, 2), Loaded::Found(found) if found == [1]));
    }

    #[test]
    fn what_cannot_be_moved_is_said_to_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        fs::write(&path, "garbled").expect("writable");
        // All names that it could be moved to are taken.
        fs::write(path.with_file_name("settings.old.json"), "1").expect("writable");
        for n in 2..100 {
            fs::write(path.with_file_name(format!("settings.old-{n}.json")), "more").expect("writable");
        }
        assert!(matches!(load::<Vec<u8>>(&path, 2), Loaded::Unusable { kept: None, .. }));
        assert_eq!(fs::read_to_string(&path).expect("readable"), "garbled");
    }
}
