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

/// Title and note, each as far as there is room; what has none is told by a tooltip.
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
    let layout = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), small.clone(), tokens.weak.0);
    let shown = parts_that_fit(note, |words| layout(words).size().x <= room);
    if !shown.is_empty() {
        let galley = layout(shown);
        let place = pos2(rect.right() - galley.size().x, rect.center().y - 0.5 * galley.size().y);
        let words = Rect::from_min_size(place, galley.size());
        let note_response = ui.interact(words, ui.scope_id().with(("note", text)), Sense::hover());
        note_response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, note));
        if shown.len() < note.len() {
            note_response.on_hover_text(note);
        }
        ui.painter().galley(place, galley, tokens.weak.0);
    } else if !note.is_empty() {
        response = response.on_hover_text(note);
    }
    if let Some(term) = term {
        help::underline(ui, name_rect);
        help::term(response, term);
    }
}

/// As many parts of a note, which have commas between them, as fit: no word of it is cut.
fn parts_that_fit(note: &str, fits: impl Fn(&str) -> bool) -> &str {
    let mut ends: Vec<usize> = note.match_indices(", ").map(|(end, _)| end).collect();
    ends.push(note.len());
    ends.into_iter().rev().map(|end| &note[..end]).find(|words| fits(words)).unwrap_or_default()
}

fn one_line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> std::sync::Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_loses_whole_parts_and_no_letters() {
        let shown = |most: usize| {
            parts_that_fit("log, ± standard error, thin: no noise", |words| words.chars().count() <= most)
        };
        assert_eq!(shown(100), "log, ± standard error, thin: no noise");
        assert_eq!(
            [shown(36), shown(21), shown(20), shown(2)],
            ["log, ± standard error", "log, ± standard error", "log", ""]
        );
    }
}
