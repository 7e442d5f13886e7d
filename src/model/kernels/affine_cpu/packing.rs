//! Weights as the innermost loops read them, in one straight line, and back.

use pulp::Simd;

use crate::model::kernels::micro::{self, Real};

use super::parts::each;
use super::{Number, Sizes};

/// More numbers than any panel has.
pub(super) const PANEL_ROOM: usize = 128;

/// Weights as panels of columns: the weight of a window's k-th number in a column is at `offsets[k] + column·step`.
#[inline]
fn pack<S: Simd, T: Real>(columns: usize, weight: &[T], (offsets, step): (&[usize], usize), scale: T, to: &mut [T]) {
    let lanes = T::lanes::<S>();
    let (width, depth) = (micro::padded::<S, T>(columns), offsets.len());
    let mut column = 0;
    while column < width {
        let panel = (width - column).min(micro::PANEL * lanes);
        let there = panel.min(columns - column);
        let rows = to[depth * column..depth * (column + panel)].chunks_exact_mut(panel);
        for (row, &offset) in rows.zip(offsets) {
            let weights = weight[offset + column * step..].iter().step_by(step);
            row.iter_mut().zip(weights.take(there)).for_each(|(to, &weight)| *to = scale * weight);
        }
        column += panel;
    }
}

/// Weights of all members, packed for [`micro::rows`].
pub(super) struct Packed<T> {
    panels: Vec<T>,
    /// Numbers of a member.
    member: usize,
    /// Numbers of a group.
    group: usize,
    shared: bool,
}

impl<T: Real> Packed<T> {
    /// The panels of a member and a group.
    #[inline]
    pub fn group(&self, member: usize, group: usize) -> *const T {
        let member = if self.shared { 0 } else { member };
        self.panels[member * self.member + group * self.group..].as_ptr()
    }
}

/// Packs the weights of all members: for the product itself, or turned round for the gradient of its input.
#[inline]
pub(super) fn packed<S: Simd, T: Number>(
    sizes: &Sizes,
    (weight, population): (&[T], usize),
    scale: T,
    backward: bool,
) -> Packed<T> {
    let [kh, kw] = sizes.kernel;
    let (taps, own, outputs) = (kh * kw, sizes.own_channels(), sizes.own_outputs());
    let (columns, depth) = if backward { (own, taps * outputs) } else { (outputs, taps * own) };
    let group = depth * micro::padded::<S, T>(columns);
    let member = group * sizes.groups;
    let mut panels = vec![T::default(); population * member];
    // A window's numbers are ordered by tap, then channel; weights by output, channel, then tap. Backward, the kernel is
    // turned by 180° and its outputs are the window's channels.
    let (offsets, step): (Vec<usize>, usize) = if backward {
        ((0..depth).map(|k| k % outputs * own * taps + taps - 1 - k / outputs).collect(), taps)
    } else {
        ((0..depth).map(|k| k % own * taps + k / own).collect(), own * taps)
    };
    let members: Vec<_> = panels.chunks_exact_mut(member).zip(weight.chunks_exact(sizes.weights())).collect();
    each(members, |(to, weight)| {
        for (to, weight) in to.chunks_exact_mut(group).zip(weight.chunks_exact(outputs * own * taps)) {
            pack::<S, T>(columns, weight, (&offsets, step), scale, to);
        }
    });
    Packed { panels, member, group, shared: population == 1 }
}

/// Sums by group, tap, channel and padded output, as weights `[P, o, c/groups, kh, kw]`.
#[inline]
pub(super) fn unpack<T: Real>(packed: &[T], sizes: &Sizes, width: usize, population: usize) -> Vec<T> {
    let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
    let taps = sizes.kernel[0] * sizes.kernel[1];
    let depth = sizes.depth();
    let places: Vec<usize> = (0..depth).map(|i| (i % taps * own + i / taps) * width).collect();
    let mut out = vec![T::default(); population * sizes.weights()];
    let members = out.chunks_exact_mut(sizes.weights()).zip(packed.chunks_exact(sizes.groups * depth * width));
    for (out, packed) in members {
        for (output, row) in out.chunks_exact_mut(depth).enumerate() {
            let group = &packed[output / outputs * depth * width + output % outputs..];
            row.iter_mut().zip(&places).for_each(|(to, &place)| *to = group[place]);
        }
    }
    out
}
