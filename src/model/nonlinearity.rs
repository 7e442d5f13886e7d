//! Pointwise nonlinearities with their first two derivatives, each differentiable once more by autodiff.

use burn::tensor::{Tensor, activation};

use super::kernels::{Function, evaluate};

/// A pointwise nonlinearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonlinearity {
    /// max(x, 0). Its derivative at 0 is 0; its second derivative is 0 wherever it exists, so curvature from the kinks
    /// is not seen by derivatives, only by finite steps.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// x·Φ(x), the exact form.
    Gelu,
}

impl Nonlinearity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Relu, Self::Tanh, Self::Gelu];

    /// The name in architecture texts.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Tanh => "tanh",
            Self::Gelu => "gelu",
        }
    }

    /// f(x).
    pub(super) fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Tanh => evaluate(x, Function::Tanh),
            Self::Gelu => x.clone() * evaluate(x, Function::NormalCdf),
        }
    }

    /// f(x) and f'(x).
    pub(super) fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        match self {
            Self::Relu => [activation::relu(x.clone()), step(x)],
            Self::Tanh => {
                let y = evaluate(x, Function::Tanh);
                [y.clone(), -(y.clone() * y) + 1.0]
            }
            Self::Gelu => {
                let cdf = evaluate(x.clone(), Function::NormalCdf);
                let pdf = evaluate(x.clone(), Function::NormalPdf);
                [x.clone() * cdf.clone(), cdf + x * pdf]
            }
        }
    }

    /// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere.
    pub(super) fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        match self {
            Self::Relu => {
                let [value, slope] = self.with_slope(x);
                (value, slope, None)
            }
            Self::Tanh => {
                let [value, slope] = self.with_slope(x);
                let curvature = value.clone() * slope.clone() * -2.0;
                (value, slope, Some(curvature))
            }
            Self::Gelu => {
                let pdf = evaluate(x.clone(), Function::NormalPdf);
                let curvature = pdf * (-(x.clone() * x.clone()) + 2.0);
                let [value, slope] = self.with_slope(x);
                (value, slope, Some(curvature))
            }
        }
    }
}

/// 1 where x > 0, else 0; a constant for autodiff.
fn step<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let dtype = x.dtype();
    let x = x.without_autodiff();
    x.greater_elem(0.0).float().cast(dtype)
}
