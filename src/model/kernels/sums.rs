//! Sums over rows on the GPU, each by threads that work together: what a step says of itself in few launches.

#![allow(clippy::needless_range_loop, reason = "kernels have no iterators")]

use std::ops::Range;

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;
use cubecl::prelude::*;

use super::affine::runs_here;
use super::device::{buffer, contiguous, room};

/// Threads that work together.
pub(super) const TOGETHER: usize = 64;
/// Groups of them that share a vector.
const GROUPS: usize = 64;
/// Groups that one launch has at most.
pub(super) const MOST_GROUPS: usize = 1 << 15;

/// ‖v‖ of one row, `[1]`.
#[must_use]
pub fn norm(vector: Tensor<2>) -> Tensor<1> {
    if runs_here(&vector) {
        // The sum over all elements would be cut differently for each number of cores where they are millions.
        return (vector.clone() * vector).sum_dim(1).sqrt().reshape([1]);
    }
    let vector = contiguous(on_gpu(vector));
    let (parts, out) = (room(&vector, &[GROUPS]), room(&vector, &[1]));
    let client = vector.client.clone();
    let one = CubeDim::new_1d(1);
    // SAFETY: each group writes the number of its place, and the last kernel reads as many.
    unsafe {
        square_sums::launch_unchecked(&client, groups(GROUPS), together(), buffer(&vector), buffer(&parts));
        root_of_sum::launch_unchecked(&client, groups(1), one, buffer(&parts), buffer(&out));
    }
    Tensor::from_primitive::<Cube>(out)
}

/// The sum of each range of columns of `[R, D]`, `[R, ranges]`.
#[must_use]
pub fn range_sums(rows: &Tensor<2>, ranges: &[Range<usize>]) -> Tensor<2> {
    let [count, width] = rows.dims();
    if runs_here(rows) || count * ranges.len() > MOST_GROUPS {
        let sums = ranges.iter().map(|range| rows.clone().slice([0..count, range.clone()]).sum_dim(1));
        return Tensor::cat(sums.collect(), 1);
    }
    let rows = contiguous(on_gpu(rows.clone()));
    let out = room(&rows, &[count, ranges.len()]);
    let (mut starts, mut ends) = (SequenceArg::new(), SequenceArg::new());
    for range in ranges {
        starts.push(range.start);
        ends.push(range.end);
    }
    let all = groups(count * ranges.len());
    // SAFETY: the ranges lie within a row of `width` numbers, and each group writes the number of its place.
    unsafe {
        sum_ranges::launch_unchecked(&out.client, all, together(), buffer(&rows), buffer(&out), starts, ends, width);
    }
    Tensor::from_primitive::<Cube>(out)
}

fn on_gpu(tensor: Tensor<2>) -> CubeTensor {
    tensor.try_into_primitive::<Cube>().expect("a tensor without a tape that is not on the CPU")
}

pub(super) fn groups(count: usize) -> CubeCount {
    CubeCount::Static(count as u32, 1, 1)
}

pub(super) fn together() -> CubeDim {
    CubeDim::new_1d(TOGETHER as u32)
}

/// The sum of what each of the threads that work together has.
#[cube]
pub(super) fn sum_together(parts: &[f32]) -> f32 {
    let mut whole = 0.0f32;
    for part in 0..TOGETHER {
        whole += parts[part];
    }
    whole
}

#[cube(launch_unchecked)]
fn square_sums(vector: &[f32], out: &mut [f32]) {
    let mut parts = Shared::new_slice(TOGETHER);
    let mut sum = 0.0f32;
    let mut place = ABSOLUTE_POS;
    while place < vector.len() {
        sum += vector[place] * vector[place];
        place += TOGETHER * GROUPS;
    }
    parts[UNIT_POS as usize] = sum;
    sync_cube();
    if UNIT_POS == 0 {
        out[CUBE_POS] = sum_together(&parts);
    }
}

#[cube(launch_unchecked)]
fn root_of_sum(parts: &[f32], out: &mut [f32]) {
    let mut sum = 0.0f32;
    for part in 0..parts.len() {
        sum += parts[part];
    }
    out[0] = sum.sqrt();
}

#[cube(launch_unchecked)]
fn sum_ranges(rows: &[f32], out: &mut [f32], starts: Sequence<usize>, ends: Sequence<usize>, width: usize) {
    let mut parts = Shared::new_slice(TOGETHER);
    let ranges = comptime![starts.len()];
    let range = CUBE_POS % ranges;
    let row = CUBE_POS / ranges * width;
    let mut place = starts[0];
    let mut end = ends[0];
    #[unroll]
    for number in 1..ranges {
        if range == number {
            place = starts[number];
            end = ends[number];
        }
    }
    place += UNIT_POS as usize;
    let mut sum = 0.0f32;
    while place < end {
        sum += rows[row + place];
        place += TOGETHER;
    }
    parts[UNIT_POS as usize] = sum;
    sync_cube();
    if UNIT_POS == 0 {
        out[CUBE_POS] = sum_together(&parts);
    }
}
