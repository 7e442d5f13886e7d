//! A session that is read.

mod large;
mod records;
mod sizes;

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::config::KnobId;
use crate::protocol::{AlertRow, KnobEdit, RunId, RunInfo, RunRows};

use super::blobs::BlobError;
use super::content::{KeptExperiment, KeptRun, Provenance, RunState, Writer};
use super::document::Document;
use super::error::StoreError;
use super::open::{self, Readable};
use super::rows::{self, Take, layers};
use super::schema::MIGRATIONS;

/// A session file that is open for reading, also while another program writes into it. All readings see it as it stands at the
/// first: what is thinned out or added meanwhile is not missing in one and there in another.
#[derive(Debug)]
pub struct Session {
    readable: Readable,
    path: PathBuf,
}

/// Whether a file says of itself that it is a session of Flatscape, of whatever version.
#[must_use]
pub fn is_session(path: &Path) -> bool {
    matches!(Session::open(path), Ok(_) | Err(StoreError::Newer { .. } | StoreError::Damaged { .. }))
}

impl Session {
    /// Opens a session file. Where nothing may be written it is read as it is, or by way of a copy where it is of an older
    /// version or was left open; its content is never changed.
    ///
    /// # Errors
    /// [`StoreError`]: [`StoreError::Missing`], [`StoreError::NotASession`], [`StoreError::Newer`],
    /// [`StoreError::Damaged`] and others.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let session = Self { readable: open::to_read(path, MIGRATIONS)?, path: path.to_owned() };
        // It ends with the connection, and holds up no writer.
        session.conn().execute_batch("BEGIN").map_err(|err| session.of_sqlite(&err))?;
        Ok(session)
    }

    pub(super) const fn conn(&self) -> &Connection {
        &self.readable.conn
    }

    pub(super) fn of_sqlite(&self, err: &rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.path, err)
    }

    pub(super) fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }

    fn of_blob(&self, err: BlobError) -> StoreError {
        match err {
            BlobError::Sqlite(err) => self.of_sqlite(&err),
            BlobError::Damaged(what) => self.damaged(what),
        }
    }

    /// All rows of a query.
    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.conn().prepare(sql).map_err(|err| self.of_sqlite(&err))?;
        let mut rows = statement.query(params).map_err(|err| self.of_sqlite(&err))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|err| self.of_sqlite(&err))? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// A value of a row.
    fn get<T: rusqlite::types::FromSql>(&self, row: &Row<'_>, column: usize) -> Result<T, StoreError> {
        row.get(column).map_err(|err| self.of_sqlite(&err))
    }

    /// The record in two neighbouring columns, a text and its checksum.
    fn record<T: serde::de::DeserializeOwned>(&self, row: &Row<'_>, column: usize) -> Result<T, StoreError> {
        let sum: Vec<u8> = self.get(row, column + 1)?;
        Document::read(self.get(row, column)?, &sum).map_err(|what| self.damaged(what))
    }

    /// Where it comes from.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn provenance(&self) -> Result<Provenance, StoreError> {
        let value = |key: &str| {
            let value = self.conn().query_row("SELECT value FROM provenance WHERE key = ?1", [key], |row| row.get(0));
            value.map_err(|err| match err {
                rusqlite::Error::QueryReturnedNoRows => self.damaged(format!("its {key} is missing")),
                err => self.of_sqlite(&err),
            })
        };
        let text = |key: &str| -> Result<String, StoreError> { value(key) };
        let wrong = |key: &str| self.damaged(format!("its {key} is unknown"));
        let seconds: u64 = text("created")?.parse().map_err(|_| wrong("created"))?;
        Ok(Provenance {
            version: text("version")?,
            device: text("device")?,
            processor: text("processor")?,
            created: UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or_else(|| wrong("created"))?,
            writer: Writer::of_key(&text("writer")?).ok_or_else(|| wrong("writer"))?,
        })
    }

    /// The experiment, once there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn experiment(&self) -> Result<Option<KeptExperiment>, StoreError> {
        let sql = "SELECT num_parameters, tensors, toml, checksum FROM experiment WHERE id = 1";
        let read = |row: &Row<'_>| {
            let sum: Vec<u8> = self.get(row, 3)?;
            let toml = Document::checked(self.get(row, 2)?, &sum).map_err(|what| self.damaged(what))?;
            let tensors = serde_json::from_str(&self.get::<String>(row, 1)?);
            Ok(KeptExperiment {
                num_parameters: self.get::<i64>(row, 0)? as usize,
                tensors: tensors.map_err(|err| self.damaged(err.to_string()))?,
                toml,
            })
        };
        Ok(self.all(sql, [], read)?.pop())
    }

    /// The runs in the order in which they are shown, and after them those that were removed, the last one last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn runs(&self) -> Result<Vec<KeptRun>, StoreError> {
        let sql = "SELECT toml, checksum, place, removed, state, diverged_at, last_good_step, run FROM runs
            ORDER BY removed IS NOT NULL, removed, place";
        self.all(sql, [], |row| {
            let info: RunInfo = self.record(row, 0)?;
            let run: i64 = self.get(row, 7)?;
            if i64::from(info.run.0) != run {
                return Err(self.damaged(format!("run {run} says that it is another one")));
            }
            Ok(KeptRun {
                info,
                place: self.get::<i64>(row, 2)? as usize,
                removed: self.get::<Option<i64>>(row, 3)?.map(i64::cast_unsigned),
                state: self.run_state(row)?,
            })
        })
    }

    /// The state in the fourth column of a row and those after it.
    fn run_state(&self, row: &Row<'_>) -> Result<RunState, StoreError> {
        let step = |column| Ok(self.get::<i64>(row, column)?.cast_unsigned());
        match &self.get::<String>(row, 4)?[..] {
            "open" => Ok(RunState::Open),
            "finished" => Ok(RunState::Finished),
            "diverged" => Ok(RunState::Diverged { step: step(5)?, last_good_step: step(6)? }),
            _ => Err(self.damaged("a run has no state that is known".to_owned())),
        }
    }

    /// All rows of a run.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rows(&self, run: RunId) -> Result<RunRows, StoreError> {
        let conn = self.conn();
        let of_sqlite = |err| self.of_sqlite(&err);
        Ok(RunRows {
            journal: self.journal(run)?,
            steps: rows::read(conn, run).map_err(of_sqlite)?,
            evals: rows::read(conn, run).map_err(of_sqlite)?,
            traces: rows::read(conn, run).map_err(of_sqlite)?,
            eigens: rows::read(conn, run).map_err(of_sqlite)?,
            streamed_traces: rows::read(conn, run).map_err(of_sqlite)?,
            streamed_eigens: rows::read(conn, run).map_err(of_sqlite)?,
            layer_traces: layers::read(conn, run).map_err(of_sqlite)?,
            alerts: self.alerts(run)?,
        })
    }

    /// The turns of a run's knobs, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn journal(&self, run: RunId) -> Result<Vec<KnobEdit>, StoreError> {
        let sql = "SELECT step, old, new, knob FROM journal WHERE run = ?1 ORDER BY id";
        self.all(sql, [run.0], |row| {
            let mut take = Take::new(row, 0);
            let mut read = || Ok((take.int()?, take.real()?, take.real()?));
            let (step, old, new) = read().map_err(|err| self.of_sqlite(&err))?;
            let key: String = self.get(row, 3)?;
            let knob = KnobId::ALL.into_iter().find(|knob| knob.spec().key == key);
            let knob = knob.ok_or_else(|| self.damaged("its journal names a knob that is not known".to_owned()))?;
            Ok(KnobEdit { step, knob, old, new })
        })
    }

    /// What alerts said of a run, by ascending step.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn alerts(&self, run: RunId) -> Result<Vec<AlertRow>, StoreError> {
        let sql = "SELECT step, rule, words, paused FROM alerts WHERE run = ?1 ORDER BY step, id";
        self.all(sql, [run.0], |row| {
            Ok(AlertRow {
                step: self.get::<i64>(row, 0)?.cast_unsigned(),
                rule: self.get(row, 1)?,
                words: self.get(row, 2)?,
                paused: self.get(row, 3)?,
            })
        })
    }

    /// The text that is kept under a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT text, checksum FROM texts WHERE key = ?1";
        let found = self.conn().query_row(sql, [key], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).optional();
        let found = found.map_err(|err| self.of_sqlite(&err))?;
        found.map(|(text, sum)| Document::checked(text, &sum).map_err(|what| self.damaged(what))).transpose()
    }

    /// The keys of all texts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keys(&self) -> Result<Vec<String>, StoreError> {
        self.all("SELECT key FROM texts ORDER BY key", [], |row| self.get(row, 0))
    }
}

#[cfg(test)]
impl Session {
    /// Read as from where nothing may be written.
    pub(super) fn of_unchanging(path: &Path) -> Self {
        Self { readable: Readable { conn: open::unchanging(path).unwrap(), copy: None }, path: path.to_owned() }
    }

    /// Read by way of a copy.
    pub(super) fn of_copy(path: &Path) -> Self {
        Self { readable: open::copied(path).unwrap(), path: path.to_owned() }
    }
}
