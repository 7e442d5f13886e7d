//! What can be read of a damaged session goes into a new file beside it; the damaged one stays as it is.
//!
//! Each table is read from its beginning to the first row that cannot be read, and from its end to the last such row. What
//! has a checksum and another one now is left out, with what depends on it.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::blobs::{self, take};
use super::content::Writer;
use super::document::Document;
use super::error::StoreError;
use super::lock::{Lock, beside};
use super::open::{self, COMPANIONS, copy_aside};
use super::schema::{self, LATER_TABLES, MIGRATIONS};

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// No row is shorter than so many bytes: a table that has more rows than there is room for goes in a circle.
const LEAST_ROW: u64 = 4;
/// Tables with texts that have a checksum: the table, its key, and what a row of it is called.
const TEXTS: [(&str, &str, &str); 8] = [
    ("experiment", "id", "experiment"),
    ("runs", "run", "run"),
    ("slices", "id", "slice"),
    ("checkpoints", "id", "checkpoint"),
    ("measurements", "id", "measurement"),
    ("results", "id", "result"),
    ("tries", "id", "try"),
    ("texts", "key", "text"),
];
/// What uses blobs: how many rows use one of those that are gone, their removal, and what they are called.
const USERS: [(&str, &str, &str); 5] = [
    ("slices", "id IN (SELECT id FROM slices WHERE blob NOT IN (SELECT blob FROM blobs))", "slice"),
    (
        "checkpoints",
        "id IN (SELECT checkpoint FROM arrays WHERE blob NOT IN (SELECT blob FROM blobs))
            OR id NOT IN (SELECT checkpoint FROM arrays)",
        "checkpoint",
    ),
    ("arrays", "checkpoint NOT IN (SELECT id FROM checkpoints)", "array"),
    ("path", "blob NOT IN (SELECT blob FROM blobs)", "point of a path"),
    ("facts", "measurement NOT IN (SELECT id FROM measurements)", "figure of a measurement"),
];

/// What could be saved of a damaged session file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvaged {
    /// The new file, beside the damaged one, which is as it was.
    pub path: PathBuf,
    /// What is missing or was left out, one sentence each; empty where nothing is.
    pub missing: Vec<String>,
}

/// Reads what can be read of a damaged session file into a new one beside it.
///
/// # Errors
/// [`StoreError`] where it is no session, one of a newer version, or nothing of it can be read; then there is no new file.
pub fn salvage(path: &Path) -> Result<Salvaged, StoreError> {
    let of_system = |err| StoreError::io(path, &err);
    if !fs::metadata(path).map_err(of_system)?.is_file() {
        return Err(StoreError::NotASession(path.to_owned()));
    }
    let (_folder, copy) = copy_aside(path).map_err(of_system)?;
    let old = open_damaged(path, &copy)?;
    let to = free_name(path);
    let _lock = Lock::take(&to)?;
    let of_new = |err| StoreError::sqlite(&to, &err);
    let found = open::create(&to, MIGRATIONS).and_then(|new| {
        // It reaches the disk once, at its end.
        new.execute_batch("PRAGMA synchronous = OFF").map_err(of_new)?;
        let mut missing = save(&old, &new, open::size(&copy)).map_err(of_new)?;
        let num_rows = "SELECT (SELECT count(*) FROM provenance) + (SELECT count(*) FROM runs)
            + (SELECT count(*) FROM results)";
        let num_rows: i64 = new.query_row(num_rows, [], |row| row.get(0)).map_err(of_new)?;
        if num_rows == 0 {
            return Err(StoreError::Damaged { path: path.to_owned(), what: "nothing of it can be read".to_owned() });
        }
        missing.extend(complete_provenance(&new, path).map_err(of_new)?);
        new.execute_batch("PRAGMA synchronous = FULL").map_err(of_new)?;
        new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(of_new)?;
        Ok(missing)
    });
    match found {
        Ok(missing) => Ok(Salvaged { path: to, missing }),
        Err(err) => {
            let _ = fs::remove_file(&to);
            for ending in COMPANIONS {
                let _ = fs::remove_file(beside(&to, ending));
            }
            Err(err)
        }
    }
}

