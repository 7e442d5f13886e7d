//! Cross-entropy of many small rows of logits, as operations of both backends.
//!
//! ℓ = Σ t·(lse z − z) with the logits z of an example and its shares of classes t. Along a line of weights
//! ℓ̇ = Σ (p·Σt − t)·ż with p = softmax z. Gradients: ∂ℓ/∂z = p·Σt − t; ∂ℓ̇/∂ż the same; ∂ℓ̇/∂z = Σt·p ⊙ (ż − Σ p·ż).

mod device;
mod jet;
mod softmax;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::number::numbers;
use softmax::{Number, Softmax, sum};

pub(in crate::model) use device::has_loss;
pub(in crate::model) use jet::cross_entropy_jet;

/// Cross-entropy of each example `[P, n]`, of logits `[P, n, k]` against shares of classes `[1, n, k]`.
pub(in crate::model) fn cross_entropy(logits: Tensor<3>, targets: Tensor<3>) -> Tensor<2> {
    let targets = targets.without_autodiff().into_dispatch();
    Tensor::from_dispatch(<Dispatch as LossOps>::cross_entropy(logits.into_dispatch(), targets))
}

/// Its derivative where the logits change by `first` `[P, n, k]`.
pub(in crate::model) fn cross_entropy_slope(logits: Tensor<3>, first: Tensor<3>, targets: Tensor<3>) -> Tensor<2> {
    let (logits, first) = (logits.into_dispatch(), first.into_dispatch());
    let targets = targets.without_autodiff().into_dispatch();
    Tensor::from_dispatch(<Dispatch as LossOps>::cross_entropy_slope(logits, first, targets))
}

#[backend_extension(Cube, Flex, Autodiff)]
trait LossOps: Backend {
    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>) -> FloatTensor<Self>;

    fn cross_entropy_slope(
        logits: FloatTensor<Self>,
        first: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait LossKernels: LossOps {
    /// (p·Σt − t)·g
    fn residual(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Σt·p ⊙ (ż − Σ p·ż)·g
    fn spread(
        logits: FloatTensor<Self>,
        first: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl LossOps for Flex {
    fn cross_entropy(logits: FlexTensor, targets: FlexTensor) -> FlexTensor {
        Rows::new(logits, targets).reduce(&Formula::Loss, None)
    }

    fn cross_entropy_slope(logits: FlexTensor, first: FlexTensor, targets: FlexTensor) -> FlexTensor {
        Rows::new(logits, targets).reduce(&Formula::Slope, Some(first))
    }
}

impl LossKernels for Flex {
    fn residual(logits: FlexTensor, targets: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        Rows::new(logits, targets).spread(None, gradient)
    }

    fn spread(logits: FlexTensor, first: FlexTensor, targets: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        Rows::new(logits, targets).spread(Some(first), gradient)
    }
}

impl<B: LossKernels, C: CheckpointStrategy> LossOps for Autodiff<B, C> {
    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct LossBackward;

        impl<B: LossKernels> Backward<B, 1> for LossBackward {
            type State = (FloatTensor<B>, FloatTensor<B>);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (logits, targets) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::residual(logits, targets, gradient));
            }
        }

        let targets = targets.into_primitive();
        match LossBackward.prepare::<C>([logits.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let logits = logits.into_primitive();
                prep.finish((logits.clone(), targets.clone()), B::cross_entropy(logits, targets))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::cross_entropy(logits.into_primitive(), targets)),
        }
    }

    fn cross_entropy_slope(
        logits: FloatTensor<Self>,
        first: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct SlopeBackward;

        impl<B: LossKernels> Backward<B, 2> for SlopeBackward {
            type State = [FloatTensor<B>; 3];

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let ([logits, first, targets], [by_logits, by_first]) = (ops.state, ops.parents);
                if let Some(node) = by_logits {
                    let spread = B::spread(logits.clone(), first, targets.clone(), gradient.clone());
                    tape.register::<B>(node.id, spread);
                }
                if let Some(node) = by_first {
                    tape.register::<B>(node.id, B::residual(logits, targets, gradient));
                }
            }
        }

        let targets = targets.into_primitive();
        match SlopeBackward.prepare::<C>([logits.node(), first.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (logits, first) = (logits.into_primitive(), first.into_primitive());
                let state = [logits.clone(), first.clone(), targets.clone()];
                prep.finish(state, B::cross_entropy_slope(logits, first, targets))
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::cross_entropy_slope(logits.into_primitive(), first.into_primitive(), targets))
            }
        }
    }
}

