//! A curved way between two rows of weights (Garipov et al. 2018, arXiv 1802.10026).
//!
//! φ(t) = (1 − t)²·w₀ + 2t(1 − t)·θ + t²·w₁, a quadratic Bézier curve. Its bend θ begins in the middle of the straight line and is
//! trained on the mean of L(φ(t)) over t from 0 to 1: ∇L by θ is 2t(1 − t)·∇L(φ(t)). Each step of Adam takes equally spaced t,
//! shifted from step to step by the golden ratio, so that no two steps see the same points and nothing is random. The rate is a
//! share of the mean distance of a weight between both ends, and falls to 0.

use burn::tensor::Tensor;

use super::barrier::{Barrier, barrier};
use crate::config::BaseKind;
use crate::model::{Objective, all_to_host, norm, to_host};
use crate::optim::{Base, BaseSettings, StepGradient};
use crate::protocol::Progress;

/// Points of the curve that a step sees.
const POINTS_A_STEP: usize = 8;
/// Rate of the first step, as a share of ‖w₁ − w₀‖/√D.
const RATE: f64 = 0.05;
/// The golden ratio's fraction.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// A curve on its way: first its bend, then the losses on it and on the straight line.
#[derive(Debug, Clone)]
pub struct CurveJob {
    ends: [Tensor<2>; 2],
    bend: Tensor<2>,
    base: Base,
    step: usize,
    steps: usize,
    rate: f64,
    /// Shares of the way that are measured, from 0 to 1.
    shares: Vec<f64>,
    /// Loss and accuracy at these on the curve, then on the line.
    outcomes: Vec<[f64; 2]>,
}

/// Losses and accuracies on a way.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Losses at the shares.
    pub loss: Vec<f64>,
    /// Accuracies, 0 to 1.
    pub accuracy: Vec<f64>,
    /// How high the loss rises above the straight line between both losses.
    pub barrier: Barrier,
}

impl CurveJob {
    /// Starts a curve between two rows of weights `[1, D]`, bent by so many steps and measured at `points` shares, at least 2.
    #[must_use]
    pub fn new(ends: [Tensor<2>; 2], steps: usize, points: usize) -> Self {
        let [from, to] = &ends;
        let distance = to_host(norm(to.clone() - from.clone()))[0];
        let rate = RATE * distance / (from.dims()[1] as f64).sqrt();
        let last = (points.max(2) - 1) as f64;
        let shares = (0..points.max(2)).map(|i| i as f64 / last).collect();
        let bend = (from.clone() + to.clone()) * 0.5;
        Self { ends, bend, base: Base::default(), step: 0, steps, rate, shares, outcomes: Vec::new() }
    }

