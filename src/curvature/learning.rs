//! The local learning coefficient λ̂ by Langevin sampling (Watanabe 2009; Lau et al. 2023, arXiv 2308.12108; devinterp).
//!
//! λ̂ = nβ·(E[L(w)] − L(w*)) with β = 1/ln n, where w is drawn from the density ∝ exp(−nβ·L(w) − γ/2·‖w − w*‖²). Chains start at w*
//! and take the steps
//!
//! w ← w − ε/2·(nβ·∇L(w) + γ·(w − w*)) + √ε·N(0, I),
//!
//! with the gradient of all n measured examples. For a regular model λ̂ → D/2, half the number of weights, as γ → 0; it is less the more
//! directions there are in which the loss does not change. On a quadratic with eigenvalues λᵢ, aᵢ = nβλᵢ + γ, the chains settle at
//!
//! λ̂ = ½ Σ nβλᵢ/(aᵢ(1 − εaᵢ/4)),
//!
//! which says what γ takes away and what the length ε of the steps adds. So ε is set by the steepest direction: εa is the rate that is
//! asked for, with λmax of a few Lanczos products. The standard error is that of the means of the chains, which are independent.

use burn::tensor::Tensor;

use super::Lanczos;
use crate::config::NoiseDistribution;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

/// Products that λmax is found by: its order is enough.
const PRODUCTS: usize = 12;

/// How it is sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Chains, at least 2.
    pub chains: usize,
    /// Steps of each that are not counted.
    pub burn_in: usize,
    /// Steps of each that are, at least 2.
    pub draws: usize,
    /// ε·a of the steepest direction, below 4 where it is stable.
    pub rate: f64,
    /// γ, the pull towards w*.
    pub gamma: f64,
    /// Seed of the noise.
    pub seed: u64,
}

/// A measurement on its way.
#[derive(Debug, Clone)]
pub struct LearningCoefficient {
    center: Tensor<2>,
    sampling: Sampling,
    lanczos: Lanczos,
    /// L(w*), nβ and ε, once λmax is known.
    scale: Option<Scale>,
    /// `[chains, D]`.
    positions: Tensor<2>,
    /// L at each step, of each chain.
    losses: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, Copy)]
struct Scale {
    loss: f64,
    n_beta: f64,
    epsilon: f64,
}

/// What the chains say.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningReport {
    /// λ̂ over the chains that stayed finite.
    pub coefficient: Estimate,
    /// How far the chains are from one another beside how far each wanders (Gelman & Rubin 1992): near 1 where they agree.
    pub agreement: f64,
    /// nβ.
    pub n_beta: f64,
    /// ε.
    pub epsilon: f64,
    /// Chains of which a loss was not finite; they are not counted.
    pub diverged: usize,
    /// nβ·(L(w) − L(w*)) at each step of each chain, burn-in included.
    pub courses: Vec<Vec<f64>>,
}

impl LearningCoefficient {
    /// Starts a measurement at `weights` `[1, D]`.
    #[must_use]
    pub fn new(weights: Tensor<2>, sampling: Sampling) -> Self {
        let chains = sampling.chains.max(2);
        Self {
            lanczos: Lanczos::new(weights.clone(), PRODUCTS, None, sampling.seed),
            positions: weights.clone().repeat_dim(0, chains),
            center: weights,
            sampling: Sampling { chains, ..sampling },
            scale: None,
            losses: vec![Vec::new(); chains],
        }
    }

    /// One unit of work: a product, or a step of all chains. True when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let Some(scale) = self.scale else {
            if self.lanczos.advance(objective) {
                self.scale = Some(self.scaled(objective));
            }
            return false;
        };
        let Sampling { chains, gamma, seed, .. } = self.sampling;
        let done = self.losses[0].len();
        let (losses, gradients) = objective.gradients(self.positions.clone());
        self.losses.iter_mut().zip(to_host(losses)).for_each(|(course, loss)| course.push(loss));
        let stream = Stream { seed, purpose: Purpose::Langevin, index: done as u64 };
        let shape = [chains, objective.num_parameters()];
        let noise = stream.noise(NoiseDistribution::Gaussian, shape, objective.compute()) * scale.epsilon.sqrt();
        let pull = (self.positions.clone() - self.center.clone()) * gamma;
        let drift = (gradients * scale.n_beta + pull) * (0.5 * scale.epsilon);
        self.positions = self.positions.clone() - drift + noise;
        self.losses[0].len() >= self.steps()
    }

    fn scaled(&self, objective: &Objective) -> Scale {
        let n = objective.num_examples() as f64;
        let n_beta = n / n.max(2.0).ln();
        let ends = self.lanczos.ends();
        let radius = ends.map_or(1.0, |ends| ends.largest.abs().max(ends.smallest.abs()));
        let steepest = n_beta * radius + self.sampling.gamma;
        let loss = to_host(objective.losses(self.center.clone()))[0];
        Scale { loss, n_beta, epsilon: self.sampling.rate / steepest.max(f64::MIN_POSITIVE) }
    }

    const fn steps(&self) -> usize {
        self.sampling.burn_in + self.sampling.draws
    }

    /// Products and steps done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let products = self.lanczos.progress();
        let done = products.done + self.losses[0].len() as u64;
        Progress { done, total: products.total + self.steps() as u64 }
    }

    /// What the chains say so far; `None` before the first step that counts.
    #[must_use]
    pub fn report(&self) -> Option<LearningReport> {
        let Scale { loss, n_beta, epsilon } = self.scale?;
        let course = |losses: &Vec<f64>| losses.iter().map(|at| n_beta * (at - loss)).collect::<Vec<f64>>();
        let courses: Vec<Vec<f64>> = self.losses.iter().map(course).collect();
        let counted: Vec<&[f64]> = courses
            .iter()
            .filter(|course| course.iter().all(|value| value.is_finite()))
            .filter_map(|course| course.get(self.sampling.burn_in..).filter(|draws| draws.len() > 1))
            .collect();
        if courses[0].len() <= self.sampling.burn_in + 1 {
            return None;
        }
        let draws = courses[0].len() - self.sampling.burn_in;
        let coefficient = Estimate::of(counted.iter().map(|draws| moments(draws.iter().copied()).0));
        let diverged = courses.len() - counted.len();
        Some(LearningReport { coefficient, agreement: agreement(&counted, draws), n_beta, epsilon, diverged, courses })
    }
}

