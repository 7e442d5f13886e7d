//! How runs are paired: two switches above their list.

use egui::{RichText, Ui};

use crate::protocol::{Command, Pairing};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::state::model::{EngineHealth, Model};

const SAME_INITIAL: &str = "All runs start from the same weights and see the data in the same order, so that they can be \
                            compared. Takes effect for new runs, and for the others at a reset.";
const EQUAL_EVALUATIONS: &str = "Runs are kept at equal gradient evaluations: SGD takes two steps for one of SAM. \
                                 Off, they are kept at equal steps. Takes effect at once.";

/// The switches.
#[derive(Debug, Default)]
pub struct Switches {
    /// How runs are paired, as asked for last.
    pairing: Pairing,
    /// The same when the runs started.
    started_with: Pairing,
}

impl Switches {
    /// All runs start.
    pub const fn begin(&mut self) {
        self.started_with = self.pairing;
    }

    /// Whether runs are kept at equal gradient evaluations, not at equal steps.
    pub const fn by_evaluations(&self) -> bool {
        self.pairing.equal_evaluations
    }

    /// Whether new initial weights wait for a reset.
    const fn waits_for_reset(&self) -> bool {
        self.pairing.same_initial != self.started_with.same_initial
    }

    /// Draws them.
    pub fn ui(&mut self, ui: &mut Ui, model: &Model, asks: &mut Asks) {
        let mut pairing = self.pairing;
        ui.add_enabled_ui(model.health == EngineHealth::Fine, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let response = ui.checkbox(&mut pairing.same_initial, "Same initial weights").on_hover_text(SAME_INITIAL);
            help::term(response, Term::FairComparison);
            if self.waits_for_reset() {
                reset_hint_ui(ui, asks);
            }
            let response = ui.checkbox(&mut pairing.equal_evaluations, "Equal gradient evaluations");
            help::term(response.on_hover_text(EQUAL_EVALUATIONS), Term::FairComparison);
        });
        if pairing != self.pairing {
            self.pairing = pairing;
            asks.send(Command::SetPairing(pairing));
        }
    }
}

fn reset_hint_ui(ui: &mut Ui, asks: &mut Asks) {
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        ui.label(RichText::new("For new runs.").small().color(Tokens::of(ui).weak.0));
        let button =
            ui.small_button("Reset to apply").on_hover_text("Starts all runs again, so that it holds for them too.");
        if button.clicked() {
            asks.run(UiCommand::Reset);
        }
    });
}
