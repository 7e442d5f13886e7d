//! Tr H as it moves: single Hutchinson probes, each at the weights of its own step, reduced to the newest step.
//!
//! A probe may see a part of the examples only, where all of them take too long: the parts come in turn, each counted by its
//! share of the targets, so that a round of them is as unbiased as a pass over all. What the parts differ by is part of the
//! probes' spread, hence of the stated error.

use burn::tensor::Tensor;

use super::drift::{Drift, Drifted};
use crate::model::{Objective, Purpose, rademacher, to_host};

/// A trace that follows a run.
#[derive(Debug, Clone)]
pub struct StreamedTrace {
    seed: u64,
    /// Probes so far, which name their streams.
    probes: u64,
    /// Parts so far.
    parts: usize,
    drift: Drift,
}

impl StreamedTrace {
    /// A trace without any probe yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, probes: 0, parts: 0, drift: Drift::default() }
    }

    /// Forgets all probes: what comes next belongs to other weights or to another loss. No probe comes twice all the same.
    pub fn restart(&mut self) {
        self.drift.clear();
    }

    /// Takes `count` probes, each a sample vᵀHv at `weights` `[1, D]` of step `step`, on at most `examples` of the objective's
    /// examples. Steps never descend but for a restart; `count` is at most [`Objective::chunk_size`].
    pub fn probe(&mut self, step: u64, weights: &Tensor<2>, objective: &Objective, count: usize, examples: usize) {
        let all = objective.num_examples();
        let parts = if objective.falls_apart() { all.div_ceil(examples.max(1)).min(all).max(1) } else { 1 };
        let turn = self.parts % parts;
        self.parts += 1;
        let part = objective.part(turn * all / parts..(turn + 1) * all / parts);
        let share = part.num_targets() as f64 / objective.num_targets().max(1) as f64;
        let dimension = objective.num_parameters();
        let mut signs = Vec::with_capacity(count * dimension);
        for _ in 0..count {
            signs.extend(rademacher(self.seed, Purpose::StreamedProbes, self.probes, dimension));
            self.probes += 1;
        }
        let directions = objective.compute().tensor(signs, [count, dimension]);
        for value in to_host(part.curvature_sums(weights.clone(), directions, count)) {
            let sample = value * share * parts as f64;
            // A trace that is not finite says nothing of the weights after it.
            if sample.is_finite() {
                self.drift.push(step, sample);
            }
        }
    }

    /// The trace at the step of the newest probe; `None` before the first.
    #[must_use]
    pub fn now(&self) -> Option<Drifted> {
        self.drift.now()
    }
}
