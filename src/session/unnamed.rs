//! Sessions that nobody has given a name: they lie in one folder of the user's data, named by the time at which they began, and
//! only the newest of them stay. A session that was saved elsewhere is never touched.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::settings;
use super::store::{Recorder, StoreError};

/// The end of the name of a session file.
pub const EXTENSION: &str = "flatscape";
/// Unnamed sessions that stay at most.
pub const MOST_SESSIONS: usize = 20;
/// Bytes that they have together at most, as far as the newest alone leaves it.
const MOST_BYTES: u64 = 4 << 30;

/// Where the unnamed sessions of this user lie; `None` where the system names no such folder.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    settings::data_folder().map(|folder| folder.join("sessions"))
}

/// A place in the folder that no session has: named by the time, with a number where several begin at once.
#[must_use]
pub fn free_place(folder: &Path, now: SystemTime) -> PathBuf {
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let name = |number: u32| match number {
        1 => format!("session-{seconds}.{EXTENSION}"),
        number => format!("session-{seconds}-{number}.{EXTENSION}"),
    };
    let places = (1..).map(|number| folder.join(name(number)));
    places.into_iter().find(|place| !place.exists()).unwrap_or_else(|| folder.join(name(1)))
}

/// A session file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unnamed {
    /// Where it lies.
    pub path: PathBuf,
    /// When it was written last.
    pub written: SystemTime,
    /// Its size with what waits beside it.
    pub bytes: u64,
}

/// The sessions of the folder, the newest first; none where there is no such folder.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> io::Result<Vec<Unnamed>> {
    let entries = match fs::read_dir(folder) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let sessions = paths.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
    let mut found: Vec<Unnamed> = sessions.filter_map(look_at).collect();
    found.sort_by(|a, b| (b.written, &b.path).cmp(&(a.written, &a.path)));
    Ok(found)
}

fn look_at(path: PathBuf) -> Option<Unnamed> {
    let parts = [path.clone(), beside(&path, "-wal")];
    let metas: Vec<fs::Metadata> = parts.iter().filter_map(|part| fs::metadata(part).ok()).collect();
    let written = metas.iter().filter_map(|meta| meta.modified().ok()).max()?;
    let bytes = metas.iter().map(fs::Metadata::len).sum();
    metas.first().is_some_and(fs::Metadata::is_file).then_some(Unnamed { path, written, bytes })
}

/// What SQLite keeps beside a file.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    PathBuf::from(name)
}

/// Removes the oldest sessions of the folder until what stays is within bounds. One that another window writes stays. How many
/// went.
///
/// # Errors
/// When the folder cannot be read.
pub fn prune(folder: &Path) -> io::Result<usize> {
    prune_to(folder, MOST_SESSIONS, MOST_BYTES)
}

fn prune_to(folder: &Path, most: usize, most_bytes: u64) -> io::Result<usize> {
    let (mut bytes, mut num_removed) = (0, 0);
    for (place, session) in list(folder)?.into_iter().enumerate() {
        bytes += session.bytes;
        let is_within = place < most && (place == 0 || bytes <= most_bytes);
        // What cannot be removed is tried at the next start.
        num_removed += usize::from(!is_within && remove(&session.path).is_ok());
    }
    Ok(num_removed)
}

/// Removes a session file with what lies beside it.
///
/// # Errors
/// [`StoreError`]: `InUse` where somebody writes it.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    if let Err(err @ StoreError::InUse(_)) = Recorder::open(path) {
        return Err(err);
    }
    for part in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        match fs::remove_file(&part) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::Refused { path: part, reason: err.to_string() });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A folder with so many files, the later the newer, of `size` bytes each.
    fn folder(count: u64, size: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for number in 0..count {
            let path = folder.path().join(format!("session-{number}.flatscape"));
            fs::write(&path, vec![0; size]).expect("writable");
            let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 + number);
            fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(written)).expect("a time");
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let listed = list(folder).expect("readable");
        listed.iter().map(|one| one.path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_newest_stay_within_number_and_size_and_others_are_not_touched() {
        let folder = folder(5, 100);
        fs::write(folder.path().join("notes.txt"), "mine").expect("writable");
        assert_eq!(prune_to(folder.path(), 3, 1000).expect("readable"), 2);
        assert_eq!(names(folder.path()), ["session-4", "session-3", "session-2"]);
        assert_eq!(prune_to(folder.path(), 3, 250).expect("readable"), 1);
        assert_eq!(names(folder.path()), ["session-4", "session-3"]);
        prune_to(folder.path(), 3, 1).expect("readable");
        assert_eq!(names(folder.path()), ["session-4"], "the newest is kept whatever its size");
        assert!(folder.path().join("notes.txt").exists());
    }

    #[test]
    fn places_are_free_and_a_folder_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        let first = free_place(folder.path(), now);
        assert_eq!(first, folder.path().join("session-7.flatscape"));
        fs::write(&first, "").expect("writable");
        assert_eq!(free_place(folder.path(), now), folder.path().join("session-7-2.flatscape"));
        assert_eq!(list(&folder.path().join("none")).expect("empty"), []);
    }
}
