//! Which optimisers there are.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::find_named;

/// The optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent.
    Sgd,
    /// Sharpness-aware minimisation (Foret et al. 2021).
    Sam,
    /// Noise stability optimisation (Zhang, Li, Ju 2024).
    Nso,
}

impl OptimizerKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Sam, Self::Nso];

    /// The name in files and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Sam => "sam",
            Self::Nso => "nso",
        }
    }

    /// The name in the window.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Sam => "SAM",
            Self::Nso => "NSO",
        }
    }

    /// Finds an optimiser by its name in files.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        find_named("optimizer", key, &Self::ALL, Self::key)
    }
}
