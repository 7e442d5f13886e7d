//! Runs of tests: two moons in 64 bits, measured on all training examples.

use std::sync::Arc;

use crate::config::{LossKind, OptimizerKind, builtin_experiment};
use crate::model::Compute;
use crate::train::{Prepared, Run};

/// A run of these layers and this loss on 40 examples, with settings as in an experiment file.
pub fn run(layers: &[&str], loss: LossKind, optimizer: OptimizerKind, settings: &[&str]) -> Run {
    let mut experiment = builtin_experiment("moons-mlp").expect("embedded");
    let small = ["data.train_size=40", "data.test_size=20", "look.subset=40", "batch=40", "momentum=0"];
    for setting in small.iter().chain(settings) {
        experiment.assign(setting).expect("a valid setting");
    }
    experiment.model.layers = layers.iter().map(|&layer| layer.into()).collect();
    experiment.model.loss = loss;
    let experiment = Arc::new(experiment);
    let knobs = experiment.knobs(optimizer).expect("valid");
    let task = Prepared::new(Arc::clone(&experiment)).expect("a valid experiment").task(0, Compute::cpu_f64());
    Run::new(Arc::new(task), optimizer, knobs)
}
