//! Gradients of values and of first derivatives.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use burn::tensor::ElementConversion as _;

use super::Form;
use super::walk::{Operands, Walk};
use crate::model::kernels::affine::tensor;
use crate::model::kernels::number::{Number, numbers};

/// By x, γ and β: J(γ·g), Σ g·y and Σ g over rows, from x, γ, the figures and g.
pub(super) fn value<T: Number>(
    walk: Walk,
    all: &[FlexTensor; 4],
    _: Form,
    wanted: [bool; 3],
) -> [Option<FlexTensor>; 3] {
    let [x, scale, figures, gradient] = all.each_ref().map(numbers::<T>);
    let (means, scales) = figures.split_at(figures.len() / 2);
    let members = x.len() / walk.len();
    let by_x = wanted[0].then(|| {
        let scale = walk.spread(scale);
        let operands = Operands { rows: [x, gradient], figures: [means, scales], channels: [&scale] };
        let [by_one, by_y] = walk.means(members, operands, |[x, g], [mean, s], [scale]| {
            let h = g * scale;
            [h, (x - mean) * s * h]
        });
        let mut out = vec![T::default(); x.len()];
        let operands = Operands { rows: [x, gradient], figures: [means, scales, &by_one, &by_y], channels: [&scale] };
        walk.map(&mut out, 1, operands, |_, [x, g], [mean, s, by_one, by_y], [scale]| {
            s * (g * scale - by_one - (x - mean) * s * by_y)
        });
        tensor(out, all[0].shape().to_vec())
    });
    let operands = Operands { rows: [x, gradient], figures: [means, scales], channels: [] };
    let channels = (wanted[1] || wanted[2])
        .then(|| walk.totals(members, operands, |[x, g], [mean, s], []| [(x - mean) * s * g, g]));
    let [by_scale, by_shift] = of_channels(channels, members);
    [by_x, by_scale, by_shift]
}

/// By x, ẋ, γ, γ̇ and β̇: B(ẋ, γ·g) + J(γ̇·g), J(γ·g), Σ g·ẏ, Σ g·y and Σ g over rows, from x, ẋ, γ, γ̇, the figures and g.
pub(super) fn first<T: Number>(
    walk: Walk,
    all: &[FlexTensor; 6],
    _: Form,
    wanted: [bool; 5],
) -> [Option<FlexTensor>; 5] {
    let [x, first, scale, dscale, figures, gradient] = all.each_ref().map(numbers::<T>);
    let (means, scales) = figures.split_at(figures.len() / 2);
    let members = x.len() / walk.len();
    let [scale, dscale] = [scale, dscale].map(|all| walk.spread(all));
    let operands = Operands { rows: [x, first, gradient], figures: [means, scales], channels: [&scale, &dscale] };
    let parts = walk.means(members, operands, |[x, a, g], [mean, s], [scale, dscale]| {
        let (y, h, k) = ((x - mean) * s, g * scale, g * dscale);
        [a, y * a, h, y * h, k, y * k]
    });
    let figures = Figures { means, scales, parts: parts.each_ref().map(Vec::as_slice) };
    let by_x = wanted[0].then(|| by_input(walk, [x, first, gradient], &figures, [&scale, &dscale]));
    let [by_one, by_y, one_of_h, y_of_h, ..] = figures.parts;
    let by_first = wanted[1].then(|| {
        let mut out = vec![T::default(); x.len()];
        let operands = Operands { rows: [x, gradient], figures: [means, scales, one_of_h, y_of_h], channels: [&scale] };
        walk.map(&mut out, 1, operands, |_, [x, g], [mean, s, one, q], [scale]| {
            s * (g * scale - one - (x - mean) * s * q)
        });
        out
    });
    let operands = Operands { rows: [x, first, gradient], figures: [means, scales, by_one, by_y], channels: [] };
    let channels = wanted[2..].contains(&true).then(|| {
        walk.totals(members, operands, |[x, a, g], [mean, s, by_one, by_y], []| {
            let y = (x - mean) * s;
            [g * s * (a - by_one - y * by_y), g * y, g]
        })
    });
    let whole = |numbers: Option<Vec<T>>| numbers.map(|numbers| tensor(numbers, all[0].shape().to_vec()));
    let [by_scale, by_dscale, by_dshift] = of_channels(channels, members);
    [whole(by_x), whole(by_first), by_scale, by_dscale, by_dshift]
}

/// What [`by_input`] knows of each cell: m, s, and M and M(y·) of ẋ, γ·g and γ̇·g.
struct Figures<'a, T> {
    means: &'a [T],
    scales: &'a [T],
    parts: [&'a [T]; 6],
}

/// B(ẋ, γ·g) + J(γ̇·g) from x, ẋ and g.
fn by_input<T: Number>(
    walk: Walk,
    [x, first, gradient]: [&[T]; 3],
    figures: &Figures<'_, T>,
    [scale, dscale]: [&[T]; 2],
) -> Vec<T> {
    let Figures { means, scales, parts: [one_of_a, y_of_a, one_of_h, y_of_h, one_of_k, y_of_k] } = *figures;
    let operands = Operands { rows: [first, gradient], figures: [one_of_a, one_of_h], channels: [scale] };
    let [products] = walk.means(x.len() / walk.len(), operands, |[a, g], [one_of_a, one_of_h], [scale]| {
        [(a - one_of_a) * (g * scale - one_of_h)]
    });
    let mut out = vec![T::default(); x.len()];
    let operands = Operands {
        rows: [x, first, gradient],
        figures: [means, scales, one_of_a, y_of_a, one_of_h, y_of_h, one_of_k, y_of_k, &products],
        channels: [scale, dscale],
    };
    let three = 3.0.elem::<T>();
    walk.map(
        &mut out,
        1,
        operands,
        |_, [x, a, g], [mean, s, one_a, q, one_h, r, one_k, t, product], [scale, dscale]| {
            let (y, a, h) = ((x - mean) * s, a - one_a, g * scale - one_h);
            let bend = s * s * (y * (three * q * r - product) - q * h - r * a);
            bend + s * (g * dscale - one_k - y * t)
        },
    );
    out
}

/// Gradients by numbers of channels as tensors `[P, 1, c]`.
fn of_channels<T: Number, const N: usize>(all: Option<[Vec<T>; N]>, members: usize) -> [Option<FlexTensor>; N] {
    let Some(all) = all else { return [const { None }; N] };
    all.map(|numbers| {
        let channels = numbers.len() / members;
        Some(tensor(numbers, vec![members, 1, channels]))
    })
}
