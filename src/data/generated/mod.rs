//! Data that are drawn from the configuration's seed: points in the plane, sums and chains of them as text, pictures of letters,
//! shapes, textures, lesions, handwriting and counts, measurements of a matrix, and pictures of scenes with their captions.

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
use super::tokens::AnswerSigns;
use crate::config::{DataConfig, DataSource};

/// What the text of a source is, and what it takes of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    /// The characters, which are the vocabulary in this order.
    pub letters: &'static str,
    /// Tokens of an example at least.
    pub least: usize,
    /// Tokens where no model says how many.
    pub usual: usize,
    /// How answers are told in it.
    pub signs: Option<AnswerSigns>,
    /// Makes the examples, of so many tokens.
    pub generate: fn(&DataConfig, usize) -> Dataset,
}

impl Script {
    /// That of a source; `None` where its examples are no text, or come of a file.
    pub const fn of(config: &DataConfig) -> Option<Self> {
        match config.source {
            DataSource::Sums => Some(Self {
                letters: sums::LETTERS,
                least: sums::FEWEST_TOKENS,
                usual: sums::USUAL_TOKENS,
                signs: None,
                generate: sums::generate,
            }),
            DataSource::Chains => {
                let tokens = chains::num_tokens(config.steps);
                let signs = Some(chains::SIGNS);
                Some(Self { letters: chains::LETTERS, least: tokens, usual: tokens, signs, generate: chains::generate })
            }
            _ => None,
        }
    }
}

/// How many examples are drawn: as many as are asked for.
fn num_examples(config: &DataConfig) -> usize {
    config.train_size.saturating_add(config.test_size).saturating_add(config.validation_size)
}
