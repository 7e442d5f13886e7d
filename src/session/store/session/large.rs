//! Slices, checkpoints and paths, which are read one at a time.

use rusqlite::{OptionalExtension as _, Row};

use crate::protocol::{LossGrid, RunId, SliceTag};

use super::super::blobs::{f32_of_bytes, f64_of_bytes, take};
use super::super::content::{BlobId, Checkpoint, CheckpointEntry, PathWeights, SliceEntry};
use super::super::document::Document;
use super::super::error::StoreError;
use super::super::rows::Take;
use super::Session;

impl Session {
    /// The slices of a run, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn slices(&self, run: RunId) -> Result<Vec<SliceEntry>, StoreError> {
        let sql = "SELECT id, step, generation, num_x, num_y, objective FROM slices WHERE run = ?1 ORDER BY id";
        self.all(sql, [run.0], |row| {
            let count = |column| Ok(self.get::<i64>(row, column)?.cast_unsigned());
            Ok(SliceEntry {
                id: BlobId(self.get(row, 0)?),
                run,
                tag: SliceTag { step: count(1)?, generation: count(2)? },
                points: [count(3)? as usize, count(4)? as usize],
                objective: self.get(row, 5)?,
            })
        })
    }

    /// A slice.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it is not as it was written, [`StoreError::Absent`] where it has been thinned out.
    pub fn slice(&self, id: BlobId) -> Result<LossGrid, StoreError> {
        let sql = "SELECT toml, checksum, num_x, num_y, has_accuracy, blob FROM slices WHERE id = ?1";
        let read = |row: &Row<'_>| {
            let head: LossGrid = self.record(row, 0)?;
            let count = |column| Ok(self.get::<i64>(row, column)?.cast_unsigned() as usize);
            let (num_x, num_y): (usize, usize) = (count(2)?, count(3)?);
            let bytes = take(self.conn(), self.get(row, 5)?).map_err(|err| self.of_blob(err))?;
            let numbers = f64_of_bytes(&bytes);
            let cells = num_x.checked_mul(num_y);
            let grids = if self.get(row, 4)? { 2 } else { 1 };
            let whole = cells.and_then(|cells| cells.checked_mul(grids)?.checked_add(num_x)?.checked_add(num_y));
            let Some(cells) = cells.filter(|_| whole == Some(numbers.len())) else {
                return Err(self.damaged(format!("slice {} has another number of points than it says", id.0)));
            };
            let (x, rest) = numbers.split_at(num_x);
            let (y, rest) = rest.split_at(num_y);
            let (loss, accuracy) = rest.split_at(cells);
            let accuracy = (grids == 2).then(|| accuracy.to_vec());
            Ok(LossGrid { x: x.to_vec(), y: y.to_vec(), loss: loss.to_vec(), accuracy, ..head })
        };
        self.all(sql, [id.0], read)?.pop().ok_or_else(|| self.absent("slice", id))
    }

    fn absent(&self, what: &str, id: BlobId) -> StoreError {
        StoreError::Absent { path: self.path.clone(), what: format!("{what} {}", id.0) }
    }

    /// The checkpoints of a run by ascending step.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkpoints(&self, run: RunId) -> Result<Vec<CheckpointEntry>, StoreError> {
        let sql = "SELECT id, step, is_start FROM checkpoints WHERE run = ?1 ORDER BY step";
        self.all(sql, [run.0], |row| {
            let step = self.get::<i64>(row, 1)?.cast_unsigned();
            Ok(CheckpointEntry { id: BlobId(self.get(row, 0)?), run, step, is_start: self.get(row, 2)? })
        })
    }

    /// A checkpoint.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it is not as it was written: the one before it leads to the same step, with the journal.
    /// [`StoreError::Absent`] where it has been thinned out.
    pub fn checkpoint(&self, id: BlobId) -> Result<Checkpoint, StoreError> {
        let sql = "SELECT toml, checksum, run, step, is_start FROM checkpoints WHERE id = ?1";
        let read = |row: &Row<'_>| {
            let sum: Vec<u8> = self.get(row, 1)?;
            Ok(Checkpoint {
                run: RunId(self.get(row, 2)?),
                step: self.get::<i64>(row, 3)?.cast_unsigned(),
                is_start: self.get(row, 4)?,
                facts: Document::checked(self.get(row, 0)?, &sum).map_err(|what| self.damaged(what))?,
                arrays: Vec::new(),
            })
        };
        let head = self.all(sql, [id.0], read)?.pop().ok_or_else(|| self.absent("checkpoint", id))?;
        let sql = "SELECT name, blob FROM arrays WHERE checkpoint = ?1 ORDER BY name";
        let arrays = self.all(sql, [id.0], |row| {
            let bytes = take(self.conn(), self.get(row, 1)?).map_err(|err| self.of_blob(err))?;
            Ok((self.get(row, 0)?, f32_of_bytes(&bytes)))
        })?;
        Ok(Checkpoint { arrays, ..head })
    }

    /// The path of a run, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn path_weights(&self, run: RunId) -> Result<Vec<PathWeights>, StoreError> {
        let sql = "SELECT step, train_loss, test_loss, stride, blob FROM path WHERE run = ?1 ORDER BY step";
        self.all(sql, [run.0], |row| {
            let mut take_columns = Take::new(row, 0);
            let mut read =
                || Ok((take_columns.int()?, take_columns.real()?, take_columns.real()?, take_columns.int()?));
            let (step, train_loss, test_loss, stride) = read().map_err(|err| self.of_sqlite(&err))?;
            let bytes = take(self.conn(), self.get(row, 4)?).map_err(|err| self.of_blob(err))?;
            Ok(PathWeights { step, train_loss, test_loss, stride, weights: f32_of_bytes(&bytes) })
        })
    }

    /// What is wrong with the file: that SQLite finds it damaged, or that blobs or texts are not as they were written. One
    /// sentence each; none where all is well. Reads the whole file.
    ///
    /// # Errors
    /// [`StoreError`] where even that cannot be found out.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong = self.all("PRAGMA integrity_check(20)", [], |row| self.get::<String>(row, 0))?;
        wrong.retain(|sentence| sentence != "ok");
        let blobs = self.all("SELECT blob FROM blobs", [], |row| self.get::<i64>(row, 0))?;
        let damage = |result: Result<(), StoreError>| match result {
            Err(StoreError::Damaged { what, .. }) => Ok(Some(what)),
            Err(err) => Err(err),
            Ok(()) => Ok(None),
        };
        for blob in blobs {
            wrong.extend(damage(take(self.conn(), blob).map(drop).map_err(|err| self.of_blob(err)))?);
        }
        for table in ["experiment", "runs", "slices", "checkpoints", "measurements", "results", "tries"] {
            let sql = format!("SELECT toml, checksum FROM {table}");
            let texts = self.all(&sql, [], |row| {
                let sum: Vec<u8> = self.get(row, 1)?;
                let text: String = self.get(row, 0)?;
                Ok(Document::checked(text, &sum).err().map(|what| format!("{what} (table {table})")))
            });
            match texts {
                Ok(texts) => wrong.extend(texts.into_iter().flatten()),
                Err(err) => wrong.extend(damage(Err(err))?),
            }
        }
        Ok(wrong)
    }

    /// Steps that the newest row of a run tells of; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_step(&self, run: RunId) -> Result<u64, StoreError> {
        let sql = "SELECT step FROM steps WHERE run = ?1 ORDER BY step DESC LIMIT 1";
        let found = self.conn().query_row(sql, [run.0], |row| row.get::<_, i64>(0)).optional();
        Ok(found.map_err(|err| self.of_sqlite(&err))?.unwrap_or(0).cast_unsigned())
    }
}
