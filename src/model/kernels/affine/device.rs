//! Matrix products over populations on the GPU, act(x·wᵀ + b): Burn's own product, and what comes after it in one kernel.
//!
//! A factor that the population shares is never copied over it: one weight for all members is one product of all their
//! rows, one input for all is broadcast by the product.

use burn::backend::Cube;
use burn::backend::ops::FloatTensorOps as _;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::Shape;
use cubecl::prelude::*;

use super::{AffineKernels, AffineOps, Form, State};
use crate::model::kernels::affine_cpu::Activation;
use crate::model::kernels::device::{buffer, contiguous, room, sizes, sloped, threads};

impl AffineOps for Cube {
    fn affine(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, form: Form) -> CubeTensor {
        let values = product(x, Self::float_swap_dims(weight, 1, 2));
        finished(values, form.has_bias.then_some(bias), &form)
    }
}

impl AffineKernels for Cube {
    fn backward(state: &State<Self>, gradient: CubeTensor, wanted: [bool; 3]) -> [Option<CubeTensor>; 3] {
        let State { operands: [x, weight, bias], output, form } = state;
        let gradient = match output {
            Some(output) => sloped(output.clone(), gradient, form.activation),
            None => gradient,
        };
        let by_x = || over_members(product(gradient.clone(), weight.clone()), sizes(x)[0]);
        let by_bias = || over_members(Self::float_sum_dim(gradient.clone(), 1), sizes(bias)[0]);
        [
            wanted[0].then(by_x),
            wanted[1].then(|| by_weight(&gradient, x, sizes(weight)[0])),
            (wanted[2] && form.has_bias).then(by_bias),
        ]
    }
}

/// The gradient by a weight of population `members` from that of the outputs `[P, n, o]`: `[members, o, f]`.
fn by_weight(gradient: &CubeTensor, x: &CubeTensor, members: usize) -> CubeTensor {
    let [population, n, outputs] = three(gradient);
    let [own, _, inputs] = three(x);
    let (gradient, x) = match (members, own) {
        // One product over the rows of all members.
        (1, own) if own == population => {
            let flat = |a: CubeTensor, width| reshaped(a, [1, population * n, width]);
            (flat(gradient.clone(), outputs), flat(x.clone(), inputs))
        }
        (1, _) => (over_members(gradient.clone(), 1), x.clone()),
        _ => (gradient.clone(), x.clone()),
    };
    Cube::float_matmul(Cube::float_swap_dims(gradient, 1, 2), x)
}

/// `[P, n, f] · [Q, f, o]` of a weight as it is `[Q, f, o]`, either population 1 or the same.
fn product(x: CubeTensor, weight: CubeTensor) -> CubeTensor {
    let ([population, n, inputs], [members, _, outputs]) = (three(&x), three(&weight));
    if members == 1 && population > 1 {
        let flat = Cube::float_matmul(reshaped(x, [1, population * n, inputs]), weight);
        return reshaped(flat, [population, n, outputs]);
    }
    Cube::float_matmul(x, weight)
}

/// The sum over the members where `members` is 1, else all of them.
fn over_members(a: CubeTensor, members: usize) -> CubeTensor {
    if members == 1 && sizes(&a)[0] > 1 { Cube::float_sum_dim(a, 0) } else { a }
}

fn three(a: &CubeTensor) -> [usize; 3] {
    sizes(a).try_into().expect("products on the GPU are of features, [P, n, f]")
}

fn reshaped(a: CubeTensor, shape: [usize; 3]) -> CubeTensor {
    Cube::float_reshape(a, Shape::from(shape))
}

/// act(values + bias), each broadcast over the population.
fn finished(values: CubeTensor, bias: Option<CubeTensor>, form: &Form) -> CubeTensor {
    if sizes(&values) == form.shape && bias.is_none() && form.activation == Activation::Identity {
        return values;
    }
    let has_bias = bias.is_some();
    let values = contiguous(values);
    // Any tensor stands in the place of a bias that is not there.
    let bias = bias.map_or_else(|| values.clone(), contiguous);
    let (member, outputs) = (form.shape[1] * form.shape[2], form.shape[2]);
    let apart = |a: &CubeTensor, numbers: usize| if sizes(a)[0] > 1 { numbers } else { 0 };
    let out = room(&values, &form.shape);
    let (count, dim) = threads(&out.client, form.shape.iter().product());
    // SAFETY: a member of the products has `member` numbers, one of the biases `outputs`; where one member is shared, its
    // distance to the next is 0.
    unsafe {
        sum::launch_unchecked(
            &out.client,
            count,
            dim,
            buffer(&values),
            buffer(&bias),
            buffer(&out),
            member,
            outputs,
            apart(&values, member),
            apart(&bias, outputs),
            has_bias,
            form.activation,
        );
    }
    out
}

#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "a kernel has no other way to be told its sizes")]
fn sum(
    values: &[f32],
    bias: &[f32],
    out: &mut [f32],
    member: usize,
    outputs: usize,
    values_apart: usize,
    bias_apart: usize,
    #[comptime] has_bias: bool,
    #[comptime] activation: Activation,
) {
    if ABSOLUTE_POS < out.len() {
        let number = ABSOLUTE_POS / member;
        let place = ABSOLUTE_POS % member;
        let mut value = values[number * values_apart + place];
        if comptime!(has_bias) {
            value += bias[number * bias_apart + place % outputs];
        }
        if comptime!(activation == Activation::Tanh) {
            value = value.tanh();
        } else if comptime!(activation == Activation::Relu) {
            // Not the greater of both, which would make 0 of a NaN.
            value = select(value <= 0.0f32, 0.0f32, value);
        }
        out[ABSOLUTE_POS] = value;
    }
}
