//! E L(w + U) − L(w) against σ²/2·Tr ∇²L: antithetic pairs over a grid of σ, and an independent trace of the same parameters.
//!
//! All σ have the same directions, so rows differ by σ and not by luck; their errors are correlated for it.

use burn::tensor::Tensor;

use crate::config::{NoiseStability, NoisyParameters};
use crate::curvature::TraceEstimate;
use crate::engine::units::Units;
use crate::model::{Objective, Parameter};
use crate::noise::{SigmaSweep, variance};
use crate::protocol::{Estimate, Progress};
use crate::report::kinds::{StabilityFound, StabilityRow};

pub(super) struct Stability {
    trace: TraceEstimate,
    is_traced: bool,
    sweep: SigmaSweep,
    /// Parameters that are noisy.
    parameters: usize,
}

impl Stability {
    /// At weights `[1, D]`.
    pub fn new(settings: &NoiseStability, weights: &Tensor<2>, objective: &Objective, seed: u64) -> Self {
        let NoiseStability { sigmas, pairs, probes, distribution, .. } = settings;
        let trace = TraceEstimate::new(weights.clone(), *probes, seed, 0);
        let sweep = SigmaSweep::new(weights.clone(), sigmas, *pairs, *distribution, seed);
        let dimension = objective.num_parameters();
        if settings.parameters == NoisyParameters::All {
            return Self { trace, is_traced: false, sweep, parameters: dimension };
        }
        let architecture = objective.network().architecture();
        let is_matrix = |parameter: &Parameter| parameter.shape.len() > 1;
        let mask = objective.compute().tensor(architecture.mask(is_matrix), [1, dimension]);
        Self {
            trace: trace.within(mask.clone()),
            is_traced: false,
            sweep: sweep.within(mask),
            parameters: architecture.parameters.iter().filter(|of| is_matrix(of)).map(Parameter::len).sum(),
        }
    }

    pub fn found(&self) -> Option<StabilityFound> {
        let trace = self.trace.estimate();
        let loss = self.sweep.report(trace)?.loss;
        let rows = self.sweep.gaps().map(|(sigma, gaps)| row(sigma, gaps)).collect();
        Some(StabilityFound { loss, parameters: self.parameters, trace, rows })
    }
}

fn row(sigma: f64, gaps: &[[f64; 2]]) -> StabilityRow {
    let even: Vec<f64> = gaps.iter().map(|[plus, minus]| f64::midpoint(*plus, *minus)).collect();
    let single: Vec<f64> = gaps.iter().flatten().copied().collect();
    let deviation = |values: &[f64]| variance(values).sqrt();
    let (one_point, two_point) = (deviation(&single), deviation(&even));
    StabilityRow { sigma, gap: Estimate::of(even), one_point, two_point }
}

impl Units for Stability {
    fn advance(&mut self, objective: &Objective) -> bool {
        if self.is_traced {
            return self.sweep.advance(objective);
        }
        self.is_traced = self.trace.advance(objective);
        false
    }

    fn progress(&self) -> Progress {
        let (trace, sweep) = (self.trace.progress(), self.sweep.progress());
        Progress { done: trace.done + sweep.done, total: trace.total + sweep.total }
    }
}
