//! Steps of SGD, SAM and NSO against PyTorch's weights, and what they cost.

use std::cell::Cell;

use burn::tensor::Tensor;
use flatscape::config::{Knobs, LossKind, OptimizerKind};
use flatscape::model::{Batch, Compute, Network, Targets, to_host};
use flatscape::optim::{
    Base, BaseSettings, GradientOracle, NsoSettings, Point, StepGradient, TensorSpan, Tensors, asam_ascent,
    asam_gradient, asam_operator, method, nso_gradient, sam_ascent, sam_gradient, sgd_gradient,
};
use serde::Deserialize;

use crate::common::{self, Failures, network, norm};

/// `optimizers.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Reference {
    input: Vec<usize>,
    loss: LossKind,
    layers: Vec<String>,
    x: Vec<f32>,
    y: Vec<u32>,
    w: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Settings,
    noise: Option<Vec<Vec<Vec<f64>>>>,
    losses_before: Vec<f64>,
    weights_after: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Settings {
    optimizer: OptimizerKind,
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    #[serde(default)]
    rho: f64,
    #[serde(default)]
    sigma: f64,
    #[serde(default)]
    k: usize,
    #[serde(default)]
    lambda: f64,
    #[serde(default)]
    two_point: bool,
}

impl Settings {
    fn base(&self) -> BaseSettings {
        BaseSettings {
            learning_rate: self.learning_rate,
            momentum: self.momentum,
            nesterov: self.nesterov,
            weight_decay: self.weight_decay,
            ..BaseSettings::default()
        }
    }

    const fn nso(&self) -> NsoSettings {
        NsoSettings { sigma: self.sigma, lambda: self.lambda, two_point: self.two_point }
    }

    fn gradient(&self, oracle: &impl GradientOracle, weights: &Tensor<2>, noise: Option<Tensor<2>>) -> StepGradient {
        match self.optimizer {
            OptimizerKind::Sgd => sgd_gradient(oracle, weights),
            OptimizerKind::Sam => sam_gradient(oracle, weights, self.rho),
            OptimizerKind::Nso => {
                let noise = noise.expect("cases of NSO come with noise");
                nso_gradient(oracle, weights, noise, &self.nso())
            }
            other => {
                let knobs = Knobs { rho: self.rho, k: self.k, ..Knobs::of(other) };
                let dimension = weights.dims()[1];
                let ones = weights.ones_like();
                let tensors = Tensors {
                    spans: vec![TensorSpan { range: 0..dimension, rows: 1 }],
                    is_weight: ones.clone(),
                    is_matrix: ones,
                };
                let point = Point {
                    weights,
                    knobs: &knobs,
                    sigma: self.sigma,
                    noise: &|rows| weights.ones_like().repeat_dim(0, rows) * 0.5,
                    tensors: &tensors,
                    precision: None,
                    train_size: 100,
                    batch_size: 100,
                };
                method(other).gradient(oracle, &point)
            }
        }
    }
}

/// The loss of a network on all examples; counts the gradients that were asked for.
struct Counting {
    network: Network,
    batch: Batch,
    gradients: Cell<usize>,
}

impl GradientOracle for Counting {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        self.network.losses(weights, &self.batch)
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.gradients.set(self.gradients.get() + weights.dims()[0]);
        self.network.gradients(weights, &self.batch)
    }

    /// All parts together are one batch.
    fn gradients_of_parts(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.gradients.set(self.gradients.get() + 1);
        self.network.gradients(weights, &self.batch)
    }
}

/// A loss that is `scale` times the sum of the weights: its gradient is as small as one likes.
struct Slope(f64);

impl GradientOracle for Slope {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        weights.sum_dim(1).squeeze_dim(1) * self.0
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        (self.losses(weights.clone()), weights.ones_like() * self.0)
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/optimizers.json"))
        .expect("optimizers.json has the keys of its README")
}

impl Reference {
    fn oracle(&self, compute: &Compute) -> Counting {
        let network = network(&self.input, self.loss, &self.layers);
        let batch = network.batch(&self.x, Targets::Classes(&self.y), compute);
        Counting { network, batch, gradients: Cell::new(0) }
    }
}

