//! A slice of the loss around one row of weights, from coarse to fine.
//!
//! Each point is w + a·x + b·y by its absolute coordinates, never by steps added up. An axis with an odd number of points
//! has an exact 0 in its middle, so the centre of the grid is the loss at w itself. Where both axes are odd, coarse levels
//! take every so many rows and columns of the finest grid, and what they computed is not computed again. Where the number
//! of points allows no coarse level, a few points of a grid of their own come first.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::model::{Compute, Objective};
use crate::protocol::{Progress, SliceGrid};

use super::Plane;
use super::points::Points;

/// A slice on its way.
#[derive(Debug, Clone)]
pub struct SliceJob {
    points: Points,
    /// The finest grid; cells that are not computed yet hold NaN and are never shown.
    grid: SliceGrid,
    /// Cells that wait, in the order of the levels.
    todo: std::vec::IntoIter<usize>,
    /// Strides of the levels that are not complete yet, coarsest first, with the cells that are open before each is.
    levels: Vec<(usize, usize)>,
    /// Stride of the finest complete level, and whether it was taken.
    complete: Option<(usize, bool)>,
    /// A coarse grid that shares nothing but its ends and its middle with the finest.
    preview: Option<Preview>,
}

/// A coarse grid that comes before all levels.
#[derive(Debug, Clone)]
struct Preview {
    grid: SliceGrid,
    /// Cells that are computed.
    done: usize,
    is_taken: bool,
}

impl Preview {
    fn is_complete(&self) -> bool {
        self.done == self.grid.loss.len()
    }
}

/// A complete level of a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceLevel {
    /// Coordinates and losses.
    pub grid: SliceGrid,
    /// Whether it is the finest.
    pub finest: bool,
}

/// `count` coordinates from −range to range: mirrored around 0, which is one of them where the count is odd. These are
/// NumPy's `linspace(-range, range, count)` to the last digit or two; a single one is 0.
#[must_use]
pub fn symmetric_axis(range: f64, count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1) as f64;
    (0..count).map(|i| if count == 1 { 0.0 } else { range * ((2.0 * i as f64 - last) / last) }).collect()
}

/// `count` coordinates from `from` to `to`, both included; a single one is `from`.
#[must_use]
pub fn linear_axis(from: f64, to: f64, count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    // Written so that both ends are met exactly.
    (0..count).map(|i| from * ((last - i as f64) / last) + to * (i as f64 / last)).collect()
}

impl SliceJob {
    /// Starts a slice at `weights` `[1, D]`, from −range to range, with `resolution` points a side.
    #[must_use]
    pub fn new(weights: Tensor<2>, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> Self {
        let axis = symmetric_axis(range, resolution);
        Self::on_axes(weights, plane, [axis.clone(), axis], compute)
    }

    /// Starts a slice at `weights` `[1, D]` at all pairs of the coordinates along the first and the second direction.
    #[must_use]
    pub fn on_axes(weights: Tensor<2>, plane: &Plane, [x, y]: [Vec<f64>; 2], compute: &Compute) -> Self {
        let (order, levels) = coarse_to_fine(x.len(), y.len());
        let preview = has_preview(x.len(), y.len(), &levels).then(|| [&x, &y].map(|axis| preview_axis(axis)));
        Self {
            points: Points::new(weights, &[plane.x(), plane.y()], compute),
            grid: SliceGrid { loss: vec![f64::NAN; x.len() * y.len()], accuracy: None, x, y },
            todo: order.into_iter(),
            levels,
            complete: None,
            preview: preview.map(|[x, y]| Preview {
                grid: SliceGrid { loss: vec![f64::NAN; x.len() * y.len()], accuracy: None, x, y },
                done: 0,
                is_taken: false,
            }),
        }
    }

    /// Measures the accuracy too, at the cost of reading it back.
    #[must_use]
    pub fn with_accuracy(mut self) -> Self {
        self.points.ask_for_accuracy();
        for grid in [Some(&mut self.grid), self.preview.as_mut().map(|preview| &mut preview.grid)].into_iter().flatten()
        {
            grid.accuracy = Some(vec![f64::NAN; grid.loss.len()]);
        }
        self
    }

    /// A piece of it: some of its rows, and nothing coarse before them.
    #[must_use]
    pub fn only(mut self, rows: Range<usize>) -> Self {
        let columns = self.grid.x.len();
        let cells: Vec<usize> = (rows.start * columns..rows.end.min(self.grid.y.len()) * columns).collect();
        (self.todo, self.levels, self.preview) = (cells.into_iter(), vec![(1, 0)], None);
        self
    }

    /// The slice with what its pieces found: the losses of all rows, and their accuracies where they were asked for. Nothing is
    /// left to be computed.
    #[must_use]
    pub fn known(mut self, loss: Vec<f64>, accuracy: Option<Vec<f64>>) -> Self {
        (self.grid.loss, self.grid.accuracy) = (loss, accuracy);
        (self.todo, self.levels, self.preview) = (Vec::new().into_iter(), Vec::new(), None);
        self.complete = Some((1, false));
        self
    }

    /// Cells that are computed before there is anything to see.
    #[must_use]
    pub fn first_cells(&self) -> usize {
        let preview = self.preview.as_ref().map(|preview| preview.grid.loss.len());
        let level = self.levels.first().map_or(0, |(_, open)| self.grid.loss.len() - open);
        preview.unwrap_or(level)
    }

    /// One unit of work; true when the finest level is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let unit = Points::unit(objective);
        if let Some(preview) = self.preview.as_mut().filter(|preview| !preview.is_complete()) {
            let cells: Vec<usize> = (preview.done..preview.grid.loss.len()).take(unit).collect();
            preview.done += cells.len();
            evaluate(&self.points, &mut preview.grid, &cells, objective);
            return false;
        }
        let cells: Vec<usize> = self.todo.by_ref().take(unit).collect();
        evaluate(&self.points, &mut self.grid, &cells, objective);
        while let Some(&(stride, open)) = self.levels.first()
            && self.todo.len() <= open
        {
            self.complete = Some((stride, false));
            self.levels.remove(0);
        }
        self.is_complete()
    }

