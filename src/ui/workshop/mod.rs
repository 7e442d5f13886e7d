//! Own models and own data, without leaving the window: two panes, and files of all kinds.

mod data_form;
mod data_pane;
mod editor;
mod fit;
mod import;
mod look;
mod model_form;
mod model_pane;
mod pictures;
mod scatter;

pub use data_pane::data_ui;
pub use import::overlays_ui;
pub use model_pane::model_ui;

use data_form::{DataForm, Look};
use data_pane::KnownProposal;
use import::OpenedWeights;
use model_form::ModelForm;
use pictures::Pictures;

/// What is being edited and chosen.
#[derive(Debug, Default)]
pub struct Workshop {
    model: ModelForm,
    data: DataForm,
    pictures: Pictures,
    proposed: Option<KnownProposal>,
    weights: Option<OpenedWeights>,
}

impl Workshop {
    /// Takes the engine's look into the data that were asked for.
    pub fn take_look(&mut self, look: Look) {
        self.data.take(look);
    }

    /// Whether a question is open that takes the keys.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.weights.is_some()
    }
}
