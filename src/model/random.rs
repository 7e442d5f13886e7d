//! Random vectors in weight space, from streams that are the same on every platform and device.
//!
//! A stream is named by seed, [`Purpose`] and index, so that no generator's state has to be kept: the noise of step 70 is
//! the noise of step 70, whatever was measured in between.

use rand::seq::SliceRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Exp1, StandardNormal};

use crate::config::NoiseDistribution;

use super::{Architecture, Initial};

/// What a stream is for; streams of different purposes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights.
    Weights,
    /// Noise of the optimiser, one stream a step.
    Noise,
    /// Directions of slices.
    Directions,
    /// Probes of trace estimates, one stream an estimate.
    Probes,
    /// Start vectors of Lanczos solves.
    Lanczos,
    /// Probes of the traces of single tensors.
    LayerProbes,
    /// Start vectors of spectral densities.
    Density,
    /// Probes of single examples' traces.
    Bound,
    /// Noise whose statistics are measured at one row of weights.
    NoiseStatistics,
    /// Noise of the draws whose gradients are compared.
    GradientDraws,
    /// Masks of dropout layers, one stream a step and layer.
    Dropout,
    /// Shares and partners of mixup, one stream a step.
    Mixup,
    /// Probes of streamed traces, one stream a probe.
    StreamedProbes,
    /// What is mixed into the directions of streamed eigenvectors, one stream a vector.
    StreamedEnds,
    /// Noise of the draws whose signal is measured.
    GradientSignal,
    /// Probes of the Hessian beside its Gauss–Newton part.
    GaussNewton,
    /// Steps of Langevin chains, one stream a step.
    Langevin,
}

/// The key of the streams of a seed and a purpose.
pub(super) fn key(seed: u64, purpose: Purpose) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    key
}

fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::from_seed(key(seed, purpose));
    rng.set_stream(index);
    rng
}

/// Initial weights: every weight and bias uniform in ±1/√fan_in, as PyTorch's `nn.Linear` and `nn.Conv2d` do it; those of
/// norms 1 and 0; attention and tables as [`Initial`] says.
///
/// The numbers are not PyTorch's own, only their distribution.
#[must_use]
pub fn initial_weights(architecture: &Architecture, seed: u64) -> Vec<f32> {
    let mut rng = stream(seed, Purpose::Weights, 0);
    let mut weights = Vec::with_capacity(architecture.num_parameters());
    for parameter in &architecture.parameters {
        let bound = 1.0 / (parameter.fan_in as f32).sqrt();
        weights.extend((0..parameter.len()).map(|_| match parameter.initial {
            Initial::Uniform => rng.random_range(-bound..bound),
            Initial::Xavier => {
                let bound = (6.0 / parameter.shape.iter().sum::<usize>() as f32).sqrt();
                rng.random_range(-bound..bound)
            }
            Initial::Normal => rng.sample(StandardNormal),
            Initial::Small => rng.sample::<f32, _>(StandardNormal) * 0.02,
            Initial::LogitScale => (1.0_f32 / 0.07).ln(),
            Initial::Zero => 0.0,
            Initial::One => 1.0,
        }));
    }
    weights
}

