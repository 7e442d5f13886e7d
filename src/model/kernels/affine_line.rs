//! act(x ∗ w + b) along lines of weights, as operations of Burn's CPU backend: a dual's value and derivative are one node of the tape, and
//! all coefficients of a jet are one operation.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients as Tape;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Element, Tensor};
use bytemuck::Pod;

use super::affine::{contiguous, members, shape_of, tensor};
use super::affine_cpu::{self, Activation, DualOperands, DualUpstream, JetOperands, Number, Sizes};
use super::number::numbers;
use super::pair::Slot;

/// A quantity with what it has of its first derivative.
pub(in crate::model) type WithFirst<const D: usize> = (Tensor<D>, Option<Tensor<D>>);

/// The value and its derivative of (x, ẋ), (w, ẇ) and (b, ḃ), each of the population of the others or of one member.
pub(in crate::model) fn affine_dual<const D: usize>(
    (x, first): WithFirst<D>,
    (weight, dweight): (Tensor<D>, Tensor<D>),
    bias: Option<WithFirst<D>>,
    sizes: Sizes,
    activation: Activation,
) -> [Tensor<D>; 2] {
    let (bias, dbias) = bias.map_or((None, None), |(bias, dbias)| (Some(bias), dbias));
    let operands = [Some(&x), first.as_ref(), Some(&weight), Some(&dweight), bias.as_ref(), dbias.as_ref()];
    let population = operands.into_iter().flatten().map(|a| a.dims()[0]).max().unwrap_or(1);
    let form = Form {
        sizes,
        activation,
        shape: shape_of(&x, population, sizes),
        has: [first.is_some(), bias.is_some(), dbias.is_some(), false],
        directions: 1,
        groups: 1,
    };
    let any = weight.clone().without_autodiff();
    let or = |a: Option<Tensor<D>>| a.unwrap_or_else(|| any.clone()).into_dispatch();
    let (first, bias, dbias) = (or(first), or(bias), or(dbias));
    let [x, weight, dweight] = [x, weight, dweight].map(Tensor::into_dispatch);
    let (value, first) = <Dispatch as LineOps>::affine_dual(x, first, weight, dweight, bias, dbias, form);
    [value, first].map(Tensor::from_dispatch)
}

/// The value `[1, …]`, first derivatives of R directions and second derivatives of `groups` groups of them, the last `None` where they are
/// zero. ẇ and ḃ have R members, ẍ one for each group. There is no backward pass.
pub(in crate::model) fn affine_jet<const D: usize>(
    (x, first, second): (Tensor<D>, Option<Tensor<D>>, Option<Tensor<D>>),
    (weight, dweight): (Tensor<D>, Tensor<D>),
    bias: Option<WithFirst<D>>,
    groups: usize,
    sizes: Sizes,
    activation: Activation,
) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
    let (bias, dbias) = bias.map_or((None, None), |(bias, dbias)| (Some(bias), dbias));
    let form = Form {
        sizes,
        activation,
        shape: shape_of(&x, 1, sizes),
        has: [first.is_some(), bias.is_some(), dbias.is_some(), second.is_some()],
        directions: dweight.dims()[0],
        groups,
    };
    let bends = first.is_some() || second.is_some() || activation == Activation::Tanh;
    let any = weight.clone();
    let or = |a: Option<Tensor<D>>| a.unwrap_or_else(|| any.clone()).without_autodiff().into_dispatch();
    let (first, second, bias, dbias) = (or(first), or(second), or(bias), or(dbias));
    let [x, weight, dweight] = [x, weight, dweight].map(|a| a.without_autodiff().into_dispatch());
    let (value, first, second) =
        <Dispatch as JetLineOps>::affine_jet(x, first, second, weight, dweight, bias, dbias, form);
    (Tensor::from_dispatch(value), Tensor::from_dispatch(first), bends.then(|| Tensor::from_dispatch(second)))
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone)]
pub(super) struct Form {
    sizes: Sizes,
    activation: Activation,
    shape: Vec<usize>,
    /// Whether there are ẋ, b, ḃ and ẍ.
    has: [bool; 4],
    directions: usize,
    groups: usize,
}

