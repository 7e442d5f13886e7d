//! Streamed curvature against exact curvature of the same steps, while runs train.

use std::sync::Arc;

use flatscape::config::{Experiment, OptimizerKind, builtin_experiment};
use flatscape::curvature::{DenseHessian, SpectrumEnds, StreamedEnds, StreamedTrace, TraceEstimate};
use flatscape::model::{Compute, Objective, to_host};
use flatscape::train::{Run, Task};

fn small(name: &str, changes: &[&str]) -> Experiment {
    let mut experiment = builtin_experiment(name).expect("embedded");
    changes.iter().for_each(|change| experiment.assign(change).expect("valid"));
    experiment
}

fn start(experiment: &Experiment, seed: u64) -> Run {
    let task = Task::new(Arc::new(experiment.clone()), seed, Compute::cpu()).expect("valid");
    Run::new(Arc::new(task), OptimizerKind::Sgd, experiment.knobs(OptimizerKind::Sgd).expect("valid"))
}

fn steps(run: &mut Run, count: usize) {
    for _ in 0..count {
        run.step().expect("finite");
    }
}

/// All eigenvalues where a run stands, ascending.
fn eigenvalues(run: &Run) -> Vec<f64> {
    let objective = run.measured();
    let mut hessian = DenseHessian::new(run.weights().clone()).expect("small");
    while !hessian.advance(&objective) {}
    let mut values = hessian.result().expect("complete").eigenvalues.clone();
    values.sort_by(f64::total_cmp);
    values
}

fn figure(ends: &mut StreamedEnds, run: &Run, most: usize) -> SpectrumEnds {
    let objective = run.measured();
    ends.begin(run.weights().clone(), most);
    loop {
        if let Some(found) = ends.advance(&objective) {
            return found;
        }
        assert!(ends.is_busy(), "a figure of finite weights is given up");
    }
}

#[test]
fn the_ends_follow_those_of_the_dense_hessian_while_the_weights_move() {
    let experiment = small("moons-mlp", &["data.train_size=80", "look.subset=80"]);
    let experiment = Experiment {
        model: flatscape::config::ModelConfig {
            layers: ["linear 8", "tanh", "linear 8", "tanh", "linear 2"].map(Into::into).to_vec(),
            ..experiment.model.clone()
        },
        ..experiment
    };
    for most in [3, 4, 6] {
        let mut run = start(&experiment, 2);
        let mut ends = StreamedEnds::new(5);
        let mut worst: f64 = 0.0;
        for turn in 0..30 {
            let found = figure(&mut ends, &run, most);
            let values = eigenvalues(&run);
            let (least, greatest) = (values[0], values[values.len() - 1]);
            let radius = least.abs().max(greatest.abs());
            assert!(turn == 0 || found.products <= most, "{} products", found.products);
            // Ritz values are inside of the spectrum, and an eigenvalue lies within the residual of each.
            assert!(found.largest <= greatest + 1e-4 * radius && found.smallest >= least - 1e-4 * radius, "{found:?}");
            for (value, residual) in
                [(found.largest, found.largest_residual), (found.smallest, found.smallest_residual)]
            {
                let nearest = values.iter().map(|exact| (exact - value).abs()).fold(f64::INFINITY, f64::min);
                assert!(nearest <= residual + 1e-4 * radius, "{value} ± {residual}, nearest {nearest} away");
            }
            if turn >= 5 {
                worst = worst.max((greatest - found.largest) / greatest);
            }
            steps(&mut run, 3);
        }
        assert!(worst < 0.05, "{most} products: the largest eigenvalue is missed by {worst} of itself");
    }
}

#[test]
fn vectors_that_are_given_are_where_the_ends_begin() {
    let experiment = small("moons-mlp", &["data.train_size=60"]);
    let mut run = start(&experiment, 1);
    steps(&mut run, 10);
    let objective = run.measured();
    let mut exact = flatscape::curvature::Lanczos::new(run.weights().clone(), 60, None, 3);
    while !exact.advance(&objective) {}
    let spectrum = exact.spectrum(1, true);
    let vector = |pairs: &[flatscape::curvature::RitzPair]| pairs[0].vector.clone().expect("asked for");
    let mut ends = StreamedEnds::new(5);
    ends.go_on_from([vector(&spectrum.largest), vector(&spectrum.smallest)]);
    let found = figure(&mut ends, &run, 3);
    let apart = (found.largest - spectrum.largest[0].value).abs();
    assert!(apart < 1e-3 * found.largest && found.products == 3, "{found:?}, {:?}", spectrum.largest[0].value);
}

