//! Slices, checkpoints and paths: what takes the room of a session, and how it is kept within bounds.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::protocol::{LossGrid, RunId};

use super::super::blobs::{Packing, bytes_of_f32, bytes_of_f64, put};
use super::super::content::{Checkpoint, PathWeights};
use super::super::document::Document;
use super::super::rows::real;
use super::{Apply, Refusal, SLICES};

impl Apply<'_> {
    pub(super) fn slice(&mut self, grid: &LossGrid) -> Result<(), Refusal> {
        let run = grid.run;
        let kind = format!("{:?}", (grid.view.plane, grid.view.examples, grid.view.range));
        let newest = "SELECT id, step, kind FROM slices WHERE run = ?1 ORDER BY id DESC LIMIT 1";
        let newest =
            self.conn.query_row(newest, [run.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        // A finer one of the same weights, or the same one on.
        let same = newest.and_then(|(id, step, of): (i64, i64, String)| {
            (step == grid.step.cast_signed() && of == kind).then_some(id)
        });
        let id = match same {
            Some(id) => id,
            None => {
                let next = "SELECT coalesce(max(id), 0) + 1 FROM slices";
                let id: i64 = self.conn.query_row(next, [], |row| row.get(0))?;
                self.lanes.choose(self.conn, run, SLICES, &[id])?;
                id
            }
        };
        self.insert_slice(id, grid, &kind)?;
        self.has_waste = true;
        let bytes = 8 * (grid.loss.len() + grid.accuracy.as_ref().map_or(0, Vec::len)) as u64 + 1;
        let runs: i64 = self.conn.query_row("SELECT count(DISTINCT run) FROM slices", [], |row| row.get(0))?;
        let room = self.limits.slice_bytes / (runs.max(1).cast_unsigned() * bytes);
        Ok(self.lanes.bound(self.conn, run, SLICES, room.clamp(self.limits.least_slices, self.limits.slices))?)
    }

    fn insert_slice(&mut self, id: i64, grid: &LossGrid, kind: &str) -> Result<(), Refusal> {
        let accuracy = grid.accuracy.iter().flatten();
        let numbers = grid.x.iter().chain(&grid.y).chain(&grid.loss).chain(accuracy).copied();
        let (blob, bytes) = put(self.conn, &bytes_of_f64(numbers), Packing::Zlib)?;
        self.bytes += bytes;
        let head = LossGrid { x: Vec::new(), y: Vec::new(), loss: Vec::new(), accuracy: None, ..grid.clone() };
        let document = Document::of(&head).map_err(Refusal::NoForm)?;
        let [toml, checksum] = document.into_values();
        let sql = "INSERT OR REPLACE INTO slices (id, run, step, generation, num_x, num_y, has_accuracy, masked,
            center_loss, range, objective, directions, kind, blob, toml, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
        let values = params![
            id,
            grid.run.0,
            grid.step.cast_signed(),
            grid.generation.cast_signed(),
            grid.x.len() as i64,
            grid.y.len() as i64,
            grid.accuracy.is_some(),
            grid.masked as i64,
            real(grid.center_loss),
            real(grid.view.range),
            grid.caption.objective,
            grid.caption.directions,
            kind,
            blob,
            toml,
            checksum,
        ];
        self.conn.execute(sql, values)?;
        Ok(())
    }

    pub(super) fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), Refusal> {
        let (run, step) = (checkpoint.run.0, checkpoint.step.cast_signed());
        let there = "SELECT id, is_start FROM checkpoints WHERE run = ?1 AND step = ?2";
        let there = self.conn.query_row(there, params![run, step], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let is_start = checkpoint.is_start || there.is_some_and(|(_, is_start)| is_start);
        if let Some((id, _)) = there {
            self.remove_checkpoint(id)?;
        }
        let Document { text, checksum } = Document::new(checkpoint.facts.clone());
        let sql = "INSERT INTO checkpoints (run, step, is_start, toml, checksum) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.execute(sql, params![run, step, is_start, text, checksum])?;
        let id = self.conn.last_insert_rowid();
        for (name, values) in &checkpoint.arrays {
            let (blob, bytes) = put(self.conn, &bytes_of_f32(values), Packing::Plain)?;
            self.bytes += bytes;
            let sql = "INSERT INTO arrays (checkpoint, name, blob) VALUES (?1, ?2, ?3)";
            self.conn.execute(sql, params![id, name, blob])?;
        }
        while let Some(spare) = spare_checkpoint(self.conn, checkpoint.run, self.limits.checkpoints, 2)? {
            self.remove_checkpoint(spare)?;
        }
        self.hold_checkpoints()
    }

    fn remove_checkpoint(&mut self, id: i64) -> Result<(), Refusal> {
        self.conn.execute("DELETE FROM arrays WHERE checkpoint = ?1", [id])?;
        self.conn.execute("DELETE FROM checkpoints WHERE id = ?1", [id])?;
        self.has_waste = true;
        Ok(())
    }

    /// Holds all checkpoints together within their budget of bytes.
    fn hold_checkpoints(&mut self) -> Result<(), Refusal> {
        let total = "SELECT coalesce(sum(size), 0) FROM blobs WHERE blob IN (SELECT blob FROM arrays)";
        let most = "SELECT run FROM checkpoints WHERE is_start = 0 GROUP BY run ORDER BY count(*) DESC LIMIT 1";
        loop {
            let total: i64 = self.conn.query_row(total, [], |row| row.get(0))?;
            if total.cast_unsigned() <= self.limits.checkpoint_bytes {
                return Ok(());
            }
            let Some(run) = self.conn.query_row(most, [], |row| row.get(0)).optional()? else { return Ok(()) };
            let Some(spare) = spare_checkpoint(self.conn, RunId(run), 0, 1)? else { return Ok(()) };
            self.remove_checkpoint(spare)?;
        }
    }

    pub(super) fn path_weights(&mut self, run: RunId, point: &PathWeights) -> Result<(), Refusal> {
        let before = "SELECT coalesce(max(stride), 1) FROM path WHERE run = ?1";
        let mut stride: i64 = self.conn.query_row(before, [run.0], |row| row.get(0))?;
        let wanted = point.stride.max(1).cast_signed();
        while stride < wanted {
            self.halve_path(run)?;
            stride = stride.saturating_mul(2);
        }
        let (blob, bytes) = put(self.conn, &bytes_of_f32(&point.weights), Packing::Plain)?;
        self.bytes += bytes;
        let sql = "INSERT OR REPLACE INTO path (run, step, train_loss, test_loss, stride, blob)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (step, train, test) = (point.step.cast_signed(), real(point.train_loss), real(point.test_loss));
        self.conn.execute(sql, params![run.0, step, train, test, wanted, blob])?;
        // A path has one point more at the moment before it is thinned.
        if num_points(self.conn, run)? > self.limits.path.cast_signed() + 1 {
            self.halve_path(run)?;
        }
        self.hold_paths()
    }

    fn hold_paths(&mut self) -> Result<(), Refusal> {
        let total = "SELECT coalesce(sum(size), 0) FROM blobs WHERE blob IN (SELECT blob FROM path)";
        let most = "SELECT run FROM path GROUP BY run ORDER BY count(*) DESC LIMIT 1";
        loop {
            let total: i64 = self.conn.query_row(total, [], |row| row.get(0))?;
            if total.cast_unsigned() <= self.limits.path_bytes {
                return Ok(());
            }
            let Some(run) = self.conn.query_row(most, [], |row| row.get(0)).optional()?.map(RunId) else {
                return Ok(());
            };
            if num_points(self.conn, run)? <= 2 {
                return Ok(());
            }
            self.halve_path(run)?;
        }
    }

    /// Drops every second point of a path, as the path itself does.
    fn halve_path(&mut self, run: RunId) -> Result<(), Refusal> {
        let numbered = "SELECT step, row_number() OVER (ORDER BY step) - 1 AS n FROM path WHERE run = ?1";
        let sql =
            format!("DELETE FROM path WHERE run = ?1 AND step IN (SELECT step FROM ({numbered}) WHERE n % 2 = 1)");
        self.conn.execute(&sql, [run.0])?;
        self.has_waste = true;
        Ok(())
    }
}

fn num_points(conn: &Connection, run: RunId) -> rusqlite::Result<i64> {
    conn.query_row("SELECT count(*) FROM path WHERE run = ?1", [run.0], |row| row.get(0))
}

/// The checkpoint of a run that can best be spared where more than `most` are there beside its starts and its newest ones:
/// the one whose neighbours are nearest to each other.
fn spare_checkpoint(conn: &Connection, run: RunId, most: usize, newest: usize) -> rusqlite::Result<Option<i64>> {
    let mut statement = conn.prepare("SELECT id, step, is_start FROM checkpoints WHERE run = ?1 ORDER BY step")?;
    let found = statement.query_map([run.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let all: Vec<(i64, i64, bool)> = found.collect::<Result<_, _>>()?;
    let mut others: Vec<usize> = (0..all.len()).filter(|place| !all[*place].2).collect();
    others.truncate(others.len().saturating_sub(newest));
    if others.len() <= most {
        return Ok(None);
    }
    let gap = |place: &usize| {
        let before = place.checked_sub(1).map_or(-1, |before| all[before].1);
        let after = all.get(place + 1).map_or(i64::MAX, |after| after.1);
        after.saturating_sub(before)
    };
    Ok(others.into_iter().min_by_key(gap).map(|place| all[place].0))
}
