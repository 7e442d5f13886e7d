//! What a finished comparison is made of: plain data, as the exports and the table read it.
//!
//! The engine fills these in ([`crate::engine::compare()`]); they stand here because the files of a comparison may
//! not depend on the engine.

use crate::config::OptimizerKind;
use crate::protocol::{EigenRow, Estimate, EvalRow, LossGrid, TraceRow};

/// A finished comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareResult {
    /// Name of the device that computed it, such as "CPU (Flex), 2 threads".
    pub device: String,
    /// Why another device than asked for was taken, in one sentence.
    pub notice: Option<String>,
    /// One entry for each optimiser and seed, optimisers in the order asked for and seeds ascending within each.
    pub runs: Vec<RunResult>,
}

/// One run at the end of its budget, or at its last good step if it diverged.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// The optimiser.
    pub optimizer: OptimizerKind,
    /// The seed of weights, order of the data and noise.
    pub seed: u64,
    /// Steps done.
    pub steps: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Loss on the measured training subset, without weight decay.
    pub train_loss: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the measured training subset, 0 to 1.
    pub train_accuracy: f64,
    /// Accuracy on the test set, 0 to 1.
    pub test_accuracy: f64,
    /// Trace of the Hessian at the end.
    pub trace: TraceRow,
    /// Ends of the Hessian's spectrum at the end.
    pub eigen: EigenRow,
    /// Seconds of wall time, measurements included.
    pub wall_seconds: f64,
    /// The step whose result was NaN or infinite and was thrown away.
    pub diverged_at: Option<u64>,
    /// The run's history, ascending by step.
    pub curves: Vec<CurveRow>,
    /// The slice through the final weights, for the first seed only.
    pub grid: Option<LossGrid>,
}

/// One point of a run's history: losses and accuracies, and the curvature where it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveRow {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Losses and accuracies.
    pub eval: EvalRow,
    /// Loss of the last step's batch at the clean weights; NaN before the first step.
    pub batch_loss: f64,
    /// Mean loss of the last step's batch at the perturbed weights; NaN before the first step.
    pub perturbed_loss: f64,
    /// Learning rate after the schedule.
    pub learning_rate: f64,
    /// Hutchinson trace, where it was measured at this step.
    pub trace: Option<TraceRow>,
    /// NSO: the trace that the noise samples say, where there are enough of them.
    pub noise_trace: Option<Estimate>,
    /// Largest eigenvalue, where it was measured at this step.
    pub lambda_max: Option<f64>,
    /// Smallest eigenvalue, where it was measured at this step.
    pub lambda_min: Option<f64>,
}
