//! Kinds against closed forms on a quadratic, and at the end of runs.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use burn::tensor::Tensor;

use super::pairs::Pairs;
use super::stability::Stability;
use super::{KindJob, Units};
use crate::config::{
    BoundTerms, DeviceChoice, LossKind, MeasuredOn, ModelConfig, NoiseDistribution, NoiseStability, NoisyParameters,
    OptimizerKind, PairVariances, StudyKind, builtin_experiment,
};
use crate::engine::{CompareNews, CompareOptions, Done, Ended, compare};
use crate::model::{Compute, Network, Objective, Targets, to_host};
use crate::report::kinds::{KindFound, PairsFound, StabilityFound};
use crate::train::{Run, Task};

/// Three outputs, two inputs and a bias, squared error; inputs along the axes whose mean is 0, so that the Hessian is diagonal:
/// 2/12·Σx² for each weight, ⅓ and 4/3, and ⅔ for each bias.
fn quadratic() -> (Objective, Tensor<2>) {
    let config = ModelConfig::new(&[2], LossKind::Mse, ["linear 3"]);
    let network = Arc::new(Network::new(&config).unwrap());
    let x = [1.0_f32, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, -2.0];
    let y = [0.5_f32, -1.0, 2.0, 0.0, 1.0, 0.3, -0.7, 0.2, 0.1, 1.5, -0.4, 0.6];
    let compute = Compute::cpu_f64();
    let objective = Objective::new(network, &x, Targets::Values(&y), compute.clone());
    let weights = compute.tensor(vec![0.3, -0.2, 0.5, 0.1, 0.4, -0.6, 0.2, 0.7, -0.1], [1, 9]);
    (objective, weights)
}

fn settings(parameters: NoisyParameters, distribution: NoiseDistribution) -> NoiseStability {
    let (examples, sigmas) = (MeasuredOn::Train, vec![0.01, 0.1, 1.0]);
    NoiseStability { examples, parameters, sigmas, pairs: 1000, probes: 8, distribution }
}

fn stability(settings: &NoiseStability) -> StabilityFound {
    let (objective, weights) = quadratic();
    let mut job = Stability::new(settings, &weights, &objective, 3);
    while !job.advance(&objective) {}
    assert_eq!(job.progress().done, job.progress().total);
    job.found().unwrap()
}

#[test]
fn on_a_quadratic_second_order_is_exact_for_the_parameters_that_are_noisy() {
    // Signs have UᵀHU = σ²·Tr H for a diagonal H, in each sample.
    for (parameters, count, trace) in [(NoisyParameters::Matrices, 6, 5.0), (NoisyParameters::All, 9, 7.0)] {
        let found = stability(&settings(parameters, NoiseDistribution::Rademacher));
        assert_eq!(found.parameters, count);
        assert!((found.trace.mean - trace).abs() < 1e-9, "{parameters:?}: {:?}", found.trace);
        for row in &found.rows {
            let ratio = row.gap.mean / found.second_order(row.sigma).mean;
            // Gaps of 10⁻⁴ are differences of losses near 1.
            assert!((ratio - 1.0).abs() < 1e-9, "{parameters:?}, σ {}: ratio {ratio}", row.sigma);
            assert!(row.two_point < 1e-9 * row.one_point, "{row:?}");
        }
    }
}

#[test]
fn gaussian_noise_on_a_quadratic_has_ratio_one_and_known_deviations() {
    let found = stability(&settings(NoisyParameters::All, NoiseDistribution::Gaussian));
    let (objective, weights) = quadratic();
    let (_, gradient) = objective.gradients(weights);
    let slope: f64 = to_host(gradient).iter().map(|g| g * g).sum();
    for row in &found.rows {
        let predicted = found.second_order(row.sigma).mean;
        assert!((row.gap.mean - predicted).abs() < 3.5 * row.gap.stderr, "{row:?}, predicted {predicted}");
        assert!(row.gap.stderr < 0.05 * predicted, "{row:?}");
        // Var e = σ⁴/2·‖H‖²_F with ‖H‖²_F = 7, and one point has σ²‖g‖² beside.
        let curved = row.sigma.powi(4) / 2.0 * 7.0;
        let single = row.sigma.powi(2) * slope + curved;
        assert!((row.two_point.powi(2) / curved - 1.0).abs() < 0.25, "{row:?}");
        assert!((row.one_point.powi(2) / single - 1.0).abs() < 0.25, "{row:?}, {single}");
    }
}

fn pairs(weights: Tensor<2>, objective: &Objective, sigma: f64) -> PairsFound {
    let examples = MeasuredOn::Train;
    let settings = PairVariances { examples, sigma, k: vec![1, 2, 3], draws: 2000, batches: 20, probes: 8 };
    let mut job = Pairs::new(&settings, &weights, 3);
    while !job.advance(objective) {}
    assert_eq!(job.progress().done, job.progress().total);
    job.found()
}

