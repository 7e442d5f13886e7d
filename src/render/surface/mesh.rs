//! The surface as triangles: values sampled as finely as the picture shows, slopes by finite differences.
//!
//! A mesh depends on the grid alone. Heights come from the limits in the vertex shader, so a new colour scale or another
//! camera needs no new mesh.

use crate::render::contour_style::ScaledGrid;

/// Squares along a side at least, where the grid is coarser than that.
const MIN_SQUARES: usize = 96;
/// Squares along a side at most.
const MAX_SQUARES: usize = 256;
/// A valley is what lies below the mean of its surroundings at this share of the side.
const SURROUNDINGS: f32 = 0.04;

/// What the vertex shader reads; `tests/gpu/shaders.rs` compares the locations.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SurfaceVertex {
    /// Shares of the grid.
    pub place: [f32; 2],
    /// Value on the grid's scale.
    pub value: f32,
    /// Change of the value along a whole side of the grid, in both directions.
    pub slope: [f32; 2],
    /// How far the mean of the surroundings is above the value.
    pub hollow: f32,
}

/// Triangles; cells with a masked corner have none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Mesh {
    pub(super) vertices: Vec<SurfaceVertex>,
    pub(super) indices: Vec<u32>,
}

/// Values sampled at equal distances.
struct Samples<'a> {
    grid: &'a ScaledGrid,
    squares: [usize; 2],
    values: Vec<Option<f32>>,
}

impl Mesh {
    pub(super) fn new(grid: &ScaledGrid, use_cubic: bool) -> Self {
        let samples = Samples::new(grid, use_cubic);
        let [columns, rows] = samples.squares.map(|squares| squares + 1);
        let vertices = (0..columns * rows).map(|at| samples.vertex(at % columns, at / columns)).collect();
        let mut indices = Vec::with_capacity(6 * samples.squares[0] * samples.squares[1]);
        for row in 0..samples.squares[1] {
            for column in 0..samples.squares[0] {
                if samples.is_whole(column, row) {
                    let at = (row * columns + column) as u32;
                    let above = at + columns as u32;
                    indices.extend([at, at + 1, above, above, at + 1, above + 1]);
                }
            }
        }
        Self { vertices, indices }
    }
}

/// Squares along a side with this many grid points: a whole number a cell, unless the grid is very fine.
fn squares(points: usize) -> usize {
    match points.saturating_sub(1) {
        0 => 1,
        cells if cells >= MIN_SQUARES => cells.min(MAX_SQUARES),
        cells => cells * MIN_SQUARES.div_ceil(cells),
    }
}

impl<'a> Samples<'a> {
    fn new(grid: &'a ScaledGrid, use_cubic: bool) -> Self {
        let squares = [squares(grid.columns()), squares(grid.rows())];
        let mut samples = Self { grid, squares, values: Vec::with_capacity((squares[0] + 1) * (squares[1] + 1)) };
        for row in 0..=squares[1] {
            for column in 0..=squares[0] {
                let [x, y] = samples.grid_place(column, row);
                samples.values.push(grid.inner_at(x, y, use_cubic));
            }
        }
        samples
    }

    /// Grid coordinates of a sample. Whole numbers stay whole, so that samples on a grid line are seen as such.
    fn grid_place(&self, column: usize, row: usize) -> [f32; 2] {
        let place = |index: usize, cells: usize, squares: usize| (index * cells) as f32 / squares as f32;
        let [across, up] = self.squares;
        [place(column, self.grid.columns() - 1, across), place(row, self.grid.rows() - 1, up)]
    }

    fn get(&self, column: i64, row: i64) -> Option<f32> {
        let [across, up] = self.squares.map(|squares| squares as i64);
        let is_inside = (0..=across).contains(&column) && (0..=up).contains(&row);
        is_inside.then(|| self.values[(row * (across + 1) + column) as usize]).flatten()
    }

    fn vertex(&self, column: usize, row: usize) -> SurfaceVertex {
        let place = [column as f32 / self.squares[0] as f32, row as f32 / self.squares[1] as f32];
        let (x, y) = (column as i64, row as i64);
        let Some(value) = self.get(x, y) else {
            return SurfaceVertex { place, value: 0.0, slope: [0.0; 2], hollow: 0.0 };
        };
        let slope = [(1, 0), (0, 1)].map(|(dx, dy)| {
            let (before, after) = (self.get(x - dx, y - dy), self.get(x + dx, y + dy));
            let steps = before.is_some() as u8 + after.is_some() as u8;
            let change = after.unwrap_or(value) - before.unwrap_or(value);
            change / f32::from(steps.max(1)) * self.squares[dy as usize] as f32
        });
        let [across, up] = self.squares.map(|squares| ((SURROUNDINGS * squares as f32).round() as i64).max(1));
        let around = [(across, 0), (-across, 0), (0, up), (0, -up)].map(|(dx, dy)| self.get(x + dx, y + dy));
        let mean = around.map(|near| near.unwrap_or(value)).iter().sum::<f32>() / 4.0;
        SurfaceVertex { place, value, slope, hollow: mean - value }
    }