/// `len` independent standard normal numbers.
#[must_use]
pub fn gaussian(seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<f32> {
    let mut rng = stream(seed, purpose, index);
    (0..len).map(|_| rng.sample::<f32, _>(StandardNormal)).collect()
}

/// `len` independent numbers of mean 0 and variance 1.
#[must_use]
pub fn unit_noise(distribution: NoiseDistribution, seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<f32> {
    match distribution {
        NoiseDistribution::Gaussian => gaussian(seed, purpose, index, len),
        NoiseDistribution::Rademacher => rademacher(seed, purpose, index, len),
        NoiseDistribution::Uniform => {
            // On ±√3 the variance is (2√3)²/12 = 1.
            let bound = 3.0_f32.sqrt();
            let mut rng = stream(seed, purpose, index);
            (0..len).map(|_| rng.random_range(-bound..bound)).collect()
        }
        NoiseDistribution::Laplace => {
            // An exponential number of either sign has variance 2, so its scale is 1/√2.
            let mut rng = stream(seed, purpose, index);
            let mut number = || {
                let size: f32 = rng.sample(Exp1);
                let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                sign * size * std::f32::consts::FRAC_1_SQRT_2
            };
            (0..len).map(|_| number()).collect()
        }
    }
}

/// `len` independent numbers that are 1 or −1 with equal chance.
#[must_use]
pub fn rademacher(seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<f32> {
    let mut rng = stream(seed, purpose, index);
    let mut out = Vec::with_capacity(len + 31);
    while out.len() < len {
        let bits = rng.next_u32();
        out.extend((0..32).map(|bit| if bits >> bit & 1 == 1 { 1.0_f32 } else { -1.0 }));
    }
    out.truncate(len);
    out
}

/// What dropout layer number `layer` multiplies `len` numbers by in training step `step`: 0 with chance `rate`, else
/// 1/(1 − rate).
pub(super) fn dropout_mask(seed: u64, step: u64, layer: usize, rate: f64, len: usize) -> Vec<f64> {
    // No network has 2¹⁶ dropout layers, and no run 2⁴⁸ steps.
    let mut rng = stream(seed, Purpose::Dropout, (step << 16) | layer as u64);
    let kept = (1.0 - rate).recip();
    (0..len).map(|_| if f64::from(rng.random::<f32>()) < rate { 0.0 } else { kept }).collect()
}

/// What mixup does to the `n` examples of training step `step`: the share λ ~ Beta(α, α) of each example, and the places of
/// those that it is mixed with (Zhang et al. 2018: one λ for all of a step).
#[must_use]
pub fn mixup(seed: u64, step: u64, alpha: f64, n: usize) -> (f64, Vec<u32>) {
    let mut rng = stream(seed, Purpose::Mixup, step);
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.shuffle(&mut rng);
    // An α so small that its distribution has no numbers is one of shares 0 and 1.
    let share = Beta::new(alpha, alpha).map_or(1.0, |beta| rng.sample(beta));
    (if share.is_finite() { share } else { 1.0 }, order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, ModelConfig};

    #[test]
    fn initial_weights_have_pytorchs_ranges() {
        let layers = ["conv 8 3x3 groups 2", "batchnorm", "flatten", "layernorm", "linear 3 nobias"];
        let config = ModelConfig::new(&[4, 12, 12], LossKind::CrossEntropy, layers);
        let architecture = Architecture::new(&config).unwrap();
        let weights = initial_weights(&architecture, 1);
        assert_eq!(weights.len(), architecture.num_parameters());
        // The fan-in of a grouped convolution is that of one group: 2 of 4 channels, 3×3.
        let bounds = [("0.weight", 18.0_f32), ("0.bias", 18.0), ("4.weight", 800.0)];
        for parameter in &architecture.parameters {
            let values = &weights[parameter.range()];
            let greatest = values.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            match bounds.iter().find(|(name, _)| *name == parameter.name) {
                Some((name, fan_in)) => {
                    let share = greatest * fan_in.sqrt();
                    assert!(share <= 1.0 && share > 0.5, "{name}: {share} of its bound");
                }
                None if parameter.name.ends_with("weight") => assert!(values.iter().all(|&w| w == 1.0)),
                None => assert!(values.iter().all(|&w| w == 0.0)),
            }
        }
    }

    #[test]
    fn streams_have_the_moments_of_their_distribution_and_do_not_meet() {
        let n = 200_000;
        // Fourth moments: that of a biased or unscaled distribution would be another one.
        let noise = |distribution| unit_noise(distribution, 3, Purpose::Noise, 7, n);
        for (name, values, fourth) in [
            ("gaussian", gaussian(3, Purpose::Noise, 7, n), 3.0),
            ("rademacher", rademacher(3, Purpose::Probes, 7, n), 1.0),
            ("gaussian noise", noise(NoiseDistribution::Gaussian), 3.0),
            ("rademacher noise", noise(NoiseDistribution::Rademacher), 1.0),
            ("uniform noise", noise(NoiseDistribution::Uniform), 1.8),
            ("laplace noise", noise(NoiseDistribution::Laplace), 6.0),
        ] {
            let moment = |power: i32| values.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>() / n as f64;
            assert!(moment(1).abs() < 0.01, "{name} mean {}", moment(1));
            assert!((moment(2) - 1.0).abs() < 0.02, "{name} variance {}", moment(2));
            assert!(moment(3).abs() < 0.1, "{name} third moment {}", moment(3));
            // Four standard errors of the fourth moment of the widest, √((8! − 36)/n).
            let slack = if fourth > 3.0 { 1.8 } else { 0.1 };
            assert!((moment(4) - fourth).abs() < slack, "{name} fourth moment {}", moment(4));
        }
        assert_eq!(gaussian(3, Purpose::Noise, 7, 50), gaussian(3, Purpose::Noise, 7, 90)[..50]);
        assert_ne!(gaussian(3, Purpose::Noise, 7, 50), gaussian(3, Purpose::Noise, 8, 50));
        assert_ne!(gaussian(3, Purpose::Noise, 7, 50), gaussian(3, Purpose::Probes, 7, 50));
        assert_ne!(gaussian(3, Purpose::Noise, 7, 50), gaussian(4, Purpose::Noise, 7, 50));
    }
}
