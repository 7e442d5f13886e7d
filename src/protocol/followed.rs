//! How a run stands that is trained elsewhere: what is known of the folder with its checkpoints.

use std::time::{Duration, SystemTime};

/// A followed folder is looked at this often.
pub const FOLDER_INTERVAL: Duration = Duration::from_secs(2);

/// What is known of the checkpoints of a followed run.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct FollowedState {
    /// Checkpoints that were read, with those whose file is gone by now.
    pub num_read: usize,
    /// Of these the ones whose file is gone.
    pub num_gone: usize,
    /// Checkpoints that lie in the folder and are still to be read.
    pub num_waiting: usize,
    /// Whether the numbers of the checkpoints are steps; else each is its place among them, from 1 on.
    pub has_steps: bool,
    /// The newest that was read.
    pub newest: Option<NewestCheckpoint>,
    /// The number of the checkpoint whose weights are measured; `None` before the first.
    pub at: Option<u64>,
    /// It stays there; else it goes on with the newest.
    pub stays: bool,
}

/// The newest checkpoint of a followed run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewestCheckpoint {
    /// Its file, without the folder.
    pub name: String,
    /// Its number.
    pub step: u64,
    /// When it was written.
    pub written: SystemTime,
}
