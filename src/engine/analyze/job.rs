//! What all measurements have in common: units of work, and how many there are.

use crate::curvature::{Bound, DenseHessian, Density, Lanczos, LayerTraces, Sharpness, TraceEstimate};
use crate::landscape::{LineJob, SliceJob};
use crate::model::Objective;
use crate::noise::{NoiseStatistics, SigmaSweep};
use crate::protocol::Progress;

/// A measurement in units.
pub(super) trait Job {
    /// One unit; true when it is complete.
    fn advance(&mut self, objective: &Objective) -> bool;
    /// Units done and in all.
    fn progress(&self) -> Progress;
}

macro_rules! jobs {
    ($($job:ty),*) => {$(
        impl Job for $job {
            fn advance(&mut self, objective: &Objective) -> bool {
                Self::advance(self, objective)
            }

            fn progress(&self) -> Progress {
                Self::progress(self)
            }
        }
    )*};
}

jobs!(
    Bound,
    DenseHessian,
    Density,
    Lanczos,
    LayerTraces,
    LineJob,
    NoiseStatistics,
    Sharpness,
    SigmaSweep,
    SliceJob,
    TraceEstimate
);
