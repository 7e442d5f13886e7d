//! Why a session file cannot be written or read, each in one sentence without its full stop; the path comes last.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a session file cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no such session file: {}", .0.display())]
    Missing(PathBuf),
    /// It is another kind of file.
    #[error("this is no session file of Flatscape: {}", .0.display())]
    NotASession(PathBuf),
    /// A later release wrote it.
    #[error("the session file is of version {found}, this program reads up to version {newest} (a newer release opens it): {}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that is known here.
        newest: i64,
    },
    /// Another window or program writes into it.
    #[error("another window or program is writing into this session file: {}", .0.display())]
    InUse(PathBuf),
    /// Something is there already.
    #[error("there is a file of this name already: {}", .0.display())]
    Exists(PathBuf),
    /// Parts of it are not what was written.
    #[error("the session file is damaged ({what}; `flatscape show` says what can still be read): {}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is not as it was written.
        what: String,
    },
    /// Something that is not in it was asked for.
    #[error("the session file has no {what}: {}", .path.display())]
    Absent {
        /// The file.
        path: PathBuf,
        /// What it has not.
        what: String,
    },
    /// The disk is full.
    #[error("the disk is full: {}", .0.display())]
    Full(PathBuf),
    /// The file or its folder may only be read.
    #[error("the session file cannot be written to, it may only be read: {}", .0.display())]
    ReadOnly(PathBuf),
    /// The thread that writes is gone.
    #[error("the session file is closed: {}", .0.display())]
    Closed(PathBuf),
    /// The system refuses.
    #[error("the session file cannot be used ({reason}): {}", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The reason of the system or of SQLite.
        reason: String,
    },
    /// Something that was told has no form in the file.
    #[error("{what} cannot be kept ({reason}): {}", .path.display())]
    NoForm {
        /// The file.
        path: PathBuf,
        /// What was told.
        what: &'static str,
        /// What is in the way.
        reason: String,
    },
}

impl StoreError {
    /// The system's refusal, by its kind.
    pub(super) fn io(path: &Path, err: &io::Error) -> Self {
        let path = path.to_owned();
        match err.kind() {
            io::ErrorKind::NotFound => Self::Missing(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly(path),
            _ => Self::Refused { path, reason: err.to_string() },
        }
    }

    /// SQLite's refusal, by its kind. What has another type or size than its column is damage.
    pub(super) fn sqlite(path: &Path, err: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        // It quotes the file, where there may be anything.
        let words = || err.to_string().replace(char::is_control, "\u{fffd}");
        match err {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::InvalidColumnName(..)
            | rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::Utf8Error(..) => Self::Damaged { path, what: words() },
            _ => match err.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => Self::NotASession(path),
                Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: words() },
                // The statements are those of the schema: where a table or a column lacks, the file has another one.
                Some(ErrorCode::Unknown) => Self::Damaged { path, what: words() },
                Some(ErrorCode::DiskFull) => Self::Full(path),
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(path),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse(path),
                _ => Self::Refused { path, reason: words() },
            },
        }
    }
}
