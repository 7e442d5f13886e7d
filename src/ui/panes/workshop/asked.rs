//! What data ask of a network, whatever it is.

use crate::config::{LossKind, ModelConfig};
use crate::protocol::{DataPreview, ExampleLabel, TextLook};

/// What a network is to say of examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// One of so many classes.
    Class(usize),
    /// So many values.
    Values(usize),
    /// A token of a vocabulary of so many, at each token.
    Tokens(usize),
    /// Which image belongs with which text.
    Pairs,
}

impl Asked {
    /// What these data ask for.
    #[must_use]
    pub fn by(data: &DataPreview) -> Self {
        match data.rows.first().map(|row| &row.label) {
            Some(ExampleLabel::Values(of)) => Self::Values(of.len()),
            // Where the tokens have names, these are all; else the vocabulary is that of whoever read them.
            Some(ExampleLabel::Tokens(_)) => match data.classes.len() {
                0 => Self::Tokens(data.text.as_ref().map_or(0, |text| text.vocabulary)),
                named => Self::Tokens(named),
            },
            Some(ExampleLabel::Pair) => Self::Pairs,
            Some(ExampleLabel::Class(_)) => Self::Class(data.classes.len()),
            None if data.classes.is_empty() => Self::Values(0),
            None => Self::Class(data.classes.len()),
        }
    }

    /// Different tokens of the text.
    #[must_use]
    pub const fn vocabulary(self, text: &TextLook) -> usize {
        match self {
            Self::Tokens(vocabulary) => vocabulary,
            _ => text.vocabulary,
        }
    }

    /// Outputs that a network needs; `None` where it is free to choose.
    #[must_use]
    pub const fn outputs(self) -> Option<usize> {
        match self {
            Self::Class(outputs) | Self::Values(outputs) | Self::Tokens(outputs) => Some(outputs),
            Self::Pairs => None,
        }
    }

    /// The loss for it, and label smoothing, as near to those of a model as may be.
    #[must_use]
    pub fn loss(self, model: &ModelConfig) -> (LossKind, f64) {
        match (self, model.loss) {
            (Self::Class(_), LossKind::CrossEntropy | LossKind::Mse) => (model.loss, model.label_smoothing),
            _ => (self.usual_loss(), 0.0),
        }
    }

    /// The loss for it where no model has another.
    #[must_use]
    pub const fn usual_loss(self) -> LossKind {
        match self {
            Self::Class(_) => LossKind::CrossEntropy,
            Self::Values(_) => LossKind::Mse,
            Self::Tokens(_) => LossKind::TokenCrossEntropy,
            Self::Pairs => LossKind::Contrastive,
        }
    }
}
