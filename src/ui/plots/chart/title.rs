//! The line above a chart: its title, which a term explains, a note, and a menu.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Galley, Rect, Sense, Ui, UiBuilder, pos2, vec2};

use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};

/// What stands in the line.
#[derive(Debug, Clone, Copy)]
pub struct Title<'a> {
    /// What the chart shows.
    pub text: &'a str,
    /// On what and how it was measured; may be empty.
    pub note: &'a str,
    /// What explains it.
    pub term: Option<Term>,
}

/// Height of the line, in points.
const HEIGHT: f32 = 18.0;
/// Between title, note and menu, in points.
const GAP: f32 = 8.0;
/// A note that has less room than this is told by a tooltip only, in points.
const LEAST_NOTE: f32 = 70.0;

/// Draws the line and leaves the rest of `ui` for the plot. `menu` stands at its right end.
pub fn titled_ui(ui: &mut Ui, title: Title<'_>, menu: impl FnOnce(&mut Ui)) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let mut menu_ui = ui.new_child(UiBuilder::new().max_rect(row).id_salt(("menu", title.text)).layout(layout));
    menu_ui.spacing_mut().button_padding = vec2(5.0, 1.0);
    menu(&mut menu_ui);
    let end = menu_ui.min_rect().left() - GAP;
    words_ui(ui, row.with_max_x(end.max(row.left())), title);
}

/// As [`titled_ui`] without a menu.
pub fn title_ui(ui: &mut Ui, title: Title<'_>) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    words_ui(ui, row, title);
}

/// Title and note, each as far as there is room; what is cut is told by a tooltip.
fn words_ui(ui: &Ui, rect: Rect, Title { text, note, term }: Title<'_>) {
    let tokens = Tokens::of(ui);
    let name = one_line(ui, text, theme::title_style().resolve(ui.style()), tokens.text.0, rect.width());
    let place = pos2(rect.left(), rect.center().y - 0.5 * name.size().y);
    let name_rect = Rect::from_min_size(place, name.size());
    let mut response = ui.interact(name_rect, ui.scope_id().with(("title", text)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    if name.elided {
        response = response.on_hover_text(text);
    }
    ui.painter().galley(place, name, tokens.text.0);
    let room = rect.right() - name_rect.right() - GAP;
    let small = egui::TextStyle::Small.resolve(ui.style());
    let galley = one_line(ui, note, small, tokens.weak.0, room.max(0.0));
    if !galley.elided || room >= LEAST_NOTE {
        let place = pos2(rect.right() - galley.size().x, rect.center().y - 0.5 * galley.size().y);
        if !note.is_empty() {
            let words = Rect::from_min_size(place, galley.size());
            let response = ui.interact(words, ui.scope_id().with(("note", text)), Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, note));
            if galley.elided {
                response.on_hover_text(note);
            }
        }
        ui.painter().galley(place, galley, tokens.weak.0);
    } else {
        response = response.on_hover_text(note);
    }
    if let Some(term) = term {
        help::underline(ui, name_rect);
        help::term(response, term);
    }
}

fn one_line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> std::sync::Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
