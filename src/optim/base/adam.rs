//! Adam, AMSGrad and AdamW, which differ in what is divided by and in where decay goes.

use burn::tensor::Tensor;

use super::{BaseMoments, BaseSettings};
use crate::config::BaseKind;

/// Step number `steps`, from 1, with a gradient that has its decay where the kind adds it there.
pub(super) fn step(
    moments: &mut BaseMoments,
    steps: u32,
    weights: Tensor<2>,
    gradient: Tensor<2>,
    settings: &BaseSettings,
) -> Tensor<2> {
    let BaseSettings { beta1, beta2, .. } = *settings;
    let moved = |old: Option<Tensor<2>>, new: Tensor<2>, beta: f64| match old {
        Some(old) => old * beta + new * (1.0 - beta),
        None => new * (1.0 - beta),
    };
    let first = moved(moments.first.take(), gradient.clone(), beta1);
    let second = moved(moments.second.take(), gradient.clone() * gradient, beta2);
    let scale = if settings.kind == BaseKind::Amsgrad {
        // The greatest of the means before they are corrected, as PyTorch has it.
        let peak = match moments.peak.take() {
            Some(peak) => peak.max_pair(second.clone()),
            None => second.clone(),
        };
        moments.peak = Some(peak.clone());
        peak
    } else {
        second.clone()
    };
    let corrected = |beta: f64| 1.0 - beta.powi(steps.min(i32::MAX as u32) as i32);
    let rate = settings.learning_rate / corrected(beta1);
    let divisor = scale.sqrt() * corrected(beta2).sqrt().recip() + settings.epsilon;
    (moments.first, moments.second) = (Some(first.clone()), Some(second));
    weights - first / divisor * rate
}
