//! Ends of the spectrum, pairs, the dense Hessian and densities.

use flatscape::curvature::{Density, Lanczos, RitzPair, SpectralDensity, Spectrum, SpectrumEnds};
use flatscape::model::{Compute, Purpose, rademacher, to_host};

use super::{dense, radius};
use crate::common::{Failures, NetworkCase, Point, dot, network_case, network_cases, norm, rows, shifted};

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
            let product: Vec<f64> = found.hessian.chunks(d).map(|row| dot(row, &case.v)).collect();
            failures.relative(&format!("{what} Hv"), &product, &case.hv, tolerance);
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
            let rest = shifted(product, -pair.value, vector);
            let what = format!("{} {}", case.name, pair.value);
            failures.distance(&what, &[norm(&rest)], &[pair.residual], 1e-9, radius(&case));
            failures.relative(&what, &[norm(vector)], &[1.0], 1e-12);
        }
        let overlap = dot(&vectors[0], &vectors[1]).abs();
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
                product = hessian.chunks(d).map(|row| dot(row, &product)).collect();
                let exact = dot(&signs, &product) / d as f64;
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
