//! Matrix sensing: the layer `gram` and its losses against formulas written out here, and the trace of the Hessian at the truth.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::{LossKind, ModelConfig, builtin_experiment};
use flatscape::data::{Dataset, Labels, Wanted, load};
use flatscape::model::{Architecture, Compute, Network, Objective, Targets, to_host};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::common::{Failures, dot, rows, unit_rows};

const SIDE: usize = 4;
const COLUMNS: usize = 3;
const EXAMPLES: usize = 7;
const D: usize = SIDE * COLUMNS;

fn normal(rng: &mut ChaCha8Rng, len: usize) -> Vec<f64> {
    (0..len).map(|_| rng.sample(StandardNormal)).collect()
}

/// Measurements of any kind: the matrices need not be symmetric.
struct Measured {
    x: Vec<f64>,
    y: Vec<f64>,
}

impl Measured {
    fn drawn(rng: &mut ChaCha8Rng) -> Self {
        Self { x: normal(rng, EXAMPLES * SIDE * SIDE), y: normal(rng, EXAMPLES) }
    }

    /// (A + Aᵀ)·V of example i, `[SIDE, COLUMNS]`.
    fn both(&self, i: usize, v: &[f64]) -> Vec<f64> {
        let a = |row: usize, column: usize| self.x[(i * SIDE + row) * SIDE + column];
        let entry = |row: usize, column: usize| {
            (0..SIDE).map(|k| (a(row, k) + a(k, row)) * v[k * COLUMNS + column]).sum::<f64>()
        };
        (0..D).map(|place| entry(place / COLUMNS, place % COLUMNS)).collect()
    }

    /// ⟨A, UUᵀ⟩ = ½⟨(A + Aᵀ)U, U⟩.
    fn residual(&self, i: usize, u: &[f64]) -> f64 {
        0.5 * dot(&self.both(i, u), u) - self.y[i]
    }

    fn loss(&self, u: &[f64]) -> f64 {
        (0..EXAMPLES).map(|i| self.residual(i, u).powi(2)).sum::<f64>() / EXAMPLES as f64
    }

    /// The mean over the examples of `of`, a row of D numbers.
    fn mean(of: impl Fn(usize) -> Vec<f64>) -> Vec<f64> {
        let mut sum = vec![0.0; D];
        for i in 0..EXAMPLES {
            sum.iter_mut().zip(of(i)).for_each(|(sum, a)| *sum += a / EXAMPLES as f64);
        }
        sum
    }

    fn gradient(&self, u: &[f64]) -> Vec<f64> {
        Self::mean(|i| {
            let residual = self.residual(i, u);
            self.both(i, u).iter().map(|a| 2.0 * residual * a).collect()
        })
    }

    fn product(&self, u: &[f64], v: &[f64]) -> Vec<f64> {
        Self::mean(|i| {
            let (residual, along) = (self.residual(i, u), dot(&self.both(i, u), v));
            self.both(i, u).iter().zip(self.both(i, v)).map(|(a, b)| 2.0 * (along * a + residual * b)).collect()
        })
    }
}

fn network() -> Arc<Network> {
    let config = ModelConfig::new(&[SIDE * SIDE], LossKind::Mse, [format!("gram {COLUMNS}").as_str()]);
    let architecture = Architecture::new(&config).expect("the layer fits");
    assert_eq!(
        (architecture.parameters[0].name.as_str(), &architecture.parameters[0].shape[..]),
        ("0.weight", &[4, 3][..])
    );
    Arc::new(Network::new(&config).expect("the layer fits"))
}

