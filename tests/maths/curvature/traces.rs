//! Traces by Hutchinson's probes and by noise pairs, of all weights and of each tensor.

use flatscape::config::NoiseDistribution;
use flatscape::curvature::{LayerTraces, TraceEstimate};
use flatscape::model::{Compute, Objective, Purpose, gaussian, rademacher, to_host};
use flatscape::noise::{NoiseSource, NoiseWindow, PairSample, estimate, variance};
use flatscape::optim::{NsoSettings, nso_gradient};

use super::dense;
use crate::common::{Failures, Oracle, Point, dot, network_case, network_cases, norm, rows, unit_rows};

const SOURCE: NoiseSource = NoiseSource { sigma: 0.01, distribution: NoiseDistribution::Gaussian };

fn trace_values(point: &Point, objective: &Objective, probes: usize, seed: u64) -> Vec<f64> {
    let mut trace = TraceEstimate::new(point.weights(objective.compute()), probes, seed, 3);
    while !trace.advance(objective) {}
    trace.values().to_vec()
}

fn standard_deviation(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

#[test]
fn the_true_trace_lies_within_three_standard_errors_and_they_are_as_long_as_the_scatter() {
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "cnn-pool"] {
        let case = network_case(name);
        let (point, compute) = (case.point(), Compute::cpu());
        let objective = point.objective(&compute);
        // 48: each probe by itself. 64: thirty-two groups of two. 128: as many of four.
        for probes in [48, 64, 128] {
            let estimates: Vec<_> = (0..400)
                .map(|seed| {
                    let mut trace = TraceEstimate::new(point.weights(&compute), probes, seed, 3);
                    while !trace.advance(&objective) {}
                    assert_eq!(trace.estimate().samples, probes);
                    trace.estimate()
                })
                .collect();
            let within = |errors: f64| {
                estimates.iter().filter(|found| (found.mean - case.trace).abs() <= errors * found.stderr).count()
            };
            let what = format!("{name}, {probes} probes");
            failures.holds(&what, within(3.0) >= 392, &format!("only {} of 400 within 3 standard errors", within(3.0)));
            // 272 are expected: fewer would mean bars that are too short, more bars that are too long.
            let fair = (240..=304).contains(&within(1.0));
            failures.holds(&what, fair, &format!("{} of 400 within one standard error", within(1.0)));
            let means: Vec<f64> = estimates.iter().map(|found| found.mean).collect();
            let stderr = (estimates.iter().map(|found| found.stderr.powi(2)).sum::<f64>() / 400.0).sqrt();
            failures.relative(&format!("{what}, standard error"), &[stderr], &[standard_deviation(&means)], 0.15);
        }
    }
    failures.finish();
}

#[test]
fn groups_collapse_the_same_probes() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let (point, weights) = (case.point(), case.point().weights(&compute));
        let objective = point.objective(&compute);
        let solve = |trace: TraceEstimate| {
            let mut trace = trace;
            while !trace.advance(&objective) {}
            trace
        };
        // The last unit of 70 has six probes, the last of 67 three.
        for probes in [64, 70, 67] {
            let single = solve(TraceEstimate::new(weights.clone(), probes, 9, 3).with_groups_of(1));
            for size in [2, 4, 8] {
                let grouped = solve(TraceEstimate::new(weights.clone(), probes, 9, 3).with_groups_of(size));
                let what = format!("{} {probes} probes by {size}", case.name);
                let (found, expected) = (grouped.estimate(), single.estimate());
                failures.relative(&what, &[found.mean], &[expected.mean], 1e-11);
                failures.holds(&what, found.samples == probes, &format!("{} probes", found.samples));
                let full = 64 / size;
                let means: Vec<f64> =
                    single.values()[..64].chunks(size).map(|part| part.iter().sum::<f64>() / size as f64).collect();
                failures.relative(&what, &grouped.values()[..full], &means, 1e-10);
                if probes == 64 {
                    let stderr = standard_deviation(&means) / (full as f64).sqrt();
                    failures.relative(&format!("{what}, standard error"), &[found.stderr], &[stderr], 1e-9);
                }
            }
        }
        let default = solve(TraceEstimate::new(weights.clone(), 64, 9, 3));
        failures.holds(&case.name, default.values().len() == 32, &format!("{} groups", default.values().len()));
    }
    failures.finish();
}

