//! act(x ∗ w + b) over populations as one operation with one node on the tape: on the CPU for features and maps, on the GPU
//! for features.
//!
//! The tape keeps the operands and, for an activation, the output. The gradient of an operand that is not tracked, such
//! as the batch under the first layer, is not computed.

mod device;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients as Tape;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Device, Element, Tensor, TensorData};
use bytemuck::Pod;

use super::affine_cpu::{self, Activation, Number, Operands, Sizes, Upstream, Wanted};
use super::number::numbers;

/// Whether a tensor lives where these operations run; elsewhere layers are compositions of Burn's own.
pub(in crate::model) fn runs_here<const D: usize>(x: &Tensor<D>) -> bool {
    x.device().without_autodiff() == Device::flex()
}

/// act(x ∗ w + b) of x `[Px, n, h, w, c]` or features `[Px, n, f]`, w `[Pw, o, c/groups, kh, kw]` or `[Pw, o, f]` and b
/// `[Pb, …, o]`; a population may be 1, which is shared. The result is `[P, n, h', w', o]` or `[P, n, o]`.
pub(in crate::model) fn affine<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<D>>,
    sizes: Sizes,
    activation: Activation,
) -> Tensor<D> {
    let population = [&x, &weight].into_iter().chain(&bias).map(|a| a.dims()[0]).max().unwrap_or(1);
    let form = Form { sizes, activation, has_bias: bias.is_some(), shape: shape_of(&x, population, sizes) };
    // Any tensor stands in the place of a bias that is not there.
    let bias = bias.unwrap_or_else(|| weight.clone().without_autodiff());
    let [x, weight, bias] = [x, weight, bias].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as AffineOps>::affine(x, weight, bias, form))
}

/// The shape of the result for a population.
pub(super) fn shape_of<const D: usize>(x: &Tensor<D>, population: usize, sizes: Sizes) -> Vec<usize> {
    let mut shape = x.dims();
    (shape[0], shape[D - 1]) = (population, sizes.outputs);
    if D == 5 {
        [shape[2], shape[3]] = sizes.output();
    }
    shape.to_vec()
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone)]
pub(super) struct Form {
    sizes: Sizes,
    activation: Activation,
    has_bias: bool,
    shape: Vec<usize>,
}

#[backend_extension(Cube, Flex, Autodiff)]
trait AffineOps: Backend {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

/// What a backend without a tape provides; operands are input, weight and bias.
trait AffineKernels: AffineOps {
    fn backward(state: &State<Self>, gradient: FloatTensor<Self>, wanted: [bool; 3]) -> [Option<FloatTensor<Self>>; 3];
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
        let operands = [x, weight, bias].map(contiguous);
        if operands[0].dtype() == DType::F32 {
            forward::<f32>(&operands, form)
        } else {
            forward::<f64>(&operands, form)
        }
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

        let nodes = [x.node(), weight.node(), bias.node()];
        let (x, weight, bias) = (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
        match AffineBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let operands = [x.clone(), weight.clone(), bias.clone()];
                let output = B::affine(x, weight, bias, form.clone());
                let saved = (form.activation != Activation::Identity).then(|| output.clone());
                prep.finish(State { operands, output: saved, form }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::affine(x, weight, bias, form)),
        }
    }
}

impl AffineKernels for Flex {
    fn backward(state: &State<Self>, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        if gradient.dtype() == DType::F32 {
            backward::<f32>(state, gradient, wanted)
        } else {
            backward::<f64>(state, gradient, wanted)
        }
    }
}

fn forward<T: Number + Element + Pod>(operands: &[FlexTensor; 3], form: Form) -> FlexTensor {
    let [x, weight, bias] = operands.each_ref().map(members::<T>);
    let bias = form.has_bias.then_some(bias);
    let values = affine_cpu::forward(&form.sizes, form.shape[0], Operands { x, weight }, bias, form.activation);
    tensor(values, form.shape)
}

fn backward<T: Number + Element + Pod>(
    state: &State<Flex>,
    gradient: FlexTensor,
    wanted: [bool; 3],
) -> [Option<FlexTensor>; 3] {
    let State { operands, output, form } = state;
    let operands = operands.clone().map(contiguous);
    let [x, weight, bias] = operands.each_ref().map(members::<T>);
    let (gradient, output) = (contiguous(gradient), output.clone().map(contiguous));
    let upstream = Upstream {
        gradient: members::<T>(&gradient).0,
        output: output.as_ref().map(|output| members::<T>(output).0),
        activation: form.activation,
    };
    let wanted = Wanted { x: wanted[0], weight: wanted[1], bias: (wanted[2] && form.has_bias).then_some(bias.1) };
    let found = affine_cpu::backward(&form.sizes, Operands { x, weight }, upstream, wanted);
    let mut shapes = operands.iter().map(|operand| operand.shape().to_vec());
    [found.x, found.weight, found.bias].map(|values| {
        let shape = shapes.next().expect("as many shapes as operands");
        values.map(|values| tensor(values, shape))
    })
}

pub(super) fn contiguous(x: FlexTensor) -> FlexTensor {
    if x.is_contiguous() { x } else { x.to_contiguous() }
}

/// The numbers of a contiguous tensor, and its population.
pub(super) fn members<T: Element + Pod>(x: &FlexTensor) -> (&[T], usize) {
    let population = x.shape().to_vec()[0];
    (numbers(x), population)
}

pub(super) fn tensor<T: Element>(values: Vec<T>, shape: Vec<usize>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
