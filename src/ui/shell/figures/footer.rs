//! The words below a figure, in as many rows as they need.

use std::sync::Arc;

use egui::{Color32, Context, FontId, Galley, TextStyle, Ui, Vec2};

use crate::ui::kit::theme::Tokens;

/// Around the words, in points.
const MARGIN: Vec2 = Vec2::new(12.0, 5.0);

/// The font of the words.
#[must_use]
pub fn font(ctx: &Context) -> FontId {
    TextStyle::Small.resolve(&ctx.global_style())
}

fn galleys(ctx: &Context, words: &[String], width: f32, color: Color32) -> Vec<Arc<Galley>> {
    let font = font(ctx);
    let width = width - 2.0 * MARGIN.x;
    let galley = |line: &String| ctx.fonts_mut(|fonts| fonts.layout(line.clone(), font.clone(), color, width));
    words.iter().map(galley).collect()
}

/// The height that the words need in a figure so wide, in points.
#[must_use]
pub fn height(ctx: &Context, words: &[String], width: f32) -> f32 {
    let galleys = galleys(ctx, words, width, Color32::PLACEHOLDER);
    galleys.iter().map(|galley| galley.size().y.ceil() + 1.0).sum::<f32>() + 2.0 * MARGIN.y
}

/// Draws the words.
pub fn footer_ui(ui: &Ui, words: &[String]) {
    let color = Tokens::of(ui).weak.0;
    let mut place = ui.max_rect().min + MARGIN;
    for galley in galleys(ui.ctx(), words, ui.max_rect().width(), color) {
        let height = galley.size().y.ceil() + 1.0;
        ui.painter().galley(place, galley, color);
        place.y += height;
    }
}
