//! Pointwise functions with derivatives, as operations of their own on every backend.
//!
//! Burn's CPU backend evaluates `tanh` and `erf` by scalar library calls on one core, and its autodiff evaluates them
//! again on the way back. Here they are custom operations: on the CPU in f32 they run as vectorised kernels over both
//! cores, and their backward pass uses the saved input or output in one fused pass. Elsewhere they are compositions of
//! Burn's own operations.
//!
//! Formulas: tanh' = 1 − tanh²; σ' = σ(1 − σ) for the logistic σ, from which silu x·σ(x) follows, and softplus' = σ; Φ' = φ and
//! φ'(x) = −x·φ(x) for the normal distribution's Φ and density φ, from which the exact gelu x·Φ(x) follows. The f32
//! kernels stand in `functions`; `tests` compare them with f64 library functions to 4 units in the last place of 1.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps as _;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Cube, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::functions::{INV_SQRT_TAU, normal_cdf, normal_pdf, sigmoid, softplus, tanh, vectorised};

/// A function of one variable that has an operation of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Function {
    /// Hyperbolic tangent.
    Tanh,
    /// The logistic σ(x) = 1/(1 + e⁻ˣ).
    Sigmoid,
    /// ln(1 + eˣ).
    Softplus,
    /// Distribution function Φ of the standard normal distribution.
    NormalCdf,
    /// Density φ of the standard normal distribution.
    NormalPdf,
}

/// Evaluates `function` at each element; differentiable once by autodiff.
pub(in crate::model) fn evaluate<const D: usize>(x: Tensor<D>, function: Function) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as PointwiseOps>::pointwise(x.into_dispatch(), function))
}

/// The operation as a backend offers it, with or without a tape.
#[backend_extension(Cube, Flex, Autodiff)]
trait PointwiseOps: Backend {
    fn pointwise(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait PointwiseKernels: Backend {
    fn forward(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self>;

    /// `grad · f'`, where `saved` is the output for tanh and σ and the input otherwise.
    fn backward(saved: FloatTensor<Self>, grad: FloatTensor<Self>, function: Function) -> FloatTensor<Self>;
}

impl PointwiseOps for Flex {
    fn pointwise(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        Self::forward(x, function)
    }
}

impl PointwiseOps for Cube {
    fn pointwise(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        Self::forward(x, function)
    }
}

impl<B: PointwiseKernels, C: CheckpointStrategy> PointwiseOps for Autodiff<B, C> {
    fn pointwise(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct PointwiseBackward;

        impl<B: PointwiseKernels> Backward<B, 1> for PointwiseBackward {
            type State = (FloatTensor<B>, Function);

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
                let (saved, function) = ops.state;
                unary::<B, _>(ops.parents, ops.node, grads, |grad| B::backward(saved, grad, function));
            }
        }

        match PointwiseBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let input = x.primitive().clone();
                let output = B::forward(input.clone(), function);
                let saved = if function.saves_output() { output.clone() } else { input };
                prep.finish((saved, function), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::forward(x.into_primitive(), function)),
        }
    }
}

impl PointwiseKernels for Flex {
    fn forward(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        map(x, function.kernel(), function.exact())
    }

    fn backward(saved: FloatTensor<Self>, grad: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        zip(saved, grad, function.slope_kernel(), function.exact_slope())
    }
}

impl PointwiseKernels for Cube {
    fn forward(x: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        match function {
            Function::Tanh => Self::float_tanh(x),
            Function::Sigmoid => {
                let exp = Self::float_exp(Self::float_neg(x));
                Self::float_recip(Self::float_add_scalar(exp, 1.0.into()))
            }
            Function::Softplus => {
                // max(x, 0) = (x + |x|)/2
                let size = Self::float_abs(x.clone());
                let above = Self::float_mul_scalar(Self::float_add(x, size.clone()), 0.5.into());
                Self::float_add(above, Self::float_log1p(Self::float_exp(Self::float_neg(size))))
            }
            Function::NormalCdf => {
                let erf = Self::float_erf(Self::float_mul_scalar(x, std::f64::consts::FRAC_1_SQRT_2.into()));
                Self::float_mul_scalar(Self::float_add_scalar(erf, 1.0.into()), 0.5.into())
            }
            Function::NormalPdf => {
                let square = Self::float_mul(x.clone(), x);
                let exp = Self::float_exp(Self::float_mul_scalar(square, (-0.5).into()));
                Self::float_mul_scalar(exp, INV_SQRT_TAU.into())
            }
        }
    }

