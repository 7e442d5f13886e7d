//! What a session has of a run, by steps.

use std::collections::BTreeMap;

use crate::protocol::{EigenRow, Estimate, EvalRow, KnobEdit, Origin, StepRow, TraceRow};
use crate::session::store::{BlobId, CheckpointEntry, KeptRun, RunState, Session, StoreError};

/// A run as the session has it.
#[derive(Debug)]
pub(super) struct Course {
    pub run: KeptRun,
    /// Turns of knobs in their order.
    pub journal: Vec<KnobEdit>,
    pub steps: BTreeMap<u64, StepRow>,
    pub evals: BTreeMap<u64, EvalRow>,
    /// Curvature, where it can be repeated.
    pub traces: BTreeMap<u64, TraceRow>,
    pub eigens: BTreeMap<u64, EigenRow>,
    /// Traces that the noise samples said, where a comparison kept them.
    pub noise: BTreeMap<u64, Estimate>,
    pub checkpoints: BTreeMap<u64, CheckpointEntry>,
    /// Rows that cannot be repeated.
    pub num_left: usize,
    /// The last step that is asked for.
    to: Option<u64>,
}

impl Course {
    /// Reads it up to a step.
    ///
    /// # Errors
    /// [`StoreError`] where the session cannot be read.
    pub fn read(session: &Session, run: &KeptRun, with_curvature: bool, to: Option<u64>) -> Result<Self, StoreError> {
        let id = run.info.run;
        let rows = session.rows(id)?;
        let (exact, streamed) =
            (rows.traces.len() + rows.eigens.len(), rows.streamed_traces.len() + rows.streamed_eigens.len());
        let num_left = streamed + rows.layer_traces.len() + if with_curvature { 0 } else { exact };
        let (traces, eigens) = if with_curvature { (rows.traces, rows.eigens) } else { (Vec::new(), Vec::new()) };
        let results = if with_curvature { session.results()? } else { Vec::new() };
        let is_own = |(optimizer, seed)| {
            run.removed.is_none()
                && run.info.origin == Origin::Initial
                && (optimizer, seed) == (run.info.optimizer, run.info.seed)
        };
        let result = results.into_iter().find(|result| is_own((result.optimizer, result.seed)));
        let curves = result.map(|result| result.curves).unwrap_or_default();
        Ok(Self {
            run: run.clone(),
            journal: rows.journal,
            steps: by_step(rows.steps, to, |row| row.step),
            evals: by_step(rows.evals, to, |row| row.step),
            traces: by_step(traces, to, |row| row.step),
            eigens: by_step(eigens, to, |row| row.step),
            noise: curves
                .iter()
                .filter_map(|row| Some((row.step, row.noise_trace?)))
                .filter(|(step, _)| within(*step, to))
                .collect(),
            checkpoints: by_step(session.checkpoints(id)?, to, |entry| entry.step),
            num_left,
            to,
        })
    }

    /// The last step of which something is stored.
    pub fn last_step(&self) -> u64 {
        let last = [
            self.steps.last_key_value().map(|(step, _)| *step),
            self.evals.last_key_value().map(|(step, _)| *step),
            self.checkpoints.last_key_value().map(|(step, _)| *step),
        ];
        last.into_iter().flatten().max().unwrap_or(0)
    }

    /// The step whose result was thrown away, where that comes next.
    pub fn diverges_after(&self, step: u64) -> Option<u64> {
        match self.run.state {
            RunState::Diverged { step: at, .. } if at == step + 1 && within(at, self.to) => Some(at),
            _ => None,
        }
    }

    /// The first start that is stored.
    pub fn first_start(&self) -> Option<&CheckpointEntry> {
        self.checkpoints.values().next().filter(|entry| entry.is_start)
    }

    /// The checkpoint of a step, and whether it is a start.
    pub fn checkpoint(&self, step: u64) -> Option<(BlobId, bool)> {
        self.checkpoints.get(&step).map(|entry| (entry.id, entry.is_start))
    }
}

/// Rows by their steps, up to the last one that is asked for.
fn by_step<T>(rows: Vec<T>, to: Option<u64>, step: impl Fn(&T) -> u64) -> BTreeMap<u64, T> {
    rows.into_iter().map(|row| (step(&row), row)).filter(|(step, _)| within(*step, to)).collect()
}

fn within(step: u64, to: Option<u64>) -> bool {
    to.is_none_or(|to| step <= to)
}
