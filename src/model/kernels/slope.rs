//! ẏ = act'(z)·ż from the activation's output y, as one operation of Burn's CPU backend: what a dual carries beside y.
//!
//! tanh: ẏ = (1 − y²)·ż, with ∂/∂ż = 1 − y² and ∂/∂y = −2y·ż. relu: ẏ = ż where y > 0, which does not change with y.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{ElementConversion as _, Tensor};
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::affine_cpu::Activation;
use super::functions::vectorised;
use super::number::{Number, numbers};

/// act'(z)·ż from y = act(z) and ż, which have one shape.
pub(in crate::model) fn sloped_along<const D: usize>(
    y: Tensor<D>,
    first: Tensor<D>,
    activation: Activation,
) -> Tensor<D> {
    if activation == Activation::Identity {
        return first;
    }
    Tensor::from_dispatch(<Dispatch as SlopeOps>::sloped_along(y.into_dispatch(), first.into_dispatch(), activation))
}

#[backend_extension(Flex, Autodiff)]
trait SlopeOps: Backend {
    fn sloped_along(y: FloatTensor<Self>, first: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait SlopeKernels: SlopeOps {
    /// −2y·ż·g
    fn bend(y: FloatTensor<Self>, first: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl SlopeOps for Flex {
    fn sloped_along(y: FlexTensor, first: FlexTensor, activation: Activation) -> FlexTensor {
        let all = [y, first].map(contiguous);
        if all[0].dtype() == DType::F32 { sloped::<f32>(&all, activation) } else { sloped::<f64>(&all, activation) }
    }
}

impl SlopeKernels for Flex {
    fn bend(y: FlexTensor, first: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let all = [y, first, gradient].map(contiguous);
        if all[0].dtype() == DType::F32 { bent::<f32>(&all) } else { bent::<f64>(&all) }
    }
}

impl<B: SlopeKernels, C: CheckpointStrategy> SlopeOps for Autodiff<B, C> {
    fn sloped_along(y: FloatTensor<Self>, first: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct SlopeBackward;

        impl<B: SlopeKernels> Backward<B, 2> for SlopeBackward {
            type State = ([FloatTensor<B>; 2], Activation);

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let (([y, first], activation), [by_y, by_first]) = (ops.state, ops.parents);
                if let (Some(node), Activation::Tanh) = (by_y, activation) {
                    tape.register::<B>(node.id, B::bend(y.clone(), first, gradient.clone()));
                }
                if let Some(node) = by_first {
                    tape.register::<B>(node.id, B::sloped_along(y, gradient, activation));
                }
            }
        }

        match SlopeBackward.prepare::<C>([y.node(), first.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (y, first) = (y.into_primitive(), first.into_primitive());
                let output = B::sloped_along(y.clone(), first.clone(), activation);
                prep.finish(([y, first], activation), output)
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::sloped_along(y.into_primitive(), first.into_primitive(), activation))
            }
        }
    }
}

/// Numbers that one task takes.
const TASK: usize = 1 << 14;

fn sloped<T: Number>(all: &[FlexTensor; 2], activation: Activation) -> FlexTensor {
    let [y, first] = all.each_ref().map(numbers::<T>);
    let (zero, one) = (T::default(), 1.0.elem::<T>());
    let mut out = vec![zero; y.len()];
    out.par_chunks_mut(TASK).zip(y.par_chunks(TASK)).zip(first.par_chunks(TASK)).for_each(|((out, y), first)| {
        let all = out.iter_mut().zip(y).zip(first);
        vectorised(|| match activation {
            Activation::Tanh => all.for_each(|((out, &y), &a)| *out = (one - y * y) * a),
            _ => all.for_each(|((out, &y), &a)| *out = if y <= zero { zero } else { a }),
        });
    });
    tensor(out, all[0].shape().to_vec())
}

fn bent<T: Number>(all: &[FlexTensor; 3]) -> FlexTensor {
    let [y, first, gradient] = all.each_ref().map(numbers::<T>);
    let factor = (-2.0).elem::<T>();
    let mut out = vec![T::default(); y.len()];
    let rows = out.par_chunks_mut(TASK).zip(y.par_chunks(TASK)).zip(first.par_chunks(TASK));
    rows.zip(gradient.par_chunks(TASK)).for_each(|(((out, y), first), gradient)| {
        let all = out.iter_mut().zip(y).zip(first).zip(gradient);
        vectorised(|| all.for_each(|(((out, &y), &a), &g)| *out = factor * y * a * g));
    });
    tensor(out, all[0].shape().to_vec())
}
