//! What lies on a slice, in its coordinates: the path, where the run and its average are, the length of the noise.

use crate::config::KnobId;
use crate::protocol::{AveragePoint, LossGrid, PathPoint};
use crate::ui::state::run_view::RunView;

/// Path points drawn and read at most.
const MAX_PATH_POINTS: usize = 600;

/// The points of the path that are drawn, oldest first.
pub fn drawn_path(grid: &LossGrid) -> impl Iterator<Item = &PathPoint> {
    let stride = grid.path.len().div_ceil(MAX_PATH_POINTS).max(1);
    grid.path.iter().step_by(stride).filter(|point| point.x.is_finite() && point.y.is_finite())
}

/// Where the run is, if that is not the centre.
#[must_use]
pub fn position(grid: &LossGrid) -> Option<&PathPoint> {
    grid.position.as_ref().filter(|point| !grid.view.follow && point.x.is_finite() && point.y.is_finite())
}

/// Where the average of the run's weights is, if it keeps one.
#[must_use]
pub fn average(grid: &LossGrid) -> Option<&AveragePoint> {
    grid.average.as_ref().filter(|AveragePoint { point, .. }| point.x.is_finite() && point.y.is_finite())
}

/// The ellipse of the noise's length, in coordinates.
pub fn noise_ring(grid: &LossGrid) -> Option<Vec<[f64; 2]>> {
    let [rx, ry] = grid.noise_radius.filter(|radius| radius.iter().all(|r| r.is_finite() && *r > 0.0))?;
    let angles = (0..=96).map(|i| f64::from(i) / 96.0 * std::f64::consts::TAU);
    Some(angles.map(|angle| [rx * angle.cos(), ry * angle.sin()]).collect())
}

/// Whether the run evaluates at −U too: with two-point noise every second sample is one of these.
#[must_use]
pub fn is_two_point(run: &RunView) -> bool {
    KnobId::TwoPoint.applies_to(run.info.optimizer) && run.knobs.two_point
}

/// Whether a sample is one of −U.
pub fn is_minus(run: &RunView, index: usize) -> bool {
    is_two_point(run) && !index.is_multiple_of(2)
}
