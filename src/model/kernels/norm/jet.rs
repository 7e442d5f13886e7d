//! First and second derivatives of jets.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use burn::tensor::ElementConversion as _;

use super::Form;
use super::forward::{figures_of, parts, slopes};
use super::walk::{Operands, Walk};
use crate::model::kernels::affine::tensor;
use crate::model::kernels::number::{Number, numbers};

/// γ·J(ẋ) + γ̇·y + β̇, then γ·J(ẍ) + Σ (γ·B(ẋ, ẋ) + 2·γ̇·J(ẋ)) over each group, from x, ẋ, ẍ, γ, γ̇, β̇.
pub(super) fn both<T: Number>(walk: Walk, all: &[FlexTensor; 6], form: Form) -> FlexTensor {
    let [x, first, second, scale, dscale, dshift] = all.each_ref().map(numbers::<T>);
    let figures = &figures_of(walk, x, form.epsilon)[..];
    let directions = first.len() / walk.len();
    let zero = vec![T::default(); scale.len()];
    let mut seconds = if form.has_second {
        slopes(walk, [x, second], [scale, &zero, &zero], figures)
    } else {
        vec![T::default(); form.groups * walk.len()]
    };
    let (means, scales) = figures.split_at(figures.len() / 2);
    let [by_one, by_y] = parts(walk, [x, first], figures);
    let centred = Operands { rows: [first], figures: [&by_one], channels: [] };
    let [squares] = walk.means(directions, centred, |[a], [by_one], []| [(a - by_one) * (a - by_one)]);
    let [spread_scale, spread_dscale] = [scale, dscale].map(|all| walk.spread(all));
    let operands = Operands {
        rows: [x, first],
        figures: [means, scales, &by_one, &by_y, &squares],
        channels: [&spread_scale, &spread_dscale],
    };
    let (two, three) = (2.0.elem::<T>(), 3.0.elem::<T>());
    walk.map(
        &mut seconds,
        directions / form.groups,
        operands,
        |sum, [x, a], [mean, s, by_one, q, squares], [scale, dscale]| {
            let (y, a) = ((x - mean) * s, a - by_one);
            let bend = s * s * (y * (three * q * q - squares) - two * q * a);
            sum + scale * bend + two * dscale * s * (a - y * q)
        },
    );
    let mut out = slopes(walk, [x, first], [scale, dscale, dshift], figures);
    out.extend(seconds);
    let mut shape = all[1].shape().to_vec();
    shape[0] = directions + form.groups;
    tensor(out, shape)
}
