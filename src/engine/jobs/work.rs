//! From a request to the work that answers it.

use burn::tensor::Tensor;

use crate::config::{NoiseDistribution, OptimizerKind};
use crate::landscape::Path;
use crate::model::{Architecture, Objective};
use crate::protocol::{Estimate, Examples, Fact, Measurement, RunId};

use super::{Work, curvature, landscape, noise};

/// A run as other runs' measurements see it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Neighbour {
    pub run: RunId,
    pub optimizer: OptimizerKind,
    /// Its weights on the host.
    pub weights: Vec<f64>,
    pub path: Path,
}

/// What a measurement starts from.
pub(in crate::engine) struct Request<'a> {
    pub what: Measurement,
    pub seed: u64,
    pub objective: &'a Objective,
    /// The run's weights, `[1, D]`.
    pub weights: Tensor<2>,
    /// The common initial weights, `[1, D]`.
    pub initial: Tensor<2>,
    /// The run itself, then all others.
    pub runs: Vec<Neighbour>,
    /// The objective in words.
    pub words: &'a str,
    /// The examples of the objective.
    pub examples: Examples,
    /// Distribution of the run's noise.
    pub distribution: NoiseDistribution,
    /// Examples of one of the run's batches.
    pub batch: usize,
    /// A second subset of the training examples, as large as the first.
    pub second_subset: Option<Objective>,
}

impl Request<'_> {
    pub(super) fn architecture(&self) -> &Architecture {
        self.objective.network().architecture()
    }
}

/// Starts the work.
///
/// # Errors
/// Why it cannot be done, in one sentence.
pub(in crate::engine) fn start(request: Request<'_>) -> Result<Box<dyn Work>, String> {
    match request.what {
        Measurement::Trace { .. }
        | Measurement::LayerTraces { .. }
        | Measurement::Eigenvalues { .. }
        | Measurement::Density { .. }
        | Measurement::Dense
        | Measurement::Sharpness { .. }
        | Measurement::Bound { .. }
        | Measurement::SecondSubset { .. } => curvature::start(&request),
        Measurement::Noise { .. } | Measurement::GradientVariance { .. } | Measurement::SigmaSweep { .. } => {
            noise::start(&request)
        }
        Measurement::Slice { .. }
        | Measurement::Multiples { .. }
        | Measurement::Lines { .. }
        | Measurement::Between { .. } => landscape::start(&request),
    }
}

/// Checks a number of a request.
pub(super) fn at_least(what: &str, found: usize, least: usize) -> Result<usize, String> {
    if found >= least { Ok(found) } else { Err(format!("{what} is {found}, expected at least {least}")) }
}

/// Checks a positive quantity of a request.
pub(super) fn positive(what: &str, found: f64) -> Result<f64, String> {
    if found.is_finite() && found > 0.0 { Ok(found) } else { Err(format!("{what} is {found}, expected above 0")) }
}

/// An estimate with the number of its `samples`.
pub(super) fn estimate_fact(name: impl Into<String>, estimate: Estimate, samples: &str) -> Fact {
    let about = format!("± standard error, {} {samples}", estimate.samples);
    Fact::with_error(name, estimate.mean, estimate.stderr, about)
}
