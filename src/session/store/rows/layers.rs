//! Traces by tensor: one row a tensor in the table, one row a step everywhere else.

use rusqlite::{Connection, params};

use crate::protocol::{Estimate, LayerTraceRow, RunId};

use super::{Take, real};

/// The table.
pub(in super::super) const TABLE: &str = "layer_traces";

/// Writes the figures of a step, in the place of those that it had.
pub(in super::super) fn insert(conn: &Connection, run: RunId, row: &LayerTraceRow) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM layer_traces WHERE run = ?1 AND step = ?2", params![run.0, row.step.cast_signed()])?;
    let mut statement = conn.prepare("INSERT INTO layer_traces VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (tensor, layer) in row.layers.iter().enumerate() {
        let (step, evaluations) = (row.step.cast_signed(), row.gradient_evaluations.cast_signed());
        let (mean, stderr) = (real(layer.mean), real(layer.stderr));
        statement.execute(params![run.0, step, tensor as i64, evaluations, mean, stderr, layer.samples as i64])?;
    }
    Ok(())
}

/// Reads the figures of a run by ascending step.
pub(in super::super) fn read(conn: &Connection, run: RunId) -> rusqlite::Result<Vec<LayerTraceRow>> {
    let sql = "SELECT step, gradient_evaluations, mean, stderr, samples FROM layer_traces WHERE run = ?1
        ORDER BY step, tensor";
    let mut statement = conn.prepare(sql)?;
    let mut found = statement.query(params![run.0])?;
    let mut rows: Vec<LayerTraceRow> = Vec::new();
    while let Some(row) = found.next()? {
        let mut take = Take::new(row, 0);
        let (step, gradient_evaluations) = (take.int()?, take.int()?);
        let layer = Estimate { mean: take.real()?, stderr: take.real()?, samples: take.size()? };
        match rows.last_mut().filter(|last| last.step == step) {
            Some(last) => last.layers.push(layer),
            None => rows.push(LayerTraceRow { step, gradient_evaluations, layers: vec![layer] }),
        }
    }
    Ok(rows)
}
