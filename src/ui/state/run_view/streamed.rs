//! Curvature that is streamed beside training, and which figure of curvature is the newest: a streamed one is never shown as
//! one that was measured with many probes at its step.

use super::RunView;
use crate::protocol::{EigenRow, StreamedEigenRow, StreamedTraceRow, TraceRow};
use crate::ui::state::effort::Effort;
use crate::ui::state::history::History;
use crate::ui::state::rows::Row;

/// Streamed curvature of a run.
#[derive(Debug, Clone, Default)]
pub struct Streamed {
    /// The trace, from single probes of the last steps.
    pub traces: History<StreamedTraceRow>,
    /// Both ends of the spectrum, from a few products a step.
    pub eigens: History<StreamedEigenRow>,
}

impl Streamed {
    /// Takes the trace as it is now.
    pub fn push_trace(&mut self, row: StreamedTraceRow) {
        push(&mut self.traces, row);
    }

    /// Takes both ends of the spectrum as they are now.
    pub fn push_eigen(&mut self, row: StreamedEigenRow) {
        push(&mut self.eigens, row);
    }

    pub(super) fn clear(&mut self) {
        self.traces.clear();
        self.eigens.clear();
    }

    pub(super) fn truncate_after(&mut self, step: u64) {
        self.traces.truncate_after(step);
        self.eigens.truncate_after(step);
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.traces.set_limit(limit);
        self.eigens.set_limit(limit);
    }
}

/// A stream goes on at a step where its run rests: its newest row there is the one that counts.
fn push<R: Row>(rows: &mut History<R>, row: R) {
    if rows.last().is_some_and(|last| last.step() >= row.step()) { rows.insert(row) } else { rows.push(row) }
}

/// The newest trace of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewestTrace {
    /// Step of the weights.
    pub step: u64,
    /// The estimate.
    pub mean: f64,
    /// Its standard error.
    pub stderr: f64,
    /// What was spent on it.
    pub effort: Effort,
    /// Whether it comes from the stream.
    pub is_streamed: bool,
}

impl From<&TraceRow> for NewestTrace {
    fn from(row: &TraceRow) -> Self {
        let &TraceRow { step, mean, stderr, probes: count, .. } = row;
        Self { step, mean, stderr, effort: Effort::Probes { count, first_step: step }, is_streamed: false }
    }
}

impl From<&StreamedTraceRow> for NewestTrace {
    fn from(row: &StreamedTraceRow) -> Self {
        let &StreamedTraceRow { step, mean, stderr, probes: count, first_step, .. } = row;
        Self { step, mean, stderr, effort: Effort::Probes { count, first_step }, is_streamed: true }
    }
}

/// The newest ends of the spectrum of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewestEnds {
    /// Step of the weights.
    pub step: u64,
    /// The largest Ritz value and its residual.
    pub largest: [f64; 2],
    /// The smallest and its residual.
    pub smallest: [f64; 2],
    /// What was spent on them at that step.
    pub effort: Effort,
    /// Whether they come from the stream.
    pub is_streamed: bool,
}

impl From<&EigenRow> for NewestEnds {
    fn from(row: &EigenRow) -> Self {
        Self {
            step: row.step,
            largest: [row.lambda_max, row.residual_max],
            smallest: [row.lambda_min, row.residual_min],
            effort: Effort::Products { count: row.products, examples: None },
            is_streamed: false,
        }
    }
}

impl From<&StreamedEigenRow> for NewestEnds {
    fn from(row: &StreamedEigenRow) -> Self {
        Self {
            step: row.step,
            largest: [row.lambda_max, row.residual_max],
            smallest: [row.lambda_min, row.residual_min],
            effort: Effort::Products { count: row.products, examples: Some(row.examples) },
            is_streamed: true,
        }
    }
}

impl RunView {
    /// The newest trace up to a step; of two of one step the one of many probes.
    #[must_use]
    pub fn newest_trace(&self, until: u64) -> Option<NewestTrace> {
        newest(&self.traces, &self.streamed.traces, until)
    }

    /// The newest ends of the spectrum up to a step; of two of one step those of the whole solve.
    #[must_use]
    pub fn newest_ends(&self, until: u64) -> Option<NewestEnds> {
        newest(&self.eigens, &self.streamed.eigens, until)
    }
}

fn newest<T, E: Row, S: Row>(exact: &History<E>, streamed: &History<S>, until: u64) -> Option<T>
where
    T: for<'a> From<&'a E> + for<'a> From<&'a S>,
{
    let exact = exact.until(until);
    let later = |row: &&S| exact.is_none_or(|exact| exact.step() < row.step());
    match streamed.until(until).filter(later) {
        Some(row) => Some(row.into()),
        None => exact.map(T::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Origin, RunId, RunInfo};

    const fn exact(step: u64) -> TraceRow {
        TraceRow { step, gradient_evaluations: step, train_loss: 1.0, mean: 8.0, stderr: 0.1, probes: 64 }
    }

    const fn streamed(step: u64, mean: f64) -> StreamedTraceRow {
        StreamedTraceRow { step, gradient_evaluations: step, first_step: 10, probes: 34, mean, stderr: 0.3 }
    }

    fn run() -> RunView {
        let optimizer = OptimizerKind::Sgd;
        let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
        RunView::new(info)
    }

    #[test]
    fn the_newest_trace_says_whether_it_is_streamed() {
        let mut run = run();
        assert_eq!(run.newest_trace(u64::MAX), None);
        run.streamed.push_trace(streamed(20, 9.0));
        run.traces.push(exact(20));
        let newest = |run: &RunView, until| run.newest_trace(until).map(|trace| (trace.step, trace.is_streamed));
        assert_eq!(newest(&run, u64::MAX), Some((20, false)), "of one step the one of many probes");
        run.streamed.push_trace(streamed(31, 7.0));
        assert_eq!(newest(&run, u64::MAX), Some((31, true)));
        assert_eq!(newest(&run, 30), Some((20, false)));
        assert_eq!(newest(&run, 19), None);
    }

    #[test]
    fn a_stream_at_one_step_has_one_row_there() {
        let mut run = run();
        [streamed(20, 9.0), streamed(31, 7.0), streamed(31, 6.5), streamed(31, 6.0)]
            .into_iter()
            .for_each(|row| run.streamed.push_trace(row));
        let rows: Vec<(u64, f64)> = run.streamed.traces.rows().iter().map(|row| (row.step, row.mean)).collect();
        assert_eq!(rows, [(20, 9.0), (31, 6.0)]);
        run.rewind(25, Knobs::of(OptimizerKind::Sgd));
        assert_eq!(run.streamed.traces.rows().len(), 1);
        run.void_after(None);
        assert_eq!(run.streamed.traces.rows().len(), 0);
    }
}
