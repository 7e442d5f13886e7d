//! What is said of a recording.

use std::path::Path;

use crate::protocol::SessionState;

use super::{Recording, Stage};

impl Recording {
    /// What has no form in the file and was left out since the last look.
    pub(super) fn newly_left_out(&mut self) -> Option<String> {
        let Stage::On(recorder) = &self.stage else { return None };
        let left_out = recorder.status().left_out;
        let is_new = left_out != self.left_out;
        self.left_out = left_out;
        self.left_out.clone().filter(|_| is_new)
    }

    /// Whether a file has a name of the user's.
    pub(super) fn is_named(&self, path: &Path) -> bool {
        path.parent() != self.folder.as_deref()
    }

    /// How the recording stands.
    pub(in crate::engine) fn state(&self) -> SessionState {
        match &self.stage {
            Stage::On(recorder) => {
                let status = recorder.status();
                let is_named = self.is_named(&status.path);
                let problem =
                    status.problem.map(|problem| format!("The session is not written at the moment: {problem}."));
                // A size is told when it has changed by so much that somebody would see it.
                let before = self.told.as_ref().filter(|told| told.path.as_ref() == Some(&status.path));
                let before = before.map_or(0, |told| told.bytes);
                let bytes = if status.file_bytes.abs_diff(before) * 20 > before { status.file_bytes } else { before };
                SessionState { path: Some(status.path), is_named, bytes, num_removed: self.num_removed, problem }
            }
            _ => SessionState { problem: self.problem.clone(), ..SessionState::default() },
        }
    }

    /// Whether this file is written by this engine.
    pub fn writes(&self, path: &Path) -> bool {
        let Stage::On(recorder) = &self.stage else { return false };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        real(&recorder.path()) == real(path)
    }
}
