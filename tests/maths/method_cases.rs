//! `methods.json`, and a loop of steps of one's own: a method, a base step, running statistics.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::{BaseKind, DecayOn, Knobs, LossKind, ModelConfig, OptimizerKind, builtin_experiment};
use flatscape::model::{Batch, Compute, Network, Targets, to_host};
use flatscape::optim::{Base, BaseSettings, GradientOracle, Point, StepGradient, Tensors, method};
use flatscape::train::{Task, tensors_of};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::common::rows;

/// `methods.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
pub struct Reference {
    knobs: Map<String, Value>,
    networks: Vec<NetworkCase>,
    pub steps: Vec<StepCase>,
    pub runs: Vec<RunCase>,
}

/// A network with its examples and the weights that all cases start from.
#[derive(Deserialize)]
pub struct NetworkCase {
    name: String,
    input: Vec<usize>,
    layers: Vec<String>,
    tied: Vec<Vec<String>>,
    pub n: usize,
    pub x: Vec<f32>,
    pub y: Vec<u32>,
    pub w: Vec<f64>,
    tensors: Vec<String>,
    pub targets: Option<TargetsCase>,
}

/// Gradients with smoothed labels and of mixed examples.
#[derive(Deserialize)]
pub struct TargetsCase {
    pub smoothing: f64,
    pub smoothed_loss: f64,
    pub smoothed_gradient: Vec<f64>,
    pub share: f64,
    pub partners: Vec<u32>,
    pub mixed_loss: f64,
    pub mixed_gradient: Vec<f64>,
}

/// Four steps of a method on a base step.
#[derive(Deserialize)]
pub struct StepCase {
    pub network: String,
    pub name: String,
    pub method: OptimizerKind,
    knobs: Map<String, Value>,
    pub clean: Vec<f64>,
    pub perturbed: Vec<f64>,
    pub ascent: Option<Vec<f64>>,
    pub size: Option<Vec<f64>>,
    pub weights: Vec<f64>,
}

/// Fifty steps.
#[derive(Deserialize)]
pub struct RunCase {
    pub network: String,
    pub name: String,
    pub method: OptimizerKind,
    knobs: Map<String, Value>,
    pub batches: Option<Vec<Vec<u32>>>,
    pub frozen: Vec<String>,
    pub losses: Vec<f64>,
    pub weights: Vec<f64>,
    pub statistics: Option<Vec<f64>>,
}

pub fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/methods.json")).expect("methods.json has the keys of its README")
}

impl Reference {
    pub fn network(&self, name: &str) -> &NetworkCase {
        self.networks.iter().find(|case| case.name == name).expect("the name stands in methods.json")
    }

    /// The knobs of all cases, with those in which one differs.
    pub fn with(&self, own: &Map<String, Value>) -> Knobs {
        let all = self.knobs.iter().chain(own).map(|(key, value)| (key.clone(), value.clone()));
        serde_json::from_value(Value::Object(all.collect())).expect("the knobs are knobs")
    }

    pub fn step_knobs(&self, case: &StepCase) -> Knobs {
        self.with(&case.knobs)
    }

    pub fn run_knobs(&self, case: &RunCase) -> Knobs {
        self.with(&case.knobs)
    }
}

impl RunCase {
    /// Whether its steps draw no noise and see all examples, so that a run takes the very same ones.
    pub const fn is_a_runs(&self) -> bool {
        use OptimizerKind::{Asam, Sam, Sgd, Usam};
        matches!(self.method, Sgd | Sam | Usam | Asam) && self.batches.is_none()
    }
}

impl NetworkCase {
    pub fn network(&self) -> Network {
        let model = ModelConfig {
            tied: self.tied.clone(),
            ..ModelConfig::new(&self.input, LossKind::CrossEntropy, self.layers.iter().cloned())
        };
        let network = Network::new(&model).expect("the layers fit each other");
        let names: Vec<&String> = network.architecture().parameters.iter().map(|tensor| &tensor.name).collect();
        assert_eq!(names, self.tensors.iter().collect::<Vec<_>>(), "a tied tensor stands under its first name alone");
        network
    }

    /// A task of this network on these examples, whose full batch is all of them.
    pub fn task(&self, compute: &Compute) -> Task {
        self.task_of(self.network(), &self.w, compute)
    }

    /// A task of a network on these examples, from these weights.
    pub fn task_of(&self, network: Network, weights: &[f64], compute: &Compute) -> Task {
        let experiment = builtin_experiment("moons-mlp").expect("embedded");
        let mut task = Task::new(Arc::new(experiment), 3, compute.clone()).expect("valid");
        task.train = network.batch(&self.x, Targets::Classes(&self.y), compute);
        task.initial = weights.iter().map(|&w| w as f32).collect();
        task.tensors = tensors_of(network.architecture(), compute);
        task.network = Arc::new(network);
        task
    }
}

