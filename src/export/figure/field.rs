//! Paints one slice: colours between the grid's points, iso-lines, hatched cells where there is no number.
//!
//! Between points log₁₀ of the loss is interpolated bilinearly, which never leaves the range of its corners. The
//! iso-lines are drawn pixel by pixel from the distance to the nearest level, |q − level| / ‖∇q‖ with q = log₁₀ of the loss,
//! so that they are smooth at every size and need no tracing.

use super::raster::{Area, Canvas, Rgb};
use super::scale::LogScale;
use crate::protocol::SliceGrid;

/// The two greys of cells without a number.
pub const HATCH: [Rgb; 2] = [[205, 205, 205], [170, 170, 170]];
const LINE: Rgb = [255, 255, 255];

/// A slice as log₁₀ of the loss on the shared scale.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The scale of all panels.
    pub scale: &'a LogScale,
    /// The slice.
    pub grid: &'a SliceGrid,
}

impl Field<'_> {
    /// The value at a point of the grid, NaN where there is no number.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.scale.log(self.grid.loss[j * self.grid.x.len() + i])
    }

    /// The greatest fractional indices.
    pub fn ends(&self) -> [f64; 2] {
        [(self.grid.x.len() - 1) as f64, (self.grid.y.len() - 1) as f64]
    }

    /// The value at fractional indices, or `None` where the nearest point has no number.
    pub fn sample(&self, u: f64, v: f64) -> Option<f64> {
        let [last_column, last_row] = self.ends();
        let (u, v) = (u.clamp(0.0, last_column), v.clamp(0.0, last_row));
        let nearest = self.at(u.round() as usize, v.round() as usize);
        if nearest.is_nan() {
            return None;
        }
        let next = |index: usize, last: f64| (index + 1).min(last as usize);
        let (i, j) = (u as usize, v as usize);
        let (right, up) = (next(i, last_column), next(j, last_row));
        let (s, t) = (u - i as f64, v - j as f64);
        // A corner without a number takes the nearest point's, so that the hatched cell's neighbours keep their size.
        let corner = |i, j| Some(self.at(i, j)).filter(|value| !value.is_nan()).unwrap_or(nearest);
        let below = corner(i, j) * (1.0 - s) + corner(right, j) * s;
        let above = corner(i, up) * (1.0 - s) + corner(right, up) * s;
        Some(below * (1.0 - t) + above * t)
    }
}

/// Paints a slice into `area`, its first row at the bottom.
pub fn paint(canvas: &mut Canvas, area: Area, field: Field) {
    let scale = field.scale;
    let [last_column, last_row] = field.ends();
    let (per_x, per_y) = (last_column / area.width as f64, last_row / area.height as f64);
    for row in 0..area.height {
        for column in 0..area.width {
            let (u, v) = ((column as f64 + 0.5) * per_x, (area.height as f64 - row as f64 - 0.5) * per_y);
            let (x, y) = (area.left + column, area.top + row);
            let Some(log) = field.sample(u, v) else {
                canvas.blend(x, y, HATCH[(column + row) / 5 % 2], 1.0);
                continue;
            };
            canvas.blend(x, y, scale.color(log), 1.0);
            let side = |du: f64, dv: f64| field.sample(u + du, v + dv).unwrap_or(log);
            let slope_x = side(per_x / 2.0, 0.0) - side(-per_x / 2.0, 0.0);
            let slope_y = side(0.0, per_y / 2.0) - side(0.0, -per_y / 2.0);
            canvas.blend(x, y, LINE, line_alpha(scale.nearest_line(log), slope_x.hypot(slope_y)));
        }
    }
}

/// How strongly a pixel shows an iso-line, from the distance to the nearest, how far apart they are, and the slope, all in
/// log₁₀ of the loss, the slope per pixel.
fn line_alpha([distance, gap]: [f64; 2], slope: f64) -> f64 {
    let slope = slope.max(1e-4 * gap);
    let distance = distance / slope;
    // Lines closer than a few pixels would merge into a white stain: they fade instead.
    let room = ((gap / slope - 2.0) / 4.0).clamp(0.0, 1.0);
    (1.1 - distance).clamp(0.0, 1.0) * 0.6 * room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn corners_have_their_own_colours_and_masked_cells_are_hatched() {
        let mut grid = sample::figures()[0].grid.clone();
        let columns = grid.x.len();
        let top_left = grid.loss[grid.loss.len() - columns];
        grid.loss[columns - 1] = f64::NAN;
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        let field = Field { scale: &scale, grid: &grid };
        assert_eq!(field.sample(0.0, 0.0).unwrap(), grid.loss[0].log10());
        let top = (grid.y.len() - 1) as f64;
        assert_eq!(field.sample(0.0, top).unwrap(), top_left.log10());
        assert!(field.sample((columns - 1) as f64, 0.0).is_none());
        let mut canvas = Canvas::new(200, 200, [0; 3]);
        paint(&mut canvas, Area { left: 0, top: 0, width: 200, height: 200 }, field);
        let corner = &canvas.rgb[3 * (199 * 200 + 199)..][..3];
        assert!(HATCH.iter().any(|hatch| hatch == corner), "the bottom right cell is hatched: {corner:?}");
    }

    #[test]
    fn a_single_point_is_one_colour() {
        let grid = SliceGrid { x: vec![0.0], y: vec![0.0], loss: vec![0.3], accuracy: None };
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        assert_eq!(Field { scale: &scale, grid: &grid }.sample(0.0, 0.0), Some(0.3_f64.log10()));
    }
}
