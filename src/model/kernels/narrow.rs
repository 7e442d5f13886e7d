//! The two innermost loops of products with few columns: across these most of a vector would be empty, so vectors go along the depth.
//!
//! Weights are read as they lie, a row of `depth` numbers for each column, and so are the sums of their gradient. A window is one run.

use pulp::Simd;

use super::micro::{Output, Pixels, Real};

/// Columns that are few.
pub(super) const MOST_COLUMNS: usize = 4;
/// Depth from which on vectors go along it.
pub(super) const LEAST_DEPTH: usize = 16;

/// Pixels at once.
const PIXELS: usize = 2;

/// Where consecutive pixels begin.
struct Walk {
    pixels: Pixels,
    x: usize,
    y: usize,
}

impl Walk {
    const fn new(pixels: Pixels) -> Self {
        Self { pixels, x: 0, y: 0 }
    }

    /// The place of the next pixel.
    #[inline(always)]
    const fn next(&mut self) -> usize {
        let start = self.y * self.pixels.row_step + self.x * self.pixels.step;
        self.x += 1;
        if self.x == self.pixels.width {
            (self.x, self.y) = (0, self.y + 1);
        }
        start
    }
}

/// `output[q][j] = bias[j] + Σₖ input(q)[k] · weights[j][k]` for `count` pixels of `depth` numbers; where `adds`, the output's earlier
/// value is added.
///
/// # Safety
/// `input` must be valid for the depth at all pixels, `weights` and `bias` must hold all columns, at most [`MOST_COLUMNS`], and
/// `output` must be valid for writes of its columns at `count` pixels.
#[inline(always)]
pub(super) unsafe fn rows<S: Simd, T: Real>(
    simd: S,
    input: (*const T, Pixels, usize),
    depth: usize,
    weights: (*const T, *const T),
    output: Output<T>,
) {
    // SAFETY: by the caller.
    unsafe {
        match output.columns {
            1 => columns::<S, T, 1>(simd, input, depth, weights, output),
            2 => columns::<S, T, 2>(simd, input, depth, weights, output),
            3 => columns::<S, T, 3>(simd, input, depth, weights, output),
            _ => columns::<S, T, 4>(simd, input, depth, weights, output),
        }
    }
}

/// [`rows`] for `C` columns.
#[inline(always)]
unsafe fn columns<S: Simd, T: Real, const C: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    depth: usize,
    (weights, bias): (*const T, *const T),
    output: Output<T>,
) {
    let mut walk = Walk::new(pixels);
    // SAFETY: by the caller of `rows`.
    unsafe {
        let put = |pixel: usize, sums: [T; C]| {
            for (j, sum) in sums.into_iter().enumerate() {
                let to = output.start.add(pixel * output.step + j);
                let sum = sum + *bias.add(j);
                to.write(if output.adds { to.read() + sum } else { sum });
            }
        };
        let together = count / PIXELS * PIXELS;
        for pixel in (0..together).step_by(PIXELS) {
            let starts: [usize; PIXELS] = std::array::from_fn(|_| walk.next());
            let sums = dots::<S, T, C, PIXELS>(simd, (input, starts), depth, weights);
            sums.into_iter().enumerate().for_each(|(place, sums)| put(pixel + place, sums));
        }
        for pixel in together..count {
            let [sums] = dots::<S, T, C, 1>(simd, (input, [walk.next()]), depth, weights);
            put(pixel, sums);
        }
    }
}

/// The products of `M` pixels with `C` columns.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "constant bounds and places keep the sums in registers")]
unsafe fn dots<S: Simd, T: Real, const C: usize, const M: usize>(
    simd: S,
    (input, starts): (*const T, [usize; M]),
    depth: usize,
    weights: *const T,
) -> [[T; C]; M] {
    let lanes = T::lanes::<S>();
    let whole = depth / lanes * lanes;
    // SAFETY: by the caller of `rows`.
    unsafe {
        let starts = starts.map(|start| input.add(start));
        let mut sums = [[T::splat(simd, T::default()); C]; M];
        let mut k = 0;
        while k < whole {
            let inputs: [T::Lanes<S>; M] =
                std::array::from_fn(|i| starts[i].add(k).cast::<T::Lanes<S>>().read_unaligned());
            for j in 0..C {
                let weight = weights.add(j * depth + k).cast::<T::Lanes<S>>().read_unaligned();
                for i in 0..M {
                    sums[i][j] = T::mul_add(simd, inputs[i], weight, sums[i][j]);
                }
            }
            k += lanes;
        }
        let mut totals = [[T::default(); C]; M];
        for i in 0..M {
            for j in 0..C {
                totals[i][j] = T::sum(simd, sums[i][j]);
                for k in whole..depth {
                    totals[i][j] += *starts[i].add(k) * *weights.add(j * depth + k);
                }
            }
        }
        totals
    }
}

