//! Lines by name and colour: a click shows or hides one.

use egui::{Color32, Key, Response, Sense, Stroke, StrokeKind, Ui, vec2};

use super::paint::{self, Pen};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

const HEIGHT: f32 = 18.0;
/// Length of a piece of a line, in points.
const SAMPLE: f32 = 18.0;

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What it shows.
    pub name: &'a str,
    /// The same for screen readers.
    pub label: &'a str,
    /// Its colour.
    pub color: Color32,
    /// Whether it is shown.
    pub is_shown: bool,
}

/// Draws entries in one line, scrolled sideways where they are many.
pub fn row_ui(ui: &mut Ui, id: &str, entries: impl FnOnce(&mut Ui)) {
    egui::ScrollArea::horizontal().id_salt(("legend", id)).auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().interact_size.y = HEIGHT;
            entries(ui);
        });
    });
}

/// Draws an entry; true when it was clicked, or Enter pressed on it.
pub fn entry_ui(ui: &mut Ui, entry: Entry<'_>, hint: &str) -> bool {
    let tokens = Tokens::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let color = if entry.is_shown { tokens.text.0 } else { tokens.weak.0 };
    let galley = ui.painter().layout_no_wrap(entry.name.to_owned(), font, color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 26.0, HEIGHT), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, entry.is_shown, entry.label));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, tokens.raised.0);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4.0, Stroke::new(1.0, tokens.weak.0), StrokeKind::Inside);
    }
    let dot = rect.left_center() + vec2(10.0, 0.0);
    if entry.is_shown {
        ui.painter().circle_filled(dot, 4.5, entry.color);
    } else {
        ui.painter().circle_stroke(dot, 4.0, Stroke::new(1.2, entry.color));
    }
    ui.painter().galley(rect.left_center() + vec2(20.0, -0.5 * galley.size().y), galley, color);
    let is_chosen = response.clicked() || (response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter)));
    response.on_hover_text(hint);
    is_chosen
}

/// Draws a piece of what a pen draws, and what that is.
pub fn sample_ui(ui: &mut Ui, pen: Pen, words: &str) -> Response {
    let color = Tokens::of(ui).weak.0;
    let font = egui::TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(words.to_owned(), font, color);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + SAMPLE + 12.0, HEIGHT), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
    let start = rect.left_center() + vec2(4.0, 0.0);
    paint::sample(ui.painter(), [start, start + vec2(SAMPLE, 0.0)], pen, color);
    ui.painter().galley(start + vec2(SAMPLE + 4.0, -0.5 * galley.size().y), galley, color);
    response
}

/// Draws a name with a dot of its colour: some colours are too light for letters.
pub fn swatch_ui(ui: &mut Ui, color: Color32, name: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        ui.spacing_mut().interact_size.y = 14.0;
        widgets::dot_ui(ui, color);
        ui.label(name);
    });
}
