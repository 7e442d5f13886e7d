//! Over which radius the second-order picture holds: measured even parts against σ²/2·Tr ∇²L for many σ.
//!
//! All σ are measured with the same directions (U = σz), so that the rows differ by σ and not by luck.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::config::NoiseDistribution;
use crate::model::{Objective, Purpose, Stream, to_host};
use crate::protocol::{Estimate, Progress};

use super::statistics::{pair_points, relative_residual, trace_rounding};

/// Pairs of one unit; a fixed number, so that a GPU compiles one shape.
const PAIRS_PER_UNIT: usize = 8;

/// A sweep on its way.
#[derive(Debug, Clone)]
pub struct SigmaSweep {
    weights: Tensor<2>,
    sigmas: Vec<f64>,
    pairs: usize,
    distribution: NoiseDistribution,
    seed: u64,
    loss: Option<f64>,
    /// Relative rounding error of a loss.
    epsilon: f64,
    /// 1 for parameters that noise is added to, 0 for others, `[1, D]`; `None` for all.
    mask: Option<Tensor<2>>,
    /// L(w+U) − L(w) and L(w−U) − L(w) of each σ and pair so far.
    gaps: Vec<Vec<[f64; 2]>>,
}

/// How one σ stands to the second-order picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Trace and prediction agree.
    Holds,
    /// They part by more than 3 combined standard errors and by more than 10 %.
    Breaks,
    /// Losses were NaN or infinite.
    Diverges,
    /// The error is larger than the trace: more pairs, or a larger σ, are needed to tell.
    Unclear,
}

/// One σ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepRow {
    /// σ.
    pub sigma: f64,
    /// Mean even part, over the pairs with finite losses.
    pub even: Estimate,
    /// Trace from it, 2·mean(e)/σ².
    pub trace: Estimate,
    /// Error of that trace by the rounding of the losses, ε·|L|·2/σ², which no number of pairs takes away.
    pub rounding: f64,
    /// The mean even part that second order predicts, σ²/2·Tr ∇²L.
    pub predicted: Estimate,
    /// |mean(e) − predicted|/|mean(e)|; 0 where both are 0.
    pub relative_residual: f64,
    /// Pairs of which a loss was NaN or infinite; they are not in the means.
    pub diverged: usize,
    /// Whether second order holds here.
    pub verdict: Verdict,
}

/// All σ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// L(w).
    pub loss: f64,
    /// One row for each σ, ascending.
    pub rows: Vec<SweepRow>,
    /// The first σ that breaks or diverges; left out where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaks_at: Option<f64>,
    /// Relative residual sum of squares over the σ that did not diverge, Σ(mean(e) − predicted)²/Σ mean(e)²; 0 where all is 0.
    pub relative_residual_squares: f64,
}

impl SweepReport {
    /// The greatest σ at which second order holds, of those below the first that breaks or diverges.
    #[must_use]
    pub fn holds_to(&self) -> Option<f64> {
        let below = self.rows.iter().take_while(|row| self.breaks_at.is_none_or(|sigma| row.sigma < sigma));
        below.filter(|row| row.verdict == Verdict::Holds).last().map(|row| row.sigma)
    }
}

impl SigmaSweep {
    /// Starts a sweep at `weights` `[1, D]` over `sigmas`, each above 0, with `pairs` pairs each.
    #[must_use]
    pub fn new(weights: Tensor<2>, sigmas: &[f64], pairs: usize, distribution: NoiseDistribution, seed: u64) -> Self {
        let mut sigmas = sigmas.to_vec();
        sigmas.sort_by(f64::total_cmp);
        let gaps = vec![Vec::new(); sigmas.len()];
        Self { weights, sigmas, pairs, distribution, seed, loss: None, epsilon: 0.0, mask: None, gaps }
    }

    /// The same with noise on some parameters alone: `mask` `[1, D]` is 1 for these and 0 for others. An independent trace is to
    /// be that of the same parameters.
    #[must_use]
    pub fn within(self, mask: Tensor<2>) -> Self {
        Self { mask: Some(mask), ..self }
    }

