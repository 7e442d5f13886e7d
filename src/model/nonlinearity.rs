//! Pointwise nonlinearities with their first two derivatives, each differentiable once more by autodiff.

use burn::tensor::{Tensor, activation};

use super::kernels::{Function, evaluate};

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
}

/// A smooth pointwise function of which the arithmetics need at most two derivatives.
pub(super) trait Pointwise: Copy {
    /// f(x).
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D>;

    /// f(x) and f'(x).
    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2];

    /// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere.
    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>);
}

impl Pointwise for Nonlinearity {
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => activation::relu(x),
            Self::LeakyRelu(_) => {
                let [value, _] = self.with_slope(x);
                value
            }
            Self::Tanh => evaluate(x, Function::Tanh),
            Self::Gelu => x.clone() * evaluate(x, Function::NormalCdf),
            Self::GeluTanh => {
                let t = evaluate(bent(x.clone()), Function::Tanh);
                x * (t + 1.0) * 0.5
            }
            Self::Silu => x.clone() * evaluate(x, Function::Sigmoid),
            Self::Sigmoid => evaluate(x, Function::Sigmoid),
        }
    }

    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        match self {
            Self::Relu => [activation::relu(x.clone()), step(x)],
            Self::LeakyRelu(below) => {
                let slope = step(x.clone()) * (1.0 - below) + below;
                [x * slope.clone(), slope]
            }
            Self::Tanh => {
                let y = evaluate(x, Function::Tanh);
                [y.clone(), -(y.clone() * y) + 1.0]
            }
            Self::Gelu => {
                let cdf = evaluate(x.clone(), Function::NormalCdf);
                let pdf = evaluate(x.clone(), Function::NormalPdf);
                [x.clone() * cdf.clone(), cdf + x * pdf]
            }
            Self::GeluTanh => {
                let [value, slope, _] = gelu_tanh(x);
                [value, slope]
            }
            Self::Silu => {
                let [sigmoid, slope] = Self::Sigmoid.with_slope(x.clone());
                [x.clone() * sigmoid.clone(), sigmoid + x * slope]
            }
            Self::Sigmoid => {
                let y = evaluate(x, Function::Sigmoid);
                [y.clone(), y.clone() - y.clone() * y]
            }
        }
    }

    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        match self {
            Self::Relu | Self::LeakyRelu(_) => {
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
            Self::GeluTanh => {
                let [value, slope, curvature] = gelu_tanh(x);
                (value, slope, Some(curvature))
            }
            Self::Silu => {
                // (xσ)'' = 2σ' + xσ''
                let (sigmoid, slope, bend) = sigmoid_with_curvature(x.clone());
                let curvature = slope.clone() * 2.0 + x.clone() * bend;
                (x.clone() * sigmoid.clone(), sigmoid + x * slope, Some(curvature))
            }
            Self::Sigmoid => {
                let (value, slope, curvature) = sigmoid_with_curvature(x);
                (value, slope, Some(curvature))
            }
        }
    }
}

/// √(2/π).
const ROOT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
/// The share of the cube in gelu's approximation.
const CUBE: f64 = 0.044_715;

/// u = √(2/π)·(x + 0.044715x³) of gelu's approximation.
fn bent<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let square = x.clone() * x.clone();
    x * (square * CUBE + 1.0) * ROOT_2_OVER_PI
}

/// f = x(1 + t)/2 with t = tanh u; f' = (1 + t)/2 + x·s·u'/2 and f'' = s·u' + x·s·(u'' − 2t·u'²)/2 with s = 1 − t².
fn gelu_tanh<const D: usize>(x: Tensor<D>) -> [Tensor<D>; 3] {
    let slope = (x.clone() * x.clone() * (3.0 * CUBE) + 1.0) * ROOT_2_OVER_PI;
    let curvature = x.clone() * (6.0 * CUBE * ROOT_2_OVER_PI);
    let t = evaluate(bent(x.clone()), Function::Tanh);
    let s = -(t.clone() * t.clone()) + 1.0;
    let half = (t.clone() + 1.0) * 0.5;
    let rise = s.clone() * slope.clone();
    // In this order nothing overflows far out, where s is 0.
    let bend = s * curvature - t * rise.clone() * slope * 2.0;
    [x.clone() * half.clone(), half + x.clone() * rise.clone() * 0.5, rise + x * bend * 0.5]
}

/// σ, σ' = σ(1 − σ) and σ'' = σ'(1 − 2σ).
fn sigmoid_with_curvature<const D: usize>(x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let [value, slope] = Nonlinearity::Sigmoid.with_slope(x);
    let curvature = slope.clone() * (value.clone() * -2.0 + 1.0);
    (value, slope, curvature)
}

/// 1/√(x + ε), by which norms scale: y' = −y³/2, y'' = 3y⁵/4.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReciprocalRoot {
    /// ε, added so that a variance of 0 gives a number.
    pub epsilon: f64,
}

impl Pointwise for ReciprocalRoot {
    fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        (x + self.epsilon).sqrt().recip()
    }

    fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        let y = self.value(x);
        [y.clone(), y.clone() * y.clone() * y * -0.5]
    }

    fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        let [y, slope] = self.with_slope(x);
        let curvature = slope.clone() * y.clone() * y.clone() * -1.5;
        (y, slope, Some(curvature))
    }
}

/// 1 where x > 0, else 0; a constant for autodiff.
fn step<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let dtype = x.dtype();
    let x = x.without_autodiff();
    x.greater_elem(0.0).float().cast(dtype)
}
