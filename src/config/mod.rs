//! Configuration: one set of serde structs serves experiment files, `--set` and the window's controls.
//!
//! [`Experiment`] is what a TOML file in `assets/experiments` holds. [`Knobs`] are the settings of a run that may be
//! turned while it trains; their table is [`KnobId::spec`]. Everything is checked by [`Experiment::validate`] before
//! anything runs.

mod assign;
mod builtin_models;
mod experiment;
mod knob_values;
mod knobs;
mod layers;
mod model;
mod noise;
mod normalization;
mod presets;
mod schedules;

use serde::{Deserialize, Serialize};

pub use builtin_models::builtin_models;
pub use experiment::{
    DEFAULT_LOOK_SHARE, DataConfig, DataSource, Experiment, LabelKind, LookConfig, ScheduleConfig, builtin_experiment,
    builtin_experiments,
};
pub use knob_values::{ChoiceName, KnobValue, Knobs};
pub use knobs::{KnobId, KnobScale, KnobSpec};
pub use layers::{BracketError, LayerPlace, TypedLayers};
pub use model::{LayerText, LossKind, ModelConfig};
pub use noise::{NoiseDistribution, SigmaScheduleConfig};
pub use normalization::Normalization;
pub use presets::{KnobPreset, presets};
pub use schedules::{ScheduleKind, SigmaScheduleKind};

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
        Self::ALL.into_iter().find(|kind| kind.key() == key).ok_or_else(|| ConfigError::UnknownName {
            kind: "optimizer",
            name: key.to_owned(),
            nearest: nearest(key, Self::ALL.iter().map(|kind| kind.key())),
        })
    }
}

/// Where tensors live, as the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// Any GPU adapter, a software one too.
    Gpu,
    /// The CPU.
    Cpu,
}

impl DeviceChoice {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }

    /// Finds a device choice by its name.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        Self::ALL.into_iter().find(|choice| choice.key() == key).ok_or_else(|| ConfigError::UnknownName {
            kind: "device",
            name: key.to_owned(),
            nearest: nearest(key, Self::ALL.iter().map(|choice| choice.key())),
        })
    }
}

/// What is wrong with a configuration: always the thing, its place and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A name that nothing has.
    #[error("unknown {kind} `{name}`; {nearest}")]
    UnknownName {
        /// What the name was to name.
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The nearest valid name, and all of them, in words (see [`nearest`]).
        nearest: String,
    },
    /// A value outside of its range.
    #[error("`{name}` is {value}, expected {expected}")]
    OutOfRange {
        /// The setting.
        name: String,
        /// The value as given.
        value: String,
        /// The allowed values in words.
        expected: String,
    },
    /// A setting that the optimiser does not read.
    #[error("`{key}` is not a setting of {optimizer}; it is read by {readers}")]
    NotReadBy {
        /// The setting.
        key: &'static str,
        /// The optimiser it was given to.
        optimizer: &'static str,
        /// The optimisers that read it.
        readers: String,
    },
    /// An assignment that is not `key=value`.
    #[error("`{text}` is not an assignment, expected {expected}")]
    NotAnAssignment {
        /// The text as given.
        text: String,
        /// The form in words.
        expected: &'static str,
    },
    /// A file that is not a valid experiment.
    #[error("{message}")]
    Syntax {
        /// The parser's message on one line, with its place.
        message: String,
    },
    /// A layer that cannot stand where it stands, or a text that names no layer.
    #[error("layer {position} `{text}`: {message}")]
    Layer {
        /// The layer's position, from 1, such as `3`, or `4.2` for the second layer of the block at 4.
        position: String,
        /// The layer's text.
        text: String,
        /// What is wrong and what was expected.
        message: String,
    },
}

impl ConfigError {
    /// The parser's message on one line, with its place in `text`.
    fn from_toml(text: &str, err: &toml::de::Error) -> Self {
        let line = err.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let message = err.message().replace('\n', " ");
        Self::Syntax { message: line.map_or_else(|| message.clone(), |line| format!("line {line}: {message}")) }
    }
}

/// Words for an error message: the nearest of `candidates` to `name`, and all of them.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    let best = all
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(2));
    let list = all.join(", ");
    match best {
        Some((_, candidate)) => format!("did you mean `{candidate}`? (valid: {list})"),
        None => format!("expected one of {list}"),
    }
}
