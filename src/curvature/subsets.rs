//! The same figures on two sets of examples: how far a curvature is a property of the model, not of the examples chosen.
//!
//! On too few examples traces and λmax scatter by factors (PyHessian's authors advise about 4 000 for CIFAR). The trace of
//! a mean over examples is the mean of the traces; λmax is not: the mean of the parts' λmax is at least the whole's.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::model::Objective;
use crate::protocol::{Estimate, Progress};

use super::{Lanczos, TraceEstimate};

/// A comparison on its way.
#[derive(Debug, Clone)]
pub struct SubsetCheck {
    traces: [TraceEstimate; 2],
    solves: [Lanczos; 2],
}

/// The figures on both sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubsetReport {
    /// Tr ∇²L on each, with the same probes.
    pub traces: [Estimate; 2],
    /// The second minus the first. The standard error is that of the probes, which both share; it says nothing of what a
    /// third set of examples would give.
    pub trace_difference: Estimate,
    /// λmax on each; NaN where a product was not finite.
    pub lambda_max: [f64; 2],
    /// The second minus the first.
    pub lambda_max_difference: f64,
}

impl SubsetCheck {
    /// Starts a comparison at `weights` `[1, D]` with `probes` probes and at most `products` Hessian-vector products for each
    /// set.
    #[must_use]
    pub fn new(weights: &Tensor<2>, probes: usize, products: usize, seed: u64) -> Self {
        let trace = || TraceEstimate::new(weights.clone(), probes, seed, 0);
        let solve = || Lanczos::new(weights.clone(), products, None, seed);
        Self { traces: [trace(), trace()], solves: [solve(), solve()] }
    }

    /// One unit of work on each set; true when the comparison is complete.
    pub fn advance(&mut self, sets: [&Objective; 2]) -> bool {
        let mut is_complete = true;
        for (index, objective) in sets.into_iter().enumerate() {
            is_complete &= self.traces[index].advance(objective) && self.solves[index].advance(objective);
        }
        is_complete
    }

    /// Probes and products done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let parts = self.traces.iter().map(TraceEstimate::progress).chain(self.solves.iter().map(Lanczos::progress));
        let sum =
            |sum: Progress, part: Progress| Progress { done: sum.done + part.done, total: sum.total + part.total };
        parts.fold(Progress { done: 0, total: 0 }, sum)
    }

    /// The figures so far.
    #[must_use]
    pub fn result(&self) -> SubsetReport {
        let [first, second] = &self.traces;
        let lambda_max = [0, 1].map(|index: usize| self.solves[index].ends().map_or(f64::NAN, |ends| ends.largest));
        SubsetReport {
            traces: [first.estimate(), second.estimate()],
            trace_difference: second.difference(first),
            lambda_max,
            lambda_max_difference: lambda_max[1] - lambda_max[0],
        }
    }
}
