//! Knobs of the base step.

use super::{KnobReaders, KnobScale, KnobSpec};
use crate::config::choice::{BaseKind, DecayOn};

pub(super) const LEARNING_RATE: KnobSpec = KnobSpec {
    key: "learning_rate",
    label: "Learning rate",
    symbol: "lr",
    max: 100.0,
    smallest_positive: 1e-6,
    scale: KnobScale::Logarithmic,
    help: "Factor of the step, before the schedule scales it. Takes effect at the next step.",
    ..KnobSpec::BLANK
};
pub(super) const BASE: KnobSpec = KnobSpec {
    key: "base",
    label: "Base step",
    symbol: "base",
    help: "What makes new weights of the method's gradient. A change begins with empty moments, at the next step (adam \
           and adamw share theirs). Adam divides by the size of past gradients, so σ and λ no longer scale the step as in theory.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::choice(BaseKind::KEYS)
};
pub(super) const MOMENTUM: KnobSpec = KnobSpec {
    key: "momentum",
    label: "Momentum",
    symbol: "momentum",
    max: 0.9999,
    help: "Share of the last step's direction that is kept, as PyTorch's SGD defines it. \
           Takes effect at the next step.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::BLANK
};
pub(super) const NESTEROV: KnobSpec = KnobSpec {
    key: "nesterov",
    label: "Nesterov momentum",
    symbol: "Nesterov",
    help: "Look ahead along the momentum. Without momentum it is off. Takes effect at the next step.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::SWITCH
};
pub(super) const BETA1: KnobSpec = KnobSpec {
    key: "beta1",
    label: "β₁",
    symbol: "β₁",
    max: 0.9999,
    help: "Share of the mean gradient that is kept from step to step. Takes effect at the next step.",
    ..KnobSpec::BLANK
};
pub(super) const BETA2: KnobSpec = KnobSpec {
    key: "beta2",
    label: "β₂",
    symbol: "β₂",
    max: 0.999_999,
    help: "Share of the mean squared gradient, or of BSAM's precision, that is kept from step to step. Takes effect at the \
           next step.",
    ..KnobSpec::BLANK
};
pub(super) const EPSILON: KnobSpec = KnobSpec {
    key: "epsilon",
    label: "ε",
    symbol: "ε",
    smallest_positive: 1e-12,
    scale: KnobScale::Logarithmic,
    help: "Added to the root of the mean squared gradient before Adam divides by it. Takes effect at the next step.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::BLANK
};
pub(super) const WEIGHT_DECAY: KnobSpec = KnobSpec {
    key: "weight_decay",
    label: "Weight decay",
    symbol: "decay",
    max: 10.0,
    smallest_positive: 1e-6,
    scale: KnobScale::Logarithmic,
    help: "Multiple of the weights that is added to the gradient; by adamw it is taken off the weights themselves, times \
           the learning rate. It pulls weights towards 0. The losses shown are without it. Takes effect at the next step.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::BLANK
};
pub(super) const DECAY_ON: KnobSpec = KnobSpec {
    key: "decay_on",
    label: "Decay on",
    symbol: "decay on",
    help: "all: every parameter decays. matrices: only tensors of at least two dimensions, no biases and no norms. Takes \
           effect at the next step.",
    readers: KnobReaders::WithBase,
    ..KnobSpec::choice(DecayOn::KEYS)
};
pub(super) const CLIP: KnobSpec = KnobSpec {
    key: "clip",
    label: "Clip gradient at",
    symbol: "clip",
    max: 1e6,
    smallest_positive: 1e-4,
    off: Some(0.0),
    scale: KnobScale::Logarithmic,
    help: "A gradient with a greater norm, over all parameters, is scaled down to it before the base step. At 0 none is. \
           Takes effect at the next step.",
    ..KnobSpec::BLANK
};
pub(super) const BATCH: KnobSpec = KnobSpec {
    key: "batch",
    label: "Batch",
    symbol: "batch",
    unit: "examples",
    min: 1.0,
    max: 1e9,
    smallest_positive: 1.0,
    scale: KnobScale::Integer,
    help: "Training examples a step. The size of the training set means all of them, every step. \
           Takes effect at the next step.",
    ..KnobSpec::BLANK
};
