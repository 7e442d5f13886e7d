//! The two innermost loops of all products on the CPU, for f32 and f64, with the widest vectors that the processor has.
//!
//! [`rows`] computes a few rows of an output from the input's own memory, without gathering windows into a matrix first:
//! a row is an output pixel, and its window is a few contiguous runs at fixed distances from the pixel's address. The
//! weights are packed into panels of one or two vectors of output channels, so that they are read in one straight line.
//! [`outer`] accumulates the products of input and gradient over pixels, which is the weights' gradient.

use pulp::Simd;

/// A number that kernels compute with.
pub(super) trait Real:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::ops::AddAssign
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + 'static
{
    /// A vector register.
    type Lanes<S: Simd>: Copy;

    /// 1.
    const ONE: Self;

    /// Numbers in a vector.
    fn lanes<S: Simd>() -> usize;

    /// The same number in all lanes.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Lanes<S>;

    /// a·b + c.
    fn mul_add<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>, c: Self::Lanes<S>) -> Self::Lanes<S>;

    /// The sum over the lanes.
    fn sum<S: Simd>(simd: S, a: Self::Lanes<S>) -> Self;
}

macro_rules! real {
    ($type:ty, $lanes:ident, $count:ident, $splat:ident, $mul_add:ident, $sum:ident) => {
        impl Real for $type {
            type Lanes<S: Simd> = S::$lanes;

            const ONE: Self = 1.0;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$count
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$lanes {
                simd.$splat(value)
            }

            #[inline(always)]
            fn mul_add<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes, c: S::$lanes) -> S::$lanes {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn sum<S: Simd>(simd: S, a: S::$lanes) -> Self {
                simd.$sum(a)
            }
        }
    };
}

real!(f32, f32s, F32_LANES, splat_f32s, mul_add_e_f32s, reduce_sum_f32s);
real!(f64, f64s, F64_LANES, splat_f64s, mul_add_e_f64s, reduce_sum_f64s);

/// Vectors of a full panel.
pub(super) const PANEL: usize = 2;

/// Greatest number of vectors times pixels that [`rows`] keeps in registers is `PANEL · BLOCK`.
pub(super) const BLOCK: usize = 8;

/// Columns of the panels that cover `columns`: the last one may have a single vector.
#[inline(always)]
pub(super) fn padded<S: Simd, T: Real>(columns: usize) -> usize {
    columns.next_multiple_of(T::lanes::<S>())
}

/// Where the windows of consecutive output pixels begin in an image, counted in numbers from its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pixels {
    /// Output pixels in a row of the image.
    pub width: usize,
    /// From one pixel to the next.
    pub step: usize,
    /// From one row of pixels to the next.
    pub row_step: usize,
}

/// The runs of numbers that make up a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    /// Where each run begins, from the pixel's address.
    pub runs: &'a [usize],
    /// Numbers in each run.
    pub len: usize,
}

/// Where results go.
#[derive(Clone, Copy)]
pub(super) struct Output<T> {
    /// The first pixel's first column.
    pub start: *mut T,
    /// From one pixel to the next.
    pub step: usize,
    /// Columns of a pixel.
    pub columns: usize,
    /// Whether results are added to what is there.
    pub adds: bool,
}

