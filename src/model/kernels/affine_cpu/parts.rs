//! How the work is cut into tasks.

use std::ops::Range;

use rayon::prelude::*;

use super::Sizes;

/// Multiplications for which a task of its own is worth while: some 10 µs.
const TASK: usize = 1 << 20;

/// Tasks beyond which cutting finer brings nothing, over all members.
const TASKS: usize = 32;

/// Numbers that the tasks of a member have for their own sums together, unless there are only two of them.
const SUMS: usize = 1 << 25;

/// A few images of one member.
pub(super) struct Part {
    pub member: usize,
    pub images: Range<usize>,
}

/// Cuts the images of all members into tasks, each of which has so many sums of its own.
pub(super) fn parts(sizes: &Sizes, population: usize, products: usize, sums: usize) -> Vec<Part> {
    let pixels: usize = sizes.output().iter().product();
    // An activation and the traffic of an output cost about as much as so many multiplications.
    let work = sizes.examples * pixels * (products * sizes.weights() + 64 * sizes.outputs);
    let most = TASKS.div_ceil(population).min((SUMS / sums.max(1)).max(2));
    let count = (work / TASK).clamp(1, most).min(sizes.examples);
    let size = sizes.examples.div_ceil(count);
    (0..population)
        .flat_map(|member| {
            (0..sizes.examples)
                .step_by(size)
                .map(move |start| Part { member, images: start..(start + size).min(sizes.examples) })
        })
        .collect()
}

/// Cuts `whole` into pieces of the given lengths.
#[inline]
pub(super) fn cut<T>(mut whole: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    lengths
        .map(|len| {
            let (piece, rest) = std::mem::take(&mut whole).split_at_mut(len);
            whole = rest;
            piece
        })
        .collect()
}

/// Runs `task` on each item, in parallel where there are several.
#[inline]
pub(super) fn each<I: Send>(items: Vec<I>, task: impl Fn(I) + Sync + Send) {
    if items.len() == 1 {
        items.into_iter().for_each(task);
    } else {
        items.into_par_iter().with_max_len(1).for_each(task);
    }
}

/// The pixels of some images, where the last image may be cut short by the total.
#[inline]
pub(super) fn pixel_range(images: Range<usize>, pixels: usize, total: usize) -> Range<usize> {
    images.start * pixels..(images.end * pixels).min(total)
}
