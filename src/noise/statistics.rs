//! The statistics of noise pairs at one row of weights: what NSO's samples see there, beside what theory predicts.
//!
//! For noise U of mean 0 and variance σ² in every component: the one-point gap L(w+U) − L(w) is the sum of the odd part
//! a = (L(w+U) − L(w−U))/2, of first order (mean 0, variance ≈ σ²‖∇L‖²), and the even part
//! e = (L(w+U) + L(w−U))/2 − L(w), of second order (mean ≈ σ²/2·Tr ∇²L). The pair keeps e and removes a.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::config::NoiseDistribution;
use crate::model::{Objective, Parameter, Purpose, Stream, range_sums, to_host};
use crate::protocol::{Estimate, Progress};

use super::{share_removed, variance};

/// Pairs of one unit; a fixed number, so that a GPU compiles one shape.
const PAIRS_PER_UNIT: usize = 4;

/// Measured pairs on their way.
#[derive(Debug, Clone)]
pub struct NoiseStatistics {
    weights: Tensor<2>,
    sigma: f64,
    pairs: usize,
    distribution: NoiseDistribution,
    seed: u64,
    center: Option<Center>,
    /// L(w+U) − L(w) and L(w−U) − L(w) of each pair.
    gaps: Vec<[f64; 2]>,
    /// ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²) of each pair and tensor.
    layer_traces: Vec<Vec<f64>>,
}

/// What is known of the weights themselves.
#[derive(Debug, Clone)]
struct Center {
    loss: f64,
    /// Relative rounding error of a loss.
    epsilon: f64,
    /// Name, number of components and norm of each tensor.
    tensors: Vec<(String, usize, f64)>,
}

/// Values with their mean and variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// One for each pair whose losses are finite, in the loss's unit.
    pub values: Vec<f64>,
    /// Mean with its standard error.
    pub mean: Estimate,
    /// Variance, dividing by n − 1.
    pub variance: f64,
}

/// The size of the noise beside the size of what it is added to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RelativeNoise {
    /// Name of the parameter tensor; "total" for all together.
    pub name: String,
    /// Components d.
    pub components: usize,
    /// ‖w‖ of the tensor.
    pub norm: f64,
    /// σ√d/‖w‖: the expected length of the noise in units of the tensor's own; infinite where the tensor is zero.
    pub ratio: f64,
}

/// What the pairs say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoiseReport {
    /// σ.
    pub sigma: f64,
    /// Pairs measured, those with infinite losses included.
    pub pairs: usize,
    /// Pairs of which a loss was NaN or infinite; they are in nothing below.
    pub diverged: usize,
    /// Distribution of the noise.
    pub distribution: NoiseDistribution,
    /// L(w).
    pub loss: f64,
    /// One-point gaps L(w+U) − L(w).
    pub gaps: Part,
    /// Odd parts.
    pub odd: Part,
    /// Even parts.
    pub even: Part,
    /// Share of the variance of one evaluation that the pair removes, Var a/(Var a + Var e); 0 where nothing varies.
    pub variance_removed: f64,
    /// Trace from the losses, 2·mean(e)/σ². Its standard error includes [`Self::rounding`].
    pub trace: Estimate,
    /// Error of that trace by the rounding of L(w), ε·|L|·2/σ², which all pairs share and no number of them takes away.
    pub rounding: f64,
    /// Trace from the gradients, the sum over tensors of ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²).
    pub gradient_trace: Estimate,
    /// Trace of each tensor from the gradients, in the order of the model.
    pub layer_traces: Vec<(String, Estimate)>,
    /// The mean even part that second order predicts, σ²/2·Tr ∇²L from an independent trace.
    pub predicted: Option<Estimate>,
    /// |mean(e) − predicted|/|mean(e)|; 0 where both are 0.
    pub relative_residual: Option<f64>,
    /// The noise of each tensor, in the order of the model.
    pub relative_noise: Vec<RelativeNoise>,
    /// The noise of all tensors together: its length is about σ√D.
    pub total_noise: RelativeNoise,
}

impl NoiseStatistics {
    /// Starts a measurement at `weights` `[1, D]` of `pairs` pairs with noise of standard deviation `sigma`, above 0.
    #[must_use]
    pub const fn new(weights: Tensor<2>, sigma: f64, pairs: usize, distribution: NoiseDistribution, seed: u64) -> Self {
        Self { weights, sigma, pairs, distribution, seed, center: None, gaps: Vec::new(), layer_traces: Vec::new() }
    }

