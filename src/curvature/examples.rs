//! Loss, gradient norm and trace of each example by itself: which of them make the minimum sharp?
//!
//! ℓᵢ is exact, ‖∇ℓᵢ‖ is exact where the loss falls apart into examples, and Tr ∇²ℓᵢ is Hutchinson's from random signs that all examples
//! share. Their mean is the trace of the loss. The examples that the even probes found sharpest are measured by the odd probes alone, since
//! the greatest of noisy estimates are too great.

use burn::tensor::Tensor;

use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

/// Probes of one unit; a fixed number, so that a GPU compiles one shape.
const PROBES_PER_UNIT: usize = 4;
/// Examples whose gradients one unit takes.
const EXAMPLES_PER_UNIT: usize = 16;

/// A measurement on its way.
#[derive(Debug, Clone)]
pub struct ExampleCurvatures {
    weights: Tensor<2>,
    probes: usize,
    seed: u64,
    num_examples: usize,
    losses: Vec<f64>,
    /// vᵀ∇²ℓᵢv of each probe, example by example.
    values: Vec<Vec<f64>>,
    norms: Vec<f64>,
    has_norms: bool,
}

/// What is known of one example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExampleFigures {
    /// ℓᵢ.
    pub loss: f64,
    /// ‖∇ℓᵢ‖; NaN where the loss does not fall apart into examples.
    pub gradient_norm: f64,
    /// Tr ∇²ℓᵢ.
    pub trace: Estimate,
}

impl ExampleCurvatures {
    /// Starts a measurement at `weights` `[1, D]` with so many probes.
    #[must_use]
    pub fn new(weights: Tensor<2>, objective: &Objective, probes: usize, seed: u64) -> Self {
        Self {
            weights,
            probes,
            seed,
            num_examples: objective.num_examples(),
            losses: Vec::new(),
            values: Vec::new(),
            norms: Vec::new(),
            has_norms: objective.falls_apart(),
        }
    }

