//! Gradients of values, and of values and first derivatives together.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use burn::tensor::ElementConversion as _;

use super::rows::{self, Found};
use super::walk::{Operands, Walk};
use super::{Form, Six};
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
    let [by_scale, by_shift] = match channels {
        Some(channels) => channels.map(|numbers| Some(of_channels(numbers, members))),
        None => [None, None],
    };
    [by_x, by_scale, by_shift]
}

/// By x, ẋ, γ, β, γ̇ and β̇: B(ẋ, γ·d) + J(γ·g + γ̇·d), J(γ·d), and over rows Σ (g·y + d·ẏ), Σ g, Σ d·y and Σ d, from x, ẋ, γ, γ̇, the
/// figures, g and d, which are zeros where there are none.
pub(super) fn dual<T: Number>(
    walk: Walk,
    all: &[FlexTensor; 5],
    _: Form,
    gradients: &[Option<FlexTensor>; 2],
) -> Six<FlexTensor> {
    let [x, first, scale, dscale, figures] = all.each_ref().map(numbers::<T>);
    let zeros = if gradients.iter().any(Option::is_none) { vec![T::default(); x.len()] } else { Vec::new() };
    let [g, d] = gradients.each_ref().map(|gradient| gradient.as_ref().map_or(&zeros[..], numbers::<T>));
    let operands = [x, first, g, d];
    let Found { inputs, channels } = if walk.is_by_row() {
        rows::reverse(walk, operands, [scale, dscale], figures)
    } else {
        of_cells(walk, operands, [scale, dscale], figures)
    };
    let [by_x, by_first] = inputs.map(|all_numbers| tensor(all_numbers, all[0].shape().to_vec()));
    let members = x.len() / walk.len();
    let [by_scale, by_shift, by_dscale, by_dshift] = channels.map(|numbers| of_channels(numbers, members));
    [by_x, by_first, by_scale, by_shift, by_dscale, by_dshift]
}

/// The same of cells that are no rows.
fn of_cells<T: Number>(walk: Walk, rows: [&[T]; 4], [scale, dscale]: [&[T]; 2], figures: &[T]) -> Found<T> {
    let [x, _, _, d] = rows;
    let members = x.len() / walk.len();
    let mut figures = figures.chunks_exact(figures.len() / 4);
    let [means, scales, by_one, by_y] = [(); 4].map(|()| figures.next().expect("four figures of each cell"));
    let [scale, dscale] = [scale, dscale].map(|all| walk.spread(all));
    let operands = Operands { rows, figures: [means, scales, by_one], channels: [&scale, &dscale] };
    // With h = γ·d and k = γ·g + γ̇·d: as a has mean 0, M(a·h) is that of h less its mean.
    let sums = walk.means(members, operands, |[x, a, g, d], [mean, s, by_one], [scale, dscale]| {
        let (y, h, k) = ((x - mean) * s, d * scale, g * scale + d * dscale);
        [h, y * h, (a - by_one) * h, k, y * k]
    });
    let [one_of_h, y_of_h, a_of_h, one_of_k, y_of_k] = sums.each_ref().map(Vec::as_slice);
    let operands = Operands {
        rows,
        figures: [means, scales, by_one, by_y, one_of_h, y_of_h, a_of_h, one_of_k, y_of_k],
        channels: [&scale, &dscale],
    };
    let three = 3.0.elem::<T>();
    let mut inputs = [(); 2].map(|()| vec![T::default(); x.len()]);
    let [by_x, by_first] = &mut inputs;
    walk.map(
        by_x,
        1,
        operands,
        |_, [x, a, g, d], [mean, s, by_one, q, one_h, r, product, one_k, t], [scale, dscale]| {
            let (y, a, h, k) = ((x - mean) * s, a - by_one, d * scale - one_h, g * scale + d * dscale - one_k);
            s * s * (y * (three * q * r - product) - q * h - r * a) + s * (k - y * t)
        },
    );
    let operands = Operands { rows: [x, d], figures: [means, scales, one_of_h, y_of_h], channels: [&scale] };
    walk.map(by_first, 1, operands, |_, [x, d], [mean, s, one, r], [scale]| s * (d * scale - one - (x - mean) * s * r));
    let operands = Operands { rows, figures: [means, scales, by_one, by_y], channels: [] };
    let channels = walk.totals(members, operands, |[x, a, g, d], [mean, s, by_one, by_y], []| {
        let y = (x - mean) * s;
        [g * y + d * s * (a - by_one - y * by_y), g, d * y, d]
    });
    Found { inputs, channels }
}

/// A gradient by numbers of channels as a tensor `[P, 1, c]`.
fn of_channels<T: Number>(numbers: Vec<T>, members: usize) -> FlexTensor {
    let channels = numbers.len() / members;
    tensor(numbers, vec![members, 1, channels])
}
