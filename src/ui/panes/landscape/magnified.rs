//! Lines too short to be seen are drawn longer by a round factor, which the picture states.
//!
//! A step uphill, or a noise sample, has D numbers of which a plane shows two: its projection is often less than a
//! pixel long, although the step itself is not short.

use super::choices::Overlays;
use super::slice_marks::is_two_point;
use crate::protocol::LossGrid;
use crate::ui::kit::help::Term;
use crate::ui::state::run_view::RunView;

/// A line shorter than this share of the half-width that is seen is drawn longer.
const SEEN: f64 = 0.15;
/// The factor at most; what is shorter still is nothing.
const MOST: f64 = 1e6;

/// The factors of the lines on a slice; 1 draws them as long as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Magnified {
    /// Of the ascent step.
    pub ascent: f64,
    /// Of the noise samples.
    pub samples: f64,
}

impl Magnified {
    /// For a part of the plane with this half-width.
    #[must_use]
    pub fn new(grid: &LossGrid, half: f64) -> Self {
        let length = |[x, y]: [f64; 2]| x.hypot(y);
        let longest = grid.samples.iter().map(|sample| length(*sample)).filter(|length| length.is_finite());
        Self {
            ascent: factor(grid.ascent.map_or(f64::NAN, length), half),
            samples: factor(longest.fold(f64::NAN, f64::max), half),
        }
    }

    /// What the picture says of it, for what it shows, with what explains it.
    #[must_use]
    pub fn words(&self, run: &RunView, grid: &LossGrid, shown: Overlays) -> Vec<(String, Option<Term>)> {
        let times = |what: &str, factor: f64| format!("{what} ×{factor}");
        let mut words = Vec::new();
        if shown.noise && grid.ascent.is_some() && self.ascent > 1.0 {
            let step = format!("{} step", run.info.optimizer.label());
            words.push((times(&step, self.ascent), Some(Term::Sam)));
        }
        if shown.samples && !grid.samples.is_empty() && self.samples > 1.0 {
            let samples = if is_two_point(run) { "Samples ±U" } else { "Samples +U" };
            words.push((times(samples, self.samples), Some(Term::TwoPoint)));
        }
        words
    }
}

/// The least of 1, 2, 5, 10, 20, … that makes a length visible.
fn factor(length: f64, half: f64) -> f64 {
    let needed = SEEN * half / length;
    // Written so that lengths of 0, NaN and infinity stay as they are.
    if !(needed > 1.0 && needed < MOST) {
        return 1.0;
    }
    let power = 10_f64.powf(needed.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|round| *round >= needed).unwrap_or(1.0).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Origin, RunId, RunInfo};
    use crate::ui::panes::landscape::sample;

    #[test]
    fn lines_are_called_by_the_method_that_they_are_of() {
        let mut grid = std::sync::Arc::unwrap_or_clone(sample::slice(7));
        grid.ascent = Some([0.003, 0.004]);
        grid.samples = vec![[0.02, 0.0], [-0.02, 0.0]];
        let shown = Overlays { samples: true, ..Overlays::default() };
        for (optimizer, expected) in [
            (OptimizerKind::Asam, ["ASAM step ×50", "Samples +U ×10"]),
            (OptimizerKind::Wp, ["WP step ×50", "Samples +U ×10"]),
            (OptimizerKind::Nso, ["NSO step ×50", "Samples ±U ×10"]),
        ] {
            let info =
                RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
            let words = Magnified::new(&grid, 1.0).words(&RunView::new(info), &grid, shown);
            assert_eq!(words.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn factors_are_round_and_make_a_line_visible() {
        for length in [1e-5, 3e-4, 0.02, 0.1, 0.29] {
            let found = factor(length, 2.0);
            assert!(found * length >= SEEN * 2.0 && found * length <= 2.6 * SEEN * 2.0, "{length}: {found}");
            let digits = found / 10_f64.powf(found.log10().floor() + 1e-9);
            assert!([1.0, 2.0, 5.0].iter().any(|round| (digits - round).abs() < 1e-6), "{length}: {found}");
        }
        for poor in [0.5, 0.0, f64::NAN, f64::INFINITY, 1e-30] {
            assert_eq!(factor(poor, 2.0), 1.0, "{poor}");
        }
    }
}
