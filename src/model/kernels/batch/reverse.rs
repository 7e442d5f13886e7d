//! Gradients of values and of first derivatives.
//!
//! With G = μ·g and D = μ·ġ, the gradients that pass where nothing is cut off, and w = ẋ − Mẋ. In a channel γ is one number, so
//! five sums over a column say all that J and B need: ΣG, ΣyG, ΣD, ΣyD and ΣwD.

use burn::tensor::ElementConversion as _;

use crate::model::kernels::number::Number;

use super::columns::{Columns, Formula, Terms};
use super::figures::{Figures, Slopes};
use super::forward::Channels;

/// Which gradients a pass writes beside those of channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// That of x, and of ẋ.
    pub input: bool,
    /// Those of what is added.
    pub addend: bool,
}

/// Gradients of a value: of x and of what is added, as far as they are written, and of γ and β `[P, c]`.
pub(super) struct OfValue<T> {
    pub x: Option<Vec<T>>,
    pub addend: Option<Vec<T>>,
    pub channels: [Vec<T>; 2],
}

/// From x, the output (read where it is cut off) and g: J(γ·G), G, Σ G·y and Σ G.
pub(super) fn value<T: Number>(
    columns: Columns,
    [x, output, gradient]: [&[T]; 3],
    scale: Channels<'_, T>,
    figures: &Figures,
    is_relu: bool,
    passed: Passed,
) -> OfValue<T> {
    let (members, channels, share) = (x.len() / columns.len(), columns.channels(), columns.count().recip());
    let means = columns.spread::<T>(members, |member, channel| figures.means[figures.place(columns, member, channel)]);
    let zeros = vec![T::default(); columns.width];
    let sums = columns.sums(members, [x, output, gradient], [&means, &zeros, &zeros], OfOne { is_relu });
    let scale_at = |i: usize| figures.scales[figures.place(columns, i / channels, i % channels)];
    let by_scale = sums.iter().enumerate().map(|(i, [_, ug])| (ug * scale_at(i)).elem()).collect();
    let by_shift = sums.iter().map(|[g, _]| g.elem()).collect();
    // J(γG) = s·γ·(G − MG − y·M(yG)); under given figures s·γ·G.
    let factor =
        |member: usize, channel: usize| scale_at(member * channels + channel) * scale.at(columns, member, channel);
    let of_batch = if figures.are_given { 0.0 } else { share };
    let factors = columns.spread::<T>(members, factor);
    let by_one = columns.spread::<T>(members, |member, channel| {
        -factor(member, channel) * of_batch * sums[member * channels + channel][0]
    });
    let by_x = columns.spread::<T>(members, |member, channel| {
        let i = member * channels + channel;
        -factor(member, channel) * scale_at(i) * scale_at(i) * of_batch * sums[i][1]
    });
    let rows = [&means[..], &factors, &by_one, &by_x];
    let operands = [x, output, gradient];
    let (by_input, by_addend) = match (passed.input, passed.addend) {
        (true, true) => {
            let [a, b] = columns.map::<T, _, 3, 4, 2>(members, operands, rows, BackOne { is_relu });
            (Some(a), Some(b))
        }
        (true, false) => {
            let [a] = columns.map::<T, _, 3, 4, 1>(members, operands, rows, BackOne { is_relu });
            (Some(a), None)
        }
        (false, true) => {
            let [_, b] = columns.map::<T, _, 3, 4, 2>(members, operands, rows, BackOne { is_relu });
            (None, Some(b))
        }
        (false, false) => (None, None),
    };
    OfValue { x: by_input, addend: by_addend, channels: [by_scale, by_shift] }
}

/// Gradients of a dual: of x and ẋ, of what is added and its derivative, and of γ, γ̇, β and β̇ `[P, c]`.
pub(super) struct OfDual<T> {
    pub inputs: Option<[Vec<T>; 2]>,
    pub addends: Option<[Vec<T>; 2]>,
    pub channels: [Vec<T>; 4],
}

