//! How the writing of a session goes, for those who show it.

use std::path::PathBuf;
use std::time::Duration;

/// How the writing goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The file, which [`Recorder::save_as`](super::Recorder::save_as) changes.
    pub path: PathBuf,
    /// Why nothing can be written at the moment, in one sentence; it is tried again each second.
    pub problem: Option<String>,
    /// What was left out for good because it has no form in the file, in one sentence; the last of such things.
    pub left_out: Option<String>,
    /// Bytes of figures, texts and blobs that were written so far.
    pub bytes_written: u64,
    /// Size of the file with what waits beside it.
    pub file_bytes: u64,
    /// Things that wait to be written.
    pub num_waiting: usize,
    /// Rows, slices and checkpoints that were thinned out while nothing could be written.
    pub num_thinned: u64,
    /// How long the oldest thing that is not yet durable has waited.
    pub behind: Duration,
}
