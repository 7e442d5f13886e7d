//! What is told of a folder that is followed.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::session::weights::ModelState;

/// What is told of a folder that is followed, in order. Places are those in the list of checkpoints that were read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum News {
    /// So many checkpoints lie there and are still to be read.
    Waiting(usize),
    /// The next checkpoint.
    Read(Box<ReadCheckpoint>),
    /// A checkpoint once more, by its step, or why it cannot be had, in one sentence without its full stop.
    Again {
        step: u64,
        state: Result<Box<ModelState>, String>,
    },
    /// Only so many of the checkpoints that were read are what they were.
    Void {
        kept: usize,
    },
    /// The checkpoints at these places have no file any more, and all others have.
    Gone(Vec<usize>),
    Warning(String),
    Note(String),
}

/// A checkpoint that was read.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct ReadCheckpoint {
    pub path: PathBuf,
    /// What it is called in its folder.
    pub name: String,
    pub step: u64,
    /// Whether that is a step, and not its place.
    pub has_steps: bool,
    pub written: SystemTime,
    pub state: ModelState,
    /// Checkpoints that are there and are still to be read.
    pub left: usize,
}
