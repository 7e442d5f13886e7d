//! The knobs of the selected run: their controls, presets, and what of the experiment restarts the runs.

mod all_runs;
mod controls;
mod presets;
mod sigma;
mod staged;

use egui::{Button, RichText, Role, Ui};

use super::dialogs::RunDialog;
use crate::config::WindowPart;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::{icons, theme, widgets};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::run_view::RunView;

pub use controls::KnobsState;
pub use staged::{Staged, restart_ui};

/// Draws the knobs of a run, with what can be done with all of them.
pub fn section_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    run: &RunView,
    state: &mut KnobsState,
    dialog: &mut Option<RunDialog>,
    asks: &mut Asks,
) {
    ui.horizontal(|ui| {
        let title = RichText::new(format!("Knobs of {}", run.name())).text_style(theme::title_style());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding.x = 5.0;
            undo_ui(ui, seen, asks);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let response = ui.add(egui::Label::new(title).truncate());
                if let Some(term) = Term::of_optimizer(run.info.optimizer) {
                    help::term_of_changing(ui, &response, "optimizer", term);
                }
            });
        });
    });
    widgets::small_weak_ui(ui, "Each takes effect at the next step.");
    ui.add_enabled_ui(seen.model.health != EngineHealth::Gone, |ui| {
        if seen.shared.has(WindowPart::Presets) {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                presets::presets_ui(ui, seen.shared, run, dialog, asks);
                if seen.model.runs.len() > 1 {
                    all_runs::all_runs_ui(ui, seen.model, run, asks);
                }
            });
        }
        ui.add_space(3.0);
        controls::knobs_ui(ui, seen, run, state, asks);
    });
}

fn undo_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    let buttons = [(UiCommand::Redo, icons::ARROW_CLOCKWISE), (UiCommand::Undo, icons::ARROW_COUNTER_CLOCKWISE)];
    for (command, icon) in buttons {
        let spec = command.spec();
        let response = ui.add_enabled(command.is_enabled(seen), Button::new(icon).frame(false));
        widgets::name(&response, Role::Button, &spec.label);
        if response.clicked() {
            asks.run(command);
        }
        let keys = shortcut_words(ui.ctx(), command);
        response
            .on_hover_text(format!("{}\n{} Keys {keys}.", command.label_now(seen), spec.help))
            .on_disabled_hover_text(spec.help);
    }
}
