//! What the window knows of the session's file, and of one that was opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::protocol::{LossGrid, RunId, SessionState};

/// What the window knows of the session's file, and of one that was opened.
#[derive(Debug, Default)]
pub struct SessionNews {
    /// Where what is done is written; `None` where the engine was not asked to.
    pub state: Option<SessionState>,
    /// A session was asked for, and none of its runs has come yet.
    pub is_awaited: bool,
    /// All is told once more, and none of its runs has come yet.
    pub is_told_again: bool,
    /// Slices of the past of the session that was opened last.
    pub past: BTreeMap<RunId, Vec<Arc<LossGrid>>>,
    /// Sessions that were opened and told in full.
    pub num_opened: u64,
    /// What the window kept in the one that was opened last, until the application takes it.
    pub view: Option<Option<String>>,
}

impl SessionNews {
    /// Whether all that is done stands in a file, so that nothing is lost with the window.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.path.is_some() && state.problem.is_none())
    }
}
