//! What an analysis is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{DeviceChoice, ModelConfig, NoiseDistribution, Normalization, Precision};
use crate::landscape::Plane;

/// What is to be analysed.
#[derive(Debug, Clone)]
pub struct AnalyzeOptions {
    /// The network and its loss.
    pub model: ModelConfig,
    /// One row of weights, in the order of the network's parameters.
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, in the order of the network's buffers; `None` takes those of the examples
    /// themselves, through which derivatives go. Without batch norm it makes no difference.
    pub buffers: Option<Vec<f64>>,
    /// The objective's examples: so many first ones of a seeded shuffle; `None` takes all in their order.
    pub examples: Option<usize>,
    /// c of an added c/2·‖w‖².
    pub weight_decay: f64,
    /// The measurements.
    pub parts: Parts,
    /// Seed of the subset, probes, noise and directions.
    pub seed: u64,
    /// The device asked for; 64 bits are for the CPU only.
    pub device: DeviceChoice,
}

/// The measurements beside loss, accuracy and gradient.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Probes of the trace, and of the trace of each tensor.
    pub trace_probes: Option<usize>,
    /// How many eigenvalues at either end.
    pub eigenvalues: Option<usize>,
    /// The whole Hessian.
    pub dense: bool,
    /// The density of the spectrum.
    pub density: bool,
    /// Noise pairs of one σ.
    pub noise: Option<NoisePart>,
    /// A vector to multiply the Hessian with.
    pub hvp: Option<Vec<f64>>,
    /// ρ of SAM's ascent step.
    pub rho: Option<f64>,
    /// A slice.
    pub slice: Option<SlicePart>,
    /// How many random lines through the weights.
    pub lines: Option<LinePart>,
    /// Initial weights, for the terms of the bound.
    pub initial: Option<Vec<f64>>,
    /// Even parts at many σ, with noise of this distribution.
    pub sweep: Option<NoiseDistribution>,
    /// Trace and λmax once more on as many other examples.
    pub second_subset: bool,
    /// The path of a training through its checkpoints.
    pub path: Option<PathPart>,
    /// The line to other weights.
    pub to: Option<ToPart>,
    /// The third of three sets of weights, of which `to` has the second.
    pub third: Option<ThirdPart>,
}

/// Noise pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisePart {
    /// σ, above 0.
    pub sigma: f64,
    /// Pairs, at least 1.
    pub pairs: usize,
    /// Distribution of the noise.
    pub distribution: NoiseDistribution,
}

/// A slice.
#[derive(Debug, Clone, PartialEq)]
pub struct SlicePart {
    /// Points a side, at least 2.
    pub points: usize,
    /// Half-width along both directions, in units of the directions.
    pub range: f64,
    /// How the directions are scaled.
    pub normalization: Normalization,
    /// What the directions are.
    pub directions: SliceDirections,
    /// Whether the second direction is made orthogonal to the first, after normalising.
    pub orthogonal: bool,
}

/// Lines along random directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePart {
    /// How many.
    pub count: usize,
    /// Half-width, in units of the directions.
    pub range: f64,
    /// How the directions are scaled.
    pub normalization: Normalization,
}

/// Directions of a slice.
#[derive(Debug, Clone, PartialEq)]
pub enum SliceDirections {
    /// Random ones.
    Random,
    /// Two given ones.
    Given([Vec<f64>; 2]),
    /// Those of a plane as they are, at these coordinates along them instead of a range.
    Plane(Arc<Plane>, [Vec<f64>; 2]),
}

/// A path of checkpoints, which are read one at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPart {
    /// Files of weights that fit the model, at least one, in order. Where batch norm is frozen each has its own statistics.
    pub files: Vec<PathBuf>,
    /// The key under which they hold their weights, where it was given.
    pub key: Option<String>,
    /// What is computed with: the numbers in the files have to be finite in it.
    pub precision: Precision,
    /// The step of each, where it is known.
    pub steps: Option<Vec<u64>>,
    /// The plane on which they are told, through the weights.
    pub plane: Arc<Plane>,
    /// Shares that its directions explain.
    pub explained: [f64; 2],
    /// Root mean square of the distances from it.
    pub residual: f64,
    /// Probes of the trace at each; no curvature without.
    pub probes: Option<usize>,
}

/// Weights beside those that are analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherWeights {
    /// What their file is called.
    pub name: String,
    /// One row of weights.
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, where they count.
    pub buffers: Option<Vec<f64>>,
}

/// A line to other weights.
#[derive(Debug, Clone, PartialEq)]
pub struct ToPart {
    /// What the analysed weights are called.
    pub from: String,
    /// Where it goes.
    pub to: OtherWeights,
    /// Points, both ends among them, at least 2.
    pub points: usize,
}

/// The third of three.
#[derive(Debug, Clone, PartialEq)]
pub struct ThirdPart {
    /// The weights.
    pub other: OtherWeights,
    /// Where all three lie on the slice's plane.
    pub places: [[f64; 2]; 3],
}

impl AnalyzeOptions {
    /// Rows of the slice, where there is one.
    pub(super) fn slice_rows(&self) -> Option<usize> {
        self.parts.slice.as_ref().map(|part| match &part.directions {
            SliceDirections::Plane(_, [_, y]) => y.len(),
            _ => part.points,
        })
    }
}

impl Parts {
    /// Parts that the progress counts, loss and gradient among them.
    pub(super) fn count(&self) -> usize {
        let asked = [
            self.hvp.is_some(),
            self.rho.is_some(),
            self.noise.is_some(),
            self.trace_probes.is_some(),
            self.trace_probes.is_some(),
            self.eigenvalues.is_some(),
            self.lines.is_some(),
            self.sweep.is_some() && self.trace_probes.is_none(),
            self.sweep.is_some(),
            self.initial.is_some(),
            self.second_subset,
            self.slice.is_some(),
            self.dense,
            self.density,
            self.path.is_some(),
            self.path.as_ref().is_some_and(|path| path.probes.is_some()),
            self.path.as_ref().is_some_and(|path| path.probes.is_some()),
            self.to.is_some(),
            self.third.is_some(),
        ];
        1 + asked.into_iter().filter(|asked| *asked).count()
    }
}