/// What is summed over the classes of a row.
enum Formula {
    Loss,
    Slope,
}

/// Logits `[P, n, k]` and shares of classes `[1, n, k]`.
struct Rows {
    logits: FlexTensor,
    targets: FlexTensor,
    /// P, n, k.
    sizes: [usize; 3],
}

impl Rows {
    fn new(logits: FlexTensor, targets: FlexTensor) -> Self {
        let shape = logits.shape().to_vec();
        Self { logits: contiguous(logits), targets: contiguous(targets), sizes: [shape[0], shape[1], shape[2]] }
    }

    fn reduce(&self, formula: &Formula, first: Option<FlexTensor>) -> FlexTensor {
        if self.logits.dtype() == DType::F32 {
            self.reduce_as::<f32>(formula, first)
        } else {
            self.reduce_as::<f64>(formula, first)
        }
    }

    fn spread(&self, first: Option<FlexTensor>, gradient: FlexTensor) -> FlexTensor {
        if self.logits.dtype() == DType::F32 {
            self.spread_as::<f32>(first, gradient)
        } else {
            self.spread_as::<f64>(first, gradient)
        }
    }

    fn reduce_as<T: Number>(&self, formula: &Formula, first: Option<FlexTensor>) -> FlexTensor {
        let [population, n, k] = self.sizes;
        let first = first.map(contiguous);
        let first = first.as_ref().map(numbers::<T>);
        let (logits, targets) = (numbers::<T>(&self.logits), numbers::<T>(&self.targets));
        let mut out = vec![T::default(); population * n];
        out.par_chunks_mut(n).zip(logits.par_chunks(n * k)).enumerate().for_each(|(member, (out, z))| {
            let softmax = Softmax::of(z, k);
            let rows = out.iter_mut().zip(z.chunks_exact(k)).zip(targets.chunks_exact(k)).enumerate();
            for (row, ((out, z), t)) in rows {
                *out = match (formula, first) {
                    (Formula::Slope, Some(first)) => {
                        let first = &first[(member * n + row) * k..(member * n + row + 1) * k];
                        softmax.residuals(row, t).zip(first).fold(T::default(), |sum, (r, &first)| sum + r * first)
                    }
                    _ => softmax.loss(row, z, t),
                };
            }
        });
        tensor(out, vec![population, n])
    }

    fn spread_as<T: Number>(&self, first: Option<FlexTensor>, gradient: FlexTensor) -> FlexTensor {
        let [population, n, k] = self.sizes;
        let (first, gradient) = (first.map(contiguous), contiguous(gradient));
        let first = first.as_ref().map(numbers::<T>);
        let (logits, targets) = (numbers::<T>(&self.logits), numbers::<T>(&self.targets));
        let gradient = numbers::<T>(&gradient);
        let mut out = vec![T::default(); population * n * k];
        out.par_chunks_mut(n * k).zip(logits.par_chunks(n * k)).enumerate().for_each(|(member, (out, z))| {
            let softmax = Softmax::of(z, k);
            let rows = out.chunks_exact_mut(k).zip(targets.chunks_exact(k)).enumerate();
            for (row, (out, t)) in rows {
                let g = gradient[member * n + row];
                let Some(first) = first else {
                    out.iter_mut().zip(softmax.residuals(row, t)).for_each(|(out, r)| *out = r * g);
                    continue;
                };
                let first = &first[(member * n + row) * k..(member * n + row + 1) * k];
                let (p, total) = (softmax.row(row), sum(t));
                let mean = p.iter().zip(first).fold(T::default(), |sum, (&p, &first)| sum + p * first);
                for ((out, &p), &first) in out.iter_mut().zip(p).zip(first) {
                    *out = total * p * (first - mean) * g;
                }
            }
        });
        tensor(out, vec![population, n, k])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData, activation};