/// `sums[j][k] += Σ_q input(q)[k] · gradient[q][j]` over `count` pixels: `sums` has a row of `depth` for each of its columns, `gradient`
/// a row of `step` for each pixel.
///
/// # Safety
/// `input` must be valid for the depth at all pixels, `gradient` for the columns, at most [`MOST_COLUMNS`], at each pixel, and `sums`
/// for all its rows.
#[inline(always)]
pub(super) unsafe fn outer<S: Simd, T: Real>(
    simd: S,
    input: (*const T, Pixels, usize),
    depth: usize,
    gradient: (*const T, usize),
    (sums, columns): (*mut T, usize),
) {
    // SAFETY: by the caller.
    unsafe {
        match columns {
            1 => along::<S, T, 1>(simd, input, depth, gradient, sums),
            2 => along::<S, T, 2>(simd, input, depth, gradient, sums),
            3 => along::<S, T, 3>(simd, input, depth, gradient, sums),
            _ => along::<S, T, 4>(simd, input, depth, gradient, sums),
        }
    }
}

/// [`outer`] for `C` columns, as many vectors at once as the registers hold.
#[inline(always)]
unsafe fn along<S: Simd, T: Real, const C: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    depth: usize,
    gradient: (*const T, usize),
    sums: *mut T,
) {
    let lanes = T::lanes::<S>();
    let mut k = 0;
    // SAFETY: by the caller of `outer`.
    unsafe {
        while k + lanes <= depth {
            let input = (input.add(k), pixels, count);
            let left = (depth - k) / lanes;
            if S::REGISTER_COUNT >= 32 && left >= 4 {
                vectors::<S, T, C, 4>(simd, input, depth, gradient, sums.add(k));
                k += 4 * lanes;
            } else if left >= 2 {
                vectors::<S, T, C, 2>(simd, input, depth, gradient, sums.add(k));
                k += 2 * lanes;
            } else {
                vectors::<S, T, C, 1>(simd, input, depth, gradient, sums.add(k));
                k += lanes;
            }
        }
        for k in k..depth {
            let mut walk = Walk::new(pixels);
            for pixel in 0..count {
                let x = *input.add(walk.next() + k);
                for j in 0..C {
                    *sums.add(j * depth + k) += x * *gradient.0.add(pixel * gradient.1 + j);
                }
            }
        }
    }
}

#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "constant bounds and places keep the sums in registers")]
unsafe fn vectors<S: Simd, T: Real, const C: usize, const V: usize>(
    simd: S,
    (input, pixels, count): (*const T, Pixels, usize),
    depth: usize,
    (gradient, step): (*const T, usize),
    sums: *mut T,
) {
    // SAFETY: by the caller of `outer`.
    unsafe {
        let mut acc: [[T::Lanes<S>; V]; C] =
            std::array::from_fn(|j| sums.add(j * depth).cast::<[T::Lanes<S>; V]>().read_unaligned());
        let mut walk = Walk::new(pixels);
        for pixel in 0..count {
            let x = input.add(walk.next()).cast::<[T::Lanes<S>; V]>().read_unaligned();
            for j in 0..C {
                let g = T::splat(simd, *gradient.add(pixel * step + j));
                for v in 0..V {
                    acc[j][v] = T::mul_add(simd, g, x[v], acc[j][v]);
                }
            }
        }
        for j in 0..C {
            sums.add(j * depth).cast::<[T::Lanes<S>; V]>().write_unaligned(acc[j]);
        }
    }
}
