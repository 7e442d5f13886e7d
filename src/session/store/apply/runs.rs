//! Runs come, go, come back and go back.

use rusqlite::{Connection, params};

use crate::config::Experiment;
use crate::protocol::{Origin, REMOVED_RUNS_KEPT, RunId, RunInfo};

use super::super::document::Document;
use super::super::lanes::Kind;
use super::{Apply, ROW_TABLES, Refusal, SLICES};

impl Apply<'_> {
    pub(super) fn started(
        &mut self,
        experiment: &Experiment,
        num_parameters: usize,
        tensors: &[String],
        runs: &[RunInfo],
    ) -> Result<(), Refusal> {
        let of_runs = [
            "runs",
            "journal",
            "alerts",
            "thinning",
            "slices",
            "checkpoints",
            "arrays",
            "path",
            "measurements",
            "facts",
        ];
        for table in ROW_TABLES.iter().chain(&of_runs) {
            self.conn.execute(&format!("DELETE FROM {table}"), [])?;
        }
        self.lanes.forget();
        self.has_waste = true;
        let Document { text, checksum } = Document::new(experiment.to_toml());
        let tensors = serde_json::to_string(tensors).map_err(|err| Refusal::NoForm(err.to_string()))?;
        let sql = "INSERT OR REPLACE INTO experiment (id, num_parameters, tensors, toml, checksum)
            VALUES (1, ?1, ?2, ?3, ?4)";
        self.conn.execute(sql, params![num_parameters as i64, tensors, text, checksum])?;
        runs.iter().enumerate().try_for_each(|(place, info)| self.insert_run(info, place))
    }

    pub(super) fn run_added(&mut self, info: &RunInfo) -> Result<(), Refusal> {
        let place: i64 =
            self.conn.query_row("SELECT count(*) FROM runs WHERE removed IS NULL", [], |row| row.get(0))?;
        self.insert_run(info, place as usize)?;
        if let Origin::Branch { run, step } = info.origin {
            self.share(run, info.run, step.cast_signed())?;
        }
        Ok(())
    }

    fn insert_run(&mut self, info: &RunInfo, place: usize) -> Result<(), Refusal> {
        let document = Document::of(&readable(info)).map_err(Refusal::NoForm)?;
        let (parent, parent_step) = came_from(&info.origin).unzip();
        let sql =
            "INSERT OR REPLACE INTO runs (run, place, optimizer, seed, parent, parent_step, state, toml, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?8)";
        let parent_step = parent_step.map(u64::cast_signed);
        let seed = info.seed.cast_signed();
        let [toml, checksum] = document.into_values();
        let values = params![info.run.0, place as i64, info.optimizer.key(), seed, parent, parent_step, toml, checksum];
        self.conn.execute(sql, values)?;
        Ok(())
    }

    /// Gives a branch what it has in common with the run that it goes on from.
    fn share(&mut self, from: RunId, to: RunId, step: i64) -> Result<(), Refusal> {
        for table in ROW_TABLES.into_iter().chain(["journal", "path", "checkpoints"]) {
            copy_rows(self.conn, table, from, to, step)?;
        }
        let arrays = "INSERT INTO arrays (checkpoint, name, blob)
            SELECT new.id, arrays.name, arrays.blob FROM checkpoints AS old
            JOIN checkpoints AS new ON new.run = ?2 AND new.step = old.step
            JOIN arrays ON arrays.checkpoint = old.id
            WHERE old.run = ?1";
        self.conn.execute(arrays, params![from.0, to.0])?;
        let strides = "INSERT OR REPLACE INTO thinning (run, kind, stride, seen)
            SELECT ?2, kind, stride, seen FROM thinning WHERE run = ?1 AND kind <> 'slices'";
        self.conn.execute(strides, params![from.0, to.0])?;
        for table in ROW_TABLES {
            self.lanes.rewound(self.conn, to, Kind::by_step(table))?;
        }
        Ok(())
    }

    pub(super) fn run_removed(&mut self, run: RunId) -> Result<(), Refusal> {
        let next = "SELECT coalesce(max(removed), 0) + 1 FROM runs";
        let number: i64 = self.conn.query_row(next, [], |row| row.get(0))?;
        let closed_up = "UPDATE runs SET place = place - 1 WHERE removed IS NULL
            AND place > (SELECT place FROM runs WHERE run = ?1 AND removed IS NULL)";
        self.conn.execute(closed_up, [run.0])?;
        self.conn.execute("UPDATE runs SET removed = ?2 WHERE run = ?1 AND removed IS NULL", params![run.0, number])?;
        let gone = "SELECT run FROM runs WHERE removed IS NOT NULL ORDER BY removed DESC LIMIT -1 OFFSET ?1";
        let gone: Vec<u32> = {
            let mut statement = self.conn.prepare(gone)?;
            let found = statement.query_map([REMOVED_RUNS_KEPT as i64], |row| row.get(0))?;
            found.collect::<Result<_, _>>()?
        };
        for run in gone {
            self.cut(RunId(run), -1)?;
            for table in ["runs", "journal", "thinning"] {
                self.conn.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
            }
            self.lanes.forget();
        }
        Ok(())
    }

    pub(super) fn run_restored(&mut self, run: RunId, place: usize) -> Result<(), Refusal> {
        let made_room = "UPDATE runs SET place = place + 1 WHERE removed IS NULL AND place >= ?1";
        self.conn.execute(made_room, [place as i64])?;
        let back = "UPDATE runs SET removed = NULL, place = ?2 WHERE run = ?1";
        self.conn.execute(back, params![run.0, place as i64])?;
        Ok(())
    }

    pub(super) fn set_state(&mut self, run: RunId, state: &str, steps: Option<[u64; 2]>) -> Result<(), Refusal> {
        let [diverged_at, last_good] = steps.map_or([None; 2], |steps| steps.map(|step| Some(step.cast_signed())));
        let sql = "UPDATE runs SET state = ?2, diverged_at = ?3, last_good_step = ?4 WHERE run = ?1";
        self.conn.execute(sql, params![run.0, state, diverged_at, last_good])?;
        Ok(())
    }

    /// Takes back what a run did after a step: all of it where that is −1.
    pub(super) fn cut(&mut self, run: RunId, step: i64) -> Result<(), Refusal> {
        let arrays = "DELETE FROM arrays WHERE checkpoint IN (SELECT id FROM checkpoints WHERE run = ?1 AND step > ?2)";
        self.conn.execute(arrays, params![run.0, step])?;
        for table in ROW_TABLES.into_iter().chain(["journal", "alerts", "slices", "path", "checkpoints"]) {
            self.conn.execute(&format!("DELETE FROM {table} WHERE run = ?1 AND step > ?2"), params![run.0, step])?;
        }
        for kind in ROW_TABLES.into_iter().map(Kind::by_step).chain([SLICES]) {
            self.lanes.rewound(self.conn, run, kind)?;
        }
        self.has_waste = true;
        self.set_state(run, "open", None)
    }
}

