//! Data that are drawn from the configuration's seed: points in the plane, sums and chains of them as text, sentences, pictures of
//! letters, shapes, textures, lesions, handwriting and counts, measurements of a matrix, and pictures of scenes with their captions.

mod chains;
#[cfg(test)]
mod checks;
mod counts;
mod glyphs;
mod handwriting;
mod lesions;
mod letters;
mod pictures;
mod points;
mod scenes;
mod sensing;
mod sentences;
mod shapes;
#[cfg(test)]
mod sheet;
mod sums;
mod textures;

pub(super) use counts::{NAMES as COUNTS, generate as counts};
pub(super) use glyphs::generate as glyphs;
pub(super) use handwriting::generate as handwriting;
pub(super) use lesions::{NAMES as LESIONS, generate as lesions};
pub(super) use letters::GLYPHS;
pub(super) use points::generate as points;
pub(super) use scenes::{IMAGE, TOKENS as SCENE_TOKENS, WORDS as SCENE_WORDS, generate as scenes};
pub use scenes::{Question, ZeroShot};
pub(super) use sensing::{USUAL_SIDE, generate as sensing};
pub(super) use shapes::{generate as shapes, names as shape_names};
pub(super) use textures::{NAMES as TEXTURES, generate as textures};

use super::Dataset;
use super::tokens::{AnswerSigns, Tokenizer};
use crate::config::{DataConfig, DataSource, LossKind};

/// What the text of a source is, and what it takes of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    /// Its different tokens.
    pub vocabulary: Vocabulary,
    /// The names of the classes of an example; empty where each token has a target of the vocabulary.
    pub classes: &'static [&'static str],
    /// Tokens of an example at least.
    pub least: usize,
    /// Tokens where no model says how many.
    pub usual: usize,
    /// How answers are told in it.
    pub signs: Option<AnswerSigns>,
    /// Makes the examples, of so many tokens.
    pub generate: fn(&DataConfig, usize) -> Dataset,
}

/// The tokens of a script, by their place in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Vocabulary {
    /// Characters.
    Letters(&'static str),
    /// Words.
    Words(&'static [&'static str]),
}

impl Vocabulary {
    /// Number of tokens.
    pub const fn len(self) -> usize {
        match self {
            Self::Letters(letters) => letters.len(),
            Self::Words(words) => words.len(),
        }
    }

    /// What turns text into them.
    pub const fn tokenizer(self) -> Tokenizer {
        match self {
            Self::Letters(letters) => Tokenizer::Characters(letters),
            Self::Words(words) => Tokenizer::Words(words),
        }
    }

    /// The tokens as text, in their order.
    pub fn names(self) -> Vec<String> {
        match self {
            Self::Letters(letters) => letters.chars().map(String::from).collect(),
            Self::Words(words) => words.iter().map(|&word| word.to_owned()).collect(),
        }
    }
}

impl Script {
    /// Outputs that a model needs at least.
    pub const fn outputs(&self) -> usize {
        if self.classes.is_empty() { self.vocabulary.len() } else { self.classes.len() }
    }

    /// Whether a model with this loss learns from it.
    pub const fn takes(&self, loss: LossKind) -> bool {
        match loss {
            LossKind::TokenCrossEntropy => self.classes.is_empty(),
            LossKind::CrossEntropy | LossKind::Mse => !self.classes.is_empty(),
            LossKind::Contrastive => false,
        }
    }

    /// The names of what a model says.
    pub fn names(&self) -> Vec<String> {
        if self.classes.is_empty() {
            return self.vocabulary.names();
        }
        self.classes.iter().map(|&name| name.to_owned()).collect()
    }

    /// That of a source; `None` where its examples are no text, or come of a file.
    pub const fn of(config: &DataConfig) -> Option<Self> {
        match config.source {
            DataSource::Sums => Some(Self {
                vocabulary: Vocabulary::Letters(sums::LETTERS),
                classes: &[],
                least: sums::FEWEST_TOKENS,
                usual: sums::USUAL_TOKENS,
                signs: None,
                generate: sums::generate,
            }),
            DataSource::Chains => {
                let tokens = chains::num_tokens(config.steps);
                Some(Self {
                    vocabulary: Vocabulary::Letters(chains::LETTERS),
                    classes: &[],
                    least: tokens,
                    usual: tokens,
                    signs: Some(chains::SIGNS),
                    generate: chains::generate,
                })
            }
            DataSource::MaskedWords => Some(Self::of_sentences(&[], sentences::masked)),
            DataSource::SentencePairs => Some(Self::of_sentences(sentences::CLASSES, sentences::pairs)),
            _ => None,
        }
    }

    /// That of two sentences.
    const fn of_sentences(classes: &'static [&'static str], generate: fn(&DataConfig, usize) -> Dataset) -> Self {
        let vocabulary = Vocabulary::Words(sentences::WORDS);
        let tokens = sentences::TOKENS;
        Self { vocabulary, classes, least: tokens, usual: tokens, signs: None, generate }
    }
}

/// How many examples are drawn: as many as are asked for.
fn num_examples(config: &DataConfig) -> usize {
    config.train_size.saturating_add(config.test_size).saturating_add(config.validation_size)
}
