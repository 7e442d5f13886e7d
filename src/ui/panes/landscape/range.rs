//! How far slices along a newly chosen plane reach: as far as what they are about.

use std::sync::Arc;

use crate::protocol::{LivePlane, LossGrid, RunId};
use crate::ui::plots::slice_frame::RANGES;
use crate::ui::state::model::Model;

/// Room around minima and paths, as a factor.
const MARGIN: f64 = 1.3;
/// A range that is nearer than this to the one that is needed stays, as a factor.
const NEAR: f64 = 1.15;

/// The runs that a plane is made of.
#[must_use]
pub const fn runs_of(plane: &LivePlane) -> &[RunId] {
    match plane {
        LivePlane::Random { .. } => &[],
        LivePlane::Minima(runs) => runs,
        LivePlane::Eigenvectors(run) | LivePlane::PathPca(run) => std::slice::from_ref(run),
    }
}

/// Waits for slices along a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RangeFit {
    plane: LivePlane,
    /// The newest plane when it was chosen.
    generation: u64,
}

impl RangeFit {
    /// For a plane that the runs themselves make; the range of random directions is the experiment's.
    #[must_use]
    pub fn new(plane: LivePlane, model: &Model) -> Option<Self> {
        let slices = model.runs.iter().filter_map(|run| run.slice.as_ref());
        let generation = slices.map(|slice| slice.grid.generation).max().unwrap_or(0);
        (!matches!(plane, LivePlane::Random { .. })).then_some(Self { plane, generation })
    }

    /// The plane.
    #[must_use]
    pub const fn plane(&self) -> &LivePlane {
        &self.plane
    }

    /// How far what the slices are about lies from the middle; `None` before all slices that tell it are there.
    #[must_use]
    pub fn reach(&self, model: &Model) -> Option<f64> {
        let runs = runs_of(&self.plane);
        let slice = |run: &RunId| {
            let grid = &model.run(*run)?.slice.as_ref()?.grid;
            (grid.view.plane == self.plane && grid.generation > self.generation).then_some(grid)
        };
        let slices = runs.iter().map(slice).collect::<Option<Vec<&Arc<LossGrid>>>>()?;
        let places = slices.into_iter().flat_map(|grid| {
            let others = grid.others.iter().filter(|(run, _)| runs.contains(run)).map(|(_, point)| point);
            let is_path = !matches!(self.plane, LivePlane::Minima(_));
            others.chain(grid.path.iter().filter(move |_| is_path))
        });
        let reach = places.flat_map(|point| [point.x.abs(), point.y.abs()]).filter(|reach| reach.is_finite());
        Some(reach.fold(0.0, f64::max))
    }
}

/// The range in which all is seen that lies so far from the middle.
#[must_use]
pub fn range_for(reach: f64) -> f64 {
    round_up(MARGIN * reach).clamp(RANGES[0], RANGES[1])
}

/// Whether a range is as good as another.
#[must_use]
pub fn is_near(range: f64, other: f64) -> bool {
    (range / other).ln().abs() < NEAR.ln()
}

/// Rounded up to two digits.
fn round_up(value: f64) -> f64 {
    let power = value.log10().floor() as i32 - 1;
    let digits = (value / 10_f64.powi(power) - 1e-9).ceil();
    // Through decimal text, so that 0.3 is 0.3 and not 0.30000000000000004.
    format!("{digits}e{power}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_rounded_up_to_two_digits() {
        for (value, expected) in [(0.3, 0.3), (1.201, 1.3), (12.01, 13.0), (0.000_981, 0.000_99), (1.0, 1.0)] {
            assert_eq!(round_up(value), expected);
        }
    }
}
