//! Presets: knobs under a name.

use crate::config::{Knobs, OptimizerKind};

/// Knobs under a name.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// The optimiser that it is for.
    pub optimizer: OptimizerKind,
    /// The knobs.
    pub knobs: Knobs,
}