    /// Whether the finest level is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.levels.is_empty()
    }

    /// Cells computed, of all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (done, before) = self.preview.as_ref().map_or((0, 0), |preview| (preview.done, preview.grid.loss.len()));
        let total = self.grid.loss.len();
        Progress { done: (done + total - self.todo.len()) as u64, total: (before + total) as u64 }
    }

    /// The finest complete level, the first time that it is asked for.
    pub fn take_level(&mut self) -> Option<SliceLevel> {
        if let Some((stride, is_taken)) = self.complete {
            self.complete = Some((stride, true));
            return (!is_taken).then(|| self.level(stride));
        }
        let preview = self.preview.as_mut().filter(|preview| preview.is_complete() && !preview.is_taken)?;
        preview.is_taken = true;
        Some(SliceLevel { grid: preview.grid.clone(), finest: false })
    }

    /// The finest complete level; `None` before the coarsest one is complete.
    #[must_use]
    pub fn finest(&self) -> Option<SliceGrid> {
        let preview =
            || self.preview.as_ref().filter(|preview| preview.is_complete()).map(|preview| preview.grid.clone());
        self.complete.map(|(stride, _)| self.level(stride).grid).or_else(preview)
    }

    fn level(&self, stride: usize) -> SliceLevel {
        let grid = &self.grid;
        let (columns, rows) = (grid.x.len(), grid.y.len());
        let thin = |values: &[f64]| -> Vec<f64> {
            let row = |j: usize| values[j * columns..(j + 1) * columns].iter().step_by(stride).copied();
            (0..rows).step_by(stride).flat_map(row).collect()
        };
        let axis = |values: &[f64]| values.iter().step_by(stride).copied().collect();
        let grid = SliceGrid {
            x: axis(&grid.x),
            y: axis(&grid.y),
            loss: thin(&grid.loss),
            accuracy: grid.accuracy.as_deref().map(thin),
        };
        SliceLevel { grid, finest: stride == 1 }
    }
}

/// Computes cells of a grid.
fn evaluate(points: &Points, grid: &mut SliceGrid, cells: &[usize], objective: &Objective) {
    if cells.is_empty() {
        return;
    }
    let columns = grid.x.len();
    let place = |&cell: &usize| [grid.x[cell % columns], grid.y[cell / columns]];
    let outcomes = points.evaluate(cells.iter().flat_map(place).collect(), objective);
    for (&cell, outcome) in cells.iter().zip(outcomes) {
        grid.loss[cell] = outcome.loss;
        if let Some(accuracy) = &mut grid.accuracy {
            accuracy[cell] = outcome.accuracy;
        }
    }
}

/// Points a side from which on a slice is too slow to come at once.
const LARGE: usize = 11;
/// Rows and columns of which a level takes one, at most.
const COARSEST: usize = 8;
/// Points a side of a preview.
const PREVIEW: usize = 9;

/// Whether a few points of their own come first: both axes have a middle and are long, and no level is coarse.
fn has_preview(columns: usize, rows: usize, levels: &[(usize, usize)]) -> bool {
    let stride = levels.first().map_or(1, |(stride, _)| *stride);
    let sides = [columns, rows];
    let is_fine = stride == 1 || sides.iter().all(|side| side / stride > 2 * PREVIEW);
    is_fine && sides.iter().all(|side| side % 2 == 1 && *side >= LARGE)
}

/// The ends, the middle and a few points between them of an axis with equal distances.
fn preview_axis(axis: &[f64]) -> Vec<f64> {
    let half = axis.len() / 2;
    let count = PREVIEW.min(half | 1);
    let middle = axis[half];
    let mut found = linear_axis(axis[0], axis[axis.len() - 1], count);
    // The centre is met exactly.
    found[count / 2] = middle;
    found
}

