//! Left: the runs, the knobs of the selected one, and what its noise says.

use egui::{Align2, RichText, ScrollArea, Sense, Ui, pos2, vec2};

use super::knobs::knobs_ui;
use super::model::{EngineHealth, Model};
use super::run_view::{RunState, RunView};
use super::theme::{self, Tokens};
use super::view::View;
use super::{format, noise_text, widgets};

/// From this height on, in points, sections explain themselves.
const TALL_WINDOW: f32 = 860.0;

/// Draws the panel's sections.
pub fn left_panel_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let selected = view.selected_run(model).and_then(|id| model.run(id));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Room for the scroll bar, so that it does not lie on the value boxes.
        ui.set_max_width(ui.available_width() - 6.0);
        section_ui(ui, "Runs", "Same start, same order of the data.");
        if model.runs.is_empty() {
            widgets::small_weak_ui(ui, &model.waiting_for);
        }
        for (index, run) in model.runs.iter().enumerate() {
            let is_selected = selected.is_some_and(|selected| selected.info.run == run.info.run);
            if run_row_ui(ui, run, is_selected) {
                view.selected = Some(index);
            }
        }
        let Some(run) = selected else { return };
        ui.add_space(8.0);
        section_ui(ui, &format!("Knobs of {}", run.label()), "Each takes effect at the next step.");
        ui.add_enabled_ui(model.health != EngineHealth::Gone, |ui| knobs_ui(ui, model, run, view));
        noise_ui(ui, model, run);
    });
}

fn section_ui(ui: &mut Ui, title: &str, about: &str) {
    let response = ui.label(RichText::new(title).text_style(theme::title_style()));
    // In a low window the knobs need the room.
    if ui.ctx().content_rect().height() < TALL_WINDOW {
        response.on_hover_text(about);
    } else {
        widgets::small_weak_ui(ui, about);
    }
    ui.add_space(2.0);
}

/// A run: dot, name and cost. True when it was clicked.
fn run_row_ui(ui: &mut Ui, run: &RunView, is_selected: bool) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 25.0), Sense::click());
    let label = format!("Run {}", run.label());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_selected, &label));
    if is_selected || response.hovered() || response.has_focus() {
        let fill = if is_selected { tokens.hovered.0 } else { tokens.raised.0 };
        ui.painter().rect_filled(rect, 5.0, fill);
    }
    let painter = ui.painter().with_clip_rect(rect);
    painter.circle_filled(pos2(rect.left() + 11.0, rect.center().y), 4.5, tokens.run(run.info.optimizer));
    let body = egui::TextStyle::Body.resolve(ui.style());
    let name = pos2(rect.left() + 24.0, rect.center().y);
    painter.text(name, Align2::LEFT_CENTER, run.label(), body, tokens.text.0);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let (cost, color) = match run.state {
        RunState::Diverged { .. } => ("diverged".to_owned(), tokens.error.0),
        RunState::Finished => (format!("{} grads, done", format::grouped(run.gradient_evaluations())), tokens.weak.0),
        RunState::Training => (format!("{} grads", format::grouped(run.gradient_evaluations())), tokens.weak.0),
    };
    let place = pos2(rect.right() - 8.0, rect.center().y);
    painter.text(place, Align2::RIGHT_CENTER, cost, small, color);
    response
        .on_hover_text(format!(
            "{} gradient evaluations in {} steps. Click to see its knobs.",
            format::grouped(run.gradient_evaluations()),
            format::grouped(run.step())
        ))
        .clicked()
}

fn noise_ui(ui: &mut Ui, model: &Model, run: &RunView) {
    if run.info.optimizer != crate::config::OptimizerKind::Nso {
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("What the noise says").text_style(theme::title_style()));
    let text = match &run.noise {
        Some(noise) => noise_text::what_the_noise_says(noise, run.traces.last()),
        None if model.is_playing => "Waiting for the first noise samples.".to_owned(),
        None => "No noise samples yet.".to_owned(),
    };
    widgets::small_weak_ui(ui, text);
}
