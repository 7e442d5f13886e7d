//! Fifty steps of networks some of whose tensors stay as they are, against PyTorch's: no gradient, no noise, no decay and no
//! ascent at them, and running statistics that move all the same.

use std::sync::Arc;

use flatscape::config::Knobs;
use flatscape::model::{Compute, Network, to_host};
use flatscape::train::Run;

use crate::common::Failures;
use crate::method_cases::{Loop, NetworkCase, reference};

/// The network where the tensors of these patterns stay as they are, and the weights of the others.
fn frozen(case: &NetworkCase, patterns: &[String], compute: &Compute) -> (Network, Vec<f64>) {
    let whole = case.network();
    let network = whole.clone().with_frozen(patterns).expect("the patterns fit");
    let [trained, frozen] = network.architecture().parted(whole.architecture(), &case.w);
    (network.holding(&frozen, compute), trained)
}

#[test]
fn fifty_steps_with_frozen_tensors_are_those_of_pytorch() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    for case in reference.runs.iter().filter(|case| !case.frozen.is_empty()) {
        let network = reference.network(&case.network);
        let (held, trained) = frozen(network, &case.frozen, &compute);
        let mut steps = Loop::at(held, &trained, network, case.method, reference.run_knobs(case), &compute);
        let losses = (0..case.losses.len()).flat_map(|step| to_host(steps.step_of_reference(step, None).clean_loss));
        let losses: Vec<f64> = losses.collect();
        let what = |figure: &str| format!("{}: {}: {figure}", case.network, case.name);
        failures.relative(&what("losses"), &losses, &case.losses, 1e-8);
        failures.relative(&what("weights"), &steps.weights_on_host(), &case.weights, 1e-8);
        if let (Some(found), Some(expected)) = (&steps.statistics, &case.statistics) {
            failures.relative(&what("running statistics"), &to_host(found.clone()), expected, 1e-8);
        }
    }
    failures.finish();
}

#[test]
fn fifty_steps_of_a_run_with_frozen_tensors_are_those_of_pytorch() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    for case in reference.runs.iter().filter(|case| !case.frozen.is_empty() && case.is_a_runs()) {
        let network = reference.network(&case.network);
        let (held, trained) = frozen(network, &case.frozen, &compute);
        let knobs = Knobs { batch: network.n, ..reference.run_knobs(case) };
        let mut run = Run::new(Arc::new(network.task_of(held, &trained, &compute)), case.method, knobs);
        let losses: Vec<f64> = case.losses.iter().map(|_| run.step().expect("finite").batch_loss).collect();
        let what = |figure: &str| format!("{}: {}: {figure}", case.network, case.name);
        failures.relative(&what("losses"), &losses, &case.losses, 1e-8);
        failures.relative(&what("weights"), &to_host(run.weights().clone()), &case.weights, 1e-8);
        if let (Some(found), Some(expected)) = (run.statistics(), &case.statistics) {
            failures.relative(&what("running statistics"), &to_host(found.clone()), expected, 1e-8);
        }
    }
    failures.finish();
}
