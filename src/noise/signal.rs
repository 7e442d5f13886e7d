//! How much of a step's gradient is signal: the norm test and the gradient's noise scale, over examples and over noise pairs.
//!
//! A mean ĝ of b independent draws of a gradient with mean g and total variance V = E‖gᵢ − g‖² has the variance V/b. The norm test
//! (Byrd, Chin, Nocedal, Wu 2012) asks whether Var ĝ ≤ θ²‖g‖²; with θ = 1 it is passed from V/‖g‖² draws on, which is the noise
//! scale of McCandlish et al. (2018, arXiv 1812.06162). The ratio of signal to noise is ‖g‖/√(Var ĝ).
//!
//! A batch takes b of N training examples without replacement, so its variance is V/b·(N − b)/(N − 1): the whole set has none.
//! Where n of these N are measured, ‖ḡ‖² of the measured mean is too large by V/n·(N − n)/(N − 1), which is taken off. For noise the
//! draws are the pairs ½(∇L(w+U) + ∇L(w−U)) of NSO, or ∇L(w+U) of one-point noise, and N is infinite.
//!
//! The error of the noise scale B = V/‖g‖² is that of the delta method: with aᵢ = ‖gᵢ − ḡ‖² and dᵢ = 2ḡ·(gᵢ − ḡ) its relative
//! variance is that of aᵢ/V − dᵢ/‖ḡ‖², over n.

use burn::tensor::Tensor;

use crate::config::NoiseDistribution;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

use super::variance;

/// Examples of one unit.
const EXAMPLES_PER_UNIT: usize = 16;
/// Pairs of one unit; a fixed number, so that a GPU compiles one shape.
const PAIRS_PER_UNIT: usize = 8;

/// The noise that a run's steps add to its weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseDraws {
    /// σ.
    pub sigma: f64,
    /// Distribution of U/σ.
    pub distribution: NoiseDistribution,
    /// Pairs ±U, or +U alone.
    pub two_point: bool,
    /// Draws that are measured, at least 2.
    pub count: usize,
    /// Seed of the draws.
    pub seed: u64,
}

/// How gradients spread about their mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// ‖ḡ‖² of the mean over the draws.
    pub squared_norm: f64,
    /// ‖gᵢ − ḡ‖² and 2ḡ·(gᵢ − ḡ) of each draw.
    deviations: Vec<[f64; 2]>,
    /// Draws that there are; `None` for infinitely many.
    population: Option<usize>,
}

impl Spread {
    /// Draws so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.deviations.len()
    }

    /// V, the total variance of one draw, with its standard error; dividing by n − 1.
    #[must_use]
    pub fn variance(&self) -> Estimate {
        let n = self.count() as f64;
        Estimate::of(self.deviations.iter().map(|[squared, _]| squared * n / (n - 1.0)))
    }

    /// What is left of a variance V/n of a mean of n draws, of those that there are.
    fn left(&self, n: f64) -> f64 {
        self.population.map_or(1.0, |all| ((all as f64 - n) / (all as f64 - 1.0).max(1.0)).max(0.0))
    }

    /// ‖g‖² without what the scatter of the measured mean adds to it; NaN where nothing is left.
    #[must_use]
    pub fn signal(&self) -> f64 {
        let n = self.count() as f64;
        let signal = self.squared_norm - self.variance().mean / n * self.left(n);
        if signal > 0.0 { signal } else { f64::NAN }
    }

    /// The noise scale V/‖g‖², in draws; NaN where the gradient cannot be told from 0.
    #[must_use]
    pub fn scale(&self) -> Estimate {
        let (n, spread, signal) = (self.count() as f64, self.variance(), self.signal());
        let mean = spread.mean / signal;
        let terms = self.deviations.iter().map(|[squared, along]| squared / spread.mean - along / signal);
        let relative = (variance(&terms.collect::<Vec<f64>>()) / n * self.left(n)).sqrt();
        Estimate { mean, stderr: mean * relative, samples: self.count() }
    }

    /// Var ĝ/‖g‖² of a mean of `draws` of them: the norm test is passed up to 1.
    #[must_use]
    pub fn ratio(&self, draws: usize) -> Estimate {
        let draws = draws.max(1) as f64;
        self.scale().scaled(self.left(draws) / draws)
    }

    /// Var ĝ of a mean of `draws` of them.
    #[must_use]
    pub fn variance_of_mean(&self, draws: usize) -> f64 {
        let draws = draws.max(1) as f64;
        self.variance().mean / draws * self.left(draws)
    }
}

