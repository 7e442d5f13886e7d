//! Nonlinearities as compositions of Burn's own operations and of those of `kernels`, each differentiable once more by autodiff.

use burn::tensor::{Tensor, activation};

use super::kernels::{Function, evaluate};
use super::nonlinearity::{CUBE, Nonlinearity, ROOT_2_OVER_PI};

/// A nonlinearity as compositions make it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Composed(pub Nonlinearity);

impl Composed {
    /// f(x).
    pub fn value<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self.0 {
            Nonlinearity::Relu => activation::relu(x),
            Nonlinearity::LeakyRelu(_) => {
                let [value, _] = self.with_slope(x);
                value
            }
            Nonlinearity::Tanh => evaluate(x, Function::Tanh),
            Nonlinearity::Gelu => x.clone() * evaluate(x, Function::NormalCdf),
            Nonlinearity::GeluTanh => {
                let t = evaluate(bent(x.clone()), Function::Tanh);
                x * (t + 1.0) * 0.5
            }
            Nonlinearity::Silu => x.clone() * evaluate(x, Function::Sigmoid),
            Nonlinearity::Sigmoid => evaluate(x, Function::Sigmoid),
            Nonlinearity::Softplus => evaluate(x, Function::Softplus),
            Nonlinearity::Elu(_) | Nonlinearity::Hardswish => {
                let [value, _] = self.with_slope(x);
                value
            }
        }
    }

    /// f(x) and f'(x).
    pub fn with_slope<const D: usize>(self, x: Tensor<D>) -> [Tensor<D>; 2] {
        match self.0 {
            Nonlinearity::Relu => [activation::relu(x.clone()), step(x)],
            Nonlinearity::LeakyRelu(below) => {
                let slope = step(x.clone()) * (1.0 - below) + below;
                [x * slope.clone(), slope]
            }
            Nonlinearity::Tanh => {
                let y = evaluate(x, Function::Tanh);
                [y.clone(), -(y.clone() * y) + 1.0]
            }
            Nonlinearity::Gelu => {
                let cdf = evaluate(x.clone(), Function::NormalCdf);
                let pdf = evaluate(x.clone(), Function::NormalPdf);
                [x.clone() * cdf.clone(), cdf + x * pdf]
            }
            Nonlinearity::GeluTanh => {
                let [value, slope, _] = gelu_tanh(x);
                [value, slope]
            }
            Nonlinearity::Silu => {
                let [sigmoid, slope] = Self(Nonlinearity::Sigmoid).with_slope(x.clone());
                [x.clone() * sigmoid.clone(), sigmoid + x * slope]
            }
            Nonlinearity::Sigmoid => {
                let y = evaluate(x, Function::Sigmoid);
                [y.clone(), y.clone() - y.clone() * y]
            }
            Nonlinearity::Softplus => [evaluate(x.clone(), Function::Softplus), evaluate(x, Function::Sigmoid)],
            Nonlinearity::Elu(alpha) => {
                let (value, slope, _) = elu(x, alpha);
                [value, slope]
            }
            Nonlinearity::Hardswish => {
                let (value, slope, _) = hardswish(x);
                [value, slope]
            }
        }
    }

    /// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere.
    pub fn with_curvature<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        match self.0 {
            Nonlinearity::Relu | Nonlinearity::LeakyRelu(_) => {
                let [value, slope] = self.with_slope(x);
                (value, slope, None)
            }
            Nonlinearity::Tanh => {
                let [value, slope] = self.with_slope(x);
                let curvature = value.clone() * slope.clone() * -2.0;
                (value, slope, Some(curvature))
            }
            Nonlinearity::Gelu => {
                let pdf = evaluate(x.clone(), Function::NormalPdf);
                let curvature = pdf * (-(x.clone() * x.clone()) + 2.0);
                let [value, slope] = self.with_slope(x);
                (value, slope, Some(curvature))
            }
            Nonlinearity::GeluTanh => {
                let [value, slope, curvature] = gelu_tanh(x);
                (value, slope, Some(curvature))
            }
            Nonlinearity::Silu => {
                // (xσ)'' = 2σ' + xσ''
                let (sigmoid, slope, bend) = sigmoid_with_curvature(x.clone());
                let curvature = slope.clone() * 2.0 + x.clone() * bend;
                (x.clone() * sigmoid.clone(), sigmoid + x * slope, Some(curvature))
            }
            Nonlinearity::Sigmoid => {
                let (value, slope, curvature) = sigmoid_with_curvature(x);
                (value, slope, Some(curvature))
            }
            Nonlinearity::Softplus => {
                let [slope, curvature] = Self(Nonlinearity::Sigmoid).with_slope(x.clone());
                (evaluate(x, Function::Softplus), slope, Some(curvature))
            }
            Nonlinearity::Elu(alpha) => {
                let (value, slope, curvature) = elu(x, alpha);
                (value, slope, Some(curvature))
            }
            Nonlinearity::Hardswish => {
                let (value, slope, curvature) = hardswish(x);
                (value, slope, Some(curvature))
            }
        }
    }
}

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
    let [value, slope] = Composed(Nonlinearity::Sigmoid).with_slope(x);
    let curvature = slope.clone() * (value.clone() * -2.0 + 1.0);
    (value, slope, curvature)
}

/// x above 0, else α·(eˣ − 1), with its derivatives.
fn elu<const D: usize>(x: Tensor<D>, alpha: f64) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let (above, below) = (step(x.clone()), step(-x.clone()));
    let at_most_0 = -above.clone() + 1.0;
    let power = (x.clone() * at_most_0.clone()).exp() * alpha;
    let bend = power.clone() * below.clone();
    let slope = bend.clone() + above.clone() + (at_most_0 - below) * alpha;
    (x * above + power - alpha, slope, bend)
}

/// 0 up to −3, x from 3 on, x·(x + 3)/6 between, with its derivatives.
fn hardswish<const D: usize>(x: Tensor<D>) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let below_3 = step(-x.clone() + 3.0);
    let above = -below_3.clone() + 1.0;
    let between = step(x.clone() + 3.0) * below_3;
    let slope = (x.clone() * 3.0_f64.recip() + 0.5) * between.clone() + above.clone();
    let value = (x.clone() + 3.0) * x.clone() * between.clone() * 6.0_f64.recip() + x * above;
    (value, slope, between * 3.0_f64.recip())
}

/// 1 where x > 0, else 0; a constant for autodiff.
fn step<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let dtype = x.dtype();
    let x = x.without_autodiff();
    x.greater_elem(0.0).float().cast(dtype)
}
