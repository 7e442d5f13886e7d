//! Averages of a run's weights, and batch norm's statistics at them, against PyTorch's `AveragedModel` and `update_bn`.

use std::sync::Arc;

use flatscape::config::{AverageKind, KnobId, Knobs, OptimizerKind};
use flatscape::model::{Compute, Statistics, Targets, to_host};
use flatscape::train::Run;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::common::Failures;
use crate::method_cases::{Reference, reference};

/// A run of SGD on all examples at each step; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Case {
    network: String,
    name: String,
    average: AverageKind,
    beta: Option<f64>,
    first: u64,
    knobs: Map<String, Value>,
    losses: Vec<f64>,
    averaged: u64,
    weights: Vec<f64>,
    running: Vec<f64>,
    updates: Vec<Update>,
}

/// Statistics that are made anew by batches of one size.
#[derive(Deserialize)]
struct Update {
    batch: usize,
    statistics: Vec<f64>,
    loss: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../reference/averages.json")).expect("averages.json has the keys of its README")
}

fn check(reference: &Reference, case: &Case, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let what = |figure: &str| format!("{}: {figure}", case.name);
    let network = reference.network(&case.network);
    let task = Arc::new(network.task(compute));
    let knobs = Knobs {
        batch: network.n,
        average: case.average,
        average_beta: case.beta.unwrap_or_default(),
        // A step of SGD is one gradient evaluation.
        average_start: case.first as f64 / task.experiment.budget as f64,
        ..reference.with(&case.knobs)
    };
    let mut run = Run::new(Arc::clone(&task), OptimizerKind::Sgd, knobs);
    let losses: Vec<f64> = case.losses.iter().map(|_| run.step().expect("finite").batch_loss).collect();
    failures.relative(&what("losses"), &losses, &case.losses, tolerance);
    let count = run.average().map_or(0, |average| average.count);
    failures.holds(&what("averaged"), count == case.averaged, &format!("{count} weights, expected {}", case.averaged));
    let running = run.statistics().cloned().expect("it has a batch norm");
    failures.relative(&what("running statistics"), &to_host(running), &case.running, tolerance);

    for update in &case.updates {
        let what = |figure: &str| format!("{}: batches of {}: {figure}", case.name, update.batch);
        // Trained on all examples at once, so that no order matters; what makes the statistics anew looks at the knob as it is then.
        let mut run = run.clone();
        run.set_knob(KnobId::Batch, update.batch as f64).expect("a size of batches");
        let (weights, statistics) = run.at_average().expect("it keeps one");
        let statistics = statistics.expect("it has a batch norm");
        failures.relative(&what("weights"), &to_host(weights.clone()), &case.weights, tolerance);
        failures.relative(&what("statistics"), &to_host(statistics.clone()), &update.statistics, tolerance);
        let batch = task.network.batch(&network.x, Targets::Classes(&network.y), compute);
        let loss = task.network.losses(weights, &batch.with_statistics(Statistics::Frozen(statistics)));
        failures.relative(&what("loss"), &to_host(loss), &[update.loss], tolerance);
    }
}

#[test]
fn averages_and_their_statistics_are_those_of_pytorch() {
    let reference = reference();
    let mut failures = Failures::new();
    for (compute, tolerance) in [(Compute::cpu_f64(), 1e-8), (Compute::cpu(), 1e-4)] {
        for case in &cases() {
            check(&reference, case, &compute, tolerance, &mut failures);
        }
    }
    failures.finish();
}

/// Both averages are in one of them, and sizes of batches that leave examples out and that do not.
#[test]
fn the_reference_has_both_averages_and_examples_that_are_left_out() {
    let (reference, cases) = (reference(), cases());
    for kind in AverageKind::ALL.iter().filter(|kind| **kind != AverageKind::None) {
        assert!(cases.iter().any(|case| case.average == *kind), "{kind:?}");
    }
    for case in &cases {
        let n = reference.network(&case.network).n;
        let leaves_out = |update: &Update| n % update.batch > 0;
        assert!(case.updates.iter().any(leaves_out) && !case.updates.iter().all(leaves_out), "{}", case.name);
    }
}
