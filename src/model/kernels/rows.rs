//! Rows of numbers `[P, D]` cut into tensors on the GPU, and put together again: a launch or a few for all of them, where
//! one each would be most of what a small network launches.

use std::ops::Range;

use burn::backend::wgpu::CubeTensor;
use burn::backend::{Cube, DType};
use burn::tensor::{Shape, Tensor};
use cubecl::prelude::*;

use super::device::{buffer, contiguous, room, threads};

/// Tensors that one launch puts together: with the result and what CubeCL sends, the eight buffers that every adapter binds.
const JOINED_AT_ONCE: usize = 6;

/// The columns of each range, `[P, len]`, by one launch. The ranges follow each other.
pub(in crate::model) fn cut(rows: &Tensor<2>, ranges: &[Range<usize>]) -> Vec<Tensor<2>> {
    let [members, width] = rows.dims();
    let rows = contiguous(on_gpu(rows.clone()));
    // Each tensor begins where the adapter can bind a part of a buffer.
    let step = (rows.client.properties().memory.alignment as usize / size_of::<f32>()).max(1);
    let sizes = ranges.iter().map(|range| (members * range.len()).next_multiple_of(step));
    let mut places = vec![0];
    places.extend(sizes.scan(0, |end, size| {
        *end += size;
        Some(*end)
    }));
    let whole = *places.last().expect("there is at least the first place");
    let out = room(&rows, &[whole]);
    let (count, dim) = threads(&out.client, members * width);
    let (mut starts, mut lens, mut begins) = (SequenceArg::new(), SequenceArg::new(), SequenceArg::new());
    for (range, place) in ranges.iter().zip(&places) {
        starts.push(range.start);
        lens.push(range.len());
        begins.push(*place);
    }
    // SAFETY: the ranges lie within the rows, and the places of their members within `whole`.
    unsafe {
        cut_all::launch_unchecked(&out.client, count, dim, buffer(&rows), buffer(&out), starts, lens, begins, width);
    }
    let bytes = |numbers: usize| (numbers * size_of::<f32>()) as u64;
    let tensor = |(range, ends): (&Range<usize>, &[usize])| {
        let handle = out.handle.clone().offset_start(bytes(ends[0])).offset_end(bytes(whole - ends[1]));
        let shape = Shape::from([members, range.len()]);
        let part = CubeTensor::new_contiguous(out.client.clone(), out.device.clone(), shape, handle, DType::F32);
        Tensor::from_primitive::<Cube>(part)
    };
    ranges.iter().zip(places.windows(2)).map(tensor).collect()
}

/// Tensors `[P, len]` side by side, `[P, D]`.
pub(in crate::model) fn joined(tensors: Vec<Tensor<2>>) -> Tensor<2> {
    let members = tensors[0].dims()[0];
    let tensors: Vec<(usize, CubeTensor)> =
        tensors.into_iter().map(|tensor| (tensor.dims()[1], contiguous(on_gpu(tensor)))).collect();
    let width = tensors.iter().map(|(len, _)| len).sum();
    let out = room(&tensors[0].1, &[members, width]);
    let mut start = 0;
    for some in tensors.chunks(JOINED_AT_ONCE) {
        let mut lens = SequenceArg::new();
        (0..JOINED_AT_ONCE).for_each(|place| lens.push(some.get(place).map_or(0, |(len, _)| *len)));
        let own: usize = some.iter().map(|(len, _)| len).sum();
        // Any tensor stands in the place of one that is not there: it has no column.
        let part = |place: usize| buffer(&some.get(place).unwrap_or(&some[0]).1);
        let (count, dim) = threads(&out.client, members * own);
        // SAFETY: a thread reads one number of one of the tensors, and writes it at its place of the row.
        unsafe {
            join_some::launch_unchecked(
                &out.client,
                count,
                dim,
                part(0),
                part(1),
                part(2),
                part(3),
                part(4),
                part(5),
                buffer(&out),
                lens,
                own,
                members * own,
                start,
                width,
            );
        }
        start += own;
    }
    Tensor::from_primitive::<Cube>(out)
}

fn on_gpu(tensor: Tensor<2>) -> CubeTensor {
    tensor.try_into_primitive::<Cube>().expect("callers ask whether the tensor is on the CPU")
}

#[cube(launch_unchecked)]
fn cut_all(
    rows: &[f32],
    out: &mut [f32],
    starts: Sequence<usize>,
    lens: Sequence<usize>,
    begins: Sequence<usize>,
    width: usize,
) {
    if ABSOLUTE_POS < rows.len() {
        let member = ABSOLUTE_POS / width;
        let column = ABSOLUTE_POS % width;
        let tensors = comptime![starts.len()];
        let mut place = begins[0] + member * lens[0] + column;
        #[unroll]
        for tensor in 1..tensors {
            if column >= starts[tensor] {
                place = begins[tensor] + member * lens[tensor] + column - starts[tensor];
            }
        }
        out[place] = rows[ABSOLUTE_POS];
    }
}

#[cube(launch_unchecked)]
#[expect(clippy::too_many_arguments, reason = "a kernel has no other way to be told its sizes")]
fn join_some(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    d: &[f32],
    e: &[f32],
    f: &[f32],
    out: &mut [f32],
    lens: Sequence<usize>,
    own: usize,
    all: usize,
    start: usize,
    width: usize,
) {
    if ABSOLUTE_POS < all {
        let member = ABSOLUTE_POS / own;
        let mut column = ABSOLUTE_POS % own;
        let place = member * width + start + column;
        if column < lens[0] {
            out[place] = a[member * lens[0] + column];
        } else {
            column -= lens[0];
            if column < lens[1] {
                out[place] = b[member * lens[1] + column];
            } else {
                column -= lens[1];
                if column < lens[2] {
                    out[place] = c[member * lens[2] + column];
                } else {
                    column -= lens[2];
                    if column < lens[3] {
                        out[place] = d[member * lens[3] + column];
                    } else {
                        column -= lens[3];
                        if column < lens[4] {
                            out[place] = e[member * lens[4] + column];
                        } else {
                            out[place] = f[member * lens[5] + column - lens[4]];
                        }
                    }
                }
            }
        }
    }
}
