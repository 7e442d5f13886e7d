//! What a comparison tells while it goes on.

use crate::config::OptimizerKind;
use crate::engine::forecast::Forecast;
use crate::report::tuning::Try;

/// What a comparison tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CompareNews<'a> {
    /// How the file of the data was read, one line each.
    Notes(&'a [String]),
    /// How long it will take, before anything long begins.
    Forecast(Forecast),
    /// How far it is.
    Progress(CompareProgress<'a>),
    /// A try has ended, its number among those of its method and how many these are.
    Tried(&'a Try, [usize; 2]),
    /// All tries of a method have ended, and one is picked unless all diverged.
    Tuned(&'a [Try]),
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareProgress<'a> {
    /// The run's optimiser.
    pub optimizer: OptimizerKind,
    /// The run's seed.
    pub seed: u64,
    /// Gradient evaluations that the run has spent.
    pub spent: u64,
    /// Gradient evaluations that the run may spend.
    pub budget: u64,
    /// "warming up", "training", "measuring curvature" or "cutting the slice".
    pub phase: &'a str,
    /// While it is tuned: the number of the try among those of its method, from 1, and how many these are.
    pub attempt: Option<[usize; 2]>,
    /// Gradient evaluations of the run a second of training; NaN before the first step.
    pub per_second: f64,
    /// The share of the whole comparison's time that is over, from 0 to 1.
    pub share: f64,
    /// Seconds that the whole comparison has left.
    pub seconds_left: f64,
    /// The run's training loss as last known; NaN before the first evaluation.
    pub train_loss: f64,
}
