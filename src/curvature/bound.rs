//! The measurable terms of the generalisation bound of Zhang, Li, Ju (2024), Theorem 2.1: √(α·r²/n), up to its constant.
//!
//! α is the greatest Tr ∇²ℓ over examples, r = ‖w − w₀‖ the distance from the initial weights, n the number of training
//! examples. The theorem takes α over all data and all weights within r; what can be measured is the greatest over the
//! stated examples (or batches of them) at w. Its constant depends on the loss's bound and is left to the user.
//!
//! Every trace is Hutchinson's, with the same random signs for all examples, so it carries noise, and the *greatest* of
//! noisy estimates is biased upwards: with n examples by up to about √(2·ln n) standard errors. Therefore the report has,
//! beside the greatest, its standard error, and an estimate without that bias for the same purpose: the example that the
//! even probes found greatest, measured by the odd probes alone.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes of one unit; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 4;

/// A measurement on its way.
#[derive(Debug, Clone)]
pub struct Bound {
    weights: Tensor<2>,
    initial: Tensor<2>,
    probes: usize,
    batch: usize,
    seed: u64,
    /// vᵀ∇²ℓᵢv of each probe and example, probe by probe.
    values: Vec<Vec<f64>>,
    distance: Option<f64>,
}

/// The greatest trace over examples or over batches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GreatestTrace {
    /// Which one: its position from 0.
    pub index: usize,
    /// Its trace. As the greatest of noisy estimates it is biased upwards.
    pub trace: Estimate,
    /// The trace of the one that the even probes found greatest, from the odd probes alone: free of that bias, and at most
    /// as great as α on average. NaN for fewer than two probes.
    pub unbiased: Estimate,
}

/// The terms of the bound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoundReport {
    /// Over single examples.
    pub examples: GreatestTrace,
    /// Over batches of consecutive examples.
    pub batches: GreatestTrace,
    /// Examples of a batch; the last one may have fewer.
    pub batch: usize,
    /// r = ‖w − w₀‖.
    pub distance: f64,
    /// n, the number of examples.
    pub num_examples: usize,
    /// Probes so far.
    pub probes: usize,
}

impl BoundReport {
    /// C·√(α·r²/n) with α over examples; `None` where α is negative or NaN, which gives no bound.
    #[must_use]
    pub fn by_examples(&self, constant: f64) -> Option<f64> {
        self.value(self.examples.trace.mean, constant)
    }

    /// C·√(α·r²/n) with α over batches; `None` where α is negative or NaN, which gives no bound.
    #[must_use]
    pub fn by_batches(&self, constant: f64) -> Option<f64> {
        self.value(self.batches.trace.mean, constant)
    }

    fn value(&self, alpha: f64, constant: f64) -> Option<f64> {
        (alpha >= 0.0).then(|| constant * (alpha * self.distance * self.distance / self.num_examples as f64).sqrt())
    }
}

impl Bound {
    /// Starts a measurement at `weights` `[1, D]`, away from `initial` `[1, D]`, with `probes` probes, over examples and
    /// over batches of `batch` consecutive examples (at least 1).
    #[must_use]
    pub fn new(weights: Tensor<2>, initial: Tensor<2>, probes: usize, batch: usize, seed: u64) -> Self {
        Self { weights, initial, probes, batch: batch.max(1), seed, values: Vec::new(), distance: None }
    }

    /// One unit of work; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.distance.is_none() {
            let difference = to_host(self.weights.clone() - self.initial.clone());
            self.distance = Some(difference.iter().map(|x| x * x).sum::<f64>().sqrt());
        }
        let done = self.values.len();
        let unit = PROBES_PER_UNIT.min(objective.chunk_size()).min(self.probes - done);
        if unit > 0 {
            let dimension = objective.num_parameters();
            let stream = Stream { seed: self.seed, purpose: Purpose::Bound, index: done as u64 };
            let directions = stream.signs([unit, dimension], objective.compute());
            let curvatures = to_host(objective.example_curvatures(&self.weights, &directions));
            self.values.extend(curvatures.chunks(objective.num_examples()).map(<[f64]>::to_vec));
        }
        self.values.len() >= self.probes
    }

    /// Probes done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.values.len() as u64, total: self.probes as u64 }
    }

    /// The terms from the probes so far; `None` before the first.
    #[must_use]
    pub fn result(&self) -> Option<BoundReport> {
        let num_examples = self.values.first()?.len();
        let batches: Vec<Vec<f64>> = self.values.iter().map(|probe| means(probe, self.batch)).collect();
        Some(BoundReport {
            examples: greatest(&self.values),
            batches: greatest(&batches),
            batch: self.batch,
            distance: self.distance?,
            num_examples,
            probes: self.values.len(),
        })
    }
}

/// The means of consecutive parts of `size`.
fn means(values: &[f64], size: usize) -> Vec<f64> {
    values.chunks(size).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect()
}

/// The greatest mean over probes; NaN counts as greater than all, so that it is seen.
fn greatest(probes: &[Vec<f64>]) -> GreatestTrace {
    let of = |which: &[&Vec<f64>], index: usize| Estimate::of(which.iter().map(|probe| probe[index]));
    let argmax = |which: &[&Vec<f64>]| {
        let sums = (0..which[0].len()).map(|index| which.iter().map(|probe| probe[index]).sum::<f64>());
        sums.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
    };
    let all: Vec<&Vec<f64>> = probes.iter().collect();
    let (even, odd): (Vec<&Vec<f64>>, Vec<&Vec<f64>>) =
        (all.iter().step_by(2).copied().collect(), all.iter().skip(1).step_by(2).copied().collect());
    let index = argmax(&all);
    GreatestTrace { index, trace: of(&all, index), unbiased: of(&odd, argmax(&even)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_is_the_greatest_mean_and_its_check_uses_other_probes() {
        let probes = [vec![1.0, 5.0, 2.0], vec![3.0, 1.0, 2.0], vec![1.0, 9.0, 2.0], vec![3.0, -7.0, 2.0]];
        let found = greatest(&probes);
        // Means 2, 2, 2 but for rounding: the last of equals. Even probes alone favour the second, odd ones refute it.
        assert_eq!(found.trace.mean, 2.0);
        assert_eq!(found.unbiased.mean, -3.0);
        assert_eq!(means(&[1.0, 3.0, 5.0], 2), [2.0, 5.0]);
    }

    #[test]
    fn a_negative_trace_gives_no_bound() {
        let trace = |mean: f64| Estimate { mean, stderr: 0.1, samples: 8 };
        let greatest = |mean| GreatestTrace { index: 0, trace: trace(mean), unbiased: trace(mean) };
        let report = |mean| BoundReport {
            examples: greatest(mean),
            batches: greatest(mean),
            batch: 1,
            distance: 3.0,
            num_examples: 50,
            probes: 8,
        };
        assert_eq!(report(8.0).by_examples(2.0), Some(2.0 * (8.0_f64 * 9.0 / 50.0).sqrt()));
        assert_eq!(report(-0.1).by_batches(1.0), None);
        assert_eq!(report(f64::NAN).by_examples(1.0), None);
    }
}
