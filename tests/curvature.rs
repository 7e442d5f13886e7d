//! Lanczos, traces, densities, sharpness, the bound and noise against the dense Hessian.

mod common;

use common::{Failures, NetworkCase, Oracle, Point, network_case, network_cases, norm, rows, unit_rows};
use flatscape::config::{LossKind, NoiseDistribution};
use flatscape::curvature::{
    Bound, DenseHessian, DenseSpectrum, Density, Lanczos, LayerTraces, RitzPair, Sharpness, SharpnessKind,
    SpectralDensity, Spectrum, SpectrumEnds, SubsetCheck, TraceEstimate,
};
use flatscape::model::{Compute, Objective, Purpose, gaussian, rademacher, to_host};
use flatscape::noise::{NoiseSource, NoiseWindow, PairSample, estimate, variance};
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

fn dense(point: &Point, compute: &Compute) -> DenseSpectrum {
    let objective = point.objective(compute);
    let mut hessian = DenseHessian::new(point.weights(compute)).expect("small");
    while !hessian.advance(&objective) {}
    hessian.result().expect("complete").clone()
}

#[test]
fn the_dense_hessian_has_the_references_spectrum() {
    let mut failures = Failures::new();
    for case in network_cases() {
        for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-8), (32, Compute::cpu(), 1e-5)] {
            let found = dense(&case.point(), &compute);
            let what = format!("{} in {bits} bits", case.name);
            failures.distance(&what, &found.eigenvalues, &case.eigenvalues, tolerance, radius(&case));
            failures.relative(&format!("{what} trace"), &[found.trace], &[case.trace], 10.0 * tolerance);
            failures.relative(&format!("{what} norm"), &[found.frobenius], &[norm(&case.eigenvalues)], tolerance);
            let limit = if bits == 64 { 1e-12 } else { 1e-5 };
            failures.holds(&what, found.asymmetry <= limit, &format!("asymmetry {:e}", found.asymmetry));
            // Against the product with the reference's direction: rows and columns in their places.
            let d = case.parameters;
            let product: Vec<f64> = found.hessian.chunks(d).map(|row| common::dot(row, &case.v)).collect();
            failures.relative(&format!("{what} Hv"), &product, &case.hv, tolerance);
        }
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

fn pairs_of(point: &Point, k: usize, tolerance: f64, compute: &Compute) -> Spectrum {
    let objective = point.objective(compute);
    let mut solve = Lanczos::for_pairs(point.weights(compute), k, tolerance, point.dimension(), 3);
    while !solve.advance(&objective) {}
    solve.spectrum(k, true)
}

#[test]
fn several_pairs_at_both_ends_are_those_of_the_reference() {
    let mut failures = Failures::new();
    for case in network_cases() {
        for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-8), (32, Compute::cpu(), 1e-4)] {
            let k = 6;
            let found = pairs_of(&case.point(), k, tolerance / 2.0, &compute);
            let what = format!("{} in {bits} bits, {} products", case.name, found.products);
            let values = |pairs: &[RitzPair]| -> Vec<f64> { pairs.iter().map(|pair| pair.value).collect() };
            let largest: Vec<f64> = case.eigenvalues.iter().rev().take(k).copied().collect();
            // Every one of the flat directions of `linear` counts.
            failures.distance(&what, &values(&found.largest), &largest, tolerance * 2.0, radius(&case));
            failures.distance(&what, &values(&found.smallest), &case.eigenvalues[..k], tolerance * 2.0, radius(&case));
            failures.holds(&what, found.converged, "did not converge");
        }
    }
    failures.finish();
}

#[test]
fn ritz_vectors_have_the_residuals_they_say() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let (point, d) = (case.point(), case.parameters);
        let objective = point.objective(&compute);
        // Loose, so that there is a residual to see.
        let found = pairs_of(&point, 3, 1e-2, &compute);
        let pairs: Vec<&RitzPair> = found.largest.iter().chain(&found.smallest).collect();
        let vectors: Vec<Vec<f64>> = pairs.iter().map(|pair| pair.vector.clone().expect("asked for")).collect();
        let weights = point.weights(&compute).repeat_dim(0, vectors.len());
        let products = to_host(objective.hessian_product(weights, rows(&vectors, &compute)).product);
        for ((pair, vector), product) in pairs.iter().zip(&vectors).zip(products.chunks(d)) {
            let rest = common::shifted(product, -pair.value, vector);
            let what = format!("{} {}", case.name, pair.value);
            failures.distance(&what, &[norm(&rest)], &[pair.residual], 1e-9, radius(&case));
            failures.relative(&what, &[norm(vector)], &[1.0], 1e-12);
        }
        let overlap = common::dot(&vectors[0], &vectors[1]).abs();
        failures.holds(&case.name, overlap < 1e-10, &format!("the first two overlap by {overlap:e}"));
    }
    failures.finish();
}

