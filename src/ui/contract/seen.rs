//! What a pane may see.

use crate::protocol::RunId;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;
use crate::ui::state::shared::Shared;

/// What a pane may see, read only. Changes go by [`Ask`](super::ask::Ask).
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The engine's state as the window has heard of it.
    pub model: &'a Model,
    /// What the user has chosen for all panes.
    pub shared: &'a Shared,
}

impl<'a> Seen<'a> {
    /// The run whose knobs are shown.
    #[must_use]
    pub fn selected_run(self) -> Option<&'a RunView> {
        self.shared.selected_run(self.model).and_then(|run| self.model.run(run))
    }

    /// Whether a run is not to be drawn.
    #[must_use]
    pub fn is_hidden(self, run: RunId) -> bool {
        self.shared.is_hidden(run)
    }
}