/// A measurement on its way: first the examples one by one, then the noise twice, for its mean and for the spread about it.
#[derive(Debug, Clone)]
pub struct GradientSignal {
    weights: Tensor<2>,
    /// Examples of the training set.
    train_size: usize,
    noise: Option<NoiseDraws>,
    /// ḡ of the examples `[1, D]`.
    gradient: Option<Tensor<2>>,
    examples: Spread,
    num_examples: usize,
    /// Sum of the draws with noise `[1, D]`, and how many are in it.
    sum: Option<(Tensor<2>, usize)>,
    draws: Spread,
}

impl GradientSignal {
    /// Starts a measurement at `weights` `[1, D]`, of an objective on some of `train_size` training examples; without `noise`
    /// the examples alone are looked at.
    #[must_use]
    pub fn new(weights: Tensor<2>, objective: &Objective, train_size: usize, noise: Option<NoiseDraws>) -> Self {
        let num_examples = objective.num_examples();
        let empty = |population| Spread { squared_norm: f64::NAN, deviations: Vec::new(), population };
        Self {
            weights,
            train_size,
            noise,
            gradient: None,
            examples: empty(Some(train_size.max(num_examples))),
            num_examples,
            sum: None,
            draws: empty(None),
        }
    }

    /// Whether single examples have a gradient: not where the loss compares them with each other, or batch norm does.
    #[must_use]
    pub fn is_possible(objective: &Objective) -> bool {
        objective.falls_apart()
    }

