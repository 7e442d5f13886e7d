//! Noise pairs against closed forms: on a loss that is exactly quadratic, and where it is not.

use flatscape::config::{LossKind, NoiseDistribution};
use flatscape::curvature::{DenseHessian, DenseSpectrum};
use flatscape::model::{Compute, to_host};
use flatscape::noise::{
    GradientVariance, GradientVarianceRow, NoiseReport, NoiseStatistics, SigmaSweep, SweepReport, Verdict,
};
use flatscape::protocol::Estimate;

use crate::common::{Failures, Point, network_case, network_cases, norm, random_point_of, rows};

/// A linear network with squared error: L is a parabola in the weights, L(w+U) = L + g·U + ½UᵀHU without a rest.
fn parabola() -> Point {
    random_point_of("parabola", &[4], LossKind::Mse, &["linear 3"], 20, 3)
}

fn dense(point: &Point) -> DenseSpectrum {
    let compute = Compute::cpu_f64();
    let objective = point.objective(&compute);
    let mut hessian = DenseHessian::new(point.weights(&compute)).expect("small");
    while !hessian.advance(&objective) {}
    hessian.result().expect("complete").clone()
}

fn exactly(trace: f64) -> Estimate {
    Estimate { mean: trace, stderr: 0.0, samples: 1 }
}

fn statistics(point: &Point, sigma: f64, pairs: usize, distribution: NoiseDistribution, trace: f64) -> NoiseReport {
    let compute = Compute::cpu_f64();
    let objective = point.objective(&compute);
    let mut job = NoiseStatistics::new(point.weights(&compute), sigma, pairs, distribution, 5);
    while !job.advance(&objective) {}
    assert_eq!((job.progress().done, job.progress().total), (pairs as u64, pairs as u64));
    job.report(Some(exactly(trace))).expect("it has pairs")
}

#[test]
fn on_a_parabola_the_pairs_are_exact_at_any_radius() {
    let mut failures = Failures::new();
    let point = parabola();
    let exact = dense(&point);
    let [small, large] =
        [0.01, 10.0].map(|sigma| statistics(&point, sigma, 50, NoiseDistribution::Gaussian, exact.trace));
    // The same directions: even parts grow by σ², odd parts by σ, and the trace does not depend on σ.
    let scaled = |values: &[f64], factor: f64| -> Vec<f64> { values.iter().map(|x| factor * x).collect() };
    failures.relative("even parts", &large.even.values, &scaled(&small.even.values, 1e6), 1e-6);
    failures.relative("odd parts", &large.odd.values, &scaled(&small.odd.values, 1e3), 1e-8);
    failures.relative("trace", &[large.trace.mean], &[small.trace.mean], 1e-6);
    for (report, tolerance) in [(&small, 1e-6), (&large, 1e-10)] {
        let what = format!("σ {}", report.sigma);
        // ⟨U, g⁺−g⁻⟩/(2σ²) = UᵀHU/σ² = 2e/σ², pair by pair.
        failures.relative(&what, &[report.gradient_trace.mean], &[report.trace.mean], tolerance);
        failures.relative(&what, &[report.gradient_trace.stderr], &[report.trace.stderr], tolerance);
        let gaps: Vec<f64> = report.odd.values.iter().zip(&report.even.values).map(|(odd, even)| odd + even).collect();
        failures.relative(&format!("{what} gaps"), &report.gaps.values, &gaps, 1e-12);
        let errors = (report.trace.mean - exact.trace).abs() / report.trace.stderr;
        failures.holds(&what, errors < 3.0, &format!("{:?}, exact {}", report.trace, exact.trace));
        failures.holds(&what, report.diverged == 0 && report.pairs == 50, "all pairs are finite");
    }
    failures.finish();
}

#[test]
fn random_signs_on_a_parabola_have_hutchinsons_variance() {
    // With U = σz, z of signs, 2e/σ² = zᵀHz.
    let point = parabola();
    let exact = dense(&point);
    let found = statistics(&point, 0.5, 4000, NoiseDistribution::Rademacher, exact.trace);
    let variance = found.even.variance * (2.0 / 0.25_f64).powi(2);
    assert!((variance / exact.probe_variance() - 1.0).abs() < 0.1, "{variance}, exact {}", exact.probe_variance());
}

