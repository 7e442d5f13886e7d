//! The newest value of a quantity that drifts, from noisy samples of it: a running mean whose lag is taken out.
//!
//! A mean over the last n samples is late by about n/2 of them. A straight line fitted to them by least squares and read at
//! the newest step is not: it is unbiased where the quantity moves in proportion to the steps, at about twice the standard
//! error of the mean. Where it bends or jumps, the line is off as well; a parabola through the same samples and a line through
//! the newer half of them show by how much. So the window is the longest on which both stay within their own noise of the line
//! (in the spirit of Lepski, Theory Probab. Appl. 35, 1991), and what they are apart is part of the stated error.
//!
//! Samples of one step have no drift: their mean has the usual standard error s/√n.

use std::collections::VecDeque;

/// Samples that are kept at most.
const MOST: usize = 64;
/// Samples that a line is fitted to at least.
const LEAST_FOR_LINE: usize = 8;
/// What the noise around the line may exceed that of neighbours by, as a share of it, times √n.
const ROUGHNESS: f64 = 2.0;
/// How many of its own standard errors the parabola may be away from the line.
const TOLERANCE: f64 = 1.5;

/// The last samples of a quantity that drifts.
#[derive(Debug, Clone, Default)]
pub(super) struct Drift {
    /// Step and value, the newest last.
    samples: VecDeque<(u64, f64)>,
}

/// What the samples say of the newest step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drifted {
    /// The value at the newest step.
    pub value: f64,
    /// Its standard error, with what the quantity bends over the samples; NaN for a single sample.
    pub stderr: f64,
    /// Step of the oldest sample in it.
    pub first_step: u64,
    /// Number of samples in it.
    pub samples: usize,
}

/// A polynomial fitted by least squares, read at the newest step.
struct Fit {
    value: f64,
    /// The share of the noise's variance in `value`.
    share: f64,
    /// Variance of the noise by what is left over; NaN where nothing is.
    noise: f64,
}

impl Drift {
    /// Adds a sample; steps never descend.
    pub fn push(&mut self, step: u64, value: f64) {
        self.samples.push_back((step, value));
        if self.samples.len() > MOST {
            self.samples.pop_front();
        }
    }

    pub fn clear(&mut self) {
        self.samples.clear();
    }

    /// What the samples say now; `None` without any.
    pub fn now(&self) -> Option<Drifted> {
        let samples: Vec<(u64, f64)> = self.samples.iter().copied().collect();
        let &(newest, _) = samples.last()?;
        let mut window = samples.len();
        loop {
            let part = &samples[samples.len() - window..];
            let (found, holds) = read(part, newest);
            // A fifth less at a time, but never less than a line needs.
            let shorter = (4 * window / 5).max(LEAST_FOR_LINE);
            if holds || shorter >= window {
                return Some(found);
            }
            window = shorter;
        }
    }
}

/// The value at the newest step by some samples, and whether they are few enough for it.
fn read(samples: &[(u64, f64)], newest: u64) -> (Drifted, bool) {
    let n = samples.len();
    let first_step = samples[0].0;
    let told = |value, stderr| Drifted { value, stderr, first_step, samples: n };
    let span = (newest - first_step) as f64;
    let points: Vec<(f64, f64)> = samples.iter().map(|&(step, y)| (step as f64 - newest as f64, y)).collect();
    let Some(mean) = fit(&points, 0, 1.0) else { return (told(f64::NAN, f64::NAN), true) };
    if span == 0.0 {
        return (told(mean.value, (mean.noise * mean.share).sqrt()), true);
    }
    let Some(line) = fit(&points, 1, span) else { return (told(mean.value, f64::NAN), true) };
    if n < LEAST_FOR_LINE {
        // Too few to tell the drift from noise: the mean, and all that the line says of its lag.
        let lag = line.value - mean.value;
        return (told(mean.value, (mean.noise * mean.share + lag * lag).sqrt()), true);
    }
    let own = line.noise * line.share;
    // What bends is seen by a parabola, what jumps by a line through the newer half.
    let half = &points[n / 2..];
    let others = [fit(&points, 2, span), if half.len() < LEAST_FOR_LINE { None } else { fit(half, 1, span) }];
    let mut bend: f64 = 0.0;
    // What is left of numbers that lie on a line is rounding.
    let rounding = 1e-18 * points.iter().map(|(_, y)| y * y).fold(0.0, f64::max);
    let mut holds = line.noise <= (1.0 + ROUGHNESS / (n as f64).sqrt()) * roughness(samples) + rounding;
    for other in others.into_iter().flatten() {
        let apart = (other.value - line.value).powi(2);
        let noise = other.noise * (other.share - line.share).max(0.0);
        bend = bend.max(apart);
        holds &= apart <= TOLERANCE * TOLERANCE * noise + rounding;
    }
    (told(line.value, (own + bend).sqrt()), holds)
}

