//! BSAM's step: a mean and a precision of each weight.

use burn::tensor::Tensor;

use super::{BaseMoments, BaseSettings};

/// One step with the mean gradient and the mean of √s·|g₁| over the parts of the batch.
pub(super) fn step(
    moments: &mut BaseMoments,
    weights: Tensor<2>,
    gradient: Tensor<2>,
    size: Tensor<2>,
    settings: &BaseSettings,
) -> Tensor<2> {
    let BaseSettings { learning_rate, beta1, beta2, prior, damping, .. } = *settings;
    let new = (gradient + weights.clone() * prior) * (1.0 - beta1);
    let first = match moments.first.take() {
        Some(old) => old * beta1 + new,
        None => new,
    };
    let precision = moments.second.take().unwrap_or_else(|| weights.ones_like());
    let moved = weights - first.clone() / precision.clone() * learning_rate;
    moments.second = Some(precision * beta2 + (size + damping + prior) * (1.0 - beta2));
    moments.first = Some(first);
    moved
}
