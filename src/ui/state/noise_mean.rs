//! The running trace from noise pairs, with the standard error of its mean.

use crate::protocol::StepRow;

/// Steps over which the trace from noise pairs is averaged for its line.
const NOISE_MEMORY_STEPS: f64 = 50.0;
/// Steps with a new σ before the line begins again.
const NOISE_WARM_UP_STEPS: f64 = 8.0;

/// Running mean of 2·e/σ² over the last steps: the plain mean of the first ones, then one that forgets.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoiseMean {
    sigma: f64,
    mean: f64,
    weight: f64,
    /// Mean square distance from the mean, with the same weights.
    variance: f64,
    /// Sum of the squared weights: 1/n for the plain mean of n.
    squared_weights: f64,
}

impl NoiseMean {
    /// Takes a step's even part and returns the mean with its standard error; NaN when the step has no pairs.
    pub fn push(&mut self, row: &StepRow) -> [f64; 2] {
        let Some(noise) = row.noise.filter(|noise| noise.even_mean.is_finite() && noise.sigma > 0.0) else {
            return [f64::NAN; 2];
        };
        if noise.base_sigma != self.sigma {
            *self = Self { sigma: noise.base_sigma, ..Self::default() };
        }
        self.weight = (self.weight + 1.0).min(NOISE_MEMORY_STEPS);
        let share = 1.0 / self.weight;
        let distance = 2.0 * noise.even_mean / (noise.sigma * noise.sigma) - self.mean;
        self.mean += share * distance;
        self.variance = (1.0 - share) * (self.variance + share * distance * distance);
        self.squared_weights = (1.0 - share).powi(2) * self.squared_weights + share * share;
        // The first pairs with a new σ scatter by as much as their mean.
        if self.weight < NOISE_WARM_UP_STEPS {
            return [f64::NAN; 2];
        }
        let unbiased = self.variance / (1.0 - self.squared_weights);
        [self.mean, (unbiased * self.squared_weights).sqrt()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{NoiseRow, Origin, RunId, RunInfo};
    use crate::ui::state::run_view::RunView;

    #[test]
    fn the_running_trace_has_the_standard_error_of_its_mean() {
        let knobs = Knobs::default();
        let info = RunInfo { run: RunId(0), optimizer: OptimizerKind::Nso, seed: 0, knobs, origin: Origin::Initial };
        let mut run = RunView::new(info);
        // With σ = 1 a step's trace is twice its even part: 4 and 6 in turns, mean 5, standard deviation about 1.
        let rows: Vec<StepRow> = (1..=400)
            .map(|step| StepRow {
                step,
                gradient_evaluations: step,
                train_seconds: 0.0,
                batch_loss: 1.0,
                perturbed_loss: 1.0,
                gradient_norm: 1.0,
                learning_rate: 0.1,
                noise: Some(NoiseRow {
                    sigma: 1.0,
                    base_sigma: 1.0,
                    k: 1,
                    even_mean: if step % 2 == 0 { 3.0 } else { 2.0 },
                    odd_square: 0.0,
                    gap_mean: 0.0,
                }),
            })
            .collect();
        run.push_steps(&rows);
        let at = |step: usize| run.steps.rows()[step - 1];
        assert!(at(7).noise_trace.is_nan(), "too few pairs to say");
        // The plain mean of 50: s/√n, s² = 50/49.
        let expected = (50.0_f64 / 49.0 / 50.0).sqrt();
        assert!((f64::from(at(50).noise_trace) - 5.0).abs() < 1e-6);
        assert!((f64::from(at(50).noise_stderr) - expected).abs() < 1e-6, "{} {expected}", at(50).noise_stderr);
        // The mean that forgets has weights whose squares sum up to 1/99.
        let last = f64::from(at(400).noise_stderr);
        assert!((last - 0.1).abs() < 0.006, "{last}");
    }
}
