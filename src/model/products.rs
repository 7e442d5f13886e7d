//! Matrix products and convolutions over populations, on plain tensors.
//!
//! Either factor may have population 1: a shared input (the batch) or a shared weight (the value of a jet). The shared
//! factor is never copied over the population.

use burn::tensor::ops::PadMode;
use burn::tensor::{Tensor, s};

use super::groups::Groups;
use super::kernels::{Activation, Sizes, WithFirst, affine, affine_dual, affine_jet, runs_here};
use super::pieces::join;
use super::window::ConvWindow;

/// `[P, n, f] · [P, o, f]ᵀ → [P, n, o]`; either P may be 1.
pub(super) fn matrix(x: Tensor<3>, weight: Tensor<3>) -> Tensor<3> {
    let sizes = matrix_sizes(&x, &weight);
    affine(x, weight, None, sizes, Activation::Identity)
}

/// The coefficients of products along a line of weights, where they are one operation each.
pub(super) struct Line<const D: usize> {
    sizes: Sizes,
}

impl Line<3> {
    /// Of matrix products.
    pub fn dense(x: &Tensor<3>, weight: &Tensor<3>) -> Self {
        Self { sizes: matrix_sizes(x, weight) }
    }
}

impl Line<5> {
    /// Of convolutions; `None` where they are compositions. The kernels take taps side by side.
    pub fn filter(x: &Tensor<5>, weight: &Tensor<5>, window: ConvWindow) -> Option<Self> {
        (runs_here(x) && !window.is_dilated()).then(|| Self { sizes: convolution_sizes(x, weight, window) })
    }
}

impl<const D: usize> Line<D> {
    /// act(x ∗ w + b).
    pub fn value(&self, x: Tensor<D>, weight: Tensor<D>, bias: Option<Tensor<D>>, activation: Activation) -> Tensor<D> {
        affine(x, weight, bias, self.sizes, activation)
    }

    /// act(x ∗ w + b) and its derivative, from (x, ẋ), (w, ẇ) and (b, ḃ), of which those that are zero are `None`.
    pub fn dual(
        &self,
        x: WithFirst<D>,
        weight: (Tensor<D>, Tensor<D>),
        bias: Option<WithFirst<D>>,
        activation: Activation,
    ) -> [Tensor<D>; 2] {
        affine_dual(x, weight, bias, self.sizes, activation)
    }

    /// act(x ∗ w + b), its first derivatives, and its second ones summed within each group if they are not zero, from
    /// (x, ẋ, ẍ), (w, ẇ) and (b, ḃ). Weights lie on a line, so ẅ = 0.
    pub fn jet(
        &self,
        x: (Tensor<D>, Option<Tensor<D>>, Option<Tensor<D>>),
        weight: (Tensor<D>, Tensor<D>),
        bias: Option<WithFirst<D>>,
        groups: Groups,
        activation: Activation,
    ) -> (Tensor<D>, Tensor<D>, Option<Tensor<D>>) {
        affine_jet(x, weight, bias, groups.groups, self.sizes, activation)
    }
}

/// A matrix product as the kernels see it: rows are examples, and the kernel is 1×1.
fn matrix_sizes(x: &Tensor<3>, weight: &Tensor<3>) -> Sizes {
    let [_, n, f] = x.dims();
    Sizes {
        examples: n,
        input: [1, 1],
        channels: f,
        outputs: weight.dims()[1],
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        groups: 1,
    }
}

fn convolution_sizes(x: &Tensor<5>, weight: &Tensor<5>, window: ConvWindow) -> Sizes {
    let [_, examples, height, width, channels] = x.dims();
    let [_, outputs, _, kh, kw] = weight.dims();
    let ConvWindow { stride, padding, groups, .. } = window;
    Sizes { examples, input: [height, width], channels, outputs, kernel: [kh, kw], stride, padding, groups }
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
    matrix(side_by_side(x), side_by_side(weight))
}

/// `[P, n, h, w, c] ∗ [P, o, c/groups, kh, kw] → [P, n, h', w', o]` (cross-correlation); either P may be 1.
pub(super) fn convolution(x: Tensor<5>, weight: Tensor<5>, window: ConvWindow) -> Tensor<5> {
    if runs_here(&x) && !window.is_dilated() {
        let sizes = convolution_sizes(&x, &weight, window);
        return affine(x, weight, None, sizes, Activation::Identity);
    }
    let [p, n, height, width, channels] = x.dims();
    let [q, o, c, kh, kw] = weight.dims();
    let [out_height, out_width] = window.output([height, width], [kh, kw]);
    let (rows, taps) = (n * out_height * out_width, kh * kw);
    let columns = unfold(x, [kh, kw], window).reshape([p, rows, taps, channels]);
    let weight = weight.permute([0, 1, 3, 4, 2]).reshape([q, o, taps * c]);
    let each = o / window.groups;
    let outputs = (0..window.groups).map(|g| {
        let columns = if window.groups == 1 {
            columns.clone()
        } else {
            columns.clone().slice(s![.., .., .., g * c..(g + 1) * c])
        };
        let weight =
            if window.groups == 1 { weight.clone() } else { weight.clone().slice(s![.., g * each..(g + 1) * each]) };
        matrix(columns.reshape([p, rows, taps * c]), weight)
    });
    join(outputs.collect(), 2).reshape([p.max(q), n, out_height, out_width, o])
}

/// `Σ` over each group of directions of `xᵣ ∗ wᵣ`: `[R, n, h, w, c], [R, o, c/groups, kh, kw] → [G, n, h', w', o]`. The
/// directions of a group join the input channels, so that the sum is part of the contraction.
pub(super) fn convolution_summed(x: Tensor<5>, weight: Tensor<5>, window: ConvWindow, groups: Groups) -> Tensor<5> {
    if groups.directions == groups.groups {
        return convolution(x, weight, window);
    }
    let [r, n, height, width, channels] = x.dims();
    let [_, o, c, kh, kw] = weight.dims();
    let (g, size) = (groups.groups, r / groups.groups);
    let x = x.reshape([g, size, n * height * width, window.groups, c]).permute([0, 2, 3, 1, 4]);
    let weight = weight.reshape([g, size, o, c, kh * kw]).swap_dims(1, 2);
    convolution(x.reshape([g, n, height, width, size * channels]), weight.reshape([g, o, size * c, kh, kw]), window)
}

/// The inputs of each output side by side: `[P, n, h, w, c] → [P, n, h', w', kh·kw·c]`.
fn unfold(x: Tensor<5>, kernel: [usize; 2], window: ConvWindow) -> Tensor<5> {
    let [_, _, height, width, _] = x.dims();
    let ([out_height, out_width], [down, right]) = (window.output([height, width], kernel), window.stride);
    let [above, left] = window.padding;
    let x = if above + left == 0 {
        x
    } else {
        x.pad([(0, 0), (0, 0), (above, above), (left, left), (0, 0)], PadMode::Constant(0.0))
    };
    let [apart_down, apart_right] = window.dilation;
    let offsets = (0..kernel[0]).flat_map(|i| (0..kernel[1]).map(move |j| (i * apart_down, j * apart_right)));
    let parts = offsets.map(|(i, j)| {
        let (end_down, end_right) = (i + (out_height - 1) * down + 1, j + (out_width - 1) * right + 1);
        x.clone().slice(s![.., .., i..end_down; down as isize, j..end_right; right as isize, ..])
    });
    join(parts.collect(), 4)
}
