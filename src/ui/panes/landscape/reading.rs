//! What is read at a place: coordinates, loss and accuracy there, or the mark under the pointer.

use egui::Pos2;

use super::axes::AxisUnits;
use super::choices::Overlays;
use super::picture::Picture;
use super::slice_marks::{average, drawn_path, position};
use crate::protocol::{AveragePoint, Examples, LossGrid, PathPoint, RunId};
use crate::ui::kit::format;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// A mark nearer than this to the pointer is read out, in points.
const NEAR: f32 = 9.0;
/// A mark on a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mark {
    /// Earlier weights of the run.
    Path(PathPoint),
    /// Where the run is, while the slice stays.
    Now(PathPoint),
    /// Where another run is.
    Other(RunId, PathPoint),
    /// Where the average of the run's weights is.
    Average(AveragePoint),
}

impl Mark {
    const fn point(&self) -> &PathPoint {
        match self {
            Self::Path(point)
            | Self::Now(point)
            | Self::Other(_, point)
            | Self::Average(AveragePoint { point, .. }) => point,
        }
    }

    /// What it is, with its true loss and its distance from the plane.
    #[must_use]
    pub fn reading(&self, model: &Model, grid: &LossGrid) -> String {
        let point = self.point();
        let step = format::grouped(point.step);
        let what = match self {
            Self::Path(_) => format!("path at step {step}"),
            Self::Now(_) => format!("the run now, at step {step}"),
            Self::Other(run, _) => {
                let name = model.run(*run).map_or("another run", RunView::name);
                format!("{name} at step {step}")
            }
            Self::Average(AveragePoint { of, .. }) => format!("{} at step {step}", of.words()),
        };
        let (loss, distance) = (format::number(point.loss), format::number(point.distance));
        let kind = match grid.view.examples {
            Examples::Train => "true loss",
            Examples::Test => "true test loss",
        };
        format!("{what}\n{kind} {loss}, {distance} off the plane")
    }
}

/// The mark nearest to the pointer, if one is near. `screen` tells where coordinates with a loss are drawn.
pub fn nearest_mark(
    grid: &LossGrid,
    overlays: Overlays,
    pos: Pos2,
    screen: impl Fn(&PathPoint) -> Option<Pos2>,
) -> Option<Mark> {
    let path = drawn_path(grid).filter(|_| overlays.path).map(|point| Mark::Path(*point));
    let others = grid.others.iter().filter(|_| overlays.others).map(|(run, point)| Mark::Other(*run, *point));
    let now = position(grid).map(|point| Mark::Now(*point));
    let average = average(grid).filter(|_| overlays.average).map(|point| Mark::Average(*point));
    path.chain(now)
        .chain(others)
        .chain(average)
        .filter_map(|mark| Some((screen(mark.point())?.distance(pos), mark)))
        .filter(|(distance, _)| *distance < NEAR)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, mark)| mark)
}

/// Loss and accuracy at a place, interpolated between the four cells around it.
#[must_use]
pub fn reading(picture: &Picture, place: [f64; 2], units: AxisUnits) -> String {
    let grid = &picture.grid;
    let at = units.place(&grid.caption, place);
    let value = |values: &[f64], text: fn(f64) -> String| match bilinear(&grid.x, &grid.y, values, place) {
        Read::Value(value) => text(value),
        Read::Masked => "not finite".to_owned(),
        Read::Outside => "not computed here".to_owned(),
    };
    if let Some(minus) = &picture.minus {
        let steps = format!("steps {} and {}", format::grouped(grid.step), format::grouped(minus.step));
        let difference = picture.difference.as_deref().unwrap_or_default();
        return format!("{at}  A − B {}\n{steps}", value(difference, format::number));
    }
    if matches!(bilinear(&grid.x, &grid.y, &grid.loss, place), Read::Outside) {
        return format!("{at}  not computed here");
    }
    let loss = value(&grid.loss, format::number);
    let accuracy = grid.accuracy.as_deref().map(|accuracy| value(accuracy, format::percent));
    let accuracy = accuracy.map(|accuracy| format!("  accuracy {accuracy}")).unwrap_or_default();
    format!("{at}  loss {loss}{accuracy}\nbilinear, computed at step {}", format::grouped(grid.step))
}

/// What stands at a place of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Read {
    /// A number.
    Value(f64),
    /// A cell beside it is not finite.
    Masked,
    /// The grid does not reach that far.
    Outside,
}

/// Bilinear interpolation of the values themselves, whatever the colour scale.
#[must_use]
pub fn bilinear(xs: &[f64], ys: &[f64], values: &[f64], [x, y]: [f64; 2]) -> Read {
    let locate = |axis: &[f64], value: f64| -> Option<(usize, f64)> {
        let last = axis.len().checked_sub(2)?;
        if !(*axis.first()? - 1e-9..=*axis.last()? + 1e-9).contains(&value) {
            return None;
        }
        let cell = axis.partition_point(|a| *a <= value).saturating_sub(1).min(last);
        Some((cell, ((value - axis[cell]) / (axis[cell + 1] - axis[cell])).clamp(0.0, 1.0)))
    };
    let Some(((i, tx), (j, ty))) = locate(xs, x).zip(locate(ys, y)) else { return Read::Outside };
    let corners = [(0, 0, (1.0 - tx) * (1.0 - ty)), (1, 0, tx * (1.0 - ty)), (0, 1, (1.0 - tx) * ty), (1, 1, tx * ty)];
    let mut sum = 0.0;
    // On a line of the grid, what stands beside it does not matter, also where it is not finite.
    for (right, up, weight) in corners.into_iter().filter(|(.., weight)| *weight > 0.0) {
        match values.get((j + up) * xs.len() + i + right) {
            Some(value) => sum += weight * value,
            None => return Read::Outside,
        }
    }
    if sum.is_finite() { Read::Value(sum) } else { Read::Masked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bilinear_function_is_met_exactly_and_nothing_is_read_outside() {
        let xs = [-2.0, -1.0, 0.0, 1.0, 2.0];
        let ys = [-1.0, 0.0, 1.0];
        let f = |x: f64, y: f64| 1.0 + 2.0 * x - y + 0.5 * x * y;
        let values: Vec<f64> = ys.iter().flat_map(|y| xs.iter().map(move |x| f(*x, *y))).collect();
        for place in [[0.3, 0.4], [-2.0, -1.0], [2.0, 1.0], [1.99, -0.5]] {
            let Read::Value(read) = bilinear(&xs, &ys, &values, place) else { panic!("{place:?}") };
            assert!((read - f(place[0], place[1])).abs() < 1e-12, "{place:?}");
        }
        assert_eq!(bilinear(&xs, &ys, &values, [2.1, 0.0]), Read::Outside);
        assert_eq!(bilinear(&xs, &ys, &values, [f64::NAN, 0.0]), Read::Outside);
        assert_eq!(bilinear(&[0.0], &[0.0], &[1.0], [0.0, 0.0]), Read::Outside);
        let holed: Vec<f64> = values.iter().map(|value| if *value > 4.0 { f64::NAN } else { *value }).collect();
        assert_eq!(bilinear(&xs, &ys, &holed, [1.9, -0.9]), Read::Masked);
    }
}
