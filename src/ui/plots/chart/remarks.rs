//! What a chart says where it shows nothing, or not all.

use egui::{Align2, Rect, Ui};

use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// What of the values is not to be seen, in words.
pub fn left_out_words(left_out: usize) -> String {
    let values = if left_out == 1 { "value" } else { "values" };
    format!("{} {values} of 0 or below left out", format::grouped(left_out as u64))
}

/// Says why there is no chart.
pub fn empty_ui(ui: &mut Ui, title: &str, text: &str) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let font = egui::TextStyle::Small.resolve(ui.style());
    widgets::name(&response, egui::Role::Label, &format!("{title}: {text}"));
    let weak = Tokens::of(ui).weak.0;
    let galley = ui.painter().layout(text.to_owned(), font, weak, rect.width());
    let place = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    ui.painter().galley(place.min, galley, weak);
}

/// Says what is not to be seen, at the lower left of a plot; gives the place that it takes.
pub fn remark_ui(ui: &Ui, frame: Rect, text: &str) -> Rect {
    let tokens = Tokens::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout(text.to_owned(), font, tokens.weak.0, (frame.width() - 8.0).max(0.0));
    let place = Align2::LEFT_BOTTOM.anchor_size(frame.left_bottom() + egui::vec2(4.0, -3.0), galley.size());
    ui.painter().rect_filled(place.expand2(egui::vec2(2.0, 0.0)), 2.0, tokens.background.0.gamma_multiply(0.85));
    ui.painter().galley(place.min, galley, tokens.weak.0);
    let seen = place.intersect(ui.clip_rect());
    if seen.is_positive() {
        let response = ui.interact(seen, ui.scope_id().with("left out"), egui::Sense::hover());
        widgets::name(&response, egui::Role::Label, text);
    }
    place
}
