//! What batch norm and dropout may and may not see, while a run trains and while it is measured.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::{AverageKind, Experiment, LossKind, OptimizerKind};
use flatscape::model::{Batch, Compute, Network, Purpose, Statistics, Targets, gaussian, initial_weights, to_host};
use flatscape::train::{Run, Task};

use crate::common::{self, Failures, rows};

/// A small experiment on digits, with batch norm and dropout where they are asked for.
fn experiment(layers: &str) -> Arc<Experiment> {
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 100\n\
         [data]\nsource = \"digits\"\ntrain_size = 60\ntest_size = 40\n\
         [model]\ninput = [1, 8, 8]\nloss = \"cross-entropy\"\nlayers = {layers}\n\
         [train]\nbatch = 30\nlearning_rate = 0.05\n\
         [optimizers.sgd]\n[optimizers.sam]\n[optimizers.nso]\nsigma = 0.05\nk = 2\n[look]\nsubset = 20\n"
    );
    Arc::new(Experiment::from_toml(&text).expect("the experiment is valid"))
}

fn run(experiment: &Arc<Experiment>, optimizer: OptimizerKind) -> Run {
    let knobs = experiment.knobs(optimizer).expect("the knobs are valid");
    let task = Task::new(Arc::clone(experiment), 1, Compute::cpu_f64()).expect("the data fit");
    Run::new(Arc::new(task), optimizer, knobs)
}

const WITH_BATCH_NORM: &str =
    "[\"conv 4 3x3 same nobias\", \"batchnorm\", \"relu\", \"globalavgpool\", \"flatten\", \"linear 10\"]";

fn statistics(run: &Run) -> Vec<f64> {
    to_host(run.statistics().expect("a network with batch norm").clone())
}

#[test]
fn only_the_clean_weights_of_a_step_move_the_running_statistics() {
    let mut failures = Failures::new();
    let experiment = experiment(WITH_BATCH_NORM);
    let after = |optimizer, measures: bool| {
        let mut run = run(&experiment, optimizer);
        run.step().expect("it does not diverge");
        let first = statistics(&run);
        if measures {
            let (weights, objective) = (run.weights().clone(), run.measured());
            let _ = run.evaluate();
            let _ = to_host(objective.losses(weights.clone() * 1.1));
            let _ = to_host(objective.hessian_product(weights.clone(), weights).product);
        }
        failures_hold_still(&run, &first);
        run.step().expect("it does not diverge");
        (first, statistics(&run))
    };
    let (sgd, sgd_later) = after(OptimizerKind::Sgd, false);
    let expected: Vec<f64> = vec![0.0; 4].into_iter().chain(vec![1.0; 4]).collect();
    failures.holds("a step moves them", sgd != expected && sgd_later != sgd, "they stayed");
    failures.relative("measuring changes nothing", &after(OptimizerKind::Sgd, true).1, &sgd_later, 0.0);
    // The first step starts from the same weights and batch for all.
    for optimizer in [OptimizerKind::Sam, OptimizerKind::Nso] {
        failures.relative(optimizer.key(), &after(optimizer, false).0, &sgd, 0.0);
    }
    failures.finish();
}

fn failures_hold_still(run: &Run, expected: &[f64]) {
    assert_eq!(statistics(run), expected, "measuring moved the running statistics");
}

#[test]
fn measured_losses_are_those_of_the_running_statistics() {
    let experiment = experiment(WITH_BATCH_NORM);
    let mut run = run(&experiment, OptimizerKind::Sgd);
    run.step().expect("it does not diverge");
    let task = run.task();
    let frozen = Statistics::Frozen(run.statistics().expect("batch norm").clone());
    let expected = task.measured.clone().with_statistics(frozen).evaluate(run.weights().clone()).0;
    let under_batch = task.measured.evaluate(run.weights().clone()).0;
    let found = run.evaluate().train_loss;
    assert!((found - expected).abs() < 1e-15 && (found - under_batch).abs() > 1e-6, "{found} {expected} {under_batch}");
    let plain = "[\"flatten\", \"linear 10\"]";
    assert!(self::run(&self::experiment(plain), OptimizerKind::Sgd).statistics().is_none());
}

