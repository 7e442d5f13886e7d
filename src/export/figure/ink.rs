//! The colours of a figure on white paper.

use super::drawing::Rgb;

/// The paper.
pub const PAPER: Rgb = [255, 255, 255];
/// Words.
pub const INK: Rgb = [25, 28, 33];
/// Words beside the point.
pub const FAINT_INK: Rgb = [75, 80, 88];
/// Frames and ticks.
pub const FRAME: Rgb = [120, 126, 135];
