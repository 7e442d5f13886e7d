//! Lanczos, traces and noise against the dense Hessian.

mod common;

use common::{Failures, NetworkCase, Oracle, Point, network_case, network_cases, norm, rows, unit_rows};
use flatscape::config::NoiseDistribution;
use flatscape::curvature::{Lanczos, SpectrumEnds, TraceEstimate};
use flatscape::model::{Compute, Objective, Purpose, gaussian, rademacher, to_host};
use flatscape::noise::{NoiseSource, NoiseWindow, PairSample, estimate};
use flatscape::optim::{NsoSettings, nso_gradient};

const SOURCE: NoiseSource = NoiseSource { sigma: 0.01, distribution: NoiseDistribution::Gaussian };

fn lanczos(point: &Point, products: usize, warm: Option<&[f64]>, compute: &Compute) -> SpectrumEnds {
    let objective = point.objective(compute);
    let mut solve = Lanczos::new(point.weights(compute), products, warm, 5);
    while !solve.advance(&objective) {}
    solve.ends().expect("all products are finite")
}

/// Both ends with their names, residuals and the reference's values.
fn ends(found: &SpectrumEnds, case: &NetworkCase) -> [(&'static str, f64, f64, f64); 2] {
    let last = case.eigenvalues.len() - 1;
    [
        ("largest", found.largest, found.largest_residual, case.eigenvalues[last]),
        ("smallest", found.smallest, found.smallest_residual, case.eigenvalues[0]),
    ]
}

fn radius(case: &NetworkCase) -> f64 {
    case.eigenvalues.iter().fold(0.0, |radius: f64, value| radius.max(value.abs()))
}

#[test]
fn a_full_lanczos_solve_finds_both_ends() {
    let mut failures = Failures::new();
    for case in network_cases() {
        for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-6), (32, Compute::cpu(), 1e-4)] {
            let found = lanczos(&case.point(), case.parameters, None, &compute);
            for (end, value, residual, expected) in ends(&found, &case) {
                let what = format!("{} {end} in {bits} bits", case.name);
                failures.distance(&what, &[value], &[expected], tolerance, radius(&case));
                let limit = tolerance * radius(&case);
                failures.holds(&what, residual <= limit, &format!("residual {residual:e} of {limit:e}"));
            }
        }
    }
    failures.finish();
}

#[test]
fn residuals_bound_the_error_of_short_solves() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        for products in [2, 4, 8, 12, 20] {
            let found = lanczos(&case.point(), products, None, &compute);
            failures.holds(&case.name, found.products <= products, "more products than allowed");
            for (end, value, residual, expected) in ends(&found, &case) {
                // A residual bounds the distance to the nearest eigenvalue; an end cannot be passed.
                let nearest = case.eigenvalues.iter().map(|e| (e - value).abs()).fold(f64::INFINITY, f64::min);
                let what = format!("{} {end} after {products}", case.name);
                let slack = 1e-9 * radius(&case);
                failures.holds(&what, nearest <= residual + slack, &format!("{nearest:e} off, residual {residual:e}"));
                let inside = if end == "largest" { value <= expected + slack } else { value >= expected - slack };
                failures.holds(&what, inside, &format!("{value} is beyond the end {expected}"));
                if products == 20 {
                    let error = (value - expected).abs();
                    failures.holds(&what, error <= residual + slack, &format!("{error:e} off, residual {residual:e}"));
                }
            }
        }
    }
    failures.finish();
}

#[test]
fn a_warm_start_keeps_the_result_and_is_closer_sooner() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let point = case.point();
        let cold = lanczos(&point, case.parameters, None, &compute);
        let warm = lanczos(&point, case.parameters, Some(&cold.warm_start), &compute);
        for (end, value, _, expected) in ends(&warm, &case) {
            failures.distance(&format!("{} {end}, warm", case.name), &[value], &[expected], 1e-6, radius(&case));
        }
        let error = |solve: &SpectrumEnds| {
            ends(solve, &case).iter().map(|(_, value, _, expected)| (value - expected).abs()).sum::<f64>()
        };
        let (short_cold, short_warm) =
            (lanczos(&point, 4, None, &compute), lanczos(&point, 4, Some(&cold.warm_start), &compute));
        let (cold, warm) = (error(&short_cold), error(&short_warm));
        failures.holds(&case.name, warm <= cold, &format!("after 4 products {warm:e} off warm, {cold:e} cold"));
    }
    failures.finish();
}

fn trace_values(point: &Point, objective: &Objective, probes: usize, seed: u64) -> Vec<f64> {
    let mut trace = TraceEstimate::new(point.weights(objective.compute()), probes, seed, 3);
    while !trace.advance(objective) {}
    trace.values().to_vec()
}

#[test]
fn the_true_trace_lies_within_three_standard_errors() {
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "cnn-pool"] {
        let case = network_case(name);
        let (point, compute) = (case.point(), Compute::cpu());
        let objective = point.objective(&compute);
        let mut close = 0;
        let mut within_one = 0;
        for seed in 0..100 {
            let values = trace_values(&point, &objective, 64, seed);
            let found = estimate(values.iter().copied());
            let sd = (values.iter().map(|v| (v - found.mean).powi(2)).sum::<f64>() / 63.0).sqrt();
            let what = format!("{name} seed {seed}");
            failures.relative(&format!("{what} standard error"), &[found.stderr], &[sd / 8.0], 1e-12);
            failures.holds(&what, found.samples == 64, &format!("{} probes", found.samples));
            let distance = (found.mean - case.trace).abs() / found.stderr;
            close += usize::from(distance <= 3.0);
            within_one += usize::from(distance <= 1.0);
        }
        failures.holds(name, close >= 97, &format!("only {close} of 100 within 3 standard errors"));
        // 68 are expected: fewer would mean bars that are too short, more bars that are too long.
        let fair = (53..=83).contains(&within_one);
        failures.holds(name, fair, &format!("{within_one} of 100 within one standard error"));
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
        let expected: Vec<f64> = product.chunks(d).zip(signs.chunks(d)).map(|(hv, v)| common::dot(hv, v)).collect();
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
        let (gradient, evidence) = nso_gradient(&oracle, &point.weights(compute), noise, &settings);
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
    let variance = flatscape::noise::variance(&odd);
    let ratio = variance / (0.01 * slope).powi(2);
    assert!((ratio - 1.0).abs() < 0.2, "Var a is {ratio} times its first-order value");
    assert!(snapshot.variance_removed > 0.5 && snapshot.variance_removed < 1.0, "{}", snapshot.variance_removed);
}
