//! Knobs of one run for all others.

use egui::Ui;

use crate::config::KnobId;
use crate::protocol::RunId;
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::panes::runs::groups;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;
use crate::ui::state::run_view::RunView;

/// The values of some knobs of `run`, for each other run to which they mean the same and that has another value.
pub fn turns_for_all(model: &Model, run: &RunView, knobs: &[KnobId]) -> Vec<(RunId, KnobId, f64)> {
    let others = model.runs.iter().filter(|other| other.info.run != run.info.run && !other.is_followed());
    let turns = others.flat_map(|other| {
        knobs.iter().filter_map(|&knob| {
            let value = run.knobs.value(knob);
            let is_shared = groups::is_shared(knob, run.info.optimizer, other.info.optimizer);
            (is_shared && other.knobs.value(knob) != value).then_some((other.info.run, knob, value))
        })
    });
    turns.collect()
}

/// Draws the button that gives all knobs of `run` to all others.
pub fn all_runs_ui(ui: &mut Ui, model: &Model, run: &RunView, asks: &mut Asks) {
    let help = "Every other run gets the knobs that it shares with this one, from its next step on. It can be undone.";
    if ui.button("Apply to all runs").on_hover_text(help).clicked() {
        let turns = turns_for_all(model, run, &KnobId::ALL);
        let count = turns.len();
        asks.push(Ask::Runs(RunsAction::TurnMany(turns)));
        let text = match count {
            0 => "All runs have these knobs already.".to_owned(),
            1 => "Turned 1 knob of another run.".to_owned(),
            count => format!("Turned {count} knobs of the other runs."),
        };
        asks.say(Level::Quiet, text);
    }
}
