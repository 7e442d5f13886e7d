//! k pairs ±U against 2k single points: the same number of gradients, and which estimate varies less.
//!
//! Of the gradient both are drawn as they are used. Of the loss, samples are independent, so the variance of a mean of n is an
//! n-th of that of one; it comes from couples of independent samples, whose half squared difference has it as its mean. To
//! second order, with g = ∇L and H = ∇²L: gradient σ²‖H‖²_F for one point and 0 for a pair, loss σ²‖g‖² + σ⁴/2·‖H‖²_F for one
//! point and σ⁴/2·‖H‖²_F for a pair. Where the gradient vanishes two single points therefore tell the loss better than a pair.

use burn::tensor::Tensor;

use crate::config::{NoiseDistribution, PairVariances};
use crate::engine::units::Units;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::noise::{GradientVariance, SigmaSweep};
use crate::protocol::{Estimate, Progress};
use crate::report::kinds::{PairVariance, PairsFound, PairsRow};

/// Products of one unit; a fixed number, so that a GPU compiles one shape.
const PRODUCTS_PER_UNIT: usize = 4;

pub(super) struct Pairs {
    settings: PairVariances,
    frobenius: Frobenius,
    gradients: GradientVariance,
    losses: SigmaSweep,
}

impl Pairs {
    /// At weights `[1, D]`.
    pub fn new(settings: &PairVariances, weights: &Tensor<2>, seed: u64) -> Self {
        let PairVariances { sigma, k, draws, probes, .. } = settings;
        let samples: Vec<usize> = k.iter().flat_map(|&k| [k, 2 * k]).collect();
        let gaussian = NoiseDistribution::Gaussian;
        Self {
            frobenius: Frobenius { weights: weights.clone(), probes: *probes, seed, squares: Vec::new() },
            gradients: GradientVariance::new(weights.clone(), *sigma, &samples, *draws, gaussian, seed),
            losses: SigmaSweep::new(weights.clone(), &[*sigma], 2 * draws, gaussian, seed),
            settings: settings.clone(),
        }
    }

    pub fn found(&self) -> PairsFound {
        let PairVariances { sigma, k, batches, .. } = &self.settings;
        let losses: Vec<[f64; 2]> = self.losses.gaps().flat_map(|(_, gaps)| gaps.chunks_exact(2)).map(couple).collect();
        let row = |&k: &usize| {
            let single = self.gradients.values(2 * k).map(|[one, _]| one);
            let pairs = self.gradients.values(k).map(|[_, two]| two);
            let gradient: Vec<[f64; 2]> = single.zip(pairs).map(|(one, two)| [one, two]).collect();
            let samples = k as f64;
            let loss: Vec<[f64; 2]> = losses.iter().map(|[one, two]| [one / (2.0 * samples), two / samples]).collect();
            PairsRow { k, gradient: PairVariance::of(&gradient, *batches), loss: PairVariance::of(&loss, *batches) }
        };
        let frobenius_square = Estimate::of(self.frobenius.squares.iter().copied());
        PairsFound { sigma: *sigma, frobenius_square, rows: k.iter().map(row).collect() }
    }
}

/// Values whose means are the variances of L(w+U) and of (L(w+U) + L(w−U))/2, from two independent pairs.
fn couple(pairs: &[[f64; 2]]) -> [f64; 2] {
    let [[plus, minus], [other_plus, other_minus]] = [pairs[0], pairs[1]];
    let half_square = |a: f64, b: f64| 0.5 * (a - b).powi(2);
    let single = f64::midpoint(half_square(plus, other_plus), half_square(minus, other_minus));
    [single, half_square(f64::midpoint(plus, minus), f64::midpoint(other_plus, other_minus))]
}

impl Units for Pairs {
    fn advance(&mut self, objective: &Objective) -> bool {
        if self.frobenius.squares.len() < self.frobenius.probes {
            self.frobenius.advance(objective);
            return false;
        }
        self.gradients.advance(objective) && self.losses.advance(objective)
    }

    fn progress(&self) -> Progress {
        let (gradients, losses) = (self.gradients.progress(), self.losses.progress());
        let Frobenius { squares, probes, .. } = &self.frobenius;
        // A draw is 4 gradients for each of the most samples, a pair 2 losses.
        let weight = 4 * self.settings.k.iter().max().map_or(1, |&most| 2 * most as u64);
        Progress {
            done: squares.len() as u64 + weight * gradients.done + losses.done,
            total: *probes as u64 + weight * gradients.total + losses.total,
        }
    }
}

/// ‖H‖²_F = E‖Hv‖² for random signs v.
struct Frobenius {
    weights: Tensor<2>,
    probes: usize,
    seed: u64,
    squares: Vec<f64>,
}

impl Frobenius {
    fn advance(&mut self, objective: &Objective) {
        let done = self.squares.len();
        let unit = PRODUCTS_PER_UNIT.min(objective.chunk_size()).min(self.probes - done);
        let stream = Stream { seed: self.seed, purpose: Purpose::LayerProbes, index: done as u64 };
        let directions = stream.signs([unit, objective.num_parameters()], objective.compute());
        let product = objective.hessian_product(self.weights.clone().repeat_dim(0, unit), directions).product;
        self.squares.extend(to_host((product.clone() * product).sum_dim(1)));
    }
}
