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
use burn::tensor::{Device, Element, ElementConversion as _, Tensor, TensorData};
use bytemuck::Pod;

use super::affine_cpu::{self, Activation, Number, Operands, Sizes, Term, Upstream, Wanted};
use super::number::numbers;

/// Whether a tensor lives where these operations run; elsewhere layers are compositions of Burn's own.
pub(in crate::model) fn runs_here<const D: usize>(x: &Tensor<D>) -> bool {
    x.device().without_autodiff() == Device::flex()
}

/// One of the products that are summed: x is `[Px, n, h, w, c]` or features `[Px, n, f]`, the weight
/// `[Pw, o, c/groups, kh, kw]` or `[Pw, o, f]`. Either population may be 1, which is shared.
#[derive(Debug, Clone)]
pub(in crate::model) struct Product<const D: usize> {
    /// The input.
    pub x: Tensor<D>,
    /// The weight.
    pub weight: Tensor<D>,
}

/// act(x ∗ w + b), with b `[Pb, …, o]`. The result is `[P, n, h', w', o]` or `[P, n, o]`.
pub(in crate::model) fn affine<const D: usize>(
    product: Product<D>,
    bias: Option<Tensor<D>>,
    sizes: Sizes,
    activation: Activation,
) -> Tensor<D> {
    let population = [&product.x, &product.weight].into_iter().chain(&bias).map(|a| a.dims()[0]).max();
    let population = population.expect("three operands or two");
    evaluate([Some(product), None], bias, (population, [1, 1], [1.0, 1.0]), sizes, activation)
}

/// x₁ ∗ w₁ + x₂ ∗ w₂ + b, as [`affine`]: the derivative of a product along a line.
pub(in crate::model) fn sum_of_products<const D: usize>(
    products: [Product<D>; 2],
    bias: Option<Tensor<D>>,
    sizes: Sizes,
) -> Tensor<D> {
    let operands = products.iter().flat_map(|product| [&product.x, &product.weight]).chain(&bias);
    let population = operands.map(|a| a.dims()[0]).max().expect("at least four operands");
    evaluate(products.map(Some), bias, (population, [1, 1], [1.0, 1.0]), sizes, Activation::Identity)
}

/// x ∗ w + 2 Σ ẋᵣ ∗ ẇᵣ, the sum over each group of consecutive members of the second product: `[R, …] → [groups, …]`. It has no
/// backward pass.
pub(in crate::model) fn collapsed<const D: usize>(
    curved: Option<Product<D>>,
    mixed: Product<D>,
    groups: usize,
    sizes: Sizes,
) -> Tensor<D> {
    let each = mixed.x.dims()[0].max(mixed.weight.dims()[0]) / groups;
    evaluate([curved, Some(mixed)], None, (groups, [1, each], [1.0, 2.0]), sizes, Activation::Identity)
}

fn evaluate<const D: usize>(
    products: [Option<Product<D>>; 2],
    bias: Option<Tensor<D>>,
    (population, each, scale): (usize, [usize; 2], [f64; 2]),
    sizes: Sizes,
    activation: Activation,
) -> Tensor<D> {
    let any = products.iter().flatten().next().expect("at least one product").weight.clone().without_autodiff();
    let mut shape = products.iter().flatten().next().expect("at least one product").x.dims();
    (shape[0], shape[D - 1]) = (population, sizes.outputs);
    if D == 5 {
        [shape[2], shape[3]] = sizes.output();
    }
    let form = Form {
        sizes,
        activation,
        each,
        scale,
        has: products.each_ref().map(Option::is_some),
        has_bias: bias.is_some(),
        shape: shape.to_vec(),
    };
    // Any tensor stands in the place of an operand that is not there.
    let [first, second] = products.map(|product| match product {
        Some(Product { x, weight }) => [x, weight].map(Tensor::into_dispatch),
        None => [any.clone(), any.clone()].map(Tensor::into_dispatch),
    });
    let ([x, weight], [other_x, other_weight]) = (first, second);
    let bias = bias.unwrap_or(any).into_dispatch();
    Tensor::from_dispatch(<Dispatch as AffineOps>::affine(x, weight, other_x, other_weight, bias, form))
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone)]
pub(super) struct Form {
    sizes: Sizes,
    activation: Activation,
    /// Members of each product that are summed into one.
    each: [usize; 2],
    /// What each product is multiplied by.
    scale: [f64; 2],
    /// Which of the products are there.
    has: [bool; 2],
    has_bias: bool,
    shape: Vec<usize>,
}

#[backend_extension(Flex, Autodiff)]
trait AffineOps: Backend {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        other_x: FloatTensor<Self>,
        other_weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

/// One tensor for each operand: input and weight of both products, and the bias.
type Five<T> = [T; 5];

/// What a backend without a tape provides.
trait AffineKernels: Backend {
    fn forward(operands: Five<FloatTensor<Self>>, form: Form) -> FloatTensor<Self>;

