//! ASAM (Kwon et al. 2021) measures ε in units of the weights: ε = ρ·T²g/‖Tg‖ with T = diag(|w| + η), as the authors' code
//! has it: for tensors whose name holds "weight", and T = 1 for all others (biases). Its ρ is ten to forty times SAM's
//! (0.5 there, with η = 0.01, against 0.05).
//!
//! Reimplementations take T = diag(|w|) for all tensors, without η: weights of 0 never move in the ascent.

use burn::tensor::Tensor;

use super::unit::unit;
use crate::config::AscentScale;
use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// ASAM.
#[derive(Debug)]
pub struct Asam;

impl Method for Asam {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let weights = point.weights.clone();
        let operator = match point.knobs.ascent_scale {
            AscentScale::Weights => asam_operator(weights, point.tensors.is_weight.clone(), point.knobs.eta),
            AscentScale::All => weights.abs(),
        };
        asam_gradient(oracle, point.weights, point.knobs.rho, &operator)
    }
}

/// ASAM's gradient with the ascent step ε; `operator` is T, of [`asam_operator`].
#[must_use]
pub fn asam_gradient(
    oracle: &(impl GradientOracle + ?Sized),
    weights: &Tensor<2>,
    rho: f64,
    operator: &Tensor<2>,
) -> StepGradient {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    let ascent = asam_ascent(gradient, rho, operator);
    let above = oracle.gradients(weights.clone() + ascent.clone());
    StepGradient::after_ascent(clean_loss, ascent, above)
}

/// ASAM's T at `weights` `[1, D]`: |w| + η where `is_weight` `[1, D]` is 1, and 1 where it is 0.
#[must_use]
pub fn asam_operator(weights: Tensor<2>, is_weight: Tensor<2>, eta: f64) -> Tensor<2> {
    (weights.abs() + eta - 1.0) * is_weight + 1.0
}

/// ε = ρ·T²g/‖Tg‖ of a gradient `[1, D]`, with T = `operator` `[1, D]`; zero where the gradient is zero.
#[must_use]
pub fn asam_ascent(gradient: Tensor<2>, rho: f64, operator: &Tensor<2>) -> Tensor<2> {
    unit(gradient * operator.clone()) * operator.clone() * rho
}
