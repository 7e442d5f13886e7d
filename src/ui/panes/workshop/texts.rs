//! Examples that are text: each with its label, or with the characters that are to be said.

use egui::{Grid, RichText, Ui};

use super::labels::label_words;
use crate::protocol::{DataPreview, TextLook};
use crate::ui::kit::widgets;

/// Rows that are shown.
const MOST_ROWS: usize = 12;
/// Characters of a text that are shown; all of it when it is pointed at.
const MOST_LETTERS: usize = 48;

/// Draws the first texts.
pub fn texts_ui(ui: &mut Ui, data: &DataPreview, text: &TextLook) {
    widgets::small_weak_ui(ui, format!("a vocabulary of {} tokens; padding is left out", text.vocabulary));
    Grid::new("texts").num_columns(2).striped(true).show(ui, |ui| {
        for (row, words) in data.rows.iter().zip(&text.rows).take(MOST_ROWS) {
            cell_ui(ui, words);
            cell_ui(ui, &label_words(data, row));
            ui.end_row();
        }
    });
}

fn cell_ui(ui: &mut Ui, words: &str) {
    let shown: String = words.chars().take(MOST_LETTERS).collect();
    let is_cut = shown.len() < words.len();
    let label = ui.label(RichText::new(if is_cut { shown + "…" } else { shown }).monospace().small());
    if is_cut {
        label.on_hover_text(words);
    }
}
