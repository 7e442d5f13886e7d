//! What a measurement starts from, and checks of its settings.

use burn::tensor::Tensor;

use crate::config::{NoiseDistribution, OptimizerKind};
use crate::landscape::Path;
use crate::model::{Architecture, Objective};
use crate::protocol::{Examples, Measurement, RunId};
use crate::train::Run;

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
    /// The run, for what its next steps would do; `None` where it is trained elsewhere.
    pub steps: Option<&'a Run>,
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
    /// Examples of the training set.
    pub train_size: usize,
    /// A second subset of the training examples, as large as the first.
    pub second_subset: Option<Objective>,
}

impl Request<'_> {
    /// The run's weights on the host.
    pub(super) fn center(&self) -> Vec<f64> {
        self.runs[0].weights.clone()
    }

    pub(super) fn architecture(&self) -> &Architecture {
        self.objective.network().architecture()
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
