//! Every layer in all three arithmetics against PyTorch, and what batch norm and dropout may and may not see.

mod common;

use std::sync::Arc;

use burn::tensor::Tensor;
use common::{Failures, dot, norm, rows, shifted, unit_rows};
use flatscape::config::{Experiment, LayerText, LossKind, ModelConfig, OptimizerKind};
use flatscape::model::{
    Batch, Compute, Network, Objective, Purpose, Statistics, Targets, gaussian, initial_weights, to_host,
};
use flatscape::train::{Run, Task};
use serde::Deserialize;

/// A network of `layers.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Case {
    name: String,
    input: Vec<usize>,
    loss: LossKind,
    label_smoothing: f64,
    statistics: Option<String>,
    layers: Vec<LayerText>,
    parameters: usize,
    tensors: Vec<TensorCase>,
    buffers: Option<Vec<BufferCase>>,
    x: Vec<f32>,
    y: Vec<u32>,
    w: Vec<f64>,
    v: Vec<f64>,
    loss_value: f64,
    example_losses: Vec<f64>,
    accuracy: f64,
    gradient: Vec<f64>,
    gv: f64,
    hv: Vec<f64>,
    vhv: f64,
    trace: Option<f64>,
    running: Option<Running>,
}

#[derive(Deserialize)]
struct TensorCase {
    name: String,
    shape: Vec<usize>,
    trace: Option<f64>,
}

#[derive(Deserialize)]
struct BufferCase {
    name: String,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Running {
    ws: Vec<Vec<f64>>,
    after: Vec<Vec<BufferCase>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("reference/layers.json")).expect("layers.json has the keys of its README")
}

fn flat(buffers: &[BufferCase]) -> Vec<f64> {
    buffers.iter().flat_map(|buffer| buffer.values.clone()).collect()
}

impl Case {
    fn network(&self) -> Network {
        let model = ModelConfig {
            label_smoothing: self.label_smoothing,
            ..ModelConfig::new(&self.input, self.loss, self.layers.clone())
        };
        Network::new(&model).expect("the layers fit each other")
    }

    fn statistics(&self, compute: &Compute) -> Statistics {
        match (self.statistics.as_deref(), &self.buffers) {
            (Some("frozen"), Some(buffers)) => Statistics::Frozen(rows(&[flat(buffers)], compute)),
            _ => Statistics::Batch,
        }
    }

    fn batch(&self, network: &Network, compute: &Compute) -> Batch {
        network.batch(&self.x, Targets::Classes(&self.y), compute).with_statistics(self.statistics(compute))
    }

    fn objective(&self, compute: &Compute) -> Objective {
        let targets = Targets::Classes(&self.y);
        Objective::new(Arc::new(self.network()), &self.x, targets, compute.clone())
            .with_statistics(self.statistics(compute))
    }

    fn weights(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.w), compute)
    }

    fn directions(&self, count: u64) -> Vec<Vec<f64>> {
        let wide = |row: Vec<f32>| row.into_iter().map(f64::from).collect();
        (0..count).map(|i| wide(gaussian(12, Purpose::Directions, i, self.w.len()))).collect()
    }
}

fn check_reference(case: &Case, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let objective = case.objective(compute);
    let (weights, direction) = (case.weights(compute), rows(std::slice::from_ref(&case.v), compute));
    let mut check = |figure: &str, found: &[f64], expected: &[f64], scale: f64| {
        failures.distance(&format!("{} {figure}", case.name), found, expected, tolerance, scale);
    };
    let loss = case.loss_value;
    check("losses", &to_host(objective.losses(weights.clone())), &[loss], loss);
    let (found, accuracy) = objective.evaluate(weights.clone());
    check("loss of evaluate", &[found], &[loss], loss);
    check("accuracy", &[accuracy], &[case.accuracy], 1.0);
    let (found, gradient) = objective.gradients(weights.clone());
    check("loss of gradients", &to_host(found), &[loss], loss);
    check("gradient", &to_host(gradient), &case.gradient, norm(&case.gradient));
    let product = objective.hessian_product(weights.clone(), direction.clone());
    check("loss of Hv", &to_host(product.loss), &[loss], loss);
    // Sums over parameters, on the scale of their terms: their own size may be much smaller.
    check("slope", &to_host(product.slope), &[case.gv], norm(&case.gradient) * norm(&case.v));
    check("Hv", &to_host(product.product), &case.hv, norm(&case.hv));
    let curvature = to_host(objective.curvature_sums(weights, direction, 1));
    check("vHv", &curvature, &[case.vhv], norm(&case.hv) * norm(&case.v));
    let mean = case.example_losses.iter().sum::<f64>() / case.example_losses.len() as f64;
    check("mean of example losses", &[mean], &[loss], loss);
}

