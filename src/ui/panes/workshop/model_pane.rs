//! The pane of the network: its layers as text, and what it becomes.

use egui::{Button, Panel, RichText, Role, ScrollArea, Ui};

use super::images::images_needed;
use super::keys::WorkshopPane;
use super::model_form::ModelForm;
use super::model_settings::settings_ui;
use super::own::{Own, own_experiment};
use super::presets::presets_ui;
use super::start_form::StartFor;
use super::start_ui::start_ui;
use super::{Workshop, fit, model_file};
use crate::engine::ModelDescription;
use crate::protocol::DataPreview;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::restart::Restart;

/// Above so many parameters pictures come seldom.
const LARGE: usize = 5_000_000;
/// Widest that the text grows.
const WIDEST: f32 = 640.0;

/// Draws the pane.
pub fn model_ui(ui: &mut Ui, workshop: &mut Workshop, seen: Seen<'_>, asks: &mut Asks) {
    let model = seen.model;
    let is_confirmed = workshop.enter.take(ui, WorkshopPane::Model);
    workshop.model.follow(&model.experiment);
    workshop.start.follow(&model.experiment);
    workshop.start.is_elsewhere = model.line.is_some();
    let described = workshop.model.describe().clone();
    let frame = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
    Panel::bottom("model actions").frame(frame).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(WIDEST));
        actions_ui(ui, workshop, (seen, asks), &described, is_confirmed);
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width((ui.available_width() - 6.0).min(WIDEST));
        begin_ui(ui, workshop, model, asks);
        ui.add_space(4.0);
        settings_ui(ui, &mut workshop.model.draft, &described);
        summary_ui(ui, &described);
        ui.add_space(4.0);
        let written = workshop.model.model();
        start_ui(ui, &mut workshop.start, &written, seen, asks);
    });
}

/// Where a model comes from, and where it goes.
fn begin_ui(ui: &mut Ui, workshop: &mut Workshop, model: &Model, asks: &mut Asks) {
    ui.horizontal_wrapped(|ui| {
        presets_ui(ui, &mut workshop.presets, &mut workshop.model, model);
        if ui.button("Open…").on_hover_text("Opens a model file, or an experiment.").clicked() {
            asks.run(UiCommand::OpenFile);
        }
        save_ui(ui, &mut workshop.model, asks);
        if workshop.model.can_bring_back() {
            let help = "Shows the model again that you typed before this one took its place.";
            if ui.button("Bring back the draft").on_hover_text(help).clicked() {
                workshop.model.bring_back();
            }
        }
    });
}

fn save_ui(ui: &mut Ui, form: &mut ModelForm, asks: &mut Asks) {
    let written = form.for_file();
    let save = ui.add_enabled(written.is_ok(), Button::new("Save…"));
    widgets::name(&save, Role::Button, "Save as a model file…");
    let save = match &written {
        Ok(_) => save.on_hover_text("Saves this model as a model file (.toml), with its comments."),
        Err(problem) => save.on_disabled_hover_text(problem),
    };
    if let Some(written) = written.ok().filter(|_| save.clicked()) {
        let text = model_file::write(&written, form.draft.chains().map(|chain| chain.text.as_str()));
        asks.push(Ask::SaveFile { suggested: "model.toml".to_owned(), bytes: text.into_bytes() });
    }
}

fn summary_ui(ui: &mut Ui, described: &ModelDescription) {
    let count = format::grouped(described.num_parameters as u64);
    let Some(outputs) = described.outputs else { return };
    let noun = match (described.chains.len(), outputs) {
        (2, _) => "features to compare",
        (_, 1) => "output",
        _ => "outputs",
    };
    ui.label(format!("{count} parameters, {outputs} {noun}"));
    if described.num_parameters > LARGE {
        let warning =
            "A network of this size trains, but each landscape takes seconds to minutes: pictures will come seldom.";
        ui.colored_label(ui.visuals().warn_fg_color, warning);
    }
}

/// What becomes of the runs with the model, where there is anything to be done; a problem in a sentence.
fn restart(
    workshop: &mut Workshop,
    seen: Seen<'_>,
    described: &ModelDescription,
    is_running: bool,
) -> Option<Result<Restart, String>> {
    let model = seen.model;
    if described.outputs.is_none() || is_running || model.health == EngineHealth::Gone {
        return None;
    }
    let written = workshop.model.model();
    let outputs = described.outputs.unwrap_or_default();
    let fits = |data: &DataPreview| fit::mismatch(&written, outputs, data, &model.experiment.data);
    let problem = model.data.as_deref().and_then(fits).or_else(|| images_needed(&model.runs, &written));
    let start = problem.map_or_else(|| workshop.start.for_model(&written), Err);
    Some(start.and_then(|StartFor { start, remark }| {
        let experiment = &model.experiment;
        let own = Own { model: written, data: experiment.data.clone(), start, keep: experiment.keep };
        Ok(Restart::of(model, seen.shared, own_experiment(experiment, own))?.with_remark(remark))
    }))
}

/// What can be done with the model, and what that means.
fn actions_ui(
    ui: &mut Ui,
    workshop: &mut Workshop,
    (seen, asks): (Seen<'_>, &mut Asks),
    described: &ModelDescription,
    is_confirmed: bool,
) {
    let model = seen.model;
    let is_running = workshop.model.model() == model.experiment.model && workshop.start.edited().is_none();
    let restart = restart(workshop, seen, described, is_running);
    match &restart {
        Some(Err(problem)) => {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
        _ if is_running => {
            widgets::small_weak_ui(ui, "This model runs now.");
        }
        Some(Ok(restart)) => {
            widgets::small_weak_ui(ui, restart.words());
        }
        None if described.outputs.is_some() => {}
        None => {
            widgets::small_weak_ui(ui, "The marked line must be corrected before this model can train.");
        }
    }
    let restart = restart.and_then(Result::ok);
    let can_train = restart.is_some();
    ui.horizontal_wrapped(|ui| {
        let tokens = Tokens::of(ui);
        let text =
            if can_train { RichText::new("Train this").color(tokens.on_accent.0) } else { RichText::new("Train this") };
        let button = if can_train { Button::new(text).fill(tokens.accent.0) } else { Button::new(text) };
        let response =
            ui.add_enabled(can_train, button).on_hover_text("Restarts the runs with this model. Keys Ctrl+Enter.");
        if let Some(restart) = restart.filter(|_| response.clicked() || is_confirmed) {
            asks.push(Ask::Restart(Box::new(restart)));
        }
        let back = ui.add_enabled(!is_running, Button::new("Back to what runs"));
        if back.on_hover_text("Shows the model of the present runs again.").clicked() {
            workshop.model.go_back(&model.experiment);
            workshop.start.go_back(&model.experiment);
        }
    });
}