#[test]
fn the_parts_of_an_objective_make_the_whole() {
    for name in ["digits-cnn", "resnet8-digits", "gpt-mini-sums"] {
        let run = start(&small(name, &["look.subset=50"]), 0);
        let whole = run.measured();
        let n = whole.num_examples();
        assert!(whole.falls_apart(), "{name}");
        let loss = |objective: &Objective| to_host(objective.losses(run.weights().clone()))[0];
        let ends = [0, 1, 17, n];
        let parts = ends.windows(2).map(|ends| whole.part(ends[0]..ends[1]));
        let sum: f64 = parts.map(|part| loss(&part) * part.num_targets() as f64).sum();
        let (mean, expected) = (sum / whole.num_targets() as f64, loss(&whole));
        assert!((mean - expected).abs() < 1e-5 * expected, "{name}: {mean}, expected {expected}");
        assert_eq!(whole.part(3..10).num_examples(), 7);
    }
}

#[test]
fn probes_on_parts_of_the_examples_are_of_the_trace_over_all() {
    let experiment = small("moons-mlp", &["data.train_size=90", "look.subset=90"]);
    let mut run = start(&experiment, 0);
    steps(&mut run, 20);
    let objective = run.measured();
    let mut exact = TraceEstimate::new(run.weights().clone(), 4096, 9, 0);
    while !exact.advance(&objective) {}
    let exact = exact.estimate();
    let (mut pulls, mut squares) = (0.0, 0.0);
    for seed in 0..20 {
        let mut trace = StreamedTrace::new(seed);
        (0..60).for_each(|_| trace.probe(20, run.weights(), &objective, 1, 31));
        let now = trace.now().expect("probes");
        assert_eq!((now.samples, now.first_step), (60, 20));
        let pull = (now.value - exact.mean) / now.stderr.hypot(exact.stderr);
        pulls += pull / 20.0;
        squares += pull * pull / 20.0;
    }
    // Of 20 independent pulls of variance 1 the mean has the standard error 0.22.
    assert!(pulls.abs() < 0.9 && (0.2..2.5).contains(&squares), "mean pull {pulls}, mean square {squares}");
}

#[test]
fn over_a_whole_run_the_streamed_trace_is_within_its_error_of_many_probes() {
    let (mut apart, mut stated, mut pulls, mut outside, mut count) = (0.0, 0.0, 0.0, 0, 0);
    for seed in 0..5 {
        let experiment = small("digits-mlp", &["look.subset=200", "budget=600"]);
        let mut run = start(&experiment, seed);
        let mut trace = StreamedTrace::new(seed);
        while !run.budget_is_spent() {
            let objective = run.measured();
            trace.probe(run.steps(), run.weights(), &objective, 1, 200);
            if run.steps() >= 10 && run.steps().is_multiple_of(30) {
                let mut exact = TraceEstimate::new(run.weights().clone(), 128, 1000 + seed, run.steps());
                while !exact.advance(&objective) {}
                let (now, exact) = (trace.now().expect("probes"), exact.estimate());
                let error = now.stderr.hypot(exact.stderr);
                apart += now.value - exact.mean;
                stated += error;
                pulls += (now.value - exact.mean) / error;
                outside += u32::from((now.value - exact.mean).abs() > 3.0 * error);
                count += 1;
            }
            run.step().expect("finite");
        }
    }
    let [bias, pull] = [apart / stated, pulls / f64::from(count)];
    assert!(count >= 90, "{count} points");
    assert!(bias.abs() < 0.5 && pull.abs() < 0.5, "off by {bias} of the stated error, mean pull {pull}");
    assert!(outside * 20 <= count, "{outside} of {count} beyond three errors");
}