/// Variance of the noise by the differences of neighbours, which a slow drift and a single jump hardly change (von Neumann, Ann.
/// Math. Stat. 12, 1941).
fn roughness(samples: &[(u64, f64)]) -> f64 {
    let apart = samples.iter().zip(&samples[1..]).map(|((_, a), (_, b))| (b - a).powi(2));
    apart.sum::<f64>() / (2.0 * (samples.len() - 1) as f64)
}

/// Fits a polynomial of a degree up to 2 in x/span to points (x, y), and reads it at x = 0; `None` where the points do not
/// determine it.
fn fit(points: &[(f64, f64)], degree: usize, span: f64) -> Option<Fit> {
    let size = degree + 1;
    let powers = |x: f64| [1.0, x / span, (x / span).powi(2)];
    // An orthonormal basis over the points by Gram–Schmidt, twice for the digits.
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(size);
    let mut at_newest: Vec<f64> = Vec::with_capacity(size);
    for power in 0..size {
        let mut column: Vec<f64> = points.iter().map(|&(x, _)| powers(x)[power]).collect();
        let mut here = if power == 0 { 1.0 } else { 0.0 };
        let before = dot(&column, &column).sqrt();
        for _ in 0..2 {
            for (other, value) in basis.iter().zip(&at_newest) {
                let share = dot(&column, other);
                column.iter_mut().zip(other).for_each(|(x, q)| *x -= share * q);
                here -= share * value;
            }
        }
        let size = dot(&column, &column).sqrt();
        if size.is_nan() || size <= 1e-9 * before {
            return None;
        }
        column.iter_mut().for_each(|x| *x /= size);
        basis.push(column);
        at_newest.push(here / size);
    }
    let mut rest: Vec<f64> = points.iter().map(|&(_, y)| y).collect();
    let mut value = 0.0;
    for (column, here) in basis.iter().zip(&at_newest) {
        let share = dot(&rest, column);
        rest.iter_mut().zip(column).for_each(|(x, q)| *x -= share * q);
        value += share * here;
    }
    let left = points.len().saturating_sub(size);
    let noise = if left > 0 { dot(&rest, &rest) / left as f64 } else { f64::NAN };
    // Of a fit that leaves nothing over the noise is unknown, not 0.
    Some(Fit { value, share: at_newest.iter().map(|x| x * x).sum(), noise })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(samples: impl IntoIterator<Item = (u64, f64)>) -> Drift {
        let mut drift = Drift::default();
        samples.into_iter().for_each(|(step, value)| drift.push(step, value));
        drift
    }

    /// Standard normal numbers of a seed, by a counter and Box–Muller.
    fn normal(seed: u64, index: u64) -> f64 {
        let uniform = |part: u64| {
            let mut z = (seed << 40) ^ (2 * index + part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            for shift in [30, 27, 31] {
                z = (z ^ (z >> shift)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            }
            ((z >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        (-2.0 * uniform(0).ln()).sqrt() * (std::f64::consts::TAU * uniform(1)).cos()
    }

    #[test]
    fn samples_of_one_step_are_their_mean_with_its_standard_error() {
        let values = [3.0, 5.0, 4.0, 8.0];
        let now = drift(values.map(|value| (7, value))).now().unwrap();
        // Σ(x − 5)² = 4 + 0 + 1 + 9 = 14.
        let stderr = (14.0_f64 / 3.0 / 4.0).sqrt();
        assert_eq!((now.value, now.first_step, now.samples), (5.0, 7, 4));
        assert!((now.stderr - stderr).abs() < 1e-12, "{} and {stderr}", now.stderr);
        assert!(drift([(1, 2.0)]).now().unwrap().stderr.is_nan());
        assert_eq!(Drift::default().now(), None);
    }

    #[test]
    fn a_line_is_met_exactly_however_the_steps_are_spaced() {
        let steps = (0..40_u64).map(|i| 100 + i * i);
        let now = drift(steps.map(|step| (step, 7.0 - 0.25 * step as f64))).now().unwrap();
        let expected = 7.0 - 0.25 * (100 + 39 * 39) as f64;
        assert!((now.value - expected).abs() < 1e-9 && now.stderr < 1e-9, "{now:?}, expected {expected}");
        assert_eq!((now.samples, now.first_step), (40, 100));
    }

    #[test]
    fn a_line_is_that_of_least_squares_with_its_variance() {
        // By hand: at the end of x = 0, 1, …, n − 1 the line's variance is σ²(1/n + (x̄ − xₙ)²/Sₓₓ), σ² by the residuals.
        let n = 20_u64;
        let (last, mean) = ((n - 1) as f64, (n - 1) as f64 / 2.0);
        let y = |i: u64| 3.0 * i as f64 + normal(1, i);
        let x = |i: u64| i as f64 - mean;
        let sxx: f64 = (0..n).map(|i| x(i).powi(2)).sum();
        let slope = (0..n).map(|i| x(i) * y(i)).sum::<f64>() / sxx;
        let level = (0..n).map(y).sum::<f64>() / n as f64;
        let left: f64 = (0..n).map(|i| (y(i) - level - slope * x(i)).powi(2)).sum();
        let points: Vec<(f64, f64)> = (0..n).map(|i| (i as f64 - last, y(i))).collect();
        let found = fit(&points, 1, last).unwrap();
        assert!((found.value - (level + slope * mean)).abs() < 1e-9, "{}", found.value);
        assert!((found.noise - left / (n - 2) as f64).abs() < 1e-9, "{}", found.noise);
        assert!((found.share - (1.0 / n as f64 + mean * mean / sxx)).abs() < 1e-9, "{}", found.share);
        let now = drift((0..n).map(|i| (i, y(i)))).now().unwrap();
        assert!(now.samples < 20 || now.stderr >= (found.noise * found.share).sqrt(), "{now:?}");
    }

    #[test]
    fn few_samples_of_different_steps_say_how_late_their_mean_may_be() {
        let now = drift([(0, 4.0), (10, 8.0)]).now().unwrap();
        assert!((now.value - 6.0).abs() < 1e-12 && now.samples == 2, "{now:?}");
        assert!(now.stderr >= 2.0, "the newest sample is 2 away: {}", now.stderr);
    }

    #[test]
    fn a_jump_shortens_the_window_until_it_is_behind() {
        let value = |step: u64| if step < 100 { 50.0 } else { 5.0 };
        let samples = |until: u64| (0..until).map(|step| (step, value(step) * (1.0 + 0.05 * normal(3, step))));
        let before = drift(samples(100)).now().unwrap();
        let after = drift(samples(112)).now().unwrap();
        assert!(before.samples > 40 && (before.value - 50.0).abs() < 3.0 * before.stderr, "{before:?}");
        assert!(after.samples <= 14 && (after.value - 5.0).abs() < 3.0 * after.stderr, "{after:?}");
        let later = drift(samples(180)).now().unwrap();
        assert!(later.samples > 40 && (later.value - 5.0).abs() < 3.0 * later.stderr, "{later:?}");
    }

    /// Mean and mean square of (estimate − truth)/error along a curve with noise in proportion, over many seeds.
    fn pulls(curve: impl Fn(f64) -> f64, noise: f64) -> (f64, f64, f64) {
        let (mut sum, mut squares, mut outside, mut count) = (0.0, 0.0, 0.0, 0.0);
        for seed in 1..=40 {
            let mut drift = Drift::default();
            for step in 0..300_u64 {
                let truth = curve(step as f64);
                drift.push(step, truth * (1.0 + noise * normal(seed, step)));
                if step >= 10 && step.is_multiple_of(5) {
                    let now = drift.now().unwrap();
                    let pull = (now.value - truth) / now.stderr;
                    sum += pull;
                    squares += pull * pull;
                    outside += f64::from(u8::from(pull.abs() > 3.0));
                    count += 1.0;
                }
            }
        }
        (sum / count, squares / count, outside / count)
    }

    #[test]
    fn the_stated_error_holds_along_curves_as_training_has_them() {
        type Curve = fn(f64) -> f64;
        let curves: [(&str, Curve); 5] = [
            ("constant", |_| 8.0),
            ("falls by ten in few steps", |x| 10.0 + 90.0 * (-x / 20.0).exp()),
            ("rises and falls", |x| 20.0 + 60.0 * (x / 40.0) * (1.0 - x / 40.0).exp()),
            ("decays", |x| 100.0 / (1.0 + x / 30.0)),
            ("breathes", |x| 50.0 + 15.0 * (x / 25.0).sin()),
        ];
        for (name, curve) in curves {
            for noise in [0.03, 0.1, 0.4] {
                let (mean, squares, outside) = pulls(curve, noise);
                assert!(mean.abs() < 0.5, "{name}, noise {noise}: off by {mean} errors on average");
                assert!((0.5..2.0).contains(&squares), "{name}, noise {noise}: mean square {squares}");
                assert!(outside < 0.05, "{name}, noise {noise}: {outside} beyond three errors");
            }
        }
    }
}
