//! All examples of a data set, before they are split: what takes long to read, and can be split again and again.

use std::sync::Arc;

use super::generated::{IMAGE, SCENE_TOKENS, SCENE_WORDS, Script, ZeroShot};
use super::import::{Imported, ReadChoice, Text, Wanted, import_as};
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
    /// The test examples, where they are not drawn from the others.
    test: Option<Dataset>,
}

impl Source {
    /// Reads or makes the examples.
    ///
    /// # Errors
    /// [`DataError::Import`] when a file cannot be read or does not fit, [`DataError::Unfit`] when a source that comes with the
    /// program is text and the model takes none, or the other way round.
    pub fn read(config: &DataConfig, wanted: &Wanted<'_>) -> Result<Self, DataError> {
        goes_with(config, wanted)?;
        if let Some(script) = Script::of(config) {
            return Ok(Self::written(config, &script, wanted.text));
        }
        if let Some(pictures) = Self::pictures(config) {
            return Ok(pictures);
        }
        let data = match (config.source, &config.path) {
            (DataSource::Digits, _) => digits::digits(),
            (DataSource::File, Some(path)) => {
                let resized = any_size(config, wanted.input).filter(|_| wanted.text.is_none());
                let wanted = &Wanted { input: resized.as_ref().map_or(wanted.input, |shape| &shape[..]), ..*wanted };
                let Imported { data, format, class_names, notes, columns, label, text } =
                    import_as::<f32>(path, wanted, ReadChoice::of(config))?;
                let file = FileFacts { examples: data.len(), columns, label, notes };
                return Ok(Self { data, class_names, format: Some(format), file, text, test: None });
            }
            (DataSource::MatrixSensing, _) => {
                let side = if wanted.input.is_empty() {
                    generated::USUAL_SIDE
                } else {
                    // Of a number that is no square the shape is refused later, with both numbers.
                    wanted.input.iter().fold(1, |product: usize, &side| product.saturating_mul(side)).isqrt()
                };
                let made = generated::sensing(config, side).map_err(DataError::TooLarge)?;
                return Ok(Self { test: Some(made.basis), ..Self::made(made.measurements) });
            }
            (DataSource::Scenes, _) => {
                let tokens = wanted.text.map_or(SCENE_TOKENS, |text| text.tokens);
                let vocabulary = wanted.text.map_or(SCENE_WORDS.len(), |text| text.vocabulary);
                let tokenizer = Arc::new(Tokenizer::Words(SCENE_WORDS));
                let text = Some(TextFacts { tokens, vocabulary, image: IMAGE.to_vec(), tokenizer, signs: None });
                let made = generated::scenes(config, tokens).map_err(DataError::TooLarge)?;
                return Ok(Self { text, test: Some(made.test), ..Self::made(made.train) });
            }
            _ => generated::points(config),
        };
        Ok(Self::made(data))
    }

    /// Examples that come with the program.
    fn made(data: Dataset) -> Self {
        Self { data, class_names: Vec::new(), format: None, file: FileFacts::default(), text: None, test: None }
    }

    /// Pictures with named classes that come with the program; `None` where the source is another one.
    fn pictures(config: &DataConfig) -> Option<Self> {
        let letters = || generated::GLYPHS.chars().map(String::from);
        let (class_names, data) = match config.source {
            DataSource::Glyphs => (letters().take(config.classes).collect(), generated::glyphs(config)),
            DataSource::Shapes => (generated::shape_names(), generated::shapes(config)),
            DataSource::Textures => (generated::TEXTURES.map(str::to_owned).into(), generated::textures(config)),
            DataSource::Lesions => (generated::LESIONS.map(str::to_owned).into(), generated::lesions(config)),
            DataSource::Handwriting => (letters().collect(), generated::handwriting(config)),
            DataSource::Counts => (generated::COUNTS.map(str::to_owned).into(), generated::counts(config)),
            _ => return None,
        };
        Some(Self { class_names, ..Self::made(data) })
    }

