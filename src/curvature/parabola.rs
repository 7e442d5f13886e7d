//! Where a step lands on the parabola of the loss along it (Schneider, Dangel, Hennig, "Cockpit", NeurIPS 2021, arXiv 2102.06604).
//!
//! Along the step s the loss is taken for f(t) = c₀ + c₁t + c₂t², t = 0 where the step begins and t = 1 where it ends. Losses and
//! slopes at both ends are four observations of three coefficients; each is weighted by the inverse of its variance over the
//! examples, as Cockpit does. The minimum lies at t* = −c₁/(2c₂), and
//!
//! α = 1/t* − 1 = −2c₂/c₁ − 1
//!
//! is −1 where the step begins, 0 in the minimum and 1 on the mirrored side, at the height of the beginning; beyond 1 the step has gone
//! uphill. A parabola that bends downwards (c₂ ≤ 0) has no minimum and no α: Cockpit writes −1 there, here it is NaN and counted by
//! itself. On the loss of plain gradient descent along one eigenvector α = ηλ − 1, so α = 1 is the edge of stability.
//!
//! The error of α is that of a jackknife over groups of examples, the same groups at both ends: what both ends have in common
//! does not count twice.

use nalgebra::{Matrix3, Vector3};

/// Groups of examples of the jackknife, at most.
const GROUPS: usize = 32;
/// Variances below this share of the greatest count as so much: an observation is not infinitely certain.
const LEAST_VARIANCE: f64 = 1e-10;

/// The loss and its slope along the whole step at one of its ends, of each example.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnd {
    /// ℓᵢ.
    pub losses: Vec<f64>,
    /// ∇ℓᵢ·s with the whole step s.
    pub slopes: Vec<f64>,
}

/// The parabola along one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepFit {
    /// α; NaN where the parabola bends downwards.
    pub alpha: f64,
    /// Its standard error over the examples; NaN for fewer than two of them, and where the parabola of some of them bends
    /// downwards.
    pub stderr: f64,
    /// 2c₂ = sᵀHs of the parabola, the curvature along the whole step.
    pub curvature: f64,
    /// L after the step minus L before it.
    pub change: f64,
}

/// Means and variances of the four observations.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    share: f64,
    sums: [f64; 4],
    squares: [f64; 4],
}

impl Moments {
    fn add(&mut self, share: f64, values: [f64; 4]) {
        self.share += share;
        for (place, value) in values.into_iter().enumerate() {
            self.sums[place] += share * value;
            self.squares[place] += share * value * value;
        }
    }

    fn without(self, part: &Self) -> Self {
        let less = |all: [f64; 4], part: [f64; 4]| std::array::from_fn(|place| all[place] - part[place]);
        Self {
            share: self.share - part.share,
            sums: less(self.sums, part.sums),
            squares: less(self.squares, part.squares),
        }
    }

    fn means(&self) -> [f64; 4] {
        self.sums.map(|sum| sum / self.share)
    }

    fn variances(&self) -> [f64; 4] {
        let means = self.means();
        std::array::from_fn(|place| (self.squares[place] / self.share - means[place] * means[place]).max(0.0))
    }
}

impl StepFit {
    /// The parabola of the mean loss, `shares[i]` being what example i counts in it, between both ends of a step.
    #[must_use]
    pub fn new([start, end]: [&StepEnd; 2], shares: &[f64]) -> Self {
        // About one of the values, squares and their differences keep their digits.
        let base = [start.losses[0], end.losses[0], start.slopes[0], end.slopes[0]];
        let size = shares.len().div_ceil(GROUPS);
        let mut groups = vec![Moments::default(); shares.len().div_ceil(size)];
        for (i, &share) in shares.iter().enumerate() {
            let values = [start.losses[i], end.losses[i], start.slopes[i], end.slopes[i]];
            groups[i / size].add(share, std::array::from_fn(|place| values[place] - base[place]));
        }
        let mut all = Moments::default();
        for group in &groups {
            all.share += group.share;
            for place in 0..4 {
                all.sums[place] += group.sums[place];
                all.squares[place] += group.squares[place];
            }
        }
        let fit = |moments: &Moments| coefficients(plus(moments.means(), base), moments.variances());
        let [_, c1, c2] = fit(&all);
        let left_out: Vec<f64> =
            groups.iter().map(|group| fit(&all.without(group))).map(|[_, c1, c2]| alpha(c1, c2)).collect();
        let means = plus(all.means(), base);
        Self { alpha: alpha(c1, c2), stderr: jackknife(&left_out), curvature: 2.0 * c2, change: means[1] - means[0] }
    }

    /// Whether the parabola bends downwards, so that it has no minimum.
    #[must_use]
    pub fn is_concave(&self) -> bool {
        self.curvature <= 0.0
    }
}

fn plus(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    std::array::from_fn(|place| a[place] + b[place])
}

/// α of a parabola; NaN where it bends downwards.
fn alpha(c1: f64, c2: f64) -> f64 {
    if c2 > 0.0 { -2.0 * c2 / c1 - 1.0 } else { f64::NAN }
}

/// c₀, c₁, c₂ of least squares from f(0), f(1), f′(0), f′(1), each weighted by the inverse of its variance.
fn coefficients(observed: [f64; 4], variances: [f64; 4]) -> [f64; 3] {
    let greatest = variances.into_iter().fold(0.0, f64::max);
    let weight = |variance: f64| if greatest > 0.0 { 1.0 / (variance / greatest).max(LEAST_VARIANCE) } else { 1.0 };
    let rows = [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 2.0]].map(Vector3::from);
    let (mut matrix, mut right) = (Matrix3::zeros(), Vector3::zeros());
    for ((row, value), variance) in rows.into_iter().zip(observed).zip(variances) {
        matrix += row * row.transpose() * weight(variance);
        right += row * (value * weight(variance));
    }
    // Four observations of which any three are independent: the matrix can be inverted unless something is not finite.
    matrix.lu().solve(&right).map_or([f64::NAN; 3], Into::into)
}

