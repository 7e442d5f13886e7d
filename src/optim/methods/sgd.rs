//! SGD: the gradient itself.

use burn::tensor::Tensor;

use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// SGD.
#[derive(Debug)]
pub struct Sgd;

impl Method for Sgd {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        sgd_gradient(oracle, point.weights)
    }
}

/// The gradient at the weights `[1, D]`.
#[must_use]
pub fn sgd_gradient(oracle: &(impl GradientOracle + ?Sized), weights: &Tensor<2>) -> StepGradient {
    let (loss, gradient) = oracle.gradients(weights.clone());
    StepGradient::clean(loss, gradient)
}
