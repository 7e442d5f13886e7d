//! How a session file is opened: to be written, or to be read from wherever it lies.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::error::StoreError;
use super::lock::beside;
use super::schema::{self, migrate};

/// How long another program may hold the file up, such as a client that writes into it.
const BUSY: Duration = Duration::from_secs(5);
/// Bytes that the log beside a file may keep once they are in the file.
const LOG_KEPT: i64 = 16 << 20;
/// The endings of what SQLite keeps beside a file.
pub(super) const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// A new session file, empty but for its tables.
pub(super) fn create(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(StoreError::Exists(path.to_owned()));
    }
    // What a file of this name left beside it does not belong to this one.
    for ending in COMPANIONS {
        let _ = fs::remove_file(beside(path, ending));
    }
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let mut conn =
        Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE))
            .map_err(of_sqlite)?;
    prepare_to_write(&conn).map_err(of_sqlite)?;
    // The first commit after this one brings it to the disk too.
    conn.execute_batch("PRAGMA synchronous = OFF").map_err(of_sqlite)?;
    migrate(&mut conn, 0, migrations).map_err(of_sqlite)?;
    conn.execute_batch("PRAGMA synchronous = FULL").map_err(of_sqlite)?;
    Ok(conn)
}

/// A session file that is there, to be written, brought up to date.
pub(super) fn to_write(path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    look(path)?;
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let mut conn = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE)).map_err(of_sqlite)?;
    conn.busy_timeout(BUSY).map_err(of_sqlite)?;
    let found = schema::version(&conn, path, migrations)?;
    if conn.is_readonly("main").map_err(of_sqlite)? {
        return Err(StoreError::ReadOnly(path.to_owned()));
    }
    prepare_to_write(&conn).map_err(of_sqlite)?;
    if found < schema::newest(migrations) {
        migrate(&mut conn, found, migrations).map_err(of_sqlite)?;
    }
    Ok(conn)
}

fn flags(flags: OpenFlags) -> OpenFlags {
    flags | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Each commit reaches the disk, which costs a wait a second on the thread that writes: with less, power loss would take back
/// what was committed since the log was last moved into the file.
fn prepare_to_write(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF;")?;
    conn.query_row(&format!("PRAGMA journal_size_limit = {LOG_KEPT}"), [], |_| Ok(()))
}

/// A session file that is read, with the folder of the copy where it is read by way of one.
#[derive(Debug)]
pub(super) struct Readable {
    pub conn: Connection,
    /// Kept while it is read.
    pub copy: Option<TempDir>,
}

/// A session file to be read. Where it lies in a folder that may be written to, SQLite may put its companions beside it, and
/// takes them away again; from elsewhere it is read as it is, or a copy of it where there is a log beside it.
pub(super) fn to_read(path: &Path, migrations: &[&str]) -> Result<Readable, StoreError> {
    look(path)?;
    let conn = match beside_writers(path) {
        Ok(conn) => Some(conn),
        Err(StoreError::ReadOnly(_) | StoreError::Refused { .. }) => None,
        Err(err) => return Err(err),
    };
    let readable = match conn {
        Some(conn) => Readable { conn, copy: None },
        None if has_log(path) => copied(path)?,
        None => Readable { conn: unchanging(path)?, copy: None },
    };
    let found = schema::version(&readable.conn, path, migrations)?;
    if found == schema::newest(migrations) {
        return Ok(readable);
    }
    let mut readable = if readable.copy.is_some() { readable } else { copied(path)? };
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    readable.conn.pragma_update(None, "query_only", false).map_err(of_sqlite)?;
    migrate(&mut readable.conn, found, migrations).map_err(of_sqlite)?;
    Ok(readable)
}

/// A missing file, or what is none.
fn look(path: &Path) -> Result<(), StoreError> {
    let meta = fs::metadata(path).map_err(|err| StoreError::io(path, &err))?;
    if meta.is_file() { Ok(()) } else { Err(StoreError::NotASession(path.to_owned())) }
}

/// Beside those who write into it.
fn beside_writers(path: &Path) -> Result<Connection, StoreError> {
    let had_log = has_log(path);
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let conn = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE)).map_err(of_sqlite)?;
    conn.busy_timeout(BUSY).map_err(of_sqlite)?;
    if conn.is_readonly("main").map_err(of_sqlite)? {
        return Err(StoreError::ReadOnly(path.to_owned()));
    }
    // A log that was left behind stays what it was: whoever goes on with the session moves it into the file.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, had_log).map_err(of_sqlite)?;
    only_read(&conn).map_err(of_sqlite)?;
    Ok(conn)
}

/// As it is, with nothing beside it, from where nothing can change it.
pub(super) fn unchanging(path: &Path) -> Result<Connection, StoreError> {
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let whole = std::path::absolute(path).map_err(|err| StoreError::io(path, &err))?;
    let flags = flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI);
    let conn = Connection::open_with_flags(uri(&whole), flags).map_err(of_sqlite)?;
    only_read(&conn).map_err(of_sqlite)?;
    Ok(conn)
}

/// The address under which SQLite takes a file as one that does not change.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    if !path.to_string_lossy().starts_with('/') {
        uri.push('/');
    }
    for byte in path.to_string_lossy().replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b':' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri + "?immutable=1"
}

/// By way of a copy with its log in a folder of its own, which goes with the reading.
pub(super) fn copied(path: &Path) -> Result<Readable, StoreError> {
    let (copy, file) = copy_aside(path).map_err(|err| StoreError::io(path, &err))?;
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let conn = Connection::open_with_flags(&file, flags(OpenFlags::SQLITE_OPEN_READ_WRITE)).map_err(of_sqlite)?;
    only_read(&conn).map_err(of_sqlite)?;
    Ok(Readable { conn, copy: Some(copy) })
}

/// Copies a session with its log into a new temporary folder: the folder and the file in it.
pub(super) fn copy_aside(path: &Path) -> io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("copy.flatscape");
    copy_bytes(path, &file)?;
    if has_log(path) {
        copy_bytes(&beside(path, "-wal"), &beside(&file, "-wal"))?;
    }
    Ok((folder, file))
}

/// Copies the bytes alone: the copy of a file that may only be read may be written to.
fn copy_bytes(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut fs::File::open(from)?, &mut fs::File::create(to)?).map(drop)
}

/// Nothing is changed, and nothing of a damaged file is believed that SQLite can check.
fn only_read(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;")?;
    // The first look at the file, where one that cannot be opened says so.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|meta| meta.len() > 0)
}

/// The size of a file with its log.
pub(super) fn size(path: &Path) -> u64 {
    let size = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
    size(path) + size(&beside(path, "-wal"))
}