#[backend_extension(Flex, Autodiff)]
trait LineOps: Backend {
    fn affine_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        dweight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        dbias: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[backend_extension(Flex)]
trait JetLineOps: Backend {
    fn affine_jet(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        dweight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        dbias: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// x, ẋ, w, ẇ, b and ḃ.
type Six<T> = [T; 6];

/// What a backend without a tape provides.
trait LineKernels: LineOps {
    fn forward(operands: Six<FloatTensor<Self>>, form: Form) -> [FloatTensor<Self>; 2];

    fn backward(
        state: &State<Self>,
        gradients: [Option<FloatTensor<Self>>; 2],
        wanted: Six<bool>,
    ) -> Six<Option<FloatTensor<Self>>>;
}

/// What the tape keeps.
#[derive(Debug, Clone)]
struct State<B: Backend> {
    operands: Six<FloatTensor<B>>,
    outputs: [FloatTensor<B>; 2],
    form: Form,
    slot: Slot<B>,
}

impl LineOps for Flex {
    fn affine_dual(
        x: FlexTensor,
        first: FlexTensor,
        weight: FlexTensor,
        dweight: FlexTensor,
        bias: FlexTensor,
        dbias: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor) {
        Self::forward([x, first, weight, dweight, bias, dbias], form).into()
    }
}

impl JetLineOps for Flex {
    fn affine_jet(
        x: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        weight: FlexTensor,
        dweight: FlexTensor,
        bias: FlexTensor,
        dbias: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let all = [x, first, second, weight, dweight, bias, dbias].map(contiguous);
        if all[0].dtype() == DType::F32 { jet::<f32>(&all, &form) } else { jet::<f64>(&all, &form) }.into()
    }
}

impl<B: LineKernels, C: CheckpointStrategy> LineOps for Autodiff<B, C> {
    fn affine_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        dweight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        dbias: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct DualBackward;

        impl<B: LineKernels> Backward<B, 6> for DualBackward {
            type State = State<B>;

            fn backward(self, ops: Ops<State<B>, 6>, tape: &mut Tape, _: &mut Checkpointer) {
                let wanted = ops.parents.each_ref().map(Option::is_some);
                let gradients = B::backward(&ops.state, ops.state.slot.take(), wanted);
                for (node, gradient) in ops.parents.into_iter().zip(gradients) {
                    if let (Some(node), Some(gradient)) = (node, gradient) {
                        tape.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let operands = [x, first, weight, dweight, bias, dbias];
        let nodes = operands.each_ref().map(FloatTensor::<Self>::node);
        let operands = operands.map(FloatTensor::<Self>::into_primitive);
        let outputs = B::forward(operands.clone(), form.clone());
        let slot = Slot::new();
        let operation = match DualBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = State { operands, outputs: outputs.clone(), form, slot: slot.clone() };
                prep.finish(state, outputs[0].clone())
            }
            OpsKind::UnTracked(prep) => prep.finish(outputs[0].clone()),
        };
        slot.results::<C>(&operation, outputs)
    }
}

impl LineKernels for Flex {
    fn forward(operands: Six<FlexTensor>, form: Form) -> [FlexTensor; 2] {
        let operands = operands.map(contiguous);
        if operands[0].dtype() == DType::F32 { dual::<f32>(&operands, &form) } else { dual::<f64>(&operands, &form) }
    }

    fn backward(state: &State<Self>, gradients: [Option<FlexTensor>; 2], wanted: Six<bool>) -> Six<Option<FlexTensor>> {
        let gradients = gradients.map(|gradient| gradient.map(contiguous));
        if state.operands[0].dtype() == DType::F32 {
            dual_backward::<f32>(state, &gradients, wanted)
        } else {
            dual_backward::<f64>(state, &gradients, wanted)
        }
    }
}

fn operands_of<'a, T: Number + Element + Pod>(operands: &'a Six<FlexTensor>, form: &Form) -> DualOperands<'a, T> {
    let [x, first, weight, dweight, bias, dbias] = operands.each_ref().map(members::<T>);
    let [has_first, has_bias, has_dbias, _] = form.has;
    DualOperands {
        x,
        first: has_first.then_some(first),
        weight,
        dweight,
        bias: has_bias.then_some(bias),
        dbias: has_dbias.then_some(dbias),
    }
}

fn dual<T: Number + Element + Pod>(operands: &Six<FlexTensor>, form: &Form) -> [FlexTensor; 2] {
    let operands = operands_of::<T>(operands, form);
    let results = affine_cpu::dual(&form.sizes, form.shape[0], operands, form.activation);
    results.map(|values| tensor(values, form.shape.clone()))
}

fn dual_backward<T: Number + Element + Pod>(
    state: &State<Flex>,
    gradients: &[Option<FlexTensor>; 2],
    wanted: Six<bool>,
) -> Six<Option<FlexTensor>> {
    let form = &state.form;
    let operands = state.operands.clone().map(contiguous);
    let upstream = DualUpstream {
        gradients: gradients.each_ref().map(|gradient| gradient.as_ref().map(numbers::<T>)),
        outputs: state.outputs.each_ref().map(numbers::<T>),
        activation: form.activation,
    };
    let [has_first, has_bias, has_dbias, _] = form.has;
    let [x, first, weight, dweight, bias, dbias] = wanted;
    let wanted = [x, first && has_first, weight, dweight, bias && has_bias, dbias && has_dbias];
    let all = operands_of::<T>(&operands, form);
    let found = affine_cpu::dual_backward(&form.sizes, form.shape[0], all, upstream, wanted);
    let mut shapes = operands.iter().map(|operand| operand.shape().to_vec());
    found.map(|values| {
        let shape = shapes.next().expect("as many shapes as operands");
        values.map(|values| tensor(values, shape))
    })
}

fn jet<T: Number + Element + Pod>(operands: &[FlexTensor; 7], form: &Form) -> [FlexTensor; 3] {
    let [x, first, second, weight, dweight, bias, dbias] = operands.each_ref().map(numbers::<T>);
    let [has_first, has_bias, has_dbias, has_second] = form.has;
    let operands = JetOperands {
        x,
        first: has_first.then_some(first),
        second: has_second.then_some(second),
        weight,
        dweight,
        bias: has_bias.then_some(bias),
        dbias: has_dbias.then_some(dbias),
        directions: form.directions,
        groups: form.groups,
    };
    let len: usize = form.shape.iter().product();
    affine_cpu::jet(&form.sizes, operands, form.activation).map(|values| {
        let mut shape = form.shape.clone();
        shape[0] = values.len() / len;
        tensor(values, shape)
    })
}
