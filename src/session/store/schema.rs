//! The version of a session file, and how an older one becomes the newest.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;

/// "FLSC", by which `file` and every SQLite client tell a session from other databases.
pub(super) const APPLICATION_ID: i32 = 0x464C_5343;

/// What makes a file of version n one of version n + 1, from an empty file on. A released one is never changed.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema_2.sql")];

/// Tables that a file of an older version does not have: their names, and the version from which on there are some.
pub(super) const LATER_TABLES: [(&str, i64); 1] = [("alerts", 2)];

/// The version that this program writes.
pub(super) const fn newest(migrations: &[&str]) -> i64 {
    migrations.len() as i64
}

/// The version of a session file.
///
/// # Errors
/// [`StoreError::NotASession`] for another database, [`StoreError::Newer`] for one that is not known here.
pub(super) fn version(conn: &Connection, path: &Path, migrations: &[&str]) -> Result<i64, StoreError> {
    let read = |pragma: &str| {
        let value = conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        value.map_err(|err| StoreError::sqlite(path, &err))
    };
    if read("application_id")? != i64::from(APPLICATION_ID) {
        return Err(StoreError::NotASession(path.to_owned()));
    }
    let (found, newest) = (read("user_version")?, newest(migrations));
    if found > newest {
        return Err(StoreError::Newer { path: path.to_owned(), found, newest });
    }
    if found < 1 {
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            what: format!("it says that its version is {found}"),
        });
    }
    Ok(found)
}

/// Brings a file of an older version up to date, all at once or not at all.
pub(super) fn migrate(conn: &mut Connection, from: i64, migrations: &[&str]) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    for migration in migrations.iter().skip(usize::try_from(from).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest(migrations))?;
    transaction.commit()
}
