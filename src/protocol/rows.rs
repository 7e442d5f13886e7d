//! What the charts draw: rows of a run, in order, and the newest noise samples.

use super::{Estimate, RunId};
use crate::config::KnobId;

/// One training step. The losses are of the step's batch, without weight decay, at the weights before the step.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// The loss.
    pub loss: f64,
    /// The accuracy, 0 to 1; NaN for regression.
    pub accuracy: f64,
}

/// The second set of figures of a run that keeps an average of its weights: those at the average.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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

/// Tr ∇²L on the measured training subset as it moves: from single probes, each at the weights of its own step, reduced to the
/// newest of these steps.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StreamedTraceRow {
    /// Step of the newest probe, which the figure is for.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Step of the oldest probe in it.
    pub first_step: u64,
    /// Number of probes in it.
    pub probes: usize,
    /// The estimate at `step`, its drift over the probes' steps taken out.
    pub mean: f64,
    /// Standard error of the estimate.
    pub stderr: f64,
}

/// The ends of the Hessian's spectrum on the measured training subset, or on a part of it, as they move: a few products from the last
/// vectors.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StreamedEigenRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Training examples that it is of: the first so many of the measured subset, all of them where that does not take too long.
    pub examples: usize,
    /// Largest Ritz value: a lower bound of the largest eigenvalue.
    pub lambda_max: f64,
    /// Smallest Ritz value: an upper bound of the smallest eigenvalue.
    pub lambda_min: f64,
    /// Residual ‖Hv − λv‖ of the largest.
    pub residual_max: f64,
    /// Residual of the smallest.
    pub residual_min: f64,
    /// Hessian-vector products spent at this step.
    pub products: usize,
}

/// How fast it goes, and who waits for whom.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Speed {
    /// Steps a second, all runs together.
    pub steps_per_second: f64,
    /// Measurements a second, all runs together: levels of slices, points of curvature, exact or streamed.
    pub looks_per_second: f64,
    /// What holds up the other side now.
    pub waiting: Waiting,
}

/// Which side waits for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Waiting {
    /// Neither: they share the time.
    #[default]
    None,
    /// Training waits for the slice to come near enough.
    TrainingForSlice,
    /// Training waits for a point of curvature.
    TrainingForCurvature,
}

/// Hutchinson estimates of the trace of each parameter tensor's own block, in the order of the model.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
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

/// What an alert of the consumer's said, as the session keeps it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AlertRow {
    /// Step of the figure that it spoke of.
    pub step: u64,
    /// The rule in a word or two, as the charts have it.
    pub rule: String,
    /// A sentence without its full stop.
    pub words: String,
    /// Training paused for it.
    pub paused: bool,
}

/// The noise samples of the last steps of an NSO run.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
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

impl NoiseSnapshot {
    /// The share of the variance of one evaluation that the pair removes, r = Var a/(Var a + Var e) of odd and even parts, with
    /// its standard error by the delta method: that of the mean of ((1 − r)(a − ā)² − r(e − ē)²)/(Var a + Var e) over the pairs.
    /// NaN without pairs, or where nothing varies.
    #[must_use]
    pub fn removed(&self) -> Estimate {
        let squares = |values: &[f32]| -> Vec<f64> {
            let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (f64::from(*value) - mean).powi(2)).collect()
        };
        let (odd, even) = (squares(&self.odd), squares(&self.even));
        let all = odd.iter().sum::<f64>() + even.iter().sum::<f64>();
        let share = odd.iter().sum::<f64>() / all;
        let pairs = odd.len() as f64;
        let terms = odd.iter().zip(&even).map(|(a, e)| ((1.0 - share) * a - share * e) * pairs / all);
        Estimate { mean: share, ..Estimate::of(terms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(odd: Vec<f32>, even: Vec<f32>) -> NoiseSnapshot {
        NoiseSnapshot {
            run: RunId(0),
            step: 1,
            num_steps: 1,
            sigma: 0.1,
            gaps: Vec::new(),
            odd,
            even,
            variance_removed: f64::NAN,
            trace: Estimate::of([]),
            layer_traces: Vec::new(),
            weight_sizes: Vec::new(),
        }
    }

    #[test]
    fn on_a_slope_the_pair_removes_all_of_the_variance() {
        // L(u) = 3u: the odd part is all that there is.
        let removed = snapshot(vec![0.3, -0.3, 0.6, -0.9], vec![0.0; 4]).removed();
        assert_eq!((removed.mean, removed.stderr, removed.samples), (1.0, 0.0, 4));
        assert!(snapshot(vec![0.0; 4], vec![0.0; 4]).removed().mean.is_nan(), "nothing varies");
        assert!(snapshot(Vec::new(), Vec::new()).removed().mean.is_nan(), "no pairs");
    }

    #[test]
    fn on_a_parabola_the_share_is_that_of_slope_and_curvature() {
        // L(u) = 3u + 5u² for u = −2, −1, 1, 2: Var a is 9 times the mean of u², 2.5, Var e 25 times the variance of u², 2.25.
        let places = [-2.0_f32, -1.0, 1.0, 2.0];
        let removed = snapshot(places.map(|u| 3.0 * u).to_vec(), places.map(|u| 5.0 * u * u).to_vec()).removed();
        assert!((removed.mean - 22.5 / (22.5 + 56.25)).abs() < 1e-12, "{removed:?}");
    }

    #[test]
    fn the_error_of_the_share_is_that_of_leaving_pairs_out() {
        let scatter = |i: usize, step: usize| ((i * step) % 401) as f32 / 401.0 - 0.5;
        let odd: Vec<f32> = (0..400).map(|i| scatter(i, 157)).collect();
        let even: Vec<f32> = (0..400).map(|i| scatter(i, 211).powi(2)).collect();
        let without = |left: usize| {
            let rest = |values: &[f32]| {
                values.iter().enumerate().filter(|(i, _)| *i != left).map(|(_, value)| *value).collect::<Vec<_>>()
            };
            snapshot(rest(&odd), rest(&even)).removed().mean
        };
        let shares: Vec<f64> = (0..400).map(without).collect();
        let mean = shares.iter().sum::<f64>() / 400.0;
        let jackknife = (399.0 / 400.0 * shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>()).sqrt();
        let delta = snapshot(odd, even).removed().stderr;
        assert!((delta / jackknife - 1.0).abs() < 0.05, "{delta} against {jackknife}");
    }
}
