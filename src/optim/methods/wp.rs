//! Weight perturbation: g = 1/k Σⱼ ∇L(w + Uⱼ), U ~ N(0, σ²I). The first-order term HU stays in each sample.

use burn::tensor::Tensor;

use super::nso::{NsoSettings, nso_gradient};
use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// Noise at +U alone.
#[derive(Debug)]
pub struct Wp;

impl Method for Wp {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        wp_gradient(oracle, point.weights, (point.noise)(point.knobs.k), point.sigma)
    }
}

/// The mean gradient at w + σ·`noise` `[k, D]`: that of NSO without the other point and without a clean share.
#[must_use]
pub fn wp_gradient(
    oracle: &(impl GradientOracle + ?Sized),
    weights: &Tensor<2>,
    noise: Tensor<2>,
    sigma: f64,
) -> StepGradient {
    nso_gradient(oracle, weights, noise, &NsoSettings { sigma, lambda: 0.0, two_point: false })
}