/// All cells, coarsest level first, and for each level its stride with the number of cells that come after it.
///
/// A level keeps the middle and both ends of both axes: its stride divides half of each side. Each has at least twice the
/// points a side of the one before.
fn coarse_to_fine(columns: usize, rows: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
    let fits = |stride: usize, side: usize| {
        let half = side / 2;
        side % 2 == 1 && half.is_multiple_of(stride) && half / stride >= 2
    };
    let mut seen = vec![false; columns * rows];
    let mut order = Vec::with_capacity(seen.len());
    let mut levels = Vec::new();
    let mut coarser = usize::MAX;
    for stride in (1..=COARSEST).rev() {
        let is_level = stride == 1 || (fits(stride, columns) && fits(stride, rows));
        if !is_level || 2 * stride > coarser {
            continue;
        }
        coarser = stride;
        for j in (0..rows).step_by(stride) {
            for i in (0..columns).step_by(stride) {
                let cell = j * columns + i;
                if !std::mem::replace(&mut seen[cell], true) {
                    order.push(cell);
                }
            }
        }
        levels.push((stride, columns * rows - order.len()));
    }
    (order, levels)
}

/// Slices on several planes of one objective at one row of weights, one after another: small multiples.
#[derive(Debug, Clone)]
pub struct SliceSet {
    jobs: Vec<SliceJob>,
    /// The job that works now; the number of jobs when all are done.
    current: usize,
}

impl SliceSet {
    /// Starts with the first of `jobs`.
    #[must_use]
    pub const fn new(jobs: Vec<SliceJob>) -> Self {
        Self { jobs, current: 0 }
    }

    /// The same square slice at `weights` `[1, D]` on each of `planes`.
    #[must_use]
    pub fn on_planes(weights: &Tensor<2>, planes: &[Plane], range: f64, resolution: usize, compute: &Compute) -> Self {
        let job = |plane: &Plane| SliceJob::new(weights.clone(), plane, range, resolution, compute);
        Self::new(planes.iter().map(job).collect())
    }

    /// One unit of work; true when all slices are complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if let Some(job) = self.jobs.get_mut(self.current)
            && job.advance(objective)
        {
            self.current += 1;
        }
        self.current == self.jobs.len()
    }

    /// Cells computed, of all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let each = self.jobs.iter().map(SliceJob::progress);
        each.fold(Progress { done: 0, total: 0 }, |sum, job| Progress {
            done: sum.done + job.done,
            total: sum.total + job.total,
        })
    }

    /// The slices that are complete, in the order of the planes. [`SliceGrid::shared_limits`] gives them one scale.
    #[must_use]
    pub fn complete(&self) -> Vec<SliceGrid> {
        self.jobs[..self.current].iter().filter_map(SliceJob::finest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_comes_once_and_the_finest_level_is_last() {
        let sides = [1, 2, 3, 4, 5, 9, 11, 17, 33, 50, 51];
        for (columns, rows) in sides.iter().flat_map(|&n| sides.map(|m| (n, m))) {
            let (order, levels) = coarse_to_fine(columns, rows);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..columns * rows).collect::<Vec<_>>());
            assert_eq!(levels.last(), Some(&(1, 0)));
            assert!(levels.windows(2).all(|pair| pair[0].0 > pair[1].0 && pair[0].1 > pair[1].1), "{levels:?}");
        }
    }

    #[test]
    fn every_odd_resolution_from_eleven_on_has_something_coarse_to_show_first() {
        for side in (LARGE..=201).step_by(2) {
            let (_, levels) = coarse_to_fine(side, side);
            let (stride, _) = levels[0];
            let axis = symmetric_axis(1.5, side);
            let first = if has_preview(side, side, &levels) {
                let found = preview_axis(&axis);
                let count = found.len();
                assert!(count % 2 == 1 && found[count / 2] == 0.0, "{side}: {found:?}");
                assert_eq!((found[0], found[count - 1]), (-1.5, 1.5));
                count
            } else {
                (side - 1) / stride + 1
            };
            assert!(first <= 2 * PREVIEW + 1 && 3 * first <= 2 * side, "{side} points begin with {first}");
        }
    }

    #[test]
    fn axes_are_mirrored_meet_their_ends_and_have_a_zero_in_the_middle() {
        for count in 1..=102 {
            for range in [0.1, 1.0, 3.7] {
                let axis = symmetric_axis(range, count);
                let mirrored: Vec<f64> = axis.iter().rev().map(|value| -value).collect();
                assert_eq!(axis, mirrored);
                assert!(count % 2 == 0 || axis[count / 2] == 0.0);
                assert!(count == 1 || (axis[0] == -range && axis[count - 1] == range));
                // NumPy's arithmetic: start + i * step.
                let step = 2.0 * range / (count.max(2) - 1) as f64;
                let numpy = |i: usize| -range + i as f64 * step;
                assert!(count == 1 || axis.iter().enumerate().all(|(i, a)| (a - numpy(i)).abs() < 4e-15 * range));
            }
        }
        assert_eq!(linear_axis(-0.5, 1.5, 5), [-0.5, 0.0, 0.5, 1.0, 1.5]);
        assert_eq!(linear_axis(2.0, 3.0, 1), [2.0]);
        assert_eq!(linear_axis(0.1, 0.7, 8)[7], 0.7);
    }
}