#[test]
fn every_distribution_gives_the_trace_of_every_tensor() {
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "gelu-mlp", "cnn-valid-same"] {
        let case = network_case(name);
        let point = case.point();
        for distribution in NoiseDistribution::ALL {
            let found = statistics(&point, 0.003, 400, distribution, case.trace);
            let what = format!("{name} {}", distribution.key());
            let exact = case.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.trace));
            let totals = [("trace".to_owned(), found.trace), ("gradients".to_owned(), found.gradient_trace)];
            let exact = exact.chain([("trace".to_owned(), case.trace), ("gradients".to_owned(), case.trace)]);
            for ((layer, estimate), (expected, exact)) in found.layer_traces.iter().chain(&totals).zip(exact) {
                let text = format!("{} ± {}, exact {exact}", estimate.mean, estimate.stderr);
                failures.holds(&what, *layer == expected, &format!("{layer}, expected {expected}"));
                let slack = 3.5 * estimate.stderr + 1e-3 * case.trace.abs();
                failures.holds(&format!("{what} {layer}"), (estimate.mean - exact).abs() <= slack, &text);
            }
            let predicted = found.predicted.expect("a trace was given").mean;
            failures.relative(&what, &[predicted], &[0.5 * 0.003_f64.powi(2) * case.trace], 1e-12);
            let residual = (found.even.mean.mean - predicted).abs() / found.even.mean.mean.abs();
            failures.relative(&what, &[found.relative_residual.expect("a trace was given")], &[residual], 1e-12);
        }
    }
    failures.finish();
}

#[test]
fn the_odd_part_is_the_slope_and_the_pair_removes_it() {
    for distribution in NoiseDistribution::ALL {
        let case = network_case("tanh-mlp");
        let found = statistics(&case.point(), 0.003, 1000, distribution, case.trace);
        // Var a ≈ σ²‖∇L‖², up to the sampling error of 1 000 values.
        let ratio = found.odd.variance / (0.003 * norm(&case.gradient)).powi(2);
        assert!((ratio - 1.0).abs() < 0.2, "{distribution:?}: Var a is {ratio} times its first-order value");
        assert!(found.odd.mean.mean.abs() < 3.5 * found.odd.mean.stderr, "{distribution:?}: {:?}", found.odd.mean);
        let share = found.odd.variance / (found.odd.variance + found.even.variance);
        assert!((found.variance_removed - share).abs() < 1e-12 && share > 0.9, "{}", found.variance_removed);
    }
}

#[test]
fn the_noise_is_measured_in_units_of_each_tensor() {
    let mut failures = Failures::new();
    for case in network_cases() {
        let point = case.point();
        let found = statistics(&point, 0.02, 1, NoiseDistribution::Gaussian, case.trace);
        for (noise, parameter) in found.relative_noise.iter().zip(&point.network.architecture().parameters) {
            let what = format!("{} {}", case.name, noise.name);
            let size = norm(&case.w[parameter.range()]);
            failures.holds(&what, noise.name == parameter.name, &parameter.name);
            failures.relative(&what, &[noise.ratio], &[0.02 * (parameter.len() as f64).sqrt() / size], 1e-12);
        }
        let total = 0.02 * (case.parameters as f64).sqrt() / norm(&case.w);
        failures.relative(&case.name, &[found.total_noise.ratio], &[total], 1e-12);
    }
    failures.finish();
}

fn variances(point: &Point, sigma: f64, draws: usize, distribution: NoiseDistribution) -> Vec<GradientVarianceRow> {
    let compute = Compute::cpu_f64();
    let objective = point.objective(&compute);
    let mut job = GradientVariance::new(point.weights(&compute), sigma, &[4, 1, 2, 8], draws, distribution, 5);
    while !job.advance(&objective) {}
    job.result()
}