/// Mean and variance, dividing by n − 1.
fn moments(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let Estimate { mean, stderr, samples } = Estimate::of(values);
    (mean, stderr * stderr * samples as f64)
}

/// √(((m − 1)/m·W + B)/W) with the mean variance W within the chains of m draws and the variance B of their means.
fn agreement(chains: &[&[f64]], draws: usize) -> f64 {
    let (means, variances): (Vec<f64>, Vec<f64>) = chains.iter().map(|draws| moments(draws.iter().copied())).unzip();
    let (within, between) = (moments(variances).0, moments(means).1);
    let m = draws as f64;
    (((m - 1.0) / m * within + between) / within).sqrt()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nalgebra::{DMatrix, DVector};

    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::curvature::DenseHessian;
    use crate::model::{Compute, Network, Targets, gaussian};

    const EXAMPLES: usize = 40;

    /// Linear regression, which is regular and quadratic: the objective, its minimum and its eigenvalues.
    fn regression() -> (Objective, Tensor<2>, Vec<f64>) {
        let config = ModelConfig::new(&[3], LossKind::Mse, ["linear 1"]);
        let network = Arc::new(Network::new(&config).expect("a valid model"));
        let x: Vec<f64> = gaussian(1, Purpose::Directions, 0, 3 * EXAMPLES).into_iter().map(f64::from).collect();
        let y: Vec<f64> = gaussian(1, Purpose::Directions, 1, EXAMPLES).into_iter().map(f64::from).collect();
        let compute = Compute::cpu_f64();
        let objective = Objective::new(network, &x, Targets::Values(&y), compute.clone());
        let start = compute.tensor_f64(vec![0.0; 4], [1, 4]);
        let gradient = DVector::from_vec(to_host(objective.gradients(start.clone()).1));
        let mut dense = DenseHessian::new(start).expect("small");
        while !dense.advance(&objective) {}
        let spectrum = dense.result().expect("complete");
        let hessian = DMatrix::from_row_slice(4, 4, &spectrum.hessian);
        let minimum = -hessian.lu().solve(&gradient).expect("the examples span all directions");
        let minimum = compute.tensor_f64(minimum.as_slice().to_vec(), [1, 4]);
        (objective, minimum, spectrum.eigenvalues.clone())
    }

    fn measured(rate: f64, gamma: f64) -> (LearningReport, f64) {
        let (objective, minimum, eigenvalues) = regression();
        let sampling = Sampling { chains: 64, burn_in: 400, draws: 800, rate, gamma, seed: 9 };
        let mut work = LearningCoefficient::new(minimum, sampling);
        while !work.advance(&objective) {}
        assert_eq!(work.progress().done, work.progress().total);
        let found = work.report().expect("complete");
        let term = |lambda: f64| {
            let a = found.n_beta * lambda + gamma;
            0.5 * found.n_beta * lambda / (a * (1.0 - found.epsilon * a / 4.0))
        };
        let expected = eigenvalues.into_iter().map(term).sum();
        (found, expected)
    }

    #[test]
    fn a_regular_model_has_half_its_number_of_weights() {
        let (found, expected) = measured(0.05, 1e-3);
        assert!((expected - 2.0).abs() < 0.03, "the closed form is near D/2: {expected}");
        let Estimate { mean, stderr, .. } = found.coefficient;
        assert!((mean - expected).abs() < 4.0 * stderr && stderr < 0.08, "{mean} ± {stderr}, expected {expected}");
        assert!(found.agreement < 1.1 && found.diverged == 0, "{}", found.agreement);
    }

    #[test]
    fn the_pull_and_the_length_of_the_steps_do_what_the_formula_says() {
        for (rate, gamma) in [(0.1, 20.0), (1.5, 5.0)] {
            let (found, expected) = measured(rate, gamma);
            let Estimate { mean, stderr, .. } = found.coefficient;
            assert!((mean - expected).abs() < 4.0 * stderr && stderr < 0.05, "{mean} ± {stderr}, expected {expected}");
            assert!((expected - 2.0).abs() > 0.15, "far from D/2: {expected}");
        }
    }

    #[test]
    fn chains_that_leave_are_counted_and_not_averaged() {
        let (objective, minimum, _) = regression();
        let sampling = Sampling { chains: 4, burn_in: 0, draws: 3_000, rate: 8.0, gamma: 0.0, seed: 9 };
        let mut work = LearningCoefficient::new(minimum, sampling);
        while !work.advance(&objective) {}
        let found = work.report().expect("complete");
        assert_eq!(found.diverged, 4);
        assert!(found.coefficient.mean.is_nan(), "{found:?}");
    }
}
