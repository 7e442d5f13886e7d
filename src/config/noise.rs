//! The distribution of the noise of NSO.

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distribution_has_its_name() {
        for (index, distribution) in NoiseDistribution::ALL.into_iter().enumerate() {
            assert_eq!(distribution.index(), index);
            assert_eq!(NoiseDistribution::from_key(distribution.key()), Some(distribution));
            assert_eq!(format!("\"{}\"", distribution.key()), serde_json::to_string(&distribution).unwrap());
        }
    }
}
