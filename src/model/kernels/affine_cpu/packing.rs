//! Weights as the innermost loops read them, in one straight line, and back.

use pulp::Simd;
use rayon::prelude::*;

use crate::model::kernels::micro::{self, Real};

use super::parts::each;
use super::phases::tap_numbers;
use super::{Number, Sizes};

/// More numbers than any panel has.
pub(super) const PANEL_ROOM: usize = 128;

/// Numbers of a member from which on its panels are made by all cores.
const LARGE: usize = 1 << 18;

/// How the weights of a panel lie: the weight of a window's k-th number in a column is at `offsets[k] + column·step`.
#[derive(Clone, Copy)]
struct Places<'a> {
    offsets: &'a [usize],
    step: usize,
    /// Whether the weights of a column lie side by side.
    is_line: bool,
}

/// Weights as panels of columns.
#[inline]
fn pack<S: Simd, T: Real>(columns: usize, weight: &[T], places: Places<'_>, to: &mut [T]) {
    let full = micro::PANEL * T::lanes::<S>();
    let depth = places.offsets.len();
    let panel = |(index, rows): (usize, &mut [T])| {
        let column = index * full;
        let (panel, there) = (rows.len() / depth, full.min(columns - column));
        let weight = &weight[column * places.step..];
        if places.step == 1 {
            // Columns lie side by side.
            for (row, &offset) in rows.chunks_exact_mut(panel).zip(places.offsets) {
                row[..there].copy_from_slice(&weight[offset..offset + there]);
            }
        } else if places.is_line {
            transpose((there, depth), (weight, places.step), (rows, panel));
        } else {
            for place in 0..there {
                let weight = &weight[place * places.step..];
                for (row, &offset) in rows.chunks_exact_mut(panel).zip(places.offsets) {
                    row[place] = weight[offset];
                }
            }
        }
    };
    let size = (depth * full).max(1);
    if to.len() < LARGE {
        to.chunks_mut(size).enumerate().for_each(panel);
    } else {
        to.par_chunks_mut(size).enumerate().for_each(panel);
    }
}

