//! Steps and runs of every method on every base step against PyTorch's, with the same noise.

use std::sync::Arc;

use flatscape::config::{BaseKind, Knobs, OptimizerKind};
use flatscape::model::{Compute, Purpose, Targets, to_host, unit_noise};
use flatscape::train::Run;

use crate::common::{Failures, rows};
use crate::method_cases::{Loop, Reference, RunCase, StepCase, reference};

/// Four steps of a case; what the last one saw, and the weights after it.
fn check_steps(reference: &Reference, case: &StepCase, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let network = reference.network(&case.network);
    let mut steps = Loop::new(network, case.method, reference.step_knobs(case), compute);
    let what = |figure: &str| format!("{}: {}: {figure}", case.network, case.name);
    let mut last = None;
    for (step, (clean, perturbed)) in case.clean.iter().zip(&case.perturbed).enumerate() {
        let seen = steps.step_of_reference(step, None);
        failures.relative(&what("clean loss"), &to_host(seen.clean_loss.clone()), &[*clean], tolerance);
        failures.relative(&what("perturbed loss"), &to_host(seen.perturbed_loss.clone()), &[*perturbed], tolerance);
        last = Some(seen);
    }
    let last = last.expect("there are steps");
    for (figure, found, expected) in [("ascent", last.ascent, &case.ascent), ("size", last.size, &case.size)] {
        match (found, expected) {
            (Some(found), Some(expected)) => failures.relative(&what(figure), &to_host(found), expected, tolerance),
            (found, expected) => {
                let is_right = found.is_none() && expected.is_none();
                failures.holds(&what(figure), is_right, &format!("wanted: {}", expected.is_some()));
            }
        }
    }
    failures.relative(&what("weights"), &steps.weights_on_host(), &case.weights, tolerance);
}

#[test]
fn every_method_takes_the_steps_of_pytorch_on_every_base_in_64_bits() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    for case in &reference.steps {
        check_steps(&reference, case, &compute, 1e-9, &mut failures);
    }
    failures.finish();
}

#[test]
fn every_method_takes_the_steps_of_pytorch_on_every_base_in_32_bits() {
    let (reference, compute) = (reference(), Compute::cpu());
    let mut failures = Failures::new();
    for case in &reference.steps {
        check_steps(&reference, case, &compute, 1e-4, &mut failures);
    }
    failures.finish();
}

/// The table has every method on every base step, so that a new one is not forgotten.
#[test]
fn the_reference_has_every_method_on_every_base() {
    let reference = reference();
    for kind in OptimizerKind::ALL {
        for base in BaseKind::ALL {
            let is_there = reference
                .steps
                .iter()
                .any(|case| case.method == kind && (kind.has_own_step() || reference.step_knobs(case).base == *base));
            assert!(is_there, "{kind:?} on {base:?}");
        }
    }
}

/// The runs have every method with running statistics and with tied tensors, and on every network with frozen ones.
#[test]
fn the_reference_has_every_method_on_every_network_with_frozen_tensors_and_without() {
    const NETWORKS: [&str; 3] = ["tanh", "batch-norm", "tied"];
    let reference = reference();
    for (kind, network) in OptimizerKind::ALL.into_iter().flat_map(|kind| NETWORKS.map(|network| (kind, network))) {
        let runs = || reference.runs.iter().filter(move |case| case.method == kind && case.network == network);
        assert!(runs().any(|case| case.frozen.is_empty()), "{kind:?} on {network}");
        assert!(runs().any(|case| !case.frozen.is_empty()), "{kind:?} on {network}, frozen");
        assert!(runs().all(|case| case.statistics.is_some() == (network == "batch-norm")), "{kind:?} on {network}");
    }
}

fn check_run(reference: &Reference, case: &RunCase, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let network = reference.network(&case.network);
    let mut steps = Loop::new(network, case.method, reference.run_knobs(case), compute);
    let what = |figure: &str| format!("{}: {}: {figure}", case.network, case.name);
    let mut losses = Vec::new();
    for step in 0..case.losses.len() {
        let batch = case.batches.as_ref().map(|batches| batches[step].as_slice());
        losses.extend(to_host(steps.step_of_reference(step, batch).clean_loss));
    }
    for (step, (found, expected)) in losses.iter().zip(&case.losses).enumerate() {
        failures.relative(&what(&format!("loss of step {step}")), &[*found], &[*expected], tolerance);
    }
    failures.relative(&what("weights"), &steps.weights_on_host(), &case.weights, tolerance);
    match (&steps.statistics, &case.statistics) {
        (Some(found), Some(expected)) => {
            failures.relative(&what("running statistics"), &to_host(found.clone()), expected, tolerance);
        }
        (found, expected) => {
            let is_right = found.is_none() && expected.is_none();
            failures.holds(&what("running statistics"), is_right, "one has them, the other not");
        }
    }
}

