//! What studies of special kinds measure at the end of each run, a file a kind.
//!
//! Training is the comparison's, and so are devices, threads, progress and what is kept: a kind adds a measurement to each run,
//! in units, and its result goes with the run's other figures.

mod bound;
mod pairs;
mod stability;
#[cfg(test)]
mod tests;

use crate::config::{MeasuredOn, StudyKind};
use crate::model::Objective;
use crate::protocol::Progress;
use crate::report::kinds::KindFound;
use crate::train::Run;

use super::units::Units;
use bound::BoundJob;
use pairs::Pairs;
use stability::Stability;

/// A measurement of one run on its way.
pub(super) struct KindJob {
    objective: Objective,
    work: Work,
}

enum Work {
    Stability(Stability),
    Bound(BoundJob),
    Pairs(Pairs),
}

impl KindJob {
    /// Starts it at the weights of a run; `None` where the kind measures nothing.
    pub fn new(kind: &StudyKind, run: &Run) -> Option<Self> {
        let (weights, seed) = (run.weights(), run.task().seed);
        let on = |examples: MeasuredOn| match examples {
            MeasuredOn::Train => run.measured(),
            MeasuredOn::Test => run.tested(),
        };
        let (objective, work) = match kind {
            StudyKind::Comparison => return None,
            StudyKind::NoiseStability(settings) => {
                let objective = on(settings.examples);
                let work = Work::Stability(Stability::new(settings, weights, &objective, seed));
                (objective, work)
            }
            StudyKind::Bound(settings) => (run.measured(), Work::Bound(BoundJob::new(settings, run))),
            StudyKind::Pairs(settings) => (on(settings.examples), Work::Pairs(Pairs::new(settings, weights, seed))),
        };
        Some(Self { objective, work })
    }

    /// One unit; true when it is complete.
    pub fn advance(&mut self) -> bool {
        let work: &mut dyn Units = match &mut self.work {
            Work::Stability(work) => work,
            Work::Bound(work) => work,
            Work::Pairs(work) => work,
        };
        work.advance(&self.objective)
    }

    /// The share of its units that is done, from 0 to 1.
    pub fn share(&self) -> f64 {
        let Progress { done, total } = match &self.work {
            Work::Stability(work) => work.progress(),
            Work::Bound(work) => work.progress(),
            Work::Pairs(work) => work.progress(),
        };
        done as f64 / total.max(1) as f64
    }

    /// What it has found; `None` before the first units.
    pub fn found(&self) -> Option<KindFound> {
        match &self.work {
            Work::Stability(work) => work.found().map(KindFound::NoiseStability),
            Work::Bound(work) => work.found().map(KindFound::Bound),
            Work::Pairs(work) => Some(KindFound::Pairs(work.found())),
        }
    }
}
