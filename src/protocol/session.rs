//! Sessions: where one is written, and what the runs of one that is opened have done.

use std::path::PathBuf;
use std::sync::Arc;

use super::crossing::all_shared;
use super::{
    AlertRow, EigenRow, EvalRow, KnobEdit, LayerTraceRow, LossGrid, StepRow, StreamedEigenRow, StreamedTraceRow,
    TraceRow,
};

/// How the recording of a session stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct SessionState {
    /// The file; `None` where there is none, because no run has trained yet or because it cannot be written.
    pub path: Option<PathBuf>,
    /// The user gave it its name. Others are made by the program, and the oldest of these go.
    pub is_named: bool,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Older sessions without a name that were removed when it began, so that these stay within bounds.
    pub num_removed: usize,
    /// Why what is done now is not in the file, in one sentence. It is tried again.
    pub problem: Option<String>,
}

/// All rows of a run, each kind by ascending step.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct RunRows {
    /// Turns of knobs, in the order in which they were made.
    pub journal: Vec<KnobEdit>,
    /// Steps.
    pub steps: Vec<StepRow>,
    /// Evaluations.
    pub evals: Vec<EvalRow>,
    /// Exact traces.
    pub traces: Vec<TraceRow>,
    /// Exact ends of the spectrum.
    pub eigens: Vec<EigenRow>,
    /// Streamed traces.
    pub streamed_traces: Vec<StreamedTraceRow>,
    /// Streamed ends of the spectrum.
    pub streamed_eigens: Vec<StreamedEigenRow>,
    /// Traces of each parameter tensor.
    pub layer_traces: Vec<LayerTraceRow>,
    /// What alerts said.
    pub alerts: Vec<AlertRow>,
}

impl RunRows {
    /// Cuts them by steps, the oldest part first, so that no part has more than `most` rows of a kind. Turns of knobs and
    /// alerts go with the rows of their steps.
    #[must_use]
    pub fn parts(mut self, most: usize) -> Vec<Self> {
        let mut parts = Vec::new();
        while let Some(from) = self.start_of_last(most.max(1)) {
            parts.push(self.split_off(from));
        }
        parts.push(self);
        parts.reverse();
        parts
    }

    /// All rows, turns of knobs and alerts among them.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.journal.len()
            + self.steps.len()
            + self.evals.len()
            + self.traces.len()
            + self.eigens.len()
            + self.streamed_traces.len()
            + self.streamed_eigens.len()
            + self.layer_traces.len()
            + self.alerts.len()
    }

    /// The first step from which on no kind has more than `most` rows; `None` where that is so of all rows.
    fn start_of_last(&self, most: usize) -> Option<u64> {
        fn start<T>(rows: &[T], most: usize, step: fn(&T) -> u64) -> Option<u64> {
            (rows.len() > most).then(|| step(&rows[rows.len() - most]))
        }
        let starts = [
            start(&self.steps, most, |row| row.step),
            start(&self.evals, most, |row| row.step),
            start(&self.traces, most, |row| row.step),
            start(&self.eigens, most, |row| row.step),
            start(&self.streamed_traces, most, |row| row.step),
            start(&self.streamed_eigens, most, |row| row.step),
            start(&self.layer_traces, most, |row| row.step),
        ];
        starts.into_iter().flatten().max()
    }

    /// Takes the rows from a step on.
    fn split_off(&mut self, from: u64) -> Self {
        fn tail<T>(rows: &mut Vec<T>, from: u64, step: fn(&T) -> u64) -> Vec<T> {
            let kept = rows.partition_point(|row| step(row) < from);
            rows.split_off(kept)
        }
        Self {
            journal: tail(&mut self.journal, from, |edit| edit.step),
            steps: tail(&mut self.steps, from, |row| row.step),
            evals: tail(&mut self.evals, from, |row| row.step),
            traces: tail(&mut self.traces, from, |row| row.step),
            eigens: tail(&mut self.eigens, from, |row| row.step),
            streamed_traces: tail(&mut self.streamed_traces, from, |row| row.step),
            streamed_eigens: tail(&mut self.streamed_eigens, from, |row| row.step),
            layer_traces: tail(&mut self.layer_traces, from, |row| row.step),
            alerts: tail(&mut self.alerts, from, |row| row.step),
        }
    }
}

/// What a run of a session that is opened has done, or a part of it.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct RunPast {
    /// Its rows.
    pub rows: RunRows,
    /// Slices that were kept.
    #[serde(with = "all_shared")]
    pub slices: Vec<Arc<LossGrid>>,
}

impl RunPast {
    /// Rows of a kind in a part at most: a consumer takes a part at a time.
    pub const PART: usize = 512;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KnobId;

    #[test]
    fn parts_are_small_and_hold_every_row_once_in_order_of_the_steps() {
        let trace =
            |step| TraceRow { step, gradient_evaluations: step, train_loss: 0.5, mean: 1.0, stderr: 0.1, probes: 4 };
        let edit = |step| KnobEdit { step, knob: KnobId::Sigma, old: 0.1, new: 0.2 };
        let rows = RunRows {
            journal: [0, 7, 7, 500].map(edit).to_vec(),
            traces: (0..1000).map(trace).collect(),
            ..RunRows::default()
        };
        let parts = rows.clone().parts(64);
        assert_eq!(parts.len(), 16);
        assert!(parts.iter().all(|part| part.traces.len() <= 64), "{parts:?}");
        assert!(parts.windows(2).all(|pair| pair[0].traces.last().unwrap().step < pair[1].traces[0].step));
        let turned: Vec<usize> = parts.iter().map(|part| part.journal.len()).collect();
        assert_eq!((turned[0], turned[8], turned.iter().sum::<usize>()), (3, 1, 4), "{turned:?}");
        let all = |of: fn(&RunRows) -> Vec<u64>| parts.iter().flat_map(of).collect::<Vec<u64>>();
        assert_eq!(all(|part| part.traces.iter().map(|row| row.step).collect()), (0..1000).collect::<Vec<_>>());
        assert_eq!(all(|part| part.journal.iter().map(|edit| edit.step).collect()), [0, 7, 7, 500]);
        assert_eq!(parts.iter().map(RunRows::count).sum::<usize>(), rows.count());
        assert_eq!(RunRows::default().parts(64), [RunRows::default()]);
    }
}
