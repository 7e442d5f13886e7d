//! All examples of a data set, before they are split: what takes long to read, and can be split again and again.

use super::import::{Imported, ReadChoice, Wanted, import_as};
use super::streams::{Purpose, rng};
use super::{DataError, Dataset, Split, digits, generated, split};
use crate::config::{DataConfig, DataSource};
use crate::protocol::FileFacts;

/// All examples of a source, before the split.
#[derive(Debug)]
pub struct Source {
    pub(super) data: Dataset,
    class_names: Vec<String>,
    format: Option<String>,
    file: FileFacts,
}

impl Source {
    /// Reads or makes the examples.
    ///
    /// # Errors
    /// [`DataError::Import`] when a file cannot be read or does not fit.
    pub fn read(config: &DataConfig, wanted: &Wanted<'_>) -> Result<Self, DataError> {
        let data = match (config.source, &config.path) {
            (DataSource::Digits, _) => digits::digits(),
            (DataSource::File, Some(path)) => {
                let Imported { data, format, class_names, notes, columns, label } =
                    import_as::<f32>(path, wanted, ReadChoice::of(config))?;
                let file = FileFacts { examples: data.len(), columns, label, notes };
                return Ok(Self { data, class_names, format: Some(format), file });
            }
            _ => generated::generate(config),
        };
        Ok(Self { data, class_names: Vec::new(), format: None, file: FileFacts::default() })
    }

    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no example.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Bytes that the examples take.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.data.x.len() * size_of::<f32>()
    }

    /// Training and test examples, as the configuration asks for them.
    ///
    /// # Errors
    /// [`DataError::TooFew`] when there are too few examples.
    pub fn split(&self, config: &DataConfig) -> Result<Split, DataError> {
        let all = &self.data;
        if config.train_size.saturating_add(config.test_size) > all.len() {
            return Err(DataError::TooFew {
                source_name: config.source.key(),
                train_size: config.train_size,
                test_size: config.test_size,
                available: all.len(),
            });
        }
        let order = split::stratified_order(all, &mut rng(config.seed, Purpose::Split));
        let (train, rest) = order.split_at(config.train_size);
        let mut train = all.select(train);
        let test = all.select(&rest[..config.test_size]);
        let flipped = split::flip_labels(&mut train, config.label_noise, &mut rng(config.seed, Purpose::Labels));
        let (class_names, format, file) = (self.class_names.clone(), self.format.clone(), self.file.clone());
        Ok(Split { train, test, flipped, class_names, format, file })
    }
}
