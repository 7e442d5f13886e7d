//! Which windows of the output's gradient make up the input's, where the step is more than one pixel.
//!
//! An input pixel at y gets its gradient from the taps k with y + padding = step·(output pixel) + k: those with one remainder by the
//! step. So the pixels of one remainder are a convolution of their own, by every step-th tap turned round, of the gradient as it lies.
//! Between them all taps are used once; zeros between the gradient's pixels would have each pixel use all of them.

use super::Sizes;
use super::frame::Frame;
use super::walk::Walk;

/// The pixels of one remainder.
pub(super) struct Phase {
    /// The first of them, down and to the right.
    pub first: [usize; 2],
    /// How many there are.
    pub count: [usize; 2],
    /// Where the first one's window begins in the frame, in pixels.
    pub window: [usize; 2],
    /// Taps down and to the right; none where no window reaches the pixels.
    pub taps: [usize; 2],
    /// Taps of the phases before this one.
    pub before: usize,
    pub walk: Walk,
}

/// Taps of one remainder, turned round: their numbers in the kernel.
fn taps(kernel: usize, step: usize, remainder: usize) -> impl DoubleEndedIterator<Item = usize> + Clone {
    (remainder..kernel).step_by(step).rev()
}

/// Pixels that a frame has around the gradient, down or to the right.
const fn margin(sizes: &Sizes, d: usize) -> usize {
    sizes.kernel[d].div_ceil(sizes.stride[d]) + 1
}

/// The gradient in zeros, as far as a window can reach.
pub(super) fn frame(sizes: &Sizes) -> Frame {
    let output = sizes.output();
    let margins = [margin(sizes, 0), margin(sizes, 1)];
    Frame {
        size: [0, 1].map(|d| output[d] + 2 * margins[d]),
        origin: margins.map(|margin| margin as isize),
        stride: [1, 1],
        image: output,
        channels: sizes.outputs,
    }
}

/// The remainders that pixels can have, with the numbers of their taps in the order of a window.
pub(super) fn tap_numbers(sizes: &Sizes) -> Vec<Vec<usize>> {
    let [kernel, stride] = [sizes.kernel, sizes.stride];
    let remainders = (0..stride[0]).flat_map(|y| (0..stride[1]).map(move |x| (y, x)));
    remainders
        .map(|(y, x)| {
            let across = taps(kernel[1], stride[1], x);
            taps(kernel[0], stride[0], y)
                .flat_map(|down| across.clone().map(move |right| down * kernel[1] + right))
                .collect()
        })
        .collect()
}

/// All of them, in the order of [`tap_numbers`].
pub(super) fn phases(sizes: &Sizes) -> Vec<Phase> {
    let stride = sizes.stride;
    let width = frame(sizes).size[1];
    let mut before = 0;
    let remainders = (0..stride[0]).flat_map(|y| (0..stride[1]).map(move |x| [y, x]));
    remainders
        .map(|remainder| {
            let own = [0, 1].map(|d| taps(sizes.kernel[d], stride[d], remainder[d]).count());
            // The first pixel with this remainder once it is moved by the padding.
            let first = [0, 1].map(|d| (remainder[d] + stride[d] - sizes.padding[d] % stride[d]) % stride[d]);
            let window = [0, 1].map(|d| {
                let at = (first[d] + sizes.padding[d] - remainder[d]) / stride[d];
                at + margin(sizes, d) + 1 - own[d]
            });
            let count = [0, 1].map(|d| sizes.input[d].saturating_sub(first[d]).div_ceil(stride[d]));
            let walk = Walk::new(own, (width, sizes.outputs, sizes.own_outputs()), [1, 1], count[1].max(1));
            let phase = Phase { first, count, window, taps: own, before, walk };
            before += own[0] * own[1];
            phase
        })
        .collect()
}
