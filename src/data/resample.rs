//! Images of another size, by a triangle as wide as the coarser of both grids: what Pillow calls bilinear and PyTorch `bilinear` with
//! `antialias`.
//!
//! Not `image::imageops::resize`, which does the same but cuts floating-point pixels off at 0 and 1: data may have any values.

use rayon::prelude::*;

/// Resizes `[n, channels, height, width]` to `[n, channels, side, side]`; `shape` is that of one image.
pub(super) fn resize(images: &[f32], shape: [usize; 3], side: usize) -> Vec<f32> {
    let [_, height, width] = shape;
    if [height, width] == [side, side] {
        return images.to_vec();
    }
    let [down, across] = [height, width].map(|old| weights(old, side));
    let planes = images.len() / (height * width).max(1);
    let mut out = vec![0.0; planes * side * side];
    let both = out.par_chunks_exact_mut(side * side).zip(images.par_chunks_exact(height * width));
    both.for_each_init(Vec::new, |rows: &mut Vec<f32>, (new, old)| {
        rows.clear();
        for Weights { first, of } in &down {
            let sum = |x| of.iter().zip(*first..).map(|(weight, y)| weight * old[y * width + x]).sum::<f32>();
            rows.extend((0..width).map(sum));
        }
        for (new, row) in new.chunks_exact_mut(side).zip(rows.chunks_exact(width)) {
            for (new, Weights { first, of }) in new.iter_mut().zip(&across) {
                *new = of.iter().zip(&row[*first..]).map(|(weight, x)| weight * x).sum();
            }
        }
    });
    out
}

/// What one new pixel is made of along one axis.
struct Weights {
    /// The first old pixel.
    first: usize,
    /// Shares of it and those behind it; their sum is 1.
    of: Vec<f32>,
}

fn weights(old: usize, new: usize) -> Vec<Weights> {
    let ratio = old as f64 / new as f64;
    let reach = ratio.max(1.0);
    let of_one = |place: usize| {
        let centre = (place as f64 + 0.5) * ratio;
        let first = (centre - reach).floor().max(0.0) as usize;
        let end = ((centre + reach).ceil() as usize).min(old);
        let triangle = |i: usize| (1.0 - (i as f64 + 0.5 - centre).abs() / reach).max(0.0);
        let sum: f64 = (first..end).map(triangle).sum();
        Weights { first, of: (first..end).map(|i| (triangle(i) / sum) as f32).collect() }
    };
    (0..new).map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: &[f32], expected: &[f32]) {
        let is_near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-5;
        let is_same = found.len() == expected.len() && found.iter().zip(expected).all(is_near);
        assert!(is_same, "{found:?}, expected {expected:?}");
    }

    /// As `tests/reference/augment.py` prints them.
    #[test]
    fn sizes_are_changed_as_pytorch_does_it() {
        let image = [0.0, 4.0, 1.0, 9.0, 3.0, 2.0, 8.0, 5.0, 7.0, 6.0];
        assert_near(&resize(&image, [1, 2, 5], 2), &[2.272727, 5.045455, 5.363636, 6.272727]);
        let larger = [
            1.0, 2.75, 5.666667, 4.5, 1.625, 3.75, 5.791667, 4.9375, 2.875, 5.75, 6.041667, 5.8125, 3.5, 6.75,
            6.166667, 6.25,
        ];
        assert_near(&resize(&image, [1, 2, 5], 4), &larger);
    }

    #[test]
    fn every_plane_is_resized_by_itself_and_values_have_no_bounds() {
        let planes = [-300.0, 2.0, 7.0, 1e4];
        let images: Vec<f32> = planes.iter().flat_map(|&value| [value; 35]).collect();
        for side in [1, 3, 6, 20] {
            let resized = resize(&images, [2, 5, 7], side);
            assert_eq!(resized.len(), 4 * side * side);
            for (plane, value) in resized.chunks(side * side).zip(planes) {
                assert!(plane.iter().all(|x| (x / value - 1.0).abs() < 1e-5), "{side}: {plane:?}");
            }
        }
        assert_eq!(resize(&images, [1, 1, 1], 1), images);
        assert_eq!(resize(&[3.0], [1, 1, 1], 3), [3.0; 9]);
    }

    #[test]
    fn the_mean_of_a_larger_image_is_that_of_the_smaller_one() {
        let image: Vec<f32> = (0..64).map(|i| (i * 29 % 64) as f32).collect();
        let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
        // By a factor of two every old pixel has the same share.
        assert!((mean(&resize(&image, [1, 8, 8], 16)) - mean(&image)).abs() < 1e-3);
    }
}