#[test]
fn on_a_parabola_one_point_noise_has_a_known_variance_and_a_pair_none() {
    // ∇L(w+U) = g + HU: the trace of its covariance is σ²‖H‖², over k samples; the pair's mean is g itself.
    let mut failures = Failures::new();
    let point = parabola();
    let exact = dense(&point).frobenius.powi(2) * 0.04;
    for distribution in NoiseDistribution::ALL {
        for row in variances(&point, 0.2, 400, distribution) {
            let what = format!("{} k {}", distribution.key(), row.k);
            let expected = exact / row.k as f64;
            let errors = (row.one_point.mean - expected).abs() / row.one_point.stderr;
            let text = format!("{:?}, exact {expected}", row.one_point);
            failures.holds(&what, errors < 3.5, &text);
            failures.holds(&what, row.one_point.stderr < 0.15 * expected, &format!("too wide: {text}"));
            failures.holds(&what, row.two_point.mean < 1e-20 * exact, &format!("{:?}", row.two_point));
        }
    }
    failures.finish();
}

#[test]
fn pairs_have_less_variance_where_the_odd_part_dominates() {
    let point = network_case("tanh-mlp").point();
    let rows = variances(&point, 0.02, 60, NoiseDistribution::Gaussian);
    assert_eq!(rows.iter().map(|row| row.k).collect::<Vec<_>>(), [1, 2, 4, 8]);
    for pair in rows.windows(2) {
        // At equal cost: k pairs against 2k single points.
        let (two, one) = (pair[0].two_point, pair[1].one_point);
        assert!(two.mean + 3.0 * two.stderr < one.mean - 3.0 * one.stderr, "k {}: {two:?} against {one:?}", pair[0].k);
        for (fewer, more) in [(pair[0].one_point, pair[1].one_point), (pair[0].two_point, pair[1].two_point)] {
            let half = fewer.scaled(0.5);
            assert!(half.errors_apart(more) < 4.0, "k {}: {fewer:?}, {more:?}", pair[0].k);
        }
    }
}

fn sweep(point: &Point, sigmas: &[f64], pairs: usize, trace: Estimate, compute: &Compute) -> SweepReport {
    let objective = point.objective(compute);
    let mut job = SigmaSweep::new(point.weights(compute), sigmas, pairs, NoiseDistribution::Gaussian, 5);
    while !job.advance(&objective) {}
    job.report(trace).expect("it has pairs")
}

#[test]
fn second_order_never_breaks_on_a_parabola() {
    let point = parabola();
    let trace = exactly(dense(&point).trace);
    let found = sweep(&point, &[10.0, 0.01, 1.0, 0.1], 200, trace, &Compute::cpu_f64());
    assert_eq!(found.rows.iter().map(|row| row.sigma).collect::<Vec<_>>(), [0.01, 0.1, 1.0, 10.0]);
    assert!(found.rows.iter().all(|row| row.verdict == Verdict::Holds && row.even.samples == 200), "{found:?}");
    assert_eq!((found.breaks_at, found.holds_to()), (None, Some(10.0)));
    // The same directions for all σ, so the same trace.
    let same = found.rows.iter().all(|row| (row.trace.mean / found.rows[0].trace.mean - 1.0).abs() < 1e-5);
    assert!(same && found.relative_residual_squares < 0.05, "{found:?}");
}

#[test]
fn a_radius_that_is_too_large_breaks_second_order() {
    let case = network_case("tanh-mlp");
    let sigmas = [0.001, 0.01, 0.03, 1.0, 3.0];
    let found = sweep(&case.point(), &sigmas, 400, exactly(case.trace), &Compute::cpu_f64());
    assert_eq!(found.rows[0].verdict, Verdict::Holds, "{found:?}");
    assert_eq!(found.rows[1].verdict, Verdict::Holds, "{found:?}");
    assert_eq!(found.rows[4].verdict, Verdict::Breaks, "{found:?}");
    let breaks_at = found.breaks_at.expect("σ = 3 breaks");
    assert!(breaks_at > 0.01, "breaks at {breaks_at}");
    let holds_to = found.holds_to().expect("σ = 0.01 holds");
    assert!((0.01..breaks_at).contains(&holds_to), "holds up to {holds_to}");
    let row = &found.rows[4];
    assert!((row.trace.mean - case.trace).abs() > 0.1 * case.trace && row.relative_residual > 0.1, "{row:?}");
}

