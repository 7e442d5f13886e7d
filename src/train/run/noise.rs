//! The noise of a step of NSO: what its samples saw, and the samples again, which a seed and a step name.

use burn::tensor::Tensor;

use crate::config::{KnobId, Knobs, NoiseDistribution};
use crate::model::{Parameter, Purpose, to_host, unit_noise};
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

impl Run {
    /// What names the noise of the step that was just done.
    pub(super) fn noise_of_step(&self, sigma: f64) -> NoiseStep {
        let Knobs { k, two_point, distribution, .. } = self.knobs;
        let two_point = two_point && KnobId::TwoPoint.applies_to(self.optimizer);
        NoiseStep { step: self.step, sigma, k, two_point, distribution }
    }

    /// So many rows `[rows, D]` of the next step's noise.
    pub(super) fn unit_noise(&self, rows: usize) -> Tensor<2> {
        let dimension = self.task.network.num_parameters();
        // Methods that know of no distribution are defined with a Gaussian.
        let is_chosen = KnobId::Distribution.applies_to(self.optimizer);
        let distribution = if is_chosen { self.knobs.distribution } else { NoiseDistribution::Gaussian };
        let noise = unit_noise(distribution, self.task.seed, Purpose::Noise, self.step + 1, rows * dimension);
        self.task.compute.tensor(noise, [rows, dimension])
    }

    /// Reads back what the step's samples saw.
    pub(super) fn samples(&self, evidence: &PairEvidence, clean_loss: f64, sigma: f64) -> Vec<PairSample> {
        let plus = to_host(evidence.plus.clone());
        let minus = evidence.minus.clone().map(to_host);
        // Without noise there is nothing to divide by.
        let curvature = evidence.curvature.clone().filter(|_| sigma > 0.0);
        let traces = curvature.map(|curvature| self.layer_traces(curvature, sigma)).unwrap_or_default();
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

    /// ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²) of each sample and tensor, sample by sample, from U ⊙ (g⁺−g⁻) `[k, D]`.
    fn layer_traces(&self, curvature: Tensor<2>, sigma: f64) -> Vec<f64> {
        let parameters = self.task.network.architecture().parameters.iter();
        let samples = curvature.dims()[0];
        let sums = parameters.map(|parameter| curvature.clone().slice([0..samples, parameter.range()]).sum_dim(1));
        let scale = 2.0 * sigma * sigma;
        to_host(Tensor::cat(sums.collect(), 1)).into_iter().map(|sum| sum / scale).collect()
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
