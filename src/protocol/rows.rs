//! What the charts draw: rows of a run, in order, and the newest noise samples.

use super::{Estimate, RunId};
use crate::config::KnobId;

/// One training step. The losses are of the step's batch, without weight decay, at the weights before the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRow {
    /// Steps done, this one included; the first is 1.
    pub step: u64,
    /// Gradient evaluations spent, this step included.
    pub gradient_evaluations: u64,
    /// Seconds of training time spent on this run.
    pub train_seconds: f64,
    /// Loss of the batch at the clean weights.
    pub batch_loss: f64,
    /// Mean loss of the batch at the perturbed weights (SAM's w + ε, NSO's w ± U); the clean loss for SGD.
    pub perturbed_loss: f64,
    /// Euclidean norm of the gradient that the optimiser returned.
    pub gradient_norm: f64,
    /// Learning rate after the schedule.
    pub learning_rate: f64,
    /// NSO: what the step's noise samples said.
    pub noise: Option<NoiseRow>,
}

/// What the noise samples of one NSO step say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseRow {
    /// σ of the step, after the schedule.
    pub sigma: f64,
    /// The σ knob at the step, before the schedule.
    pub base_sigma: f64,
    /// Samples of the step.
    pub k: usize,
    /// Mean over the step's pairs of the even part (L(w+U) + L(w−U))/2 − L(w); NaN for one-point noise.
    pub even_mean: f64,
    /// Mean over the step's pairs of the squared odd part (L(w+U) − L(w−U))/2; NaN for one-point noise.
    pub odd_square: f64,
    /// Mean over the step's samples of the one-point gap L(w+U) − L(w).
    pub gap_mean: f64,
}

/// Loss and accuracy on some examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The loss.
    pub loss: f64,
    /// The accuracy, 0 to 1; NaN for regression.
    pub accuracy: f64,
}

/// The second set of figures of a run that keeps an average of its weights: those at the average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AverageRow {
    /// On the measured training subset.
    pub train: Outcome,
    /// On the validation examples, where there are any.
    pub validation: Option<Outcome>,
    /// On the test set.
    pub test: Outcome,
    /// Weights that are in it: ends of epochs, or steps.
    pub averaged: u64,
}

/// Loss and accuracy at a step, on the training subset that everything is measured on and on the test set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvalRow {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Loss on the measured training subset.
    pub train_loss: f64,
    /// Accuracy on the measured training subset, 0 to 1.
    pub train_accuracy: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the test set, 0 to 1.
    pub test_accuracy: f64,
    /// ‖w‖ over all parameters.
    pub weight_norm: f64,
    /// On the validation examples, where there are any.
    pub validation: Option<Outcome>,
    /// At the average of the weights, once there is one.
    pub average: Option<AverageRow>,
}

/// A Hutchinson estimate of Tr ∇²L on the measured training subset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Loss on the measured subset at those weights.
    pub train_loss: f64,
    /// Mean over the probes.
    pub mean: f64,
    /// Standard error of the mean.
    pub stderr: f64,
    /// Number of probes.
    pub probes: usize,
}

/// The ends of the Hessian's spectrum on the measured training subset, by Lanczos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EigenRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Loss on the measured subset at those weights.
    pub train_loss: f64,
    /// Largest eigenvalue.
    pub lambda_max: f64,
    /// Smallest eigenvalue.
    pub lambda_min: f64,
    /// Residual ‖Hv − λv‖ of the largest.
    pub residual_max: f64,
    /// Residual of the smallest.
    pub residual_min: f64,
    /// Hessian-vector products spent.
    pub products: usize,
}

/// Hutchinson estimates of the trace of each parameter tensor's own block, in the order of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerTraceRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// One estimate a tensor, in the order of the names in [`super::Event::Started`].
    pub layers: Vec<Estimate>,
}

/// One turn of a knob, as the journal keeps it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KnobEdit {
    /// Steps done when it was turned; the next step is the first with the new value.
    pub step: u64,
    /// The knob.
    pub knob: KnobId,
    /// Value before.
    pub old: f64,
    /// Value after.
    pub new: f64,
}

/// The noise samples of the last steps of an NSO run.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSnapshot {
    /// The run.
    pub run: RunId,
    /// The newest step in it.
    pub step: u64,
    /// The steps it spans, from the oldest sample to the newest.
    pub num_steps: u64,
    /// σ of the newest step. Where a schedule moves σ, the samples of earlier steps have their own.
    pub sigma: f64,
    /// One-point gaps L(w+U) − L(w), and L(w−U) − L(w) for two-point noise, of the window of samples.
    pub gaps: Vec<f32>,
    /// Odd parts of the pairs in the window.
    pub odd: Vec<f32>,
    /// Even parts of the pairs in the window.
    pub even: Vec<f32>,
    /// Share of variance that the two-point pair removes: Var a/(Var a + Var e).
    pub variance_removed: f64,
    /// Trace from the window's pairs, 2·mean(e)/σ².
    pub trace: Estimate,
    /// Trace of each parameter tensor from the window's pairs, ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²), in the order of the model.
    pub layer_traces: Vec<(String, Estimate)>,
    /// ‖wₗ‖/√dₗ of each parameter tensor, in the same order: σ over it is the noise relative to the weights. Empty where it
    /// was not asked for.
    pub weight_sizes: Vec<f64>,
}
