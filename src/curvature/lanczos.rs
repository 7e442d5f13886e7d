//! Lanczos on exact Hessian-vector products: both ends of the spectrum, with residuals.
//!
//! The recurrence stands in [`super::krylov`]. Power iteration would find the eigenvalue of the largest size, which may be
//! the negative end; here both ends come apart, and each has its residual. All products of one solve are of one objective,
//! hence of one matrix.

mod search;

use burn::tensor::Tensor;
use serde::Serialize;

use crate::model::{Objective, to_host};
use crate::protocol::Progress;

use super::chain::Chain;
use super::krylov::RitzValues;
pub(super) use search::Search;
use search::{LEAST_PRECISION, Target, random_unit, warm_or_random};

/// Bytes that the basis of a solve for pairs may take.
const BASIS_BUDGET: usize = 1 << 30;

/// Vectors of so many numbers of `bytes` each that the basis of a solve for pairs holds; a few more where many pairs are wanted.
#[must_use]
pub const fn held_for(dimension: usize, bytes: usize) -> usize {
    match BASIS_BUDGET.checked_div(dimension * bytes) {
        Some(count) => count,
        None => BASIS_BUDGET,
    }
}

/// A solve on its way.
#[derive(Debug, Clone)]
pub struct Lanczos {
    weights: Tensor<2>,
    search: Search,
    /// A solve without a target on a GPU keeps its basis there.
    chain: Option<Box<Chain>>,
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

/// One Ritz pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RitzPair {
    /// θ, in units of the loss per squared unit of the weights.
    pub value: f64,
    /// ‖Hv − θv‖ for the unit vector v: an eigenvalue lies within it of θ.
    pub residual: f64,
    /// v, of norm 1 and length D, where asked for; its sign is arbitrary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f64>>,
}

/// Several pairs at both ends of the spectrum. Where 2k is more than the number of products, the two lists overlap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spectrum {
    /// The largest, descending; empty where a product was NaN or infinite, or before the first one.
    pub largest: Vec<RitzPair>,
    /// The smallest, ascending.
    pub smallest: Vec<RitzPair>,
    /// Hessian-vector products spent.
    pub products: usize,
    /// Whether the solve reached the tolerance that it was given; false for a solve without a target.
    pub converged: bool,
}

impl Lanczos {
    /// Starts a solve for the ends at `weights` `[1, D]` with at most `max_products` products; fewer where the Krylov space
    /// of the start is complete before. A warm start saves products where the weights have moved little; a share of a
    /// random vector is mixed in, so that no eigenvector is ever shut out.
    #[must_use]
    pub fn new(weights: Tensor<2>, max_products: usize, warm_start: Option<&[f64]>, seed: u64) -> Self {
        let start = warm_or_random(weights.dims()[1], warm_start, seed);
        Self::of(weights, Search::new(start, max_products, seed, None))
    }

    /// [`Self::for_pairs`] from a warm start, such as the sum of the vectors of a solve nearby.
    #[must_use]
    pub fn for_pairs_near(
        weights: Tensor<2>,
        k: usize,
        tolerance: f64,
        max_products: usize,
        warm_start: Option<&[f64]>,
        seed: u64,
    ) -> Self {
        let start = warm_or_random(weights.dims()[1], warm_start, seed);
        Self::of(weights, Search::new(start, max_products, seed, Some(Target { k, tolerance })))
    }

    /// Starts a solve for the `k` largest and the `k` smallest eigenvalues at `weights` `[1, D]`. It ends when the residuals
    /// of all 2k pairs are at most `tolerance` times the largest |θ| and a fresh chain, orthogonal to all before, has
    /// brought no further one (an eigenvalue that comes several times is found as often); or after D or `max_products`
    /// products. [`Spectrum::converged`] says which. The host keeps one vector of D numbers, as precise as the weights, for each
    /// product, up to a gigabyte of them, or 4k + 6 where these are more. Beyond, the search goes on with the vectors that are
    /// nearest to both ends.
    #[must_use]
    pub fn for_pairs(weights: Tensor<2>, k: usize, tolerance: f64, max_products: usize, seed: u64) -> Self {
        let dimension = weights.dims()[1];
        let start = random_unit(seed, 0, dimension);
        let target = Some(Target { k, tolerance });
        let held = held_for(dimension, weights.dtype().size());
        Self::of(weights, Search::within(held, start, max_products, seed, target))
    }

