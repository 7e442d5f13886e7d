//! Nonlinearities as operations of Burn's CPU backend, one node each on the tape, which keeps their inputs alone.
//!
//! The value f(x), and for a dual f'(x)·ẋ: its gradients are f'(x)·g by ẋ and f''(x)·ẋ·g by x. Each is a product of a
//! derivative of f and other tensors, made in one pass over all cores.

mod formulas;
mod real;

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
use crate::model::nonlinearity::Nonlinearity;
use formulas::Visit;
use real::Real;

/// f(x).
pub(in crate::model) fn nonlinear<const D: usize>(x: Tensor<D>, f: Nonlinearity) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as NonlinearOps>::nonlinear(x.into_dispatch(), f))
}

/// f'(x)·ẋ from x and ẋ of one shape.
pub(in crate::model) fn nonlinear_first<const D: usize>(x: Tensor<D>, first: Tensor<D>, f: Nonlinearity) -> Tensor<D> {
    // A slope that does not change with x has no gradient to give it.
    let x = if f.is_curved() { x } else { x.without_autodiff() };
    Tensor::from_dispatch(<Dispatch as NonlinearOps>::nonlinear_first(x.into_dispatch(), first.into_dispatch(), f))
}

/// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere. None of them has a backward pass.
pub(in crate::model) fn derivatives<const D: usize>(
    x: Tensor<D>,
    f: Nonlinearity,
) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
    let x = x.without_autodiff();
    let order = |order: usize| {
        Tensor::from_dispatch(<Dispatch as DerivativeOps>::derivative(x.clone().into_dispatch(), f, order))
    };
    (order(0), order(1), f.is_curved().then(|| order(2)))
}

#[backend_extension(Flex)]
trait DerivativeOps: Backend {
    /// The derivative of f of this order, at most 2.
    fn derivative(x: FloatTensor<Self>, f: Nonlinearity, order: usize) -> FloatTensor<Self>;
}

#[backend_extension(Flex, Autodiff)]
trait NonlinearOps: Backend {
    fn nonlinear(x: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self>;

    fn nonlinear_first(x: FloatTensor<Self>, first: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait NonlinearKernels: NonlinearOps {
    /// f''(x)·ẋ·g
    fn bend(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        f: Nonlinearity,
    ) -> FloatTensor<Self>;
}

impl DerivativeOps for Flex {
    fn derivative(x: FlexTensor, f: Nonlinearity, order: usize) -> FlexTensor {
        match order {
            0 => product::<0, 0>(x, [], f),
            1 => product::<1, 0>(x, [], f),
            _ => product::<2, 0>(x, [], f),
        }
    }
}

impl NonlinearOps for Flex {
    fn nonlinear(x: FlexTensor, f: Nonlinearity) -> FlexTensor {
        product::<0, 0>(x, [], f)
    }

    fn nonlinear_first(x: FlexTensor, first: FlexTensor, f: Nonlinearity) -> FlexTensor {
        product::<1, 1>(x, [first], f)
    }
}

impl NonlinearKernels for Flex {
    fn bend(x: FlexTensor, first: FlexTensor, gradient: FlexTensor, f: Nonlinearity) -> FlexTensor {
        product::<2, 2>(x, [first, gradient], f)
    }
}

impl<B: NonlinearKernels, C: CheckpointStrategy> NonlinearOps for Autodiff<B, C> {
    fn nonlinear(x: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ValueBackward;

        impl<B: NonlinearKernels> Backward<B, 1> for ValueBackward {
            type State = (FloatTensor<B>, Nonlinearity);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (x, f) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::nonlinear_first(x, gradient, f));
            }
        }

        match ValueBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let x = x.into_primitive();
                prep.finish((x.clone(), f), B::nonlinear(x, f))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::nonlinear(x.into_primitive(), f)),
        }
    }

    fn nonlinear_first(x: FloatTensor<Self>, first: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct FirstBackward;

        impl<B: NonlinearKernels> Backward<B, 2> for FirstBackward {
            type State = ([FloatTensor<B>; 2], Nonlinearity);

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let (([x, first], f), [by_x, by_first]) = (ops.state, ops.parents);
                if let Some(node) = by_x {
                    tape.register::<B>(node.id, B::bend(x.clone(), first, gradient.clone(), f));
                }
                if let Some(node) = by_first {
                    tape.register::<B>(node.id, B::nonlinear_first(x, gradient, f));
                }
            }
        }

        match FirstBackward.prepare::<C>([x.node(), first.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (x, first) = (x.into_primitive(), first.into_primitive());
                prep.finish(([x.clone(), first.clone()], f), B::nonlinear_first(x, first, f))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::nonlinear_first(x.into_primitive(), first.into_primitive(), f)),
        }
    }
}

/// Numbers that one task takes: enough that starting it costs nothing beside the work.
const TASK: usize = 1 << 13;

/// The derivative of f of this order at each number of x, times all the others there.
fn product<const ORDER: usize, const N: usize>(x: FlexTensor, others: [FlexTensor; N], f: Nonlinearity) -> FlexTensor {
    let (x, others) = (contiguous(x), others.map(contiguous));
    if x.dtype() == DType::F32 {
        product_of::<f32, ORDER, N>(&x, &others, f)
    } else {
        product_of::<f64, ORDER, N>(&x, &others, f)
    }
}

fn product_of<T: Real, const ORDER: usize, const N: usize>(
    x: &FlexTensor,
    others: &[FlexTensor; N],
    f: Nonlinearity,
) -> FlexTensor {
    let (numbers_of_x, others) = (numbers::<T>(x), others.each_ref().map(numbers::<T>));
    let mut out = vec![T::default(); numbers_of_x.len()];
    out.par_chunks_mut(TASK).enumerate().for_each(|(task, out)| {
        let range = task * TASK..task * TASK + out.len();
        let others = others.map(|all| &all[range.clone()]);
        formulas::with(f, Product::<T, ORDER, N> { x: &numbers_of_x[range.clone()], others, out });
    });
    tensor(out, x.shape().to_vec())
}

/// What a task computes.
struct Product<'a, T, const ORDER: usize, const N: usize> {
    x: &'a [T],
    others: [&'a [T]; N],
    out: &'a mut [T],
}

impl<T: Real, const ORDER: usize, const N: usize> Visit<T> for Product<'_, T, ORDER, N> {
    #[inline(always)]
    fn visit(self, f: impl Fn(T) -> [T; 3] + Copy) {
        pulp::Arch::new().dispatch(Loop { product: self, f });
    }
}

/// The loop of a task. No closure: one that is too long to be inlined would be compiled for any processor, without the fused
/// multiplications of this one.
struct Loop<'a, T, F, const ORDER: usize, const N: usize> {
    product: Product<'a, T, ORDER, N>,
    f: F,
}

impl<T: Real, F: Fn(T) -> [T; 3] + Copy, const ORDER: usize, const N: usize> pulp::WithSimd
    for Loop<'_, T, F, ORDER, N>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Product { x, others, out } = self.product;
        let len = out.len();
        let (x, others) = (&x[..len], others.map(|all| &all[..len]));
        for (i, out) in out.iter_mut().enumerate() {
            let mut product = (self.f)(x[i])[ORDER];
            for other in others {
                product = product * other[i];
            }
            *out = product;
        }
    }
}