/// `output[q][j] = bias[j] + Σₖ window(q)[k] · panels[k][j]` for `count` pixels; where `adds`, the output's earlier value is
/// added.
///
/// # Safety
/// `input` must be valid for all windows of the pixels, `panels` and `bias` must hold `padded(columns)` columns, and
/// `output` must be valid for writes of its columns at `count` pixels.
#[inline(always)]
pub(super) unsafe fn rows<S: Simd, T: Real>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    window: Window<'_>,
    (panels, bias): (*const T, *const T),
    output: Output<T>,
) {
    let lanes = T::lanes::<S>();
    let depth = window.runs.len() * window.len;
    let width = padded::<S, T>(output.columns);
    let mut column = 0;
    while column < width {
        let rest = Output {
            start: output.start.wrapping_add(column),
            step: output.step,
            columns: output.columns - column,
            adds: output.adds,
        };
        // SAFETY: the panel at `column` begins after the `depth` rows of the columns before it; the rest by the caller.
        unsafe {
            let (panel, bias) = (panels.add(depth * column), bias.add(column));
            if width - column >= PANEL * lanes {
                panel_rows::<S, T, PANEL>(simd, (input, pixels, count), window, (panel, bias), rest);
                column += PANEL * lanes;
            } else {
                panel_rows::<S, T, 1>(simd, (input, pixels, count), window, (panel, bias), rest);
                column += lanes;
            }
        }
    }
}

/// [`rows`] for one panel of `V` vectors.
#[inline(always)]
unsafe fn panel_rows<S: Simd, T: Real, const V: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    window: Window<'_>,
    panel: (*const T, *const T),
    output: Output<T>,
) {
    // As many pixels at once as the registers hold beside the weights.
    // SAFETY: by the caller.
    unsafe {
        if S::REGISTER_COUNT >= 32 {
            blocks::<S, T, BLOCK, V>(simd, (input, pixels, count), window, panel, output);
        } else {
            blocks::<S, T, 4, V>(simd, (input, pixels, count), window, panel, output);
        }
    }
}

#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "constant bounds and places keep the sums in registers")]
unsafe fn blocks<S: Simd, T: Real, const M: usize, const V: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    window: Window<'_>,
    (panel, bias): (*const T, *const T),
    output: Output<T>,
) {
    let lanes = T::lanes::<S>();
    let width = output.columns.min(V * lanes);
    let one = T::splat(simd, T::ONE);
    let (mut y, mut x) = (0, 0);
    let mut done = 0;
    // SAFETY: by the caller of `rows`; the last block repeats the last pixel's window, which is valid, and leaves those
    // results away.
    unsafe {
        while done < count {
            let mut starts = [input; M];
            for (i, start) in starts.iter_mut().enumerate() {
                *start = input.add(y * pixels.row_step + x * pixels.step);
                if done + i + 1 < count {
                    x += 1;
                    if x == pixels.width {
                        (x, y) = (0, y + 1);
                    }
                }
            }
            let sums = block::<S, T, M, V>(simd, starts, window, panel, bias);
            // By constant places, so that the sums stay in registers until here.
            for i in 0..M {
                if done + i < count {
                    let to = output.start.add((done + i) * output.step);
                    if width == V * lanes {
                        let to = to.cast::<[T::Lanes<S>; V]>();
                        if output.adds {
                            let mut row = to.read_unaligned();
                            for v in 0..V {
                                row[v] = T::mul_add(simd, one, sums[i][v], row[v]);
                            }
                            to.write_unaligned(row);
                        } else {
                            to.write_unaligned(sums[i]);
                        }
                    } else {
                        let row = sums[i];
                        let row = (&raw const row).cast::<T>();
                        if output.adds {
                            (0..width).for_each(|j| *to.add(j) += *row.add(j));
                        } else {
                            std::ptr::copy_nonoverlapping(row, to, width);
                        }
                    }
                }
            }
            done += M;
        }
    }
}

#[inline(always)]
unsafe fn block<S: Simd, T: Real, const M: usize, const V: usize>(
    simd: S,
    starts: [*const T; M],
    window: Window<'_>,
    panel: *const T,
    bias: *const T,
) -> [[T::Lanes<S>; V]; M] {
    // SAFETY: by the caller of `rows`: the panel has a row of V vectors for each number of the window.
    unsafe {
        let mut sums = [bias.cast::<[T::Lanes<S>; V]>().read_unaligned(); M];
        let mut row = panel;
        for &run in window.runs {
            for k in run..run + window.len {
                let weights = row.cast::<[T::Lanes<S>; V]>().read_unaligned();
                row = row.add(V * T::lanes::<S>());
                for i in 0..M {
                    let a = T::splat(simd, *starts[i].add(k));
                    for v in 0..V {
                        sums[i][v] = T::mul_add(simd, a, weights[v], sums[i][v]);
                    }
                }
            }
        }
        sums
    }
}

