//! SAM (Foret et al. 2021): the gradient at w + ε with ε = ρ·g/‖g‖, the norm over all parameters.

use burn::tensor::Tensor;

use super::{GradientOracle, StepGradient};

/// SAM's gradient and the ascent step ε `[1, D]`. Where the gradient is zero there is no way up, and ε is zero.
#[must_use]
pub fn sam_gradient(oracle: &impl GradientOracle, weights: &Tensor<2>, rho: f64) -> (StepGradient, Tensor<2>) {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    // Divided by its greatest component first: the squares of a gradient of 1e-20 are zero in 32 bits.
    let greatest = gradient.clone().abs().max_dim(1).clamp_min(f64::from(f32::MIN_POSITIVE));
    let scaled = gradient / greatest;
    let norm = (scaled.clone() * scaled.clone()).sum_dim(1).sqrt();
    // The norm is at least 1, except where the gradient is zero (or too small for a normal number).
    let ascent = scaled * (norm.clamp_min(1.0).recip() * rho);
    let (perturbed_loss, gradient) = oracle.gradients(weights.clone() + ascent.clone());
    (StepGradient { gradient, clean_loss, perturbed_loss }, ascent)
}
