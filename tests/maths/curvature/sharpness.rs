//! Sharpness, the bound, and the same figures on a second set of examples.

use flatscape::config::LossKind;
use flatscape::curvature::{Bound, Sharpness, SharpnessKind, SubsetCheck};
use flatscape::model::{Compute, Objective, to_host};

use super::{dense, radius};
use crate::common::{Failures, NetworkCase, Point, network_case, network_cases, norm, random_point_of, rows, shifted};

/// ε of SAM, and of ASAM with T = |w| + η on weights and 1 on biases, worked out number by number.
fn ascent(case: &NetworkCase, rho: f64, eta: Option<f64>) -> Vec<f64> {
    let mut operator = vec![1.0; case.parameters];
    if let Some(eta) = eta {
        for parameter in case.point().network.architecture().parameters.iter().filter(|p| p.name.ends_with("weight")) {
            parameter.range().for_each(|i| operator[i] = case.w[i].abs() + eta);
        }
    }
    let scaled: Vec<f64> = operator.iter().zip(&case.gradient).map(|(t, g)| t * g).collect();
    scaled.iter().zip(&operator).map(|(tg, t)| rho * t * tg / norm(&scaled)).collect()
}

#[test]
fn sharpness_is_the_rise_at_the_ascent_step() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let point = case.point();
        let objective = point.objective(&compute);
        let kinds = [(SharpnessKind::Sam, 0.05, None), (SharpnessKind::asam(), 0.5, Some(0.01))];
        for (kind, rho, eta) in kinds {
            let mut job = Sharpness::new(point.weights(&compute), rho, kind);
            while !job.advance(&objective) {}
            let found = job.result().expect("complete");
            let step = ascent(&case, rho, eta);
            let there = rows(&[shifted(&case.w, 1.0, &step)], &compute);
            let rise = to_host(objective.losses(there))[0] - case.loss_value;
            let what = format!("{} {kind:?}", case.name);
            failures.relative(&what, &[found.sharpness], &[rise], 1e-7);
            failures.relative(&what, &[found.sam_loss], &[case.loss_value + rise], 1e-9);
            failures.relative(&format!("{what} ‖ε‖"), &[found.ascent_norm], &[norm(&step)], 1e-9);
            failures.relative(&format!("{what} ‖g‖"), &[found.gradient_norm], &[norm(&case.gradient)], 1e-9);
        }
    }
    failures.finish();
}

#[test]
fn at_a_perfect_fit_there_is_no_way_up() {
    // One layer, the only example's features are 0 and the bias is its one-hot target: loss and gradient are 0.
    let mut point = random_point_of("fit", &[2], LossKind::Mse, &["linear 2"], 1, 1);
    (point.x, point.y, point.w) = (vec![0.0; 2], vec![0], vec![0.3, -0.2, 0.1, 0.4, 1.0, 0.0]);
    for compute in [Compute::cpu(), Compute::cpu_f64()] {
        for kind in [SharpnessKind::Sam, SharpnessKind::asam()] {
            let mut job = Sharpness::new(point.weights(&compute), 0.5, kind);
            while !job.advance(&point.objective(&compute)) {}
            let found = job.result().expect("complete");
            assert_eq!((found.sharpness, found.ascent_norm, found.gradient_norm), (0.0, 0.0, 0.0), "{found:?}");
        }
    }
}

/// The trace of each single example, from its own dense Hessian.
fn example_traces(point: &Point, compute: &Compute) -> Vec<f64> {
    let features = point.x.len() / point.y.len();
    let one = |i: usize| Point {
        name: point.name.clone(),
        network: point.network.clone(),
        x: point.x[i * features..(i + 1) * features].to_vec(),
        y: vec![point.y[i]],
        w: point.w.clone(),
        v: point.v.clone(),
    };
    (0..point.y.len()).map(|i| dense(&one(i), compute).trace).collect()
}

#[test]
fn the_bound_has_the_greatest_trace_and_the_distance() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let point = case.point();
        let objective = point.objective(&compute);
        let initial: Vec<f64> = case.w.iter().map(|w| 0.5 * w).collect();
        let initial = rows(&[initial], &compute);
        let mut bound = Bound::new(point.weights(&compute), initial, 300, 4, 8);
        while !bound.advance(&objective) {}
        let found = bound.result().expect("it has probes");
        let exact = example_traces(&point, &compute);
        let batches: Vec<f64> = exact.chunks(4).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect();
        for (what, greatest, exact) in [("example", found.examples, &exact), ("batch", found.batches, &batches)] {
            let what = format!("{} {what}", case.name);
            let own = exact[greatest.index];
            let slack = 4.0 * greatest.trace.stderr + 1e-9;
            let text = format!("{:?} of trace {own}", greatest.trace);
            failures.holds(&what, (greatest.trace.mean - own).abs() <= slack, &text);
            let alpha = exact.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // Another one may look greatest only where its trace is nearly so.
            failures.holds(&what, own >= alpha - 2.0 * slack, &format!("{text}, greatest {alpha}"));
            failures.holds(&what, greatest.unbiased.samples == 150, "half of the probes");
        }
        failures.relative(&format!("{} r", case.name), &[found.distance], &[0.5 * norm(&case.w)], 1e-12);
        let alpha = found.examples.trace.mean;
        let value = 3.0 * (alpha * found.distance.powi(2) / found.num_examples as f64).sqrt();
        failures.relative(&case.name, &[found.by_examples(3.0).expect("positive")], &[value], 1e-12);
    }
    failures.finish();
}

#[test]
fn two_sets_of_examples_are_compared_by_the_same_probes() {
    let compute = Compute::cpu_f64();
    let case = network_case("tanh-mlp");
    let mut other = case.point();
    other.y.rotate_left(1);
    let (first, second) = (case.point().objective(&compute), other.objective(&compute));
    let check = |sets: [&Objective; 2]| {
        let mut check = SubsetCheck::new(&case.point().weights(&compute), 40, 30, 2);
        while !check.advance(sets) {}
        assert_eq!(check.progress().done, check.progress().total);
        check.result()
    };
    let same = check([&first, &first]);
    assert_eq!((same.trace_difference.mean, same.trace_difference.stderr, same.lambda_max_difference), (0.0, 0.0, 0.0));
    let found = check([&first, &second]);
    let exact = dense(&other, &compute);
    let difference = exact.trace - case.trace;
    let errors = (found.trace_difference.mean - difference).abs() / found.trace_difference.stderr;
    assert!(errors < 3.0, "{:?}, exact {difference}", found.trace_difference);
    let gap = exact.eigenvalues[case.parameters - 1] - case.eigenvalues[case.parameters - 1];
    assert!((found.lambda_max_difference - gap).abs() < 1e-6 * radius(&case), "{found:?}, exact {gap}");
}
