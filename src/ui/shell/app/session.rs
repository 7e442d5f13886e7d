//! The session of the window: what it finds again of it, sessions of before, and how long a window waits for its last lines.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::Context;

use super::App;
use crate::engine::LinkState;
use crate::protocol::Command;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::path;
use crate::ui::shell::earlier::Search;
use crate::ui::shell::session_view::SessionView;
use crate::ui::state::notices::Level;

/// The engine is told this often at most what the window wants to find again.
const VIEW_INTERVAL: Duration = Duration::from_secs(2);
/// Sessions with a name that are remembered, to be offered.
const MOST_NAMED: usize = 10;

/// What the window knows of sessions beside the model.
#[derive(Debug, Default)]
pub struct Sessions {
    /// The search for sessions of before.
    search: Option<Search>,
    /// They are not offered any more.
    pub is_dismissed: bool,
    /// What the engine was told last, and of which runs.
    view: (u64, String),
    looked: Option<Instant>,
}

impl Sessions {
    /// Whether sessions of before are offered.
    pub fn offers(&self, seen: Seen<'_>) -> bool {
        !self.is_dismissed && !seen.shared.earlier.is_empty()
    }
}

impl App {
    /// Offers the sessions of before in this folder, and those that got a name.
    #[must_use]
    pub fn with_sessions(mut self, ctx: &Context, folder: Option<PathBuf>) -> Self {
        let Some(folder) = folder else { return self };
        match Search::start(ctx, folder, self.settings.sessions.clone()) {
            Ok(search) => self.sessions.search = Some(search),
            Err(err) => {
                self.model.notices.push(Level::Quiet, format!("Sessions of before were not looked for: {err}."));
            }
        }
        self
    }

    /// Goes on with the session of a file.
    pub(super) fn open_session(&mut self, file: PathBuf) {
        self.was_playing = self.model.is_playing;
        self.sessions.is_dismissed = true;
        self.model.await_session(&path::name(&file));
        if !self.send(Command::OpenSession(file)) {
            (self.model.loading, self.model.session.is_awaited) = (None, false);
        }
    }

    /// Takes what the engine told of sessions, and what the search has found.
    pub(super) fn follow_session(&mut self) {
        if let Some(found) = self.sessions.search.as_ref().and_then(Search::poll) {
            self.sessions.search = None;
            self.shared.earlier = found;
        }
        if let Some(view) = self.model.session.view.take() {
            self.show_session(view);
        }
        let state = self.model.session.state.as_ref();
        let named = state.filter(|state| state.is_named).and_then(|state| state.path.clone());
        if let Some(named) = named.filter(|named| self.settings.sessions.first() != Some(named)) {
            self.remember_session(named);
        }
    }

    fn remember_session(&mut self, named: PathBuf) {
        let sessions = &mut self.settings.sessions;
        sessions.retain(|other| *other != named);
        sessions.insert(0, named);
        sessions.truncate(MOST_NAMED);
        self.settings_file.touch();
    }

    /// Stands as it did in the session that has just been told.
    fn show_session(&mut self, view: Option<String>) {
        let last_job = self.model.jobs.iter().map(|job| job.id.0).max();
        self.next_job = self.next_job.max(last_job.map_or(0, |id| id.saturating_add(1)));
        let Some(text) = view else { return };
        // A text of another release shows what can be shown of it.
        let Ok(view) = serde_json::from_str::<SessionView>(&text) else { return };
        let pace = view.pace();
        view.show(&mut self.dock, &mut self.panes, &mut self.model, &mut self.shared);
        if let Some(pace) = pace.filter(|pace| *pace != self.model.pace)
            && self.send(Command::SetPace(pace))
        {
            self.model.pace = pace;
        }
    }

    /// Tells the engine what the window wants to find again, where that has changed: now and then, or at once.
    pub(super) fn keep_view(&mut self, at_once: bool) {
        let is_recorded = self.model.session.state.is_some() && !self.model.is_loading();
        let is_due = at_once || self.sessions.looked.is_none_or(|looked| looked.elapsed() >= VIEW_INTERVAL);
        if !is_recorded || !is_due {
            return;
        }
        self.sessions.looked = Some(Instant::now());
        let view = SessionView::of(&self.dock, &self.panes, &self.model, &self.shared);
        let Ok(text) = serde_json::to_string(&view) else { return };
        // Other runs are another session, which knows nothing of it yet.
        let view = (self.model.generation, text);
        if view != self.sessions.view && self.link.send(Command::KeepView(view.1.clone())) {
            self.sessions.view = view;
        }
    }

    /// Waits until the engine has ended, which writes what is left of the session, for so long at most.
    pub fn await_engine(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        while self.link.drain(usize::MAX, drop) == LinkState::Open && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
