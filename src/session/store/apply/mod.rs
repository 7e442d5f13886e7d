//! What is told becomes rows of tables.

mod blobs_of_runs;
mod records;
mod runs;

pub(super) use records::MeasuredText;

use rusqlite::{Connection, params};

use crate::protocol::{AlertRow, Event, KnobEdit, LayerTraceRow, RunId};

use super::lanes::{Kind, Lanes};
use super::limits::Limits;
use super::queue::Entry;
use super::rows::{self, StoredRow, layers, real};

/// Tables with rows of runs by step, which are thinned by a stride.
pub(super) const ROW_TABLES: [&str; 7] =
    ["steps", "evals", "traces", "eigens", "streamed_traces", "streamed_eigens", layers::TABLE];

/// Slices are in order as they came.
const SLICES: Kind = Kind { table: "slices", key: "id" };

/// Why an entry cannot be written.
#[derive(Debug)]
pub(super) enum Refusal {
    Sqlite(rusqlite::Error),
    /// It has no form in the file, for this reason.
    NoForm(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(err: rusqlite::Error) -> Self {
        Self::Sqlite(err)
    }
}

/// Writes entries within a transaction.
pub(super) struct Apply<'a> {
    pub conn: &'a Connection,
    pub lanes: &'a mut Lanes,
    pub limits: &'a Limits,
    /// How often the session has been opened for writing.
    pub opening: i64,
    /// Bytes that were added.
    pub bytes: u64,
    /// Something was removed that may have been the last to use a blob.
    pub has_waste: bool,
}

impl Apply<'_> {
    /// Writes an entry.
    pub fn entry(&mut self, entry: &Entry) -> Result<(), Refusal> {
        match entry {
            Entry::Event(event) => self.event(event),
            Entry::Slice(grid) => self.slice(grid),
            Entry::Checkpoint(checkpoint) => self.checkpoint(checkpoint),
            Entry::Path(run, point) => self.path_weights(*run, point),
            Entry::Measured(measured) => self.measured(measured),
            Entry::Result(result) => self.result(result),
            Entry::Try(one) => self.tried(one),
            Entry::Text(key, text) => self.text(key, text.as_deref()),
        }
    }

    /// Removes what nothing uses any more.
    pub fn sweep(&mut self) -> rusqlite::Result<()> {
        if std::mem::take(&mut self.has_waste) {
            super::blobs::sweep(self.conn)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Device { name, .. } => {
                self.conn.execute("INSERT OR REPLACE INTO provenance (key, value) VALUES ('device', ?1)", [name])?;
            }
            Event::Started { experiment, num_parameters, tensors, runs, .. } => {
                self.started(experiment, *num_parameters, tensors, runs)?;
            }
            Event::RunAdded(info) => self.run_added(info)?,
            Event::RunRemoved(run) => self.run_removed(*run)?,
            Event::RunRestored { run, place } => self.run_restored(*run, *place)?,
            Event::Rewound { run, step, .. } => self.cut(*run, step.cast_signed())?,
            Event::CheckpointsVoid { run, after } => self.cut(*run, after.map_or(-1, u64::cast_signed))?,
            Event::Finished { run } => self.set_state(*run, "finished", None)?,
            Event::Diverged { run, step, last_good_step } => {
                self.set_state(*run, "diverged", Some([*step, *last_good_step]))?;
            }
            Event::KnobTurned { run, edit } => self.knob_turned(*run, edit)?,
            Event::AlertNoted { run, alert } => self.alert(*run, alert)?,
            Event::Steps { run, rows } => self.rows(*run, rows)?,
            Event::Evaluated { run, row } => self.rows(*run, &[*row])?,
            Event::Trace { run, row } => self.rows(*run, &[*row])?,
            Event::Eigen { run, row } => self.rows(*run, &[*row])?,
            Event::StreamedTrace { run, row } => self.rows(*run, &[*row])?,
            Event::StreamedEigen { run, row } => self.rows(*run, &[*row])?,
            Event::LayerTrace { run, row } => self.layer_trace(*run, row)?,
            _ => {}
        }
        Ok(())
    }

    fn rows<R: StoredRow>(&mut self, run: RunId, rows: &[R]) -> Result<(), Refusal> {
        let kind = Kind::by_step(R::TABLE);
        let steps: Vec<i64> = rows.iter().map(|row| row.step().cast_signed()).collect();
        let chosen = self.lanes.choose(self.conn, run, kind, &steps)?;
        rows::insert(self.conn, run, chosen.iter().map(|place| &rows[*place]))?;
        self.bytes += 8 * (chosen.len() * (R::COLUMNS.len() + 2)) as u64;
        Ok(self.lanes.bound(self.conn, run, kind, self.limits.rows)?)
    }

    fn layer_trace(&mut self, run: RunId, row: &LayerTraceRow) -> Result<(), Refusal> {
        let kind = Kind::by_step(layers::TABLE);
        self.lanes.choose(self.conn, run, kind, &[row.step.cast_signed()])?;
        layers::insert(self.conn, run, row)?;
        self.bytes += 56 * row.layers.len() as u64;
        Ok(self.lanes.bound(self.conn, run, kind, self.limits.layer_rows)?)
    }

    fn alert(&mut self, run: RunId, alert: &AlertRow) -> Result<(), Refusal> {
        let AlertRow { step, rule, words, paused } = alert;
        let sql = "INSERT INTO alerts (run, step, rule, words, paused) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.execute(sql, params![run.0, step.cast_signed(), rule, words, paused])?;
        self.bytes += (rule.len() + words.len()) as u64;
        // A figure that goes up and down around its limit speaks again and again.
        let oldest = "DELETE FROM alerts WHERE run = ?1
            AND id <= (SELECT id FROM alerts WHERE run = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
        self.conn.execute(oldest, params![run.0, self.limits.alerts as i64])?;
        Ok(())
    }

    fn knob_turned(&mut self, run: RunId, edit: &KnobEdit) -> Result<(), Refusal> {
        let KnobEdit { step, knob, old, new } = *edit;
        let sql = "INSERT INTO journal (run, step, knob, old, new) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.conn.execute(sql, params![run.0, step.cast_signed(), knob.spec().key, real(old), real(new)])?;
        Ok(())
    }
}
