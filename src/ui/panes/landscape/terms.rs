//! What the lines on a landscape are, where the pointer rests on one.

use egui::{Pos2, Rect, Sense, Ui, vec2};

use super::choices::Overlays;
use super::magnified::Magnified;
use super::slice_marks::noise_ring;
use crate::protocol::LossGrid;
use crate::ui::kit::help::{self, Term};

/// The pointer is on a line that is nearer than this, in points.
const NEAR: f32 = 5.0;

/// The lines of a slice as they are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    /// The slice.
    pub grid: &'a LossGrid,
    /// What is drawn.
    pub shown: Overlays,
    /// Half-width of what is seen.
    pub half: f64,
}

/// The line under the pointer. `screen` tells where coordinates are drawn.
fn term_at(
    pos: Pos2,
    is_on_mark: bool,
    Lines { grid, shown, half }: Lines<'_>,
    screen: impl Fn([f64; 2]) -> Option<Pos2>,
) -> Option<Term> {
    if is_on_mark {
        return Some(Term::TrueLoss);
    }
    if !shown.noise {
        return None;
    }
    let is_near = |places: &[[f64; 2]]| {
        places.windows(2).any(|ends| match (screen(ends[0]), screen(ends[1])) {
            (Some(a), Some(b)) => distance(pos, a, b) < NEAR,
            _ => false,
        })
    };
    let ascent = grid.ascent.filter(|step| step.iter().all(|c| c.is_finite()));
    let drawn = |step: [f64; 2]| step.map(|c| c * Magnified::new(grid, half).ascent);
    if ascent.is_some_and(|step| is_near(&[[0.0, 0.0], drawn(step)])) {
        return Some(Term::Sam);
    }
    noise_ring(grid).is_some_and(|ring| is_near(&ring)).then_some(Term::NoiseRadius)
}

/// Explains the line under the pointer: the path, the ascent step, the noise radius.
pub fn terms_ui(ui: &Ui, pos: Pos2, is_on_mark: bool, lines: Lines<'_>, screen: impl Fn([f64; 2]) -> Option<Pos2>) {
    if let Some(term) = term_at(pos, is_on_mark, lines, screen) {
        let around = Rect::from_center_size(pos, vec2(2.0 * NEAR, 2.0 * NEAR));
        help::term(ui.interact(around, ui.scope_id().with(("line", term)), Sense::hover()), term);
    }
}

/// From a point to a piece of a line.
fn distance(pos: Pos2, a: Pos2, b: Pos2) -> f32 {
    let along = b - a;
    let share = if along.length_sq() > 0.0 { ((pos - a).dot(along) / along.length_sq()).clamp(0.0, 1.0) } else { 0.0 };
    pos.distance(a + share * along)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn distances_are_to_the_piece_not_to_the_whole_line() {
        let (a, b) = (pos2(0.0, 0.0), pos2(10.0, 0.0));
        for (pos, expected) in [(pos2(5.0, 3.0), 3.0), (pos2(13.0, 4.0), 5.0), (pos2(-3.0, -4.0), 5.0)] {
            assert!((distance(pos, a, b) - expected).abs() < 1e-6, "{pos:?}");
        }
        assert_eq!(distance(pos2(3.0, 4.0), a, a), 5.0);
    }
}
