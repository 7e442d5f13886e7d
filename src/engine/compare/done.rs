//! What an earlier comparison with the same options has done: it was stopped, and this one goes on with it.

use crate::config::OptimizerKind;
use crate::report::results::RunResult;
use crate::report::tuning::{Try, Values};

/// Tries and runs that need not be done again. They are taken as they are: whoever keeps them sees to it that they are of the same
/// experiment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    /// Tries of tuning.
    pub tries: Vec<Try>,
    /// Runs.
    pub runs: Vec<RunResult>,
}

/// What has ended, whichever it is in the order of the comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ended<'a> {
    /// A try of tuning; none is picked yet.
    Try(&'a Try),
    /// A run.
    Run(&'a RunResult),
}

impl Done {
    /// The try of these values.
    pub(super) fn try_of(&self, optimizer: OptimizerKind, values: &Values) -> Option<&Try> {
        self.tries.iter().find(|one| one.optimizer == optimizer && one.values == *values)
    }

    /// The run of this seed.
    pub(super) fn run_of(&self, optimizer: OptimizerKind, seed: u64) -> Option<&RunResult> {
        self.runs.iter().find(|run| (run.optimizer, run.seed) == (optimizer, seed))
    }
}
