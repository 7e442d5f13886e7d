//! How the landscape and the curvature are measured.

use serde::{Deserialize, Serialize};

use super::error::within;
use super::{ConfigError, Pace};

/// Share of the time that measurements get while runs train, until the user sets another.
pub const DEFAULT_LOOK_SHARE: f64 = 0.5;

/// How the landscape and the curvature are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookConfig {
    /// The slice reaches from −range to +range along both directions.
    pub range: f64,
    /// Points along each side of the finest slice, odd, so that the centre is one of them.
    pub resolution: usize,
    /// Training examples that losses, slices and curvature are measured on: the first so many.
    pub subset: usize,
    /// Probes of a Hutchinson trace.
    pub trace_probes: usize,
    /// Hessian-vector products of one Lanczos solve.
    pub lanczos_steps: usize,
    /// Steps between two evaluations of train and test loss.
    pub eval_every: u64,
    /// Seed of directions and probes.
    pub seed: u64,
    /// Whether runs wait for their measurements.
    pub pace: Pace,
}

impl Default for LookConfig {
    fn default() -> Self {
        Self {
            range: 1.0,
            resolution: 33,
            subset: 512,
            trace_probes: 64,
            lanczos_steps: 20,
            eval_every: 10,
            seed: 0,
            pace: Pace::Free,
        }
    }
}

impl LookConfig {
    /// Checks the half-width of a slice and its points a side.
    ///
    /// # Errors
    /// The one that is out of range, with what was expected.
    pub fn validate_slice(range: f64, resolution: usize) -> Result<(), ConfigError> {
        Self { range, resolution, ..Self::default() }.validate()
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("look.range", self.range, 1e-6, 1e3)?;
        within("look.resolution", self.resolution as f64, 3.0, 255.0)?;
        if self.resolution.is_multiple_of(2) {
            return Err(ConfigError::OutOfRange {
                name: "look.resolution".to_owned(),
                value: self.resolution.to_string(),
                expected: "an odd number, so that the centre is a point of the slice".to_owned(),
            });
        }
        within("look.subset", self.subset as f64, 1.0, 1e7)?;
        within("look.trace_probes", self.trace_probes as f64, 2.0, 1e5)?;
        within("look.lanczos_steps", self.lanczos_steps as f64, 2.0, 1e4)?;
        within("look.eval_every", self.eval_every as f64, 1.0, 1e9)
    }
}