/// A mixed counter, uniform on ±√3: the noise of the reference.
pub fn noise(step: usize, row: usize, len: usize) -> Vec<f64> {
    let number = |place: usize| {
        let mut x = ((step * 64 + row) * 4096 + place) as u32;
        x ^= x >> 16;
        x = x.wrapping_mul(0x7feb_352d);
        x ^= x >> 15;
        x = x.wrapping_mul(0x846c_a68b);
        x ^= x >> 16;
        (f64::from(x) / 2.0_f64.powi(32) - 0.5) * 12.0_f64.sqrt()
    };
    (0..len).map(number).collect()
}

/// The loss of a network on a batch and on its parts.
pub struct Parts<'a> {
    network: &'a Network,
    batch: Batch,
}

impl GradientOracle for Parts<'_> {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        self.network.losses(weights, &self.batch)
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.network.gradients(weights, &self.batch)
    }

    fn gradients_of_parts(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let (parts, n) = (weights.dims()[0], self.batch.len());
        let each = weights.split(1, 0).into_iter().enumerate().map(|(part, row)| {
            let indices: Vec<u32> = (part * n / parts..(part + 1) * n / parts).map(|index| index as u32).collect();
            self.network.gradients(row, &self.batch.select(&indices))
        });
        let (losses, gradients) = each.unzip();
        (Tensor::cat(losses, 0), Tensor::cat(gradients, 0))
    }
}

/// Steps that are put together here, not by a run.
pub struct Loop {
    network: Network,
    all: Batch,
    compute: Compute,
    kind: OptimizerKind,
    knobs: Knobs,
    tensors: Tensors,
    base: Base,
    pub weights: Tensor<2>,
    pub statistics: Option<Tensor<2>>,
}

impl Loop {
    pub fn new(case: &NetworkCase, kind: OptimizerKind, knobs: Knobs, compute: &Compute) -> Self {
        Self::at(case.network(), &case.w, case, kind, knobs, compute)
    }

    /// Steps of a network on the examples of a case, from these weights.
    pub fn at(
        network: Network,
        weights: &[f64],
        case: &NetworkCase,
        kind: OptimizerKind,
        knobs: Knobs,
        compute: &Compute,
    ) -> Self {
        let buffers: Vec<f64> = network.architecture().initial_buffers().into_iter().map(f64::from).collect();
        Self {
            all: network.batch(&case.x, Targets::Classes(&case.y), compute),
            tensors: tensors_of(network.architecture(), compute),
            weights: rows(&[weights.to_vec()], compute),
            statistics: (!buffers.is_empty()).then(|| rows(&[buffers], compute)),
            compute: compute.clone(),
            base: Base::default(),
            network,
            kind,
            knobs,
        }
    }

    /// One step on the examples at `indices`, or on all.
    pub fn step(&mut self, indices: Option<&[u32]>, noise: &dyn Fn(usize) -> Vec<Vec<f64>>) -> StepGradient {
        let batch = indices.map_or_else(|| self.all.clone(), |indices| self.all.select(indices));
        let noise = |count: usize| rows(&noise(count), &self.compute);
        let point = Point {
            weights: &self.weights,
            knobs: &self.knobs,
            sigma: self.knobs.sigma,
            noise: &noise,
            tensors: &self.tensors,
            precision: self.base.precision(),
            train_size: self.all.len(),
            batch_size: batch.len(),
        };
        let oracle = Parts { network: &self.network, batch: batch.clone() };
        let seen = method(self.kind).gradient(&oracle, &point);
        if let Some(running) = self.statistics.take() {
            let of_batch = self.network.batch_statistics(&self.weights, &batch).expect("it has a batch norm");
            self.statistics = Some(self.network.moved_statistics(running, of_batch));
        }
        let matrices = (self.knobs.decay_on == DecayOn::Matrices).then(|| self.tensors.is_matrix.clone());
        self.weights = self.base.step(self.weights.clone(), &seen, &self.settings(), matrices.as_ref());
        seen
    }

    /// One step with the noise of the reference.
    pub fn step_of_reference(&mut self, step: usize, indices: Option<&[u32]>) -> StepGradient {
        let dimension = self.network.num_parameters();
        self.step(indices, &|count| (0..count).map(|row| noise(step, row, dimension)).collect())
    }

    fn settings(&self) -> BaseSettings {
        let knobs = &self.knobs;
        BaseSettings {
            kind: knobs.base,
            learning_rate: knobs.learning_rate,
            momentum: knobs.momentum,
            nesterov: knobs.nesterov && knobs.base == BaseKind::Sgd,
            beta1: knobs.beta1,
            beta2: knobs.beta2,
            epsilon: knobs.epsilon,
            weight_decay: knobs.weight_decay,
            prior: knobs.prior,
            damping: knobs.damping,
        }
    }

    pub fn weights_on_host(&self) -> Vec<f64> {
        to_host(self.weights.clone())
    }
}
