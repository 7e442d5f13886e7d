//! What a contour shows: the colour scale, the levels of the iso-lines, and the same arithmetic as the shader's.

use super::colormap::ColorMap;
use super::levels;
use super::loss_scale::{HUGE, LossScale};

/// A grid of losses on the colour scale, as the GPU gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaledGrid {
    columns: usize,
    rows: usize,
    /// Row per y, lowest y first; at least `MASKED` where there is no value.
    values: Vec<f32>,
    scale: LossScale,
}

impl ScaledGrid {
    /// Cells without a value hold this, because shaders may take NaN for anything.
    pub const MASKED: f32 = 3.0e38;

    /// Puts losses on a scale. `None` when the grid has no cells or `loss` is not a whole number of rows.
    #[must_use]
    pub fn new(loss: &[f32], columns: usize, scale: LossScale) -> Option<Self> {
        if columns == 0 || loss.is_empty() || !loss.len().is_multiple_of(columns) {
            return None;
        }
        let place = |loss: &f32| if loss.is_finite() { scale.scaled(*loss).clamp(-HUGE, HUGE) } else { Self::MASKED };
        Some(Self { columns, rows: loss.len() / columns, values: loss.iter().map(place).collect(), scale })
    }

    /// Number of columns.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Values on the scale, row per y, lowest y first.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The scale.
    #[must_use]
    pub const fn scale(&self) -> LossScale {
        self.scale
    }

    /// Least and greatest value on the scale; `None` when all cells are masked.
    #[must_use]
    pub fn extent(&self) -> Option<[f32; 2]> {
        self.values.iter().filter(|value| **value < Self::MASKED).fold(None, |extent, &value| {
            let [low, high] = extent.unwrap_or([value, value]);
            Some([low.min(value), high.max(value)])
        })
    }

    fn tap(&self, column: i64, row: i64) -> f32 {
        let column = column.clamp(0, self.columns as i64 - 1) as usize;
        let row = row.clamp(0, self.rows as i64 - 1) as usize;
        self.values[row * self.columns + column]
    }

    /// The bilinear value on the scale at grid coordinates; `None` where a neighbour is masked and nearest.
    #[must_use]
    pub fn bilinear_at(&self, x: f32, y: f32) -> Option<f32> {
        self.value_at(x, y, false)
    }

    /// The value on the scale at grid coordinates, smooth (Catmull-Rom) or bilinear; `None` in every cell with a masked
    /// corner, where [`Self::bilinear_at`] takes the nearest.
    #[must_use]
    pub fn inner_at(&self, x: f32, y: f32, use_cubic: bool) -> Option<f32> {
        let (column, row) = (x.floor() as i64, y.floor() as i64);
        let (tx, ty) = (x - x.floor(), y - y.floor());
        // On a line between two cells one of them is enough.
        let (right, top) = (i64::from(tx > 0.0), i64::from(ty > 0.0));
        let corners = [(0, 0), (right, 0), (0, top), (right, top)].map(|(i, j)| self.tap(column + i, row + j));
        if corners.iter().any(|value| *value >= Self::MASKED) {
            return None;
        }
        let is_inside = (right, top) == (1, 1)
            || [(1, 0), (0, 1), (1, 1)].iter().all(|(i, j)| self.tap(column + i, row + j) < Self::MASKED);
        if is_inside {
            return self.value_at(x, y, use_cubic);
        }
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        Some(mix(mix(corners[0], corners[1], tx), mix(corners[2], corners[3], tx), ty))
    }

    /// The twin of the shader: along the rows first, then across them.
    fn value_at(&self, x: f32, y: f32, use_cubic: bool) -> Option<f32> {
        let (column, row) = (x.floor() as i64, y.floor() as i64);
        let (tx, ty) = (x - x.floor(), y - y.floor());
        let row_at = |j: i64| between([-1, 0, 1, 2].map(|i| self.tap(column + i, row + j)), tx, use_cubic);
        let value = between([-1, 0, 1, 2].map(row_at), ty, use_cubic);
        (value < Self::MASKED).then_some(value)
    }
}

/// Between the second and the third of four values in line: Catmull-Rom, linear beside a masked cell, the nearest beside
/// a masked end. Masked where that is.
fn between([p0, p1, p2, p3]: [f32; 4], t: f32, use_cubic: bool) -> f32 {
    if p1.max(p2) >= ScaledGrid::MASKED {
        return if t < 0.5 { p1 } else { p2 };
    }
    if !use_cubic || p0.max(p3) >= ScaledGrid::MASKED {
        return p1 + (p2 - p1) * t;
    }
    p1 + 0.5 * t * (p2 - p0 + t * (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3 + t * (3.0 * (p1 - p2) + p3 - p0)))
}