/// Writes `to[j·to_step + i] = from[i·from_step + j]` for i below `rows` and j below `columns`, a square at a time.
#[inline]
fn transpose<T: Copy>(
    (rows, columns): (usize, usize),
    (from, from_step): (&[T], usize),
    (to, to_step): (&mut [T], usize),
) {
    const SIDE: usize = 4;
    let (whole, wide) = (rows / SIDE * SIDE, columns / SIDE * SIDE);
    for i in (0..whole).step_by(SIDE) {
        let lines: [&[T]; SIDE] = std::array::from_fn(|k| &from[(i + k) * from_step..][..columns]);
        for (square, to) in to.chunks_mut(SIDE * to_step).take(columns / SIDE).enumerate() {
            let to = &mut to[i..(SIDE - 1) * to_step + i + SIDE];
            let lines = lines.map(|line| &line[square * SIDE..][..SIDE]);
            for l in 0..SIDE {
                let turned: [T; SIDE] = std::array::from_fn(|k| lines[k][l]);
                to[l * to_step..][..SIDE].copy_from_slice(&turned);
            }
        }
        for j in wide..columns {
            (0..SIDE).for_each(|k| to[j * to_step + i + k] = lines[k][j]);
        }
    }
    for i in whole..rows {
        (0..columns).for_each(|j| to[j * to_step + i] = from[i * from_step + j]);
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
    backward: bool,
) -> Packed<T> {
    if !backward && sizes.is_narrow() {
        let member = sizes.weights();
        return Packed { panels: weight.to_vec(), member, group: member, shared: population == 1 };
    }
    let [kh, kw] = sizes.kernel;
    let (taps, own, outputs) = (kh * kw, sizes.own_channels(), sizes.own_outputs());
    let (columns, depth) = if backward { (own, taps * outputs) } else { (outputs, taps * own) };
    let width = micro::padded::<S, T>(columns);
    let group = depth * width;
    let member = group * sizes.groups;
    let mut panels = vec![T::default(); population * member];
    // A window's numbers are ordered by tap, then channel; weights by output, channel, then tap. Backward, the kernel is
    // turned by 180° and its outputs are the window's channels; with steps it falls apart into phases.
    let numbers = if backward { tap_numbers(sizes) } else { vec![(0..taps).collect()] };
    let (inner, outer) = if backward { (outputs, own * taps) } else { (own, taps) };
    let offsets: Vec<Vec<usize>> = numbers
        .iter()
        .map(|numbers| numbers.iter().flat_map(|tap| (0..inner).map(move |channel| channel * outer + tap)).collect())
        .collect();
    let (step, is_line) = if backward { (taps, false) } else { (own * taps, taps == 1) };
    let members: Vec<_> = panels.chunks_exact_mut(member).zip(weight.chunks_exact(sizes.weights())).collect();
    each(members, |(to, weight)| {
        for (to, weight) in to.chunks_exact_mut(group).zip(weight.chunks_exact(outputs * own * taps)) {
            let mut rest = to;
            for offsets in &offsets {
                let (to, after) = rest.split_at_mut(offsets.len() * width);
                pack::<S, T>(columns, weight, Places { offsets, step, is_line }, to);
                rest = after;
            }
        }
    });
    Packed { panels, member, group, shared: population == 1 }
}

/// Numbers of a member's sums, from which [`unpack`] makes the gradient of its weights.
#[inline]
pub(super) fn sums_len<S: Simd, T: Real>(sizes: &Sizes) -> usize {
    let width = micro::padded::<S, T>(sizes.own_outputs());
    if sizes.is_narrow() { sizes.weights() } else { sizes.groups * sizes.depth() * width }
}

/// Rows of weights that are unpacked at a time.
const UNPACKED: usize = 16;

/// Sums of each member by group, tap, channel and padded output, as weights `[P, o, c/groups, kh, kw]`.
#[inline]
pub(super) fn unpack<S: Simd, T: Real>(sums: &[&mut [T]], sizes: &Sizes) -> Vec<T> {
    if sizes.is_narrow() {
        return sums.concat();
    }
    let width = micro::padded::<S, T>(sizes.own_outputs());
    let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
    let taps = sizes.kernel[0] * sizes.kernel[1];
    let depth = sizes.depth();
    let places: Vec<usize> = (0..depth).map(|i| (i % taps * own + i / taps) * width).collect();
    let mut out = vec![T::default(); sums.len() * sizes.weights()];
    for (out, packed) in out.chunks_exact_mut(sizes.weights()).zip(sums) {
        for (out, packed) in out.chunks_exact_mut(outputs * depth).zip(packed.chunks_exact(depth * width)) {
            let rows = |(index, out): (usize, &mut [T])| {
                let (first, count) = (index * UNPACKED, out.len() / depth);
                if taps == 1 {
                    transpose((depth, count), (&packed[first..], width), (out, depth));
                    return;
                }
                for (output, row) in out.chunks_exact_mut(depth).enumerate() {
                    row.iter_mut().zip(&places).for_each(|(to, &place)| *to = packed[place + first + output]);
                }
            };
            if out.len() < LARGE {
                out.chunks_mut(UNPACKED * depth).enumerate().for_each(rows);
            } else {
                out.par_chunks_mut(UNPACKED * depth).enumerate().for_each(rows);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transpose_has_each_number_at_its_place() {
        for (rows, columns) in [(1, 1), (4, 4), (5, 9), (12, 7), (3, 2)] {
            let (from_step, to_step) = (columns + 2, rows + 3);
            let from: Vec<usize> = (0..rows * from_step).collect();
            // The last row ends with its last number.
            let mut to = vec![usize::MAX; (columns - 1) * to_step + rows];
            transpose((rows, columns), (&from[..(rows - 1) * from_step + columns], from_step), (&mut to, to_step));
            for (place, &found) in to.iter().enumerate() {
                let (j, i) = (place / to_step, place % to_step);
                let expected = if i < rows { i * from_step + j } else { usize::MAX };
                assert_eq!(found, expected, "{rows}×{columns} at {i}, {j}");
            }
        }
    }
}