    /// One unit of work; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.examples.count() < self.num_examples {
            self.advance_examples(objective);
        } else if let Some(noise) = self.noise {
            self.advance_noise(objective, noise);
        }
        let Progress { done, total } = self.progress();
        done >= total
    }

    fn advance_examples(&mut self, objective: &Objective) {
        let weights = &self.weights;
        let gradient = self.gradient.get_or_insert_with(|| objective.gradients(weights.clone()).1).clone();
        let done = self.examples.count();
        self.examples.squared_norm = dot(&gradient, &gradient)[0];
        let unit = done..(done + EXAMPLES_PER_UNIT).min(self.num_examples);
        let rows: Vec<Tensor<2>> = unit.map(|i| objective.part(i..i + 1).gradients(weights.clone()).1).collect();
        self.examples.deviations.extend(deviations(Tensor::cat(rows, 0), &gradient));
    }

    fn advance_noise(&mut self, objective: &Objective, noise: NoiseDraws) {
        let summed = self.sum.as_ref().map_or(0, |(_, count)| *count);
        let done = if summed < noise.count { summed } else { self.draws.count() };
        let count = PAIRS_PER_UNIT.min((objective.chunk_size() / 2).max(1)).min(noise.count - done);
        let rows = self.noisy_gradients(objective, noise, done, count);
        if summed < noise.count {
            let part = rows.sum_dim(0);
            let sum = match self.sum.take() {
                Some((sum, _)) => sum + part,
                None => part,
            };
            self.sum = Some((sum, summed + count));
        } else if let Some((sum, count)) = &self.sum {
            let mean = sum.clone() / *count as f64;
            self.draws.squared_norm = dot(&mean, &mean)[0];
            self.draws.deviations.extend(deviations(rows, &mean));
        }
    }

    /// Gradients of `count` draws `[count, D]`, the first being number `first`: the same again for the same numbers.
    fn noisy_gradients(&self, objective: &Objective, noise: NoiseDraws, first: usize, count: usize) -> Tensor<2> {
        let stream = Stream { seed: noise.seed, purpose: Purpose::GradientSignal, index: first as u64 };
        let shape = [count, objective.num_parameters()];
        let offsets = stream.noise(noise.distribution, shape, objective.compute()) * noise.sigma;
        let plus = self.weights.clone() + offsets.clone();
        if !noise.two_point {
            return objective.gradients(plus).1;
        }
        let both = objective.gradients(Tensor::cat(vec![plus, self.weights.clone() - offsets], 0)).1;
        (both.clone().slice([0..count]) + both.slice([count..2 * count])) * 0.5
    }

    /// Examples and draws done and in all; draws count twice.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let draws = self.noise.map_or(0, |noise| noise.count);
        let summed = self.sum.as_ref().map_or(0, |(_, count)| *count);
        Progress {
            done: (self.examples.count() + summed + self.draws.count()) as u64,
            total: (self.num_examples + 2 * draws) as u64,
        }
    }

    /// The spread over examples so far; `None` for fewer than two.
    #[must_use]
    pub fn examples(&self) -> Option<&Spread> {
        (self.examples.count() > 1).then_some(&self.examples)
    }

    /// The spread over draws with noise so far; `None` for fewer than two.
    #[must_use]
    pub fn draws(&self) -> Option<&Spread> {
        (self.draws.count() > 1).then_some(&self.draws)
    }

    /// The gradient of all measured examples on the host, once it is known.
    #[must_use]
    pub fn gradient(&self) -> Option<Vec<f64>> {
        self.gradient.clone().map(to_host)
    }

    /// Examples of the training set that batches are drawn from.
    #[must_use]
    pub const fn train_size(&self) -> usize {
        self.train_size
    }
}

/// ⟨rowᵢ, b⟩ of rows `[n, D]` with one row `[1, D]`.
fn dot(rows: &Tensor<2>, b: &Tensor<2>) -> Vec<f64> {
    to_host((rows.clone() * b.clone()).sum_dim(1))
}

