//! Windows of maps, side by side: what pooling takes the greatest or the mean of.

use burn::tensor::{Int, Tensor, s};

use crate::model::kernels;

/// Where the greatest element of each `size`×`size` window stands in it, `[P·n·h'·w', 1, c]`, of maps `[P, n, h, w, c]`
/// whose windows lie side by side. The positions are found without a tape.
pub(super) fn winners(a: Tensor<5>, size: usize) -> Tensor<3, Int> {
    if kernels::runs_here(&a) {
        return kernels::winners(a, size);
    }
    windows(a.without_autodiff(), size).argmax(1)
}

/// The elements of `a` `[P, n, h, w, c]` at the winners of its own windows, or of those that its population shares:
/// `[P, n, h', w', c]`.
pub(super) fn pick(a: Tensor<5>, winners: Tensor<3, Int>, size: usize) -> Tensor<5> {
    if kernels::runs_here(&a) {
        return kernels::pick(a, winners, size);
    }
    let [population, n, height, width, channels] = a.dims();
    let windows = windows(a, size);
    let copies = windows.dims()[0] / winners.dims()[0];
    let winners = if copies == 1 { winners } else { winners.repeat_dim(0, copies) };
    windows.gather(1, winners).reshape([population, n, height / size, width / size, channels])
}

/// The elements of each window in a row, row by row of the window: `[P, n, h, w, c] → [P·n·h'·w', size², c]`. Incomplete
/// windows are left out.
fn windows(a: Tensor<5>, size: usize) -> Tensor<3> {
    let [population, n, height, width, channels] = a.dims();
    let (down, right) = (height / size, width / size);
    let whole = if height == down * size && width == right * size {
        a
    } else {
        a.slice(s![.., .., 0..down * size, 0..right * size, ..])
    };
    whole.reshape([population * n * down, size, right, size * channels]).swap_dims(1, 2).reshape([
        population * n * down * right,
        size * size,
        channels,
    ])
}

/// Mean of each `size`×`size` window: `[P, n, h, w, c] → [P, n, h', w', c]`.
pub(in crate::model) fn average_pool(a: Tensor<5>, size: usize) -> Tensor<5> {
    let [population, n, height, width, channels] = a.dims();
    windows(a, size).mean_dim(1).reshape([population, n, height / size, width / size, channels])
}
