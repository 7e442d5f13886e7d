//! What a comparison tells while it goes on.

use super::done::Ended;
use crate::config::OptimizerKind;
use crate::engine::forecast::Forecast;
use crate::protocol::DeviceReport;
use crate::report::results::AtOnce;
use crate::report::tuning::Try;

/// What a comparison tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CompareNews<'a> {
    /// How the file of the data was read, one line each.
    Notes(&'a [String]),
    /// Which of two devices was taken and why, where `auto` had to choose.
    Device(&'a DeviceReport),
    /// It goes on with a session: so many runs and tries have ended, and so many were half done.
    GoingOn([usize; 3]),
    /// Why nothing can be kept at the moment, in one sentence. It goes on all the same.
    Unkept(&'a str),
    /// How long it will take, before anything long begins.
    Forecast(Forecast),
    /// How many runs are trained at once, told next.
    AtOnce(AtOnce),
    /// How far it is.
    Progress(CompareProgress),
    /// A try has ended, its number among those of its method and how many these are. They are told in the order of the
    /// methods and of the numbers.
    Tried(&'a Try, [usize; 2]),
    /// A try or a run has ended, to be kept.
    Ended(Ended<'a>),
    /// All tries of a method have ended, and one is picked unless all diverged.
    Tuned(&'a [Try]),
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareProgress {
    /// The run's optimiser.
    pub optimizer: OptimizerKind,
    /// The run's seed.
    pub seed: u64,
    /// Gradient evaluations that the run has spent.
    pub spent: u64,
    /// Gradient evaluations that the run may spend.
    pub budget: u64,
    /// "warming up", "training", "measuring curvature", "measuring what the study asks for" or "cutting the slice".
    pub phase: &'static str,
    /// While it is tuned: the number of the try among those of its method, from 1, and how many these are.
    pub attempt: Option<[usize; 2]>,
    /// Gradient evaluations of the run a second of training; NaN before the first step.
    pub per_second: f64,
    /// Runs or tries that are under way beside this one, which comes first in the order of the comparison.
    pub beside: usize,
    /// The share of the whole comparison's work that is over, from 0 to 1.
    pub share: f64,
    /// Seconds that the whole comparison has left.
    pub seconds_left: f64,
    /// The run's training loss as last known; NaN before the first evaluation.
    pub train_loss: f64,
}
