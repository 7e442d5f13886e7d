//! Runs as their consumers speak of them: where a new one starts, where the weights of one come from, what it is on its way to.

use std::path::{Path, PathBuf};

use super::{RunId, RunPast, SliceTag};
use crate::config::{Knobs, OptimizerKind};

/// Removed runs that can still come back; an older one is gone for good.
pub const REMOVED_RUNS_KEPT: usize = 8;

/// Runs that there can be at most.
pub const MOST_RUNS: usize = 64;

/// Where a run starts.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum RunStart {
    /// At the initial weights of the experiment; with [`Pairing::same_initial`] off, at those of a seed of its own.
    Initial,
    /// Where another run was after so many steps, with its momentum; rows before that are shared.
    Step {
        /// The other run.
        run: RunId,
        /// Steps done.
        step: u64,
    },
    /// At a place of another run's slice, with momentum 0.
    Place {
        /// The other run.
        run: RunId,
        /// Coordinates on its slice.
        place: [f64; 2],
        /// The slice.
        slice: SliceTag,
    },
    /// At the weights of a file, with momentum 0.
    File(WeightsFile),
    /// At the average of another run's weights as it is now, with batch norm's statistics made anew there, with momentum 0.
    Average(RunId),
    /// At the weights of another run's evaluation with the least validation loss so far, with momentum 0.
    BestValidation(RunId),
    /// Where another run started: from the same weights, with the same seed.
    Again(RunId),
    /// At the checkpoints that another program writes into a folder, one after the other: it is trained there, not here.
    Folder(PathBuf),
    /// At the end of a run that was done elsewhere, with what it did on the way. It has momentum 0 there, and rests.
    Done(Box<DoneRun>),
}

/// A run that was done elsewhere.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DoneRun {
    /// Its seed.
    pub seed: u64,
    /// Steps done where its weights are from.
    pub step: u64,
    /// Gradient evaluations spent by then.
    pub gradient_evaluations: u64,
    /// The weights.
    pub weights: WeightsFile,
    /// What it did by then.
    pub past: RunPast,
}

/// A run that shall be added.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NewRun {
    /// Its optimiser.
    pub optimizer: OptimizerKind,
    /// Its knobs.
    pub knobs: Box<Knobs>,
    /// Where it starts.
    pub start: RunStart,
}

/// How the runs of an experiment are paired, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pairing {
    /// All runs start from the same weights and see the data in the same order; takes effect for new runs and at a reset.
    pub same_initial: bool,
    /// Runs are kept at equal gradient evaluations; else at equal steps. Takes effect at once.
    pub equal_evaluations: bool,
}

impl Default for Pairing {
    fn default() -> Self {
        Self { same_initial: true, equal_evaluations: true }
    }
}

/// A run as a consumer first hears of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RunInfo {
    /// Its id.
    pub run: RunId,
    /// Its optimiser.
    pub optimizer: OptimizerKind,
    /// Its seed.
    pub seed: u64,
    /// Its knobs where it starts.
    pub knobs: Knobs,
    /// Where its weights come from.
    pub origin: Origin,
}

impl RunInfo {
    /// The run and the step that it continues; `None` for one that starts at step 0.
    #[must_use]
    pub const fn parent(&self) -> Option<(RunId, u64)> {
        match self.origin {
            Origin::Branch { run, step } => Some((run, step)),
            _ => None,
        }
    }

    /// The folder that it follows: it is trained elsewhere.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Folder(folder) => Some(folder),
            _ => None,
        }
    }
}

/// Where the weights of a run come from.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Origin {
    /// The initial weights of its seed.
    Initial,
    /// It goes on from where another run was, whose rows up to there it shares.
    Branch {
        /// The other run.
        run: RunId,
        /// Steps that it had done.
        step: u64,
    },
    /// A place of another run's slice.
    Place {
        /// The other run.
        run: RunId,
        /// Step of the weights at the centre of the slice.
        step: u64,
        /// Coordinates on the slice.
        place: [f64; 2],
    },
    /// The average of another run's weights.
    Average {
        /// The other run.
        run: RunId,
        /// Steps that it had done.
        step: u64,
    },
    /// The weights of another run's evaluation with the least validation loss.
    BestValidation {
        /// The other run.
        run: RunId,
        /// The step of that evaluation.
        step: u64,
    },
    /// A file of weights.
    File(WeightsFile),
    /// A folder of checkpoints, which it follows.
    Folder(PathBuf),
}

/// A file of weights, or one of the state dicts in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WeightsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The key under which the weights are; found where it is not given.
    pub key: Option<String>,
}

impl<P: Into<PathBuf>> From<P> for WeightsFile {
    fn from(path: P) -> Self {
        Self { path: path.into(), key: None }
    }
}

impl Origin {
    /// The run that it comes from, where it comes from one.
    #[must_use]
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Branch { run, .. }
            | Self::Place { run, .. }
            | Self::Average { run, .. }
            | Self::BestValidation { run, .. } => Some(*run),
            Self::Initial | Self::File(_) | Self::Folder(_) => None,
        }
    }
}

/// How far steps are that are repeated, so that a run can stand at an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repeating {
    /// The run whose steps they are.
    pub run: RunId,
    /// The run itself goes back; else a branch begins there.
    pub is_rewind: bool,
    /// The step to stand at.
    pub step: u64,
    /// Steps that are to be repeated.
    pub total: u64,
    /// Steps that are left.
    pub left: u64,
}