#[test]
fn on_a_quadratic_the_variances_are_the_closed_forms() {
    let (objective, weights) = quadratic();
    let sigma = 0.2;
    let (_, gradient) = objective.gradients(weights.clone());
    let slope: f64 = to_host(gradient).iter().map(|g| g * g).sum();
    let found = pairs(weights, &objective, sigma);
    // ‖Hv‖² = Σh² for signs and a diagonal H: 3·(1/9 + 16/9 + 4/9).
    assert!((found.frobenius_square.mean - 7.0).abs() < 1e-9, "{:?}", found.frobenius_square);
    let curved = sigma.powi(4) / 2.0 * 7.0;
    for row in &found.rows {
        let k = row.k as f64;
        for (what, value, exact) in [
            ("gradient", row.gradient.one_point, sigma * sigma * 7.0 / (2.0 * k)),
            ("loss", row.loss.one_point, (sigma * sigma * slope + curved) / (2.0 * k)),
            ("pairs' loss", row.loss.two_point, curved / k),
        ] {
            assert!((value.mean - exact).abs() < 3.5 * value.stderr, "{what}, k {k}: {value:?}, exact {exact}");
            assert!(value.stderr < 0.1 * exact, "{what}, k {k}: {value:?}");
        }
        assert!(row.gradient.two_point.mean < 1e-20, "pairs cancel a linear gradient's noise: {row:?}");
        let exact = (sigma * sigma * slope + curved) / (2.0 * curved);
        let ratio = row.loss.ratio;
        assert!((ratio.mean - exact).abs() < 3.5 * ratio.stderr && ratio.stderr < 0.1 * exact, "{ratio:?}, {exact}");
    }
}

#[test]
fn where_the_gradient_vanishes_two_single_points_tell_the_loss_better_than_a_pair() {
    let (objective, weights) = quadratic();
    // One Newton step of a diagonal Hessian, ⅓ and 4/3 of each output's weights, then ⅔ of each bias.
    let third = 1.0 / 3.0;
    let hessian = [third, 4.0 * third, third, 4.0 * third, third, 4.0 * third, 2.0 * third, 2.0 * third, 2.0 * third];
    let (_, gradient) = objective.gradients(weights.clone());
    let step = to_host(gradient).iter().zip(hessian).map(|(g, h)| g / h).collect();
    let least = weights - objective.compute().tensor_f64(step, [1, 9]);
    let (_, gradient) = objective.gradients(least.clone());
    assert!(to_host(gradient).iter().all(|g| g.abs() < 1e-6), "the least point");
    let found = pairs(least, &objective, 0.2);
    // L(w+U) = L(w−U) there: a pair is one sample twice.
    for row in &found.rows {
        assert!((row.loss.ratio.mean - 0.5).abs() < 1e-6 && row.loss.two_point.mean > 0.0, "{row:?}");
    }
}

#[test]
fn the_bound_has_the_terms_of_its_run() {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for setting in ["data.train_size=40", "data.test_size=40", "look.subset=30"] {
        experiment.assign(setting).unwrap();
    }
    let knobs = experiment.knobs(OptimizerKind::Sgd).unwrap();
    let task = Arc::new(Task::new(Arc::new(experiment), 0, Compute::cpu()).unwrap());
    let mut run = Run::new(Arc::clone(&task), OptimizerKind::Sgd, knobs);
    for _ in 0..5 {
        run.step().unwrap();
    }
    let kind = StudyKind::Bound(BoundTerms { probes: 8, batch: 8, constant: 2.0 });
    let mut job = KindJob::new(&kind, &run).unwrap();
    assert!(job.found().is_none() && job.share() == 0.0);
    while !job.advance() {}
    assert!((job.share() - 1.0).abs() < 1e-12);
    let Some(KindFound::Bound(found)) = job.found() else { panic!("its own kind") };
    let moved =
        run.weights_on_host().iter().zip(&task.initial).map(|(w, first)| f64::from(w - first).powi(2)).sum::<f64>();
    assert!((found.distance - moved.sqrt()).abs() < 1e-5 * moved.sqrt(), "{found:?}");
    // n is that of the training examples, whatever the measured subset is.
    assert_eq!((found.examples, found.constant), (40, 2.0));
    assert!((found.of_guess.unwrap() - 2.0_f64.ln()).abs() < 1e-12 && found.greatest.samples == 8);
    assert!(KindJob::new(&StudyKind::Comparison, &run).is_none());
}

#[test]
fn a_comparison_measures_its_kind_of_each_run_and_takes_what_was_done() {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for setting in ["data.train_size=40", "data.test_size=40", "look.resolution=3", "look.trace_probes=8", "budget=16"]
    {
        experiment.assign(setting).unwrap();
    }
    let kind = StudyKind::NoiseStability(NoiseStability {
        examples: MeasuredOn::Test,
        pairs: 4,
        ..settings(NoisyParameters::Matrices, NoiseDistribution::Gaussian)
    });
    let options = |jobs, done| CompareOptions {
        experiment: experiment.clone(),
        optimizers: vec![OptimizerKind::Sgd],
        seeds: 3,
        device: DeviceChoice::Cpu,
        curvature: Some(0),
        tuning: Vec::new(),
        weights: false,
        kind: kind.clone(),
        jobs: Some(jobs),
        done,
    };
    let mut done = Done::default();
    let mut keep = |news: CompareNews| {
        if let CompareNews::Ended(Ended::Run(run)) = news {
            done.runs.push(run.clone());
        }
    };
    let whole = compare(&options(1, Done::default()), &mut keep, &AtomicBool::new(false)).unwrap();
    let found = |run: &crate::report::results::RunResult| run.found.clone().expect("each run is measured");
    let all: Vec<KindFound> = whole.runs.iter().map(found).collect();
    assert!(all[0] != all[1] && all[1] != all[2], "each seed has its weights and its noise");
    assert_eq!(done.runs.len(), 3);
    done.runs.remove(1);
    let again = compare(&options(3, done), &mut |_| (), &AtomicBool::new(false)).unwrap();
    assert_eq!(again.runs.iter().map(found).collect::<Vec<_>>(), all);
}
