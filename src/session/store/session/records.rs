//! Findings of jobs, and what a comparison found.

use rusqlite::Row;

use crate::protocol::{JobId, RunId};
use crate::report::results::{RunResult, RunWeights};
use crate::report::tuning::Try;

use super::super::apply::MeasuredText;
use super::super::blobs::take;
use super::super::content::Measured;
use super::super::error::StoreError;
use super::Session;

impl Session {
    /// What jobs found, in the order in which they ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn measured(&self) -> Result<Vec<Measured>, StoreError> {
        let sql = "SELECT toml, checksum, job, run, step, objective FROM measurements ORDER BY id";
        self.all(sql, [], |row| {
            let MeasuredText { request, end, findings } = self.record(row, 0)?;
            Ok(Measured {
                job: JobId(self.get(row, 2)?),
                run: RunId(self.get(row, 3)?),
                step: self.get::<i64>(row, 4)?.cast_unsigned(),
                objective: self.get(row, 5)?,
                request,
                end,
                findings,
            })
        })
    }

    /// The runs of a comparison, in the order in which they ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn results(&self) -> Result<Vec<RunResult>, StoreError> {
        let sql = "SELECT toml, checksum, weights, average_weights FROM results ORDER BY id";
        self.all(sql, [], |row| {
            let result: RunResult = self.record(row, 0)?;
            let weights = self.file(row, 2)?;
            let average = self.file(row, 3)?;
            Ok(RunResult { weights: weights.map(|own| RunWeights { own, average }), ..result })
        })
    }

    /// The bytes of the blob in a column, where there is one.
    fn file(&self, row: &Row<'_>, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let blob: Option<i64> = self.get(row, column)?;
        blob.map(|blob| take(self.conn(), blob).map_err(|err| self.of_blob(err))).transpose()
    }

    /// The tries of its tuning, in the order in which they ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tries(&self) -> Result<Vec<Try>, StoreError> {
        self.all("SELECT toml, checksum FROM tries ORDER BY id", [], |row| self.record(row, 0))
    }
}