    /// One unit of work: a step of the bend, or some points. True when all is measured.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.step < self.steps {
            self.train(objective);
            return false;
        }
        let total = 2 * self.shares.len();
        let unit = self.outcomes.len()..(self.outcomes.len() + objective.chunk_size()).min(total);
        let count = self.shares.len();
        let points = unit
            .map(|place| if place < count { self.on_curve(self.shares[place]) } else { self.on_line(place - count) });
        let points: Vec<Tensor<2>> = points.collect();
        if !points.is_empty() {
            let found = all_to_host(objective.outcomes(Tensor::cat(points, 0)).to_vec());
            let targets = objective.num_targets().max(1) as f64;
            self.outcomes.extend(found[0].iter().zip(&found[1]).map(|(loss, right)| [*loss, right / targets]));
        }
        self.outcomes.len() >= total
    }

    /// One step of the bend.
    fn train(&mut self, objective: &Objective) {
        let shift = (self.step as f64 * GOLDEN).fract();
        let shares: Vec<f64> = (0..POINTS_A_STEP).map(|i| (i as f64 + shift) / POINTS_A_STEP as f64).collect();
        let (loss, gradient) = self.slope(objective, &shares);
        let left = 1.0 - self.step as f64 / self.steps as f64;
        let settings =
            BaseSettings { kind: BaseKind::Adam, learning_rate: self.rate * left, ..BaseSettings::default() };
        self.bend = self.base.step(self.bend.clone(), &StepGradient::clean(loss, gradient), &settings, None);
        self.step += 1;
    }

    /// Mean loss at some shares of the curve `[1]`, and its gradient by the bend `[1, D]`.
    fn slope(&self, objective: &Objective, shares: &[f64]) -> (Tensor<1>, Tensor<2>) {
        let points: Vec<Tensor<2>> = shares.iter().map(|&t| self.on_curve(t)).collect();
        let (losses, gradients) = objective.gradients(Tensor::cat(points, 0));
        let weights = shares.iter().map(|t| 2.0 * t * (1.0 - t) / shares.len() as f64).collect();
        let weights = objective.compute().tensor_f64(weights, [shares.len(), 1]);
        (losses.mean(), (gradients * weights).sum_dim(0))
    }

    fn on_curve(&self, t: f64) -> Tensor<2> {
        let [from, to] = &self.ends;
        from.clone() * (1.0 - t).powi(2) + self.bend.clone() * (2.0 * t * (1.0 - t)) + to.clone() * (t * t)
    }

    fn on_line(&self, place: usize) -> Tensor<2> {
        let (t, [from, to]) = (self.shares[place], &self.ends);
        from.clone() * (1.0 - t) + to.clone() * t
    }

    /// Steps and points done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let done = self.step + self.outcomes.len();
        Progress { done: done as u64, total: (self.steps + 2 * self.shares.len()) as u64 }
    }

    /// The shares of the way that are measured.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The curve and the straight line, once all is measured.
    #[must_use]
    pub fn ways(&self) -> Option<[Way; 2]> {
        let count = self.shares.len();
        let way = |outcomes: &[[f64; 2]]| {
            let [loss, accuracy] = [0, 1].map(|of| outcomes.iter().map(|outcome| outcome[of]).collect::<Vec<f64>>());
            let barrier = barrier(&self.shares, &loss);
            Way { loss, accuracy, barrier }
        };
        (self.outcomes.len() == 2 * count).then(|| [way(&self.outcomes[..count]), way(&self.outcomes[count..])])
    }

    /// How far the bend is from the straight line, as a share of the distance between both ends.
    #[must_use]
    pub fn bend(&self) -> f64 {
        let [from, to] = &self.ends;
        let middle = (from.clone() + to.clone()) * 0.5;
        let [aside, distance] =
            [self.bend.clone() - middle, to.clone() - from.clone()].map(|way| to_host(norm(way))[0]);
        aside / distance
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::model::{Compute, Network, Purpose, Targets, gaussian};

    const HIDDEN: usize = 6;

    /// A fitted network, and the same function with the signs of its hidden units turned.
    fn twins() -> (Objective, [Tensor<2>; 2]) {
        let config = ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 6", "tanh", "linear 2"]);
        let network = Arc::new(Network::new(&config).expect("a valid model"));
        let compute = Compute::cpu_f64();
        let x: Vec<f64> = gaussian(1, Purpose::Directions, 0, 2 * 40).into_iter().map(f64::from).collect();
        let classes: Vec<u32> = x.chunks(2).map(|x| u32::from(x[0] * x[1] > 0.0)).collect();
        let objective = Objective::new(network, &x, Targets::Classes(&classes), compute.clone());
        let dimension = objective.num_parameters();
        let start = gaussian(3, Purpose::Weights, 0, dimension).into_iter().map(f64::from).collect();
        let mut weights = compute.tensor_f64(start, [1, dimension]);
        for _ in 0..400 {
            weights = weights.clone() - objective.gradients(weights).1 * 0.5;
        }
        // tanh is odd: turning the weights into a unit and those out of it changes nothing.
        let mut turned = to_host(weights.clone());
        turned[..3 * HIDDEN].iter_mut().for_each(|w| *w = -*w);
        turned[3 * HIDDEN..3 * HIDDEN + 2 * HIDDEN].iter_mut().for_each(|w| *w = -*w);
        (objective, [weights, compute.tensor_f64(turned, [1, dimension])])
    }

    #[test]
    fn the_gradient_by_the_bend_is_that_of_central_differences() {
        let (objective, ends) = twins();
        let mut job = CurveJob::new(ends, 0, 3);
        let shares = [0.1, 0.35, 0.8];
        let gradient = to_host(job.slope(&objective, &shares).1);
        let bend = to_host(job.bend.clone());
        for place in [0, 5, 20] {
            let mut at = |change: f64| {
                let mut moved = bend.clone();
                moved[place] += change;
                job.bend = objective.compute().tensor_f64(moved, [1, bend.len()]);
                to_host(job.slope(&objective, &shares).0)[0]
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - gradient[place]).abs() < 1e-8, "{place}: {slope} {}", gradient[place]);
        }
    }

    #[test]
    fn a_curve_goes_round_the_barrier_of_two_twins() {
        let (objective, ends) = twins();
        let losses = to_host(objective.losses(Tensor::cat(ends.to_vec(), 0)));
        assert!((losses[0] - losses[1]).abs() < 1e-12, "one function: {losses:?}");
        let mut job = CurveJob::new(ends, 300, 21);
        while !job.advance(&objective) {}
        assert_eq!(job.progress().done, job.progress().total);
        let [curve, line] = job.ways().expect("complete");
        assert!([&curve, &line].iter().all(|way| (way.loss[0] - losses[0]).abs() < 1e-12));
        assert!(line.barrier.height > 0.1, "the straight line has a barrier: {:?}", line.barrier);
        assert!(curve.barrier.height < 0.4 * line.barrier.height, "{:?} {:?}", curve.barrier, line.barrier);
        assert!(job.bend() > 0.05, "{}", job.bend());
    }

    #[test]
    fn without_a_step_it_is_the_line() {
        let (objective, ends) = twins();
        let mut job = CurveJob::new(ends, 0, 5);
        while !job.advance(&objective) {}
        let [curve, line] = job.ways().expect("complete");
        assert!(curve.loss.iter().zip(&line.loss).all(|(a, b)| (a - b).abs() < 1e-12) && job.bend() < 1e-12);
    }
}
