//! How runs are paired: two switches above their list.

use egui::Ui;

use crate::protocol::Command;
use crate::ui::contract::ask::Ask;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::view::View;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::Tokens;
use crate::ui::state::model::{EngineHealth, Model};

const SAME_INITIAL: &str = "All runs start from the same weights and see the data in the same order, so that they can be \
                            compared. Takes effect for new runs, and for the others at a reset.";
const EQUAL_EVALUATIONS: &str = "Runs are kept at equal gradient evaluations: SGD takes two steps for one of SAM. \
                                 Off, they are kept at equal steps. Takes effect at once.";

/// Draws the switches.
pub fn switches_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let mut pairing = view.runs.pairing;
    ui.add_enabled_ui(model.health == EngineHealth::Fine, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let response = ui.checkbox(&mut pairing.same_initial, "Same initial weights").on_hover_text(SAME_INITIAL);
        help::term(response, Term::FairComparison);
        if view.runs.waits_for_reset() {
            reset_hint_ui(ui, view);
        }
        let response = ui.checkbox(&mut pairing.equal_evaluations, "Equal gradient evaluations");
        help::term(response.on_hover_text(EQUAL_EVALUATIONS), Term::FairComparison);
    });
    if pairing != view.runs.pairing {
        view.runs.pairing = pairing;
        view.asks.push(Ask::Send(Command::SetPairing(pairing)));
    }
}

fn reset_hint_ui(ui: &mut Ui, view: &mut View) {
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        ui.label(egui::RichText::new("For new runs.").small().color(Tokens::of(ui).weak.0));
        let button =
            ui.small_button("Reset to apply").on_hover_text("Starts all runs again, so that it holds for them too.");
        if button.clicked() {
            view.asks.push(Ask::Do(UiCommand::Reset));
        }
    });
}
