//! What studies of special kinds measure at the weights of one run: plain data, kept with the run.

use serde::{Deserialize, Serialize};

use crate::protocol::Estimate;

/// What was measured beside what every comparison has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindFound {
    /// What noise does to the loss.
    NoiseStability(StabilityFound),
    /// The terms of the bound.
    Bound(BoundFound),
    /// What pairs are worth.
    Pairs(PairsFound),
}

/// What noise does to the loss, beside the trace of the same parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StabilityFound {
    /// L(w).
    pub loss: f64,
    /// Parameters that are noisy.
    pub parameters: usize,
    /// Tr ∇²L over these parameters, by Hutchinson.
    pub trace: Estimate,
    /// One row for each σ, ascending.
    pub rows: Vec<StabilityRow>,
}

/// What noise of one σ does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StabilityRow {
    /// σ.
    pub sigma: f64,
    /// E L(w + U) − L(w), the mean over pairs of (L(w+U) + L(w−U))/2 − L(w). NaN where one of them is not finite.
    pub gap: Estimate,
    /// Standard deviation of L(w + U).
    pub one_point: f64,
    /// Standard deviation of (L(w+U) + L(w−U))/2.
    pub two_point: f64,
}

impl StabilityFound {
    /// What second order says of a σ: σ²/2·Tr ∇²L.
    #[must_use]
    pub fn second_order(&self, sigma: f64) -> Estimate {
        self.trace.scaled(0.5 * sigma * sigma)
    }
}

/// The terms of the bound C·√(α r²/n).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundFound {
    /// α, the greatest Tr ∇²ℓ of an example: that which half of the probes find greatest, measured by the other half.
    pub alpha: Estimate,
    /// The greatest of all examples' traces by all probes, which is biased upwards.
    pub greatest: Estimate,
    /// The greatest trace of a batch, likewise by all probes.
    pub of_batches: Estimate,
    /// r = ‖w − w₀‖.
    pub distance: f64,
    /// n, the training examples.
    pub examples: usize,
    /// C.
    pub constant: f64,
    /// The logarithm of the number of classes, the loss of a guess; a bound above it says nothing. `None` for regression.
    pub of_guess: Option<f64>,
}

impl BoundFound {
    /// The bound and its standard error, which is that of α: NaN where α is negative or unknown, which gives none.
    #[must_use]
    pub fn bound(&self) -> Estimate {
        let scale = self.constant * self.distance / (self.examples as f64).sqrt();
        let mean = scale * self.alpha.mean.sqrt();
        Estimate { mean, stderr: 0.5 * mean * self.alpha.stderr / self.alpha.mean, samples: self.alpha.samples }
    }
}

/// What pairs are worth at one row of weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairsFound {
    /// σ.
    pub sigma: f64,
    /// ‖H‖²_F, to first order σ⁻² times the variance of a one-point gradient.
    pub frobenius_square: Estimate,
    /// One row for each k, ascending.
    pub rows: Vec<PairsRow>,
}

/// k pairs against 2k single points, the same number of gradients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairsRow {
    /// k.
    pub k: usize,
    /// Of the gradient: the trace of the covariance of an estimate.
    pub gradient: PairVariance,
    /// Of the loss: the variance of an estimate.
    pub loss: PairVariance,
}

/// The variances of two estimates of the same cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairVariance {
    /// From 2k single points.
    pub one_point: Estimate,
    /// From k pairs.
    pub two_point: Estimate,
    /// One-point over two-point: what all draws say, with the error by batches of them. Infinite where pairs leave nothing.
    pub ratio: Estimate,
}

impl PairVariance {
    /// From values whose means the variances are, draw by draw, in so many batches.
    #[must_use]
    pub fn of(draws: &[[f64; 2]], batches: usize) -> Self {
        let of = |place: usize| Estimate::of(draws.iter().map(|draw| draw[place]));
        let (one_point, two_point) = (of(0), of(1));
        let part = |draws: &[[f64; 2]]| {
            let sum = |place: usize| draws.iter().map(|draw| draw[place]).sum::<f64>();
            sum(0) / sum(1)
        };
        let size = (draws.len() / batches.max(1)).max(1);
        let error = Estimate::of(draws.chunks_exact(size).map(part)).stderr;
        let ratio = Estimate { mean: part(draws), stderr: error, samples: draws.len() / size };
        Self { one_point, two_point, ratio }
    }
}

/// The mean of independent figures that have errors of their own.
#[must_use]
pub fn mean_of(figures: &[Estimate]) -> Estimate {
    let n = figures.len() as f64;
    let mean = figures.iter().map(|figure| figure.mean).sum::<f64>() / n;
    let stderr = figures.iter().map(|figure| figure.stderr.powi(2)).sum::<f64>().sqrt() / n;
    Estimate { mean, stderr, samples: figures.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_root_of_its_terms_and_its_error_that_of_alpha() {
        let estimate = |mean, stderr| Estimate { mean, stderr, samples: 8 };
        let found = |alpha| BoundFound {
            alpha: estimate(alpha, 0.08),
            greatest: estimate(9.0, 0.1),
            of_batches: estimate(4.0, 0.1),
            distance: 3.0,
            examples: 50,
            constant: 2.0,
            of_guess: None,
        };
        let bound = found(8.0).bound();
        assert!((bound.mean - 2.0 * (8.0_f64 * 9.0 / 50.0).sqrt()).abs() < 1e-12, "{bound:?}");
        // A change of 1 % of α is one of ½ % of its root.
        assert!((bound.stderr / bound.mean - 0.005).abs() < 1e-12, "{bound:?}");
        assert!(found(-0.1).bound().mean.is_nan() && found(f64::NAN).bound().mean.is_nan());
    }

    #[test]
    fn a_ratio_is_that_of_all_draws_and_its_error_that_of_batches() {
        // Two batches, of ratios 2 and 4; together 12/4.
        let found = PairVariance::of(&[[3.0, 1.0], [1.0, 1.0], [4.0, 1.0], [4.0, 1.0]], 2);
        assert_eq!((found.one_point.mean, found.two_point.mean, found.ratio.mean), (3.0, 1.0, 3.0));
        assert!((found.ratio.stderr - 1.0).abs() < 1e-12 && found.ratio.samples == 2, "{:?}", found.ratio);
        assert_eq!(PairVariance::of(&[[3.0, 0.0], [1.0, 0.0]], 2).ratio.mean, f64::INFINITY);
        assert!(PairVariance::of(&[], 2).ratio.mean.is_nan());
    }

    #[test]
    fn errors_of_independent_figures_combine() {
        let figure = |mean, stderr| Estimate { mean, stderr, samples: 9 };
        assert_eq!(mean_of(&[figure(1.0, 3.0), figure(3.0, 4.0)]), Estimate { mean: 2.0, stderr: 2.5, samples: 2 });
        assert!(mean_of(&[]).mean.is_nan());
    }
}
