//! Multi-head attention softmax(q·kᵀ/√(D/H))·v as one operation of Burn's CPU backend (Vaswani et al. 2017, arXiv 1706.03762).
//!
//! Shares of keys are computed block by block of queries and never kept: the tape has the queries, keys and values alone, and
//! the way back computes the shares again (as Dao et al. 2022, arXiv 2205.14135). A task is a head of an example of a member;
//! within it sums are taken in one order, so the result does not depend on the number of threads.

mod backward;
mod curved;
mod forward;
mod heads;
mod number;
mod product;
mod scores;
#[cfg(test)]
mod tests;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::Tensor;

use super::affine::{contiguous, tensor};
use super::number::numbers;
use crate::model::attention::AttentionSettings;
use curved::Coefficients;
use heads::{PARTS, Problem};
use number::Number;

/// `[P, n, t, 3·D] → [P, n, t, D]`: of queries, keys and values side by side, each with the heads side by side. Tokens at
/// which `padding` `[n, t]` is 0 are seen by none; a token that sees none gets 0.
pub(in crate::model) fn attention(
    qkv: Tensor<4>,
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> Tensor<4> {
    let (padding, form) = prepared(&qkv, padding, settings);
    Tensor::from_dispatch(<Dispatch as AttentionOps>::attended(qkv.into_dispatch(), padding.into_dispatch(), form))
}

/// Its derivative where the queries, keys and values change by `first` `[P, n, t, 3·D]`.
pub(in crate::model) fn attention_slope(
    qkv: Tensor<4>,
    first: Tensor<4>,
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> Tensor<4> {
    let (padding, form) = prepared(&qkv, padding, settings);
    let (qkv, first) = (qkv.into_dispatch(), first.into_dispatch());
    Tensor::from_dispatch(<Dispatch as AttentionOps>::attention_slope(qkv, first, padding.into_dispatch(), form))
}

/// Its first derivatives `[R, …]` and second derivatives summed over each group `[groups, …]`, from those of the queries, keys
/// and values and the number of groups; the value `[1, …]` is shared. It has no backward pass.
pub(in crate::model) fn attention_curved(
    qkv: Tensor<4>,
    (first, second, groups): (Tensor<4>, Option<Tensor<4>>, usize),
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> [Tensor<4>; 2] {
    let directions = first.dims()[0];
    let (padding, form) = prepared(&qkv, padding, settings);
    let form = JetForm { form, groups, has_second: second.is_some() };
    // Any tensor stands in the place of one that is not there.
    let second = second.unwrap_or_else(|| qkv.clone()).into_dispatch();
    let (qkv, first) = (qkv.into_dispatch(), first.into_dispatch());
    let both = <Dispatch as AttentionJetOps>::attention_curved(qkv, first, second, padding.into_dispatch(), form);
    let both: Tensor<4> = Tensor::from_dispatch(both);
    [both.clone().slice_dim(0, 0..directions), both.slice_dim(0, directions..directions + groups)]
}

/// The padding in the numbers of the rest, off the tape, and what else an operation is told.
fn prepared(qkv: &Tensor<4>, padding: Option<&Tensor<2>>, settings: AttentionSettings) -> (Tensor<2>, Form) {
    let form = Form { settings, is_padded: padding.is_some() };
    // Any tensor stands in the place of one that is not there.
    let padding = padding.cloned().unwrap_or_else(|| Tensor::zeros([1, 1], &qkv.device().without_autodiff()));
    (padding.without_autodiff().cast(qkv.dtype()), form)
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    settings: AttentionSettings,
    is_padded: bool,
}

/// The same for jets.
#[derive(Debug, Clone, Copy)]
pub(super) struct JetForm {
    form: Form,
    groups: usize,
    has_second: bool,
}

#[backend_extension(Flex, Autodiff)]
trait AttentionOps: Backend {
    fn attended(qkv: FloatTensor<Self>, padding: FloatTensor<Self>, form: Form) -> FloatTensor<Self>;

    fn attention_slope(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

#[backend_extension(Flex)]
trait AttentionJetOps: Backend {
    /// First derivatives, then second ones, `[R + groups, …]`.
    fn attention_curved(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: JetForm,
    ) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait AttentionKernels: AttentionOps {
    /// The gradient by queries, keys and values.
    fn gradient(
        qkv: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;

    /// The gradients of the slope by queries, keys and values, and by their derivatives.
    fn slope_gradients(operands: [FloatTensor<Self>; 4], form: Form) -> [FloatTensor<Self>; 2];
}

impl<B: AttentionKernels, C: CheckpointStrategy> AttentionOps for Autodiff<B, C> {
    fn attended(qkv: FloatTensor<Self>, padding: FloatTensor<Self>, form: Form) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AttentionBackward;

        impl<B: AttentionKernels> Backward<B, 1> for AttentionBackward {
            type State = ([FloatTensor<B>; 2], Form);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let ([qkv, padding], form) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::gradient(qkv, padding, gradient, form));
            }
        }

        let padding = padding.into_primitive();
        match AttentionBackward.prepare::<C>([qkv.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let qkv = qkv.into_primitive();
                prep.finish(([qkv.clone(), padding.clone()], form), B::attended(qkv, padding, form))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::attended(qkv.into_primitive(), padding, form)),
        }
    }

    fn attention_slope(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct SlopeBackward;

        impl<B: AttentionKernels> Backward<B, 2> for SlopeBackward {
            type State = ([FloatTensor<B>; 3], Form);

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let ([qkv, first, padding], form) = ops.state;
                match ops.parents {
                    [None, Some(by_first)] => {
                        tape.register::<B>(by_first.id, B::gradient(qkv, padding, gradient, form));
                    }
                    parents => {
                        let gradients = B::slope_gradients([qkv, first, padding, gradient], form);
                        for (node, gradient) in parents.into_iter().zip(gradients) {
                            if let Some(node) = node {
                                tape.register::<B>(node.id, gradient);
                            }
                        }
                    }
                }
            }
        }

        let padding = padding.into_primitive();
        match SlopeBackward.prepare::<C>([qkv.node(), first.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (qkv, first) = (qkv.into_primitive(), first.into_primitive());
                let state = [qkv.clone(), first.clone(), padding.clone()];
                prep.finish((state, form), B::attention_slope(qkv, first, padding, form))
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::attention_slope(qkv.into_primitive(), first.into_primitive(), padding, form))
            }
        }
    }
}

impl AttentionOps for Flex {
    fn attended(qkv: FlexTensor, padding: FlexTensor, form: Form) -> FlexTensor {
        let all = [qkv, padding].map(contiguous);
        if is_f32(&all) { attention_as::<f32>(&all, form) } else { attention_as::<f64>(&all, form) }
    }

    fn attention_slope(qkv: FlexTensor, first: FlexTensor, padding: FlexTensor, form: Form) -> FlexTensor {
        let all = [qkv, padding, first].map(contiguous);
        if is_f32(&all) { slope_as::<f32>(&all, form) } else { slope_as::<f64>(&all, form) }
    }
}

impl AttentionJetOps for Flex {
    fn attention_curved(
        qkv: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        padding: FlexTensor,
        form: JetForm,
    ) -> FlexTensor {
        let all = [qkv, padding, first, second].map(contiguous);
        if is_f32(&all) { curved_as::<f32>(&all, form) } else { curved_as::<f64>(&all, form) }
    }
}

impl AttentionKernels for Flex {
    fn gradient(qkv: FlexTensor, padding: FlexTensor, gradient: FlexTensor, form: Form) -> FlexTensor {
        let all = [qkv, padding, gradient].map(contiguous);
        if is_f32(&all) { gradient_as::<f32>(&all, form) } else { gradient_as::<f64>(&all, form) }
    }

    fn slope_gradients([qkv, first, padding, gradient]: [FlexTensor; 4], form: Form) -> [FlexTensor; 2] {
        let all = [qkv, padding, first, gradient].map(contiguous);
        if is_f32(&all) { slope_gradients_as::<f32>(&all, form) } else { slope_gradients_as::<f64>(&all, form) }
    }
}

fn is_f32<const N: usize>(all: &[FlexTensor; N]) -> bool {
    all[0].dtype() == DType::F32
}

/// The sizes, from queries, keys and values and from the padding.
fn problem<'a, T: Number, const N: usize>(all: &'a [FlexTensor; N], form: Form) -> Problem<'a, T> {
    let shape = all[0].shape().to_vec();
    let AttentionSettings { heads, causal } = form.settings;
    let padding = form.is_padded.then(|| numbers::<T>(&all[1]));
    Problem { examples: shape[1], tokens: shape[2], heads, width: shape[3] / PARTS / heads, causal, padding }
}

