//! Placeholder of augmentation.

use crate::config::{DataConfig, Knobs};

/// What is done to the pictures of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// Mirrored with chance ½.
    pub flip: bool,
    /// Moved by up to so many pixels.
    pub crop: usize,
    /// Turned by up to so many degrees.
    pub rotate: f64,
    /// How far brightness and contrast vary.
    pub jitter: f64,
    /// Chance of an erased rectangle.
    pub erase: f64,
}

impl Augmentation {
    /// That of some knobs.
    #[must_use]
    pub const fn of(knobs: &Knobs) -> Self {
        Self { flip: knobs.flip, crop: knobs.crop, rotate: knobs.rotate, jitter: knobs.jitter, erase: knobs.erase }
    }
}

/// Augments.
pub fn augment(_: &mut [f32], _: [usize; 3], _: &Augmentation, _: &[f32], _: u64, _: u64) {}

/// Blank.
#[must_use]
pub fn blank(_: &DataConfig, channels: usize) -> Vec<f32> {
    vec![0.0; channels]
}