    /// The σ, ascending, with L(w+U) − L(w) and L(w−U) − L(w) of each pair so far.
    pub fn gaps(&self) -> impl Iterator<Item = (f64, &[[f64; 2]])> {
        self.sigmas.iter().copied().zip(self.gaps.iter().map(Vec::as_slice))
    }

    /// One unit of work: some pairs of one σ, which take turns. True when the sweep is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let loss = *self.loss.get_or_insert_with(|| to_host(objective.losses(self.weights.clone()))[0]);
        self.epsilon = objective.compute().epsilon();
        let Some(turn) = (0..self.gaps.len()).min_by_key(|&index| self.gaps[index].len()) else { return true };
        let done = self.gaps[turn].len();
        let unit = PAIRS_PER_UNIT.min((objective.chunk_size() / 2).max(1)).min(self.pairs - done);
        if unit > 0 {
            let dimension = objective.num_parameters();
            let stream = Stream { seed: self.seed, purpose: Purpose::NoiseStatistics, index: done as u64 };
            let noise = stream.noise(self.distribution, [unit, dimension], objective.compute()) * self.sigmas[turn];
            let noise = match &self.mask {
                Some(mask) => noise * mask.clone(),
                None => noise,
            };
            let losses = to_host(objective.losses(pair_points(&self.weights, &noise)));
            // Each gap first: the sum of two losses would round what is small beside them.
            self.gaps[turn].extend((0..unit).map(|j| [losses[j] - loss, losses[unit + j] - loss]));
        }
        self.gaps.iter().all(|gaps| gaps.len() >= self.pairs)
    }

    /// Pairs done and in all.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let done: usize = self.gaps.iter().map(Vec::len).sum();
        Progress { done: done as u64, total: (self.pairs * self.sigmas.len()) as u64 }
    }

    /// The rows so far, beside an independent `trace` (Hutchinson's); `None` before the first unit.
    #[must_use]
    pub fn report(&self, trace: Estimate) -> Option<SweepReport> {
        let loss = self.loss?;
        let rows: Vec<SweepRow> = self.gaps().map(|(sigma, gaps)| self.row(sigma, gaps, loss, trace)).collect();
        let sum = |of: fn(&SweepRow) -> f64| -> f64 {
            rows.iter().filter(|row| row.diverged == 0 && row.even.samples > 0).map(of).sum()
        };
        let residual = sum(|row| (row.even.mean - row.predicted.mean).powi(2));
        Some(SweepReport {
            loss,
            breaks_at: rows
                .iter()
                .find(|row| matches!(row.verdict, Verdict::Breaks | Verdict::Diverges))
                .map(|row| row.sigma),
            relative_residual_squares: if residual == 0.0 { 0.0 } else { residual / sum(|row| row.even.mean.powi(2)) },
            rows,
        })
    }

    fn row(&self, sigma: f64, gaps: &[[f64; 2]], loss: f64, hutchinson: Estimate) -> SweepRow {
        let even = gaps.iter().map(|[plus, minus]| f64::midpoint(*plus, *minus));
        let finite: Vec<f64> = even.filter(|e| e.is_finite()).collect();
        let diverged = gaps.len() - finite.len();
        let even = Estimate::of(finite);
        let trace = even.scaled(2.0 / (sigma * sigma));
        let rounding = trace_rounding(self.epsilon, loss, sigma);
        let predicted = hutchinson.scaled(0.5 * sigma * sigma);
        let error = trace.stderr.hypot(hutchinson.stderr).hypot(rounding);
        // False for NaN too: one pair has no error. Without any error both are exact, be they 0.
        let is_known = error == 0.0 || error < trace.mean.abs().max(hutchinson.mean.abs());
        let verdict = if diverged > 0 {
            Verdict::Diverges
        } else if (Estimate { stderr: trace.stderr.hypot(rounding), ..trace }).parts_from(hutchinson) {
            Verdict::Breaks
        } else if !is_known {
            Verdict::Unclear
        } else {
            Verdict::Holds
        };
        let relative_residual = relative_residual(even.mean, predicted.mean);
        SweepRow { sigma, even, trace, rounding, predicted, relative_residual, diverged, verdict }
    }
}