    /// One unit of work; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let done = self.values.len();
        if done < self.probes {
            let unit = PROBES_PER_UNIT.min(objective.chunk_size()).min(self.probes - done);
            let stream = Stream { seed: self.seed, purpose: Purpose::Bound, index: done as u64 };
            let directions = stream.signs([unit, objective.num_parameters()], objective.compute());
            let series = objective.example_series(&self.weights, &directions);
            if self.losses.is_empty() {
                self.losses = to_host(series.losses);
            }
            self.values.extend(to_host(series.curvatures).chunks(self.num_examples).map(<[f64]>::to_vec));
        } else if self.has_norms {
            let from = self.norms.len();
            let unit = from..(from + EXAMPLES_PER_UNIT).min(self.num_examples);
            let rows = unit.map(|i| objective.part(i..i + 1).gradients(self.weights.clone()).1).collect();
            let rows: Tensor<2> = Tensor::cat(rows, 0);
            self.norms.extend(to_host((rows.clone() * rows).sum_dim(1)).into_iter().map(f64::sqrt));
        }
        let Progress { done, total } = self.progress();
        done >= total
    }

    /// Probes and gradients done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let norms = if self.has_norms { self.num_examples } else { 0 };
        Progress { done: (self.values.len() + self.norms.len()) as u64, total: (self.probes + norms) as u64 }
    }

    /// The examples so far, in their order; none before the first probe.
    #[must_use]
    pub fn examples(&self) -> Vec<ExampleFigures> {
        let of = |(i, &loss): (usize, &f64)| ExampleFigures {
            loss,
            gradient_norm: self.norms.get(i).copied().unwrap_or(f64::NAN),
            trace: Estimate::of(self.values.iter().map(|probe| probe[i])),
        };
        self.losses.iter().enumerate().map(of).collect()
    }

    /// The trace of the loss: the mean over examples, `shares[i]` being what example i counts in it.
    #[must_use]
    pub fn trace(&self, shares: &[f64]) -> Estimate {
        let mean = |probe: &Vec<f64>| probe.iter().zip(shares).map(|(value, share)| value * share).sum::<f64>();
        Estimate::of(self.values.iter().map(mean))
    }

    /// Of the trace, the part that comes from the sharpest `count` examples: found by the even probes, measured by the odd ones,
    /// whose spread gives its standard error by the delta method of a ratio. NaN for fewer than four probes.
    #[must_use]
    pub fn part_of_sharpest(&self, count: usize, shares: &[f64]) -> Estimate {
        let sharpest = self.sharpest(count, shares);
        let odd = || self.values.iter().skip(1).step_by(2);
        let of = |probe: &[f64], i: usize| probe[i] * shares[i];
        let [part, all] = [&sharpest, &(0..self.num_examples).collect()].map(|examples: &Vec<usize>| {
            odd().map(|probe| examples.iter().map(|&i| of(probe, i)).sum()).collect::<Vec<f64>>()
        });
        if part.len() < 2 {
            return Estimate { mean: f64::NAN, stderr: f64::NAN, samples: part.len() };
        }
        let whole = Estimate::of(all.iter().copied()).mean;
        let mean = Estimate::of(part.iter().copied()).mean / whole;
        let rest = Estimate::of(part.iter().zip(&all).map(|(part, all)| part - mean * all));
        Estimate { mean, stderr: rest.stderr / whole.abs(), samples: part.len() }
    }

    /// The examples that the even probes find sharpest.
    fn sharpest(&self, count: usize, shares: &[f64]) -> Vec<usize> {
        let sum = |i: usize| self.values.iter().step_by(2).map(|probe| probe[i]).sum::<f64>() * shares[i];
        let mut order: Vec<(f64, usize)> = (0..self.num_examples).map(|i| (sum(i), i)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order.into_iter().take(count).map(|(_, i)| i).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::curvature::DenseHessian;
    use crate::model::{Compute, Network, Targets, gaussian};

    /// Each example against an objective of that example alone: its loss, its gradient, its dense Hessian.
    #[test]
    fn every_example_is_as_if_it_were_the_only_one() {
        let config = ModelConfig::new(&[3], LossKind::CrossEntropy, ["linear 4", "tanh", "linear 3"]);
        let network = Arc::new(Network::new(&config).expect("a valid model"));
        let x: Vec<f64> = gaussian(1, Purpose::Directions, 0, 3 * 20).into_iter().map(f64::from).collect();
        let classes: Vec<u32> = (0..20).map(|i| i % 3).collect();
        let compute = Compute::cpu_f64();
        let objective = Objective::in_pieces(Arc::clone(&network), &x, Targets::Classes(&classes), compute.clone(), 7);
        let dimension = objective.num_parameters();
        let weights: Vec<f64> = gaussian(2, Purpose::Weights, 0, dimension).into_iter().map(f64::from).collect();
        let weights = compute.tensor_f64(weights, [1, dimension]);
        let mut work = ExampleCurvatures::new(weights.clone(), &objective, 600, 3);
        while !work.advance(&objective) {}
        let found = work.examples();
        assert_eq!(found.len(), 20);
        let mut traces = Vec::new();
        for (i, figures) in found.iter().enumerate() {
            let alone = Objective::new(
                Arc::clone(&network),
                &x[3 * i..3 * i + 3],
                Targets::Classes(&classes[i..=i]),
                compute.clone(),
            );
            let (loss, gradient) = alone.gradients(weights.clone());
            let norm = to_host((gradient.clone() * gradient).sum())[0].sqrt();
            assert!((figures.loss - to_host(loss)[0]).abs() < 1e-12, "{i}");
            assert!((figures.gradient_norm - norm).abs() < 1e-12, "{i}");
            let mut dense = DenseHessian::new(weights.clone()).expect("small");
            while !dense.advance(&alone) {}
            let trace = dense.result().expect("complete").trace;
            traces.push(trace);
            let Estimate { mean, stderr, .. } = figures.trace;
            assert!((mean - trace).abs() < 4.5 * stderr + 1e-12, "{i}: {mean} ± {stderr}, {trace}");
        }
        let shares = objective.example_shares();
        let mean = traces.iter().sum::<f64>() / 20.0;
        let whole = work.trace(&shares);
        assert!((whole.mean - mean).abs() < 4.5 * whole.stderr, "{whole:?} {mean}");
        // Whichever they are that the even probes found: the odd ones measure what these have.
        let sharpest = work.sharpest(4, &shares);
        let part = sharpest.iter().map(|&i| traces[i]).sum::<f64>() / traces.iter().sum::<f64>();
        let found = work.part_of_sharpest(4, &shares);
        assert!((found.mean - part).abs() < 4.5 * found.stderr && found.stderr < 0.2, "{found:?} {part}");
        assert!((work.part_of_sharpest(20, &shares).mean - 1.0).abs() < 1e-12);
    }
}
