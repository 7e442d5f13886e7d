//! Presets: a few knobs under a name, those of the program and the user's own.

use egui::{Button, Role, Ui};

use crate::config::{KnobId, presets};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::kit::{icons, widgets};
use crate::ui::panes::runs::dialogs::RunDialog;
use crate::ui::panes::runs::forms::PresetForm;
use crate::ui::state::run_view::RunView;
use crate::ui::state::shared::Shared;
use crate::ui::state::words;

/// Draws the button with the presets for the run's optimiser.
pub fn presets_ui(ui: &mut Ui, shared: &Shared, run: &RunView, dialog: &mut Option<RunDialog>, asks: &mut Asks) {
    let label = format!("Presets {}", icons::CARET_DOWN);
    let response = ui.menu_button(label, |ui| menu_ui(ui, shared, run, dialog, asks)).response;
    widgets::name(&response, Role::Button, "Presets");
    response.on_hover_text("Some knobs under a name. Applying one is undone as a whole.");
}

fn menu_ui(ui: &mut Ui, shared: &Shared, run: &RunView, dialog: &mut Option<RunDialog>, asks: &mut Asks) {
    ui.set_min_width(200.0);
    let optimizer = run.info.optimizer;
    for preset in presets(optimizer) {
        let words: Vec<String> = preset
            .knobs
            .iter()
            .map(|&(knob, value)| format!("{} {}", words::symbol(knob), words::knob_value(knob, value)))
            .collect();
        let help = format!("{}\n{}", preset.about, words.join(" · "));
        if ui.button(preset.name).on_hover_text(help).clicked() {
            apply(run, preset.knobs.iter().copied(), asks);
            ui.close();
        }
    }
    let mut forgotten = None;
    let mut chosen = None;
    for (place, preset) in shared.presets.iter().enumerate().filter(|(_, one)| one.optimizer == optimizer) {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let remove = ui.add(Button::new(icons::TRASH).frame(false));
                widgets::name(&remove, Role::Button, &format!("Delete the preset {}", preset.name));
                if remove.clicked() {
                    forgotten = Some(place);
                }
                ui.with_layout(egui::Layout::top_down_justified(egui::Align::Min), |ui| {
                    if ui.button(&preset.name).on_hover_text("Your own.").clicked() {
                        chosen = Some(preset.knobs.clone());
                    }
                });
            });
        });
    }
    if let Some(knobs) = chosen {
        let readable = KnobId::ALL.into_iter().filter(|knob| knob.applies_to(optimizer));
        apply(run, readable.map(|knob| (knob, knobs.value(knob))), asks);
        ui.close();
    }
    if let Some(place) = forgotten {
        asks.push(Ask::Runs(RunsAction::ForgetPreset(place)));
    }
    ui.separator();
    if ui.button("Save these knobs as a preset…").clicked() {
        *dialog = Some(RunDialog::SavePreset(PresetForm::new(optimizer, run.knobs.clone())));
        ui.close();
    }
}

fn apply(run: &RunView, knobs: impl Iterator<Item = (KnobId, f64)>, asks: &mut Asks) {
    let turns = knobs.map(|(knob, value)| (run.info.run, knob, value)).collect();
    asks.push(Ask::Runs(RunsAction::TurnMany(turns)));
}