/// The copy, whose first bytes and version need not be right.
fn open_damaged(path: &Path, copy: &Path) -> Result<Connection, StoreError> {
    let of_system = |err| StoreError::io(path, &err);
    let of_sqlite = |err| StoreError::sqlite(path, &err);
    let is_ours = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("flatscape"));
    if is_ours && fs::metadata(copy).map_err(of_system)?.len() > 512 {
        let mut file = fs::OpenOptions::new().write(true).open(copy).map_err(of_system)?;
        file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(MAGIC)).map_err(of_system)?;
    }
    let conn = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(of_sqlite)?;
    conn.execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;")
        .map_err(of_sqlite)?;
    match schema::version(&conn, path, MIGRATIONS) {
        Err(err @ StoreError::Newer { .. }) => Err(err),
        Err(StoreError::NotASession(path)) if !is_ours => Err(StoreError::NotASession(path)),
        _ => Ok(conn),
    }
}

/// The first free name of `a.salvaged.flatscape`, `a.salvaged-2.flatscape`, ….
fn free_name(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = |n: u64| match n {
        1 => format!("{stem}.salvaged.flatscape"),
        n => format!("{stem}.salvaged-{n}.flatscape"),
    };
    let mut names = (1..).map(|n| path.with_file_name(name(n)));
    names.find(|path| !path.exists()).expect("one of all numbers is free")
}

/// Copies what can be read and is as it was written: sentences on the rest.
fn save(old: &Connection, new: &Connection, size: u64) -> rusqlite::Result<Vec<String>> {
    let transaction = new.unchecked_transaction()?;
    let tables: Vec<String> = {
        let mut statement = new.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect::<Result<_, _>>()?
    };
    let mut missing = Vec::new();
    let version: i64 = old.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap_or(0);
    let is_of_later =
        |table: &String| LATER_TABLES.iter().any(|(name, since)| name == table && (1..*since).contains(&version));
    for table in tables.into_iter().filter(|table| !is_of_later(table)) {
        missing.extend(save_table(old, new, &table, size / LEAST_ROW)?);
    }
    missing.extend(leave_out_blobs(new)?);
    missing.extend(leave_out_texts(new)?);
    for (table, which, what) in USERS {
        let count = new.execute(&format!("DELETE FROM {table} WHERE {which}"), [])?;
        missing.extend(left_out(count, what));
    }
    for column in ["weights", "average_weights"] {
        let gone = format!("{column} IS NOT NULL AND {column} NOT IN (SELECT blob FROM blobs)");
        let count = new.execute(&format!("UPDATE results SET {column} = NULL WHERE {gone}"), [])?;
        missing.extend(left_out(count, "file of weights"));
    }
    blobs::sweep(new)?;
    transaction.commit()?;
    Ok(missing)
}

/// Says "unknown" where it can no longer be read where the session comes from, so that what was saved is a session: a sentence
/// on what that is.
fn complete_provenance(new: &Connection, path: &Path) -> rusqlite::Result<Option<String>> {
    let written = fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |age| age.as_secs());
    let is_comparison: bool =
        new.query_row("SELECT EXISTS (SELECT 1 FROM results) OR EXISTS (SELECT 1 FROM tries)", [], |row| row.get(0))?;
    let writer = if is_comparison { Writer::Compare } else { Writer::Window };
    let found =
        |key: &str| new.query_row("SELECT value FROM provenance WHERE key = ?1", [key], |row| row.get::<_, String>(0));
    let mut unknown = Vec::new();
    for (key, instead) in [
        ("version", "unknown".to_owned()),
        ("device", "unknown".to_owned()),
        ("processor", "unknown".to_owned()),
        ("created", written.to_string()),
        ("writer", writer.key().to_owned()),
    ] {
        let is_known = found(key).is_ok_and(|value| match key {
            "created" => {
                value.parse::<u64>().is_ok_and(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).is_some())
            }
            "writer" => Writer::of_key(&value).is_some(),
            _ => true,
        });
        if !is_known {
            new.execute("INSERT OR REPLACE INTO provenance (key, value) VALUES (?1, ?2)", [key, instead.as_str()])?;
            unknown.push(key);
        }
    }
    let words = || format!("where the session comes from is known in part only, without `{}`", unknown.join("`, `"));
    Ok((!unknown.is_empty()).then(words))
}

