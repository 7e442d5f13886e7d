//! Iso-lines of a grid as polylines, by marching squares with linear interpolation along the grid's edges.
//!
//! Places are shares of the grid: 0 at the first column or row, 1 at the last, y upwards. A saddle cell is connected
//! by the mean of its corners. Cells with a masked corner have no lines.

use super::contour_style::ScaledGrid;

/// One connected piece of an iso-line.
#[derive(Debug, Clone, PartialEq)]
pub struct IsoLine {
    /// Its level, on the grid's scale.
    pub level: f32,
    /// Its points in order, in shares of the grid.
    pub points: Vec<[f32; 2]>,
    /// Whether its last point is joined to its first.
    pub is_closed: bool,
}

/// Stands for "no edge".
const NONE: u32 = u32::MAX;

/// The iso-lines of a grid at these levels, places on its scale, in the order of the levels.
#[must_use]
pub fn iso_lines(grid: &ScaledGrid, levels: &[f32]) -> Vec<IsoLine> {
    if grid.columns() < 2 || grid.rows() < 2 {
        return Vec::new();
    }
    let mut tracer = Tracer::new(grid);
    let mut lines = Vec::new();
    for &level in levels.iter().filter(|level| level.is_finite()) {
        tracer.link_cells(level);
        tracer.take_lines(level, &mut lines);
    }
    lines
}

/// The crossings of one level with the edges of the grid, and which of them are joined through a cell.
struct Tracer<'a> {
    grid: &'a ScaledGrid,
    /// For each edge the edges that its crossing is joined to: one through each of its two cells at most.
    links: Vec<[u32; 2]>,
    /// Edges with links.
    touched: Vec<u32>,
}

/// The four edges of a cell.
#[derive(Clone, Copy)]
enum Side {
    Bottom,
    Right,
    Top,
    Left,
}

/// The pairs of sides that are joined in a cell. Bits of `corners`: lower left, lower right, upper right, upper left
/// at the level or above.
fn joined(corners: u8, is_center_inside: bool) -> &'static [(Side, Side)] {
    use Side::{Bottom, Left, Right, Top};
    match corners {
        1 | 14 => &[(Left, Bottom)],
        2 | 13 => &[(Bottom, Right)],
        3 | 12 => &[(Left, Right)],
        4 | 11 => &[(Right, Top)],
        6 | 9 => &[(Bottom, Top)],
        7 | 8 => &[(Left, Top)],
        5 if is_center_inside => &[(Left, Top), (Bottom, Right)],
        10 if !is_center_inside => &[(Left, Top), (Bottom, Right)],
        5 | 10 => &[(Left, Bottom), (Right, Top)],
        _ => &[],
    }
}

impl<'a> Tracer<'a> {
    fn new(grid: &'a ScaledGrid) -> Self {
        let (columns, rows) = (grid.columns(), grid.rows());
        let num_edges = (columns - 1) * rows + columns * (rows - 1);
        Self { grid, links: vec![[NONE; 2]; num_edges], touched: Vec::new() }
    }

    /// The number of a cell's edge: all horizontal ones first, then the vertical ones.
    fn edge(&self, column: usize, row: usize, side: Side) -> u32 {
        let (columns, rows) = (self.grid.columns(), self.grid.rows());
        let horizontal = |row: usize| row * (columns - 1) + column;
        let vertical = |column: usize| (columns - 1) * rows + row * columns + column;
        (match side {
            Side::Bottom => horizontal(row),
            Side::Top => horizontal(row + 1),
            Side::Left => vertical(column),
            Side::Right => vertical(column + 1),
        }) as u32
    }

    fn link_cells(&mut self, level: f32) {
        let columns = self.grid.columns();
        let values = self.grid.values();
        for row in 0..self.grid.rows() - 1 {
            for column in 0..columns - 1 {
                let at = row * columns + column;
                let corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
                let bits = (0..4).fold(0, |bits, i| bits | (u8::from(corners[i] >= level) << i));
                if bits == 0 || bits == 15 || corners.iter().any(|value| *value >= ScaledGrid::MASKED) {
                    continue;
                }
                let mean = 0.25 * corners.iter().sum::<f32>();
                for &(a, b) in joined(bits, mean >= level) {
                    self.link(self.edge(column, row, a), self.edge(column, row, b));
                }
            }
        }
    }

    fn link(&mut self, a: u32, b: u32) {
        for (from, to) in [(a, b), (b, a)] {
            let links = &mut self.links[from as usize];
            if links[0] == NONE {
                links[0] = to;
                self.touched.push(from);
            } else {
                links[1] = to;
            }
        }
    }

    /// Turns all links into lines, and is then ready for another level.
    fn take_lines(&mut self, level: f32, lines: &mut Vec<IsoLine>) {
        let touched = std::mem::take(&mut self.touched);
        // Open lines first, from an end; what is left then are loops.
        for only_ends in [true, false] {
            for &start in &touched {
                let num_links = self.links[start as usize].iter().filter(|link| **link != NONE).count();
                if num_links == 0 || (only_ends && num_links == 2) {
                    continue;
                }
                let (edges, is_closed) = self.walk(start);
                let points = edges.into_iter().map(|edge| self.crossing(edge as usize, level)).collect();
                lines.push(IsoLine { level, points, is_closed });
            }
        }
    }

