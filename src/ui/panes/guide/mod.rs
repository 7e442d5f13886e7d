//! The guide: lessons on top, below them the term under the pointer and a list of all terms.

mod explain;
mod lesson;
mod link;

use egui::{Panel, Ui};

use crate::ui::contract::view::View;
use crate::ui::state::model::Model;

#[cfg(test)]
pub use lesson::LESSONS;

/// Share of the height for the terms, once one was pointed at or searched for.
const ASKED_SHARE: f32 = 0.42;
/// The same before that.
const REST_SHARE: f32 = 0.22;

/// Draws the guide.
pub fn guide_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    view.help.follow(ui.ctx());
    let share = if view.help.is_asked() { ASKED_SHARE } else { REST_SHARE };
    Panel::bottom("explanation")
        .exact_size(share * ui.available_height())
        .frame(egui::Frame::new().inner_margin(egui::Margin { top: 8, ..egui::Margin::ZERO }))
        .show(ui, |ui| explain::explain_ui(ui, &mut view.help));
    lesson::lessons_ui(ui, model, view);
}
