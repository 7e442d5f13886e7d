//! Knobs that a run may start with: those of the experiment, and presets.

use crate::config::{Experiment, Knobs, OptimizerKind};

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

/// The knobs that an experiment gives a run of an optimiser.
///
/// # Errors
/// One sentence that says what is wrong with them.
pub fn start_knobs(experiment: &Experiment, optimizer: OptimizerKind) -> Result<Knobs, String> {
    experiment.knobs(optimizer).map_err(|err| format!("{} cannot start: {err}.", optimizer.label()))
}