fn left_out(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what} is left out, which is not as it was written")),
        _ => Some(format!("{count} times a {what} is left out, which is not as it was written")),
    }
}

/// Copies the rows of a table from both ends: a sentence where some cannot be read.
fn save_table(old: &Connection, new: &Connection, table: &str, most: u64) -> rusqlite::Result<Option<String>> {
    let (columns, keys) = columns(new, table)?;
    let marks = vec!["?"; columns.len()].join(", ");
    let names = columns.join(", ");
    let mut insert = new.prepare(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"))?;
    let mut copy = |order: &str| -> rusqlite::Result<(u64, bool)> {
        let mut num_rows = 0;
        let Ok(mut select) = old.prepare(&format!("SELECT {names} FROM {table} ORDER BY {order}")) else {
            return Ok((0, false));
        };
        let Ok(mut rows) = select.query([]) else { return Ok((0, false)) };
        while num_rows <= most {
            let values = match rows.next() {
                Ok(Some(row)) => (0..columns.len()).map(|column| row.get::<_, Value>(column)).collect(),
                Ok(None) => return Ok((num_rows, true)),
                Err(_) => return Ok((num_rows, false)),
            };
            num_rows += 1;
            // A text that is none, or a row that its table does not take, is one that is lost.
            let Ok(values) = values else { continue };
            let values: Vec<Value> = values;
            insert.execute(params_from_iter(values))?;
        }
        Ok((num_rows, false))
    };
    let (seen, is_whole) = copy(&keys.join(", "))?;
    if !is_whole {
        let backwards: Vec<String> = keys.iter().map(|key| format!("{key} DESC")).collect();
        copy(&backwards.join(", "))?;
    }
    let kept: i64 = new.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    let is_whole = is_whole && kept.cast_unsigned() == seen;
    Ok((!is_whole).then(|| format!("the table {table} can be read in part only, {kept} of its rows are kept")))
}

/// The columns of a table, and those by which its rows are in order.
fn columns(conn: &Connection, table: &str) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let mut statement = conn.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let found = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let found: Vec<(String, i64)> = found.collect::<Result<_, _>>()?;
    let mut keys: Vec<&(String, i64)> = found.iter().filter(|(_, place)| *place > 0).collect();
    keys.sort_by_key(|(_, place)| *place);
    let keys =
        if table == "parts" { vec!["rowid".to_owned()] } else { keys.into_iter().map(|key| key.0.clone()).collect() };
    Ok((found.into_iter().map(|(name, _)| name).collect(), keys))
}

/// Removes blobs that are not as they were written; what used them goes with them later.
fn leave_out_blobs(new: &Connection) -> rusqlite::Result<Option<String>> {
    let all: Vec<i64> = {
        let mut statement = new.prepare("SELECT blob FROM blobs")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let damaged: Vec<i64> = all.into_iter().filter(|blob| take(new, *blob).is_err()).collect();
    for blob in &damaged {
        new.execute("DELETE FROM parts WHERE blob = ?1", [blob])?;
        new.execute("DELETE FROM blobs WHERE blob = ?1", [blob])?;
    }
    // A part that belongs to none, such as one whose number is no longer a number.
    new.execute("DELETE FROM parts WHERE blob NOT IN (SELECT blob FROM blobs)", [])?;
    Ok(left_out(damaged.len(), "blob"))
}

/// Removes rows whose texts are not as they were written.
fn leave_out_texts(new: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut missing = Vec::new();
    for (table, key, what) in TEXTS {
        let text = if table == "texts" { "text" } else { "toml" };
        let damaged: Vec<Value> = {
            let mut statement = new.prepare(&format!("SELECT {key}, {text}, checksum FROM {table}"))?;
            let mut rows = statement.query([])?;
            let mut damaged = Vec::new();
            while let Some(row) = rows.next()? {
                let text = row.get::<_, String>(1).ok().zip(row.get::<_, Vec<u8>>(2).ok());
                if text.is_none_or(|(text, sum)| Document::checked(text, &sum).is_err()) {
                    damaged.push(row.get(0)?);
                }
            }
            damaged
        };
        for value in &damaged {
            new.execute(&format!("DELETE FROM {table} WHERE {key} = ?1"), [value])?;
        }
        missing.extend(left_out(damaged.len(), what));
    }
    Ok(missing)
}
