//! The settings with which each source of data begins where nobody has chosen any.

use super::{DataConfig, DataSource, ExampleKind, LabelKind, Operation};

impl DataConfig {
    /// The usual settings of a source: a few hundred training examples, without validation ones.
    #[must_use]
    pub const fn of(source: DataSource) -> Self {
        let (train_size, test_size) = match source {
            DataSource::Digits => (500, 1297),
            DataSource::Sums | DataSource::Chains => (1000, 300),
            DataSource::Glyphs => (1800, 900),
            DataSource::MatrixSensing => (100, 210),
            DataSource::Shapes => (500, 1000),
            DataSource::Textures => (360, 1000),
            DataSource::Lesions => (400, 1000),
            DataSource::Handwriting => (700, 1000),
            DataSource::Counts => (450, 1000),
            DataSource::Scenes => (4096, 256),
            DataSource::Moons | DataSource::Spirals | DataSource::Circles | DataSource::Blobs | DataSource::File => {
                (300, 1000)
            }
        };
        let (noise, classes) = match source {
            DataSource::Moons => (0.18, 2),
            DataSource::Spirals | DataSource::Circles => (0.1, 2),
            DataSource::Blobs => (0.4, 3),
            DataSource::Glyphs => (0.0, 36),
            DataSource::Shapes | DataSource::Textures => (0.1, 2),
            DataSource::Lesions => (0.03, 2),
            DataSource::Handwriting | DataSource::Counts => (0.05, 2),
            DataSource::Digits
            | DataSource::File
            | DataSource::Sums
            | DataSource::Chains
            | DataSource::MatrixSensing
            | DataSource::Scenes => (0.0, 2),
        };
        Self {
            source,
            path: None,
            examples: ExampleKind::Auto,
            text_column: None,
            labels: LabelKind::Auto,
            label_column: None,
            header: None,
            tokenizer: None,
            train_size,
            test_size,
            validation_size: 0,
            resize: None,
            mean: Vec::new(),
            std: Vec::new(),
            seed: 0,
            noise,
            classes,
            rank: 1,
            held_out: if matches!(source, DataSource::Scenes) { 4 } else { 0 },
            operation: Operation::Add,
            steps: true,
            label_noise: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_begins_with_settings_that_are_valid() {
        for source in DataSource::ALL {
            let config = DataConfig::of(source);
            assert_eq!((config.validate(), config.source), (Ok(()), source), "{source:?}");
        }
    }
}
