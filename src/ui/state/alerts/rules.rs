//! The rules of alerts: what is watched, and the list to choose from.

use serde::{Deserialize, Serialize};

/// A figure that a rule of the user's own may watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Loss on the measured training examples.
    #[default]
    TrainLoss,
    /// Loss on the test examples.
    TestLoss,
    /// Accuracy on the test examples, 0 to 1.
    TestAccuracy,
    /// Hutchinson's trace of many probes.
    Trace,
    /// Largest eigenvalue of a whole solve.
    LambdaMax,
}

impl Figure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::TrainLoss, Self::TestLoss, Self::TestAccuracy, Self::Trace, Self::LambdaMax];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TrainLoss => "train loss",
            Self::TestLoss => "test loss",
            Self::TestAccuracy => "test accuracy",
            Self::Trace => "Hessian trace",
            Self::LambdaMax => "λmax",
        }
    }
}

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watched {
    /// The loss or a weight is not finite.
    NotFinite,
    /// λmax passes the edge of stability.
    Edge,
    /// The trace from noise pairs and Hutchinson's are further apart than so many of their combined standard errors.
    Apart {
        /// Standard errors.
        errors: f64,
    },
    /// The loss on held-out examples is above its least by so large a share, while the training loss has fallen since.
    Gap {
        /// The share.
        share: f64,
    },
    /// A figure is beyond a limit.
    Limit {
        /// The figure.
        figure: Figure,
        /// Whether it speaks above the limit; below it otherwise.
        is_above: bool,
        /// The limit.
        limit: f64,
    },
}

impl Watched {
    /// What it is called on charts.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::NotFinite => "not finite",
            Self::Edge => "edge",
            Self::Apart { .. } => "noise apart",
            Self::Gap { .. } => "gap",
            Self::Limit { figure, .. } => figure.label(),
        }
    }

    /// Whether the user has made it, and may take it away.
    #[must_use]
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Limit { .. })
    }
}

/// A rule: what is watched, and what comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is watched.
    pub watched: Watched,
    /// Whether it is.
    pub is_on: bool,
    /// Whether training pauses.
    pub pauses: bool,
}

/// The list to choose from. A run that diverges is told in any case.
#[must_use]
pub fn usual() -> Vec<Rule> {
    let rule = |watched, is_on| Rule { watched, is_on, pauses: false };
    vec![
        rule(Watched::NotFinite, true),
        rule(Watched::Edge, false),
        rule(Watched::Apart { errors: 3.0 }, false),
        rule(Watched::Gap { share: 0.1 }, false),
    ]
}
