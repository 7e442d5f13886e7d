//! All examples of a data set, before they are split: what takes long to read, and can be split again and again.

use std::sync::Arc;

use super::generated::{FEWEST_TOKENS, LETTERS, USUAL_TOKENS};
use super::import::{Imported, ReadChoice, Wanted, import_as};
use super::prepare::{Preparation, any_size};
use super::streams::{Purpose, rng};
use super::tokens::{TextFacts, Tokenizer};
use super::{DataError, Dataset, Split, digits, generated, split};
use crate::config::{DataConfig, DataSource, LossKind};
use crate::protocol::FileFacts;

/// All examples of a source, before the split.
#[derive(Debug)]
pub struct Source {
    pub(super) data: Dataset,
    class_names: Vec<String>,
    format: Option<String>,
    file: FileFacts,
    text: Option<TextFacts>,
}

impl Source {
    /// Reads or makes the examples.
    ///
    /// # Errors
    /// [`DataError::Import`] when a file cannot be read or does not fit, [`DataError::Text`] when a source that comes with the
    /// program is text and the model takes none, or the other way round.
    pub fn read(config: &DataConfig, wanted: &Wanted<'_>) -> Result<Self, DataError> {
        text_fits(config.source, wanted)?;
        let data = match (config.source, &config.path) {
            (DataSource::Digits, _) => digits::digits(),
            (DataSource::File, Some(path)) => {
                let resized = any_size(config, wanted.input).filter(|_| wanted.text.is_none());
                let wanted = &Wanted { input: resized.as_ref().map_or(wanted.input, |shape| &shape[..]), ..*wanted };
                let Imported { data, format, class_names, notes, columns, label, text } =
                    import_as::<f32>(path, wanted, ReadChoice::of(config))?;
                let file = FileFacts { examples: data.len(), columns, label, notes };
                return Ok(Self { data, class_names, format: Some(format), file, text });
            }
            (DataSource::Sums, _) => {
                let tokens = wanted.text.map_or(USUAL_TOKENS, |text| text.tokens);
                let vocabulary = wanted.text.map_or(LETTERS.len(), |text| text.vocabulary);
                let tokenizer = Arc::new(Tokenizer::Characters(LETTERS));
                let text = Some(TextFacts { tokens, vocabulary, image: Vec::new(), tokenizer });
                let class_names = LETTERS.chars().map(String::from).collect();
                return Ok(Self { text, class_names, ..Self::made(generated::sums(config, tokens)) });
            }
            (DataSource::Glyphs, _) => {
                let class_names = generated::GLYPHS.chars().take(config.classes).map(String::from).collect();
                return Ok(Self { class_names, ..Self::made(generated::glyphs(config)) });
            }
            _ => generated::points(config),
        };
        Ok(Self::made(data))
    }

    /// Examples that come with the program.
    fn made(data: Dataset) -> Self {
        Self { data, class_names: Vec::new(), format: None, file: FileFacts::default(), text: None }
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

    /// What the configuration asks to be done to all examples.
    ///
    /// # Errors
    /// [`DataError::Resize`] or [`DataError::Normalise`] where it does not fit them.
    pub(super) fn preparation(&self, config: &DataConfig) -> Result<Preparation, DataError> {
        Preparation::of(config, &self.data.shape, self.text.as_ref().map(|text| &text.image[..]))
    }

    /// Training, test and validation examples as the configuration asks for them, resized and normalised.
    ///
    /// # Errors
    /// [`DataError::TooFew`] when there are too few examples, those of what is to be done to them as [`load()`](super::load()).
    pub fn split(&self, config: &DataConfig) -> Result<Split, DataError> {
        let all = &self.data;
        let wanted = config.train_size.saturating_add(config.test_size).saturating_add(config.validation_size);
        if wanted > all.len() {
            return Err(DataError::TooFew {
                source_name: config.source.key(),
                train_size: config.train_size,
                test_size: config.test_size,
                validation_size: config.validation_size,
                available: all.len(),
            });
        }
        let order = split::stratified_order(all, &mut rng(config.seed, Purpose::Split));
        let (train, rest) = order.split_at(config.train_size);
        let mut train = all.select(train);
        let (test, rest) = rest.split_at(config.test_size);
        let (mut test, validation) = (all.select(test), &rest[..config.validation_size]);
        let mut validation = (!validation.is_empty()).then(|| all.select(validation));
        let preparation = self.preparation(config)?;
        for data in [&mut train, &mut test].into_iter().chain(&mut validation) {
            preparation.apply(data)?;
        }
        let flipped = split::flip_labels(&mut train, config.label_noise, &mut rng(config.seed, Purpose::Labels));
        let (class_names, format, file) = (self.class_names.clone(), self.format.clone(), self.file.clone());
        Ok(Split { train, test, validation, flipped, class_names, format, file, text: self.text.clone() })
    }
}

/// Whether a source that comes with the program is text where the model takes text, and the model large enough for it.
fn text_fits(source: DataSource, wanted: &Wanted<'_>) -> Result<(), DataError> {
    let is_any = *wanted == Wanted::ANY;
    let is_good = match (source, wanted.text) {
        (DataSource::File, _) => true,
        (DataSource::Sums, None) => is_any,
        (DataSource::Sums, Some(text)) => {
            let is_large = text.tokens >= FEWEST_TOKENS && text.vocabulary.min(wanted.outputs) >= LETTERS.len();
            is_large && text.image.is_empty() && wanted.loss == LossKind::TokenCrossEntropy
        }
        (_, text) => text.is_none() && !matches!(wanted.loss, LossKind::TokenCrossEntropy | LossKind::Contrastive),
    };
    if is_good {
        return Ok(());
    }
    let sums = format!(
        "for sums `input = {{ tokens = T, vocabulary = V }}` with at least {FEWEST_TOKENS} tokens, a vocabulary and outputs of \
         at least {}, and the loss token-cross-entropy",
        LETTERS.len()
    );
    let expected =
        if source == DataSource::Sums { sums } else { "sums or a file where the model takes tokens".to_owned() };
    Err(DataError::Text { source_name: source.key(), expected })
}
