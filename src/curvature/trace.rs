//! Hutchinson's trace: Tr H = E[vᵀHv] for random signs v, each vᵀHv exact, by jets (Hutchinson 1990).
//!
//! The variance of one probe is 2(‖H‖²_F − Σ Hᵢᵢ²), which random signs keep below that of Gaussian probes. The number of
//! probes is fixed beforehand; stopping when the mean moves little would stop by luck.
//!
//! A forward pass of jets carries one value, one first derivative for each probe, and one second derivative for each
//! *group* of probes (collapsed Taylor mode, Dangel et al. 2025): larger groups are cheaper. A pass then gives only the
//! sum over each group, and the standard error comes from the spread of the groups' means. G groups know it to a share
//! 1/√(2(G − 1)) of itself, and with few of them three standard errors are passed more often than they should be (0.9 % of
//! the time with 16, 0.5 % with 32, 0.27 % with many). So there are never fewer than 32 groups from 64 probes on; below,
//! every probe is a group of its own.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes that come from one random stream.
const PROBES_PER_UNIT: usize = 8;
/// Groups at least, where probes are collapsed.
const LEAST_GROUPS: usize = 32;

/// Members that one pass of a small network's objective can take at least.
const SMALL_CHUNK: usize = 32;

/// Probes of one unit: where the network is small, twice as many cost less than two units.
fn probes_per_unit(objective: &Objective) -> usize {
    per_unit(objective.jet_size())
}

fn per_unit(chunk: usize) -> usize {
    if chunk >= SMALL_CHUNK { 2 * PROBES_PER_UNIT } else { PROBES_PER_UNIT.min(chunk) }
}

/// A trace on its way.
#[derive(Debug, Clone)]
pub struct TraceEstimate {
    weights: Tensor<2>,
    /// Its first probe: 0, but for a piece of an estimate.
    first: usize,
    /// Where its probes end.
    probes: usize,
    group: usize,
    seed: u64,
    index: u64,
    /// 1 for parameters that count, 0 for others, `[1, D]`; `None` for all.
    mask: Option<Tensor<2>>,
    values: Vec<f64>,
    /// Probes of each value.
    sizes: Vec<usize>,
}

impl TraceEstimate {
    /// Starts an estimate of Tr ∇²L at `weights` `[1, D]` from `probes` probes. `index` names the estimate, so that each has
    /// probes of its own.
    #[must_use]
    pub fn new(weights: Tensor<2>, probes: usize, seed: u64, index: u64) -> Self {
        // Powers of two divide the probes of a unit.
        let group = [4, 2].into_iter().find(|size| probes >= LEAST_GROUPS * size).unwrap_or(1);
        Self { weights, first: 0, probes, group, seed, index, mask: None, values: Vec::new(), sizes: Vec::new() }
    }

    /// A piece of it: some of its probes, with the values that they have in the whole where the range begins and ends at a
    /// multiple of [`Self::border`], or at the end.
    #[must_use]
    pub fn only(self, probes: Range<usize>) -> Self {
        Self { first: probes.start, probes: probes.end.min(self.probes), ..self }
    }

    /// Probes that a piece has a multiple of: those of a unit, on whichever device.
    #[must_use]
    pub fn border(objective: &Objective) -> usize {
        let [a, b] = [objective.jet_size(), objective.chunk_size()].map(per_unit);
        (a..=a * b).step_by(a).find(|size| size.is_multiple_of(b)).unwrap_or(a * b)
    }

    /// The estimate with what its pieces found: the values of all groups in order, with the probes of each.
    #[must_use]
    pub fn known(self, values: Vec<f64>, sizes: Vec<usize>) -> Self {
        Self { values, sizes, ..self }
    }

    /// The trace of the block of some parameters: `mask` `[1, D]` is 1 for these and 0 for others. Probes are 0 outside of it, so
    /// that what these parameters have in common with others is in no probe.
    #[must_use]
    pub fn within(self, mask: Tensor<2>) -> Self {
        Self { mask: Some(mask), ..self }
    }

    /// The same with `size` probes in a group, at least 1 and at most as many as one pass takes. The probes are the same
    /// whatever the groups are; fewer than two groups have no standard error.
    #[must_use]
    pub fn with_groups_of(self, size: usize) -> Self {
        Self { group: size.clamp(1, PROBES_PER_UNIT), ..self }
    }

    /// One unit of work; true when the estimate is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let done = self.done();
        let unit = probes_per_unit(objective).min(self.probes.saturating_sub(done));
        if unit > 0 {
            // Groups of one pass are of one size. What is left over at the end makes smaller ones.
            let size = (1..=self.group.min(unit)).rev().find(|size| unit.is_multiple_of(*size)).unwrap_or(1);
            let dimension = objective.num_parameters();
            // Some probes at a time take the stream of their first: 2³² an estimate, far beyond any budget.
            let index = (self.index << 32) | done as u64;
            let stream = Stream { seed: self.seed, purpose: Purpose::Probes, index };
            let directions = stream.signs_in_turn(PROBES_PER_UNIT, [unit, dimension], objective.compute());
            let directions = match &self.mask {
                Some(mask) => directions * mask.clone(),
                None => directions,
            };
            let sums = to_host(objective.curvature_sums(self.weights.clone(), directions, unit / size));
            self.values.extend(sums.iter().map(|sum| sum / size as f64));
            self.sizes.extend(sums.iter().map(|_| size));
        }
        self.done() >= self.probes
    }

    /// The next probe.
    fn done(&self) -> usize {
        self.first + self.sizes.iter().sum::<usize>()
    }

    /// Probes done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { done: (self.done() - self.first) as u64, total: self.probes.saturating_sub(self.first) as u64 }
    }

    /// Mean of vᵀHv over each group of probes so far.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Probes of each group.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The trace so far, its standard error and the number of probes.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        grouped(&self.values, &self.sizes)
    }

    /// This trace minus another one from the same probes, as far as both are. What the probes have in common cancels, and
    /// so does its part of the error.
    #[must_use]
    pub(super) fn difference(&self, other: &Self) -> Estimate {
        let values: Vec<f64> = self.values.iter().zip(&other.values).map(|(a, b)| a - b).collect();
        let shared = self.sizes.iter().zip(&other.sizes).take_while(|(a, b)| a == b).count();
        grouped(&values[..shared], &self.sizes[..shared])
    }
}

/// Mean over all probes from the means of groups of `sizes` probes. A group's mean has variance s²/size, so that
/// s² = Σ size·(value − mean)²/(G − 1) over G groups, and the mean of all R probes has the standard error √(s²/R).
fn grouped(values: &[f64], sizes: &[usize]) -> Estimate {
    let samples = sizes.iter().sum();
    let (probes, groups) = (samples as f64, values.len() as f64);
    let weighted =
        |of: &dyn Fn(f64) -> f64| values.iter().zip(sizes).map(|(v, &size)| size as f64 * of(*v)).sum::<f64>();
    // NaN where there are no probes.
    let mean = weighted(&|value| value) / probes;
    let variance = weighted(&|value| (value - mean).powi(2)) / (groups - 1.0);
    let stderr = if values.len() > 1 { (variance / probes).sqrt() } else { f64::NAN };
    Estimate { mean, stderr, samples }
}
