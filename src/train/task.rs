//! What all runs of one seed share: the network, the examples on the device and the initial weights.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::config::{ConfigError, Experiment, Knobs, ModelInput, OptimizerKind, Real};
use crate::data::{self, DataError, Labels, Split, TextFacts, Wanted, ZeroShot};
use crate::model::{Batch, Compute, Network, Objective, Targets, initial_weights};
use crate::optim::Tensors;
use crate::protocol::DataPreview;
use crate::session::files::NamedFiles;

use super::limits::Limits;
use super::pictures::Pictures;
use super::prompts::Prompts;
use super::start::{Start, StartError};
use super::tensors::tensors_of;

/// The shared part of all runs of one seed.
#[derive(Debug, Clone)]
pub struct Task {
    /// The experiment.
    pub experiment: Arc<Experiment>,
    /// The network.
    pub network: Arc<Network>,
    /// Device and precision.
    pub compute: Compute,
    /// All training examples.
    pub train: Batch,
    /// The loss on the training examples that everything is measured on. A run of a network with batch norm has
    /// statistics of its own: see [`Run::measured`](super::Run::measured).
    pub measured: Objective,
    /// The loss on as many other training examples, or those that there are, to see how much the subset matters; `None`
    /// where all are measured already.
    pub second_subset: Option<Objective>,
    /// The loss on the test examples.
    pub test: Objective,
    /// The loss on the validation examples, where there are any.
    pub validation: Option<Objective>,
    /// The training examples as pictures, to be augmented; `None` where they are none.
    pub pictures: Option<Arc<Pictures>>,
    /// Which entries of the weights are what.
    pub tensors: Tensors,
    /// Whether the examples have classes, tokens or partners to be found; regression has no accuracy.
    pub is_classification: bool,
    /// A look into the data.
    pub preview: Arc<DataPreview>,
    /// The first texts of the look as the network takes them; `None` where examples are no text.
    pub texts: Option<Arc<Texts>>,
    /// What two towers are asked of the test pairs by prompts; of scenes alone.
    pub zero_shot: Option<Arc<ZeroShot>>,
    /// The test examples as questions that it is to complete on its own; `None` where they are none.
    pub prompts: Option<Arc<Prompts>>,
    /// Least and greatest value of each of the two features over all examples; `None` for other shapes.
    pub bounds: Option<[[f32; 2]; 2]>,
    /// Weights at step 0, on the host.
    pub initial: Vec<f32>,
    /// Where they come from, if from a file.
    start: Option<Arc<Start>>,
    /// The files that the experiment names, as they were when they were read.
    pub files: Arc<NamedFiles>,
    /// Seed of the weights, the order of the data and the noise.
    pub seed: u64,
}

/// Texts as a network takes them, with their targets.
#[derive(Debug)]
pub struct Texts {
    /// The numbers of all examples, one after the other.
    pub x: Vec<f32>,
    /// The targets of their tokens, `[n, T]`; empty where their tokens have none.
    pub targets: Vec<i32>,
    /// What the numbers mean.
    pub facts: TextFacts,
}

impl Texts {
    /// Texts at most.
    const MOST: usize = 24;

    fn of(split: &Split) -> Option<Self> {
        let facts = split.text.clone()?;
        let first = split.train.first(Self::MOST);
        let targets = if let Labels::Tokens { of, .. } = first.y { of } else { Vec::new() };
        Some(Self { x: first.x, targets, facts })
    }
}

/// Why an experiment cannot be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data do not fit.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Runs cannot start from the file of weights.
    #[error(transparent)]
    Start(#[from] StartError),
    /// More classes than outputs.
    #[error(
        "the model's last layer has {outputs} outputs, expected at least {classes}, one for each class of `{data}`"
    )]
    TooFewOutputs {
        /// Outputs of the model.
        outputs: usize,
        /// Classes of the data.
        classes: usize,
        /// Name of the data.
        data: &'static str,
    },
}

/// An experiment whose data are read and whose settings fit them, before it is put on a device.
#[derive(Debug)]
pub struct Prepared {
    experiment: Arc<Experiment>,
    network: Arc<Network>,
    start: Option<Arc<Start>>,
    split: Split,
    files: Arc<NamedFiles>,
}

impl Prepared {
    /// Builds the network and reads the weights that it starts from, if there are any, and the data.
    ///
    /// # Errors
    /// [`TaskError`] that names the setting and what was expected.
    pub fn new(experiment: Arc<Experiment>) -> Result<Self, TaskError> {
        experiment.validate()?;
        let files = Arc::new(NamedFiles::of(&experiment));
        let (network, start) = started(&experiment)?;
        let outputs = network.architecture().outputs;
        let input = experiment.model.example_shape();
        let wanted = Wanted::by(&experiment.model, &input, outputs);
        let split = data::load(&experiment.data, &wanted)?;
        if outputs < split.train.num_classes() {
            let data = experiment.data.source.key();
            return Err(TaskError::TooFewOutputs { outputs, classes: split.train.num_classes(), data });
        }
        let pictures = if let &[_, height, width] = &split.train.shape[..] { Some([height, width]) } else { None };
        let limits = Limits { network: &network, budget: experiment.budget, train_size: split.train.len(), pictures };
        for &optimizer in experiment.optimizers.keys() {
            limits.check(optimizer, &experiment.knobs(optimizer)?)?;
        }
        Ok(Self { experiment, network, start, split, files })
    }

    /// The experiment.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The network, with the tensors frozen that shall be.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Training examples.
    #[must_use]
    pub fn train_size(&self) -> usize {
        self.split.train.len()
    }

