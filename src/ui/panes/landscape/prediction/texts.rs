//! What a network says of texts: the tokens at their targets, or which text belongs to an image.

use egui::text::LayoutJob;
use egui::{FontId, Rect, Sense, TextFormat, Ui, vec2};

use super::pixels_ui;
use crate::protocol::{DataPreview, SaidToken};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};

/// Texts shown at most.
const MOST_TEXTS: usize = 10;
/// Tokens of a text shown at most.
const MOST_TOKENS: usize = 60;
/// Points of what is said.
const SIZE: f32 = 12.0;
/// Side of a picture.
const SIDE: f32 = 28.0;

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

/// The images with the text that each is most similar to.
pub(super) fn pairs_ui(ui: &mut Ui, data: &DataPreview, text: &[u16], confidence: &[f32]) {
    let tokens = Tokens::of(ui);
    let pairs = data.rows.iter().zip(text).zip(confidence).enumerate().take(MOST_TEXTS);
    for (index, ((row, &found), &confidence)) in pairs {
        let found = usize::from(found);
        ui.horizontal(|ui| {
            let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::hover());
            pixels_ui(ui, Rect::from_min_size(rect.min, vec2(SIDE, SIDE)), &data.shape, &row.x);
            let [said, wanted] = [found, index].map(|place| text_of(data, place).unwrap_or_default());
            widgets::name(&response, egui::Role::Image, &format!("Image of “{wanted}”"));
            let sure = format::percent(f64::from(confidence));
            // Two examples may have one text.
            if said == wanted {
                ui.label(format!("{said} ({sure})"));
            } else {
                ui.colored_label(tokens.error.0, format!("{said} ({sure})"))
                    .on_hover_text(format!("Its own: {wanted}"));
            }
        });
    }
    widgets::small_weak_ui(ui, "The text that each image is most similar to among those of the look.");
}

fn text_of(data: &DataPreview, index: usize) -> Option<String> {
    data.text.as_ref()?.rows.get(index).cloned()
}