/// How a grid is drawn. Panes that are compared share one style.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContourStyle {
    /// Ends of the colour scale, on the loss scale, low end first.
    pub limits: [f32; 2],
    /// Width of iso-lines in pixels; 0 draws none.
    pub line_width_px: f32,
    /// Colour of iso-lines, sRGB with alpha, each 0 to 1.
    pub line_color: [f32; 4],
    /// The two greys of masked cells, sRGB, each 0 to 1.
    pub hatch: [[f32; 3]; 2],
    /// Smooth between cells (Catmull-Rom) instead of bilinear.
    pub use_cubic: bool,
    /// What the limits mean.
    pub scale: LossScale,
    /// The colours.
    pub map: ColorMap,
}

impl ContourStyle {
    /// A style of losses on the logarithmic scale, with about 14 iso-lines at round losses.
    #[must_use]
    pub fn new(limits: [f32; 2]) -> Self {
        Self::on(LossScale::Log10, limits)
    }

    /// A style for limits on a scale, in the colours that suit it; any limits give a valid style, see
    /// [`LossScale::fitted`].
    #[must_use]
    pub fn on(scale: LossScale, limits: [f32; 2]) -> Self {
        let [low, high] = scale.fitted(limits);
        let style = Self {
            limits: [low, high],
            line_width_px: 1.0,
            line_color: [1.0, 1.0, 1.0, 0.42],
            hatch: [[0.22, 0.23, 0.25], [0.33, 0.34, 0.37]],
            use_cubic: true,
            scale,
            map: ColorMap::Viridis,
        };
        style.with_map(scale.default_map())
    }

    /// The same style in other colours, with iso-lines that are seen on them.
    #[must_use]
    pub fn with_map(self, map: ColorMap) -> Self {
        let line_color = if map.is_diverging() { [0.0, 0.0, 0.0, 0.38] } else { [1.0, 1.0, 1.0, 0.42] };
        Self { map, line_color, ..self }
    }

    /// The iso-lines within the limits, as places on the scale, lowest first: at round numbers.
    #[must_use]
    pub fn levels(&self) -> Vec<f32> {
        levels::levels(self.scale, self.limits)
    }

    /// The losses, accuracies or differences at [`Self::levels`].
    #[must_use]
    pub fn level_values(&self) -> Vec<f64> {
        self.levels().into_iter().map(|level| f64::from(self.scale.loss(level))).collect()
    }

    /// The fill at a place in the pane, without iso-lines: `u` to the right, `v` down, both 0 to 1.
    /// `None` where the cell is masked and would be hatched.
    #[must_use]
    pub fn color_at(&self, grid: &ScaledGrid, u: f32, v: f32) -> Option<[u8; 4]> {
        let x = u * (grid.columns - 1) as f32;
        let y = (1.0 - v) * (grid.rows - 1) as f32;
        grid.value_at(x, y, self.use_cubic).map(|value| self.map.at(self.share(value)))
    }

    /// The share of the colour scale at a place on the loss scale; outside of 0 to 1 beyond the limits.
    #[must_use]
    pub fn share(&self, scaled: f32) -> f32 {
        (scaled - self.limits[0]) / (self.limits[1] - self.limits[0])
    }

    /// The contour shader's own parameters for a grid, beside those of the scale.
    #[must_use]
    pub fn uniform(&self, grid: &ScaledGrid) -> ContourUniform {
        let grey = |index: usize| [self.hatch[index][0], self.hatch[index][1], self.hatch[index][2], 1.0];
        ContourUniform {
            hatch_dark: grey(0),
            hatch_light: grey(1),
            grid_size: [grid.columns as u32, grid.rows as u32],
            use_cubic: u32::from(self.use_cubic),
            padding: 0,
        }
    }
}