    const SIZES: [usize; 3] = [2, 5, 4];

    fn tensor_of(seed: u64, shape: [usize; 3]) -> Tensor<3> {
        let values: Vec<f64> = (0..shape.iter().product::<usize>())
            .map(|i| ((i as u64 * 7919 + seed * 104_729) % 1009) as f64 / 200.0 - 2.5)
            .collect();
        Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
        x.into_data().try_to_vec::<f64>().expect("f64")
    }

    fn assert_close<const D: usize>(what: &str, a: Tensor<D>, b: Tensor<D>) {
        let worst = host(a).into_iter().zip(host(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-12, "{what}: {worst}");
    }

    /// Values and gradients against Burn's own operations, with shares of classes that are not one-hot.
    #[test]
    fn they_agree_with_the_composition() {
        let targets = activation::softmax(tensor_of(3, [1, SIZES[1], SIZES[2]]), 2);
        let reduced = |x: Tensor<3>| x.sum_dim(2).squeeze_dim::<2>(2);
        let composed = |z: Tensor<3>, _: Tensor<3>| -reduced(activation::log_softmax(z, 2) * targets.clone());
        let composed_slope =
            |z: Tensor<3>, first: Tensor<3>| reduced((activation::softmax(z, 2) - targets.clone()) * first);
        let own = |z: Tensor<3>, _: Tensor<3>| cross_entropy(z, targets.clone());
        let own_slope = |z: Tensor<3>, first: Tensor<3>| cross_entropy_slope(z, first, targets.clone());
        // Weighted, so that the gradient that comes in is not 1 everywhere.
        let weights: Tensor<2> = tensor_of(4, [1, SIZES[0], SIZES[1]]).squeeze_dim(0);
        let with_gradients = |of: &dyn Fn(Tensor<3>, Tensor<3>) -> Tensor<2>| {
            let [z, first] = [1, 2].map(|seed| tensor_of(seed, SIZES).autodiff().require_grad());
            let value = of(z.clone(), first.clone());
            let grads = (value.clone() * weights.clone()).sum().backward();
            (value.inner(), z.grad(&grads).expect("tracked"), first.grad(&grads))
        };
        let ((value, by_z, _), (expected, expected_by_z, _)) = (with_gradients(&own), with_gradients(&composed));
        assert_close("loss", value, expected);
        assert_close("loss by z", by_z, expected_by_z);
        let (value, by_z, by_first) = with_gradients(&own_slope);
        let (expected, expected_by_z, expected_by_first) = with_gradients(&composed_slope);
        assert_close("slope", value, expected);
        assert_close("slope by z", by_z, expected_by_z);
        assert_close("slope by first", by_first.expect("tracked"), expected_by_first.expect("tracked"));
    }

    #[test]
    fn logarithms_agree_with_f64() {
        let mut values: Vec<f32> = (0..4000).map(|i| 1.0 + i as f32 * 0.01).chain([1e-30, 0.5, 1e30]).collect();
        let exact: Vec<f64> = values.iter().map(|&x| f64::from(x).ln()).collect();
        <f32 as Number>::ln_all(&mut values);
        for (found, exact) in values.iter().zip(exact) {
            let error = (f64::from(*found) - exact).abs() / exact.abs().max(1.0);
            assert!(error < 2.0 * f64::from(f32::EPSILON), "{found}, exact {exact}");
        }
        let mut odd = [f32::NAN, f32::INFINITY];
        <f32 as Number>::ln_all(&mut odd);
        assert!(odd[0].is_nan() && odd[1] == f32::INFINITY, "{odd:?}");
    }
}