/// The shape of a result with this population.
fn shape(qkv: &FlexTensor, population: usize) -> Vec<usize> {
    let mut shape = qkv.shape().to_vec();
    (shape[0], shape[3]) = (population, shape[3] / PARTS);
    shape
}

fn attention_as<T: Number>(all: &[FlexTensor; 2], form: Form) -> FlexTensor {
    let qkv = &all[0];
    let out = forward::attention(&problem::<T, _>(all, form), numbers(qkv));
    tensor(out, shape(qkv, qkv.shape().to_vec()[0]))
}

fn slope_as<T: Number>(all: &[FlexTensor; 3], form: Form) -> FlexTensor {
    let [qkv, _, first] = all;
    let out = forward::slope(&problem::<T, _>(all, form), numbers(qkv), numbers(first));
    tensor(out, shape(qkv, qkv.shape().to_vec()[0]))
}

fn gradient_as<T: Number>(all: &[FlexTensor; 3], form: Form) -> FlexTensor {
    let [qkv, _, gradient] = all;
    let out = backward::gradient(&problem::<T, _>(all, form), numbers(qkv), numbers(gradient));
    tensor(out, qkv.shape().to_vec())
}

fn slope_gradients_as<T: Number>(all: &[FlexTensor; 4], form: Form) -> [FlexTensor; 2] {
    let [qkv, _, first, gradient] = all;
    let problem = problem::<T, _>(all, form);
    let outs = backward::slope_gradients(&problem, numbers(qkv), numbers(first), numbers(gradient));
    outs.map(|out| tensor(out, qkv.shape().to_vec()))
}

fn curved_as<T: Number>(all: &[FlexTensor; 4], JetForm { form, groups, has_second }: JetForm) -> FlexTensor {
    let [qkv, _, first, second] = all;
    let directions = first.shape().to_vec()[0];
    let jets = Coefficients {
        value: numbers(qkv),
        first: numbers(first),
        second: has_second.then(|| numbers(second)),
        size: directions / groups,
    };
    let out = curved::curved(&problem::<T, _>(all, form), jets);
    tensor(out, shape(qkv, directions + groups))
}
