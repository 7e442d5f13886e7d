//! SAM (Foret et al. 2021): the gradient at w + ε with ε = ρ·g/‖g‖, the norm over all parameters.

use burn::tensor::Tensor;

use super::unit::unit;
use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// SAM.
#[derive(Debug)]
pub struct Sam;

impl Method for Sam {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        sam_gradient(oracle, point.weights, point.knobs.rho)
    }
}

/// SAM's gradient with the ascent step ε. Where the gradient is zero there is no way up, and ε is zero.
#[must_use]
pub fn sam_gradient(oracle: &(impl GradientOracle + ?Sized), weights: &Tensor<2>, rho: f64) -> StepGradient {
    let (clean_loss, gradient) = oracle.gradients(weights.clone());
    let ascent = sam_ascent(gradient, rho);
    let above = oracle.gradients(weights.clone() + ascent.clone());
    StepGradient::after_ascent(clean_loss, ascent, above)
}

/// ε = ρ·g/‖g‖ of a gradient `[1, D]`; zero where the gradient is zero.
#[must_use]
pub fn sam_ascent(gradient: Tensor<2>, rho: f64) -> Tensor<2> {
    unit(gradient) * rho
}