/// From x, ẋ, the output, g and ġ: J(γG) + J(γ̇D) + B(ẋ, γD), J(γD), G and D, and the sums over rows.
pub(super) fn dual<T: Number>(
    columns: Columns,
    operands: [&[T]; 5],
    [scale, dscale]: [Channels<'_, T>; 2],
    (figures, slopes): (&Figures, &Slopes),
    is_relu: bool,
    passed: Passed,
) -> OfDual<T> {
    let [x, ..] = operands;
    let (members, channels) = (x.len() / columns.len(), columns.channels());
    let place = |member: usize, channel: usize| figures.place(columns, member, channel);
    let means = columns.spread::<T>(members, |member, channel| figures.means[place(member, channel)]);
    let first_means = columns.spread::<T>(members, |member, channel| slopes.means[member * channels + channel]);
    let zeros = vec![T::default(); columns.width];
    let centres = [&means[..], &first_means, &zeros, &zeros, &zeros];
    let sums = columns.sums(members, operands, centres, OfTwo { is_relu });
    let share = if figures.are_given { 0.0 } else { columns.count().recip() };
    let mut by_channel = [const { Vec::new() }; 4];
    // By one, u = x − m, w, G and D for the gradient of x; by one, u and D for that of ẋ.
    let mut numbers = [const { Vec::new() }; 8];
    for (i, [g, ug, d, ud, wd]) in sums.into_iter().enumerate() {
        let (member, channel) = (i / channels, i % channels);
        let (s, q) = (figures.scales[place(member, channel)], slopes.by_y[i]);
        let (c, dc) = (scale.at(columns, member, channel), dscale.at(columns, member, channel));
        let (yg, yd) = (s * ug, s * ud);
        let of_channel = [yg + s * (wd - q * yd), yd, g, d];
        by_channel.iter_mut().zip(of_channel).for_each(|(all, number): (&mut Vec<T>, f64)| all.push(number.elem()));
        let [g, yg, d, yd, wd] = [g, yg, d, yd, wd].map(|sum| sum * share);
        let row = [
            -s * c * g - s * dc * d + s * s * c * q * d,
            s * (s * s * c * (3.0 * q * yd - wd) - s * c * yg - s * dc * yd),
            -s * s * c * yd,
            s * c,
            s * dc - s * s * c * q,
            -s * c * d,
            -s * s * c * yd,
            s * c,
        ];
        numbers.iter_mut().zip(row).for_each(|(all, number)| all.push(number));
    }
    let [by_scale, by_dscale, by_shift, by_dshift] = by_channel;
    let rows = numbers.map(|all| columns.spread::<T>(members, |member, channel| all[member * channels + channel]));
    let [one, by_u, by_w, by_g, by_d, first_one, first_by_u, first_by_d] = rows.each_ref().map(Vec::as_slice);
    let rows = [&means[..], &first_means, one, by_u, by_w, by_g, by_d, first_one, first_by_u, first_by_d];
    let back = BackTwo { is_relu };
    let (inputs, addends) = match (passed.input, passed.addend) {
        (_, true) => {
            let [x, first, addend, daddend] = columns.map::<T, _, 5, 10, 4>(members, operands, rows, back);
            (Some([x, first]), Some([addend, daddend]))
        }
        (true, false) => (Some(columns.map::<T, _, 5, 10, 2>(members, operands, rows, back)), None),
        (false, false) => (None, None),
    };
    OfDual { inputs, addends, channels: [by_scale, by_dscale, by_shift, by_dshift] }
}

/// What passes of a gradient where the output is cut off below 0.
#[inline(always)]
fn passing<T: Number>(gradient: T, output: T, is_relu: bool) -> T {
    if is_relu && output <= T::default() { T::default() } else { gradient }
}

#[derive(Clone, Copy)]
struct OfOne {
    is_relu: bool,
}

impl<T: Number> Terms<T, 3, 2> for OfOne {
    #[inline(always)]
    fn at(self, [u, z, g]: [T; 3]) -> [T; 2] {
        let g = passing(g, z, self.is_relu);
        [g, u * g]
    }
}

#[derive(Clone, Copy)]
struct BackOne {
    is_relu: bool,
}

impl<T: Number, const N: usize> Formula<T, 3, 4, N> for BackOne {
    #[inline(always)]
    fn at(self, [x, z, g]: [T; 3], [mean, factor, by_one, by_x]: [T; 4]) -> [T; N] {
        let g = passing(g, z, self.is_relu);
        let all = [g * factor + by_one + (x - mean) * by_x, g];
        std::array::from_fn(|n| all[n])
    }
}

#[derive(Clone, Copy)]
struct OfTwo {
    is_relu: bool,
}

impl<T: Number> Terms<T, 5, 5> for OfTwo {
    #[inline(always)]
    fn at(self, [u, w, z, g, d]: [T; 5]) -> [T; 5] {
        let [g, d] = [passing(g, z, self.is_relu), passing(d, z, self.is_relu)];
        [g, u * g, d, u * d, w * d]
    }
}

#[derive(Clone, Copy)]
struct BackTwo {
    is_relu: bool,
}

impl<T: Number, const N: usize> Formula<T, 5, 10, N> for BackTwo {
    #[inline(always)]
    fn at(self, [x, a, z, g, d]: [T; 5], row: [T; 10]) -> [T; N] {
        let [mean, first_mean, one, by_u, by_w, by_g, by_d, first_one, first_by_u, first_by_d] = row;
        let [g, d] = [passing(g, z, self.is_relu), passing(d, z, self.is_relu)];
        let (u, w) = (x - mean, a - first_mean);
        let by_x = g * by_g + d * by_d + u * by_u + w * by_w + one;
        let all = [by_x, d * first_by_d + u * first_by_u + first_one, g, d];
        std::array::from_fn(|n| all[n])
    }
}