    fn backward(saved: FloatTensor<Self>, grad: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        let slope = match function {
            Function::Tanh => {
                let square = Self::float_mul(saved.clone(), saved);
                Self::float_add_scalar(Self::float_neg(square), 1.0.into())
            }
            Function::Sigmoid => {
                let square = Self::float_mul(saved.clone(), saved.clone());
                Self::float_sub(saved, square)
            }
            Function::Softplus => Self::forward(saved, Function::Sigmoid),
            Function::NormalCdf => Self::forward(saved, Function::NormalPdf),
            Function::NormalPdf => {
                let density = Self::forward(saved.clone(), Function::NormalPdf);
                Self::float_neg(Self::float_mul(saved, density))
            }
        };
        Self::float_mul(grad, slope)
    }
}

type Kernel = fn(&[f32], &mut [f32]);
type SlopeKernel = fn(&[f32], &[f32], &mut [f32]);

impl Function {
    /// Whether its slope is a function of its output.
    fn saves_output(self) -> bool {
        matches!(self, Self::Tanh | Self::Sigmoid)
    }

    fn kernel(self) -> Kernel {
        match self {
            Self::Tanh => |x, y| vectorised(|| x.iter().zip(y).for_each(|(&x, y)| *y = tanh(x))),
            Self::Sigmoid => |x, y| vectorised(|| x.iter().zip(y).for_each(|(&x, y)| *y = sigmoid(x))),
            Self::Softplus => |x, y| vectorised(|| x.iter().zip(y).for_each(|(&x, y)| *y = softplus(x))),
            Self::NormalCdf => |x, y| vectorised(|| x.iter().zip(y).for_each(|(&x, y)| *y = normal_cdf(x))),
            Self::NormalPdf => |x, y| vectorised(|| x.iter().zip(y).for_each(|(&x, y)| *y = normal_pdf(x))),
        }
    }

    fn slope_kernel(self) -> SlopeKernel {
        match self {
            Self::Tanh => |y, g, out| {
                vectorised(|| y.iter().zip(g).zip(out).for_each(|((&y, &g), out)| *out = g * (1.0 - y * y)));
            },
            Self::Sigmoid => |y, g, out| {
                vectorised(|| y.iter().zip(g).zip(out).for_each(|((&y, &g), out)| *out = g * y * (1.0 - y)));
            },
            Self::Softplus => |x, g, out| {
                vectorised(|| x.iter().zip(g).zip(out).for_each(|((&x, &g), out)| *out = g * sigmoid(x)));
            },
            Self::NormalCdf => |x, g, out| {
                vectorised(|| x.iter().zip(g).zip(out).for_each(|((&x, &g), out)| *out = g * normal_pdf(x)));
            },
            Self::NormalPdf => |x, g, out| {
                vectorised(|| x.iter().zip(g).zip(out).for_each(|((&x, &g), out)| *out = -g * x * normal_pdf(x)));
            },
        }
    }

    fn exact(self) -> fn(f64) -> f64 {
        match self {
            Self::Tanh => f64::tanh,
            Self::Sigmoid => |x| 1.0 / (1.0 + (-x).exp()),
            Self::Softplus => |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::NormalCdf => |x| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            Self::NormalPdf => |x| INV_SQRT_TAU * (-0.5 * x * x).exp(),
        }
    }

