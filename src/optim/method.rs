//! What a method is: what it is given, and what it gives.

use std::fmt::Debug;

use burn::tensor::Tensor;

use super::tensors::Tensors;
use crate::config::Knobs;

/// The objective of one step: one batch, any population of weights.
pub trait GradientOracle {
    /// L at each row of `[P, D]`, as `[P]`.
    fn losses(&self, weights: Tensor<2>) -> Tensor<1>;

    /// L and ∇L at each row of `[P, D]`, as `[P]` and `[P, D]`.
    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>);

    /// L and ∇L at each row of `[P, D]`, row j on the j-th of P nearly equal parts of the batch. An objective without parts
    /// takes the whole for each.
    fn gradients_of_parts(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.gradients(weights)
    }

    /// Whether a pass takes time by itself, whatever its population is, so that points had better share one: what is launched
    /// on a GPU.
    fn shares_passes(&self) -> bool {
        false
    }
}

/// Where a step is taken, and what a method may ask for.
pub struct Point<'a> {
    /// The weights `[1, D]`.
    pub weights: &'a Tensor<2>,
    /// The run's settings.
    pub knobs: &'a Knobs,
    /// σ after its schedule.
    pub sigma: f64,
    /// So many rows `[rows, D]` of the step's noise: independent, of mean 0 and variance 1. Asked for twice, the rows are the
    /// same.
    pub noise: &'a dyn Fn(usize) -> Tensor<2>,
    /// Which entries of the weights are what.
    pub tensors: &'a Tensors,
    /// The precisions `[1, D]` that BSAM's step has so far; `None` before its first step.
    pub precision: Option<&'a Tensor<2>>,
    /// Examples that the whole training set has.
    pub train_size: usize,
    /// Examples of the step.
    pub batch_size: usize,
}

/// A way to a gradient.
pub trait Method: Debug + Send + Sync {
    /// The gradient that the base step takes, from one batch.
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient;
}

/// What a method makes of the objective at one row of weights.
#[derive(Debug, Clone)]
pub struct StepGradient {
    /// The gradient that the base step takes, `[1, D]`.
    pub gradient: Tensor<2>,
    /// L at the weights themselves, `[1]`.
    pub clean_loss: Tensor<1>,
    /// Mean of L over the perturbed weights, `[1]`; the clean loss where nothing is perturbed.
    pub perturbed_loss: Tensor<1>,
    /// What the noise samples saw, where they are of one σ.
    pub evidence: Option<PairEvidence>,
    /// The step uphill ε `[1, D]`, where there is one.
    pub ascent: Option<Tensor<2>>,
    /// Mean of √s·|g₁| `[1, D]`, by which BSAM's step moves its precisions s.
    pub size: Option<Tensor<2>>,
}

impl StepGradient {
    /// A gradient at the weights themselves.
    #[must_use]
    pub fn clean(loss: Tensor<1>, gradient: Tensor<2>) -> Self {
        Self { gradient, clean_loss: loss.clone(), perturbed_loss: loss, evidence: None, ascent: None, size: None }
    }

    /// The gradient that was taken after a step uphill.
    #[must_use]
    pub fn after_ascent(
        clean_loss: Tensor<1>,
        ascent: Tensor<2>,
        (perturbed_loss, gradient): (Tensor<1>, Tensor<2>),
    ) -> Self {
        Self { perturbed_loss, ascent: Some(ascent), ..Self::clean(clean_loss, gradient) }
    }
}

/// What the samples of one step saw.
#[derive(Debug, Clone)]
pub struct PairEvidence {
    /// L(w+Uⱼ), `[k]`.
    pub plus: Tensor<1>,
    /// L(w−Uⱼ), `[k]`; `None` for one-point noise.
    pub minus: Option<Tensor<1>>,
    /// Uⱼ ⊙ (g⁺ⱼ − g⁻ⱼ), `[k, D]`, whose sum over a tensor is 2σ² times its share of the trace; `None` for one-point
    /// noise.
    pub curvature: Option<Tensor<2>>,
}