    /// What the user is told of the files of the data and of the weights, one line each; nothing for what comes with the program.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let (path, format) = (self.experiment.data.path.as_ref(), self.split.format.as_ref());
        let lines = path.zip(format).map(|(path, format)| data::told(path, format, &self.split.file.notes).collect());
        let lines: Vec<String> = lines.unwrap_or_default();
        lines.into_iter().chain(self.start.iter().flat_map(|start| start.notes.iter().cloned())).collect()
    }

    /// Puts it on a device.
    #[must_use]
    pub fn task(&self, seed: u64, compute: Compute) -> Task {
        let Self { experiment, network, start, split, files } = self;
        let (experiment, start, files) = (Arc::clone(experiment), start.clone(), Arc::clone(files));
        let network = match &start {
            Some(start) => Arc::new(start.on_device(network, &compute)),
            None => Arc::clone(network),
        };
        let measured = split.train.first(experiment.look.subset);
        let rest = measured.len() as u32..split.train.len().min(2 * measured.len()) as u32;
        let second = (!rest.is_empty()).then(|| split.train.select(&rest.collect::<Vec<u32>>()));
        let objective = |examples: &data::Dataset| {
            Objective::new(Arc::clone(&network), &examples.x, targets(&examples.y), compute.clone())
        };
        Task {
            train: network.batch(&split.train.x, targets(&split.train.y), &compute),
            measured: objective(&measured),
            second_subset: second.as_ref().map(objective),
            test: objective(&split.test),
            validation: split.validation.as_ref().map(objective),
            pictures: Pictures::of(&experiment.data, split).map(Arc::new),
            tensors: tensors_of(network.architecture(), &compute),
            is_classification: !matches!(split.train.y, Labels::Values { .. }),
            preview: Arc::new(data::preview_of(&experiment.data, split)),
            texts: Texts::of(split).map(Arc::new),
            zero_shot: split.zero_shot.clone().map(Arc::new),
            prompts: Prompts::of(&split.test, split.text.as_ref()).map(Arc::new),
            bounds: (split.train.shape == [2] && experiment.model.input == ModelInput::Shape(vec![2]))
                .then(|| bounds(split.train.x.iter().chain(&split.test.x))),
            initial: initial(&network, start.as_deref(), seed),
            start,
            files,
            experiment,
            network,
            compute,
            seed,
        }
    }
}

impl Task {
    /// Loads the data, builds the network and puts both on the device.
    ///
    /// # Errors
    /// [`TaskError`] that names the setting and what was expected.
    pub fn new(experiment: Arc<Experiment>, seed: u64, compute: Compute) -> Result<Self, TaskError> {
        Ok(Prepared::new(experiment)?.task(seed, compute))
    }

    /// The same task from another seed: other initial weights, another order of the data and other noise. The examples are
    /// shared.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { initial: initial(&self.network, self.start.as_deref(), seed), seed, ..self.clone() }
    }

    /// What the user is told of the file of weights that it starts from, one line each; nothing where there is none.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.start.as_ref().map_or(&[], |start| &start.notes)
    }

    /// Whether training can go by these knobs.
    ///
    /// # Errors
    /// [`ConfigError`] where a batch norm would see a single value a channel, or a knob needs other examples.
    pub fn check_knobs(&self, optimizer: OptimizerKind, knobs: &Knobs) -> Result<(), ConfigError> {
        self.limits().check(optimizer, knobs)
    }

    fn limits(&self) -> Limits<'_> {
        let (network, budget) = (&*self.network, self.experiment.budget);
        let pictures = self.pictures.as_ref().map(|pictures| pictures.sides());
        Limits { network, budget, train_size: self.train.len(), pictures }
    }

    /// Batch norm's running statistics at step 0, `[1, S]`; `None` without batch norm.
    #[must_use]
    pub fn initial_statistics(&self) -> Option<Tensor<2>> {
        let values = match &self.start {
            Some(start) => start.statistics.clone(),
            None => self.network.architecture().initial_buffers(),
        };
        let size = values.len();
        (size > 0).then(|| self.compute.tensor(values, [1, size]))
    }

    /// The weights at step 0, `[1, D]`.
    #[must_use]
    pub fn initial_tensor(&self) -> Tensor<2> {
        self.compute.tensor(self.initial.clone(), [1, self.initial.len()])
    }
}

/// The network, and what it starts from where that is a file.
fn started(experiment: &Experiment) -> Result<(Arc<Network>, Option<Arc<Start>>), TaskError> {
    let network = Network::new(&experiment.model)?;
    match &experiment.start {
        None => Ok((Arc::new(network), None)),
        Some(config) => {
            let (start, network) = Start::new(config, &experiment.model, network)?;
            Ok((Arc::new(network), Some(Arc::new(start))))
        }
    }
}

/// The weights at step 0 of a seed.
fn initial(network: &Network, start: Option<&Start>, seed: u64) -> Vec<f32> {
    start.map_or_else(|| initial_weights(network.architecture(), seed), |start| start.initial(network, seed))
}

/// Least and greatest of the first and of the second of each two values.
fn bounds<'a>(values: impl Iterator<Item = &'a f32>) -> [[f32; 2]; 2] {
    let mut bounds = [[f32::INFINITY, f32::NEG_INFINITY]; 2];
    for (index, &value) in values.enumerate() {
        let [least, greatest] = &mut bounds[index % 2];
        (*least, *greatest) = (least.min(value), greatest.max(value));
    }
    bounds
}

/// The labels as the network takes them.
#[must_use]
pub fn targets<T: Real>(labels: &Labels<T>) -> Targets<'_, T> {
    match labels {
        Labels::Classes { of, .. } => Targets::Classes(of),
        Labels::Values { of, .. } => Targets::Values(of),
        Labels::Tokens { of, .. } => Targets::Tokens(of),
        Labels::Pairs { count } => Targets::Pairs(*count),
    }
}
