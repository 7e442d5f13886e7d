//! Multi-head attention softmax(q·kᵀ/√(D/H))·v as one operation of Burn's CPU backend (Vaswani et al. 2017, arXiv 1706.03762).
//!
//! Shares of keys are computed block by block of queries and never kept: the tape has the queries, keys and values alone, and
//! the way back computes the shares again (as Dao et al. 2022, arXiv 2205.14135). A dual's value and derivative are one node of the
//! tape (`pair`), which computes the shares once on the way there and once on the way back. A task is a head of an example of a
//! member; within it sums are taken in one order, so the result does not depend on the number of threads.

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
use super::pair::Slot;
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

/// The value, and its derivative where the queries, keys and values change by `first` `[P, n, t, 3·D]`.
pub(in crate::model) fn attention_dual(
    qkv: Tensor<4>,
    first: Tensor<4>,
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> [Tensor<4>; 2] {
    let (padding, form) = prepared(&qkv, padding, settings);
    let [qkv, first] = [qkv, first].map(Tensor::into_dispatch);
    let (value, first) = <Dispatch as AttentionOps>::attention_dual(qkv, first, padding.into_dispatch(), form);
    [value, first].map(Tensor::from_dispatch)
}

/// The value `[1, …]`, its first derivatives `[R, …]` and second derivatives summed over each group `[groups, …]`, from those of
/// the queries, keys and values and the number of groups. There is no backward pass.
pub(in crate::model) fn attention_jet(
    qkv: Tensor<4>,
    (first, second, groups): (Tensor<4>, Option<Tensor<4>>, usize),
    padding: Option<&Tensor<2>>,
    settings: AttentionSettings,
) -> [Tensor<4>; 3] {
    let (padding, form) = prepared(&qkv, padding, settings);
    let form = JetForm { form, groups, has_second: second.is_some() };
    // Any tensor stands in the place of one that is not there.
    let second = second.unwrap_or_else(|| qkv.clone()).into_dispatch();
    let (qkv, first) = (qkv.into_dispatch(), first.into_dispatch());
    let (value, first, second) =
        <Dispatch as AttentionJetOps>::attention_jet(qkv, first, second, padding.into_dispatch(), form);
    [value, first, second].map(Tensor::from_dispatch)
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

    fn attention_dual(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[backend_extension(Flex)]
trait AttentionJetOps: Backend {
    fn attention_jet(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: JetForm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
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

    /// The gradients by queries, keys and values and by their derivatives, from these, the padding, and the gradients of both results.
    fn dual_gradients(
        state: [FloatTensor<Self>; 3],
        gradients: [Option<FloatTensor<Self>>; 2],
        form: Form,
    ) -> [FloatTensor<Self>; 2];
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

    fn attention_dual(
        qkv: FloatTensor<Self>,
        first: FloatTensor<Self>,
        padding: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct DualBackward;

        impl<B: AttentionKernels> Backward<B, 2> for DualBackward {
            type State = ([FloatTensor<B>; 3], Form, Slot<B>);

            fn backward(self, ops: Ops<Self::State, 2>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (state, form, slot) = ops.state;
                let found = B::dual_gradients(state, slot.take(), form);
                for (node, gradient) in ops.parents.into_iter().zip(found) {
                    if let Some(node) = node {
                        tape.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let nodes = [qkv.node(), first.node()];
        let state = [qkv, first, padding].map(FloatTensor::<Self>::into_primitive);
        let [qkv, first, padding] = state.clone();
        let (value, slope) = B::attention_dual(qkv, first, padding, form);
        let slot = Slot::new();
        let operation = match DualBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((state, form, slot.clone()), value.clone()),
            OpsKind::UnTracked(prep) => prep.finish(value.clone()),
        };
        slot.results::<C>(&operation, [value, slope])
    }
}

impl AttentionOps for Flex {
    fn attended(qkv: FlexTensor, padding: FlexTensor, form: Form) -> FlexTensor {
        let all = [qkv, padding].map(contiguous);
        if is_f32(&all) { attention_as::<f32>(&all, form) } else { attention_as::<f64>(&all, form) }
    }

    fn attention_dual(qkv: FlexTensor, first: FlexTensor, padding: FlexTensor, form: Form) -> (FlexTensor, FlexTensor) {
        let all = [qkv, padding, first].map(contiguous);
        if is_f32(&all) { dual_as::<f32>(&all, form) } else { dual_as::<f64>(&all, form) }.into()
    }
}

impl AttentionJetOps for Flex {
    fn attention_jet(
        qkv: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        padding: FlexTensor,
        form: JetForm,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let all = [qkv, padding, first, second].map(contiguous);
        if is_f32(&all) { jet_as::<f32>(&all, form) } else { jet_as::<f64>(&all, form) }.into()
    }
}

impl AttentionKernels for Flex {
    fn gradient(qkv: FlexTensor, padding: FlexTensor, gradient: FlexTensor, form: Form) -> FlexTensor {
        let all = [qkv, padding, gradient].map(contiguous);
        if is_f32(&all) { gradient_as::<f32>(&all, form) } else { gradient_as::<f64>(&all, form) }
    }

    fn dual_gradients(
        [qkv, first, padding]: [FlexTensor; 3],
        gradients: [Option<FlexTensor>; 2],
        form: Form,
    ) -> [FlexTensor; 2] {
        let all = [qkv, padding, first].map(contiguous);
        let gradients = gradients.map(|gradient| gradient.map(contiguous));
        if is_f32(&all) {
            dual_gradients_as::<f32>(&all, &gradients, form)
        } else {
            dual_gradients_as::<f64>(&all, &gradients, form)
        }
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

fn dual_as<T: Number>(all: &[FlexTensor; 3], form: Form) -> [FlexTensor; 2] {
    let [qkv, _, first] = all;
    let outs = forward::dual(&problem::<T, _>(all, form), numbers(qkv), numbers(first));
    outs.map(|out| tensor(out, shape(qkv, qkv.shape().to_vec()[0])))
}

fn gradient_as<T: Number>(all: &[FlexTensor; 3], form: Form) -> FlexTensor {
    let [qkv, _, gradient] = all;
    let out = backward::gradient(&problem::<T, _>(all, form), numbers(qkv), numbers(gradient));
    tensor(out, qkv.shape().to_vec())
}

fn dual_gradients_as<T: Number>(
    all: &[FlexTensor; 3],
    gradients: &[Option<FlexTensor>; 2],
    form: Form,
) -> [FlexTensor; 2] {
    let [qkv, _, first] = all;
    let gradients = gradients.each_ref().map(|gradient| gradient.as_ref().map(numbers));
    let outs = backward::dual_gradients(&problem::<T, _>(all, form), [qkv, first].map(numbers), gradients);
    outs.map(|out| tensor(out, qkv.shape().to_vec()))
}

fn jet_as<T: Number>(all: &[FlexTensor; 4], JetForm { form, groups, has_second }: JetForm) -> [FlexTensor; 3] {
    let [qkv, _, first, second] = all;
    let directions = first.shape().to_vec()[0];
    let jets = Coefficients {
        value: numbers(qkv),
        first: numbers(first),
        second: has_second.then(|| numbers(second)),
        size: directions / groups,
    };
    let [value, first, second] = curved::curved(&problem::<T, _>(all, form), jets);
    [(value, 1), (first, directions), (second, groups)].map(|(out, population)| tensor(out, shape(qkv, population)))
}
