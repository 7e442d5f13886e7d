//! A session of before, as it is offered.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::ui::kit::format;

/// A session of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSession {
    /// Its file.
    pub path: PathBuf,
    /// The title of its experiment.
    pub title: String,
    /// Its runs.
    pub num_runs: usize,
    /// The greatest step of one of its last states.
    pub step: u64,
    /// When it was written last.
    pub written: SystemTime,
}

impl EarlierSession {
    /// What it is, in words: "Two moons, 3 runs, step 12 000, 5 min ago".
    #[must_use]
    pub fn words(&self, now: SystemTime) -> String {
        let runs = if self.num_runs == 1 { "1 run".to_owned() } else { format!("{} runs", self.num_runs) };
        let age = now.duration_since(self.written).unwrap_or_default();
        format!("{}, {runs}, step {}, {}", self.title, format::grouped(self.step), format::ago(age))
    }
}