#[test]
fn reference_figures_in_64_bits() {
    let mut failures = Failures::new();
    for case in cases() {
        check_reference(&case, &Compute::cpu_f64(), 1e-10, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_in_32_bits() {
    let mut failures = Failures::new();
    for case in cases() {
        check_reference(&case, &Compute::cpu(), 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_on_a_gpu() {
    let Some(gpu) = common::gpu() else { return };
    let mut failures = Failures::new();
    for case in cases() {
        check_reference(&case, &gpu, 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn tensors_and_buffers_have_pytorchs_names_and_shapes() {
    let mut failures = Failures::new();
    for case in cases() {
        let network = case.network();
        let architecture = network.architecture();
        let found: Vec<_> = architecture.parameters.iter().map(|p| (&p.name, &p.shape)).collect();
        let expected: Vec<_> = case.tensors.iter().map(|t| (&t.name, &t.shape)).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
        failures.holds(&case.name, network.num_parameters() == case.parameters, "number of parameters");
        let found: Vec<_> = architecture.buffers.iter().map(|p| (&p.name, p.len())).collect();
        let expected: Vec<_> = case.buffers.iter().flatten().map(|b| (&b.name, b.values.len())).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
    }
    failures.finish();
}

#[test]
fn the_trace_over_unit_vectors_is_exact_however_they_are_grouped() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in cases() {
        let Some(trace) = case.trace else { continue };
        let network = case.network();
        let batch = case.batch(&network, &compute);
        let d = case.w.len();
        let padded = d.next_multiple_of(4);
        let sums = |count: usize, groups: usize| {
            let directions = rows(&unit_rows(d, 0..count), &compute);
            to_host(network.curvature_sums(case.weights(&compute), directions, groups, &batch))
        };
        let diagonal = sums(d, d);
        let scale = diagonal.iter().map(|x| x.abs()).sum::<f64>();
        for (tensor, parameter) in case.tensors.iter().zip(&network.architecture().parameters) {
            let share: f64 = diagonal[parameter.range()].iter().sum();
            let expected = tensor.trace.expect("a case with a trace has those of its tensors");
            failures.distance(&format!("{} {}", case.name, tensor.name), &[share], &[expected], 1e-10, scale);
        }
        for (count, groups) in [(d, 1), (padded, 4), (padded, padded / 2), (padded, padded / 4)] {
            let found = sums(count, groups);
            let expected: Vec<f64> =
                (0..groups).map(|g| diagonal.iter().skip(g * count / groups).take(count / groups).sum()).collect();
            let what = format!("{} {count} directions in {groups} groups", case.name);
            failures.distance(&what, &found, &expected, 1e-11, scale);
            failures.distance(&format!("{what}, total"), &[found.iter().sum()], &[trace], 1e-10, scale);
        }
    }
    failures.finish();
}

#[test]
fn a_population_is_the_same_as_its_members_one_by_one() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in cases() {
        let network = case.network();
        // Masks too: members of a population share them.
        let batch = network.with_dropout(case.batch(&network, &compute), 3, 1, &compute);
        let directions = case.directions(3);
        let members: Vec<Vec<f64>> = directions.iter().map(|d| shifted(&case.w, 0.1, d)).collect();
        let pass = |members: &[Vec<f64>], directions: &[Vec<f64>]| {
            let weights = rows(members, &compute);
            let product = network.hessian_product(weights.clone(), rows(directions, &compute), &batch);
            let (loss, gradient) = network.gradients(weights.clone(), &batch);
            let [value, right] = network.outcomes(weights, &batch);
            [loss, value, right, product.slope]
                .map(to_host)
                .into_iter()
                .chain([gradient, product.product].map(to_host))
        };
        let apart = members.iter().zip(&directions).fold(vec![Vec::new(); 6], |mut all, (member, direction)| {
            let one = pass(std::slice::from_ref(member), std::slice::from_ref(direction));
            all.iter_mut().zip(one).for_each(|(all, one)| all.extend(one));
            all
        });
        for (i, (together, apart)) in pass(&members, &directions).zip(apart).enumerate() {
            failures.relative(&format!("{} figure {i}", case.name), &together, &apart, 1e-12);
        }
    }
    failures.finish();
}

#[test]
fn the_hessian_is_symmetric_and_jets_agree_with_it() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in cases() {
        let network = case.network();
        let batch = case.batch(&network, &compute);
        let directions = case.directions(4);
        let weights = case.weights(&compute);
        // One row of weights for each direction, all copies.
        let copies = weights.clone().repeat_dim(0, 4);
        let products = to_host(network.hessian_product(copies, rows(&directions, &compute), &batch).product);
        let products: Vec<&[f64]> = products.chunks(case.w.len()).collect();
        let bilinear = |i: usize, j: usize| dot(products[i], &directions[j]);
        let scale = norm(products[0]) * norm(&directions[1]);
        failures.distance(&case.name, &[bilinear(0, 1)], &[bilinear(1, 0)], 1e-13, scale);
        for groups in [4, 2, 1] {
            let sums = network.curvature_sums(weights.clone(), rows(&directions, &compute), groups, &batch);
            let own: Vec<f64> = (0..4).map(|i| bilinear(i, i)).collect();
            let expected: Vec<f64> = own.chunks(4 / groups).map(|group| group.iter().sum()).collect();
            failures.distance(&format!("{} {groups} groups", case.name), &to_host(sums), &expected, 1e-11, scale);
        }
    }
    failures.finish();
}

#[test]
fn running_statistics_follow_pytorchs() {
    let mut failures = Failures::new();
    for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-12), (32, Compute::cpu(), 1e-5)] {
        for case in cases() {
            let Some(running) = &case.running else { continue };
            let network = case.network();
            // Whatever statistics the batch carries: a training pass takes its own.
            let batch = case.batch(&network, &compute);
            let mut buffers = flat(case.buffers.as_ref().expect("running statistics start from buffers"));
            for (w, after) in running.ws.iter().zip(&running.after) {
                let weights = rows(std::slice::from_ref(w), &compute);
                let seen = network.batch_statistics(&weights, &batch).expect("a network with batch norm");
                buffers = shifted(&buffers.iter().map(|b| 0.9 * b).collect::<Vec<_>>(), 0.1, &to_host(seen));
                failures.relative(&format!("{} in {bits} bits", case.name), &buffers, &flat(after), tolerance);
            }
        }
    }
    failures.finish();
}

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
fn the_resnets_have_the_parameters_of_pytorchs() {
    for (depth, parameters, tensors) in [(8, 78_042, 29), (14, 175_258, 47), (20, 272_474, 65)] {
        let path = format!("{}/assets/models/resnet{depth}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the model files come with the sources");
        let network =
            Network::new(&ModelConfig::from_toml(&text).expect("it is a model file")).expect("its layers fit");
        let architecture = network.architecture();
        assert_eq!((network.num_parameters(), architecture.parameters.len()), (parameters, tensors), "ResNet-{depth}");
        assert_eq!(architecture.outputs, 10);
        let norms = architecture.buffers.len() / 2;
        assert_eq!(norms, depth - 1 + 2, "one batch norm a convolution, those of the two shortcuts too");
    }
}

#[test]
fn a_resnet_has_finite_derivatives_that_agree_with_differences() {
    let text = include_str!("../assets/models/resnet8.toml");
    let network = Network::new(&ModelConfig::from_toml(text).expect("it is a model file")).expect("its layers fit");
    let compute = Compute::cpu_f64();
    let x = gaussian(2, Purpose::Probes, 0, 4 * 3 * 32 * 32);
    let batch = network.batch(&x, Targets::Classes(&[0, 3, 7, 9]), &compute);
    let w: Vec<f64> = initial_weights(network.architecture(), 3).into_iter().map(f64::from).collect();
    let v: Vec<f64> = gaussian(4, Purpose::Directions, 0, w.len()).into_iter().map(f64::from).collect();
    let (weights, direction) = (rows(std::slice::from_ref(&w), &compute), rows(std::slice::from_ref(&v), &compute));
    let product = network.hessian_product(weights.clone(), direction.clone(), &batch);
    let curvature = to_host(network.curvature_sums(weights, direction, 1, &batch))[0];
    let by_product = dot(&to_host(product.product), &v);
    // Of 300 000 units so small a step carries none over its kink.
    let h = 1e-9;
    let slope = to_host(product.slope)[0];
    let ends = [shifted(&w, h, &v), shifted(&w, -h, &v)];
    let losses = to_host(network.losses(rows(&ends, &compute), &batch));
    let central = (losses[0] - losses[1]) / (2.0 * h);
    assert!((curvature / by_product - 1.0).abs() < 1e-9, "{curvature} {by_product}");
    assert!((slope / central - 1.0).abs() < 1e-4, "{slope} {central}");
}
