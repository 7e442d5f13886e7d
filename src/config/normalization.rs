//! How the directions of a slice are scaled.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::find_named;

/// To which norms the directions of a slice are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalization {
    /// Used as they are.
    None,
    /// Each output row (filter or neuron) gets the norm of that row of the weights, 1-D tensors 0 (Li et al. 2018).
    #[default]
    Filter,
    /// Each tensor gets the norm of that tensor of the weights, 1-D tensors 0.
    Layer,
    /// The whole vector gets the norm of the weights, 1-D tensors included.
    Model,
}

impl Normalization {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::None, Self::Filter, Self::Layer, Self::Model];

    /// The name in files and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Filter => "filter",
            Self::Layer => "layer",
            Self::Model => "model",
        }
    }

    /// What a caption says of the directions.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "not normalised",
            Self::Filter => "filter-normalised",
            Self::Layer => "layer-normalised",
            Self::Model => "model-normalised",
        }
    }

    /// Finds a normalisation by its name in files.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        find_named("normalization", key, &Self::ALL, Self::key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for kind in Normalization::ALL {
            assert_eq!(Normalization::parse(kind.key()).unwrap(), kind);
        }
        let message = Normalization::parse("fliter").unwrap_err().to_string();
        assert!(message.contains("fliter") && message.contains("did you mean `filter`"), "{message}");
    }
}