    /// Text that comes with the program.
    fn written(config: &DataConfig, script: &Script, wanted: Option<Text<'_>>) -> Self {
        let letters = script.letters;
        let tokens = wanted.map_or(script.usual, |text| text.tokens);
        let vocabulary = wanted.map_or(letters.len(), |text| text.vocabulary);
        let tokenizer = Arc::new(Tokenizer::Characters(letters));
        let text = Some(TextFacts { tokens, vocabulary, image: Vec::new(), tokenizer, signs: script.signs });
        let class_names = letters.chars().map(String::from).collect();
        Self { text, class_names, ..Self::made((script.generate)(config, tokens)) }
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

    /// Whether there are as many test examples as are asked for, where they stand apart.
    fn check_test_size(&self, config: &DataConfig) -> Result<(), DataError> {
        match self.test.as_ref().map(Dataset::len).filter(|&most| config.test_size > most) {
            Some(most) => {
                let what = if config.source == DataSource::Scenes {
                    "scenes are different ones, half of them with what is held out"
                } else {
                    "matrix-sensing are a basis of the symmetric matrices"
                };
                Err(DataError::TooFewTests { what, test_size: config.test_size, most })
            }
            None => Ok(()),
        }
    }

    /// Training, test and validation examples as the configuration asks for them, resized and normalised.
    ///
    /// # Errors
    /// [`DataError::TooFew`] when there are too few examples, those of what is to be done to them as [`load()`](super::load()).
    pub fn split(&self, config: &DataConfig) -> Result<Split, DataError> {
        let all = &self.data;
        self.check_test_size(config)?;
        let drawn_tests = if self.test.is_some() { 0 } else { config.test_size };
        let wanted = config.train_size.saturating_add(drawn_tests).saturating_add(config.validation_size);
        if wanted > all.len() {
            return Err(DataError::TooFew {
                source_name: config.source.key(),
                train_size: config.train_size,
                test_size: config.test_size,
                validation_size: config.validation_size,
                available: all.len(),
            });
        }
        let mut drawn = rng(config.seed, Purpose::Split);
        let order = split::stratified_order(all, &mut drawn);
        let (train, rest) = order.split_at(config.train_size);
        let mut train = all.select(train);
        let (test, rest) = rest.split_at(drawn_tests);
        let mut test = match &self.test {
            Some(apart) => apart.select(&split::stratified_order(apart, &mut drawn)[..config.test_size]),
            None => all.select(test),
        };
        let validation = &rest[..config.validation_size];
        let mut validation = (!validation.is_empty()).then(|| all.select(validation));
        let preparation = self.preparation(config)?;
        for data in [&mut train, &mut test].into_iter().chain(&mut validation) {
            preparation.apply(data)?;
        }
        let flipped = split::flip_labels(&mut train, config.label_noise, &mut rng(config.seed, Purpose::Labels));
        let zero_shot = self.text.as_ref().filter(|_| config.source == DataSource::Scenes);
        let zero_shot = zero_shot.map(|text| ZeroShot::new(config.held_out, text, &test));
        let (class_names, format, file) = (self.class_names.clone(), self.format.clone(), self.file.clone());
        Ok(Split { train, test, validation, flipped, class_names, format, file, text: self.text.clone(), zero_shot })
    }
}

/// Whether a source that comes with the program goes with the model: text where it takes text and is large enough for it, numbers
/// where it says numbers.
fn goes_with(config: &DataConfig, wanted: &Wanted<'_>) -> Result<(), DataError> {
    let (source, is_any, script) = (config.source, *wanted == Wanted::ANY, Script::of(config));
    let is_good = match (script, source, wanted.text) {
        (_, DataSource::File, _) => true,
        (Some(_), _, None) => is_any,
        (Some(script), _, Some(text)) => {
            let is_large = text.tokens >= script.least && text.vocabulary.min(wanted.outputs) >= script.letters.len();
            is_large && text.image.is_empty() && wanted.loss == LossKind::TokenCrossEntropy
        }
        (_, DataSource::Scenes, None) => is_any,
        (_, DataSource::Scenes, Some(text)) => {
            let is_large = text.tokens >= SCENE_TOKENS && text.vocabulary >= SCENE_WORDS.len();
            is_large && text.image == IMAGE && wanted.loss == LossKind::Contrastive
        }
        (_, DataSource::MatrixSensing, text) => {
            is_any || text.is_none() && (wanted.loss, wanted.outputs) == (LossKind::Mse, 1)
        }
        (_, _, text) => text.is_none() && !matches!(wanted.loss, LossKind::TokenCrossEntropy | LossKind::Contrastive),
    };
    if is_good {
        return Ok(());
    }
    let expected = match (script, source) {
        (Some(Script { least, letters, .. }), _) => format!(
            "for {} `input = {{ tokens = T, vocabulary = V }}` with at least {least} tokens, a vocabulary and outputs of at \
             least {}, and the loss token-cross-entropy",
            source.key(),
            letters.len()
        ),
        (_, DataSource::MatrixSensing) => "one output and the loss mse, such as `gram 20` of 400 features".to_owned(),
        (_, DataSource::Scenes) => format!(
            "for scenes two towers and the loss contrastive: images {IMAGE:?}, and at least {SCENE_TOKENS} tokens of a vocabulary \
             of at least {}",
            SCENE_WORDS.len()
        ),
        _ => "sums, chains, scenes or a file where the model takes tokens".to_owned(),
    };
    Err(DataError::Unfit { source_name: source.key(), expected })
}
