//! Nonlinearities as operations of Burn's CPU backend, one node each on the tape, which keeps their inputs alone.
//!
//! Of a dual the value f(x) and the derivative f'(x)·ẋ are one node (`pair`). With their gradients g and d those of its inputs are
//! f'(x)·g + f''(x)·ẋ·d by x and f'(x)·d by ẋ. Whatever is made of f and its derivatives at a number is made in one pass over all
//! cores, so that what they have in common, an exponential or an error function, is evaluated once.

mod formulas;
mod pass;
mod real;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;

use super::affine::contiguous;
use super::number::numbers;
use super::pair::Slot;
use crate::model::nonlinearity::Nonlinearity;
use pass::{Along, Back, Derivatives, Sloped, Value, pass};
use real::Real;

/// f(x).
pub(in crate::model) fn nonlinear<const D: usize>(x: Tensor<D>, f: Nonlinearity) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as NonlinearOps>::nonlinear(x.into_dispatch(), f))
}

/// f(x) and f'(x)·ẋ from x and ẋ of one shape.
pub(in crate::model) fn nonlinear_dual<const D: usize>(
    x: Tensor<D>,
    first: Tensor<D>,
    f: Nonlinearity,
) -> [Tensor<D>; 2] {
    let (x, first) = (x.into_dispatch(), first.into_dispatch());
    let (value, first) = <Dispatch as NonlinearOps>::nonlinear_dual(x, first, f);
    [value, first].map(Tensor::from_dispatch)
}

/// f(x), f'(x) and f''(x), the last `None` where it is 0 almost everywhere. None of them has a backward pass.
pub(in crate::model) fn derivatives<const D: usize>(
    x: Tensor<D>,
    f: Nonlinearity,
) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
    let x = x.without_autodiff().into_dispatch();
    let (value, slope, bend) = <Dispatch as DerivativeOps>::derivatives(x, f);
    (Tensor::from_dispatch(value), Tensor::from_dispatch(slope), f.is_curved().then(|| Tensor::from_dispatch(bend)))
}

#[backend_extension(Flex)]
trait DerivativeOps: Backend {
    /// f(x), f'(x) and f''(x).
    fn derivatives(x: FloatTensor<Self>, f: Nonlinearity) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

#[backend_extension(Flex, Autodiff)]
trait NonlinearOps: Backend {
    fn nonlinear(x: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self>;

    fn nonlinear_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        f: Nonlinearity,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// What a backend without a tape provides.
trait NonlinearKernels: NonlinearOps {
    /// f'(x)·g
    fn reverse(x: FloatTensor<Self>, gradient: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self>;

    /// The gradients by x and ẋ, from those of both results; zeros where there is none.
    fn dual_reverse(
        state: [FloatTensor<Self>; 2],
        gradients: [Option<FloatTensor<Self>>; 2],
        f: Nonlinearity,
    ) -> [FloatTensor<Self>; 2];
}

impl DerivativeOps for Flex {
    fn derivatives(x: FlexTensor, f: Nonlinearity) -> (FlexTensor, FlexTensor, FlexTensor) {
        let x = contiguous(x);
        let all = if is_f32(&x) {
            pass::<f32, _, 0, 3>(&x, [], f, Derivatives)
        } else {
            pass::<f64, _, 0, 3>(&x, [], f, Derivatives)
        };
        all.into()
    }
}

impl NonlinearOps for Flex {
    fn nonlinear(x: FlexTensor, f: Nonlinearity) -> FlexTensor {
        let x = contiguous(x);
        let [value] =
            if is_f32(&x) { pass::<f32, _, 0, 1>(&x, [], f, Value) } else { pass::<f64, _, 0, 1>(&x, [], f, Value) };
        value
    }

    fn nonlinear_dual(x: FlexTensor, first: FlexTensor, f: Nonlinearity) -> (FlexTensor, FlexTensor) {
        let [x, first] = [x, first].map(contiguous);
        let both: [FlexTensor; 2] = if is_f32(&x) {
            pass(&x, [numbers::<f32>(&first)], f, Along)
        } else {
            pass(&x, [numbers::<f64>(&first)], f, Along)
        };
        both.into()
    }
}

impl NonlinearKernels for Flex {
    fn reverse(x: FlexTensor, gradient: FlexTensor, f: Nonlinearity) -> FlexTensor {
        let [x, gradient] = [x, gradient].map(contiguous);
        if is_f32(&x) { sloped::<f32>(&x, &gradient, f) } else { sloped::<f64>(&x, &gradient, f) }
    }

    fn dual_reverse(state: [FlexTensor; 2], gradients: [Option<FlexTensor>; 2], f: Nonlinearity) -> [FlexTensor; 2] {
        let (state, gradients) = (state.map(contiguous), gradients.map(|gradient| gradient.map(contiguous)));
        if is_f32(&state[0]) {
            dual_reverse_of::<f32>(&state, &gradients, f)
        } else {
            dual_reverse_of::<f64>(&state, &gradients, f)
        }
    }
}

fn is_f32(x: &FlexTensor) -> bool {
    x.dtype() == DType::F32
}

fn sloped<T: Real>(x: &FlexTensor, other: &FlexTensor, f: Nonlinearity) -> FlexTensor {
    let [out] = pass(x, [numbers::<T>(other)], f, Sloped);
    out
}

fn dual_reverse_of<T: Real>(
    [x, first]: &[FlexTensor; 2],
    gradients: &[Option<FlexTensor>; 2],
    f: Nonlinearity,
) -> [FlexTensor; 2] {
    let first = numbers::<T>(first);
    let zeros = if gradients.iter().any(Option::is_none) { vec![T::default(); first.len()] } else { Vec::new() };
    let [g, d] = gradients.each_ref().map(|gradient| gradient.as_ref().map_or(&zeros[..], numbers::<T>));
    if f.is_curved() {
        return pass(x, [first, g, d], f, Back);
    }
    // A slope that does not change with x has no part in its gradient, whatever ẋ and d are.
    [g, d].map(|gradient| {
        let [out] = pass(x, [gradient], f, Sloped);
        out
    })
}

impl<B: NonlinearKernels, C: CheckpointStrategy> NonlinearOps for Autodiff<B, C> {
    fn nonlinear(x: FloatTensor<Self>, f: Nonlinearity) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ValueBackward;

        impl<B: NonlinearKernels> Backward<B, 1> for ValueBackward {
            type State = (FloatTensor<B>, Nonlinearity);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (x, f) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::reverse(x, gradient, f));
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

    fn nonlinear_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        f: Nonlinearity,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct DualBackward;

        impl<B: NonlinearKernels> Backward<B, 2> for DualBackward {
            type State = ([FloatTensor<B>; 2], Nonlinearity, Slot<B>);

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (state, f, slot) = ops.state;
                let found = B::dual_reverse(state, slot.take(), f);
                for (node, gradient) in ops.parents.into_iter().zip(found) {
                    if let Some(node) = node {
                        tape.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let nodes = [x.node(), first.node()];
        let (x, first) = (x.into_primitive(), first.into_primitive());
        let (value, slope) = B::nonlinear_dual(x.clone(), first.clone(), f);
        let slot = Slot::new();
        let operation = match DualBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(([x, first], f, slot.clone()), value.clone()),
            OpsKind::UnTracked(prep) => prep.finish(value.clone()),
        };
        slot.results::<C>(&operation, [value, slope])
    }
}