#[test]
fn the_kinks_of_relu_are_curvature_to_the_noise_only() {
    // The second derivative does not see a kink, a ball that reaches it does, and a kink may bend either way. The nearest
    // input is 0.007 from it here: far smaller balls agree with the Hessian, larger ones part from it.
    let case = network_case("relu-mlp");
    let sigmas = [0.0002, 0.0005, 0.02, 0.05];
    let found = sweep(&case.point(), &sigmas, 1000, exactly(case.trace), &Compute::cpu_f64());
    assert!(found.rows[..2].iter().all(|row| row.verdict == Verdict::Holds), "{found:?}");
    assert!(found.rows[2..].iter().all(|row| row.verdict == Verdict::Breaks), "{found:?}");
    assert_eq!(found.breaks_at, Some(0.02));
}

#[test]
fn rounding_is_told_from_curvature() {
    // In 32 bits the even part at σ = 1e-5 is far below the spacing of the loss's numbers.
    let case = network_case("tanh-mlp");
    let found = sweep(&case.point(), &[1e-5, 0.03], 200, exactly(case.trace), &Compute::cpu());
    assert_eq!(found.rows[0].verdict, Verdict::Unclear, "{found:?}");
    assert!(found.rows[0].rounding > case.trace);
    assert_eq!(found.rows[1].verdict, Verdict::Holds, "{found:?}");
    assert_eq!(found.breaks_at, None);
}

#[test]
fn infinite_losses_are_counted_and_not_averaged() {
    let case = network_case("relu-mlp");
    let (point, compute) = (case.point(), Compute::cpu_f64());
    // Products of layers overflow.
    let found = sweep(&point, &[0.0005, 1e200], 40, exactly(case.trace), &compute);
    let row = &found.rows[1];
    assert!(row.diverged > 0 && row.verdict == Verdict::Diverges, "{row:?}");
    assert_eq!(row.even.samples + row.diverged, 40);
    assert_eq!(found.breaks_at, Some(1e200), "{found:?}");
    assert!(found.relative_residual_squares.is_finite(), "{found:?}");

    let objective = point.objective(&compute);
    let mut job = NoiseStatistics::new(point.weights(&compute), 1e200, 12, NoiseDistribution::Gaussian, 5);
    while !job.advance(&objective) {}
    let report = job.report(None).expect("it has pairs");
    assert!(report.diverged > 0 && report.pairs == 12);
    assert_eq!(report.even.values.len() + report.diverged, 12);
    assert!(report.even.values.iter().chain(&report.odd.values).all(|value| value.is_finite()));
    assert_eq!((report.predicted, report.relative_residual), (None, None));
}

#[test]
fn what_is_known_halfway_is_what_was_measured_so_far() {
    let (point, compute) = (parabola(), Compute::cpu_f64());
    let objective = point.objective(&compute);
    let mut job = NoiseStatistics::new(point.weights(&compute), 0.1, 40, NoiseDistribution::Laplace, 5);
    assert!(job.report(None).is_none());
    job.advance(&objective);
    let half = job.report(None).expect("a unit is done");
    assert!(half.pairs > 0 && half.pairs < 40 && half.even.values.len() == half.pairs);
    while !job.advance(&objective) {}
    let whole = job.report(None).expect("complete");
    assert_eq!(whole.even.values[..half.pairs], half.even.values[..]);
    // The centre is the loss itself.
    let loss = to_host(objective.losses(rows(std::slice::from_ref(&point.w), &compute)))[0];
    assert_eq!(whole.loss.to_bits(), loss.to_bits());
}

#[test]
fn a_radius_below_the_rounding_of_the_loss_says_so() {
    let case = network_case("tanh-mlp");
    let point = case.point();
    let compute = Compute::cpu();
    let mut job = NoiseStatistics::new(point.weights(&compute), 1e-5, 200, NoiseDistribution::Gaussian, 1);
    let objective = point.objective(&compute);
    while !job.advance(&objective) {}
    let report = job.report(None).expect("measured");
    // The losses are far too coarse for such a radius; the gradients are not.
    assert!(report.trace.stderr > 10.0 * case.trace, "{:?}", report.trace);
    assert!((report.trace.mean - case.trace).abs() < 3.0 * report.trace.stderr, "{:?}", report.trace);
    let gradients = report.gradient_trace;
    assert!((gradients.mean - case.trace).abs() < 4.0 * gradients.stderr + 0.05 * case.trace, "{gradients:?}");
}