    fn of(weights: Tensor<2>, search: Search) -> Self {
        Self { weights, search, chain: None }
    }

    /// One Hessian-vector product; true when the solve is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.search.is_complete {
            return true;
        }
        let fits = Chain::fits(self.search.max_products, objective.num_parameters());
        if self.chain.is_some() || (!objective.compute().is_cpu() && self.search.num_pairs().is_none() && fits) {
            self.advance_chain(objective);
            return self.search.is_complete;
        }
        self.search.krylov.set_precision(objective.compute().epsilon().max(LEAST_PRECISION));
        let weights = &self.weights;
        self.search.step(|vector| {
            let dimension = vector.len();
            let direction = objective.compute().tensor_f64(vector, [1, dimension]);
            to_host(objective.hessian_product(weights.clone(), direction).product)
        })
    }

    /// The same where the basis is kept on the device.
    fn advance_chain(&mut self, objective: &Objective) {
        let Self { weights, search, chain } = self;
        let compute = objective.compute();
        let new = || {
            let start = search.krylov.next().unwrap_or_default();
            Box::new(Chain::new(start, search.max_products, compute))
        };
        let chain = chain.get_or_insert_with(new);
        let precision = compute.epsilon().max(LEAST_PRECISION);
        let goes_on = chain.step(precision, |vector| objective.hessian_product(weights.clone(), vector).product);
        search.is_complete = !goes_on;
    }

    fn products(&self) -> usize {
        self.chain.as_ref().map_or(self.search.krylov.len(), |chain| chain.len())
    }

    fn ritz(&self) -> Option<RitzValues> {
        self.chain.as_ref().map_or_else(|| self.search.krylov.ritz(), |chain| chain.ritz())
    }

    fn vector(&self, ritz: &RitzValues, index: usize) -> Vec<f64> {
        match &self.chain {
            Some(chain) => chain.vector(ritz, index),
            None => self.search.krylov.vector(ritz, index),
        }
    }

    /// Products done and products at most: a solve with a target mostly ends earlier.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let done = self.products() as u64;
        let total = if self.search.is_complete { done } else { self.search.max_products as u64 };
        Progress { done, total }
    }

    /// Products that the solve is expected to take: all of them where it has no target, else about 20 for each pair and as
    /// many to begin with, which a smooth spectrum with a few values at its ends needs.
    #[must_use]
    pub fn expected(&self) -> u64 {
        let usual = self.search.num_pairs().map_or(u64::MAX, |k| 20 + 20 * k as u64);
        let Progress { done, total } = self.progress();
        // Beyond what was expected, as much again is as good a guess as any.
        total.min(if done < usual { usual } else { done + done / 2 })
    }

    /// What is known so far of the two ends; `None` before the first product, or where a product was NaN or infinite.
    #[must_use]
    pub fn ends(&self) -> Option<SpectrumEnds> {
        let ritz = self.ritz()?;
        let last = ritz.values.len() - 1;
        let (top, bottom) = (self.vector(&ritz, last), self.vector(&ritz, 0));
        Some(SpectrumEnds {
            largest: ritz.values[last],
            smallest: ritz.values[0],
            largest_residual: ritz.residuals[last],
            smallest_residual: ritz.residuals[0],
            products: self.products(),
            warm_start: top.iter().zip(&bottom).map(|(top, bottom)| top + bottom).collect(),
        })
    }

    /// What is known so far of the `k` largest and the `k` smallest eigenvalues, with their vectors where asked for.
    #[must_use]
    pub fn spectrum(&self, k: usize, with_vectors: bool) -> Spectrum {
        let products = self.products();
        let Some(ritz) = self.ritz() else {
            return Spectrum { largest: Vec::new(), smallest: Vec::new(), products, converged: false };
        };
        let m = ritz.values.len();
        let pair = |index: usize| RitzPair {
            value: ritz.values[index],
            residual: ritz.residuals[index],
            vector: with_vectors.then(|| self.vector(&ritz, index)),
        };
        Spectrum {
            largest: (m.saturating_sub(k)..m).rev().map(pair).collect(),
            smallest: (0..k.min(m)).map(pair).collect(),
            products,
            converged: self.search.has_converged,
        }
    }
}
