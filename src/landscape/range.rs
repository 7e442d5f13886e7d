//! How far a slice should reach: the largest range within which the loss stays below a ceiling along the axes.
//!
//! The ceiling is `factor · max(L(w), floor)`. A range r is within it where the loss is at most the ceiling at (±r, 0) and
//! (0, ±r). The search climbs a ladder of ranges, each √2 times the one before, from 2⁻¹² to 2⁴ times ‖w‖ in absolute
//! distance, until the first that is not within; between the last two it bisects four times on the logarithm. Nothing is
//! random, and at most [`RangeSearch::MAX_EVALUATIONS`] losses are evaluated.

use burn::tensor::Tensor;

use crate::model::{Compute, Objective, to_host};
use crate::protocol::Progress;

use super::Plane;
use super::points::Points;
use super::vectors::norm;

/// Rungs of the ladder.
const RUNGS: usize = 33;
/// Bisections after it.
const BISECTIONS: usize = 4;
/// Points at which a range is tried.
const SIDES: [[f64; 2]; 4] = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];

/// A search for a range on its way.
#[derive(Debug, Clone)]
pub struct RangeSearch {
    points: Points,
    factor: f64,
    floor: f64,
    /// Loss at the centre, once it is known.
    center: Option<f64>,
    /// The first rung, in coordinates.
    first: f64,
    rung: usize,
    bisections: usize,
    /// The largest range that is known to be within the ceiling, and the smallest that is known not to be.
    within: Option<f64>,
    beyond: Option<f64>,
    evaluations: usize,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuggestedRange {
    /// Half-width in units of the directions, rounded down to two digits.
    pub range: f64,
    /// The loss that is not exceeded at the ends of the axes.
    pub ceiling: f64,
    /// Losses evaluated.
    pub evaluations: usize,
    /// Whether the loss stays below the ceiling as far as the search went, so that the range could be larger.
    pub is_open: bool,
}

impl RangeSearch {
    /// Losses that a search evaluates at most.
    pub const MAX_EVALUATIONS: usize = 1 + SIDES.len() * (RUNGS + BISECTIONS);
    /// How often its centre's loss a slice reaches by default.
    pub const FACTOR: f64 = 20.0;
    /// A centre's loss below this counts as this by default, or a fitted network would show its lowest point only.
    pub const FLOOR: f64 = 0.01;

    /// Starts a search around `weights` `[1, D]`. `factor` is above 1 and `floor` above 0.
    #[must_use]
    pub fn new(weights: Tensor<2>, plane: &Plane, factor: f64, floor: f64, compute: &Compute) -> Self {
        let length = norm(&to_host(weights.clone()));
        let longest = plane.norms().into_iter().fold(0.0, f64::max);
        let scale = if length > 0.0 { length } else { 1.0 } / longest;
        Self {
            points: Points::new(weights, &[plane.x(), plane.y()], compute),
            factor,
            floor,
            center: None,
            first: scale * 2_f64.powi(-12),
            rung: 0,
            bisections: 0,
            within: None,
            beyond: None,
            evaluations: 0,
        }
    }

    /// One range tried; true when the search is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let Some(center) = self.center else {
            self.center = Some(self.losses(vec![0.0; 2], objective)[0]);
            return false;
        };
        let Some(range) = self.next() else { return true };
        let ends = SIDES.iter().flatten().map(|side| side * range).collect();
        let ceiling = self.ceiling(center);
        // Written so that NaN is beyond.
        let is_within = self.losses(ends, objective).into_iter().all(|loss| loss <= ceiling);
        if self.beyond.is_some() {
            self.bisections += 1;
        }
        self.rung += 1;
        *(if is_within { &mut self.within } else { &mut self.beyond }) = Some(range);
        self.next().is_none()
    }

    /// Ranges tried, of at most so many.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let tried = self.rung as u64;
        let total = (RUNGS + BISECTIONS) as u64;
        Progress { done: if self.center.is_some() && self.next().is_none() { total } else { tried }, total }
    }

    /// What was found; `None` where not even the smallest range is within the ceiling, so that there is nothing to
    /// suggest.
    #[must_use]
    pub fn suggestion(&self) -> Option<SuggestedRange> {
        Some(SuggestedRange {
            range: two_digits(self.within?),
            ceiling: self.ceiling(self.center?),
            evaluations: self.evaluations,
            is_open: self.beyond.is_none(),
        })
    }

    /// The range to be tried next.
    fn next(&self) -> Option<f64> {
        match (self.within, self.beyond) {
            (_, None) if self.rung < RUNGS => Some(self.first * 2_f64.powf(0.5 * self.rung as f64)),
            (Some(within), Some(beyond)) if self.bisections < BISECTIONS => Some((within * beyond).sqrt()),
            _ => None,
        }
    }

    fn ceiling(&self, center: f64) -> f64 {
        self.factor * center.max(self.floor)
    }

    fn losses(&mut self, coordinates: Vec<f64>, objective: &Objective) -> Vec<f64> {
        self.evaluations += coordinates.len() / 2;
        self.points.evaluate(coordinates, objective).into_iter().map(|outcome| outcome.loss).collect()
    }
}

/// Searches at once, with the default factor and floor; `None` where the loss exceeds the ceiling everywhere.
#[must_use]
pub fn suggest_range(objective: &Objective, weights: &Tensor<2>, plane: &Plane) -> Option<SuggestedRange> {
    let (factor, floor) = (RangeSearch::FACTOR, RangeSearch::FLOOR);
    let mut search = RangeSearch::new(weights.clone(), plane, factor, floor, objective.compute());
    while !search.advance(objective) {}
    search.suggestion()
}

/// Rounded down to two significant digits.
fn two_digits(value: f64) -> f64 {
    // Through decimal text, so that 0.3 is 0.3 and not 0.30000000000000004.
    let power = value.log10().floor() as i32 - 1;
    let digits = (value * 10_f64.powi(-power) * (1.0 + 1e-12)).floor();
    format!("{digits}e{power}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_rounded_down_to_two_digits() {
        for (value, expected) in [(0.3, 0.3), (1.299, 1.2), (12.99, 12.0), (0.000_987, 0.000_98), (700.0, 700.0)] {
            assert_eq!(two_digits(value), expected);
        }
    }
}
