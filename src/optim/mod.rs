//! Optimisers: each is a way to get a gradient from a [`GradientOracle`], followed by the same base step.

mod base;
mod nso;
mod sam;

use burn::tensor::Tensor;

pub use base::{BaseSettings, BaseSgd};
pub use nso::{NsoSettings, PairEvidence, nso_gradient};
pub use sam::{asam_ascent, asam_gradient, asam_operator, sam_ascent, sam_gradient};

/// The objective of one step: one batch, any population of weights.
pub trait GradientOracle {
    /// L at each row of `[P, D]`, as `[P]`.
    fn losses(&self, weights: Tensor<2>) -> Tensor<1>;

    /// L and ∇L at each row of `[P, D]`, as `[P]` and `[P, D]`.
    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>);
}

/// What an optimiser makes of the objective at one row of weights.
#[derive(Debug, Clone)]
pub struct StepGradient {
    /// The gradient that the base step takes, `[1, D]`.
    pub gradient: Tensor<2>,
    /// L at the weights themselves, `[1]`.
    pub clean_loss: Tensor<1>,
    /// Mean of L over the perturbed weights, `[1]`; the clean loss where nothing is perturbed.
    pub perturbed_loss: Tensor<1>,
}

/// SGD: the gradient itself.
#[must_use]
pub fn sgd_gradient(oracle: &impl GradientOracle, weights: &Tensor<2>) -> StepGradient {
    let (loss, gradient) = oracle.gradients(weights.clone());
    StepGradient { gradient, clean_loss: loss.clone(), perturbed_loss: loss }
}
