//! The Hessian beside its Gauss–Newton part G: both traces from the same probes, and both largest eigenvalues.
//!
//! ∇²L = G + R: G is the curvature of the loss through the outputs, R that of the network weighted by the residuals (see
//! [`Network::gauss_newton_product`](crate::model::Network::gauss_newton_product)). Near a fitted minimum the residuals vanish, and so
//! does R. The trace of R comes from vᵀHv − vᵀGv of shared probes, in which what both have in common cancels.

use burn::tensor::Tensor;

use super::lanczos::Search;
use super::vectors::dot;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes of one unit; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 8;

/// A measurement on its way: the probes, then the products of the Hessian, then those of G.
#[derive(Debug, Clone)]
pub struct GaussNewton {
    weights: Tensor<2>,
    probes: usize,
    seed: u64,
    /// vᵀHv and vᵀGv of each probe.
    values: Vec<[f64; 2]>,
    hessian: Search,
    part: Search,
}

/// One end of a spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct TopPair {
    /// Largest Ritz value.
    pub value: f64,
    /// ‖Av − θv‖.
    pub residual: f64,
    /// Smallest Ritz value.
    pub least: f64,
    vector: Vec<f64>,
}

/// Both matrices.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussNewtonReport {
    /// Tr H.
    pub hessian_trace: Estimate,
    /// Tr G.
    pub part_trace: Estimate,
    /// Tr H − Tr G.
    pub difference: Estimate,
    /// λmax of H; `None` before its first product.
    pub hessian: Option<TopPair>,
    /// λmax of G.
    pub part: Option<TopPair>,
    /// |cos| of the angle between both top eigenvectors.
    pub alignment: Option<f64>,
    /// Products of each.
    pub products: usize,
}

impl GaussNewton {
    /// Starts a measurement at `weights` `[1, D]` with so many probes, and products of each matrix. The network of its objective
    /// [has a Gauss–Newton part](crate::model::Network::has_gauss_newton).
    #[must_use]
    pub fn new(weights: Tensor<2>, probes: usize, products: usize, seed: u64) -> Self {
        let search = Search::from_random(weights.dims()[1], products, seed);
        Self { weights, probes, seed, values: Vec::new(), hessian: search.clone(), part: search }
    }

    /// One unit of work; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let done = self.values.len();
        if done < self.probes {
            let unit = PROBES_PER_UNIT.min(objective.jet_size()).min(self.probes - done);
            let stream = Stream { seed: self.seed, purpose: Purpose::GaussNewton, index: done as u64 };
            let directions = stream.signs([unit, objective.num_parameters()], objective.compute());
            let of_hessian = to_host(objective.curvature_sums(self.weights.clone(), directions.clone(), unit));
            let of_part = to_host(objective.gauss_newton_values(&self.weights, &directions));
            self.values.extend(of_hessian.into_iter().zip(of_part).map(<[f64; 2]>::from));
            return false;
        }
        let weights = &self.weights;
        let vector = |v: Vec<f64>| {
            let dimension = v.len();
            objective.compute().tensor_f64(v, [1, dimension])
        };
        if !self.hessian.is_complete {
            self.hessian.step(|v| to_host(objective.hessian_product(weights.clone(), vector(v)).product));
            return false;
        }
        self.part.step(|v| to_host(objective.gauss_newton_product(weights, &vector(v))))
    }

    /// Probes and products done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let left = |search: &Search| if search.is_complete { search.krylov.len() } else { search.max_products };
        let done = self.values.len() + self.hessian.krylov.len() + self.part.krylov.len();
        Progress { done: done as u64, total: (self.probes + left(&self.hessian) + left(&self.part)) as u64 }
    }

    /// What is known so far.
    #[must_use]
    pub fn report(&self) -> GaussNewtonReport {
        let estimate = |of: fn(&[f64; 2]) -> f64| Estimate::of(self.values.iter().map(of));
        let (hessian, part) = (top(&self.hessian), top(&self.part));
        GaussNewtonReport {
            hessian_trace: estimate(|[hessian, _]| *hessian),
            part_trace: estimate(|[_, part]| *part),
            difference: estimate(|[hessian, part]| hessian - part),
            alignment: hessian.as_ref().zip(part.as_ref()).map(|(a, b)| dot(&a.vector, &b.vector).abs()),
            hessian,
            part,
            products: self.hessian.krylov.len(),
        }
    }
}

fn top(search: &Search) -> Option<TopPair> {
    let ritz = search.krylov.ritz()?;
    let last = ritz.values.len() - 1;
    Some(TopPair {
        value: ritz.values[last],
        residual: ritz.residuals[last],
        least: ritz.values[0],
        vector: search.krylov.vector(&ritz, last),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::curvature::DenseHessian;
    use crate::model::{Compute, Network, Targets, gaussian};

    fn measured(layers: &[&str], decay: f64) -> (GaussNewtonReport, f64, f64) {
        let network =
            Network::new(&ModelConfig::new(&[3], LossKind::CrossEntropy, layers.iter().copied())).expect("valid");
        let x: Vec<f32> = gaussian(1, Purpose::Directions, 0, 36);
        let classes: Vec<u32> = (0..12).map(|i| i % 3).collect();
        let compute = Compute::cpu_f64();
        let objective = Objective::new(Arc::new(network), &x, Targets::Classes(&classes), compute.clone());
        let objective = objective.with_weight_decay(decay);
        let dimension = objective.num_parameters();
        let weights = gaussian(2, Purpose::Weights, 0, dimension).into_iter().map(f64::from).collect();
        let weights = compute.tensor_f64(weights, [1, dimension]);
        let mut work = GaussNewton::new(weights.clone(), 400, dimension, 5);
        while !work.advance(&objective) {}
        assert_eq!(work.progress().done, work.progress().total);
        let mut dense = DenseHessian::new(weights).expect("small");
        while !dense.advance(&objective) {}
        let dense = dense.result().expect("complete");
        (work.report(), dense.trace, *dense.eigenvalues.last().expect("some"))
    }

    #[test]
    fn of_linear_outputs_both_are_one() {
        for decay in [0.0, 0.1] {
            let (found, trace, largest) = measured(&["linear 3"], decay);
            assert!(found.difference.mean.abs() < 1e-10 && found.difference.stderr < 1e-10, "{found:?}");
            assert!((found.part_trace.mean - trace).abs() < 4.0 * found.part_trace.stderr, "{found:?} {trace}");
            let [hessian, part] = [&found.hessian, &found.part].map(|top| top.as_ref().expect("complete"));
            assert!((hessian.value - largest).abs() < 1e-9 && (part.value - largest).abs() < 1e-9);
            assert!((found.alignment.expect("complete") - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn the_hessian_is_that_of_the_dense_one_and_the_part_has_no_negative_end() {
        let (found, trace, largest) = measured(&["linear 4", "tanh", "linear 3"], 0.0);
        assert!((found.hessian_trace.mean - trace).abs() < 4.0 * found.hessian_trace.stderr, "{found:?} {trace}");
        let [hessian, part] = [&found.hessian, &found.part].map(|top| top.as_ref().expect("complete"));
        assert!((hessian.value - largest).abs() < 1e-8 * largest && hessian.residual < 1e-6, "{found:?} {largest}");
        assert!(hessian.least < -1e-3 && part.least > -1e-10, "{found:?}");
        let sum = found.part_trace.mean + found.difference.mean;
        assert!((sum - found.hessian_trace.mean).abs() < 1e-10, "{found:?}");
    }
}
