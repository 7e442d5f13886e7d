//! Examples that are text: how long they are, and the first ones with their tokens and their labels.

use egui::{Grid, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::labels::label_words;
use crate::protocol::{DataPreview, TextLengths, TextLook};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// Rows that are shown.
const MOST_ROWS: usize = 12;
/// Characters of a text that are shown; all of it when it is pointed at.
const MOST_LETTERS: usize = 48;
/// Size of the picture of the lengths.
const LENGTHS: [f32; 2] = [240.0, 36.0];

/// Draws the first texts.
pub fn texts_ui(ui: &mut Ui, data: &DataPreview, text: &TextLook) {
    let count = |number: usize| format::grouped(number as u64);
    let mut words = format!("a vocabulary of {} tokens", count(text.vocabulary));
    if !text.tokenizer.is_empty() {
        words = format!("{words}, {}; the examples need {}", text.tokenizer, count(text.needed));
    }
    widgets::small_weak_ui(ui, format!("{words}; padding is left out"));
    if text.lengths.most > 0 {
        lengths_ui(ui, &text.lengths);
    }
    Grid::new("texts").num_columns(2).striped(true).show(ui, |ui| {
        for (place, (row, words)) in data.rows.iter().zip(&text.rows).take(MOST_ROWS).enumerate() {
            cell_ui(ui, words, text.first.get(place).map_or(&[], Vec::as_slice));
            cell_ui(ui, &label_words(data, row), &[]);
            ui.end_row();
        }
    });
}

/// How many examples are how long.
fn lengths_ui(ui: &mut Ui, lengths: &TextLengths) {
    let TextLengths { least, median, most, bins } = lengths;
    let words = format!("{least} to {most} tokens in an example, half of them have at most {median}");
    let tokens = Tokens::of(ui);
    let size = vec2(LENGTHS[0].min(ui.available_width()), LENGTHS[1]);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Lengths: {words}")));
    let highest = bins.iter().copied().max().unwrap_or(1).max(1) as f32;
    let width = rect.width() / bins.len().max(1) as f32;
    for (bin, &count) in bins.iter().enumerate() {
        let left = rect.left() + width * bin as f32;
        let top = rect.bottom() - rect.height() * count as f32 / highest;
        let bar = Rect::from_min_max(pos2(left, top), pos2(left + (width - 1.0).max(0.5), rect.bottom()));
        ui.painter().rect_filled(bar, 0.0, tokens.weak.0);
    }
    response.on_hover_text("Examples by their tokens, from 1 to the longest, in bins of one width.");
    widgets::small_weak_ui(ui, words);
}

/// A text, cut where it is long; all of it and its first tokens when it is pointed at.
fn cell_ui(ui: &mut Ui, words: &str, first: &[u32]) {
    let shown: String = words.chars().take(MOST_LETTERS).collect();
    let is_cut = shown.len() < words.len();
    let label = ui.label(RichText::new(if is_cut { shown + "…" } else { shown }).monospace().small());
    if is_cut || !first.is_empty() {
        let tokens = first.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        let tokens = if first.is_empty() { String::new() } else { format!("\nfirst tokens {tokens}") };
        label.on_hover_text(format!("{words}{tokens}"));
    }
}
