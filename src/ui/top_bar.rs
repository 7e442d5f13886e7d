//! Top: experiment, play and pause, the share of time for measurements. Also the keyboard shortcuts.

use egui::{Button, Key, RichText, Role, Slider, Ui};

use super::model::{EngineHealth, Model};
use super::theme::{self, Tokens};
use super::view::{Action, View};
use super::widgets;
use crate::config::builtin_experiments;
use crate::protocol::Command;

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    ui.horizontal_centered(|ui| {
        ui.label(RichText::new("Flatscape").text_style(theme::title_style()).strong());
        ui.add_space(8.0);
        experiment_ui(ui, model, view);
        let is_alive = model.health == EngineHealth::Fine;
        ui.add_enabled_ui(is_alive && !model.runs.is_empty(), |ui| transport_ui(ui, model, view));
        let can_reset = model.health != EngineHealth::Gone;
        if ui
            .add_enabled(can_reset, Button::new("Reset"))
            .on_hover_text(
                "Starts all runs again from the same initial weights, with the knobs as they are now. Key R.",
            )
            .clicked()
        {
            view.act(Action::Send(Command::Reset));
        }
        measure_ui(ui, view);
        ui.add_space(12.0);
        look_ui(ui, view);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), theme_ui);
    });
}

fn experiment_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let combo = egui::ComboBox::from_id_salt("experiment").selected_text(&model.experiment.title).width(170.0);
    let response = combo.show_ui(ui, |ui| {
        // Read when the list is open only.
        for experiment in builtin_experiments() {
            let is_current = experiment.name == model.experiment.name;
            let response = ui.selectable_label(is_current, &experiment.title).on_hover_text(&experiment.about);
            if response.clicked() && !is_current {
                view.act(Action::Open(Box::new(experiment)));
            }
        }
    });
    widgets::name(&response.response, Role::ComboBox, "Experiment");
    response.response.on_hover_text(&model.experiment.about);
}

fn transport_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let tokens = Tokens::of(ui);
    let (label, command) = if model.is_playing { ("Pause", Command::Pause) } else { ("Play", Command::Play) };
    let text = RichText::new(label).color(tokens.on_accent.0);
    let button = Button::new(text).fill(tokens.accent.0).min_size(egui::vec2(64.0, 0.0));
    if ui.add(button).on_hover_text("Trains all runs, or stops. Measurements go on. Key Space.").clicked() {
        view.act(Action::Send(command));
    }
    let step = ui.add_enabled(!model.is_playing, Button::new("Step"));
    if step.on_hover_text("One step of every run, while paused. Key S.").clicked() {
        view.act(Action::Send(Command::Step));
    }
}

fn look_ui(ui: &mut Ui, view: &mut View) {
    let weak = Tokens::of(ui).weak.0;
    let help = "Share of time for measurements while runs train: slices, traces and eigenvalues. \
                To the left more steps a second, to the right fresher pictures.";
    ui.label(RichText::new("train").color(weak)).on_hover_text(help);
    ui.spacing_mut().slider_width = 100.0;
    let mut share = view.look_share;
    let response = ui.add(Slider::new(&mut share, 0.0..=1.0).show_value(false));
    widgets::name(&response, Role::Slider, "Share of time to look");
    let is_changed = response.changed();
    response.on_hover_text(format!("{help}\nNow {:.0} % of the time.", 100.0 * share));
    ui.label(RichText::new("look").color(weak)).on_hover_text(help);
    if is_changed {
        view.look_share = share;
        view.act(Action::Send(Command::SetLookShare(share)));
    }
}

fn measure_ui(ui: &mut Ui, view: &mut View) {
    let button = Button::new("Measure").selected(view.measure.is_open);
    let help = "Opens the panel of measurements on request: spectra, slices, noise, the bound's terms. Key M.";
    if ui.add(button).on_hover_text(help).clicked() {
        view.measure.is_open = !view.measure.is_open;
    }
}

fn theme_ui(ui: &mut Ui) {
    let (label, other) =
        if ui.visuals().dark_mode { ("Light theme", egui::Theme::Light) } else { ("Dark theme", egui::Theme::Dark) };
    if ui.button(label).on_hover_text("Switches between the dark and the light theme.").clicked() {
        ui.ctx().set_theme(other);
    }
}

/// Space, S, M and R, unless text is being typed.
pub fn shortcuts(ctx: &egui::Context, model: &Model, view: &mut View) {
    if ctx.text_edit_focused() || ctx.egui_wants_keyboard_input() {
        return;
    }
    let pressed = |key| ctx.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    let can_train = model.health == EngineHealth::Fine && !model.runs.is_empty();
    // A focused button takes the space bar for itself.
    if can_train && pressed(Key::Space) && ctx.memory(|memory| memory.focused().is_none()) {
        view.act(Action::Send(if model.is_playing { Command::Pause } else { Command::Play }));
    }
    if can_train && !model.is_playing && pressed(Key::S) {
        view.act(Action::Send(Command::Step));
    }
    if pressed(Key::M) {
        view.measure.is_open = !view.measure.is_open;
    }
    if model.health != EngineHealth::Gone && pressed(Key::R) {
        view.act(Action::Send(Command::Reset));
    }
}