/// Copies the rows of a table up to a step from one run to another. Rows that are numbered get numbers of their own.
fn copy_rows(conn: &Connection, table: &str, from: RunId, to: RunId, step: i64) -> rusqlite::Result<()> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1) WHERE name NOT IN ('run', 'id')")?;
    let columns: Vec<String> = statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let columns = columns.join(", ");
    let order = if table == "journal" { "id" } else { "step" };
    let sql = format!(
        "INSERT OR REPLACE INTO {table} (run, {columns})
         SELECT ?2, {columns} FROM {table} WHERE run = ?1 AND step <= ?3 ORDER BY {order}"
    );
    conn.execute(&sql, params![from.0, to.0, step]).map(drop)
}

/// The run that the weights of another come from, and its step.
const fn came_from(origin: &Origin) -> Option<(u32, u64)> {
    match origin {
        Origin::Branch { run, step }
        | Origin::Place { run, step, .. }
        | Origin::Average { run, step }
        | Origin::BestValidation { run, step } => Some((run.0, *step)),
        Origin::Initial | Origin::File(_) | Origin::Folder(_) => None,
    }
}

/// The same run with paths that are text.
fn readable(info: &RunInfo) -> RunInfo {
    let mut info = info.clone();
    match &mut info.origin {
        Origin::File(file) => file.path = file.path.to_string_lossy().into_owned().into(),
        Origin::Folder(folder) => *folder = folder.to_string_lossy().into_owned().into(),
        _ => {}
    }
    info
}
