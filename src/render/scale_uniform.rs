//! The colour scale and its iso-lines as the shaders of the contour and of the surface have them.

use super::contour_style::{ContourStyle, ScaledGrid};
use super::levels::MAX_LEVELS;
use super::loss_scale::LossScale;

/// `Scale` of `shaders/scale.wgsl`; `tests/shaders.rs` compares the layouts.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ScaleUniform {
    /// Colour of iso-lines.
    pub line_color: [f32; 4],
    /// Ends of the colour scale.
    pub limits: [f32; 2],
    /// Width of iso-lines in pixels.
    pub line_width_px: f32,
    /// Number of iso-lines.
    pub num_levels: u32,
    /// Row of the colour map in the texture of all maps.
    pub map_row: u32,
    /// 1 where the line at zero is a strong one, as of a difference.
    pub has_strong_zero: u32,
    /// Brings the levels to a multiple of 16 bytes.
    pub padding: [u32; 2],
    /// Iso-lines on the scale, lowest first, four in a row; then [`ScaledGrid::MASKED`], which is above all values.
    pub levels: [[f32; 4]; MAX_LEVELS / 4],
}

impl ScaleUniform {
    /// The scale of a style.
    #[must_use]
    pub fn new(style: &ContourStyle) -> Self {
        let mut rows = [[ScaledGrid::MASKED; 4]; MAX_LEVELS / 4];
        let levels = style.levels();
        let num_levels = levels.len().min(MAX_LEVELS);
        for (place, level) in rows.as_flattened_mut().iter_mut().zip(levels) {
            *place = level;
        }
        Self {
            line_color: style.line_color,
            limits: style.limits,
            line_width_px: style.line_width_px,
            num_levels: num_levels as u32,
            map_row: style.map.row(),
            has_strong_zero: u32::from(style.scale == LossScale::Symmetric),
            padding: [0; 2],
            levels: rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shaders_have_the_levels_in_rows_of_four_and_nothing_below_them() {
        let scale = ScaleUniform::new(&ContourStyle::on(LossScale::Linear, [0.0, 16.0]));
        let beyond = ScaledGrid::MASKED;
        assert_eq!((scale.levels[1], scale.num_levels), ([4.0, 5.0, 6.0, 7.0], 17));
        assert_eq!((scale.levels[4], scale.levels[15]), ([16.0, beyond, beyond, beyond], [beyond; 4]));
    }
}
