//! The colours of one slice: between the grid's points, and none where there is no number.
//!
//! Between points log₁₀ of the loss is interpolated bilinearly, which never leaves the range of its corners.

use super::scale::LogScale;
use crate::protocol::SliceGrid;
use crate::render::{LossScale, ScaledGrid};

/// A slice as log₁₀ of the loss on the shared scale.
#[derive(Debug)]
pub struct Field<'a> {
    /// The scale of all panels.
    pub scale: &'a LogScale,
    /// log₁₀ of the loss.
    pub logs: ScaledGrid,
}

impl<'a> Field<'a> {
    /// A slice on a scale.
    pub fn new(scale: &'a LogScale, grid: &SliceGrid) -> Self {
        let logs: Vec<f32> = grid.loss.iter().map(|loss| scale.log(*loss) as f32).collect();
        let logs = ScaledGrid::new(&logs, grid.x.len(), LossScale::Linear).expect("the numbers of a figure are a grid");
        Self { scale, logs }
    }

    /// The greatest fractional indices.
    pub fn ends(&self) -> [f32; 2] {
        [(self.logs.columns() - 1) as f32, (self.logs.rows() - 1) as f32]
    }

    /// The pixels of the slice, its first row at the bottom; those without a number are left free.
    pub fn paint(&self, width: usize, height: usize) -> Vec<u8> {
        let [last_column, last_row] = self.ends();
        let mut rgba = Vec::with_capacity(4 * width * height);
        for row in 0..height {
            let v = last_row * (1.0 - (row as f32 + 0.5) / height as f32);
            for column in 0..width {
                let u = last_column * (column as f32 + 0.5) / width as f32;
                let log = self.logs.bilinear_at(u, v);
                let [red, green, blue] = log.map_or([0; 3], |log| self.scale.color(f64::from(log)));
                rgba.extend([red, green, blue, if log.is_some() { 255 } else { 0 }]);
            }
        }
        rgba
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn corners_have_their_own_colours_and_masked_cells_have_none() {
        let mut grid = sample::figures()[0].grid.clone();
        let columns = grid.x.len();
        let top_left = grid.loss[grid.loss.len() - columns];
        grid.loss[columns - 1] = f64::NAN;
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        let field = Field::new(&scale, &grid);
        assert_eq!(field.logs.bilinear_at(0.0, 0.0).unwrap(), grid.loss[0].log10() as f32);
        let top = (grid.y.len() - 1) as f32;
        assert_eq!(field.logs.bilinear_at(0.0, top).unwrap(), top_left.log10() as f32);
        assert!(field.logs.bilinear_at((columns - 1) as f32, 0.0).is_none());
        let pixels = field.paint(200, 200);
        let opacity = |x: usize, y: usize| pixels[4 * (y * 200 + x) + 3];
        assert_eq!([opacity(199, 199), opacity(0, 199), opacity(150, 199)], [0, 255, 255]);
    }

    #[test]
    fn a_single_point_is_one_colour() {
        let grid = SliceGrid { x: vec![0.0], y: vec![0.0], loss: vec![0.3], accuracy: None };
        let scale = LogScale::new(grid.loss.iter().copied()).unwrap();
        assert_eq!(Field::new(&scale, &grid).logs.bilinear_at(0.0, 0.0), Some(0.3_f64.log10() as f32));
    }
}
