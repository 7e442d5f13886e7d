//! How noisy the gradient is that one-point and two-point noise give, against the number of samples.
//!
//! One-point: ĝ = (1/k) Σⱼ ∇L(w+Uⱼ), k gradients. Two-point: ĝ = (1/2k) Σⱼ (∇L(w+Uⱼ) + ∇L(w−Uⱼ)), 2k gradients. To first
//! order ∇L(w+U) = ∇L + H·U, which the pair cancels: its variance is of the order σ⁴ instead of σ². At equal k the pair
//! costs twice as many gradients; compare it with one-point noise of 2k samples for equal cost.
//!
//! The variance is the trace of the covariance, E‖ĝ − E ĝ‖². Two independent draws ĝ, ĝ′ give ½‖ĝ − ĝ′‖², whose mean it is:
//! independent values, hence an honest standard error.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::config::NoiseDistribution;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

use super::statistics::pair_points;

/// A measurement on its way.
#[derive(Debug, Clone)]
pub struct GradientVariance {
    weights: Tensor<2>,
    sigma: f64,
    samples: Vec<usize>,
    draws: usize,
    distribution: NoiseDistribution,
    seed: u64,
    /// ½‖ĝ − ĝ′‖² for one-point and two-point noise, of each couple of draws and each k.
    values: Vec<Vec<[f64; 2]>>,
}

/// The variances of one number of samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientVarianceRow {
    /// k, samples of one estimate.
    pub k: usize,
    /// Trace of the covariance of the one-point estimate, which costs k gradients.
    pub one_point: Estimate,
    /// Trace of the covariance of the two-point estimate, which costs 2k gradients.
    pub two_point: Estimate,
}

impl GradientVariance {
    /// Starts a measurement at `weights` `[1, D]` for the numbers of samples `k`, each at least 1, from `draws` couples of
    /// independent draws.
    #[must_use]
    pub fn new(
        weights: Tensor<2>,
        sigma: f64,
        k: &[usize],
        draws: usize,
        distribution: NoiseDistribution,
        seed: u64,
    ) -> Self {
        let mut samples: Vec<usize> = k.iter().map(|&k| k.max(1)).collect();
        samples.sort_unstable();
        samples.dedup();
        Self { weights, sigma, samples, draws, distribution, seed, values: Vec::new() }
    }

    /// One couple of draws, 4 gradients for each of the most samples; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.values.len() < self.draws && !self.samples.is_empty() {
            let couple = 2 * self.values.len() as u64;
            let (one, two) = (self.estimates(objective, couple), self.estimates(objective, couple + 1));
            let rows = self.samples.len();
            let difference = one - two;
            let squares = to_host((difference.clone() * difference).sum_dim(1));
            self.values.push((0..rows).map(|row| [0.5 * squares[row], 0.5 * squares[rows + row]]).collect());
        }
        self.values.len() >= self.draws || self.samples.is_empty()
    }

    /// One draw: the one-point estimates for each k, then the two-point ones, `[2·K, D]`.
    fn estimates(&self, objective: &Objective, draw: u64) -> Tensor<2> {
        let (dimension, most) = (objective.num_parameters(), self.samples.last().copied().unwrap_or(1));
        let stream = Stream { seed: self.seed, purpose: Purpose::GradientDraws, index: draw };
        let noise = stream.noise(self.distribution, [most, dimension], objective.compute()) * self.sigma;
        let (_, gradients) = objective.gradients(pair_points(&self.weights, &noise));
        let plus = gradients.clone().slice([0..most]);
        let both = (plus.clone() + gradients.slice([most..2 * most])) * 0.5;
        let mean = |rows: &Tensor<2>, k: usize| rows.clone().slice([0..k]).mean_dim(0);
        let one = self.samples.iter().map(|&k| mean(&plus, k));
        let two = self.samples.iter().map(|&k| mean(&both, k));
        Tensor::cat(one.chain(two).collect(), 0)
    }

    /// Couples of draws done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.values.len() as u64, total: self.draws as u64 }
    }

    /// ½‖ĝ − ĝ′‖² of one-point and two-point noise for one k, of each couple of draws so far; nothing where k was not asked for.
    pub fn values(&self, k: usize) -> impl Iterator<Item = [f64; 2]> {
        let row = self.samples.iter().position(|&samples| samples == k);
        row.into_iter().flat_map(|row| self.values.iter().map(move |couple| couple[row]))
    }

    /// The variances so far, by ascending k.
    #[must_use]
    pub fn result(&self) -> Vec<GradientVarianceRow> {
        let of = |row: usize, points: usize| Estimate::of(self.values.iter().map(|couple| couple[row][points]));
        let rows = self.samples.iter().enumerate();
        rows.map(|(row, &k)| GradientVarianceRow { k, one_point: of(row, 0), two_point: of(row, 1) }).collect()
    }
}
