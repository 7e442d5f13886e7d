//! The work that devices are timed on: steps of training and chunks of a slice, or gradients where nothing is trained.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::race::{Contender, Made};
use crate::config::{Experiment, Knobs, ModelConfig, OptimizerKind};
use crate::landscape::{Plane, SliceJob, filter_normalised_plane};
use crate::model::{Compute, Objective, to_host};
use crate::protocol::Examples;
use crate::train::{Prepared, Run};

/// A slice that is begun again whenever it is complete.
struct Slices {
    objective: Objective,
    fresh: SliceJob,
    job: SliceJob,
}

impl Slices {
    fn new(objective: Objective, weights: Tensor<2>, plane: &Plane, range: f64, resolution: usize) -> Self {
        let fresh = SliceJob::new(weights, plane, range, resolution, objective.compute());
        Self { objective, job: fresh.clone(), fresh }
    }

    fn chunk(&mut self) -> f64 {
        let before = self.job.progress().done;
        let is_complete = self.job.advance(&self.objective);
        let progress = self.job.progress();
        if is_complete {
            self.job = self.fresh.clone();
        }
        (progress.done - before) as f64 / progress.total.max(1) as f64
    }
}

/// The method of an experiment whose steps cost the most gradient evaluations, the first of equals; a run of it is what the
/// device has most to do with.
pub fn costliest(methods: &[(OptimizerKind, Knobs)]) -> Option<&(OptimizerKind, Knobs)> {
    let cost = |(kind, knobs): &(OptimizerKind, Knobs)| knobs.gradient_evaluations(*kind);
    methods.iter().reduce(|most, next| if cost(next) > cost(most) { next } else { most })
}

/// The methods that an experiment lists, with their knobs; SGD where it lists none.
pub fn methods_of(experiment: &Experiment) -> Vec<(OptimizerKind, Knobs)> {
    let of = |&kind: &OptimizerKind| experiment.knobs(kind).ok().map(|knobs| (kind, knobs));
    let methods: Vec<_> = experiment.optimizers.keys().filter_map(of).collect();
    if methods.is_empty() { of(&OptimizerKind::Sgd).into_iter().collect() } else { methods }
}

/// A model as rates are kept under it.
pub fn model_text(model: &ModelConfig) -> String {
    // Written as it stands in files; where that cannot be, as it is in memory.
    serde_json::to_string(model).unwrap_or_else(|_| format!("{model:?}"))
}

/// What the speed of an experiment depends on besides its model and the devices, in words.
pub fn work_words(experiment: &Experiment, methods: &[(OptimizerKind, Knobs)]) -> String {
    let costs = methods.iter().map(|(kind, knobs)| format!("{} {}", kind.key(), knobs.gradient_evaluations(*kind)));
    let costs: Vec<String> = costs.collect();
    let batch = costliest(methods).map_or(0, |(_, knobs)| knobs.batch);
    let (examples, look) = (experiment.data.train_size, &experiment.look);
    format!(
        "{}; batch {batch} of {examples}; {} points a side on {} examples",
        costs.join(", "),
        look.resolution,
        look.subset
    )
}

/// Steps of a run, and the slices around its start.
struct Training {
    first: Run,
    run: Run,
    slices: Slices,
}

impl Contender for Training {
    fn step(&mut self) -> Result<(), String> {
        if self.run.step().is_err() {
            // A step that diverges takes as long; the next ones would take none.
            self.run = self.first.clone();
        }
        Ok(())
    }

    fn chunk(&mut self) -> Result<f64, String> {
        Ok(self.slices.chunk())
    }
}

/// Training with a method of an experiment on a device.
pub fn training(prepared: &Prepared, method: &(OptimizerKind, Knobs), compute: &Compute) -> Made {
    let task = Arc::new(prepared.task(prepared.experiment().seed, compute.clone()));
    let (kind, knobs) = method.clone();
    let plane = filter_normalised_plane(task.network.architecture(), &task.initial, task.experiment.look.seed);
    let (range, resolution) = (task.experiment.look.range, task.experiment.look.resolution);
    let first = Run::new(task, kind, knobs);
    let slices = Slices::new(first.objective(Examples::default()), first.weights().clone(), &plane, range, resolution);
    Ok(Box::new(Training { run: first.clone(), first, slices }))
}

/// Gradients at the same weights, and the slices around them.
struct Gradients {
    weights: Tensor<2>,
    slices: Slices,
}

impl Contender for Gradients {
    fn step(&mut self) -> Result<(), String> {
        let (losses, gradients) = self.slices.objective.gradients(self.weights.clone());
        // Read back, which waits for the device.
        std::hint::black_box((to_host(losses), to_host(gradients.slice([0..1, 0..1]))));
        Ok(())
    }

    fn chunk(&mut self) -> Result<f64, String> {
        Ok(self.slices.chunk())
    }
}

/// Gradients of an objective at weights `[1, D]` and slices around them, from −range to range with so many points a side.
pub fn gradients(objective: Objective, weights: Tensor<2>, plane: &Plane, (range, resolution): (f64, usize)) -> Made {
    let slices = Slices::new(objective, weights.clone(), plane, range, resolution);
    Ok(Box::new(Gradients { weights, slices }))
}
