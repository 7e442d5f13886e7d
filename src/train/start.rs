//! Weights that runs start from: those of a file, with tensors that begin anew and tensors that stay as they are.
//!
//! What begins anew has the numbers that it would have in a network without a file: random weights are drawn for all tensors,
//! whatever is read or frozen.

use std::path::Path;

use crate::config::{ConfigError, ModelConfig, StartConfig, bundled_weights, fitting};
use crate::model::{Architecture, Compute, Network, Parameter, initial_weights};
use crate::number::count;
use crate::session::weights::{ModelState, Read, Reading, WeightsError, located, read_state};

/// Why runs cannot start from a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    /// A pattern is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file is. Its words are a part of these and no source beside them: whoever prints an error with its sources would
    /// say them twice.
    #[error("`start.weights`: {0}")]
    Weights(String),
    /// Weights that come with the program could not be written where they can be read.
    #[error("`start.weights`: cannot write the weights that come with the program: {0}")]
    Bundled(String),
}

/// A file's weights for all runs of an experiment.
#[derive(Debug)]
pub(super) struct Start {
    /// The network with all tensors trained.
    whole: Architecture,
    /// The numbers of all tensors in one row; none of the file where a tensor begins anew.
    weights: Vec<f32>,
    /// Whether each tensor begins anew.
    is_fresh: Vec<bool>,
    /// Batch norm's running statistics.
    pub statistics: Vec<f32>,
    /// What the user is told, one line each.
    pub notes: Vec<String>,
}

impl Start {
    /// Reads the file, and freezes tensors of the network.
    pub fn new(start: &StartConfig, model: &ModelConfig, network: Network) -> Result<(Self, Network), StartError> {
        let whole = network.architecture().clone();
        let is_fresh = fresh(start, &whole)?;
        let network = network.with_frozen(&start.frozen)?;
        check_apart(start, &whole, &is_fresh, network.architecture())?;
        let reading = Reading {
            names: Some(&model.names),
            fresh: Some(&start.fresh),
            key: start.key.as_deref(),
            key_setting: "start.key=",
            ..Reading::from(&whole)
        };
        let file = located(&start.weights).map_err(|err| StartError::Bundled(err.to_string()))?;
        let read = read_state(&file, reading).map_err(|err| unread(&err, &file, start))?;
        let Read { value: ModelState { weights, buffers }, notes } = read;
        let path = start.weights.display();
        let read = notes.into_iter().map(|note| format!("read {path} as the weights to start from: {note}"));
        let told = anew(&whole, &is_fresh).into_iter().chain(frozen(network.architecture()));
        let notes = read.chain(told).collect();
        let [weights, statistics] = [weights, buffers].map(|row| row.into_iter().map(|number| number as f32).collect());
        Ok((Self { whole, weights, is_fresh, statistics, notes }, network))
    }

    /// The initial weights of a seed, `[D]`.
    pub fn initial(&self, network: &Network, seed: u64) -> Vec<f32> {
        let [trained, _] = network.architecture().parted(&self.whole, &self.row(seed));
        trained
    }

    /// The network with its frozen tensors on a device. They are the file's, so those of all seeds.
    pub fn on_device(&self, network: &Network, compute: &Compute) -> Network {
        let [_, frozen] = network.architecture().parted(&self.whole, &self.weights);
        network.holding(&frozen, compute)
    }

    /// The numbers of all tensors at the start of a seed.
    fn row(&self, seed: u64) -> Vec<f32> {
        let mut row = initial_weights(&self.whole, seed);
        for (tensor, _) in self.whole.parameters.iter().zip(&self.is_fresh).filter(|(_, is_fresh)| !**is_fresh) {
            row[tensor.range()].copy_from_slice(&self.weights[tensor.range()]);
        }
        row
    }
}

/// What is wrong with the file. Weights that come with the program go by their name: where the cache has its copy of them is
/// nothing that a user could mend.
fn unread(err: &WeightsError, file: &Path, start: &StartConfig) -> StartError {
    let words = err.to_string();
    StartError::Weights(match bundled_weights(&start.weights) {
        Some(name) => words.replace(&file.display().to_string(), &format!("{name}, which comes with the program")),
        None => words,
    })
}

/// Whether each tensor begins anew. Running statistics may, too.
fn fresh(start: &StartConfig, whole: &Architecture) -> Result<Vec<bool>, ConfigError> {
    let names: Vec<Vec<&str>> = whole.parameters.iter().chain(&whole.buffers).map(Parameter::names).collect();
    let mut is_fresh = fitting("pattern in `start.fresh`", &start.fresh, &names)?;
    is_fresh.truncate(whole.parameters.len());
    Ok(is_fresh)
}

/// What begins anew has nothing to keep: random weights that nothing moves were hardly meant.
fn check_apart(
    start: &StartConfig,
    whole: &Architecture,
    is_fresh: &[bool],
    parted: &Architecture,
) -> Result<(), ConfigError> {
    let mut fresh = whole.parameters.iter().zip(is_fresh).filter(|(_, is_fresh)| **is_fresh);
    match fresh.find(|(tensor, _)| parted.frozen.iter().any(|frozen| frozen.name == tensor.name)) {
        None => Ok(()),
        Some((tensor, _)) => Err(ConfigError::OutOfRange {
            name: "start.frozen".to_owned(),
            value: format!(
                "{}, which fits `{}` that begins anew by `start.fresh`",
                start.frozen.join(", "),
                tensor.name
            ),
            expected: "tensors that are read from the file".to_owned(),
        }),
    }
}

/// Which tensors begin anew, in words.
fn anew(whole: &Architecture, is_fresh: &[bool]) -> Option<String> {
    let fresh = whole.parameters.iter().zip(is_fresh).filter(|(_, is_fresh)| **is_fresh);
    let names: Vec<String> = fresh.map(|(tensor, _)| format!("`{}`", tensor.name)).collect();
    match &names[..] {
        [] => None,
        [only] => Some(format!("{only} begins anew, with random weights of the seed")),
        [first, second] => Some(format!("{first} and {second} begin anew, with random weights of the seed")),
        [first, rest @ ..] => {
            Some(format!("{first} and {} more begin anew, with random weights of the seed", rest.len()))
        }
    }
}

/// How much is frozen, in words.
fn frozen(architecture: &Architecture) -> Option<String> {
    let num_frozen = architecture.frozen.len();
    let all = num_frozen + architecture.parameters.len();
    let dimension = architecture.num_parameters();
    let numbers = dimension + architecture.num_frozen();
    (num_frozen > 0).then(|| {
        let verb = if num_frozen == 1 { "is" } else { "are" };
        let [dimension, numbers] = [dimension, numbers].map(|number| count(number as u64));
        format!(
            "{num_frozen} of {all} tensors {verb} frozen: D is {dimension} of {numbers} parameters; noise and curvature leave \
             them out"
        )
    })
}