    /// Follows links, and removes them, until they end or come back to the start.
    fn walk(&mut self, start: u32) -> (Vec<u32>, bool) {
        let mut edges = vec![start];
        let mut at = start;
        while let Some(slot) = self.links[at as usize].iter().position(|link| *link != NONE) {
            let next = std::mem::replace(&mut self.links[at as usize][slot], NONE);
            if let Some(back) = self.links[next as usize].iter_mut().find(|link| **link == at) {
                *back = NONE;
            }
            if next == start {
                return (edges, true);
            }
            edges.push(next);
            at = next;
        }
        (edges, false)
    }

    /// Where the level crosses an edge.
    fn crossing(&self, edge: usize, level: f32) -> [f32; 2] {
        let (columns, rows) = (self.grid.columns(), self.grid.rows());
        let num_horizontal = (columns - 1) * rows;
        let (column, row, step) = if edge < num_horizontal {
            (edge % (columns - 1), edge / (columns - 1), [1, 0])
        } else {
            ((edge - num_horizontal) % columns, (edge - num_horizontal) / columns, [0, 1])
        };
        let values = self.grid.values();
        let a = values[row * columns + column];
        let b = values[(row + step[1]) * columns + column + step[0]];
        // One end is below the level and the other is not, so they differ.
        let t = ((level - a) / (b - a)).clamp(0.0, 1.0);
        let place = |index: usize, step: usize, count: usize| (index as f32 + t * step as f32) / (count - 1) as f32;
        [place(column, step[0], columns), place(row, step[1], rows)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::LossScale;

    fn grid(columns: usize, rows: usize, at: impl Fn(f32, f32) -> f32) -> ScaledGrid {
        let share = |i: usize, n: usize| i as f32 / (n - 1) as f32;
        let loss: Vec<f32> =
            (0..columns * rows).map(|i| at(share(i % columns, columns), share(i / columns, rows))).collect();
        ScaledGrid::new(&loss, columns, LossScale::Linear).unwrap()
    }

    #[test]
    fn circles_of_a_bowl() {
        let bowl = grid(101, 81, |x, y| (x - 0.5).powi(2) + (y - 0.5).powi(2));
        let lines = iso_lines(&bowl, &[0.01, 0.04, 0.09]);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            assert!(line.is_closed && line.points.len() > 20);
            // Linear interpolation of a quadratic with second derivative 2 errs by at most h²/4.
            for [x, y] in &line.points {
                let value = (x - 0.5).powi(2) + (y - 0.5).powi(2);
                assert!((value - line.level).abs() <= 0.25 / 80.0 / 80.0 + 1e-6, "{value} on {}", line.level);
            }
            // Neighbours on a line are in neighbouring cells.
            let near = |a: &[f32; 2], b: &[f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) < 0.02;
            assert!(line.points.windows(2).all(|pair| near(&pair[0], &pair[1])));
            assert!(near(&line.points[0], &line.points[line.points.len() - 1]));
        }
    }

    #[test]
    fn lines_end_at_the_border() {
        let ramp = grid(11, 7, |x, _| x);
        let lines = iso_lines(&ramp, &[0.25, 2.0, f32::NAN]);
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].is_closed);
        assert_eq!(lines[0].points.len(), 7);
        assert!(lines[0].points.iter().all(|[x, _]| (x - 0.25).abs() < 1e-6));
    }

    #[test]
    fn saddles_have_two_lines_that_do_not_cross() {
        let saddle = grid(21, 21, |x, y| (x - 0.51) * (y - 0.52));
        let lines = iso_lines(&saddle, &[0.01]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| !line.is_closed));
        let cell = ScaledGrid::new(&[1.0, 0.0, 0.0, 1.0], 2, LossScale::Linear).unwrap();
        assert_eq!(iso_lines(&cell, &[0.4]).len(), 2);
        assert_eq!(iso_lines(&cell, &[0.6]).len(), 2);
    }

    #[test]
    fn no_line_enters_a_cell_with_a_masked_corner() {
        let mut loss: Vec<f32> = (0..81).map(|i| (i % 9) as f32).collect();
        loss[40] = f32::NAN;
        let masked = ScaledGrid::new(&loss, 9, LossScale::Linear).unwrap();
        let lines = iso_lines(&masked, &[3.5]);
        assert_eq!(lines.len(), 2);
        // The masked point is in the middle; its cells are those from 3/8 to 5/8.
        let is_inside = |[_, y]: &[f32; 2]| *y > 0.376 && *y < 0.624;
        assert!(!lines.iter().flat_map(|line| &line.points).any(is_inside));
    }

    #[test]
    fn values_on_the_level_and_poor_grids_are_fine() {
        let flat = grid(5, 5, |_, _| 1.0);
        assert_eq!(iso_lines(&flat, &[1.0]), []);
        let peak = grid(5, 5, |x, y| if (x, y) == (0.5, 0.5) { 1.0 } else { 0.0 });
        let lines = iso_lines(&peak, &[1.0, 0.0]);
        assert!(lines.len() == 1 && lines[0].is_closed && lines[0].points.iter().all(|p| *p == [0.5, 0.5]));
        let row = ScaledGrid::new(&[1.0, 2.0, 3.0], 3, LossScale::Linear).unwrap();
        assert_eq!(iso_lines(&row, &[1.5]), []);
        let all_masked = ScaledGrid::new(&[f32::NAN; 9], 3, LossScale::Linear).unwrap();
        assert_eq!(iso_lines(&all_masked, &[1.0]), []);
    }
}