/// `Contour` of `shaders/contour.wgsl`; `tests/gpu/shaders.rs` compares the layouts.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ContourUniform {
    /// Darker grey of masked cells.
    pub hatch_dark: [f32; 4],
    /// Lighter grey of masked cells.
    pub hatch_light: [f32; 4],
    /// Columns and rows.
    pub grid_size: [u32; 2],
    /// 1 for Catmull-Rom, 0 for bilinear.
    pub use_cubic: u32,
    /// Brings the size to a multiple of 16 bytes.
    pub padding: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::levels::MAX_LEVELS;

    #[test]
    fn grid_values_are_met_exactly() {
        let loss: Vec<f32> = (0..12).map(|i| 0.1 + i as f32).collect();
        let grid = ScaledGrid::new(&loss, 4, LossScale::Log10).unwrap();
        for use_cubic in [false, true] {
            for (i, loss) in loss.iter().enumerate() {
                let value = grid.value_at((i % 4) as f32, (i / 4) as f32, use_cubic).unwrap();
                assert!((value - loss.log10()).abs() < 1e-6, "cell {i}");
            }
        }
    }

    #[test]
    fn nothing_is_interpolated_across_a_mask() {
        let grid = ScaledGrid::new(&[1.0, f32::NAN, 3.0, f32::INFINITY], 2, LossScale::Linear).unwrap();
        assert_eq!(grid.bilinear_at(0.4, 0.0), Some(1.0));
        assert_eq!(grid.bilinear_at(0.6, 0.0), None);
        assert_eq!(grid.extent(), Some([1.0, 3.0]));
    }

    #[test]
    fn poor_grids_are_refused_or_plain() {
        assert_eq!(ScaledGrid::new(&[], 3, LossScale::Log10), None);
        assert_eq!(ScaledGrid::new(&[1.0; 4], 3, LossScale::Log10), None);
        assert_eq!(ScaledGrid::new(&[1.0; 4], 0, LossScale::Log10), None);
        let one = ScaledGrid::new(&[0.0], 1, LossScale::Log10).unwrap();
        let style = ContourStyle::new([-1.0, -1.0]);
        assert!(style.color_at(&one, 0.5, 0.5).is_some());
        let masked = ScaledGrid::new(&[f32::NAN; 9], 3, LossScale::Log10).unwrap();
        assert_eq!(masked.extent(), None);
        assert_eq!(style.color_at(&masked, 0.5, 0.5), None);
    }

    #[test]
    fn levels_stand_at_round_values_within_the_limits() {
        let style = ContourStyle::on(LossScale::Linear, [0.0, 16.0]);
        assert_eq!(style.level_values(), (0..=16).map(f64::from).collect::<Vec<_>>());
        let log = ContourStyle::new([-1.0, 0.6]);
        let expected = [0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0];
        let found = log.level_values();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5 * b), "{found:?}");
        let percent = ContourStyle::on(LossScale::Percent, [0.42, 1.4]);
        assert_eq!(percent.limits, [0.42, 1.0]);
        assert!((percent.levels()[0] - 0.45).abs() < 1e-6);
    }

    #[test]
    fn differences_have_zero_in_the_middle() {
        let style = ContourStyle::on(LossScale::Symmetric, [-0.5, 2.0]);
        assert_eq!(style.limits, [-2.0, 2.0]);
        assert!(style.map.is_diverging() && (style.share(0.0) - 0.5).abs() < 1e-6);
        assert!(style.levels().contains(&0.0));
    }

    #[test]
    fn any_limits_give_a_valid_style() {
        let poor =
            [[f32::NAN, 1.0], [0.0, f32::INFINITY], [1.0, 1.0], [3.0, -3.0], [1e9, 1e9], [0.0, 0.0], [-1e38, 1e38]];
        for scale in [LossScale::Log10, LossScale::Linear, LossScale::Percent, LossScale::Symmetric] {
            for limits in poor {
                let style = ContourStyle::on(scale, limits);
                assert!(style.limits[1] > style.limits[0], "{scale:?} {limits:?}: {style:?}");
                assert!(style.levels().len() <= MAX_LEVELS && style.share(0.5).is_finite(), "{scale:?} {limits:?}");
            }
        }
    }

    #[test]
    fn the_inside_ends_at_cells_with_a_masked_corner() {
        let loss = [1.0, 2.0, 3.0, 1.0, 2.0, f32::NAN];
        let grid = ScaledGrid::new(&loss, 3, LossScale::Linear).unwrap();
        assert_eq!(grid.inner_at(0.5, 0.5, false), Some(1.5));
        assert_eq!(grid.inner_at(1.0, 0.5, false), Some(2.0));
        assert_eq!(grid.inner_at(1.1, 0.5, false), None);
        // Along the border of the hole, too, nothing jumps.
        assert_eq!(grid.inner_at(1.4, 0.0, false), Some(2.4));
    }
}
