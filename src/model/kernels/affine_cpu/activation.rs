//! What is applied to each output.

use crate::model::kernels::micro::Real;

/// What is applied to each output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
}

/// A number with its activations.
pub(in crate::model::kernels) trait Number: Real {
    /// Applies the activation in place.
    fn activate(values: &mut [Self], activation: Activation);

    /// g·act' in place of g, from the activation's output y.
    fn slope(y: &[Self], g: &mut [Self], activation: Activation);
}
