//! The last samples of a run, and what they say together.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::config::NoiseDistribution;
use crate::protocol::{Estimate, NoiseRow, NoiseSnapshot, RunId};

use super::{estimate, share_removed, variance};

/// One noise sample, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairSample {
    /// Step it belongs to.
    pub step: u64,
    /// σ of that step, after its schedule.
    pub sigma: f64,
    /// L(w+U) − L(w).
    pub gap_plus: f64,
    /// L(w−U) − L(w); `None` for one-point noise.
    pub gap_minus: Option<f64>,
    /// Trace of each parameter tensor, ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²); empty for one-point noise.
    pub layer_traces: Vec<f64>,
}

impl PairSample {
    /// a = (L(w+U) − L(w−U))/2.
    #[must_use]
    pub fn odd(&self) -> Option<f64> {
        self.gap_minus.map(|minus| (self.gap_plus - minus) / 2.0)
    }

    /// e = (L(w+U) + L(w−U))/2 − L(w).
    #[must_use]
    pub fn even(&self) -> Option<f64> {
        self.gap_minus.map(|minus| f64::midpoint(self.gap_plus, minus))
    }

    /// 2e/σ²; `None` without noise.
    fn trace(&self) -> Option<f64> {
        self.even().filter(|_| self.sigma > 0.0).map(|even| 2.0 * even / (self.sigma * self.sigma))
    }
}

/// The knobs that samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NoiseSource {
    /// The σ knob, before its schedule scales it.
    pub sigma: f64,
    /// The distribution.
    pub distribution: NoiseDistribution,
}

/// The last samples of a run, from one setting of its knobs only: turning σ or the distribution empties it. While a
/// schedule moves σ, each sample's trace is taken with its own σ.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoiseWindow {
    source: Option<NoiseSource>,
    samples: VecDeque<PairSample>,
    capacity: usize,
    names: Vec<String>,
}

impl NoiseWindow {
    /// An empty window of at most `capacity` samples; `names` are those of the parameter tensors.
    #[must_use]
    pub const fn new(capacity: usize, names: Vec<String>) -> Self {
        Self { source: None, samples: VecDeque::new(), capacity, names }
    }

