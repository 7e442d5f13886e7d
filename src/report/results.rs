//! What a finished comparison is made of: plain data, as the exports and the table read it.
//!
//! The engine fills these in ([`crate::engine::compare()`]); they stand here because the files of a comparison may
//! not depend on the engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{AverageKind, Measure, OptimizerKind};
use crate::protocol::{AverageRow, EigenRow, Estimate, EvalRow, LossGrid, Outcome, TraceRow};

use super::kinds::KindFound;
use super::tuning::Try;

/// A finished comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareResult {
    /// Name of the device that computed it, such as "CPU (Flex), 2 threads".
    pub device: String,
    /// Why another device than asked for was taken, in one sentence.
    pub notice: Option<String>,
    /// How many runs were trained at once.
    pub at_once: AtOnce,
    /// One entry for each optimiser and seed, optimisers in the order asked for and seeds ascending within each.
    pub runs: Vec<RunResult>,
    /// What was tried before the runs began, in the order in which it was; empty where nothing was tuned.
    pub tuning: Vec<Try>,
}

/// How many runs are trained at once. Their figures do not depend on it, but for the seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// Runs at most, at least 1.
    pub runs: usize,
    /// Cores that each of them has.
    pub cores: usize,
}

impl AtOnce {
    /// In words; `None` where one run comes after the other.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let plural = if self.cores == 1 { "" } else { "s" };
        (self.runs > 1).then(|| format!("{} runs at once, each on {} core{plural}", self.runs, self.cores))
    }
}

/// One run at the end of its budget, or at its last good step if it diverged. Where the best weights on validation are kept,
/// all figures but the counts and the average are those of [`Self::kept_step`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The optimiser.
    pub optimizer: OptimizerKind,
    /// The seed of weights, order of the data and noise.
    pub seed: u64,
    /// Steps done.
    pub steps: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// The step of the weights that its figures belong to, where those of the best evaluation on validation are kept.
    pub kept_step: Option<u64>,
    /// Loss on the measured training subset, without weight decay.
    pub train_loss: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the measured training subset, 0 to 1.
    pub train_accuracy: f64,
    /// Accuracy on the test set, 0 to 1.
    pub test_accuracy: f64,
    /// On the validation examples, where there are some.
    pub validation: Option<Outcome>,
    /// Its second set of figures, at the average of its weights at its last step, where it keeps one.
    pub average: Option<AverageResult>,
    /// Trace of the Hessian at the same weights.
    pub trace: TraceRow,
    /// Ends of the Hessian's spectrum at the same weights.
    pub eigen: EigenRow,
    /// What only some data have, on the test examples at the same weights.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<Measure, f64>,
    /// Seconds of wall time, measurements included; where several ran at once, beside the others.
    pub wall_seconds: f64,
    /// The step whose result was NaN or infinite and was thrown away.
    pub diverged_at: Option<u64>,
    /// The run's history, ascending by step.
    pub curves: Vec<CurveRow>,
    /// The slice through the same weights, for the first seed only.
    pub grid: Option<LossGrid>,
    /// The same weights as a file, where that was asked for.
    pub weights: Option<RunWeights>,
    /// What a study of a special kind measures at the same weights.
    pub found: Option<KindFound>,
}

/// The figures at an average of weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AverageResult {
    /// What average it is.
    pub kind: AverageKind,
    /// The figures.
    pub row: AverageRow,
}

/// The weights of a run as safetensors, with PyTorch's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWeights {
    /// Those that its figures belong to.
    #[serde(with = "super::bytes")]
    pub own: Vec<u8>,
    /// Their average, where it keeps one.
    #[serde(with = "super::bytes::option", default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Vec<u8>>,
}

/// One point of a run's history: losses and accuracies, and the curvature where it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