/// Standard error from the values without one group each: √((G − 1)/G · Σ (x − mean)²); NaN where one of them is.
fn jackknife(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if values.len() > 1 { ((count - 1.0) / count * squares).sqrt() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of a step along which the loss of each example is a parabola c₀ + c₁t + c₂t², so that the mean is one too.
    fn ends(parabolas: &[[f64; 3]]) -> [StepEnd; 2] {
        let at = |t: f64| StepEnd {
            losses: parabolas.iter().map(|[a, b, c]| a + b * t + c * t * t).collect(),
            slopes: parabolas.iter().map(|[_, b, c]| b + 2.0 * c * t).collect(),
        };
        [at(0.0), at(1.0)]
    }

    fn fit(parabolas: &[[f64; 3]]) -> StepFit {
        let [start, end] = ends(parabolas);
        StepFit::new([&start, &end], &vec![1.0 / parabolas.len() as f64; parabolas.len()])
    }

    #[test]
    fn a_quadratic_gives_its_place_whatever_the_weights_are() {
        // Gradient descent on λx²/2 from x: c₁ = −ηλ²x², c₂ = η²λ³x²/2, so α = ηλ − 1.
        for eta_lambda in [0.1, 1.0, 1.7, 2.0, 2.5] {
            let parabola = [3.0, -eta_lambda, 0.5 * eta_lambda * eta_lambda];
            // The same mean from examples that scatter.
            let scattered: Vec<[f64; 3]> = (0..64)
                .map(|i| {
                    let u = f64::from(i) / 31.5 - 1.0;
                    [parabola[0] + 5.0 * u, parabola[1] * (1.0 + 0.3 * u), parabola[2] * (1.0 - 0.2 * u)]
                })
                .collect();
            for found in [fit(&[parabola]), fit(&scattered)] {
                assert!((found.alpha - (eta_lambda - 1.0)).abs() < 1e-10, "{eta_lambda}: {found:?}");
                assert!((found.curvature - eta_lambda * eta_lambda).abs() < 1e-10, "{found:?}");
                assert!((found.change - (parabola[1] + parabola[2])).abs() < 1e-12, "{found:?}");
            }
        }
        assert!(fit(&[[1.0, -1.0, 0.5]]).stderr.is_nan(), "one example has no error");
        let down = fit(&[[1.0, -1.0, -0.2]]);
        assert!(down.is_concave() && down.alpha.is_nan());
        assert!(fit(&[[1.0, 1.0, 0.5]]).alpha < -1.0, "uphill: the minimum lies behind");
    }

    /// Cockpit's own fit, `_fit_quadratic` and `_get_alpha` with a step of length 0.37, by numpy.
    #[test]
    fn losses_and_slopes_are_weighted_as_cockpit_does() {
        let end = |losses: [f64; 5], slopes: [f64; 5]| StepEnd { losses: losses.to_vec(), slopes: slopes.to_vec() };
        let start = end([1.2, 0.7, 2.1, 0.4, 1.5], [-0.9, 0.1, -1.6, 0.2, -0.8]);
        let after = end([0.9, 0.8, 1.4, 0.5, 1.1], [0.3, 0.05, -0.2, 0.15, 0.1]);
        let found = StepFit::new([&start, &after], &[0.2; 5]);
        assert!((found.alpha - 0.135_918_112_298_032).abs() < 1e-12, "{found:?}");
        assert!((found.curvature - 0.672_505_945_565_049).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_certain_observation_counts_more_than_one_that_scatters() {
        // A cubic is no parabola: with losses that scatter the slopes decide. f = t³ − t: f′(0) = −1, f′(1) = 2.
        let cubic = |t: f64, noise: f64| (t * t * t - t + noise, 3.0 * t * t - 1.0);
        let noise = [1.0, -1.0, 0.5, -0.5];
        let end = |t: f64| StepEnd {
            losses: noise.iter().map(|noise| cubic(t, *noise).0).collect(),
            slopes: noise.iter().map(|_| cubic(t, 0.0).1).collect(),
        };
        let found = StepFit::new([&end(0.0), &end(1.0)], &[0.25; 4]);
        // Slopes alone: c₁ = −1, 2c₂ = 3.
        assert!((found.alpha - 2.0).abs() < 1e-6 && (found.curvature - 3.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn the_error_is_the_spread_over_samples_of_examples() {
        // Many sets of 200 examples each: the spread of α over the sets is what the error of one says.
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64 - 0.5
        };
        let fits: Vec<StepFit> = (0..400)
            .map(|_| {
                let set: Vec<[f64; 3]> =
                    (0..200).map(|_| [uniform(), -1.0 + 2.0 * uniform(), 0.6 + uniform()]).collect();
                fit(&set)
            })
            .collect();
        let n = fits.len() as f64;
        let mean = fits.iter().map(|fit| fit.alpha).sum::<f64>() / n;
        let spread = (fits.iter().map(|fit| (fit.alpha - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let told = (fits.iter().map(|fit| fit.stderr * fit.stderr).sum::<f64>() / n).sqrt();
        // The spread of 400 is known to 3.5 %, four times that.
        assert!((told / spread - 1.0).abs() < 0.15, "{told} told, {spread} seen");
    }
}
