//! The guide: lessons on top, below them the term under the pointer and a list of all terms.

mod explain;
mod lesson;
mod link;

use egui::{Panel, Ui};

use super::model::Model;
use super::view::View;

#[cfg(test)]
pub use lesson::LESSONS;

/// Draws the guide.
pub fn guide_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    view.help.follow(ui.ctx());
    let height = ui.available_height();
    Panel::bottom("explanation")
        .resizable(true)
        .default_size(0.42 * height)
        .size_range(0.2 * height..=0.75 * height)
        .frame(egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO }))
        .show(ui, |ui| explain::explain_ui(ui, &mut view.help));
    lesson::lessons_ui(ui, model, view);
}
