//! The noise of NSO: its distribution, and how σ changes over the budget.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The distribution of one component of the noise before σ scales it. All have mean 0 and variance 1, so that σ means the
/// same, and the mean even part is σ²/2·Tr ∇²L to second order, whichever is chosen. (The paper's code also offers a
/// "binomial" of mean 2 and a "cauchy" without a variance, for which neither holds.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseDistribution {
    /// N(0, 1).
    #[default]
    Gaussian,
    /// Uniform on ±√3.
    Uniform,
    /// Laplace of scale 1/√2: heavier tails.
    Laplace,
    /// 1 or −1 with equal chance: every sample has the length √D.
    Rademacher,
}

impl NoiseDistribution {
    /// All of them; a knob's value is the position here.
    pub const ALL: [Self; 4] = [Self::Gaussian, Self::Uniform, Self::Laplace, Self::Rademacher];

    /// The names in files, in the order of [`Self::ALL`].
    pub const KEYS: &'static [&'static str] = &["gaussian", "uniform", "laplace", "rademacher"];

    /// Its position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        Self::KEYS[self.index()]
    }

    /// The one of this name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|distribution| distribution.key() == key)
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
            super::experiment::within("sigma_schedule.start", start, least, 100.0)?;
            super::experiment::within("sigma_schedule.end", end, least, 100.0)
        };
        match self {
            Self::Constant => Ok(()),
            Self::Linear { start, end } => check(start, end, 0.0),
            Self::Exponential { start, end } => check(start, end, 1e-9),
        }
    }
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
    fn every_distribution_has_its_name() {
        for (index, distribution) in NoiseDistribution::ALL.into_iter().enumerate() {
            assert_eq!(distribution.index(), index);
            assert_eq!(NoiseDistribution::from_key(distribution.key()), Some(distribution));
            assert_eq!(format!("\"{}\"", distribution.key()), serde_json::to_string(&distribution).unwrap());
        }
    }

    #[test]
    fn wrong_ends_are_named() {
        let message = SigmaScheduleConfig::Exponential { start: 1.0, end: 0.0 }.validate().unwrap_err().to_string();
        assert!(message.contains("sigma_schedule.end"), "{message}");
        assert!(SigmaScheduleConfig::Linear { start: f64::NAN, end: 0.0 }.validate().is_err());
    }
}
