//! Bottom line: device, speed, cost, the step of the slice, the newest notice.

use egui::{Align, Label, Layout, RichText, Ui};

use super::commands::UiCommand;
use super::dock::Pane;
use super::format;
use super::help::{self, Term};
use super::model::Model;
use super::notices::Level;
use super::theme::Tokens;
use super::view::{Action, View};
use super::widgets;

/// Draws the line.
pub fn status_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let tokens = Tokens::of(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        let device = model.device.as_deref().unwrap_or("starting the device…");
        ui.label(RichText::new(device).small());
        let speed = if model.is_playing { model.steps_per_second } else { 0.0 };
        let speed = if model.is_playing { format!("{} steps/s", format::number(speed)) } else { "paused".to_owned() };
        ui.label(RichText::new(speed).small());
        if model.num_parameters > 0 {
            widgets::small_weak_ui(ui, format!("{} parameters", format::grouped(model.num_parameters as u64)));
        }
        if let Some(run) = view.selected_run(model).and_then(|id| model.run(id)) {
            let cost = format::grouped(run.gradient_evaluations());
            let response = widgets::small_weak_ui(ui, format!("{cost} gradient evaluations"));
            help::term_of_changing(ui, &response, "cost", Term::GradientEvaluation);
            if let Some(slice) = &run.slice {
                let step = format::grouped(slice.grid.step);
                let response = widgets::small_weak_ui(ui, format!("slice of step {step}"));
                help::term_of_changing(ui, &response, "slice", Term::Slice);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if view.frames_per_second > 0.0 {
                widgets::small_weak_ui(ui, format!("{:.0} fps", view.frames_per_second));
            }
            if let Some(notice) = model.notices.last() {
                let color = match notice.level {
                    Level::Quiet | Level::Info => tokens.weak.0,
                    Level::Warning => tokens.warning.0,
                    Level::Error => tokens.error.0,
                };
                let text = RichText::new(&notice.text).small().color(color);
                let label = Label::new(text).truncate().sense(egui::Sense::click());
                if ui.add(label).on_hover_text(&notice.text).clicked() {
                    view.act(Action::Do(UiCommand::Pane(Pane::Notices)));
                }
            }
        });
    });
}
