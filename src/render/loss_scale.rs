//! How values are spread over the colours.

use serde::{Deserialize, Serialize};

use super::colormap::ColorMap;

/// How losses, accuracies or differences are spread over the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossScale {
    /// Losses, equal ratios.
    #[default]
    Log10,
    /// Losses, equal differences.
    Linear,
    /// Accuracies, 0 to 1.
    Percent,
    /// Signed differences, 0 in the middle.
    Symmetric,
}

/// Values are held within this, so that sums and differences of some of them stay finite and below the mask.
pub(super) const HUGE: f32 = 1e30;
/// Losses at or below this count as this on the logarithmic scale.
const SMALLEST_LOSS: f32 = 1e-12;

impl LossScale {
    /// The place of a loss on the scale.
    #[must_use]
    pub fn scaled(self, loss: f32) -> f32 {
        match self {
            Self::Log10 => loss.max(SMALLEST_LOSS).log10(),
            Self::Linear | Self::Percent | Self::Symmetric => loss,
        }
    }

    /// The loss at a place on the scale.
    #[must_use]
    pub fn loss(self, scaled: f32) -> f32 {
        match self {
            Self::Log10 => 10_f32.powf(scaled),
            Self::Linear | Self::Percent | Self::Symmetric => scaled,
        }
    }

    /// Ends of a colour scale that holds these values: in order, apart from each other, 0 in the middle for
    /// differences, within 0 to 1 for accuracies. What is not finite gives 0 to 1.
    #[must_use]
    pub fn fitted(self, [low, high]: [f32; 2]) -> [f32; 2] {
        if !(low.is_finite() && high.is_finite()) {
            return if self == Self::Symmetric { [-1.0, 1.0] } else { [0.0, 1.0] };
        }
        let [low, high] = [low, high].map(|end| end.clamp(-HUGE, HUGE));
        let [low, high] = match self {
            Self::Log10 | Self::Linear => [low, high],
            Self::Percent => [low, high].map(|end| end.clamp(0.0, 1.0)),
            Self::Symmetric => {
                let end = low.abs().max(high.abs());
                [-end, end]
            }
        };
        // So small a number is lost beside a big one, therefore the second part.
        let apart = 1e-3 + 1e-5 * low.abs();
        match self {
            _ if high > low => [low, high],
            Self::Symmetric => [-apart, apart],
            Self::Percent => [(low - 0.01).max(0.0), (low + 0.01).min(1.0)],
            Self::Log10 | Self::Linear => [low, low + apart],
        }
    }

    /// The map that suits the scale.
    #[must_use]
    pub const fn default_map(self) -> ColorMap {
        match self {
            Self::Log10 | Self::Linear | Self::Percent => ColorMap::Viridis,
            Self::Symmetric => ColorMap::BlueRed,
        }
    }
}