#[test]
fn fifty_steps_are_those_of_pytorch() {
    let reference = reference();
    let mut failures = Failures::new();
    for (compute, tolerance) in [(Compute::cpu_f64(), 1e-8), (Compute::cpu(), 1e-4)] {
        for case in reference.runs.iter().filter(|case| case.frozen.is_empty()) {
            check_run(&reference, case, &compute, tolerance, &mut failures);
        }
    }
    failures.finish();
}

/// A run without noise needs no loop: its curve, weights and running statistics are PyTorch's.
#[test]
fn fifty_steps_of_a_run_are_those_of_pytorch() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    for case in reference.runs.iter().filter(|case| case.frozen.is_empty() && case.is_a_runs()) {
        let network = reference.network(&case.network);
        let knobs = Knobs { batch: network.n, ..reference.run_knobs(case) };
        let mut run = Run::new(Arc::new(network.task(&compute)), case.method, knobs);
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

/// What a run adds to a method and a base step is the noise of its stream, and nothing else: so what the loop shows of given
/// noise is true of runs.
#[test]
fn a_run_takes_the_steps_of_the_loop_with_the_noise_of_its_stream() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    let chosen = ["adamw-matrices", "bsam", "mixed", "all"];
    let is_chosen = |case: &&StepCase| chosen.iter().any(|part| case.name.contains(part));
    for case in reference.steps.iter().filter(is_chosen) {
        let network = reference.network(&case.network);
        let knobs = Knobs { batch: network.n, ..reference.step_knobs(case) };
        let task = network.task(&compute);
        let mut steps = Loop::new(network, case.method, knobs.clone(), &compute);
        let mut run = Run::new(Arc::new(task.clone()), case.method, knobs.clone());
        for step in 1..=5 {
            let dimension = task.network.num_parameters();
            let rows_of = |count: usize| {
                let flat = unit_noise(knobs.distribution, task.seed, Purpose::Noise, step, count * dimension);
                flat.chunks_exact(dimension).map(|row| row.iter().map(|&u| f64::from(u)).collect()).collect()
            };
            let seen = steps.step(None, &rows_of);
            let row = run.step().expect("finite");
            let what = |figure: &str| format!("{}: {}: {figure} of step {step}", case.network, case.name);
            failures.relative(&what("loss"), &[row.batch_loss], &to_host(seen.clean_loss), 1e-12);
            failures.relative(&what("perturbed loss"), &[row.perturbed_loss], &to_host(seen.perturbed_loss), 1e-12);
            failures.relative(&what("weights"), &to_host(run.weights().clone()), &steps.weights_on_host(), 1e-12);
        }
    }
    failures.finish();
}

#[test]
fn smoothed_labels_and_mixed_examples_have_the_gradients_of_pytorchs_losses() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let case = reference.network("tanh");
    let (network, targets) = (case.network(), case.targets.as_ref().expect("it has them"));
    let batch = network.batch(&case.x, Targets::Classes(&case.y), &compute);
    let weights = rows(std::slice::from_ref(&case.w), &compute);
    let mut failures = Failures::new();
    let smoothed = batch.clone().smoothed(targets.smoothing);
    let mixed = batch.mixed(targets.share, &targets.partners);
    for (what, batch, loss, gradient) in [
        ("smoothed", smoothed, targets.smoothed_loss, &targets.smoothed_gradient),
        ("mixed", mixed, targets.mixed_loss, &targets.mixed_gradient),
    ] {
        let (found, slope) = network.gradients(weights.clone(), &batch);
        failures.relative(&format!("loss, {what}"), &to_host(found), &[loss], 1e-10);
        failures.relative(&format!("gradient, {what}"), &to_host(slope), gradient, 1e-10);
    }
    failures.finish();
}
