//! The training examples in the host's memory, where they are pictures.

use crate::config::DataConfig;
use crate::data::{Dataset, Split, blank};

/// Training examples that are pictures, as augmentation takes them.
#[derive(Debug)]
pub struct Pictures {
    /// The examples.
    pub train: Dataset,
    /// Channels, height and width of one.
    pub shape: [usize; 3],
    /// The value of an empty pixel, for each channel.
    pub blank: Vec<f32>,
}

impl Pictures {
    /// Those of a split; `None` where examples are no pictures.
    #[must_use]
    pub fn of(config: &DataConfig, split: &Split) -> Option<Self> {
        let &[channels, height, width] = split.train.shape.as_slice() else { return None };
        let blank = blank(config, channels);
        Some(Self { train: split.train.clone(), shape: [channels, height, width], blank })
    }
}
