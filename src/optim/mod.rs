//! Methods and base steps.
//!
//! A [`Method`] is a way to get a gradient from a [`GradientOracle`], a file each in `methods`. What becomes of the gradient is
//! written once for all: the base step, with decay groups, in `base`, and averages of weights in `average`.
//! A new method is a file in `methods`, a row in [`OptimizerKind::spec`](crate::config::OptimizerKind::spec) and its line in
//! [`method()`].

mod average;
mod base;
mod method;
mod methods;
mod tensors;

pub use average::{Average, AverageSettings};
pub use base::{Base, BaseSettings};
pub use method::{GradientOracle, Method, PairEvidence, Point, StepGradient};
pub use methods::{
    NsoSettings, asam_ascent, asam_gradient, asam_operator, method, nso_gradient, sam_ascent, sam_gradient,
    sgd_gradient, wp_gradient,
};
pub use tensors::{TensorSpan, Tensors};
