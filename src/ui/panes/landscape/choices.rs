//! What can be chosen of the landscapes: flat or in space, the field, what lies on them.

use serde::{Deserialize, Serialize};

/// Flat or in space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// From above, with iso-lines.
    #[default]
    Contour,
    /// As a surface.
    Surface,
}

/// What is drawn over the plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    /// The loss.
    #[default]
    Loss,
    /// The accuracy.
    Accuracy,
}

/// What lies on the landscapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a check box of its own")]
pub struct Overlays {
    /// Numbers on iso-lines.
    pub labels: bool,
    /// The path.
    pub path: bool,
    /// The ascent step and the radius of the noise.
    pub noise: bool,
    /// The sample points of the last step.
    pub samples: bool,
    /// Where the other runs are.
    pub others: bool,
    /// The average of the run's weights.
    pub average: bool,
}

impl Default for Overlays {
    fn default() -> Self {
        Self { labels: true, path: true, noise: true, samples: false, others: false, average: true }
    }
}