/// ‖gᵢ − ḡ‖² and 2ḡ·(gᵢ − ḡ) of rows `[n, D]` and their mean `[1, D]`.
fn deviations(rows: Tensor<2>, mean: &Tensor<2>) -> Vec<[f64; 2]> {
    let apart = rows - mean.clone();
    let along = dot(&apart, mean);
    let squares = to_host((apart.clone() * apart).sum_dim(1));
    squares.into_iter().zip(along).map(|(squared, along)| [squared, 2.0 * along]).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::model::{Compute, Network, Targets};

    fn spread(deviations: Vec<[f64; 2]>, squared_norm: f64, population: Option<usize>) -> Spread {
        Spread { squared_norm, deviations, population }
    }

    #[test]
    fn the_whole_set_has_no_noise_and_half_of_it_less_than_independent_draws() {
        // Four examples with ‖gᵢ − ḡ‖² = 3: V = 4 by n − 1.
        let all = spread(vec![[3.0, 0.0]; 4], 2.0, Some(4));
        assert_eq!((all.variance().mean, all.signal(), all.scale().mean), (4.0, 2.0, 2.0));
        assert_eq!((all.ratio(4).mean, all.variance_of_mean(4)), (0.0, 0.0));
        assert!((all.ratio(2).mean - 2.0 / 2.0 * (2.0 / 3.0)).abs() < 1e-12);
        // Infinitely many: the measured mean has V/n of its own.
        let some = spread(vec![[3.0, 0.0]; 4], 2.0, None);
        assert_eq!((some.signal(), some.scale().mean, some.ratio(8).mean), (1.0, 4.0, 0.5));
        assert!(spread(vec![[3.0, 0.0]; 4], 0.5, None).scale().mean.is_nan(), "no signal above its own scatter");
    }

    /// A linear network with one output, mean squared error: gᵢ = 2(wᵀxᵢ − yᵢ)xᵢ by hand.
    fn linear(x: &[f64], y: &[f64]) -> Objective {
        let config = ModelConfig::new(&[2], LossKind::Mse, ["linear 1"]);
        let network = Arc::new(Network::new(&config).expect("a valid model"));
        Objective::new(network, x, Targets::Values(y), Compute::cpu_f64())
    }

    #[test]
    fn the_spread_over_examples_is_that_of_their_gradients() {
        let x = [1.0, 2.0, -1.0, 0.5, 0.3, -2.0, 1.5, 1.0, -0.7, 0.2, 0.9, -1.1];
        let y = [1.0, -2.0, 0.5, 3.0, 0.0, -1.0];
        let objective = linear(&x, &y);
        let weights = [0.4, -0.3, 0.2];
        let tensor = Compute::cpu_f64().tensor_f64(weights.to_vec(), [1, 3]);
        let mut signal = GradientSignal::new(tensor, &objective, 6, None);
        while !signal.advance(&objective) {}
        let gradients: Vec<[f64; 3]> = x
            .chunks(2)
            .zip(y)
            .map(|(x, y)| {
                let residual = 2.0 * (weights[0] * x[0] + weights[1] * x[1] + weights[2] - y);
                [residual * x[0], residual * x[1], residual]
            })
            .collect();
        let mean: Vec<f64> = (0..3).map(|d| gradients.iter().map(|g| g[d]).sum::<f64>() / 6.0).collect();
        let squares: f64 =
            gradients.iter().map(|g| g.iter().zip(&mean).map(|(g, m)| (g - m) * (g - m)).sum::<f64>()).sum();
        let norm: f64 = mean.iter().map(|m| m * m).sum();
        let found = signal.examples().expect("complete");
        assert!((found.squared_norm - norm).abs() < 1e-12 && (found.variance().mean - squares / 5.0).abs() < 1e-12);
        assert!((found.scale().mean - squares / 5.0 / norm).abs() < 1e-12);
        assert!(signal.draws().is_none());
    }

    /// On a quadratic the gradient of one-point noise scatters by σ²·‖H‖²_F, and that of a pair not at all.
    #[test]
    fn noise_scatters_as_the_hessian_says() {
        let objective = linear(&[1.0, 2.0, -1.0, 0.5, 0.3, -2.0], &[1.0, -2.0, 0.5]);
        let weights = Compute::cpu_f64().tensor_f64(vec![0.4, -0.3, 0.2], [1, 3]);
        let mut hessian = 0.0;
        let rows = [[1.0, 2.0, 1.0], [-1.0, 0.5, 1.0], [0.3, -2.0, 1.0]];
        for i in 0..3 {
            for j in 0..3 {
                hessian += (rows.iter().map(|row| row[i] * row[j]).sum::<f64>() * 2.0 / 3.0).powi(2);
            }
        }
        let sigma = 0.1;
        let measure = |two_point| {
            let distribution = NoiseDistribution::Gaussian;
            let noise = NoiseDraws { sigma, distribution, two_point, count: 2_000, seed: 3 };
            let mut signal = GradientSignal::new(weights.clone(), &objective, 3, Some(noise));
            while !signal.advance(&objective) {}
            signal.draws().expect("complete").clone()
        };
        let one = measure(false).variance();
        let expected = sigma * sigma * hessian;
        assert!((one.mean - expected).abs() < 4.0 * one.stderr && one.stderr < 0.05 * expected, "{one:?} {expected}");
        let two = measure(true);
        assert!(two.variance().mean < 1e-20 && (two.ratio(1).mean) < 1e-15, "{:?}", two.variance());
    }
}