fn row(values: &[f64], compute: &Compute) -> Tensor<2> {
    compute.tensor_f64(values.to_vec(), [1, values.len()])
}

/// Three steps of a case from the reference's weights.
fn check_steps(reference: &Reference, case: &Case, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let oracle = reference.oracle(compute);
    let mut base = Base::default();
    let mut weights = row(&reference.w, compute);
    for (step, expected) in case.weights_after.iter().enumerate() {
        let noise = case.noise.as_ref().map(|noise| common::rows(&noise[step], compute));
        let gradient = case.settings.gradient(&oracle, &weights, noise);
        weights = base.step(weights, &gradient, &case.settings.base(), None);
        let what = |figure: &str| format!("{} {figure} step {}", case.name, step + 1);
        failures.relative(&what("weights after"), &to_host(weights.clone()), expected, tolerance);
        let before = [case.losses_before[step]];
        failures.relative(&what("loss before"), &to_host(gradient.clean_loss), &before, tolerance);
    }
}

#[test]
fn steps_are_pytorchs_in_64_bits() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let mut failures = Failures::new();
    for case in &reference.cases {
        check_steps(&reference, case, &compute, 1e-10, &mut failures);
    }
    failures.finish();
}

#[test]
fn steps_are_pytorchs_in_32_bits() {
    let (reference, compute) = (reference(), Compute::cpu());
    let mut failures = Failures::new();
    for case in &reference.cases {
        check_steps(&reference, case, &compute, 1e-5, &mut failures);
    }
    failures.finish();
}

#[test]
fn a_step_costs_the_gradient_evaluations_that_are_billed() {
    let (reference, compute) = (reference(), Compute::cpu());
    let weights = row(&reference.w, &compute);
    let mut failures = Failures::new();
    for optimizer in OptimizerKind::ALL {
        for (k, lambda, two_point) in [(1, 0.0, true), (4, 0.0, true), (3, 0.5, true), (4, 0.0, false), (2, 0.1, false)]
        {
            let knobs = Knobs { k, lambda, two_point, ..Knobs::default() };
            let settings = Settings {
                optimizer,
                learning_rate: 0.1,
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0,
                rho: 0.1,
                sigma: 0.05,
                k,
                lambda,
                two_point,
            };
            let oracle = reference.oracle(&compute);
            let noise = compute.tensor(vec![0.5; settings.k * reference.w.len()], [k, reference.w.len()]);
            settings.gradient(&oracle, &weights, Some(noise));
            let (spent, billed) = (oracle.gradients.get() as u64, knobs.gradient_evaluations(optimizer));
            let what = format!("{} k={k} lambda={lambda} two_point={two_point}", optimizer.key());
            failures.holds(&what, spent == billed, &format!("spent {spent}, billed {billed}"));
        }
    }
    failures.finish();
}

#[test]
fn sam_climbs_by_rho_wherever_there_is_a_slope_and_stays_where_there_is_none() {
    let mut failures = Failures::new();
    for (bits, compute) in [(32, Compute::cpu()), (64, Compute::cpu_f64())] {
        let weights = compute.tensor(vec![0.5; 9], [1, 9]);
        // Squares of the small ones are zero in 32 bits, those of the large ones infinite.
        for scale in [0.0, 1e-37, 1e-30, 1e-24, 1e-20, 1e-10, 1.0, -1e10, 1e20, 1e30] {
            let step = sam_gradient(&Slope(scale), &weights, 0.1);
            let ascent = step.ascent.expect("SAM goes uphill");
            let expected = if scale == 0.0 { 0.0 } else { 0.1 };
            let what = format!("ascent at slope {scale:e} in {bits} bits");
            failures.distance(&what, &[norm(&to_host(ascent))], &[expected], 1e-5, 0.1);
            let finite = to_host(step.gradient).iter().all(|g| g.is_finite());
            failures.holds(&what, finite, "the gradient is not finite");
        }
    }
    failures.finish();
}

