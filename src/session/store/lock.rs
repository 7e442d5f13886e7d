//! One writer at a time: a lock of the system on a file beside the session, which goes with the process that holds it.
//!
//! The file of the lock may stay behind where a program was killed; it means nothing, only the lock on it does. The session
//! itself cannot be locked so: a handle of it that is closed would take away the locks that SQLite has on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// Tries at most, where the file of the lock is removed while it is being locked.
const TRIES: usize = 8;

/// The right to write into a session file.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// `None` where the file system knows no locks.
    file: Option<File>,
}

impl Lock {
    /// Takes the lock of a session file.
    pub fn take(session: &Path) -> Result<Self, StoreError> {
        let path = beside(session, "-lock");
        for _ in 0..TRIES {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(|err| match StoreError::io(session, &err) {
                StoreError::Missing(path) => StoreError::Refused { path, reason: "there is no such folder".to_owned() },
                other => other,
            })?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Self { path, file: Some(file) }),
                // The one that held it has just removed it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(session.to_owned())),
                Err(TryLockError::Error(_)) => return Ok(Self { path, file: None }),
            }
        }
        Err(StoreError::InUse(session.to_owned()))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is locked, so that nobody else holds the file that goes.
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The path of a file that belongs to a session file.
pub(super) fn beside(session: &Path, ending: &str) -> PathBuf {
    let mut name = session.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether the open file is the one that stands at a path now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let numbers = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    file.metadata().map(numbers).ok() == std::fs::metadata(path).map(numbers).ok()
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
const fn is_at(_: &File, _: &Path) -> bool {
    true
}