    fn exact_slope(self) -> fn(f64, f64) -> f64 {
        match self {
            Self::Tanh => |y, g| g * (1.0 - y * y),
            Self::Sigmoid => |y, g| g * y * (1.0 - y),
            Self::Softplus => |x, g| g / (1.0 + (-x).exp()),
            Self::NormalCdf => |x, g| g * INV_SQRT_TAU * (-0.5 * x * x).exp(),
            Self::NormalPdf => |x, g| -g * x * INV_SQRT_TAU * (-0.5 * x * x).exp(),
        }
    }
}

/// Elements that one task takes: enough that starting it costs nothing beside the work.
const TASK: usize = 1 << 14;

fn map(x: FlexTensor, kernel: Kernel, exact: fn(f64) -> f64) -> FlexTensor {
    let x = if x.is_contiguous() { x } else { x.to_contiguous() };
    let shape = x.shape();
    if let Some(x) = x.as_slice::<f32>() {
        let mut out = vec![0.0_f32; x.len()];
        out.par_chunks_mut(TASK).zip(x.par_chunks(TASK)).for_each(|(out, x)| kernel(x, out));
        return FlexTensor::from_data(TensorData::new(out, shape));
    }
    let x = x.as_slice::<f64>().expect("float tensors here are f32 or f64, made contiguous above");
    FlexTensor::from_data(TensorData::new(x.iter().map(|&x| exact(x)).collect::<Vec<f64>>(), shape))
}

fn zip(a: FlexTensor, b: FlexTensor, kernel: SlopeKernel, exact: fn(f64, f64) -> f64) -> FlexTensor {
    let a = if a.is_contiguous() { a } else { a.to_contiguous() };
    let b = if b.is_contiguous() { b } else { b.to_contiguous() };
    let shape = a.shape();
    if a.dtype() == DType::F32 {
        let a = a.as_slice::<f32>().expect("f32, contiguous");
        let b = b.as_slice::<f32>().expect("a gradient has its tensor's type; made contiguous above");
        let mut out = vec![0.0_f32; a.len()];
        out.par_chunks_mut(TASK)
            .zip(a.par_chunks(TASK))
            .zip(b.par_chunks(TASK))
            .for_each(|((out, a), b)| kernel(a, b, out));
        return FlexTensor::from_data(TensorData::new(out, shape));
    }
    let a = a.as_slice::<f64>().expect("float tensors here are f32 or f64, made contiguous above");
    let b = b.as_slice::<f64>().expect("a gradient has its tensor's type; made contiguous above");
    let out: Vec<f64> = a.iter().zip(b).map(|(&a, &b)| exact(a, b)).collect();
    FlexTensor::from_data(TensorData::new(out, shape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    const ALL: [Function; 5] =
        [Function::Tanh, Function::Sigmoid, Function::Softplus, Function::NormalCdf, Function::NormalPdf];

    fn points() -> Vec<f32> {
        (-4000..=4000).map(|i| i as f32 * 0.003).chain([-60.0, 60.0, 0.625, -0.625, 1e-20]).collect()
    }

    #[test]
    fn kernels_agree_with_f64_library_functions() {
        for function in ALL {
            let x = points();
            let mut y = vec![0.0; x.len()];
            function.kernel()(&x, &mut y);
            for (&x, &y) in x.iter().zip(&y) {
                let exact = function.exact()(f64::from(x));
                assert!(
                    (f64::from(y) - exact).abs() <= 4.0 * f64::from(f32::EPSILON) * exact.abs().max(1.0),
                    "{function:?}({x}) = {y}, exact {exact}"
                );
            }
        }
    }

    /// Relative to tanh itself, so near 0 too; every 4099th number up to where it is 1.
    #[test]
    fn tanh_is_within_6_units_in_its_last_place() {
        let x: Vec<f32> = (0..9.5_f32.to_bits()).step_by(4099).map(f32::from_bits).collect();
        let mut y = vec![0.0; x.len()];
        Function::Tanh.kernel()(&x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let exact = f64::from(x).tanh();
            let unit = f64::from((exact as f32).next_up()) - f64::from(exact as f32);
            assert!((f64::from(y) - exact).abs() <= 6.0 * unit && y <= 1.0, "tanh({x}) = {y}, exact {exact}");
        }
        let mut ends = [0.0; 3];
        Function::Tanh.kernel()(&[f32::INFINITY, f32::NEG_INFINITY, -0.0], &mut ends);
        assert!(ends[0] > 0.999_999 && ends[1] < -0.999_999 && ends[2] == 0.0, "{ends:?}");
    }

    #[test]
    fn nan_stays_nan() {
        for function in ALL {
            let mut y = [0.0; 3];
            function.kernel()(&[f32::NAN, 1.0, f32::NAN], &mut y);
            assert!(y[0].is_nan() && y[1].is_finite() && y[2].is_nan(), "{function:?} {y:?}");
        }
    }

    #[test]
    fn the_tape_carries_the_slope() {
        let device = Device::flex();
        for function in ALL {
            let x: Vec<f64> = (-30..=30).map(|i| f64::from(i) * 0.13).collect();
            let leaf = Tensor::<1>::from_data(TensorData::new(x.clone(), [x.len()]), (&device, DType::F64))
                .autodiff()
                .require_grad();
            let grads = evaluate(leaf.clone(), function).sum().backward();
            let slopes = leaf.grad(&grads).expect("tracked").into_data().try_to_vec::<f64>().expect("f64");
            for (&x, slope) in x.iter().zip(slopes) {
                let h = 1e-5;
                let central = (function.exact()(x + h) - function.exact()(x - h)) / (2.0 * h);
                assert!((slope - central).abs() < 1e-9, "{function:?}'({x}) = {slope}, central difference {central}");
            }
        }
    }
}