    fn backward(
        state: &State<Self>,
        gradient: FloatTensor<Self>,
        wanted: Five<bool>,
    ) -> Five<Option<FloatTensor<Self>>>;
}

/// What the tape keeps.
#[derive(Debug, Clone)]
struct State<B: Backend> {
    operands: Five<FloatTensor<B>>,
    output: Option<FloatTensor<B>>,
    form: Form,
}

impl AffineOps for Flex {
    fn affine(
        x: FlexTensor,
        weight: FlexTensor,
        other_x: FlexTensor,
        other_weight: FlexTensor,
        bias: FlexTensor,
        form: Form,
    ) -> FlexTensor {
        Self::forward([x, weight, other_x, other_weight, bias], form)
    }
}

impl<B: AffineKernels, C: CheckpointStrategy> AffineOps for Autodiff<B, C> {
    fn affine(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        other_x: FloatTensor<Self>,
        other_weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AffineBackward;

        impl<B: AffineKernels> Backward<B, 5> for AffineBackward {
            type State = State<B>;

            fn backward(self, ops: Ops<State<B>, 5>, tape: &mut Tape, _: &mut Checkpointer) {
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

        let nodes = [x.node(), weight.node(), other_x.node(), other_weight.node(), bias.node()];
        let operands = [
            x.into_primitive(),
            weight.into_primitive(),
            other_x.into_primitive(),
            other_weight.into_primitive(),
            bias.into_primitive(),
        ];
        match AffineBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::forward(operands.clone(), form.clone());
                let saved = (form.activation != Activation::Identity).then(|| output.clone());
                prep.finish(State { operands, output: saved, form }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::forward(operands, form)),
        }
    }
}

impl AffineKernels for Flex {
    fn forward(operands: Five<FlexTensor>, form: Form) -> FlexTensor {
        let operands = operands.map(contiguous);
        if operands[0].dtype() == DType::F32 {
            forward::<f32>(&operands, form)
        } else {
            forward::<f64>(&operands, form)
        }
    }

    fn backward(state: &State<Self>, gradient: FlexTensor, wanted: Five<bool>) -> Five<Option<FlexTensor>> {
        if gradient.dtype() == DType::F32 {
            backward::<f32>(state, gradient, wanted)
        } else {
            backward::<f64>(state, gradient, wanted)
        }
    }
}

fn forward<T: Number + Element + Pod>(operands: &Five<FlexTensor>, form: Form) -> FlexTensor {
    let [x, weight, other_x, other_weight, bias] = operands.each_ref().map(members::<T>);
    let products = [Operands { x, weight }, Operands { x: other_x, weight: other_weight }];
    let terms: Vec<Term<'_, T>> = (0..2)
        .filter(|&i| form.has[i])
        .map(|i| Term { operands: products[i], each: form.each[i], scale: form.scale[i].elem() })
        .collect();
    let bias = form.has_bias.then_some(bias);
    let values = affine_cpu::forward(&form.sizes, form.shape[0], &terms, bias, form.activation);
    tensor(values, form.shape)
}

fn backward<T: Number + Element + Pod>(
    state: &State<Flex>,
    gradient: FlexTensor,
    wanted: Five<bool>,
) -> Five<Option<FlexTensor>> {
    let State { operands, output, form } = state;
    let operands = operands.clone().map(contiguous);
    let shapes = operands.each_ref().map(|operand| operand.shape().to_vec());
    let [x, weight, other_x, other_weight, bias] = operands.each_ref().map(members::<T>);
    let (gradient, output) = (contiguous(gradient), output.clone().map(contiguous));
    let upstream = Upstream {
        gradient: members::<T>(&gradient).0,
        output: output.as_ref().map(|output| members::<T>(output).0),
        activation: form.activation,
    };
    let wants_bias = (wanted[4] && form.has_bias).then_some(bias.1);
    let products = [Operands { x, weight }, Operands { x: other_x, weight: other_weight }];
    let mut gradients: Five<Option<Vec<T>>> = [const { None }; 5];
    for (i, operands) in products.into_iter().enumerate() {
        let wanted = Wanted {
            x: wanted[2 * i] && form.has[i],
            weight: wanted[2 * i + 1] && form.has[i],
            bias: if i == 0 { wants_bias } else { None },
        };
        if wanted.x || wanted.weight || wanted.bias.is_some() {
            let found = affine_cpu::backward(&form.sizes, operands, upstream, wanted);
            (gradients[2 * i], gradients[2 * i + 1]) = (found.x, found.weight);
            gradients[4] = found.bias.or(gradients[4].take());
        }
    }
    let mut shapes = shapes.into_iter();
    gradients.map(|values| {
        let shape = shapes.next().expect("as many shapes as operands");
        values.map(|values| tensor(values, shape))
    })
}

pub(super) fn contiguous(x: FlexTensor) -> FlexTensor {
    if x.is_contiguous() { x } else { x.to_contiguous() }
}

/// The numbers of a contiguous tensor, and its population.
fn members<T: Element + Pod>(x: &FlexTensor) -> (&[T], usize) {
    let population = x.shape().to_vec()[0];
    (numbers(x), population)
}

pub(super) fn tensor<T: Element>(values: Vec<T>, shape: Vec<usize>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
