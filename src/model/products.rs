//! Matrix products and convolutions over populations, on plain tensors.
//!
//! Either factor may have population 1: a shared input (the batch) or a shared weight (the value of a jet). The shared
//! factor is never copied over the population.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use super::arithmetic::Groups;

/// `[P, n, f] · [P, o, f]ᵀ → [P, n, o]`; either P may be 1.
pub(super) fn matrix(x: Tensor<3>, weight: Tensor<3>) -> Tensor<3> {
    let [p, n, f] = x.dims();
    let [q, o, _] = weight.dims();
    if q == 1 {
        // One weight for all members: one product of all their rows, cut into as many parts as can run side by side.
        let parts = parts(&x, p * n, f * o);
        let rows = x.reshape([parts, p * n / parts, f]);
        return rows.matmul(weight.swap_dims(1, 2)).reshape([p, n, o]);
    }
    x.matmul(weight.swap_dims(1, 2))
}

/// `Σ` over each group of directions of `xᵣ·wᵣᵀ`: `[R, n, f], [R, o, f] → [G, n, o]`, the sum being part of the product.
pub(super) fn matrix_summed(x: Tensor<3>, weight: Tensor<3>, groups: Groups) -> Tensor<3> {
    if groups.directions == groups.groups {
        return matrix(x, weight);
    }
    let side_by_side = |a: Tensor<3>| {
        let [r, rows, f] = a.dims();
        let size = r / groups.groups;
        a.reshape([groups.groups, size, rows, f]).swap_dims(1, 2).reshape([groups.groups, rows, size * f])
    };
    side_by_side(x).matmul(side_by_side(weight).swap_dims(1, 2))
}

/// `[n, P·c, h, w] ∗ [P, o, c, kh, kw] → [n, P·o, h', w']`; either P may be 1.
pub(super) fn convolution(x: Tensor<4>, weight: Tensor<5>, padding: [usize; 2]) -> Tensor<4> {
    let [n, channels, height, width] = x.dims();
    let [q, o, c, kh, kw] = weight.dims();
    let p = channels / c;
    if q == 1 && p > 1 {
        // One weight for all members: the population joins the examples.
        let y = convolve(x.reshape([n * p, c, height, width]), weight.reshape([o, c, kh, kw]), padding, 1);
        let [_, _, out_height, out_width] = y.dims();
        return y.reshape([n, p * o, out_height, out_width]);
    }
    // One input for all members: their kernels are just more output channels. Else each member is a group.
    convolve(x, weight.reshape([q * o, c, kh, kw]), padding, p)
}

/// `Σ` over each group of directions of `xᵣ ∗ wᵣ`: the directions of a group join the input channels.
pub(super) fn convolution_summed(x: Tensor<4>, weight: Tensor<5>, padding: [usize; 2], groups: Groups) -> Tensor<4> {
    let [r, o, c, kh, kw] = weight.dims();
    let size = r / groups.groups;
    let weight = weight.reshape([groups.groups, size, o, c * kh * kw]).swap_dims(1, 2).reshape([
        groups.groups * o,
        size * c,
        kh,
        kw,
    ]);
    convolve(x, weight, padding, groups.groups)
}

/// Multiplications below which cutting a product costs more than the second core brings.
const WORTH_CUTTING: usize = 1 << 21;

/// Parts into which a product of `rows` rows, each of `work` multiplications, is cut. Burn's CPU backend runs the
/// products of a batch side by side but a single product of middling size on one core; its backward pass gains too. A
/// GPU needs no such help.
fn parts(x: &Tensor<3>, rows: usize, work: usize) -> usize {
    let threads = rayon::current_num_threads();
    let on_cpu = x.device().without_autodiff() == Device::flex();
    if on_cpu && rows * work >= WORTH_CUTTING && rows.is_multiple_of(threads) { threads } else { 1 }
}

/// A convolution with stride 1.
fn convolve(x: Tensor<4>, weight: Tensor<4>, padding: [usize; 2], groups: usize) -> Tensor<4> {
    conv2d(x, weight, None, ConvOptions::new([1, 1], padding, [1, 1], groups))
}