#[test]
fn the_variance_of_a_probe_is_hutchinsons() {
    let mut failures = Failures::new();
    let compute = Compute::cpu();
    for case in network_cases() {
        let point = case.point();
        let objective = point.objective(&compute);
        let mut trace = TraceEstimate::new(point.weights(&compute), 4096, 2, 0).with_groups_of(1);
        while !trace.advance(&objective) {}
        let expected = dense(&point, &Compute::cpu_f64()).probe_variance();
        // 4 096 values know a variance to some per cent; a Gaussian probe's 2‖H‖² is well above.
        failures.relative(&case.name, &[variance(trace.values())], &[expected], 0.12);
    }
    failures.finish();
}

#[test]
fn each_tensor_has_the_trace_of_its_block() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let point = case.point();
        let objective = point.objective(&compute);
        let mut traces = LayerTraces::new(point.weights(&compute), 402, 4);
        while !traces.advance(&objective) {}
        let result = traces.result();
        let sum: f64 = result.iter().map(|(_, estimate)| estimate.mean).sum();
        failures.relative(&case.name, &[sum], &[traces.total().mean], 1e-11);
        let total = (String::from("total"), traces.total());
        let exact =
            case.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.trace)).chain([("total", case.trace)]);
        for ((name, found), (expected_name, exact)) in result.iter().chain([&total]).zip(exact) {
            let what = format!("{} {name}", case.name);
            failures.holds(&what, name == expected_name, &format!("expected {expected_name}"));
            failures.holds(&what, found.samples == 402, &format!("{} probes", found.samples));
            // A block that is diagonal has no error but rounding.
            let slack = 3.5 * found.stderr + 1e-9 * case.trace.abs();
            let text = format!("{} ± {}, exact {exact}", found.mean, found.stderr);
            failures.holds(&what, (found.mean - exact).abs() <= slack, &text);
            // A bar that holds everything proves nothing.
            failures.holds(&what, found.stderr <= 0.2 * case.trace.abs(), &format!("the bar is too wide: {text}"));
        }
    }
    failures.finish();
}

#[test]
fn each_probe_of_a_trace_is_its_hessian_product() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let (point, d) = (case.point(), case.parameters);
        let objective = point.objective(&compute);
        // The stream of the first unit of estimate 3.
        let signs: Vec<f64> = rademacher(9, Purpose::Probes, 3 << 32, 8 * d).into_iter().map(f64::from).collect();
        let probes = compute.tensor_f64(signs.clone(), [8, d]);
        let weights = point.weights(&compute).repeat_dim(0, 8);
        let product = to_host(objective.hessian_product(weights, probes).product);
        let expected: Vec<f64> = product.chunks(d).zip(signs.chunks(d)).map(|(hv, v)| dot(hv, v)).collect();
        failures.relative(&case.name, &trace_values(&point, &objective, 8, 9), &expected, 1e-11);
        let longer = trace_values(&point, &objective, 13, 9);
        failures.holds(&case.name, longer.len() == 13, &format!("{} probes of 13", longer.len()));
        failures.relative(&case.name, &longer[..8], &expected, 1e-11);
    }
    failures.finish();
}

