//! What is done to scores and shares, key by key: rows are keys, columns the queries of a block, so that sums over the keys a
//! query sees are sums of rows.

use burn::tensor::ElementConversion as _;

use super::number::Number;
use super::product::Matrix;
use crate::model::kernels::functions::vectorised;

/// Which keys the queries of a block see.
pub(super) struct Sight<'a, T> {
    /// The first query.
    pub start: usize,
    /// Whether a query sees none of the keys after it.
    pub causal: bool,
    /// 0 where a key is seen by none.
    pub padding: Option<&'a [T]>,
}

impl<T: Number> Sight<'_, T> {
    /// The queries at the beginning of a block of `width` that do not see a key.
    fn blind(&self, key: usize, width: usize) -> usize {
        if self.padding.is_some_and(|padding| padding[key] == T::default()) {
            width
        } else if self.causal {
            key.saturating_sub(self.start).min(width)
        } else {
            0
        }
    }

    /// Softmax over the keys that each query sees, in place; 0 for the other ones.
    pub fn softmax(&self, scores: &mut Matrix<T>) {
        let (width, zero) = (scores.width(), T::default());
        let mut greatest = vec![f64::NEG_INFINITY.elem::<T>(); width];
        let mut totals = vec![zero; width];
        vectorised(
            // Too long a body to be inlined by itself into code for each kind of processor.
            #[inline(always)]
            || {
                for (key, row) in scores.rows().enumerate() {
                    let blind = self.blind(key, width);
                    let seen = greatest[blind..].iter_mut().zip(&row[blind..]);
                    seen.for_each(|(most, &s)| *most = if s > *most { s } else { *most });
                }
                for (key, row) in scores.rows_mut().enumerate() {
                    let blind = self.blind(key, width);
                    row[..blind].fill(zero);
                    let seen = row[blind..].iter_mut().zip(&greatest[blind..]).zip(&mut totals[blind..]);
                    seen.for_each(|((s, &most), total)| {
                        *s = (*s - most).exp();
                        *total += *s;
                    });
                }
                // A query that sees nothing has no shares.
                totals.iter_mut().for_each(|total| *total = if *total == zero { zero } else { total.recip() });
                for row in scores.rows_mut() {
                    row.iter_mut().zip(&totals).for_each(|(p, &share)| *p = *p * share);
                }
            },
        );
    }
}

/// Σ p·a over the keys, for each query.
pub(super) fn means<T: Number>(p: &Matrix<T>, a: &Matrix<T>) -> Vec<T> {
    let mut sums = vec![T::default(); p.width()];
    add_means(p, a, &mut sums);
    sums
}

/// Adds Σ p·a to the sums of each query.
pub(super) fn add_means<T: Number>(p: &Matrix<T>, a: &Matrix<T>, sums: &mut [T]) {
    vectorised(|| {
        for (p, a) in p.rows().zip(a.rows()) {
            sums.iter_mut().zip(p).zip(a).for_each(|((sum, &p), &a)| *sum += p * a);
        }
    });
}

/// a := p·(a − μ) with a mean μ for each query.
pub(super) fn spread<T: Number>(p: &Matrix<T>, a: &mut Matrix<T>, means: &[T]) {
    vectorised(|| {
        for (p, a) in p.rows().zip(a.rows_mut()) {
            a.iter_mut().zip(p).zip(means).for_each(|((a, &p), &mean)| *a = p * (*a - mean));
        }
    });
}

/// a := p·(a − μ), and w := w + (a − μ)².
pub(super) fn spread_and_square<T: Number>(p: &Matrix<T>, a: &mut Matrix<T>, w: &mut Matrix<T>, means: &[T]) {
    vectorised(
        #[inline(always)]
        || {
            for ((p, a), w) in p.rows().zip(a.rows_mut()).zip(w.rows_mut()) {
                for (((a, w), &p), &mean) in a.iter_mut().zip(w).zip(p).zip(means) {
                    let u = *a - mean;
                    *w += u * u;
                    *a = p * u;
                }
            }
        },
    );
}

/// b := q·(a − μ) + p·(b − ν) with means μ and ν for each query.
pub(super) fn spread_along<T: Number>(
    [p, q]: [&Matrix<T>; 2],
    (a, a_means): (&Matrix<T>, &[T]),
    (b, b_means): (&mut Matrix<T>, &[T]),
) {
    vectorised(
        #[inline(always)]
        || {
            for (((p, q), a), b) in p.rows().zip(q.rows()).zip(a.rows()).zip(b.rows_mut()) {
                let places = p.iter().zip(q).zip(a).zip(b).zip(a_means.iter().zip(b_means));
                places.for_each(|((((&p, &q), &a), b), (&m, &n))| *b = q * (a - m) + p * (*b - n));
            }
        },
    );
}

/// Twice each number.
pub(super) fn double<T: Number>(a: &mut Matrix<T>) {
    vectorised(|| a.rows_mut().for_each(|row| row.iter_mut().for_each(|a| *a = *a + *a)));
}
