//! NSO (Zhang, Li, Ju 2024, Algorithm 1): gradients at w ± U, whose mean cancels the first-order term.
//!
//! g = λ∇L(w) + (1−λ)/(2k) Σⱼ (∇L(w+Uⱼ) + ∇L(w−Uⱼ)), U ~ N(0, σ²I). One-point noise takes ∇L(w+Uⱼ) alone.

use burn::tensor::Tensor;

use crate::config::Knobs;
use crate::optim::method::{GradientOracle, Method, PairEvidence, Point, StepGradient};

/// NSO.
#[derive(Debug)]
pub struct Nso;

impl Method for Nso {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let Knobs { k, lambda, two_point, .. } = *point.knobs;
        let settings = NsoSettings { sigma: point.sigma, lambda, two_point };
        nso_gradient(oracle, point.weights, (point.noise)(k), &settings)
    }
}

/// Settings of one NSO gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NsoSettings {
    /// σ, the standard deviation of each component of U.
    pub sigma: f64,
    /// λ, the share of the clean gradient.
    pub lambda: f64,
    /// ±U, or +U alone.
    pub two_point: bool,
}

/// NSO's gradient, with what its samples saw, from `noise` `[k, D]` of standard normal numbers; all perturbed gradients come from one population pass.
///
/// The clean weights go with them where passes had better be shared.
#[must_use]
pub fn nso_gradient(
    oracle: &(impl GradientOracle + ?Sized),
    weights: &Tensor<2>,
    noise: Tensor<2>,
    settings: &NsoSettings,
) -> StepGradient {
    let k = noise.dims()[0];
    let noise = noise * settings.sigma;
    let mut points = vec![weights.clone() + noise.clone()];
    if settings.two_point {
        points.push(weights.clone() - noise.clone());
    }
    let (clean, losses, gradients) = if oracle.shares_passes() {
        points.push(weights.clone());
        let (losses, gradients) = oracle.gradients(Tensor::cat(points, 0));
        let perturbed = losses.dims()[0] - 1;
        let clean =
            (losses.clone().slice([perturbed..perturbed + 1]), gradients.clone().slice([perturbed..perturbed + 1]));
        (Some(clean), losses.slice([0..perturbed]), gradients.slice([0..perturbed]))
    } else {
        let points = if points.len() == 1 { points.remove(0) } else { Tensor::cat(points, 0) };
        let (losses, gradients) = oracle.gradients(points);
        (None, losses, gradients)
    };

    let evidence = if settings.two_point {
        let difference = gradients.clone().slice([0..k]) - gradients.clone().slice([k..2 * k]);
        PairEvidence {
            plus: losses.clone().slice([0..k]),
            minus: Some(losses.clone().slice([k..2 * k])),
            curvature: Some(noise * difference),
        }
    } else {
        PairEvidence { plus: losses.clone(), minus: None, curvature: None }
    };

    let mut gradient = gradients.mean_dim(0);
    let clean_loss = if settings.lambda > 0.0 {
        let (clean_loss, clean) = clean.unwrap_or_else(|| oracle.gradients(weights.clone()));
        gradient = clean * settings.lambda + gradient * (1.0 - settings.lambda);
        clean_loss
    } else {
        clean.map_or_else(|| oracle.losses(weights.clone()), |(clean_loss, _)| clean_loss)
    };
    StepGradient {
        perturbed_loss: losses.mean(),
        evidence: Some(evidence),
        ..StepGradient::clean(clean_loss, gradient)
    }
}