#[test]
fn dropout_is_the_identity_where_it_is_measured_and_one_mask_a_step_in_training() {
    let compute = Compute::cpu_f64();
    let layers = ["flatten", "linear 8", "tanh", "dropout 0.5", "linear 10"];
    let network = common::network(&[1, 8, 8], LossKind::CrossEntropy, &layers);
    let without = common::network(&[1, 8, 8], LossKind::CrossEntropy, &["flatten", "linear 8", "tanh", "linear 10"]);
    let x = gaussian(1, Purpose::Probes, 0, 20 * 64);
    let y: Vec<u32> = (0..20).map(|i| i % 10).collect();
    let weights = initial_weights(network.architecture(), 1).into_iter().map(f64::from).collect::<Vec<_>>();
    let row = rows(std::slice::from_ref(&weights), &compute);
    let batch = network.batch(&x, Targets::Classes(&y), &compute);
    let loss = |network: &Network, batch: &Batch, rows: &Tensor<2>| to_host(network.losses(rows.clone(), batch));
    let plain = loss(&without, &without.batch(&x, Targets::Classes(&y), &compute), &row);
    assert_eq!(loss(&network, &batch, &row), plain, "the identity where nothing is masked");

    let masked = |step| network.with_dropout(batch.clone(), 7, step, &compute);
    let copies = row.clone().repeat_dim(0, 3);
    let shared = loss(&network, &masked(1), &copies);
    assert!(shared.iter().all(|&member| member == shared[0]), "members share the mask: {shared:?}");
    assert_eq!(loss(&network, &masked(1), &row)[0], shared[0], "the mask of a step is that of the step");
    assert_ne!(loss(&network, &masked(2), &row), loss(&network, &masked(1), &row));
    assert_ne!(shared[0], plain[0]);

    // The mean over masks of the gradient with respect to the last bias-free sum is that without dropout: inverted scaling.
    let linear = common::network(&[64], LossKind::Mse, &["dropout 0.25", "linear 1"]);
    let ones = linear.batch(&vec![1.0; 64 * 20], Targets::Values(&[0.0; 20]), &compute);
    let slope = |batch: &Batch| {
        let weights = rows(&[[vec![0.0; 64], vec![1.0]].concat()], &compute);
        to_host(linear.gradients(weights, batch).1)
    };
    let whole = slope(&ones)[..64].iter().sum::<f64>();
    let mean =
        (0..200).map(|step| slope(&linear.with_dropout(ones.clone(), 1, step, &compute))[..64].iter().sum::<f64>());
    let mean = mean.sum::<f64>() / 200.0;
    // 256 000 masks: a relative standard error of √(0.25/0.75)/√256 000 = 1.1e-3.
    assert!((mean / whole - 1.0).abs() < 5e-3, "{mean} {whole}");
}

#[test]
fn training_with_dropout_repeats_itself_and_measures_without() {
    let layers = "[\"flatten\", \"linear 8\", \"tanh\", \"dropout 0.5\", \"linear 10\"]";
    let experiment = experiment(layers);
    let trained = |optimizer| {
        let mut run = run(&experiment, optimizer);
        (0..3).for_each(|_| assert!(run.step().is_ok(), "it does not diverge"));
        (run.evaluate(), run.evaluate(), run.weights_on_host())
    };
    for optimizer in OptimizerKind::ALL {
        let (first, second, weights) = trained(optimizer);
        assert_eq!(first, second, "measuring uses no mask");
        assert_eq!(weights, trained(optimizer).2, "the masks are a function of seed and step");
    }
}

#[test]
fn statistics_at_an_average_are_the_mean_over_whole_batches() {
    const WIDTH: usize = 3;
    const BATCH: usize = 25;
    let experiment = experiment("[\"flatten\", \"linear 3\", \"batchnorm\", \"tanh\", \"linear 10\"]");
    let mut knobs = experiment.knobs(OptimizerKind::Nso).expect("valid");
    (knobs.average, knobs.average_start, knobs.average_beta) = (AverageKind::Ema, 0.0, 0.5);
    knobs.batch = BATCH;
    let task = Arc::new(Task::new(Arc::clone(&experiment), 1, Compute::cpu_f64()).expect("the data fit"));
    let mut run = Run::new(Arc::clone(&task), OptimizerKind::Nso, knobs);
    for _ in 0..4 {
        run.step().expect("it does not diverge");
    }
    let (weights, found) = run.at_average().expect("it keeps one");
    let found = to_host(found.expect("it has a batch norm"));

    // What the norm takes of each example: W·x + b, at the average.
    let (weights, x) = (to_host(weights), task.train.numbers().expect("one chain takes numbers"));
    let (matrix, bias) = weights.split_at(WIDTH * 64);
    let sum = |example: &[f32], unit: usize| {
        let products = example.iter().zip(&matrix[unit * 64..]).map(|(x, w)| f64::from(*x) * w);
        products.sum::<f64>() + bias[unit]
    };
    let of_batch = |batch: &[f32]| -> Vec<f64> {
        let examples: Vec<&[f32]> = batch.chunks(64).collect();
        let n = examples.len() as f64;
        let means: Vec<f64> =
            (0..WIDTH).map(|unit| examples.iter().map(|example| sum(example, unit)).sum::<f64>() / n).collect();
        let squares =
            |unit: usize| examples.iter().map(|example| (sum(example, unit) - means[unit]).powi(2)).sum::<f64>();
        let variances: Vec<f64> = (0..WIDTH).map(|unit| squares(unit) / (n - 1.0)).collect();
        [means, variances].concat()
    };
    let batches: Vec<Vec<f64>> = x.chunks_exact(64 * BATCH).map(of_batch).collect();
    assert_eq!(batches.len(), 2, "ten of 60 examples fill no batch");
    let expected: Vec<f64> = batches[0].iter().zip(&batches[1]).map(|(a, b)| (a + b) / 2.0).collect();
    let mut failures = Failures::new();
    failures.relative("the mean over whole batches", &found, &expected, 1e-6);
    failures.holds("what one pass over all gives is another thing", found != of_batch(&x), "they are the same");
    failures.holds("they are not the running ones", found != statistics(&run), "they are the same");
}