    /// Whether nothing in a square is masked.
    fn is_whole(&self, column: usize, row: usize) -> bool {
        let corners = [(0, 0), (1, 0), (0, 1), (1, 1)];
        if corners.iter().any(|(i, j)| self.get(column as i64 + i, row as i64 + j).is_none()) {
            return false;
        }
        // Where squares are wider than cells, masked points can lie between the samples.
        let is_coarse = self.squares[0] + 1 < self.grid.columns() || self.squares[1] + 1 < self.grid.rows();
        let (low, high) = (self.grid_place(column, row), self.grid_place(column + 1, row + 1));
        !is_coarse
            || (low[1].floor() as usize..=high[1].ceil() as usize).all(|y| {
                let start = y * self.grid.columns();
                let columns = start + low[0].floor() as usize..=start + high[0].ceil() as usize;
                self.grid.values()[columns].iter().all(|value| *value < ScaledGrid::MASKED)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::LossScale;

    fn grid(columns: usize, loss: &[f32]) -> ScaledGrid {
        ScaledGrid::new(loss, columns, LossScale::Linear).unwrap()
    }

    #[test]
    fn a_plane_has_its_slopes() {
        let loss: Vec<f32> =
            (0..21 * 11).map(|i| 3.0 * (i % 21) as f32 / 20.0 - 2.0 * (i / 21) as f32 / 10.0).collect();
        let mesh = Mesh::new(&grid(21, &loss), true);
        assert_eq!(mesh.indices.len(), 6 * 100 * 100);
        // Catmull-Rom repeats the last values, so a plane is met exactly away from the border.
        let inner = mesh.vertices.iter().filter(|v| v.place.iter().all(|share| (0.15..0.85).contains(share)));
        for vertex in inner {
            let expected = 3.0 * vertex.place[0] - 2.0 * vertex.place[1];
            assert!((vertex.value - expected).abs() < 1e-4, "{vertex:?}");
            assert!((vertex.slope[0] - 3.0).abs() < 1e-2 && (vertex.slope[1] + 2.0).abs() < 1e-2, "{vertex:?}");
            assert!(vertex.hollow.abs() < 1e-4);
        }
    }

    #[test]
    fn cells_with_a_masked_corner_are_cut_out() {
        for (columns, masked) in [(9, 40), (300, 150 * 300 + 151)] {
            let mut loss = vec![1.0; columns * columns];
            loss[masked] = f32::NAN;
            let mesh = Mesh::new(&grid(columns, &loss), true);
            let cells = (columns - 1) as f32;
            let hole = [(masked % columns) as f32 / cells, (masked / columns) as f32 / cells];
            let middle = |triangle: &[u32], axis: usize| {
                triangle.iter().map(|index| mesh.vertices[*index as usize].place[axis]).sum::<f32>() / 3.0
            };
            let is_in_hole =
                |triangle: &[u32]| (0..2).all(|axis| (middle(triangle, axis) - hole[axis]).abs() < 1.0 / cells);
            assert!(!mesh.indices.chunks(3).any(is_in_hole), "{columns}");
            let whole = Mesh::new(&grid(columns, &vec![1.0; columns * columns]), true);
            let lost = 1.0 - mesh.indices.len() as f32 / whole.indices.len() as f32;
            assert!(lost > 0.0 && lost < 0.07, "{columns}: {lost}");
        }
    }

    #[test]
    fn small_and_empty_grids_have_a_mesh() {
        assert_eq!(Mesh::new(&grid(1, &[2.0]), true).indices.len(), 6);
        assert_eq!(Mesh::new(&grid(2, &[1.0, 2.0, 3.0, 4.0]), true).indices.len(), 6 * 96 * 96);
        assert_eq!(Mesh::new(&grid(3, &[1.0, 2.0, 3.0]), true).indices.len(), 6 * 96);
        let empty = Mesh::new(&grid(3, &[f32::INFINITY; 9]), true);
        assert!(empty.indices.is_empty());
    }
}
