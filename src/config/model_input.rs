//! What a network takes: an example's shape, tokens, or the two inputs of two towers.

use serde::{Deserialize, Serialize};

use super::LayerText;

/// What one example is before the first layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "an input is [features], [channels, height, width] or { tokens = T, vocabulary = V }")]
pub enum ModelInput {
    /// `[features]` or `[channels, height, width]`.
    Shape(Vec<usize>),
    /// `{ tokens = T, vocabulary = V }`
    Tokens(TokenInput),
}

/// Text as whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenInput {
    /// T, the places of one example; what is not filled holds −1.
    pub tokens: usize,
    /// V, the different tokens: 0 to V − 1.
    pub vocabulary: usize,
}

impl ModelInput {
    /// T tokens of a vocabulary of V.
    #[must_use]
    pub const fn tokens(tokens: usize, vocabulary: usize) -> Self {
        Self::Tokens(TokenInput { tokens, vocabulary })
    }

    /// Shape of one example: `[features]`, `[channels, height, width]` or `[T]`.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Shape(shape) => shape.clone(),
            Self::Tokens(input) => vec![input.tokens],
        }
    }

    /// The tokens, where it is text.
    #[must_use]
    pub const fn token_input(&self) -> Option<TokenInput> {
        match self {
            Self::Shape(_) => None,
            Self::Tokens(input) => Some(*input),
        }
    }

    /// Whether nothing is said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Shape(shape) if shape.is_empty())
    }
}

impl Default for ModelInput {
    fn default() -> Self {
        Self::Shape(Vec::new())
    }
}

impl From<&[usize]> for ModelInput {
    fn from(shape: &[usize]) -> Self {
        Self::Shape(shape.to_vec())
    }
}

impl From<Vec<usize>> for ModelInput {
    fn from(shape: Vec<usize>) -> Self {
        Self::Shape(shape)
    }
}

/// Two networks whose outputs are compared: an image's with its text's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Towers {
    /// The tower of the images.
    pub image: Tower,
    /// The tower of the texts.
    pub text: Tower,
}

/// One of two networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tower {
    /// What it takes.
    pub input: ModelInput,
    /// Its layers in order.
    pub layers: Vec<LayerText>,
}
