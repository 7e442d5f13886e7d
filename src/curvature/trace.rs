//! Hutchinson's trace: Tr H = E[vᵀHv] for random signs v, each vᵀHv exact, by jets.
//!
//! The variance of one probe is 2(‖H‖²_F − Σ Hᵢᵢ²), which random signs keep below that of Gaussian probes. The number of
//! probes is fixed beforehand; stopping when the mean moves little would stop by luck.

use burn::tensor::Tensor;

use crate::model::{Objective, Purpose, rademacher, to_host};

/// Probes of one pass; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 8;

/// A trace on its way.
#[derive(Debug, Clone)]
pub struct TraceEstimate {
    weights: Tensor<2>,
    probes: usize,
    seed: u64,
    index: u64,
    values: Vec<f64>,
}

impl TraceEstimate {
    /// Starts an estimate at `weights` `[1, D]`. `index` names the estimate, so that each has probes of its own.
    #[must_use]
    pub const fn new(weights: Tensor<2>, probes: usize, seed: u64, index: u64) -> Self {
        Self { weights, probes, seed, index, values: Vec::new() }
    }

    /// One unit of work; true when the estimate is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let missing = self.probes - self.values.len();
        let unit = PROBES_PER_UNIT.min(objective.chunk_size()).min(missing);
        if unit > 0 {
            let dimension = objective.num_parameters();
            // Unit n takes stream n of this estimate: 2³² units an estimate, far beyond any budget.
            let stream = (self.index << 32) | self.values.len() as u64;
            let signs = rademacher(self.seed, Purpose::Probes, stream, unit * dimension);
            let directions = objective.compute().tensor(signs, [unit, dimension]);
            self.values.extend(to_host(objective.curvature_sums(self.weights.clone(), directions, unit)));
        }
        self.values.len() >= self.probes
    }

    /// vᵀHv of each probe so far.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}