#[test]
fn value_gradient_and_curvature_of_the_factor_are_those_of_the_formulas() {
    let mut failures = Failures::new();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let measured = Measured::drawn(&mut rng);
    let (u, v) = (normal(&mut rng, D), normal(&mut rng, D));
    for (compute, tolerance) in [(Compute::cpu_f64(), 1e-12), (Compute::cpu(), 1e-4)] {
        let targets = Targets::Values(&measured.y);
        let objective = Objective::new(network(), &measured.x, targets, compute.clone());
        let row = |of: &[f64]| rows(&[of.to_vec()], &compute);
        let mut check = |what: &str, found: Tensor<1>, expected: &[f64]| {
            failures.relative(&format!("{what}, {tolerance:e}"), &to_host(found), expected, tolerance);
        };
        check("loss", objective.losses(row(&u)), &[measured.loss(&u)]);
        check("gradient", objective.gradients(row(&u)).1.flatten(0, 1), &measured.gradient(&u));
        let product = objective.hessian_product(row(&u), row(&v)).product;
        check("Hv", product.flatten(0, 1), &measured.product(&u, &v));
        check("vHv", objective.curvature_sums(row(&u), row(&v), 1), &[dot(&measured.product(&u, &v), &v)]);
        let axes = unit_rows(D, 0..D);
        let diagonal: Vec<f64> = axes.iter().map(|axis| dot(&measured.product(&u, axis), axis)).collect();
        check("diagonal", objective.curvature_sums(row(&u), rows(&axes, &compute), D), &diagonal);
        // Several factors at once.
        let others = [u.clone(), v.clone(), normal(&mut rng, D)];
        check("population", objective.losses(rows(&others, &compute)), &others.each_ref().map(|u| measured.loss(u)));
    }
    failures.finish();
}

/// X of the embedded experiment's data, out of the test examples, which are an orthogonal basis of the symmetric matrices.
fn truth(test: &Dataset, features: usize) -> Vec<f64> {
    let Labels::Values { of, .. } = &test.y else { panic!("{:?}", test.y) };
    let mut x = vec![0.0; features];
    for (i, &target) in of.iter().enumerate() {
        let matrix: Vec<f64> = test.example(i).iter().map(|&a| f64::from(a)).collect();
        let square = dot(&matrix, &matrix);
        x.iter_mut().zip(&matrix).for_each(|(x, a)| *x += f64::from(target) * a / square);
    }
    x
}

#[test]
fn at_the_truth_both_losses_are_zero_and_the_trace_is_that_of_the_identity() {
    let mut ratios = Vec::new();
    let compute = Compute::cpu_f64();
    for seed in 0..12 {
        let mut experiment = builtin_experiment("matrix-sensing").unwrap();
        experiment.data.seed = seed;
        let network = Arc::new(Network::new(&experiment.model).unwrap());
        let wanted = Wanted { input: &[400], outputs: 1, loss: LossKind::Mse, text: None };
        let split = load(&experiment.data, &wanted).unwrap();
        let (side, columns) = (20, 20);
        let x = truth(&split.test, side * side);
        // The matrix has rank 1: X = u·uᵀ with u a row of X over the root of the row's entry on the diagonal.
        let pivot = (0..side).max_by(|&a, &b| x[a * (side + 1)].total_cmp(&x[b * (side + 1)])).unwrap();
        let mut u = vec![0.0; side * columns];
        for row in 0..side {
            u[row * columns] = x[pivot * side + row] / x[pivot * (side + 1)].sqrt();
        }
        let weights = rows(&[u.clone()], &compute);
        let objective = |data: &Dataset| {
            let Labels::Values { of, .. } = &data.y else { panic!("{:?}", data.y) };
            Objective::new(Arc::clone(&network), &data.x, Targets::Values(of), compute.clone())
        };
        let (train, test) = (objective(&split.train), objective(&split.test));
        let loss = |of: &Objective| to_host(of.losses(weights.clone()))[0];
        assert!(loss(&train) < 1e-8 && loss(&test) < 1e-10, "seed {seed}: {}, {}", loss(&train), loss(&test));
        let zero = to_host(test.losses(rows(&[vec![0.0; u.len()]], &compute)))[0];
        assert!((zero - 1.0).abs() < 1e-5, "the distance of 0 is {zero}");
        let axes = unit_rows(u.len(), 0..u.len());
        let trace: f64 = axes
            .chunks(100)
            .map(|axes| to_host(train.curvature_sums(weights.clone(), rows(axes, &compute), 1))[0])
            .sum();
        ratios.push(trace / ((side as f64 + 1.0) * dot(&u, &u)));
    }
    let n = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / n;
    let stderr = (ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!((mean - 1.0).abs() < 3.0 * stderr && stderr < 0.03, "{mean} ± {stderr}, expected 1");
}
