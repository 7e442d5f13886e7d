//! Data that are drawn from the configuration's seed: points in the plane, sums as text, and pictures of letters.

mod glyphs;
mod letters;
mod points;
mod sums;

pub(super) use glyphs::generate as glyphs;
pub(super) use letters::GLYPHS;
pub(super) use points::generate as points;
pub(super) use sums::{FEWEST_TOKENS, LETTERS, USUAL_TOKENS, generate as sums};

use crate::config::DataConfig;

/// How many examples are drawn: as many as are asked for.
fn num_examples(config: &DataConfig) -> usize {
    config.train_size.saturating_add(config.test_size).saturating_add(config.validation_size)
}
