//! What tells a run apart from others in the window: its name and its colour.

use serde::{Deserialize, Serialize};

use super::{RunView, find};
use crate::config::{BaseKind, KnobId};
use crate::ui::kit::theme::Tokens;

/// What tells a run apart from others in the window, which stays when it starts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    name: Option<String>,
    color_override: Option<usize>,
    number: usize,
    palette_color: Option<usize>,
    default_name: String,
}

impl RunView {
    /// What tells it apart from others.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            color_override: self.color_override,
            number: self.number,
            palette_color: self.palette_color,
            default_name: self.default_name.clone(),
        }
    }

    /// Takes the identity of the run whose place it takes.
    pub fn take_identity(&mut self, identity: Identity) {
        let Identity { name, color_override, number, palette_color, default_name } = identity;
        (self.name, self.color_override) = (name, color_override);
        (self.number, self.palette_color, self.default_name) = (number, palette_color, default_name);
    }

    /// The name of the run that it came from, as far as it is known.
    #[must_use]
    pub fn source_name<'a>(&'a self, runs: &'a [Self]) -> &'a str {
        let now = self.info.origin.run().and_then(|id| find(runs, id)).map(Self::name);
        now.or(self.source.as_deref()).unwrap_or("a removed run")
    }

    /// Its name: the user's, or its optimiser's with a number from the second on.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.default_name)
    }

    /// Its colour.
    #[must_use]
    pub fn color(&self, tokens: &Tokens) -> egui::Color32 {
        self.color_override.map_or_else(|| self.own_color(tokens), |index| tokens.run_color(index))
    }

    /// The place of its colour in the palette; `None` for the colour of its optimiser.
    #[must_use]
    pub fn color_index(&self) -> Option<usize> {
        self.color_override.or(self.palette_color)
    }

    /// Its colour where the user gave it none.
    #[must_use]
    pub fn own_color(&self, tokens: &Tokens) -> egui::Color32 {
        self.palette_color.map_or_else(|| tokens.run(self.info.optimizer), |index| tokens.run_color(index))
    }

    /// Its name where the user gave it none.
    #[must_use]
    pub fn own_name(&self) -> &str {
        &self.default_name
    }

    /// Its main knobs in one line, such as "σ 0.11 · k 4", with the base step where that is not SGD.
    #[must_use]
    pub fn knob_summary(&self) -> String {
        use crate::ui::kit::format::setting;
        use crate::ui::state::words::symbol;
        if self.is_followed() {
            return "trained elsewhere".to_owned();
        }
        let told = KnobId::telling(self.info.optimizer).into_iter();
        let mut words: Vec<String> =
            told.map(|knob| format!("{} {}", symbol(knob), setting(self.knobs.value(knob)))).collect();
        if self.knobs.base != BaseKind::Sgd && !self.info.optimizer.has_own_step() {
            words.push(self.knobs.base.key().to_owned());
        }
        words.join(" · ")
    }
}
