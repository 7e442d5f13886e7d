//! Runs that go and may come back, as the window has heard of them.

use super::Model;
use crate::protocol::{REMOVED_RUNS_KEPT, RunId};

impl Model {
    /// Puts a run aside, with all that is known of it.
    pub(super) fn remove(&mut self, id: RunId) {
        let Some(index) = self.runs.iter().position(|run| run.info.run == id) else { return };
        let run = self.runs.remove(index);
        self.removed.push_back(run);
        if self.removed.len() > REMOVED_RUNS_KEPT {
            self.removed.pop_front();
        }
    }

    pub(super) fn restore(&mut self, id: RunId, place: usize) {
        let found = self.removed.iter().position(|run| run.info.run == id);
        if let Some(run) = found.and_then(|at| self.removed.remove(at)) {
            self.runs.insert(place.min(self.runs.len()), run);
        }
    }
}
