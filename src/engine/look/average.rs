//! The average of a run's weights, as a point of its own on slices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::to_host;
use crate::protocol::{Averaged, Examples};
use crate::train::Run;

/// Age from which the average of a run that moves on is measured anew: with batch norm it costs a pass over the data.
const AGE: Duration = Duration::from_secs(1);

/// The average of a run's weights, with its true loss.
#[derive(Debug, Clone)]
pub(in crate::engine) struct AverageMark {
    pub of: Averaged,
    /// Steps that the run had done.
    pub step: u64,
    /// The loss there.
    pub loss: f64,
    /// The average on the host.
    pub host: Arc<Vec<f64>>,
}

impl AverageMark {
    /// The average of a run as it is now; `None` while it keeps none.
    pub fn of(run: &Run, examples: Examples) -> Option<Self> {
        let average = run.average()?;
        let of = Averaged::new(average.kind, run.knobs().average_beta, average.count)?;
        let there = run.snapshot_at_average()?;
        let loss = to_host(there.objective(examples).losses(there.weights().clone()))[0];
        Some(Self { of, step: run.steps(), loss, host: Arc::new(to_host(there.weights().clone())) })
    }
}

/// The average as it was measured last.
#[derive(Debug, Default)]
pub(in crate::engine) struct LastAverage(Option<(AverageMark, Examples, Instant)>);

impl LastAverage {
    /// The average as it is now, or as it was a moment ago while the run moves on.
    pub fn get(&mut self, run: &Run, examples: Examples) -> Option<AverageMark> {
        let is_good = |(mark, of, when): &&(AverageMark, Examples, Instant)| {
            let is_recent = mark.step < run.steps() && when.elapsed() < AGE;
            *of == examples && (mark.step == run.steps() || is_recent)
        };
        if let Some((mark, ..)) = self.0.as_ref().filter(is_good) {
            return Some(mark.clone());
        }
        let mark = AverageMark::of(run, examples);
        self.0 = mark.clone().map(|mark| (mark, examples, Instant::now()));
        mark
    }
}
