//! The noise of a step of NSO: what its samples saw, and the samples again, which a seed and a step name.

use burn::tensor::Tensor;

use crate::config::{KnobId, Knobs, NoiseDistribution};
use crate::model::{Parameter, Purpose, Stream, range_sums, unit_noise};
use crate::noise::PairSample;
use crate::optim::PairEvidence;
use crate::protocol::{NoiseSnapshot, RunId};

use super::Run;

/// What names the noise of a step: with the seed, the noise itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NoiseStep {
    step: u64,
    sigma: f64,
    k: usize,
    two_point: bool,
    distribution: NoiseDistribution,
}

/// What the samples of a step saw: numbers, or what they are on the way.
pub(super) struct Evidence<T> {
    /// L(w+Uⱼ) of each sample.
    plus: T,
    /// L(w−Uⱼ); `None` for one-point noise.
    minus: Option<T>,
    /// ⟨Uₗ, (g⁺−g⁻)ₗ⟩ of each sample and tensor, sample by sample; `None` for one-point noise and where σ is 0.
    traces: Option<T>,
}

impl<T> Evidence<T> {
    pub(super) fn map<U>(self, mut of: impl FnMut(T) -> U) -> Evidence<U> {
        Evidence { plus: of(self.plus), minus: self.minus.map(&mut of), traces: self.traces.map(of) }
    }
}

impl Run {
    /// What names the noise of the step that was just done.
    pub(super) fn noise_of_step(&self, sigma: f64) -> NoiseStep {
        let Knobs { k, distribution, .. } = self.knobs;
        NoiseStep { step: self.step, sigma, k, two_point: self.has_pairs(), distribution }
    }

    /// Whether its steps take their gradients at both +U and −U.
    #[must_use]
    pub fn has_pairs(&self) -> bool {
        self.knobs.two_point && KnobId::TwoPoint.applies_to(self.optimizer)
    }

    /// So many rows `[rows, D]` of the next step's noise.
    pub(super) fn unit_noise(&self, rows: usize) -> Tensor<2> {
        let dimension = self.task.network.num_parameters();
        // Methods that know of no distribution are defined with a Gaussian.
        let is_chosen = KnobId::Distribution.applies_to(self.optimizer);
        let distribution = if is_chosen { self.knobs.distribution } else { NoiseDistribution::Gaussian };
        let stream = Stream { seed: self.task.seed, purpose: Purpose::Noise, index: self.step + 1 };
        stream.noise(distribution, [rows, dimension], &self.task.compute)
    }

    /// What the step's samples saw, as it is to be read back.
    pub(super) fn evidence(&self, evidence: PairEvidence, sigma: f64) -> Evidence<Tensor<1>> {
        let PairEvidence { plus, minus, curvature } = evidence;
        // Without noise there is nothing to divide by.
        let curvature = curvature.filter(|_| sigma > 0.0);
        Evidence { plus, minus, traces: curvature.map(|curvature| self.layer_sums(&curvature)) }
    }

    /// The samples of the step.
    pub(super) fn samples(&self, seen: Evidence<Vec<f64>>, clean_loss: f64, sigma: f64) -> Vec<PairSample> {
        let Evidence { plus, minus, traces } = seen;
        let scale = 2.0 * sigma * sigma;
        let traces: Vec<f64> = traces.unwrap_or_default().into_iter().map(|sum| sum / scale).collect();
        let layers = self.task.network.architecture().parameters.len();
        let sample = |(j, plus): (usize, f64)| PairSample {
            step: self.step,
            sigma,
            gap_plus: plus - clean_loss,
            gap_minus: minus.as_ref().map(|minus| minus[j] - clean_loss),
            layer_traces: traces.get(j * layers..(j + 1) * layers).map(<[f64]>::to_vec).unwrap_or_default(),
        };
        plus.into_iter().enumerate().map(sample).collect()
    }

    /// ⟨Uₗ, (g⁺−g⁻)ₗ⟩ of each sample and tensor, sample by sample, from U ⊙ (g⁺−g⁻) `[k, D]`.
    fn layer_sums(&self, curvature: &Tensor<2>) -> Tensor<1> {
        let ranges: Vec<_> = self.task.network.architecture().parameters.iter().map(Parameter::range).collect();
        range_sums(curvature, &ranges).flatten(0, 1)
    }

    /// The noise of the last step, on the host: U, and after it −U for two-point noise, of its first samples, at most `most`
    /// rows; none without noise.
    #[must_use]
    pub fn noise_on_host(&self, most: usize) -> Vec<Vec<f64>> {
        let Some(NoiseStep { step, sigma, k, two_point, distribution }) = self.noise_step else { return Vec::new() };
        let dimension = self.task.network.num_parameters();
        let count = k.min(if two_point { most / 2 } else { most });
        let unit = unit_noise(distribution, self.task.seed, Purpose::Noise, step, count * dimension);
        let signs: &[f64] = if two_point { &[1.0, -1.0] } else { &[1.0] };
        let rows = unit.chunks_exact(dimension).flat_map(|row| signs.iter().map(move |sign| (row, sign * sigma)));
        rows.map(|(row, factor)| row.iter().map(|&u| factor * f64::from(u)).collect()).collect()
    }

    /// The last noise samples with the size of the weights that they perturb; `None` while there are no samples. Reads the
    /// weights back.
    #[must_use]
    pub fn noise_snapshot(&self, run: RunId) -> Option<NoiseSnapshot> {
        let snapshot = self.noise.snapshot(run)?;
        let weights = self.weights_on_host();
        let size = |parameter: &Parameter| {
            let squares: f64 = weights[parameter.range()].iter().map(|weight| f64::from(*weight).powi(2)).sum();
            (squares / parameter.len() as f64).sqrt()
        };
        let weight_sizes = self.task.network.architecture().parameters.iter().map(size).collect();
        Some(NoiseSnapshot { weight_sizes, ..snapshot })
    }
}
