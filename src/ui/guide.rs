//! The guide: lessons, and what the terms mean.

use egui::Ui;

use super::model::Model;
use super::view::View;
use super::widgets;

/// Draws the guide.
pub fn guide_ui(ui: &mut Ui, model: &Model, _view: &mut View) {
    widgets::small_weak_ui(ui, &model.experiment.about);
}
