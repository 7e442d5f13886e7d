//! Windows of maps: what pooling takes the greatest or the mean of.

use burn::tensor::ops::PadMode;
use burn::tensor::{Int, Tensor, s};

use crate::model::compute::uploaded;
use crate::model::kernels;
use crate::model::window::{Divisor, PoolWindow};

/// What lies outside of the maps where the greatest is looked for: below everything that a network computes with.
const LOWEST: f64 = -3e38;

/// Which tap of each window is the greatest, `[P·n·h'·w', 1, c]`, of maps `[P, n, h, w, c]`. The positions are found without
/// a tape.
pub(super) fn winners(a: Tensor<5>, window: PoolWindow) -> Tensor<3, Int> {
    if kernels::runs_here(&a) {
        return kernels::winners(a, window);
    }
    windows(a.without_autodiff(), window, LOWEST).argmax(1)
}

/// The elements of `a` `[P, n, h, w, c]` at the winners of its own windows, or of those that its population shares:
/// `[P, n, h', w', c]`.
pub(super) fn pick(a: Tensor<5>, winners: Tensor<3, Int>, window: PoolWindow) -> Tensor<5> {
    if kernels::runs_here(&a) {
        return kernels::pick(a, winners, window);
    }
    let [population, n, height, width, channels] = a.dims();
    let [down, right] = window.output([height, width]);
    let windows = windows(a, window, 0.0);
    let copies = windows.dims()[0] / winners.dims()[0];
    let winners = if copies == 1 { winners } else { winners.repeat_dim(0, copies) };
    windows.gather(1, winners).reshape([population, n, down, right, channels])
}

/// The elements of each window in a row, row by row of the window: `[P, n, h, w, c] → [P·n·h'·w', taps, c]`, with `outside`
/// where the window reaches beyond the maps.
fn windows(a: Tensor<5>, window: PoolWindow, outside: f64) -> Tensor<3> {
    let [population, n, height, width, channels] = a.dims();
    let [down, right] = window.output([height, width]);
    if window.is_side_by_side([height, width]) {
        return side_by_side(a, window.size);
    }
    let taps = taps(a, window, outside).into_iter();
    Tensor::cat(taps.map(|tap| tap.reshape([population * n * down * right, 1, channels])).collect(), 1)
}

/// The same for windows that lie side by side; incomplete ones are left out.
fn side_by_side(a: Tensor<5>, [rows, columns]: [usize; 2]) -> Tensor<3> {
    let [population, n, height, width, channels] = a.dims();
    let (down, right) = (height / rows, width / columns);
    let whole = if height == down * rows && width == right * columns {
        a
    } else {
        a.slice(s![.., .., 0..down * rows, 0..right * columns, ..])
    };
    whole.reshape([population * n * down, rows, right, columns * channels]).swap_dims(1, 2).reshape([
        population * n * down * right,
        rows * columns,
        channels,
    ])
}

/// What each tap of the windows sees, row by row of the window: `[P, n, h', w', c]` each.
fn taps(a: Tensor<5>, window: PoolWindow, outside: f64) -> Vec<Tensor<5>> {
    let [_, _, height, width, _] = a.dims();
    let image = [height, width];
    let (output, reach) = (window.output(image), window.reach());
    // From the first pixel of the first window to the last one of the last.
    let needed = [0, 1].map(|d| (output[d] - 1) * window.stride[d] + reach[d]);
    let [top, left] = window.padding;
    let [bottom, end] = [0, 1].map(|d| needed[d].saturating_sub(image[d] + window.padding[d]));
    let a = if [top, left, bottom, end] == [0; 4] {
        a
    } else {
        a.pad([(0, 0), (0, 0), (top, bottom), (left, end), (0, 0)], PadMode::Constant(outside as f32))
    };
    let [down, right] = window.stride;
    let all = (0..window.size[0]).flat_map(|i| (0..window.size[1]).map(move |j| [i, j]));
    let each = all.map(|tap| {
        let start = [0, 1].map(|d| tap[d] * window.dilation[d]);
        let stop = [0, 1].map(|d| start[d] + (output[d] - 1) * window.stride[d] + 1);
        a.clone().slice(s![.., .., start[0]..stop[0]; down as isize, start[1]..stop[1]; right as isize, ..])
    });
    each.collect()
}

/// Mean of each window: `[P, n, h, w, c] → [P, n, h', w', c]`.
pub(in crate::model) fn average_pool(a: Tensor<5>, window: PoolWindow, divisor: Divisor) -> Tensor<5> {
    let [population, n, height, width, channels] = a.dims();
    let image = [height, width];
    let [down, right] = window.output(image);
    let divisors = window.divisors(image, divisor);
    let size = window.size.iter().product::<usize>();
    if window.is_side_by_side(image) && divisors.iter().all(|divisor| *divisor == size) {
        return side_by_side(a, window.size).mean_dim(1).reshape([population, n, down, right, channels]);
    }
    let shares: Vec<f64> = divisors.iter().map(|divisor| (*divisor as f64).recip()).collect();
    let shares = uploaded(shares, [1, 1, down, right, 1], &a.device().without_autodiff(), a.dtype());
    let sum = taps(a, window, 0.0).into_iter().reduce(|sum, tap| sum + tap);
    sum.expect("a window has at least one tap") * shares
}
