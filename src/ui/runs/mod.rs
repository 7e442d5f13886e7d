//! The runs: their list, and the table that compares them.

use egui::Ui;

use super::model::Model;
use super::view::View;
use super::widgets;

/// Draws the table of all runs.
pub fn compare_ui(ui: &mut Ui, model: &Model, _view: &mut View) {
    widgets::small_weak_ui(ui, format!("{} runs", model.runs.len()));
}
