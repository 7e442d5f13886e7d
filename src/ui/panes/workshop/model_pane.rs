//! The pane of the network: its layers as text, and what it becomes.

use egui::{Button, Panel, RichText, Role, ScrollArea, TextEdit, Ui};

use super::drafts::ModelDraft;
use super::editor::layers_ui;
use super::keys::WorkshopPane;
use super::model_form::ModelForm;
use super::{Workshop, fit, model_file, setting_ui};
use crate::config::{LossKind, builtin_models};
use crate::engine::ModelDescription;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::Term;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::notices::Level;
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
    let described = workshop.model.describe().clone();
    let frame = egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO });
    Panel::bottom("model actions").frame(frame).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(WIDEST));
        actions_ui(ui, workshop, (seen, asks), &described, is_confirmed);
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width((ui.available_width() - 6.0).min(WIDEST));
        presets_ui(ui, workshop, model, asks);
        ui.add_space(4.0);
        shape_and_loss_ui(ui, &mut workshop.model.draft);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new("Layers").text_style(theme::title_style())).on_hover_text(LAYERS_HELP);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                widgets::small_weak_ui(ui, "shape · parameters");
            });
        });
        layers_ui(ui, &mut workshop.model.draft.text, &described);
        ui.add_space(4.0);
        summary_ui(ui, &described);
    });
}

const LAYERS_HELP: &str = "A layer a line, such as linear 32, conv 16 3x3 same, relu, maxpool 3 stride 2 padding 1, batchnorm eps 0.001, dropout 0.1, flatten. \
     Layers between [ and ] on lines of their own are a residual block; the word shortcut in it begins its other branch. \
     # begins a comment.";

fn presets_ui(ui: &mut Ui, workshop: &mut Workshop, model: &Model, asks: &mut Asks) {
    ui.horizontal_wrapped(|ui| {
        let presets = egui::ComboBox::from_id_salt("model presets").selected_text("Presets").width(90.0);
        let response = presets.show_ui(ui, |ui| {
            // Read when the list is open only.
            for (title, preset) in builtin_models() {
                if ui.selectable_label(workshop.model.is_same_as(&preset), title).clicked() {
                    workshop.model.open(ModelDraft::of(&preset), &model.experiment);
                }
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Presets");
        response.response.on_hover_text("Models that come with Flatscape, to begin with.");
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
        match model_file::write(&written, &form.draft.text) {
            Ok(text) => asks.push(Ask::SaveFile { suggested: "model.toml".to_owned(), bytes: text.into_bytes() }),
            Err(problem) => asks.say(Level::Error, problem),
        }
    }
}

fn shape_and_loss_ui(ui: &mut Ui, form: &mut ModelDraft) {
    setting_ui(ui, "Input shape", "Numbers of one example: features, or channels×height×width.", None, |ui| {
        let edit = TextEdit::singleline(&mut form.input).desired_width(72.0).hint_text("1×8×8");
        (ui.add(edit), Role::TextInput)
    });
    setting_ui(ui, "Loss", "What training makes small, mean over the examples.", Some(Term::Loss), |ui| {
        let list = egui::ComboBox::from_id_salt("model loss").selected_text(form.loss.label()).width(88.0).truncate();
        let response = list.show_ui(ui, |ui| {
            for loss in [LossKind::CrossEntropy, LossKind::Mse] {
                ui.selectable_value(&mut form.loss, loss, loss.label());
            }
        });
        (response.response, Role::ComboBox)
    });
    if form.loss == LossKind::CrossEntropy {
        setting_ui(
            ui,
            "Label smoothing",
            "ε as in PyTorch: the target is (1−ε)·one-hot + ε/classes.",
            None,
            |ui| (ui.add(NumberBox::new(&mut form.label_smoothing).range(0.0..=0.99).speed(0.002)), Role::SpinButton),
        );
    }
}

fn summary_ui(ui: &mut Ui, described: &ModelDescription) {
    let count = format::grouped(described.num_parameters as u64);
    let Some(outputs) = described.outputs else {
        if let Some(problem) = described.problem.as_ref().filter(|problem| problem.span.is_none()) {
            ui.colored_label(ui.visuals().error_fg_color, &problem.message);
        }
        return;
    };
    let noun = if outputs == 1 { "output" } else { "outputs" };
    ui.label(format!("{count} parameters, {outputs} {noun}"));
    if described.num_parameters > LARGE {
        let warning =
            "A network of this size trains, but each landscape takes seconds to minutes: pictures will come seldom.";
        ui.colored_label(ui.visuals().warn_fg_color, warning);
    }
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
    let written = workshop.model.model();
    let mismatch = described
        .outputs
        .and_then(|outputs| fit::mismatch(&written, outputs, model.data.as_deref()?, &model.experiment.data));
    let is_running = written == model.experiment.model;
    let can_train =
        described.outputs.is_some() && mismatch.is_none() && !is_running && model.health != EngineHealth::Gone;
    let restart = can_train.then(|| {
        let own = fit::own_experiment(&model.experiment, written, model.experiment.data.clone());
        Restart::of(model, seen.shared, own)
    });
    match (&mismatch, &restart) {
        (Some(problem), _) | (None, Some(Err(problem))) => {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
        _ if is_running => {
            widgets::small_weak_ui(ui, "This model runs now.");
        }
        (None, Some(Ok(restart))) => {
            widgets::small_weak_ui(ui, restart.words());
        }
        (None, None) if described.outputs.is_some() => {}
        (None, None) => {
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
        }
    });
}
