//! Softmax of many small rows, and the numbers that losses are made of.

use burn::tensor::Element;
use bytemuck::Pod;

use crate::model::kernels::functions::{exp, ln, vectorised};

/// A number that losses are made of.
pub(super) trait Number:
    Element
    + Pod
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
{
    /// eˣ of each x ≤ 0, in place.
    fn exp_all(values: &mut [Self]);

    /// ln x of each x, in place.
    fn ln_all(values: &mut [Self]);

    /// 1/x
    fn recip(self) -> Self;
}

impl Number for f32 {
    fn exp_all(values: &mut [Self]) {
        vectorised(|| values.iter_mut().for_each(|x| *x = if x.is_nan() { *x } else { exp(*x) }));
    }

    fn ln_all(values: &mut [Self]) {
        vectorised(|| values.iter_mut().for_each(|x| *x = ln(*x)));
    }

    fn recip(self) -> Self {
        1.0 / self
    }
}

impl Number for f64 {
    fn exp_all(values: &mut [Self]) {
        values.iter_mut().for_each(|x| *x = x.exp());
    }

    fn ln_all(values: &mut [Self]) {
        values.iter_mut().for_each(|x| *x = x.ln());
    }

    fn recip(self) -> Self {
        1.0 / self
    }
}

/// Σ of some numbers.
pub(super) fn sum<T: Number>(values: &[T]) -> T {
    values.iter().fold(T::default(), |sum, &value| sum + value)
}

/// Softmax of rows, with what its logarithm needs.
pub(super) struct Softmax<T> {
    pub p: Vec<T>,
    k: usize,
    /// Greatest logit of each row.
    greatest: Vec<T>,
    /// ln Σ exp(z − greatest) of each row.
    log_sums: Vec<T>,
}

impl<T: Number> Softmax<T> {
    /// Of rows of `k` logits.
    pub fn of(z: &[T], k: usize) -> Self {
        let mut p = z.to_vec();
        let mut greatest = Vec::with_capacity(z.len() / k);
        for row in p.chunks_exact_mut(k) {
            let most = row.iter().copied().fold(row[0], |most, z| if z > most { z } else { most });
            row.iter_mut().for_each(|z| *z = *z - most);
            greatest.push(most);
        }
        T::exp_all(&mut p);
        let mut log_sums: Vec<T> = p.chunks_exact(k).map(sum).collect();
        for (row, &total) in p.chunks_exact_mut(k).zip(&log_sums) {
            let share = T::recip(total);
            row.iter_mut().for_each(|p| *p = *p * share);
        }
        T::ln_all(&mut log_sums);
        Self { p, k, greatest, log_sums }
    }

    /// The shares of a row.
    pub fn row(&self, row: usize) -> &[T] {
        &self.p[row * self.k..(row + 1) * self.k]
    }

    /// Σ t·(lse z − z)
    pub fn loss(&self, row: usize, z: &[T], t: &[T]) -> T {
        let lse = self.greatest[row] + self.log_sums[row];
        z.iter().zip(t).fold(T::default(), |sum, (&z, &t)| sum + t * (lse - z))
    }

    /// p·Σt − t of each class.
    pub fn residuals(&self, row: usize, t: &[T]) -> impl Iterator<Item = T> {
        let total = sum(t);
        self.row(row).iter().zip(t).map(move |(&p, &t)| p * total - t)
    }
}
