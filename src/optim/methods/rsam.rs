//! RSAM (Liu et al. 2022): the step uphill begins at random weights near w, so that it depends less on the batch.
//!
//! Δ ~ N(0, σ²) in units of each filter's norm; g₁ = ∇L(w + Δ); ε = ρ·(Δ + λg₁)/‖Δ + λg₁‖; the gradient is taken at w + ε.

use super::unit::unit;
use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// RSAM.
#[derive(Debug)]
pub struct Rsam;

impl Method for Rsam {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let weights = point.weights;
        let noise = (point.noise)(1) * point.tensors.filter_norms(weights) * point.sigma;
        let (_, first) = oracle.gradients(weights.clone() + noise.clone());
        let ascent = unit(noise + first * point.knobs.gradient_share) * point.knobs.rho;
        let above = oracle.gradients(weights.clone() + ascent.clone());
        StepGradient::after_ascent(oracle.losses(weights.clone()), ascent, above)
    }
}
