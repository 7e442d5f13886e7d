//! Instruments against Cockpit, devinterp and the dense Gauss–Newton matrix, as `tests/reference/instruments.py` states them.

use flatscape::curvature::{GaussNewton, LearningCoefficient, Sampling, StepEnd, StepFit};
use flatscape::model::{Compute, Objective, to_host};
use flatscape::noise::GradientSignal;
use serde::Deserialize;

use crate::common::{Failures, network_case, rows};

/// A case of `instruments.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Case {
    name: String,
    steps: Vec<StepCase>,
    norm_test: NormTest,
    gauss_newton: Part,
    learning: Learning,
}

#[derive(Deserialize)]
struct StepCase {
    rate: f64,
    alpha: f64,
    curvature: f64,
}

#[derive(Deserialize)]
struct NormTest {
    variance: f64,
    theta_max: f64,
}

#[derive(Deserialize)]
struct Part {
    diagonal: Vec<f64>,
    lambda_max: f64,
}

#[derive(Deserialize)]
struct Learning {
    chains: usize,
    burn_in: usize,
    draws: usize,
    rate: f64,
    gamma: f64,
    epsilon: f64,
    coefficient: f64,
    stderr: f64,
    w: Vec<f64>,
}

/// Each case with its objective and its weights.
fn cases() -> Vec<(Case, Objective, Vec<f64>)> {
    let all: Vec<Case> =
        serde_json::from_str(include_str!("../reference/instruments.json")).expect("it has the keys of its README");
    let with = |case: Case| {
        let point = network_case(&case.name).point();
        let objective = point.objective(&Compute::cpu_f64());
        (case, objective, point.w)
    };
    all.into_iter().map(with).collect()
}

#[test]
fn alpha_is_that_of_cockpit() {
    let mut failures = Failures::new();
    for (case, objective, w) in cases() {
        let row = |w: &[f64]| rows(&[w.to_vec()], objective.compute());
        let gradient = to_host(objective.gradients(row(&w)).1);
        for step in &case.steps {
            let along: Vec<f64> = gradient.iter().map(|slope| -step.rate * slope).collect();
            let after: Vec<f64> = w.iter().zip(&along).map(|(w, s)| w + s).collect();
            let end = |w: &[f64]| {
                let series = objective.example_series(&row(w), &row(&along));
                StepEnd { losses: to_host(series.losses), slopes: to_host(series.slopes) }
            };
            let fit = StepFit::new([&end(&w), &end(&after)], &objective.example_shares());
            let what = format!("{} rate {}", case.name, step.rate);
            failures.relative(&format!("{what} curvature"), &[fit.curvature], &[step.curvature], 1e-9);
            if fit.is_concave() {
                // Cockpit writes -1 there.
                failures.relative(&format!("{what} concave"), &[-1.0], &[step.alpha], 0.0);
            } else {
                failures.relative(&format!("{what} alpha"), &[fit.alpha], &[step.alpha], 1e-9);
            }
        }
    }
    failures.finish();
}

#[test]
fn the_norm_test_is_that_of_cockpit() {
    let mut failures = Failures::new();
    for (case, objective, w) in cases() {
        let weights = rows(&[w], objective.compute());
        let mut signal = GradientSignal::new(weights, &objective, objective.num_examples(), None);
        while !signal.advance(&objective) {}
        let spread = signal.examples().expect("several examples");
        let variance = spread.variance().mean;
        failures.relative(&format!("{} variance", case.name), &[variance], &[case.norm_test.variance], 1e-10);
        // Cockpit takes the batch for draws of infinitely many, and its own gradient for the mean.
        let theta = (variance / spread.count() as f64 / spread.squared_norm).sqrt();
        failures.relative(&format!("{} θ", case.name), &[theta], &[case.norm_test.theta_max], 1e-10);
        let scale = spread.scale().mean;
        let expected = case.norm_test.theta_max.powi(2) * spread.count() as f64;
        failures.relative(&format!("{} noise scale", case.name), &[scale], &[expected], 1e-10);
    }
    failures.finish();
}

#[test]
fn the_gauss_newton_part_is_the_dense_one() {
    let mut failures = Failures::new();
    for (case, objective, w) in cases() {
        let size = w.len();
        let weights = rows(&[w], objective.compute());
        let unit = |place: usize| (0..size).map(|other| f64::from(u8::from(other == place))).collect::<Vec<f64>>();
        let units = rows(&(0..size).map(unit).collect::<Vec<_>>(), objective.compute());
        let diagonal = to_host(objective.gauss_newton_values(&weights, &units));
        failures.relative(&format!("{} diagonal", case.name), &diagonal, &case.gauss_newton.diagonal, 1e-10);
        let mut work = GaussNewton::new(weights, 8, size, 5);
        while !work.advance(&objective) {}
        let part = work.report().part.expect("products");
        failures.relative(&format!("{} λmax", case.name), &[part.value], &[case.gauss_newton.lambda_max], 1e-8);
    }
    failures.finish();
}

#[test]
fn the_learning_coefficient_is_that_of_devinterp() {
    let mut failures = Failures::new();
    for (case, objective, _) in cases() {
        let Learning { chains, burn_in, draws, rate, gamma, .. } = case.learning;
        let sampling = Sampling { chains: chains / 4, burn_in, draws, rate, gamma, seed: 11 };
        let weights = rows(&[case.learning.w], objective.compute());
        let mut work = LearningCoefficient::new(weights, sampling);
        while !work.advance(&objective) {}
        let found = work.report().expect("complete");
        // λmax is that of a few products.
        failures.relative(&format!("{} ε", case.name), &[found.epsilon], &[case.learning.epsilon], 0.02);
        let error = found.coefficient.stderr.hypot(case.learning.stderr);
        let apart = (found.coefficient.mean - case.learning.coefficient).abs();
        let words = format!("{} ± {error}, expected {}", found.coefficient.mean, case.learning.coefficient);
        failures.holds(
            &format!("{} λ̂", case.name),
            apart < 4.0 * error && error < 0.05 * case.learning.coefficient,
            &words,
        );
    }
    failures.finish();
}
