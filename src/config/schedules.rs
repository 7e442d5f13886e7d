//! How the learning rate and σ change over the budget.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::within;

/// How the learning rate changes with the share of the budget that is spent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum ScheduleConfig {
    /// It does not change.
    #[default]
    Constant,
    /// By equal steps from 1 at the start to 0 at the end of the budget.
    Linear,
    /// Half a cosine, from 1 at the start to 0 at the end of the budget.
    Cosine,
    /// Multiplied by `factor` after each `every` share of the budget.
    Step {
        /// Share of the budget between two drops, above 0 and at most 1.
        every: f64,
        /// What a drop multiplies the rate by, above 0 and at most 1.
        factor: f64,
    },
}

impl ScheduleConfig {
    /// Factor of the learning rate when `progress` (0 to 1) of the budget is spent.
    #[must_use]
    pub fn factor(self, progress: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - progress.clamp(0.0, 1.0),
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress.clamp(0.0, 1.0)).cos()),
            Self::Step { every, factor } => factor.powi((progress.clamp(0.0, 1.0) / every).floor() as i32),
        }
    }

    pub(super) fn validate(self) -> Result<(), ConfigError> {
        match self {
            Self::Step { every, factor } => {
                within("schedule.every", every, 1e-6, 1.0)?;
                within("schedule.factor", factor, 1e-9, 1.0)
            }
            Self::Constant | Self::Linear | Self::Cosine => Ok(()),
        }
    }
}

/// How σ changes with the share of the budget that is spent: σₜ is the σ knob times a factor, so that turning the knob
/// scales what is left of the schedule.
///
/// The paper's code raises σ from epoch to epoch, linearly from 0 (here `start = 0.0, end = 1.0`) or exponentially from
/// 10⁻⁵ (here `start = 1e-5/σ, end = 1.0`).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum SigmaScheduleConfig {
    /// It does not change.
    #[default]
    Constant,
    /// By equal steps from `start` to `end`.
    Linear {
        /// Factor at the start, 0 to 100.
        #[serde(default = "one")]
        start: f64,
        /// Factor at the end of the budget, 0 to 100.
        end: f64,
    },
    /// By equal ratios from `start` to `end`.
    Exponential {
        /// Factor at the start, above 0 and at most 100.
        #[serde(default = "one")]
        start: f64,
        /// Factor at the end of the budget, above 0 and at most 100.
        end: f64,
    },
}

const fn one() -> f64 {
    1.0
}

impl SigmaScheduleConfig {
    /// Factor of σ when `progress` (0 to 1) of the budget is spent.
    #[must_use]
    pub fn factor(self, progress: f64) -> f64 {
        let progress = progress.clamp(0.0, 1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear { start, end } => start + (end - start) * progress,
            Self::Exponential { start, end } => start * (end / start).powf(progress),
        }
    }

    pub(super) fn validate(self) -> Result<(), ConfigError> {
        let check = |start, end, least| {
            within("sigma_schedule.start", start, least, 100.0)?;
            within("sigma_schedule.end", end, least, 100.0)
        };
        match self {
            Self::Constant => Ok(()),
            Self::Linear { start, end } => check(start, end, 0.0),
            Self::Exponential { start, end } => check(start, end, 1e-9),
        }
    }
}

/// How the learning rate changes over the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// It does not change.
    #[default]
    Constant,
    /// Half a cosine, from 1 at the start to 0 at the end of the budget.
    Cosine,
    /// Multiplied by a factor after each of equal shares of the budget.
    Step,
    /// By equal steps from 1 at the start to 0 at the end of the budget.
    Linear,
}

impl ScheduleKind {
    /// All of them; a knob's value is the position here.
    pub const ALL: [Self; 4] = [Self::Constant, Self::Cosine, Self::Step, Self::Linear];
    /// The names in files, in the order of [`Self::ALL`].
    pub const KEYS: &'static [&'static str] = &["constant", "cosine", "step", "linear"];
}

/// How σ changes over the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigmaScheduleKind {
    /// It does not change.
    #[default]
    Constant,
    /// By equal steps from one factor to another.
    Linear,
    /// By equal ratios from one factor to another.
    Exponential,
}

impl SigmaScheduleKind {
    /// All of them; a knob's value is the position here.
    pub const ALL: [Self; 3] = [Self::Constant, Self::Linear, Self::Exponential];
    /// The names in files, in the order of [`Self::ALL`].
    pub const KEYS: &'static [&'static str] = &["constant", "linear", "exponential"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_go_from_start_to_end() {
        let linear = SigmaScheduleConfig::Linear { start: 1.0, end: 0.2 };
        assert!((linear.factor(0.25) - 0.8).abs() < 1e-12);
        let exponential = SigmaScheduleConfig::Exponential { start: 1.0, end: 0.01 };
        assert!((exponential.factor(0.5) - 0.1).abs() < 1e-12);
        for schedule in [linear, exponential, SigmaScheduleConfig::Constant] {
            assert!((schedule.factor(0.0) - 1.0).abs() < 1e-12, "{schedule:?}");
            // Beyond the budget it stays where it ended.
            assert!((schedule.factor(1.0) - schedule.factor(7.0)).abs() < 1e-12, "{schedule:?}");
        }
    }

    #[test]
    fn wrong_ends_are_named() {
        let message = SigmaScheduleConfig::Exponential { start: 1.0, end: 0.0 }.validate().unwrap_err().to_string();
        assert!(message.contains("sigma_schedule.end"), "{message}");
        assert!(SigmaScheduleConfig::Linear { start: f64::NAN, end: 0.0 }.validate().is_err());
    }
}
