//! The colour scale that all landscapes share.

use super::model::Model;
use crate::render::{ContourStyle, LossScale};

/// Ends of the scale move in steps of this, in decades, so that colours do not flicker with every slice.
const STEP_DECADES: f32 = 0.1;
/// Decades that the scale spans at most; what lies above is drawn in the top colour.
const MAX_DECADES: f32 = 8.0;

/// The scale over all slices that are shown; `None` before the first.
#[must_use]
pub fn shared_style(model: &Model) -> Option<ContourStyle> {
    let extents = model.runs.iter().filter_map(|run| run.slice.as_ref()?.scaled.as_ref()?.extent());
    let [low, high] = extents.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])?;
    let low = (low / STEP_DECADES).floor() * STEP_DECADES;
    let high = ((high / STEP_DECADES).ceil() * STEP_DECADES).min(low + MAX_DECADES).max(low + STEP_DECADES);
    Some(ContourStyle::new([low, high]))
}

/// The losses at the ends and in the middle of the scale.
#[must_use]
pub fn ticks(style: &ContourStyle) -> [f64; 3] {
    let [low, high] = style.limits;
    [low, 0.5 * (low + high), high].map(|scaled| f64::from(LossScale::Log10.loss(scaled)))
}
