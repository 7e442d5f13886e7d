//! Slices side by side on the one colour scale that all of them share.

use std::sync::Arc;

use crate::render::{ContourStyle, LossScale, ScaledGrid};
use crate::ui::kit::format;

/// Decades that the scale spans at most: a cell far below all others would leave them one colour.
const MOST_DECADES: f32 = 8.0;

/// Slices on the logarithmic scale that all of them share.
#[derive(Debug)]
pub struct SharedScale {
    /// The slices in their order; `None` for one without cells.
    pub grids: Vec<Option<Arc<ScaledGrid>>>,
    /// The scale; `None` where no cell is finite.
    pub style: Option<ContourStyle>,
}

impl SharedScale {
    /// The scale of slices, each with its losses, row by row, and its number of columns.
    #[must_use]
    pub fn new<'a>(slices: impl Iterator<Item = (&'a [f64], usize)>) -> Self {
        let scaled = slices.map(|(loss, columns)| {
            let loss: Vec<f32> = loss.iter().map(|&loss| loss as f32).collect();
            ScaledGrid::new(&loss, columns, LossScale::Log10).map(Arc::new)
        });
        let grids: Vec<_> = scaled.collect();
        let extents = grids.iter().flatten().filter_map(|grid| grid.extent());
        let shared = extents.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
        // A flat slice still needs two ends.
        let style = shared.map(|[low, high]| ContourStyle::new([low.max(high - MOST_DECADES), high.max(low + 1e-3)]));
        Self { grids, style }
    }

    /// The losses at both ends of the scale, in words.
    #[must_use]
    pub fn words(style: &ContourStyle) -> String {
        let [low, high] = style.limits.map(|limit| format::number(f64::from(LossScale::Log10.loss(limit))));
        format!("loss {low} to {high}, log scale")
    }
}
