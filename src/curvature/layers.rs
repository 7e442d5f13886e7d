//! The trace of each parameter tensor's diagonal block: Tr Hₗₗ = E[⟨vₗ, (Hv)ₗ⟩] for random signs v.
//!
//! The blocks' traces add up to the trace of H. All parameters are probed, weights and biases alike: the same set that
//! noise acts on.

use burn::tensor::Tensor;

use crate::model::{Objective, Purpose, rademacher, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes of one unit; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 4;

/// The traces of all tensors on their way.
#[derive(Debug, Clone)]
pub struct LayerTraces {
    weights: Tensor<2>,
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
        Self { weights, probes, seed, names: Vec::new(), values: Vec::new() }
    }

    /// One unit of work; true when the estimate is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let parameters = &objective.network().architecture().parameters;
        if self.names.is_empty() {
            self.names = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        }
        let done = self.values.len();
        let unit = PROBES_PER_UNIT.min(objective.chunk_size()).min(self.probes - done);
        if unit > 0 {
            let dimension = objective.num_parameters();
            let signs = rademacher(self.seed, Purpose::LayerProbes, done as u64, unit * dimension);
            let directions = objective.compute().tensor(signs, [unit, dimension]);
            let weights = self.weights.clone().repeat_dim(0, unit);
            let products = directions.clone() * objective.hessian_product(weights, directions).product;
            let sums = parameters.iter().map(|parameter| {
                let share = products.clone().slice([0..unit, parameter.range()]);
                share.sum_dim(1)
            });
            let sums = to_host(Tensor::cat(sums.collect(), 1));
            self.values.extend(sums.chunks(parameters.len()).map(<[f64]>::to_vec));
        }
        self.values.len() >= self.probes
    }

    /// Probes done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.values.len() as u64, total: self.probes as u64 }
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