#[test]
fn a_solve_that_is_cut_short_says_so() {
    let point = network_case("tanh-mlp").point();
    let compute = Compute::cpu_f64();
    let objective = point.objective(&compute);
    let mut solve = Lanczos::for_pairs(point.weights(&compute), 4, 1e-9, 10, 3);
    let mut products = 0;
    while !solve.advance(&objective) {
        products += 1;
        assert_eq!(solve.progress().done, products);
    }
    let found = solve.spectrum(4, false);
    assert!(!found.converged && found.products == 10, "{found:?}");
    assert!(found.largest.iter().all(|pair| pair.vector.is_none()));
}

fn density(point: &Point, probes: usize, steps: usize, compute: &Compute) -> SpectralDensity {
    let objective = point.objective(compute);
    let mut density = Density::new(point.weights(compute), probes, steps, 6);
    while !density.advance(&objective) {}
    density.result()
}

#[test]
fn moments_of_the_density_are_those_of_the_spectrum() {
    let mut failures = Failures::new();
    for compute in [Compute::cpu_f64(), Compute::cpu()] {
        for case in network_cases() {
            let found = density(&case.point(), 60, 12, &compute);
            let weights: f64 = found.nodes.iter().map(|node| node.weight).sum();
            failures.relative(&format!("{} weights", case.name), &[weights], &[1.0], 1e-6);
            for (power, moment) in (1..).zip(found.moments) {
                let d = case.parameters as f64;
                let exact = case.eigenvalues.iter().map(|value| value.powi(power)).sum::<f64>() / d;
                let errors = (moment.mean - exact).abs() / moment.stderr;
                let text = format!("{} ± {}, exact {exact}", moment.mean, moment.stderr);
                failures.holds(&format!("{} moment {power}", case.name), errors <= 3.0, &text);
                // A bar that holds everything proves nothing; traces of powers may cancel.
                let scale = case.eigenvalues.iter().map(|value| value.abs().powi(power)).sum::<f64>() / d;
                failures.holds(&case.name, moment.stderr < 0.25 * scale, &format!("too wide: {text}"));
            }
        }
    }
    failures.finish();
}

#[test]
fn moments_of_one_probe_are_exact() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let (point, d) = (case.point(), case.parameters);
        let hessian = dense(&point, &compute).hessian;
        let signs: Vec<f64> = rademacher(6, Purpose::Density, 0, d).into_iter().map(f64::from).collect();
        let objective = point.objective(&compute);
        // Two products know the moments up to the third, three up to the fifth.
        for (steps, powers) in [(2, 3), (3, 4)] {
            let mut density = Density::new(point.weights(&compute), 1, steps, 6);
            while !density.advance(&objective) {}
            let mut product = signs.clone();
            for (power, moment) in (1..=powers).zip(density.result().moments) {
                product = hessian.chunks(d).map(|row| common::dot(row, &product)).collect();
                let exact = common::dot(&signs, &product) / d as f64;
                let what = format!("{} moment {power} of {steps} products", case.name);
                failures.distance(&what, &[moment.mean], &[exact], 1e-8, radius(&case).powi(power));
            }
        }
    }
    failures.finish();
}

#[test]
fn the_density_is_the_spectrum_where_the_probes_run_over_all_dimensions() {
    // With D steps the nodes are the eigenvalues: none in between, none beyond.
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for name in ["linear", "cnn-pool-floor-mse", "tanh-mlp-mse"] {
        let case = network_case(name);
        let found = density(&case.point(), 2, case.parameters, &compute);
        for node in found.nodes.iter().filter(|node| node.weight > 1e-9) {
            let nearest = case.eigenvalues.iter().map(|value| (value - node.value).abs()).fold(f64::INFINITY, f64::min);
            failures.holds(name, nearest <= 1e-7 * radius(&case), &format!("{} is {nearest:e} off", node.value));
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
    let ratio = variance(&odd) / (0.01 * slope).powi(2);
    assert!((ratio - 1.0).abs() < 0.2, "Var a is {ratio} times its first-order value");
    assert!(snapshot.variance_removed > 0.5 && snapshot.variance_removed < 1.0, "{}", snapshot.variance_removed);
}

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
            let there = rows(&[common::shifted(&case.w, 1.0, &step)], &compute);
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
    let mut point = common::random_point_of("fit", &[2], LossKind::Mse, &["linear 2"], 1, 1);
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