    /// A window for the same tensors without samples.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self::new(self.capacity, self.names.clone())
    }

    /// Adds the samples of one step, which have one σ, and says what they say.
    pub fn push(&mut self, step: Vec<PairSample>, source: NoiseSource) -> Option<NoiseRow> {
        let sigma = step.first()?.sigma;
        if self.source.replace(source).is_some_and(|before| before != source) {
            self.samples.clear();
        }
        let mean = |value: fn(&PairSample) -> Option<f64>| {
            let values: Vec<f64> = step.iter().filter_map(value).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let row = NoiseRow {
            sigma,
            base_sigma: source.sigma,
            k: step.len(),
            even_mean: mean(PairSample::even),
            odd_square: mean(|sample| sample.odd().map(|odd| odd * odd)),
            gap_mean: mean(|sample| Some(sample.gap_plus)),
        };
        self.samples.extend(step);
        while self.samples.len() > self.capacity {
            self.samples.pop_front();
        }
        Some(row)
    }

    /// Trace from the window's pairs.
    #[must_use]
    pub fn trace(&self) -> Estimate {
        estimate(self.samples.iter().filter_map(PairSample::trace))
    }

    /// Trace of each parameter tensor from the window's pairs.
    #[must_use]
    pub fn layer_traces(&self) -> Vec<(String, Estimate)> {
        let layers = self.names.iter().enumerate();
        layers
            .map(|(layer, name)| {
                let values = self.samples.iter().filter_map(|sample| sample.layer_traces.get(layer).copied());
                (name.clone(), estimate(values))
            })
            .collect()
    }

    /// Everything for the window's charts; `None` while there are no samples.
    #[must_use]
    pub fn snapshot(&self, run: RunId) -> Option<NoiseSnapshot> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let odd: Vec<f64> = self.samples.iter().filter_map(PairSample::odd).collect();
        let even: Vec<f64> = self.samples.iter().filter_map(PairSample::even).collect();
        let (odd_variance, even_variance) = (variance(&odd), variance(&even));
        let gaps = self.samples.iter().flat_map(|sample| [Some(sample.gap_plus), sample.gap_minus]).flatten();
        Some(NoiseSnapshot {
            run,
            step: last.step,
            num_steps: last.step - first.step + 1,
            sigma: last.sigma,
            gaps: gaps.map(|gap| gap as f32).collect(),
            odd: odd.iter().map(|&x| x as f32).collect(),
            even: even.iter().map(|&x| x as f32).collect(),
            variance_removed: share_removed(odd_variance, even_variance),
            trace: self.trace(),
            layer_traces: self.layer_traces(),
            weight_sizes: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sigma: f64, plus: f64, minus: Option<f64>) -> PairSample {
        PairSample { step: 1, sigma, gap_plus: plus, gap_minus: minus, layer_traces: Vec::new() }
    }

    #[test]
    fn a_pair_on_a_parabola_gives_slope_and_curvature() {
        // L(u) = 3u + 5u², U = 0.1: odd 0.3, even 0.05, and 2e/σ² with σ = 0.1 is the second derivative 10.
        let pair = sample(0.1, 0.35, Some(-0.25));
        assert!((pair.odd().unwrap() - 0.3).abs() < 1e-12);
        assert!((pair.even().unwrap() - 0.05).abs() < 1e-12);
        assert!((pair.trace().unwrap() - 10.0).abs() < 1e-9);
    }

    const fn source(sigma: f64) -> NoiseSource {
        NoiseSource { sigma, distribution: NoiseDistribution::Gaussian }
    }

    #[test]
    fn turning_sigma_or_the_distribution_starts_a_new_window() {
        let mut window = NoiseWindow::new(8, Vec::new());
        window.push(vec![sample(0.1, 0.3, Some(0.1)); 3], source(0.1));
        window.push(vec![sample(0.2, 0.3, Some(0.1)); 2], source(0.2));
        assert_eq!(window.trace().samples, 2);
        window.push(vec![sample(0.2, 0.3, Some(0.1)); 20], source(0.2));
        assert_eq!(window.trace().samples, 8);
        let laplace = NoiseSource { distribution: NoiseDistribution::Laplace, ..source(0.2) };
        window.push(vec![sample(0.2, 0.3, Some(0.1))], laplace);
        assert_eq!(window.trace().samples, 1);
    }

    #[test]
    fn a_schedule_keeps_the_window_and_each_sample_has_its_own_sigma() {
        // L(u) = 5u² on one weight: even part 5σ², trace 10, whatever σ is.
        let mut window = NoiseWindow::new(8, Vec::new());
        for sigma in [0.2_f64, 0.1, 0.05] {
            let even = 5.0 * sigma * sigma;
            let row = window.push(vec![sample(sigma, even + sigma, Some(even - sigma))], source(0.2)).unwrap();
            assert_eq!((row.sigma, row.base_sigma), (sigma, 0.2));
        }
        assert_eq!(window.trace().samples, 3);
        assert!((window.trace().mean - 10.0).abs() < 1e-9 && window.trace().stderr < 1e-9, "{:?}", window.trace());
        // At the end of a schedule that ends at 0 there is no noise, and no trace to be had from it.
        window.push(vec![sample(0.0, 0.0, Some(0.0))], source(0.2));
        assert_eq!(window.trace().samples, 3);
    }

    #[test]
    fn a_quartic_breaks_second_order_where_its_closed_form_says() {
        // L(u) = 5u² + 5u⁴ on one weight, U = ±σ: the trace from the pair is 10 + 10σ², and 10 % too large from σ² = 0.1 on.
        let trace = |sigma: f64| {
            let mut window = NoiseWindow::new(8, Vec::new());
            let loss = 5.0 * sigma.powi(2) + 5.0 * sigma.powi(4);
            window.push(vec![sample(sigma, loss, Some(loss)); 4], source(sigma));
            window.trace()
        };
        let exact = Estimate { mean: 10.0, stderr: 0.0, samples: 1 };
        assert!((trace(0.3).mean - 10.9).abs() < 1e-9);
        assert!(!trace(0.31).parts_from(exact) && trace(0.32).parts_from(exact));
        let vague = Estimate { stderr: 0.5, ..exact };
        assert!(!trace(0.32).parts_from(vague) && trace(0.4).parts_from(vague), "it takes 3 standard errors as well");
    }

    #[test]
    fn one_point_noise_has_gaps_and_no_pairs() {
        let mut window = NoiseWindow::new(8, Vec::new());
        let row = window.push(vec![sample(0.1, 0.3, None)], source(0.1)).unwrap();
        assert!(row.even_mean.is_nan() && (row.gap_mean - 0.3).abs() < 1e-12);
        assert_eq!(window.snapshot(RunId(0)).unwrap().gaps.len(), 1);
    }
}
