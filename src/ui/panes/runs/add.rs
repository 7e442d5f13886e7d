//! The button that adds a run: an optimiser, a preset, or weights from a file.

use egui::{Role, Ui};

use crate::config::{Knobs, OptimizerKind, presets};
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::{Ask, Asks, RunsAction};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::notices::Level;
use crate::ui::state::preset::start_knobs;

/// Draws the button with its menu.
pub fn add_run_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    let can_add = seen.model.health == EngineHealth::Fine && !seen.model.runs.is_empty();
    ui.add_enabled_ui(can_add, |ui| {
        let response = ui.menu_button(format!("{} Add run", icons::PLUS), |ui| menu_ui(ui, seen, asks)).response;
        widgets::name(&response, Role::Button, "Add run");
        response.on_hover_text("One more run of this experiment, beside the others.");
    });
}

fn menu_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    ui.set_min_width(190.0);
    for optimizer in OptimizerKind::ALL {
        let command = UiCommand::AddRun(optimizer);
        if ui.button(optimizer.label()).on_hover_text(command.spec().help).clicked() {
            asks.run(command);
            ui.close();
        }
    }
    ui.separator();
    ui.menu_button("With a preset", |ui| {
        for optimizer in OptimizerKind::ALL {
            presets_ui(ui, seen, optimizer, asks);
        }
    });
    ui.menu_button("From weights in a file", |ui| {
        for optimizer in OptimizerKind::ALL {
            let button = ui.button(format!("{}…", optimizer.label()));
            if button
                .on_hover_text("A file with the tensors of this model (safetensors, NPZ, torch.save), or a folder of checkpoints to follow.")
                .clicked()
            {
                asks.push(Ask::Runs(RunsAction::AddFromFile(optimizer)));
                ui.close();
            }
        }
    });
}

fn presets_ui(ui: &mut Ui, seen: Seen<'_>, optimizer: OptimizerKind, asks: &mut Asks) {
    let mut chosen: Option<Result<Knobs, String>> = None;
    for preset in presets(optimizer) {
        let label = format!("{} · {}", optimizer.label(), preset.name);
        if ui.button(label).on_hover_text(preset.about).clicked() {
            chosen = Some(start_knobs(&seen.model.experiment, optimizer).and_then(|mut knobs| {
                for &(knob, value) in preset.knobs {
                    knobs.set(knob, value).map_err(|err| err.to_string())?;
                }
                Ok(knobs)
            }));
        }
    }
    for preset in seen.shared.presets.iter().filter(|preset| preset.optimizer == optimizer) {
        if ui.button(format!("{} · {}", optimizer.label(), preset.name)).clicked() {
            chosen = Some(Ok(preset.knobs.clone()));
        }
    }
    match chosen {
        Some(Ok(knobs)) => {
            asks.send(Command::AddRun { optimizer, knobs: Box::new(knobs), start: RunStart::Initial });
        }
        Some(Err(problem)) => asks.say(Level::Warning, problem),
        None => return,
    }
    ui.close();
}
