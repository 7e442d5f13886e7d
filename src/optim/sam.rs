//! SAM (Foret et al. 2021): the gradient at w + ε with ε = ρ·g/‖g‖, the norm over all parameters.
//!
//! ASAM (Kwon et al. 2021) measures ε in units of the weights: ε = ρ·T²g/‖Tg‖ with T = diag(|w| + η), as the authors' code
//! has it: for tensors whose name holds "weight", and T = 1 for all others (biases). Its ρ is ten to forty times SAM's
//! (0.5 there, with η = 0.01, against 0.05).

use burn::tensor::{DType, Tensor};

use super::{GradientOracle, StepGradient};

/// SAM's gradient and the ascent step ε `[1, D]`. Where the gradient is zero there is no way up, and ε is zero.
#[must_use]
pub fn sam_gradient(oracle: &impl GradientOracle, weights: &Tensor<2>, rho: f64) -> (StepGradient, Tensor<2>) {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    let ascent = sam_ascent(gradient, rho);
    let (perturbed_loss, gradient) = oracle.gradients(weights.clone() + ascent.clone());
    (StepGradient { gradient, clean_loss, perturbed_loss }, ascent)
}

/// ASAM's gradient and the ascent step ε `[1, D]`; `operator` is T, of [`asam_operator`].
#[must_use]
pub fn asam_gradient(
    oracle: &impl GradientOracle,
    weights: &Tensor<2>,
    rho: f64,
    operator: &Tensor<2>,
) -> (StepGradient, Tensor<2>) {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    let ascent = asam_ascent(gradient, rho, operator);
    let (perturbed_loss, gradient) = oracle.gradients(weights.clone() + ascent.clone());
    (StepGradient { gradient, clean_loss, perturbed_loss }, ascent)
}

/// ASAM's T at `weights` `[1, D]`: |w| + η where `is_weight` `[1, D]` is 1, and 1 where it is 0.
#[must_use]
pub fn asam_operator(weights: Tensor<2>, is_weight: Tensor<2>, eta: f64) -> Tensor<2> {
    (weights.abs() + eta - 1.0) * is_weight + 1.0
}

/// ε = ρ·g/‖g‖ of a gradient `[1, D]`; zero where the gradient is zero.
#[must_use]
pub fn sam_ascent(gradient: Tensor<2>, rho: f64) -> Tensor<2> {
    unit(gradient) * rho
}

/// ε = ρ·T²g/‖Tg‖ of a gradient `[1, D]`, with T = `operator` `[1, D]`; zero where the gradient is zero.
#[must_use]
pub fn asam_ascent(gradient: Tensor<2>, rho: f64, operator: &Tensor<2>) -> Tensor<2> {
    unit(gradient * operator.clone()) * operator.clone() * rho
}

/// a/‖a‖ of a row `[1, D]`; zero where a is zero.
fn unit(row: Tensor<2>) -> Tensor<2> {
    // Divided by its greatest component first: the squares of a gradient of 1e-20 are zero in 32 bits.
    let least = if row.dtype() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    let greatest = row.clone().abs().max_dim(1).clamp_min(least);
    let scaled = row / greatest;
    let norm = (scaled.clone() * scaled.clone()).sum_dim(1).sqrt();
    // The norm is at least 1, except where the row is zero (or too small for a normal number).
    scaled * norm.clamp_min(1.0).recip()
}
