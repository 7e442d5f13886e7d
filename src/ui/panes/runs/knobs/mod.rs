//! The knobs of the selected run: their controls, presets, and what of the experiment restarts the runs.

mod controls;
mod presets;
mod staged;

use egui::{Button, RichText, Role, Ui};

use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::protocol::RunId;
use crate::ui::contract::ask::Ask;
use crate::ui::contract::ask::RunsAction;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::view::View;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::{icons, theme, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

pub use controls::form_ui;
pub use staged::{Staged, restart_ui};

/// Draws the knobs of a run, with what can be done with all of them.
pub fn section_ui(ui: &mut Ui, model: &Model, run: &RunView, view: &mut View) {
    ui.horizontal(|ui| {
        let title = RichText::new(format!("Knobs of {}", run.name())).text_style(theme::title_style());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding.x = 5.0;
            undo_ui(ui, model, view);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let response = ui.add(egui::Label::new(title).truncate());
                if let Some(term) = Term::of_optimizer(run.info.optimizer) {
                    help::term_of_changing(ui, &response, "optimizer", term);
                }
            });
        });
    });
    widgets::small_weak_ui(ui, "Each takes effect at the next step.");
    ui.add_enabled_ui(model.health != EngineHealth::Gone, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            presets::presets_ui(ui, run, view);
            if model.runs.len() > 1 {
                all_runs_ui(ui, model, run, view);
            }
        });
        ui.add_space(3.0);
        controls::knobs_ui(ui, model, run, view);
    });
}

/// The values of some knobs of `run`, for each other run that reads them and has another value.
fn turns_for_all(model: &Model, run: &RunView, knobs: &[KnobId]) -> Vec<(RunId, KnobId, f64)> {
    let others = model.runs.iter().filter(|other| other.info.run != run.info.run);
    let turns = others.flat_map(|other| {
        knobs.iter().filter_map(|&knob| {
            let value = run.knobs.value(knob);
            let reads = knob.applies_to(run.info.optimizer) && knob.applies_to(other.info.optimizer);
            (reads && other.knobs.value(knob) != value).then_some((other.info.run, knob, value))
        })
    });
    turns.collect()
}

fn all_runs_ui(ui: &mut Ui, model: &Model, run: &RunView, view: &mut View) {
    let help = "Every other run gets the knobs that it shares with this one, from its next step on. It can be undone.";
    if ui.button("Apply to all runs").on_hover_text(help).clicked() {
        let turns = turns_for_all(model, run, &KnobId::ALL);
        let count = turns.len();
        view.asks.push(Ask::Runs(RunsAction::TurnMany(turns)));
        let text = match count {
            0 => "All runs have these knobs already.".to_owned(),
            1 => "Turned 1 knob of another run.".to_owned(),
            count => format!("Turned {count} knobs of the other runs."),
        };
        view.asks.push(Ask::Notice(crate::ui::state::notices::Level::Quiet, text));
    }
}

fn undo_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let buttons = [(UiCommand::Redo, icons::ARROW_CLOCKWISE), (UiCommand::Undo, icons::ARROW_COUNTER_CLOCKWISE)];
    for (command, icon) in buttons {
        let spec = command.spec();
        let response = ui.add_enabled(command.is_enabled(model, view), Button::new(icon).frame(false));
        widgets::name(&response, Role::Button, &spec.label);
        if response.clicked() {
            view.asks.push(Ask::Do(command));
        }
        let keys = shortcut_words(ui.ctx(), command);
        response
            .on_hover_text(format!("{}\n{} Keys {keys}.", command.label_now(model, view), spec.help))
            .on_disabled_hover_text(spec.help);
    }
}
