//! The trace of each parameter tensor's diagonal block: Tr Hₗₗ = E[⟨vₗ, (Hv)ₗ⟩] for random signs v.
//!
//! The blocks' traces add up to the trace of H. All parameters are probed, weights and biases alike: the same set that
//! noise acts on.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::model::{Objective, Parameter, Purpose, Stream, range_sums, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes of one unit; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 4;

/// The traces of all tensors on their way.
#[derive(Debug, Clone)]
pub struct LayerTraces {
    weights: Tensor<2>,
    /// Its first probe: 0, but for a piece of an estimate.
    first: usize,
    /// Where its probes end.
    probes: usize,
    seed: u64,
    names: Vec<String>,
    /// ⟨vₗ, (Hv)ₗ⟩ of each probe and tensor, probe by probe.
    values: Vec<Vec<f64>>,
}

impl LayerTraces {
    /// Starts an estimate at `weights` `[1, D]` from `probes` probes.
    #[must_use]
    pub const fn new(weights: Tensor<2>, probes: usize, seed: u64) -> Self {
        Self { weights, first: 0, probes, seed, names: Vec::new(), values: Vec::new() }
    }

    /// A piece of it: some of its probes, with the values that they have in the whole where the range begins and ends at a
    /// multiple of [`Self::border`], or at the end.
    #[must_use]
    pub fn only(self, probes: Range<usize>) -> Self {
        Self { first: probes.start, probes: probes.end.min(self.probes), ..self }
    }

    /// Probes that a piece has a multiple of: those of a unit.
    #[must_use]
    pub fn border(objective: &Objective) -> usize {
        PROBES_PER_UNIT.min(objective.chunk_size())
    }

    /// The estimate with what its pieces found: the values of each probe, in order.
    #[must_use]
    pub fn known(self, values: Vec<Vec<f64>>) -> Self {
        Self { values, ..self }
    }

    /// ⟨vₗ, (Hv)ₗ⟩ of each probe so far, and of each tensor.
    #[must_use]
    pub fn values(&self) -> &[Vec<f64>] {
        &self.values
    }

    /// One unit of work; true when the estimate is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let parameters = &objective.network().architecture().parameters;
        if self.names.is_empty() {
            self.names = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        }
        let done = self.first + self.values.len();
        let unit = Self::border(objective).min(self.probes.saturating_sub(done));
        if unit > 0 {
            let dimension = objective.num_parameters();
            let stream = Stream { seed: self.seed, purpose: Purpose::LayerProbes, index: done as u64 };
            let directions = stream.signs([unit, dimension], objective.compute());
            let weights = self.weights.clone().repeat_dim(0, unit);
            let products = directions.clone() * objective.hessian_product(weights, directions).product;
            let ranges: Vec<_> = parameters.iter().map(Parameter::range).collect();
            let sums = to_host(range_sums(&products, &ranges));
            self.values.extend(sums.chunks(parameters.len()).map(<[f64]>::to_vec));
        }
        self.first + self.values.len() >= self.probes
    }

    /// Probes done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.values.len() as u64, total: self.probes.saturating_sub(self.first) as u64 }
    }

    /// The trace of each tensor so far, in the order of the model's parameters; empty before the first unit.
    #[must_use]
    pub fn result(&self) -> Vec<(String, Estimate)> {
        let tensors = self.names.iter().enumerate();
        let of = |tensor: usize| Estimate::of(self.values.iter().map(|probe| probe[tensor]));
        tensors.map(|(tensor, name)| (name.clone(), of(tensor))).collect()
    }

    /// The trace of H from the same probes. Its standard error is that of the sum; the tensors' errors are correlated.
    #[must_use]
    pub fn total(&self) -> Estimate {
        Estimate::of(self.values.iter().map(|probe| probe.iter().sum()))
    }
}
