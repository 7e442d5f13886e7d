//! Bayesian SAM (Möllenhoff & Khan 2023): SAM as variational inference with a precision sᵢ for each weight.
//!
//! On each of m parts of the batch: n ~ N(0, I), g₁ = ∇L(w + n/√(N·s)), ε = ρ·g₁/s (not normalised), g₂ = ∇L(w + ε). The step
//! takes the means of g₂ and of √s·|g₁| over the parts; see [`Base`](crate::optim::Base). N is the number of training examples.

use burn::tensor::Tensor;

use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// Bayesian SAM.
#[derive(Debug)]
pub struct Bsam;

impl Method for Bsam {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let parts = point.knobs.parts.clamp(1, point.batch_size.max(1));
        let weights = point.weights;
        let rows = |row: &Tensor<2>| row.clone().repeat_dim(0, parts);
        let precision = point.precision.cloned().unwrap_or_else(|| weights.ones_like());
        let noise = (point.noise)(parts) * rows(&(precision.clone() * point.train_size as f64).sqrt().recip());
        let (_, first) = oracle.gradients_of_parts(rows(weights) + noise);
        let ascent = first.clone() * rows(&precision.clone().recip()) * point.knobs.rho;
        let (perturbed, second) = oracle.gradients_of_parts(rows(weights) + ascent.clone());
        let size = first.abs().mean_dim(0) * precision.sqrt();
        StepGradient {
            perturbed_loss: perturbed.mean(),
            ascent: Some(ascent.mean_dim(0)),
            size: Some(size),
            ..StepGradient::clean(oracle.losses(weights.clone()), second.mean_dim(0))
        }
    }
}
