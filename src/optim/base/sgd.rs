//! SGD with momentum.

use burn::tensor::Tensor;

use super::{BaseMoments, BaseSettings};

/// One step with a gradient that has its decay.
pub(super) fn step(
    moments: &mut BaseMoments,
    weights: Tensor<2>,
    gradient: Tensor<2>,
    settings: &BaseSettings,
) -> Tensor<2> {
    let mut gradient = gradient;
    if settings.momentum == 0.0 {
        moments.first = None;
    } else {
        let buffer = match moments.first.take() {
            Some(buffer) => buffer * settings.momentum + gradient.clone(),
            None => gradient.clone(),
        };
        gradient = if settings.nesterov { gradient + buffer.clone() * settings.momentum } else { buffer.clone() };
        moments.first = Some(buffer);
    }
    weights - gradient * settings.learning_rate
}
