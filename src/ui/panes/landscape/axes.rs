//! Coordinates in words: in units of the directions or as distances, at the axes, in captions and in readings.

use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};
use serde::{Deserialize, Serialize};

use super::text::label_font;
use crate::protocol::SliceCaption;
use crate::render::round_ticks;
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::slice_frame::{SliceFrame, Window};

/// What coordinates are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisUnits {
    /// Multiples of the directions.
    #[default]
    Directions,
    /// Absolute distance in weight space: coordinate times norm of the direction.
    Distance,
}

impl AxisUnits {
    /// What a coordinate along each direction is multiplied by.
    #[must_use]
    pub fn factors(self, caption: &SliceCaption) -> [f64; 2] {
        match self {
            Self::Distance if caption.norms.iter().all(|norm| norm.is_finite() && *norm > 0.0) => caption.norms,
            _ => [1.0; 2],
        }
    }

    /// A place in words.
    #[must_use]
    pub fn place(self, caption: &SliceCaption, [x, y]: [f64; 2]) -> String {
        let [fx, fy] = self.factors(caption);
        format!("x {}  y {}", coordinate(x * fx), coordinate(y * fy))
    }

    /// The part of the plane that is seen, in words.
    #[must_use]
    pub fn extent(self, caption: &SliceCaption, window: &Window) -> String {
        let factors = self.factors(caption);
        let unit = if self == Self::Distance { " in distance" } else { "" };
        let number = |value: f64| format::setting(rounded(value, window.half)).replace('-', "−");
        let is_centred = window.center.iter().all(|c| c.abs() < 1e-6 * window.half);
        if !is_centred {
            let [x, y] = [0, 1].map(|axis| {
                let [low, high] = [-window.half, window.half].map(|by| (window.center[axis] + by) * factors[axis]);
                format!("{} to {}", number(low), number(high))
            });
            return format!("x {x}, y {y}{unit}");
        }
        let [x, y] = factors.map(|factor| number(window.half * factor));
        if x == y { format!("±{x}{unit}") } else { format!("±{x} and ±{y}{unit}") }
    }
}

/// Without digits that nobody reads at this scale.
fn rounded(value: f64, scale: f64) -> f64 {
    let unit = 10_f64.powf(scale.abs().max(1e-12).log10().floor() - 2.0);
    // Never a negative zero.
    (value / unit).round() * unit + 0.0
}

/// A coordinate as text.
#[must_use]
pub fn coordinate(value: f64) -> String {
    let digits = if value.abs() < 0.1 { 4 } else { 2 };
    format!("{value:.digits$}").replace('-', "−")
}

/// A round number at an axis.
#[must_use]
pub fn tick_text(value: f64) -> String {
    format::setting((value * 1e6).round() / 1e6).replace('-', "−")
}

/// Round numbers along an axis between two coordinates, with their places as shares of it.
#[must_use]
pub fn axis_ticks([low, high]: [f64; 2], factor: f64, count: usize) -> Vec<(f64, f32)> {
    let ends = [low * factor, high * factor];
    let share = |value: f64| ((value - ends[0]) / (ends[1] - ends[0])) as f32;
    round_ticks(ends, count).into_iter().map(|value| (value, share(value))).collect()
}

/// Numbers below and on the left of a contour.
pub fn axes_ui(ui: &Ui, frame: &SliceFrame, factors: [f64; 2]) {
    let (rect, window) = (frame.rect(), frame.window());
    let color = Tokens::of(ui).weak.0;
    let stroke = Stroke::new(1.0, color.gamma_multiply(0.7));
    let ends = |axis: usize| [window.center[axis] - window.half, window.center[axis] + window.half];
    let count = ((rect.width() / 60.0) as usize).clamp(2, 6);
    let painter = ui.painter();
    for (value, share) in axis_ticks(ends(0), factors[0], count) {
        let x = rect.left() + share * rect.width();
        painter.vline(x, rect.bottom()..=rect.bottom() + 3.0, stroke);
        let galley = painter.layout_no_wrap(tick_text(value), label_font(), color);
        // Whole in the landscape, which may end where the picture does.
        let left = (x - 0.5 * galley.size().x).min(rect.right() - galley.size().x);
        painter.galley(pos2(left, rect.bottom() + 3.0), galley, color);
    }
    for (value, share) in axis_ticks(ends(1), factors[1], count) {
        let y = rect.bottom() - share * rect.height();
        painter.hline(rect.left() - 3.0..=rect.left(), y, stroke);
        // Whole in the landscape, also at the ends of the axis.
        let held = y.clamp(rect.top() + 5.0, rect.bottom() - 4.0);
        painter.text(pos2(rect.left() - 5.0, held), Align2::RIGHT_CENTER, tick_text(value), label_font(), color);
    }
    painter.rect_stroke(
        Rect::from_min_size(rect.min, rect.size()).expand2(vec2(0.5, 0.5)),
        6.0,
        stroke,
        egui::StrokeKind::Outside,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caption(norms: [f64; 2]) -> SliceCaption {
        SliceCaption { objective: String::new(), directions: String::new(), seed: None, angle_degrees: 90.0, norms }
    }

    #[test]
    fn the_extent_is_the_true_one_also_off_the_centre() {
        let caption = caption([5.0, 5.1]);
        let centred = Window::around_zero(2.0);
        assert_eq!(AxisUnits::Directions.extent(&caption, &centred), "±2");
        assert_eq!(AxisUnits::Distance.extent(&caption, &centred), "±10 and ±10.2 in distance");
        let moved = Window { center: [1.0, -0.5], half: 2.0 };
        assert_eq!(AxisUnits::Directions.extent(&caption, &moved), "x −1 to 3, y −2.5 to 1.5");
        assert_eq!(AxisUnits::Distance.extent(&caption, &moved), "x −5 to 15, y −12.75 to 7.65 in distance");
    }

    #[test]
    fn places_and_ticks_are_multiplied_by_the_norms() {
        let caption = caption([5.0, 2.0]);
        assert_eq!(AxisUnits::Distance.place(&caption, [1.0, -0.01]), "x 5.00  y −0.0200");
        assert_eq!(AxisUnits::Directions.place(&caption, [1.0, -0.01]), "x 1.00  y −0.0100");
        let ticks = axis_ticks([-2.0, 2.0], 5.0, 4);
        assert_eq!(ticks, [(-10.0, 0.0), (-5.0, 0.25), (0.0, 0.5), (5.0, 0.75), (10.0, 1.0)]);
        assert_eq!(AxisUnits::Distance.factors(&super::tests::caption([f64::NAN, 1.0])), [1.0; 2]);
    }
}
