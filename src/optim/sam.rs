//! SAM (Foret et al. 2021): the gradient at w + ε with ε = ρ·g/‖g‖, the norm over all parameters.

use burn::tensor::Tensor;

use super::{GradientOracle, StepGradient};

/// SAM's gradient and the ascent step ε `[1, D]`. Where the gradient is zero there is no way up, and ε is zero.
#[must_use]
pub fn sam_gradient(oracle: &impl GradientOracle, weights: &Tensor<2>, rho: f64) -> (StepGradient, Tensor<2>) {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    let norm = (gradient.clone() * gradient.clone()).sum_dim(1).sqrt();
    let ascent = gradient * (norm.clamp_min(f64::from(f32::MIN_POSITIVE)).recip() * rho);
    let (perturbed_loss, gradient) = oracle.gradients(weights.clone() + ascent.clone());
    (StepGradient { gradient, clean_loss, perturbed_loss }, ascent)
}
