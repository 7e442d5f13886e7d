//! What all measurements have in common: units of work, and how many there are.

use crate::curvature::{
    Bound, DenseHessian, Density, ExampleCurvatures, GaussNewton, Lanczos, LayerTraces, LearningCoefficient, Sharpness,
    TraceEstimate,
};
use crate::landscape::{CurveJob, LineJob, SliceJob, SliceSet};
use crate::model::Objective;
use crate::noise::{GradientSignal, GradientVariance, NoiseStatistics, SigmaSweep};
use crate::protocol::Progress;

/// A measurement in units.
pub(super) trait Units {
    /// One unit; true when it is complete.
    fn advance(&mut self, objective: &Objective) -> bool;
    /// Units done and in all.
    fn progress(&self) -> Progress;
    /// Units that are left, as far as can be expected; those of a search that mostly ends before its last one.
    fn expected_left(&self) -> u64 {
        let Progress { done, total } = self.progress();
        total.saturating_sub(done)
    }
}

impl Units for Lanczos {
    fn advance(&mut self, objective: &Objective) -> bool {
        Self::advance(self, objective)
    }

    fn progress(&self) -> Progress {
        Self::progress(self)
    }

    fn expected_left(&self) -> u64 {
        let Progress { done, .. } = Self::progress(self);
        self.expected().saturating_sub(done)
    }
}

macro_rules! units {
    ($($job:ty),*) => {$(
        impl Units for $job {
            fn advance(&mut self, objective: &Objective) -> bool {
                Self::advance(self, objective)
            }

            fn progress(&self) -> Progress {
                Self::progress(self)
            }
        }
    )*};
}

units!(
    Bound,
    CurveJob,
    DenseHessian,
    Density,
    ExampleCurvatures,
    GaussNewton,
    GradientSignal,
    GradientVariance,
    LayerTraces,
    LearningCoefficient,
    LineJob,
    NoiseStatistics,
    Sharpness,
    SigmaSweep,
    SliceJob,
    SliceSet,
    TraceEstimate
);

/// Measurements whose units are those of one of their fields.
macro_rules! units_of {
    ($($job:ty: $field:ident),* $(,)?) => {$(
        impl $crate::engine::units::Units for $job {
            fn advance(&mut self, objective: &$crate::model::Objective) -> bool {
                self.$field.advance(objective)
            }

            fn progress(&self) -> $crate::protocol::Progress {
                self.$field.progress()
            }
        }
    )*};
}
pub(super) use units_of;
