//! act(x ∗ w + b) over populations as one operation of Burn's CPU backend, with one node on the tape.
//!
//! The tape keeps the operands and, for an activation, the output. The gradient of an operand that is not tracked, such
//! as the batch under the first layer, is not computed.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients as Tape;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Device, Element, Tensor, TensorData};
use bytemuck::Pod;

use super::affine_cpu::{self, Activation, Number, Operands, Sizes, Upstream, Wanted};

/// Whether a tensor lives where these operations run; elsewhere layers are compositions of Burn's own.
pub(in crate::model) fn runs_here<const D: usize>(x: &Tensor<D>) -> bool {
    x.device().without_autodiff() == Device::flex()
}

/// act(x ∗ w + b): x is `[Px, n, h, w, c]` or features `[Px, n, f]`, w `[Pw, o, c/groups, kh, kw]` or `[Pw, o, f]`, b `[Pb, …, o]`;
/// each population is P or 1, which is shared. The result has `shape`: `[P, n, h', w', o]` or `[P, n, o]`.
pub(in crate::model) fn affine<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<D>>,
    sizes: Sizes,
    activation: Activation,
) -> Tensor<D> {
    let population = bias.as_ref().map_or(1, |bias| bias.dims()[0]).max(x.dims()[0]).max(weight.dims()[0]);
    let mut shape = x.dims();
    let [height, width] = sizes.output();
    (shape[0], shape[D - 1]) = (population, sizes.outputs);
    if D == 5 {
        (shape[2], shape[3]) = (height, width);
    }
    let form = Form { sizes, activation, has_bias: bias.is_some(), shape: shape.to_vec() };
    // Without a bias any tensor stands in its place.
    let bias = bias.unwrap_or_else(|| weight.clone().without_autodiff());
    let (x, weight, bias) = (x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(<Dispatch as AffineOps>::affine(x, weight, bias, form))
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone)]
pub(super) struct Form {
    sizes: Sizes,
    activation: Activation,
    has_bias: bool,
    shape: Vec<usize>,
}

#[backend_extension(Flex, Autodiff)]
trait AffineOps: Backend {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

/// The gradients of input, weight and bias, where they are wanted.
type Three<B> = [Option<FloatTensor<B>>; 3];

/// What a backend without a tape provides.
trait AffineKernels: Backend {
    fn forward(operands: [FloatTensor<Self>; 3], form: Form) -> FloatTensor<Self>;

    fn backward(state: &State<Self>, gradient: FloatTensor<Self>, wanted: [bool; 3]) -> Three<Self>;
}

/// What the tape keeps.
#[derive(Debug, Clone)]
struct State<B: Backend> {
    operands: [FloatTensor<B>; 3],
    output: Option<FloatTensor<B>>,
    form: Form,
}

impl AffineOps for Flex {
    fn affine(x: FlexTensor, weight: FlexTensor, bias: FlexTensor, form: Form) -> FlexTensor {
        Self::forward([x, weight, bias], form)
    }
}

impl<B: AffineKernels, C: CheckpointStrategy> AffineOps for Autodiff<B, C> {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AffineBackward;

        impl<B: AffineKernels> Backward<B, 3> for AffineBackward {
            type State = State<B>;

            fn backward(self, ops: Ops<State<B>, 3>, tape: &mut Tape, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let wanted = ops.parents.each_ref().map(Option::is_some);
                let gradients = B::backward(&ops.state, gradient, wanted);
                for (node, gradient) in ops.parents.into_iter().zip(gradients) {
                    if let (Some(node), Some(gradient)) = (node, gradient) {
                        tape.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        match AffineBackward.prepare::<C>([x.node(), weight.node(), bias.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let operands = [x.primitive().clone(), weight.primitive().clone(), bias.primitive().clone()];
                let output = B::forward(operands.clone(), form.clone());
                let saved = (form.activation != Activation::Identity).then(|| output.clone());
                prep.finish(State { operands, output: saved, form }, output)
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::forward([x.into_primitive(), weight.into_primitive(), bias.into_primitive()], form))
            }
        }
    }
}

impl AffineKernels for Flex {
    fn forward(operands: [FlexTensor; 3], form: Form) -> FlexTensor {
        let operands = operands.map(contiguous);
        if operands[0].dtype() == DType::F32 {
            forward::<f32>(&operands, form)
        } else {
            forward::<f64>(&operands, form)
        }
    }

    fn backward(state: &State<Self>, gradient: FlexTensor, wanted: [bool; 3]) -> Three<Self> {
        if gradient.dtype() == DType::F32 {
            backward::<f32>(state, gradient, wanted)
        } else {
            backward::<f64>(state, gradient, wanted)
        }
    }
}

fn forward<T: Number + Element + Pod>(operands: &[FlexTensor; 3], form: Form) -> FlexTensor {
    let [x, weight, bias] = operands.each_ref().map(numbers::<T>);
    let bias = form.has_bias.then_some(bias);
    let values = affine_cpu::forward(&form.sizes, Operands { x, weight }, bias, form.activation);
    tensor(values, form.shape)
}

fn backward<T: Number + Element + Pod>(state: &State<Flex>, gradient: FlexTensor, wanted: [bool; 3]) -> Three<Flex> {
    let State { operands, output, form } = state;
    let operands = operands.clone().map(contiguous);
    let shapes = operands.each_ref().map(|operand| operand.shape().to_vec());
    let [x, weight, bias] = operands.each_ref().map(numbers::<T>);
    let (gradient, output) = (contiguous(gradient), output.clone().map(contiguous));
    let upstream = Upstream {
        gradient: numbers::<T>(&gradient).0,
        output: output.as_ref().map(|output| numbers::<T>(output).0),
        activation: form.activation,
    };
    let wanted = Wanted { x: wanted[0], weight: wanted[1], bias: (wanted[2] && form.has_bias).then_some(bias.1) };
    let gradients = affine_cpu::backward(&form.sizes, Operands { x, weight }, upstream, wanted);
    let [x, weight, bias] = shapes;
    [
        gradients.x.map(|values| tensor(values, x)),
        gradients.weight.map(|values| tensor(values, weight)),
        gradients.bias.map(|values| tensor(values, bias)),
    ]
}

pub(super) fn contiguous(x: FlexTensor) -> FlexTensor {
    if x.is_contiguous() { x } else { x.to_contiguous() }
}

/// The numbers of a contiguous tensor, and its population.
fn numbers<T: Element + Pod>(x: &FlexTensor) -> (&[T], usize) {
    let population = x.shape().to_vec()[0];
    (x.as_slice::<T>().expect("float tensors here are f32 or f64 throughout, and contiguous"), population)
}

pub(super) fn tensor<T: Element>(values: Vec<T>, shape: Vec<usize>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
