//! Figures of cells, values, and first derivatives along a line.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use burn::tensor::ElementConversion as _;

use super::walk::{Operands, Walk};
use super::{Form, Six, rows};
use crate::model::kernels::affine::tensor;
use crate::model::kernels::number::{Number, numbers};

/// m of all cells, then s.
pub(super) fn figures_of<T: Number>(walk: Walk, x: &[T], epsilon: f64) -> Vec<T> {
    let members = x.len() / walk.len();
    let [mut figures] = walk.means(members, Operands { rows: [x], figures: [], channels: [] }, |x, [], []| x);
    let operands = Operands { rows: [x], figures: [&figures], channels: [] };
    let [variances] = walk.means(members, operands, |[x], [mean], []| [(x - mean) * (x - mean)]);
    figures.extend(variances.iter().map(|v| (v.elem::<f64>() + epsilon).sqrt().recip().elem::<T>()));
    figures
}

/// y·γ + β from x, γ and β, and the figures of [`figures_of`].
pub(super) fn value<T: Number>(walk: Walk, all: &[FlexTensor; 3], form: Form) -> [FlexTensor; 2] {
    let [x, scale, shift] = all.each_ref().map(numbers::<T>);
    let figures = figures_of(walk, x, form.norm.epsilon);
    let out = values(walk, x, [scale, shift], &figures);
    let count = figures.len();
    [tensor(out, all[0].shape().to_vec()), tensor(figures, vec![count])]
}

/// The same as numbers, from the figures.
pub(super) fn values<T: Number>(walk: Walk, x: &[T], [scale, shift]: [&[T]; 2], figures: &[T]) -> Vec<T> {
    let (means, scales) = figures.split_at(figures.len() / 2);
    let [scale, shift] = [scale, shift].map(|all| walk.spread(all));
    let mut out = vec![T::default(); x.len()];
    let operands = Operands { rows: [x], figures: [means, scales], channels: [&scale, &shift] };
    walk.map(&mut out, 1, operands, |_, [x], [mean, s], [scale, shift]| (x - mean) * s * scale + shift);
    out
}

/// y·γ + β and γ·J(ẋ) + γ̇·y + β̇ from x, ẋ, γ, β, γ̇ and β̇, and the figures that the way back needs: m, s, Mẋ and M(y·ẋ), of a
/// row after each other where cells are rows, else each for all cells.
pub(super) fn dual<T: Number>(walk: Walk, all: &Six<FlexTensor>, form: Form) -> [FlexTensor; 3] {
    let [x, first, scale, shift, dscale, dshift] = all.each_ref().map(numbers::<T>);
    let (outs, figures) = if walk.is_by_row() {
        rows::dual(walk, [x, first], [scale, shift, dscale, dshift], form.norm.epsilon)
    } else {
        let mut figures = figures_of(walk, x, form.norm.epsilon);
        let parts = parts(walk, [x, first], &figures);
        let value = values(walk, x, [scale, shift], &figures);
        let slope = slopes(walk, [x, first], [scale, dscale, dshift], &figures, &parts);
        figures.extend(parts.into_iter().flatten());
        ([value, slope], figures)
    };
    let count = figures.len();
    let [value, slope] = outs.map(|out| tensor(out, all[0].shape().to_vec()));
    [value, slope, tensor(figures, vec![count])]
}

/// γ·J(ẋ) + γ̇·y + β̇, of as many members as ẋ has.
pub(super) fn slopes<T: Number>(
    walk: Walk,
    [x, first]: [&[T]; 2],
    [scale, dscale, dshift]: [&[T]; 3],
    figures: &[T],
    [by_one, by_y]: &[Vec<T>; 2],
) -> Vec<T> {
    let (means, scales) = figures.split_at(figures.len() / 2);
    let [scale, dscale, dshift] = [scale, dscale, dshift].map(|all| walk.spread(all));
    let mut out = vec![T::default(); first.len()];
    let operands =
        Operands { rows: [x, first], figures: [means, scales, by_one, by_y], channels: [&scale, &dscale, &dshift] };
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
