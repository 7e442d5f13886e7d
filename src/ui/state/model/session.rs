//! What the engine tells of the session's file, and of one that is opened: its runs come as if they had just been told.

use std::time::Instant;

use crate::protocol::{JobId, MeasureRequest, RunId, RunPast, SessionState};
use crate::session::unnamed;
use crate::ui::state::job::JobView;
use crate::ui::state::notices::Level;
use crate::ui::state::run_events;

use super::Model;

impl Model {
    /// Waits for the runs of a session. Those that are there are shown until it is known that it can be opened.
    pub fn await_session(&mut self, name: &str) {
        self.waiting_for = format!("Opening {name}…");
        self.loading = Some(name.to_owned());
        self.kept.clear();
        self.session.is_awaited = true;
    }

    /// Takes how the recording stands. A new problem is said once.
    pub(super) fn take_session(&mut self, state: SessionState) {
        let before = self.session.state.as_ref().and_then(|before| before.problem.as_ref());
        if let Some(problem) = state.problem.as_ref().filter(|problem| Some(*problem) != before) {
            self.notices.push(Level::Warning, problem.clone());
        } else if before.is_some() && state.problem.is_none() {
            self.notices.push(Level::Info, "The session is written again.");
        }
        let removed = self.session.state.as_ref().map_or(0, |before| before.num_removed);
        if state.num_removed > removed {
            let number = state.num_removed;
            let (sessions, were) = if number == 1 { ("session", "was") } else { ("sessions", "were") };
            let most = unnamed::MOST_SESSIONS;
            let text =
                format!("{number} old {sessions} without a name {were} removed: the newest {most} stay, within 4 GiB.");
            self.notices.push(Level::Quiet, text);
        }
        let told = self.session.state.as_ref().and_then(|before| before.path.as_ref());
        if let Some(path) = state.path.as_ref().filter(|path| state.is_named && Some(*path) != told) {
            self.notices.push(Level::Info, format!("The session is written to {}.", path.display()));
        }
        self.session.state = Some(state);
    }

    /// Runs have started. Those of a session bring their own measurements. True where this window knows them already.
    pub(super) fn begin_session(&mut self) -> bool {
        if std::mem::take(&mut self.session.is_awaited) {
            self.jobs.clear();
        }
        self.session.past.clear();
        std::mem::take(&mut self.session.is_told_again)
    }

    /// Takes a part of what a run did before.
    pub(super) fn take_past(&mut self, id: RunId, RunPast { rows, slices }: RunPast, now: Instant) {
        self.session.past.entry(id).or_default().extend(slices);
        if let Some(run) = self.run_mut(id) {
            run_events::take_past(run, rows, now);
        }
    }

    /// A card for a measurement that was made before; one of a run that is gone has none.
    pub(super) fn keep_job(&mut self, id: JobId, run: RunId, request: &MeasureRequest) {
        if let Some(view) = self.run(run) {
            let card = JobView::new(id, view, request);
            self.jobs.insert(0, card);
        }
    }

    /// All of a session has been told.
    pub(super) fn end_session(&mut self, view: Option<String>) {
        self.session.num_opened += 1;
        self.session.view = Some(view);
    }
}
