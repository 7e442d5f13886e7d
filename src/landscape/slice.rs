//! A slice of the loss around one row of weights, from coarse to fine.
//!
//! Each point is w + a·x + b·y by its absolute coordinates, never by steps added up. An axis with an odd number of points
//! has an exact 0 in its middle, so the centre of the grid is the loss at w itself. Where both axes are odd, coarse levels
//! take every 8th, 4th and 2nd row and column of the finest grid, and what they computed is not computed again.

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
        Self {
            points: Points::new(weights, &[plane.x(), plane.y()], compute),
            grid: SliceGrid { loss: vec![f64::NAN; x.len() * y.len()], accuracy: None, x, y },
            todo: order.into_iter(),
            levels,
            complete: None,
        }
    }

    /// Measures the accuracy too, at the cost of reading it back.
    #[must_use]
    pub fn with_accuracy(mut self) -> Self {
        self.points.ask_for_accuracy();
        self.grid.accuracy = Some(vec![f64::NAN; self.grid.loss.len()]);
        self
    }

    /// One unit of work; true when the finest level is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let cells: Vec<usize> = self.todo.by_ref().take(Points::unit(objective)).collect();
        if !cells.is_empty() {
            let columns = self.grid.x.len();
            let place = |&cell: &usize| [self.grid.x[cell % columns], self.grid.y[cell / columns]];
            let outcomes = self.points.evaluate(cells.iter().flat_map(place).collect(), objective);
            for (cell, outcome) in cells.into_iter().zip(outcomes) {
                self.grid.loss[cell] = outcome.loss;
                if let Some(accuracy) = &mut self.grid.accuracy {
                    accuracy[cell] = outcome.accuracy;
                }
            }
        }
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
        let total = self.grid.loss.len();
        Progress { done: (total - self.todo.len()) as u64, total: total as u64 }
    }

    /// The finest complete level, the first time that it is asked for.
    pub fn take_level(&mut self) -> Option<SliceLevel> {
        let (stride, is_taken) = self.complete?;
        self.complete = Some((stride, true));
        (!is_taken).then(|| self.level(stride))
    }

    /// The finest complete level; `None` before the coarsest one is complete.
    #[must_use]
    pub fn finest(&self) -> Option<SliceGrid> {
        self.complete.map(|(stride, _)| self.level(stride).grid)
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

/// All cells, coarsest level first, and for each level its stride with the number of cells that come after it.
///
/// A level keeps the middle and both ends of both axes: its stride divides half of each side.
fn coarse_to_fine(columns: usize, rows: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
    let fits = |stride: usize, side: usize| {
        let half = side / 2;
        side % 2 == 1 && half.is_multiple_of(stride) && half / stride >= 2
    };
    let mut seen = vec![false; columns * rows];
    let mut order = Vec::with_capacity(seen.len());
    let mut levels = Vec::new();
    for stride in [8, 4, 2, 1].into_iter().filter(|&s| s == 1 || (fits(s, columns) && fits(s, rows))) {
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
