//! The pointwise nonlinearities that there are.

/// A pointwise nonlinearity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Nonlinearity {
    /// max(x, 0). Its derivative at 0 is 0; its second derivative is 0 wherever it exists, so curvature from the kinks
    /// is not seen by derivatives, only by finite steps.
    Relu,
    /// x above 0, this slope times x below. Its derivative at 0 is the slope, its second derivative as that of relu.
    LeakyRelu(f64),
    /// Hyperbolic tangent.
    Tanh,
    /// x·Φ(x), the exact form.
    Gelu,
    /// x·(1 + tanh u)/2 with u = √(2/π)·(x + 0.044715x³): PyTorch's approximation `tanh` of gelu.
    GeluTanh,
    /// x·σ(x) with the logistic σ.
    Silu,
    /// The logistic σ(x) = 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// x above 0, α·(eˣ − 1) below, with this α. As PyTorch has it, its derivative at 0 is α and its second derivative 0.
    Elu(f64),
    /// 0 up to −3, x from 3 on, x·(x + 3)/6 between. At −3 and 3 its derivatives are those of the sides outside, as in PyTorch.
    Hardswish,
}

impl Nonlinearity {
    /// Whether its second derivative is not 0 almost everywhere.
    pub(super) fn is_curved(self) -> bool {
        !matches!(self, Self::Relu | Self::LeakyRelu(_))
    }
}

/// √(2/π).
pub(super) const ROOT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;

/// The share of the cube in gelu's approximation.
pub(super) const CUBE: f64 = 0.044_715;
