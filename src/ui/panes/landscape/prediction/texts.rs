//! What a network says of texts: the tokens at their targets, or which text belongs to an image.

use egui::text::LayoutJob;
use egui::{FontId, Label, Rect, RichText, ScrollArea, Sense, TextFormat, Ui, vec2};

use super::pixels_ui;
use crate::protocol::{DataPreview, NearTexts, SaidToken, WrittenText};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// Texts shown at most.
const MOST_TEXTS: usize = 10;
/// Tokens of a text shown at most.
const MOST_TOKENS: usize = 60;
/// Points of what is said.
const SIZE: f32 = 12.0;
/// Images with their texts at most.
const MOST_PAIRS: usize = 12;
/// Points of the list of images; what is below is scrolled to.
const MOST_HEIGHT: f32 = 300.0;
/// Points of a picture's side.
const SIDE: f32 = 44.0;

/// The texts with what is said at their targets: wrong tokens stand out, with the right ones behind them.
pub(super) fn texts_ui(ui: &mut Ui, data: &DataPreview, said: &[Vec<SaidToken>]) {
    let tokens = Tokens::of(ui);
    for (index, said) in said.iter().enumerate().take(MOST_TEXTS) {
        if let Some(text) = text_of(data, index) {
            widgets::small_weak_ui(ui, text);
        }
        let mut job = LayoutJob::default();
        let mut push = |text: &str, color| job.append(text, 0.0, TextFormat::simple(FontId::monospace(SIZE), color));
        for token in said.iter().take(MOST_TOKENS) {
            if token.said == token.wanted {
                push(&token.said, tokens.text.0);
            } else {
                push(&token.said, tokens.error.0);
                push(&format!("({})", token.wanted), tokens.weak.0);
            }
        }
        if said.len() > MOST_TOKENS {
            push("…", tokens.weak.0);
        }
        job.wrap.max_width = ui.available_width();
        let right = said.iter().filter(|token| token.said == token.wanted).count();
        let sure = said.iter().map(|token| f64::from(token.confidence)).sum::<f64>() / said.len().max(1) as f64;
        let words = format!("{right} of {} targets right, {} sure on average", said.len(), format::percent(sure));
        ui.label(job).on_hover_text(words);
    }
    widgets::small_weak_ui(ui, "Each text, and what is said at its targets; the right token behind where they differ.");
}

/// Questions with what is written behind them: wrong answers stand out, with the right completion behind them.
pub(super) fn written_ui(ui: &mut Ui, written: &[WrittenText]) {
    if written.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    ui.separator();
    for one in written {
        let mut job = LayoutJob::default();
        let mut push = |text: &str, color| job.append(text, 0.0, TextFormat::simple(FontId::monospace(SIZE), color));
        push(&one.question, tokens.weak.0);
        push(&one.written, if one.is_right { tokens.text.0 } else { tokens.error.0 });
        if !one.is_right {
            push(&format!("({})", one.wanted), tokens.weak.0);
        }
        job.wrap.max_width = ui.available_width();
        ui.label(job);
    }
    let words = "Questions of the test set, and what it writes behind them on its own; the right completion where its answer is \
                 wrong.";
    widgets::small_weak_ui(ui, words);
}

/// The images with the texts that each is most similar to: its own is marked, and where another comes first that one stands out.
pub(super) fn pairs_ui(ui: &mut Ui, data: &DataPreview, pairs: &[NearTexts]) {
    ScrollArea::vertical().max_height(MOST_HEIGHT).show(ui, |ui| {
        for (index, (row, near)) in data.rows.iter().zip(pairs).enumerate().take(MOST_PAIRS) {
            let own = text_of(data, index).unwrap_or_default();
            ui.horizontal_top(|ui| {
                let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::hover());
                pixels_ui(ui, Rect::from_min_size(rect.min, vec2(SIDE, SIDE)), &data.shape, &row.x);
                widgets::name(&response, egui::Role::Image, &format!("Image of “{own}”"));
                let similarity = format::number(f64::from(near.own));
                response.on_hover_text(format!("Its own text: {own} (similarity {similarity})"));
                ui.vertical(|ui| {
                    for (rank, &(found, similarity)) in near.nearest.iter().enumerate() {
                        let text = text_of(data, usize::from(found)).unwrap_or_default();
                        near_text_ui(ui, &text, similarity, Rank { is_first: rank == 0, is_own: text == own });
                    }
                });
            });
            ui.add_space(3.0);
        }
    });
    widgets::small_weak_ui(
        ui,
        "The three texts of the look that each image is most similar to, by the cosine of their features.",
    );
}

/// Where a text stands among those that an image is similar to.
#[derive(Clone, Copy)]
struct Rank {
    is_first: bool,
    /// It is the image's own, or says the same.
    is_own: bool,
}

fn near_text_ui(ui: &mut Ui, text: &str, similarity: f32, rank: Rank) {
    let tokens = Tokens::of(ui);
    let color = match rank {
        Rank { is_own: true, .. } => tokens.text.0,
        Rank { is_first: true, .. } => tokens.error.0,
        Rank { .. } => tokens.weak.0,
    };
    // In front, where it is not cut off.
    let own = if rank.is_own { "own: " } else { "" };
    let similarity = format!("{similarity:.2}").replace('-', "−");
    let text = RichText::new(format!("{similarity}  {own}{text}")).small().color(color);
    ui.add(Label::new(text).truncate());
}

fn text_of(data: &DataPreview, index: usize) -> Option<String> {
    data.text.as_ref()?.rows.get(index).cloned()
}