/// `sums[k][j] += Σ_q window(q)[k] · gradient[q][j]` over `count` pixels: `sums` has a row of `width` columns for each
/// number of the window, `gradient` a row of `step` for each pixel.
///
/// # Safety
/// `input` must be valid for all windows of the pixels, `gradient` for `width` columns at each pixel, and `sums` for all
/// its rows; `width` is a multiple of a vector.
#[inline(always)]
pub(super) unsafe fn outer<S: Simd, T: Real>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    window: Window<'_>,
    (gradient, step): (*const T, usize),
    (sums, width): (*mut T, usize),
) {
    let lanes = T::lanes::<S>();
    for (index, &run) in window.runs.iter().enumerate() {
        let mut k = 0;
        while k < window.len {
            let left = window.len - k;
            let most = if S::REGISTER_COUNT >= 32 { BLOCK } else { 4 };
            let m = if left >= most { most } else { 1 << left.ilog2() };
            let mut column = 0;
            while column < width {
                let vectors = ((width - column) / lanes).min(PANEL);
                // SAFETY: by the caller; row and column are within the window and the width.
                unsafe {
                    let input = (input.add(run + k), pixels, count);
                    let gradient = (gradient.add(column), step);
                    let sums = (sums.add((index * window.len + k) * width + column), width);
                    match (m, vectors) {
                        (8, 2) => outer_block::<S, T, 8, 2>(simd, input, gradient, sums),
                        (4, 2) => outer_block::<S, T, 4, 2>(simd, input, gradient, sums),
                        (2, 2) => outer_block::<S, T, 2, 2>(simd, input, gradient, sums),
                        (_, 2) => outer_block::<S, T, 1, 2>(simd, input, gradient, sums),
                        (8, _) => outer_block::<S, T, 8, 1>(simd, input, gradient, sums),
                        (4, _) => outer_block::<S, T, 4, 1>(simd, input, gradient, sums),
                        (2, _) => outer_block::<S, T, 2, 1>(simd, input, gradient, sums),
                        _ => outer_block::<S, T, 1, 1>(simd, input, gradient, sums),
                    }
                }
                column += vectors * lanes;
            }
            k += m;
        }
    }
}

#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "constant bounds and places keep the sums in registers")]
unsafe fn outer_block<S: Simd, T: Real, const M: usize, const V: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    (gradient, step): (*const T, usize),
    (sums, width): (*mut T, usize),
) {
    // SAFETY: by the caller of `outer`.
    unsafe {
        let mut acc = [[T::splat(simd, T::default()); V]; M];
        for (i, acc) in acc.iter_mut().enumerate() {
            *acc = sums.add(i * width).cast::<[T::Lanes<S>; V]>().read_unaligned();
        }
        let mut gradient = gradient;
        let mut done = 0;
        let mut row = input;
        while done < count {
            let in_row = pixels.width.min(count - done);
            let mut pixel = row;
            for _ in 0..in_row {
                let g = gradient.cast::<[T::Lanes<S>; V]>().read_unaligned();
                for i in 0..M {
                    let a = T::splat(simd, *pixel.add(i));
                    for v in 0..V {
                        acc[i][v] = T::mul_add(simd, a, g[v], acc[i][v]);
                    }
                }
                gradient = gradient.wrapping_add(step);
                pixel = pixel.wrapping_add(pixels.step);
            }
            row = row.wrapping_add(pixels.row_step);
            done += in_row;
        }
        for (i, acc) in acc.iter().enumerate() {
            sums.add(i * width).cast::<[T::Lanes<S>; V]>().write_unaligned(*acc);
        }
    }
}
