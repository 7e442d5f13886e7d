//! Text on landscapes: its fonts, the labels of iso-lines, words in boxes.

use std::sync::Arc;

use egui::{FontId, Galley, Painter, Rect, Vec2, vec2};

use crate::render::{ContourStyle, LossScale};
use crate::ui::kit::format;
use crate::ui::kit::theme::{LANDSCAPE_SHADE, ON_LANDSCAPE};

/// The font of labels.
pub fn label_font() -> FontId {
    FontId::proportional(10.0)
}

/// The font of tags and readings.
pub fn small() -> FontId {
    FontId::proportional(11.5)
}

/// Around the words of a box.
const BOX_MARGIN: Vec2 = vec2(6.0, 3.0);

/// Words laid out so that their box is no wider than this: broken after commas and where two spaces stand, else between words.
pub fn box_galley(painter: &Painter, text: &str, width: f32) -> Arc<Galley> {
    const HELD: &str = "\u{a0}";
    let room = (width - 2.0 * BOX_MARGIN.x).max(20.0);
    let wide = painter.layout_no_wrap(text.to_owned(), small(), ON_LANDSCAPE);
    if wide.size().x <= room {
        return wide;
    }
    let parts: Vec<String> = text.split("  ").map(|part| part.replace(' ', HELD)).collect();
    let parts = parts.join(" ").replace(&format!(",{HELD}"), ", ");
    let is_narrow = |part: &str| painter.layout_no_wrap(part.to_owned(), small(), ON_LANDSCAPE).size().x <= room;
    let is_held = parts.split([' ', '\n']).all(is_narrow);
    painter.layout(if is_held { parts } else { text.to_owned() }, small(), ON_LANDSCAPE, room)
}

/// The size of a box around laid out words.
pub fn box_size(galley: &Galley) -> Vec2 {
    galley.size() + 2.0 * BOX_MARGIN
}

/// Laid out words on a dark ground.
pub fn box_at(painter: &Painter, rect: Rect, galley: Arc<Galley>) {
    painter.rect_filled(rect, 4.0, LANDSCAPE_SHADE);
    painter.galley(rect.min + BOX_MARGIN, galley, ON_LANDSCAPE);
}

/// A value of the scale as its iso-line's label.
pub fn level_text(scale: LossScale, level: f32) -> String {
    let value = f64::from(scale.loss(level));
    match scale {
        LossScale::Percent => format!("{:.0}\u{a0}%", 100.0 * value),
        // Whatever else the rounding of a logarithm leaves.
        LossScale::Log10 => short(value),
        // What is left of rounding near zero.
        LossScale::Linear | LossScale::Symmetric if value.abs() < 1e-6 => "0".to_owned(),
        LossScale::Linear | LossScale::Symmetric => format::setting((value * 1e4).round() / 1e4).replace('-', "−"),
    }
}

/// Three digits without zeros at the end: 0.1, 0.398, 1.5, 3e−6.
fn short(value: f64) -> String {
    let text = format::number(value);
    if text.contains(['e', '\u{a0}']) || !text.contains('.') {
        return text.replace(".0e", "e");
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The label of an iso-line: all digits that tell it from its neighbours. The lines stand at round values, so these are few.
pub fn line_text(style: &ContourStyle, level: f32, levels: &[f32]) -> String {
    let value = |level: f32| f64::from(style.scale.loss(level));
    let others = levels.iter().filter(|other| **other != level);
    let gap = others.map(|other| (value(*other) - value(level)).abs()).fold(f64::INFINITY, f64::min);
    let (value, gap, unit) = match style.scale {
        LossScale::Percent => (100.0 * value(level), 100.0 * gap, "\u{a0}%"),
        _ => (value(level), gap, ""),
    };
    if !gap.is_finite() || (value != 0.0 && !(1e-3..1e6).contains(&value.abs())) {
        return level_text(style.scale, level);
    }
    let decimals = (1.0 - gap.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}").replace('-', "−");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "−0" { "0" } else { text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_zero_is_zero() {
        assert_eq!(level_text(LossScale::Log10, -1.0), "0.1");
        assert_eq!(level_text(LossScale::Log10, 3.0_f32.log10()), "3");
        assert_eq!(level_text(LossScale::Log10, -5.0), "1e−5");
        let texts = |style: ContourStyle| -> Vec<String> {
            let levels = style.levels();
            levels.iter().map(|level| line_text(&style, *level, &levels)).collect()
        };
        let decade = texts(ContourStyle::new([-1.0, 0.6]));
        assert_eq!(decade[..6], ["0.1", "0.125", "0.15", "0.2", "0.25", "0.3"]);
        assert_eq!(decade.last().map(String::as_str), Some("3"));
        let fine = texts(ContourStyle::new([2.0_f32.log10(), 2.002_f32.log10()]));
        assert!(fine.contains(&"2.001".to_owned()) && fine.iter().all(|text| text.len() <= 6), "{fine:?}");
        assert_eq!(texts(ContourStyle::new([-8.0, -1.0]))[..3], ["1e−8", "3e−8", "1e−7"]);
        let percent = texts(ContourStyle::on(LossScale::Percent, [0.9, 0.98]));
        assert_eq!(percent[..3], ["90\u{a0}%", "90.5\u{a0}%", "91\u{a0}%"]);
        let signed = texts(ContourStyle::on(LossScale::Symmetric, [-0.5, 0.5]));
        assert!(signed.contains(&"0".to_owned()) && signed.contains(&"−0.1".to_owned()), "{signed:?}");
        assert_eq!(level_text(LossScale::Percent, 0.85), "85\u{a0}%");
        assert_eq!(level_text(LossScale::Symmetric, 1e-9), "0");
        assert_eq!(level_text(LossScale::Symmetric, -0.5), "−0.5");
    }
}