    /// One unit of work: two gradients for each of some pairs. True when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let center = self.center.get_or_insert_with(|| Center::new(&self.weights, objective)).loss;
        let unit = PAIRS_PER_UNIT.min((objective.chunk_size() / 2).max(1)).min(self.pairs - self.gaps.len());
        if unit > 0 {
            let dimension = objective.num_parameters();
            let index = self.gaps.len() as u64;
            let stream = Stream { seed: self.seed, purpose: Purpose::NoiseStatistics, index };
            let noise = stream.noise(self.distribution, [unit, dimension], objective.compute()) * self.sigma;
            let points = pair_points(&self.weights, &noise);
            let (losses, gradients) = objective.gradients(points);
            let losses = to_host(losses);
            self.gaps.extend((0..unit).map(|j| [losses[j] - center, losses[unit + j] - center]));
            let difference = gradients.clone().slice([0..unit]) - gradients.slice([unit..2 * unit]);
            self.layer_traces.extend(layer_traces(&(noise * difference), self.sigma, objective));
        }
        self.gaps.len() >= self.pairs
    }

    /// Pairs done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        Progress { done: self.gaps.len() as u64, total: self.pairs as u64 }
    }

    /// What the pairs so far say, beside an independent `trace` (Hutchinson's); `None` before the first unit.
    #[must_use]
    pub fn report(&self, trace: Option<Estimate>) -> Option<NoiseReport> {
        let center = self.center.as_ref()?;
        let is_finite = |gap: &[f64; 2]| gap.iter().all(|x| x.is_finite());
        let finite: Vec<[f64; 2]> = self.gaps.iter().copied().filter(is_finite).collect();
        let odd = Part::new(finite.iter().map(|[plus, minus]| (plus - minus) / 2.0));
        let even = Part::new(finite.iter().map(|[plus, minus]| f64::midpoint(*plus, *minus)));
        let usable =
            || self.layer_traces.iter().zip(&self.gaps).filter(|(_, gap)| is_finite(gap)).map(|(layers, _)| layers);
        let predicted = trace.map(|trace| trace.scaled(0.5 * self.sigma * self.sigma));
        let trace = even.mean.scaled(2.0 / (self.sigma * self.sigma));
        let rounding = trace_rounding(center.epsilon, center.loss, self.sigma);
        let layers = center.tensors.iter().enumerate();
        Some(NoiseReport {
            sigma: self.sigma,
            pairs: self.gaps.len(),
            diverged: self.gaps.len() - finite.len(),
            distribution: self.distribution,
            loss: center.loss,
            gaps: Part::new(finite.iter().map(|gap| gap[0])),
            variance_removed: share_removed(odd.variance, even.variance),
            trace: Estimate { stderr: trace.stderr.hypot(rounding), ..trace },
            rounding,
            gradient_trace: Estimate::of(usable().map(|layers| layers.iter().sum())),
            layer_traces: layers
                .map(|(layer, (name, ..))| (name.clone(), Estimate::of(usable().map(|layers| layers[layer]))))
                .collect(),
            relative_residual: predicted.map(|predicted| relative_residual(even.mean.mean, predicted.mean)),
            predicted,
            odd,
            even,
            relative_noise: center.tensors.iter().map(|tensor| RelativeNoise::new(tensor, self.sigma)).collect(),
            total_noise: RelativeNoise::new(&center.total(), self.sigma),
        })
    }
}

impl Center {
    fn new(weights: &Tensor<2>, objective: &Objective) -> Self {
        let values = to_host(weights.clone());
        let norm = |range: std::ops::Range<usize>| values[range].iter().map(|w| w * w).sum::<f64>().sqrt();
        let parameters = objective.network().architecture().parameters.iter();
        Self {
            loss: to_host(objective.losses(weights.clone()))[0],
            epsilon: objective.compute().epsilon(),
            tensors: parameters.map(|p| (p.name.clone(), p.len(), norm(p.range()))).collect(),
        }
    }

    fn total(&self) -> (String, usize, f64) {
        let norm = self.tensors.iter().map(|(_, _, norm)| norm * norm).sum::<f64>().sqrt();
        ("total".to_owned(), self.tensors.iter().map(|(_, components, _)| components).sum(), norm)
    }
}

impl RelativeNoise {
    fn new((name, components, norm): &(String, usize, f64), sigma: f64) -> Self {
        let ratio = sigma * (*components as f64).sqrt() / norm;
        Self { name: name.clone(), components: *components, norm: *norm, ratio }
    }
}

impl Part {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.collect();
        Self { mean: Estimate::of(values.iter().copied()), variance: variance(&values), values }
    }
}

/// Error of a trace 2·mean(e)/σ² by the rounding of L(w), which all pairs share: ε·|L|·2/σ².
pub(super) fn trace_rounding(epsilon: f64, loss: f64, sigma: f64) -> f64 {
    epsilon * loss.abs() * 2.0 / (sigma * sigma)
}

/// |measured − predicted|/|measured|; 0 where both are 0.
pub(super) fn relative_residual(measured: f64, predicted: f64) -> f64 {
    let difference = (measured - predicted).abs();
    if difference == 0.0 { 0.0 } else { difference / measured.abs() }
}

/// All w + U, then all w − U, `[2·pairs, D]`, from U `[pairs, D]`.
pub(super) fn pair_points(weights: &Tensor<2>, noise: &Tensor<2>) -> Tensor<2> {
    Tensor::cat(vec![weights.clone() + noise.clone(), weights.clone() - noise.clone()], 0)
}

/// ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²) of each pair and tensor from U ⊙ (g⁺−g⁻) `[pairs, D]`.
fn layer_traces(products: &Tensor<2>, sigma: f64, objective: &Objective) -> Vec<Vec<f64>> {
    let parameters = &objective.network().architecture().parameters;
    let ranges: Vec<_> = parameters.iter().map(Parameter::range).collect();
    let sums = to_host(range_sums(products, &ranges));
    let scale = 1.0 / (2.0 * sigma * sigma);
    sums.chunks(parameters.len()).map(|pair| pair.iter().map(|sum| sum * scale).collect()).collect()
}
