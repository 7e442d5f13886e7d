//! Networks of `layers.json`: every layer, with what PyTorch says of it.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::{LayerText, LossKind, ModelConfig};
use flatscape::model::{Batch, Compute, Network, Objective, Purpose, Statistics, Targets, gaussian, to_host};
use serde::Deserialize;

use super::{Failures, norm, rows};

/// A network of `layers.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
pub struct LayerCase {
    pub name: String,
    pub input: Vec<usize>,
    pub loss: LossKind,
    pub label_smoothing: f64,
    pub statistics: Option<String>,
    pub layers: Vec<LayerText>,
    pub parameters: usize,
    pub tensors: Vec<LayerTensor>,
    pub buffers: Option<Vec<BufferCase>>,
    pub x: Vec<f32>,
    pub y: Vec<u32>,
    pub w: Vec<f64>,
    pub v: Vec<f64>,
    pub loss_value: f64,
    pub example_losses: Vec<f64>,
    pub accuracy: f64,
    pub gradient: Vec<f64>,
    pub gv: f64,
    pub hv: Vec<f64>,
    pub vhv: f64,
    pub trace: Option<f64>,
    pub running: Option<Running>,
}

#[derive(Deserialize)]
pub struct LayerTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub trace: Option<f64>,
}

#[derive(Deserialize)]
pub struct BufferCase {
    pub name: String,
    pub values: Vec<f64>,
}

#[derive(Deserialize)]
pub struct Running {
    pub ws: Vec<Vec<f64>>,
    pub after: Vec<Vec<BufferCase>>,
}

pub fn layer_cases() -> Vec<LayerCase> {
    serde_json::from_str(include_str!("../reference/layers.json")).expect("layers.json has the keys of its README")
}

pub fn flat(buffers: &[BufferCase]) -> Vec<f64> {
    buffers.iter().flat_map(|buffer| buffer.values.clone()).collect()
}

impl LayerCase {
    pub fn network(&self) -> Network {
        let model = ModelConfig {
            label_smoothing: self.label_smoothing,
            ..ModelConfig::new(&self.input, self.loss, self.layers.clone())
        };
        Network::new(&model).expect("the layers fit each other")
    }

    pub fn statistics(&self, compute: &Compute) -> Statistics {
        match (self.statistics.as_deref(), &self.buffers) {
            (Some("frozen"), Some(buffers)) => Statistics::Frozen(rows(&[flat(buffers)], compute)),
            _ => Statistics::Batch,
        }
    }

    pub fn batch(&self, network: &Network, compute: &Compute) -> Batch {
        network.batch(&self.x, Targets::Classes(&self.y), compute).with_statistics(self.statistics(compute))
    }

    pub fn objective(&self, compute: &Compute) -> Objective {
        let targets = Targets::Classes(&self.y);
        Objective::new(Arc::new(self.network()), &self.x, targets, compute.clone())
            .with_statistics(self.statistics(compute))
    }

    pub fn weights(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.w), compute)
    }

    pub fn directions(&self, count: u64) -> Vec<Vec<f64>> {
        let wide = |row: Vec<f32>| row.into_iter().map(f64::from).collect();
        (0..count).map(|i| wide(gaussian(12, Purpose::Directions, i, self.w.len()))).collect()
    }
}

/// Compares every figure of a case.
pub fn check_layer_case(case: &LayerCase, compute: &Compute, tolerance: f64, failures: &mut Failures) {
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
