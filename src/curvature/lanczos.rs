//! Lanczos with full reorthogonalisation on exact Hessian-vector products: both ends of the spectrum.
//!
//! After m products H is known on a Krylov space as a tridiagonal matrix T = QᵀHQ. Eigenpairs (θ, s) of T give Ritz
//! pairs (θ, Qs) with residual ‖H·Qs − θ·Qs‖ = |β_m·s_m|. Without reorthogonalisation, rounding would bring back copies of
//! converged eigenvalues ("ghosts"). The basis is kept on the host in 64 bits.

use burn::tensor::Tensor;
use nalgebra::{DMatrix, SymmetricEigen};

use crate::model::{Objective, Purpose, gaussian, to_host};

/// A solve on its way.
#[derive(Debug, Clone)]
pub struct Lanczos {
    weights: Tensor<2>,
    max_products: usize,
    basis: Vec<Vec<f64>>,
    /// Diagonal of T.
    alpha: Vec<f64>,
    /// Off-diagonal of T; the last one belongs to the next basis vector.
    beta: Vec<f64>,
    exhausted: bool,
}

/// The ends of the spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectrumEnds {
    /// Largest Ritz value.
    pub largest: f64,
    /// Smallest Ritz value.
    pub smallest: f64,
    /// Residual of the largest.
    pub largest_residual: f64,
    /// Residual of the smallest.
    pub smallest_residual: f64,
    /// Hessian-vector products spent.
    pub products: usize,
    /// A start vector for the next solve nearby: both end vectors, equally weighted.
    pub warm_start: Vec<f64>,
}

impl Lanczos {
    /// Starts a solve at `weights` `[1, D]` with at most `max_products` products. A warm start saves products where the
    /// weights have moved little; a share of a random vector is mixed in, so that no eigenvector is ever shut out.
    #[must_use]
    pub fn new(weights: Tensor<2>, max_products: usize, warm_start: Option<&[f64]>, seed: u64) -> Self {
        let dimension = weights.dims()[1];
        let random: Vec<f64> = gaussian(seed, Purpose::Lanczos, 0, dimension).into_iter().map(f64::from).collect();
        let scale = norm(&random);
        let mut start: Vec<f64> = random.iter().map(|x| x / scale).collect();
        if let Some(warm) = warm_start {
            start.iter_mut().zip(warm).for_each(|(x, w)| *x = 0.1 * *x + w);
        }
        let scale = norm(&start);
        start.iter_mut().for_each(|x| *x /= scale);
        Self {
            weights,
            max_products: max_products.min(dimension),
            basis: vec![start],
            alpha: Vec::new(),
            beta: Vec::new(),
            exhausted: false,
        }
    }

    /// One Hessian-vector product; true when the solve is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let Some(last) = self.basis.get(self.alpha.len()).filter(|_| self.alpha.len() < self.max_products) else {
            return true;
        };
        let direction = objective.compute().tensor_f64(last.clone(), [1, last.len()]);
        let product = to_host(objective.hessian_product(self.weights.clone(), direction).product);
        self.extend(product);
        self.exhausted || self.alpha.len() >= self.max_products
    }

    /// Takes H·q of the last basis vector q: one more row of T and one more basis vector.
    fn extend(&mut self, mut product: Vec<f64>) {
        let last = &self.basis[self.alpha.len()];
        self.alpha.push(dot(&product, last));
        let before = norm(&product);
        // Twice is enough (Parlett): the second pass removes what rounding left of the first.
        for _ in 0..2 {
            for vector in &self.basis {
                let share = dot(&product, vector);
                product.iter_mut().zip(vector).for_each(|(x, v)| *x -= share * v);
            }
        }
        let beta = norm(&product);
        // Below the precision of 32-bit products nothing but rounding is left: the Krylov space is complete.
        self.exhausted = !beta.is_finite() || beta <= 1e-7 * before;
        self.beta.push(if self.exhausted { 0.0 } else { beta });
        if !self.exhausted {
            product.iter_mut().for_each(|x| *x /= beta);
            self.basis.push(product);
        }
    }

    /// What is known so far; `None` before the first product, or where a product was NaN or infinite.
    #[must_use]
    pub fn ends(&self) -> Option<SpectrumEnds> {
        let m = self.alpha.len();
        if m == 0 || self.alpha.iter().chain(&self.beta).any(|x| !x.is_finite()) {
            return None;
        }
        let tridiagonal = DMatrix::from_fn(m, m, |i, j| match i.abs_diff(j) {
            0 => self.alpha[i],
            1 => self.beta[i.min(j)],
            _ => 0.0,
        });
        let eigen = SymmetricEigen::new(tridiagonal);
        let order = |a: &usize, b: &usize| eigen.eigenvalues[*a].total_cmp(&eigen.eigenvalues[*b]);
        let (top, bottom) = ((0..m).max_by(order)?, (0..m).min_by(order)?);
        let residual = |pair: usize| (self.beta[m - 1] * eigen.eigenvectors[(m - 1, pair)]).abs();
        let warm_start = (0..self.basis[0].len())
            .map(|i| {
                (0..m)
                    .map(|j| self.basis[j][i] * (eigen.eigenvectors[(j, top)] + eigen.eigenvectors[(j, bottom)]))
                    .sum()
            })
            .collect();
        Some(SpectrumEnds {
            largest: eigen.eigenvalues[top],
            smallest: eigen.eigenvalues[bottom],
            largest_residual: residual(top),
            smallest_residual: residual(bottom),
            products: m,
            warm_start,
        })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Compute;

    /// Runs Lanczos on a diagonal matrix.
    fn solve(diagonal: &[f64], products: usize) -> SpectrumEnds {
        let compute = Compute::cpu_f64();
        let weights = compute.tensor(vec![0.0; diagonal.len()], [1, diagonal.len()]);
        let mut lanczos = Lanczos::new(weights, products, None, 5);
        while !lanczos.exhausted && lanczos.alpha.len() < lanczos.max_products {
            let last = &lanczos.basis[lanczos.alpha.len()];
            let product = last.iter().zip(diagonal).map(|(x, d)| x * d).collect();
            lanczos.extend(product);
        }
        lanczos.ends().unwrap()
    }

    #[test]
    fn both_ends_of_a_known_spectrum() {
        let diagonal: Vec<f64> = (0..60).map(|i| f64::from(i) * 0.1 - 2.0).collect();
        let ends = solve(&diagonal, 60);
        assert!((ends.largest - 3.9).abs() < 1e-8 && (ends.smallest + 2.0).abs() < 1e-8, "{ends:?}");
        assert!(ends.largest_residual < 1e-4 && ends.smallest_residual < 1e-4);
    }

    #[test]
    fn a_negative_end_that_is_larger_in_size_is_not_taken_for_the_largest() {
        let mut diagonal = vec![1.0; 30];
        diagonal[4] = -9.0;
        diagonal[7] = 3.0;
        let ends = solve(&diagonal, 30);
        assert!((ends.largest - 3.0).abs() < 1e-9 && (ends.smallest + 9.0).abs() < 1e-9, "{ends:?}");
        assert_eq!(ends.products, 3, "three different eigenvalues need three products");
    }
}
