//! Data that are drawn from the configuration's seed: points in the plane, and sums as text.

mod points;
mod sums;

pub(super) use points::generate as points;
pub(super) use sums::{FEWEST_TOKENS, LETTERS, USUAL_TOKENS, generate as sums};