/// The pairs of `steps` NSO steps with 50 samples each, as a run measures them.
fn pairs(point: &Point, sigma: f64, steps: u64, compute: &Compute) -> Vec<PairSample> {
    let oracle = Oracle(&point.network, point.batch(compute));
    let (d, k) = (point.dimension(), 50);
    let settings = NsoSettings { sigma, lambda: 0.0, two_point: true };
    let mut samples = Vec::new();
    for step in 0..steps {
        let noise = compute.tensor(gaussian(21, Purpose::Noise, step, k * d), [k, d]);
        let gradient = nso_gradient(&oracle, &point.weights(compute), noise, &settings);
        let evidence = gradient.evidence.expect("NSO has samples");
        let clean = to_host(gradient.clean_loss)[0];
        let plus = to_host(evidence.plus);
        let minus = to_host(evidence.minus.expect("two points"));
        let curvature = to_host(evidence.curvature.expect("two points"));
        samples.extend((0..k).map(|j| PairSample {
            step,
            sigma,
            gap_plus: plus[j] - clean,
            gap_minus: Some(minus[j] - clean),
            layer_traces: layer_traces(point, &curvature[j * d..][..d], sigma),
        }));
    }
    samples
}

/// Shares of the tensors, ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²).
fn layer_traces(point: &Point, curvature: &[f64], sigma: f64) -> Vec<f64> {
    let parameters = point.network.architecture().parameters.iter();
    parameters.map(|p| curvature[p.range()].iter().sum::<f64>() / (2.0 * sigma * sigma)).collect()
}

#[test]
fn noise_pairs_estimate_the_trace_and_its_share_of_each_tensor() {
    let compute = Compute::cpu_f64();
    let point = network_case("tanh-mlp").point();
    let d = point.dimension();
    let axes = rows(&unit_rows(d, 0..d), &compute);
    let weights = point.weights(&compute).repeat_dim(0, d);
    let hessian = to_host(point.network.hessian_product(weights, axes, &point.batch(&compute)).product);
    let diagonal: Vec<f64> = (0..d).map(|i| hessian[i * d + i]).collect();
    let trace: f64 = diagonal.iter().sum();

    let names: Vec<String> = point.network.architecture().parameters.iter().map(|p| p.name.clone()).collect();
    let mut window = NoiseWindow::new(4096, names);
    let samples = pairs(&point, 0.01, 16, &compute);
    let totals = estimate(samples.iter().map(|sample| sample.layer_traces.iter().sum::<f64>()));
    window.push(samples, SOURCE);

    let mut found = vec![("even parts".to_owned(), window.trace(), trace), ("gradients".to_owned(), totals, trace)];
    for ((name, estimate), parameter) in window.layer_traces().into_iter().zip(&point.network.architecture().parameters)
    {
        found.push((name, estimate, diagonal[parameter.range()].iter().sum()));
    }
    let mut failures = Failures::new();
    for (name, estimate, exact) in found {
        let distance = (estimate.mean - exact).abs() / estimate.stderr;
        let text = format!("{} ± {}, exact {exact}, {distance:.2} standard errors", estimate.mean, estimate.stderr);
        failures.holds(&name, distance <= 3.0, &text);
        failures.holds(&name, estimate.samples == 800, &format!("{} samples", estimate.samples));
        // A bar that holds everything proves nothing.
        failures.holds(&name, estimate.stderr <= 0.1 * trace, &format!("the bar is too wide: {text}"));
    }
    failures.finish();
}

#[test]
fn the_snapshot_separates_odd_from_even_parts() {
    let compute = Compute::cpu_f64();
    let point = network_case("tanh-mlp").point();
    let (_, gradient) = point.network.gradients(point.weights(&compute), &point.batch(&compute));
    let slope = norm(&to_host(gradient));
    let mut window = NoiseWindow::new(4096, Vec::new());
    window.push(pairs(&point, 0.01, 16, &compute), SOURCE);
    let snapshot = window.snapshot(flatscape::protocol::RunId(0)).expect("it has samples");
    // Var a ≈ σ²‖∇L‖², up to the sampling error of 800 values.
    let odd: Vec<f64> = snapshot.odd.iter().map(|&a| f64::from(a)).collect();
    let ratio = variance(&odd) / (0.01 * slope).powi(2);
    assert!((ratio - 1.0).abs() < 0.2, "Var a is {ratio} times its first-order value");
    assert!(snapshot.variance_removed > 0.5 && snapshot.variance_removed < 1.0, "{}", snapshot.variance_removed);
}
