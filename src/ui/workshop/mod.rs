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

use egui::{Align, Label, Layout, Response, Role, Ui, vec2};

use super::help::{self, Term};
use super::widgets;
use data_form::{DataForm, Look};
use data_pane::KnownProposal;
use import::OpenedWeights;
use model_form::ModelForm;
use pictures::Pictures;

/// Widest that a setting with its name grows.
const WIDEST_SETTING: f32 = 300.0;

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
    /// Drops what a window holds on its device, when that is gone.
    pub fn forget_textures(&mut self) {
        self.pictures = Pictures::default();
    }

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

/// A setting: its name at the left, which gives way where the pane is narrow, its control at the right.
fn setting_ui(
    ui: &mut Ui,
    label: &str,
    about: &str,
    term: Option<Term>,
    add: impl FnOnce(&mut Ui) -> (Response, Role),
) {
    let explain = |response: Response| match term {
        Some(term) => help::term(response.on_hover_text(about), term),
        None => response.on_hover_text(about),
    };
    let size = vec2(ui.available_width().min(WIDEST_SETTING), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        let (response, role) = add(ui);
        widgets::name(&response, role, label);
        explain(response);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            explain(ui.add(Label::new(label).truncate().selectable(false)));
        });
    });
}