#[test]
fn samples_of_nso_say_what_they_saw() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let oracle = reference.oracle(&compute);
    let weights = row(&reference.w, &compute);
    let case = reference.cases.iter().find(|case| case.name == "nso-mixed").expect("it stands in optimizers.json");
    let noise = &case.noise.as_ref().expect("NSO has noise")[0];
    let mut failures = Failures::new();
    let step = nso_gradient(&oracle, &weights, common::rows(noise, &compute), &case.settings.nso());
    let evidence = step.evidence.expect("NSO has samples");
    let curvature = to_host(evidence.curvature.expect("two points"));
    let (plus, minus) = (to_host(evidence.plus), to_host(evidence.minus.expect("two points")));
    for (j, noise) in noise.iter().enumerate() {
        let at = |sign: f64| {
            let point = common::shifted(&reference.w, sign * case.settings.sigma, noise);
            let (loss, gradient) = oracle.gradients(row(&point, &compute));
            (to_host(loss), to_host(gradient))
        };
        let ((loss_plus, g_plus), (loss_minus, g_minus)) = (at(1.0), at(-1.0));
        failures.relative(&format!("L(w+U) of sample {j}"), &plus[j..=j], &loss_plus, 1e-12);
        failures.relative(&format!("L(w-U) of sample {j}"), &minus[j..=j], &loss_minus, 1e-12);
        let expected: Vec<f64> =
            (0..noise.len()).map(|i| case.settings.sigma * noise[i] * (g_plus[i] - g_minus[i])).collect();
        let found = &curvature[j * noise.len()..][..noise.len()];
        failures.relative(&format!("U(g+ - g-) of sample {j}"), found, &expected, 1e-10);
    }
    let mean = plus.iter().chain(&minus).sum::<f64>() / (2 * plus.len()) as f64;
    failures.relative("mean perturbed loss", &to_host(step.perturbed_loss), &[mean], 1e-12);
    failures.finish();
}

#[test]
fn asam_steps_relative_to_the_weights_and_absolutely_along_biases() {
    let compute = Compute::cpu_f64();
    let row = |values: &[f64]| compute.tensor_f64(values.to_vec(), [1, values.len()]);
    let (weights, gradient) = ([0.5, -2.0, 0.1], [1.0, 0.25, -0.5]);
    let operator = asam_operator(row(&weights), row(&[1.0, 1.0, 0.0]), 0.01);
    // T = (0.51, 2.01, 1): the last one is a bias.
    let t = [0.51, 2.01, 1.0];
    let scaled: Vec<f64> = t.iter().zip(gradient).map(|(t, g)| t * g).collect();
    let expected: Vec<f64> = t.iter().zip(&scaled).map(|(t, tg)| 0.7 * t * tg / norm(&scaled)).collect();
    let found = to_host(asam_ascent(row(&gradient), 0.7, &operator));
    let mut failures = Failures::new();
    failures.relative("T", &to_host(operator.clone()), &t, 1e-12);
    failures.relative("ε", &found, &expected, 1e-12);
    // The step of the whole gradient is the same, taken at w + ε.
    let step = asam_gradient(&Slope(3.0), &row(&weights), 0.7, &operator);
    let ascent = step.ascent.expect("ASAM goes uphill");
    let scaled = norm(&t);
    failures.relative("ε of a slope", &to_host(ascent), &t.map(|t| 0.7 * t * t / scaled), 1e-12);
    failures.finish();
}

#[test]
fn ascent_steps_keep_their_length_however_small_the_gradient() {
    let mut failures = Failures::new();
    for (compute, smallest) in [(Compute::cpu(), 1e-37), (Compute::cpu_f64(), 1e-300)] {
        for size in [1.0, 1e-10, smallest] {
            let gradient = compute.tensor_f64(vec![3.0 * size, -4.0 * size], [1, 2]);
            let found = to_host(sam_ascent(gradient, 0.05));
            failures.relative(&format!("gradient of {size:e}"), &found, &[0.03, -0.04], 1e-6);
        }
        let zero = compute.tensor_f64(vec![0.0; 2], [1, 2]);
        failures.holds("zero", to_host(sam_ascent(zero, 0.05)) == [0.0, 0.0], "no way up must be no step");
    }
    failures.finish();
}
