//! A slice of the loss around one row of weights, from coarse to fine.
//!
//! Each point is w + a·x + b·y by its absolute coordinates, never by steps added up. The grid has an odd number of points a
//! side, so (0, 0) is one of them. Coarse levels take every 8th, 4th and 2nd row and column of the finest grid, and
//! what they computed is not computed again.

use burn::tensor::Tensor;

use crate::model::{Compute, Objective, to_host_f32};

use super::Plane;

/// Points of one pass at most; a fixed number, so that a GPU compiles one shape.
const POINTS_PER_UNIT: usize = 64;

/// A slice on its way.
#[derive(Debug, Clone)]
pub struct SliceJob {
    weights: Tensor<2>,
    directions: Tensor<2>,
    /// Coordinates of the finest grid, the same along both directions.
    axis: Vec<f64>,
    loss: Vec<f32>,
    /// Cells that wait, in the order of the levels.
    todo: std::vec::IntoIter<usize>,
    /// Strides of the levels that are not complete yet, coarsest first, with the cells that are open before each is.
    levels: Vec<(usize, usize)>,
}

/// A complete level of a slice: coordinates along both directions, and losses row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceLevel {
    /// Coordinates, ascending, 0 in the middle.
    pub axis: Vec<f64>,
    /// Losses, row per second coordinate.
    pub loss: Vec<f32>,
    /// Whether it is the finest.
    pub finest: bool,
}

impl SliceJob {
    /// Starts a slice at `weights` `[1, D]`, from −range to range, with `resolution` (odd) points a side.
    #[must_use]
    pub fn new(weights: Tensor<2>, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> Self {
        let half = (resolution / 2) as f64;
        // (i − half)/half is exactly 0 in the middle and mirrored around it.
        let axis: Vec<f64> = (0..resolution).map(|i| range * ((i as f64 - half) / half)).collect();
        let mut directions = plane.x.clone();
        directions.extend_from_slice(&plane.y);
        let directions = compute.tensor(directions, [2, plane.x.len()]);
        let (order, levels) = coarse_to_fine(resolution);
        Self {
            weights,
            directions,
            loss: vec![f32::NAN; resolution * resolution],
            todo: order.into_iter(),
            levels,
            axis,
        }
    }

    /// One unit of work; the level that it completes, if it completes one.
    pub fn advance(&mut self, objective: &Objective) -> Option<SliceLevel> {
        let size = POINTS_PER_UNIT.min(objective.chunk_size());
        let cells: Vec<usize> = self.todo.by_ref().take(size).collect();
        if !cells.is_empty() {
            let losses = self.losses(&cells, size, objective);
            for (&cell, loss) in cells.iter().zip(losses) {
                self.loss[cell] = loss;
            }
        }
        let mut complete = None;
        while let Some(&(stride, open)) = self.levels.first()
            && self.todo.len() <= open
        {
            complete = Some(stride);
            self.levels.remove(0);
        }
        complete.map(|stride| self.level(stride))
    }

    /// Whether the finest level is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.levels.is_empty()
    }

    fn losses(&self, cells: &[usize], size: usize, objective: &Objective) -> Vec<f32> {
        let mut coordinates = Vec::with_capacity(2 * size);
        // The last pass is filled up with the centre, so that every pass has the same shape.
        for cell in cells.iter().copied().chain(std::iter::repeat(self.loss.len() / 2)).take(size) {
            let n = self.axis.len();
            coordinates.extend([self.axis[cell % n] as f32, self.axis[cell / n] as f32]);
        }
        let offsets = objective.compute().tensor(coordinates, [size, 2]).matmul(self.directions.clone());
        to_host_f32(objective.losses(self.weights.clone() + offsets))
    }

    fn level(&self, stride: usize) -> SliceLevel {
        let n = self.axis.len();
        let rows = || (0..n).step_by(stride);
        SliceLevel {
            axis: rows().map(|i| self.axis[i]).collect(),
            loss: rows().flat_map(|j| rows().map(move |i| (i, j))).map(|(i, j)| self.loss[j * n + i]).collect(),
            finest: stride == 1,
        }
    }
}

/// All cells, coarsest level first, and for each level its stride with the number of cells that come after it.
///
/// A level keeps the centre and both ends: its stride divides half of the side.
fn coarse_to_fine(resolution: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
    let half = resolution / 2;
    let mut seen = vec![false; resolution * resolution];
    let mut order = Vec::with_capacity(seen.len());
    let mut levels = Vec::new();
    for stride in
        [8, 4, 2, 1].into_iter().filter(|stride| half.is_multiple_of(*stride) && half / stride >= 2 || *stride == 1)
    {
        for j in (0..resolution).step_by(stride) {
            for i in (0..resolution).step_by(stride) {
                let cell = j * resolution + i;
                if !std::mem::replace(&mut seen[cell], true) {
                    order.push(cell);
                }
            }
        }
        levels.push((stride, resolution * resolution - order.len()));
    }
    (order, levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_comes_once_and_the_finest_level_is_last() {
        for resolution in [3, 5, 9, 11, 17, 33, 51] {
            let (order, levels) = coarse_to_fine(resolution);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..resolution * resolution).collect::<Vec<_>>());
            assert_eq!(levels.last(), Some(&(1, 0)));
            assert!(levels.windows(2).all(|pair| pair[0].0 > pair[1].0 && pair[0].1 > pair[1].1), "{levels:?}");
        }
    }
}
