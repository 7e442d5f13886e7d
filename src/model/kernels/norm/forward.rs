//! Figures of cells, values, and first derivatives along a line.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use burn::tensor::ElementConversion as _;

use super::Form;
use super::walk::{Operands, Walk};
use crate::model::kernels::affine::tensor;
use crate::model::kernels::number::{Number, numbers};

/// m and s of each cell, `[2, …]`.
pub(super) fn figures<T: Number>(walk: Walk, [x]: &[FlexTensor; 1], form: Form) -> FlexTensor {
    let figures = figures_of(walk, numbers::<T>(x), form.epsilon);
    let cells = figures.len() / 2;
    tensor(figures, vec![2, cells])
}

/// The same as numbers: m of all cells, then s.
pub(super) fn figures_of<T: Number>(walk: Walk, x: &[T], epsilon: f64) -> Vec<T> {
    let members = x.len() / walk.len();
    let [mut figures] = walk.means(members, Operands { rows: [x], figures: [], channels: [] }, |x, [], []| x);
    let operands = Operands { rows: [x], figures: [&figures], channels: [] };
    let [variances] = walk.means(members, operands, |[x], [mean], []| [(x - mean) * (x - mean)]);
    figures.extend(variances.iter().map(|v| (v.elem::<f64>() + epsilon).sqrt().recip().elem::<T>()));
    figures
}

/// y·γ + β from x, γ, β and the figures.
pub(super) fn value<T: Number>(walk: Walk, all: &[FlexTensor; 4], _: Form) -> FlexTensor {
    let [x, scale, shift, figures] = all.each_ref().map(numbers::<T>);
    let (means, scales) = figures.split_at(figures.len() / 2);
    let [scale, shift] = [scale, shift].map(|all| walk.spread(all));
    let mut out = vec![T::default(); x.len()];
    let operands = Operands { rows: [x], figures: [means, scales], channels: [&scale, &shift] };
    walk.map(&mut out, 1, operands, |_, [x], [mean, s], [scale, shift]| (x - mean) * s * scale + shift);
    tensor(out, all[0].shape().to_vec())
}

/// γ·J(ẋ) + γ̇·y + β̇ from x, ẋ, γ, γ̇, β̇ and the figures.
pub(super) fn first<T: Number>(walk: Walk, all: &[FlexTensor; 6], _: Form) -> FlexTensor {
    let [x, first, scale, dscale, dshift, figures] = all.each_ref().map(numbers::<T>);
    let out = slopes(walk, [x, first], [scale, dscale, dshift], figures);
    tensor(out, all[1].shape().to_vec())
}

/// The same as numbers, of as many members as ẋ has.
pub(super) fn slopes<T: Number>(
    walk: Walk,
    [x, first]: [&[T]; 2],
    [scale, dscale, dshift]: [&[T]; 3],
    figures: &[T],
) -> Vec<T> {
    let (means, scales) = figures.split_at(figures.len() / 2);
    let [by_one, by_y] = parts(walk, [x, first], figures);
    let [scale, dscale, dshift] = [scale, dscale, dshift].map(|all| walk.spread(all));
    let mut out = vec![T::default(); first.len()];
    let operands =
        Operands { rows: [x, first], figures: [means, scales, &by_one, &by_y], channels: [&scale, &dscale, &dshift] };
    walk.map(&mut out, 1, operands, |_, [x, first], [mean, s, by_one, by_y], [scale, dscale, dshift]| {
        let y = (x - mean) * s;
        s * (first - by_one - y * by_y) * scale + y * dscale + dshift
    });
    out
}

/// Mẋ and M(y·ẋ), the parts of ẋ that do not change y, of as many members as ẋ has.
pub(super) fn parts<T: Number>(walk: Walk, [x, first]: [&[T]; 2], figures: &[T]) -> [Vec<T>; 2] {
    let (means, scales) = figures.split_at(figures.len() / 2);
    let operands = Operands { rows: [x, first], figures: [means, scales], channels: [] };
    walk.means(first.len() / walk.len(), operands, |[x, first], [mean, s], []| [first, (x - mean) * s * first])
}
