//! Networks at points: those of `networks.json`, and networks of the tests' own at random weights.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::{LayerText, LossKind, ModelConfig};
use flatscape::model::{Batch, Compute, Network, Objective, Purpose, Targets, gaussian};
use flatscape::optim::GradientOracle;
use serde::Deserialize;

/// A network of `networks.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
pub struct NetworkCase {
    pub name: String,
    pub input: Vec<usize>,
    pub loss: LossKind,
    pub layers: Vec<String>,
    pub parameters: usize,
    pub tensors: Vec<TensorCase>,
    pub x: Vec<f32>,
    pub y: Vec<u32>,
    pub w: Vec<f64>,
    pub v: Vec<f64>,
    pub loss_value: f64,
    pub logits: Vec<f64>,
    pub gradient: Vec<f64>,
    pub hv: Vec<f64>,
    pub vhv: f64,
    pub gv: f64,
    pub per_population: Population,
    pub trace: f64,
    pub eigenvalues: Vec<f64>,
}

/// A parameter tensor and the trace of its diagonal block of the Hessian.
#[derive(Deserialize)]
pub struct TensorCase {
    pub name: String,
    pub shape: Vec<usize>,
    pub trace: f64,
}

/// Rows of weights and the loss at each.
#[derive(Deserialize)]
pub struct Population {
    pub ws: Vec<Vec<f64>>,
    pub losses: Vec<f64>,
}

/// All cases of `networks.json`.
pub fn network_cases() -> Vec<NetworkCase> {
    serde_json::from_str(include_str!("../reference/networks.json")).expect("networks.json has the keys of its README")
}

/// The case of that name.
pub fn network_case(name: &str) -> NetworkCase {
    network_cases().into_iter().find(|case| case.name == name).expect("the name stands in networks.json")
}

impl NetworkCase {
    /// The case as a network at a point.
    pub fn point(&self) -> Point {
        Point {
            name: self.name.clone(),
            network: network(&self.input, self.loss, &self.layers),
            x: self.x.clone(),
            y: self.y.clone(),
            w: self.w.clone(),
            v: self.v.clone(),
        }
    }
}

/// A network with examples, weights and a direction.
pub struct Point {
    pub name: String,
    pub network: Network,
    pub x: Vec<f32>,
    pub y: Vec<u32>,
    pub w: Vec<f64>,
    pub v: Vec<f64>,
}

impl Point {
    /// D.
    pub fn dimension(&self) -> usize {
        self.w.len()
    }

    /// The examples on the device.
    pub fn batch(&self, compute: &Compute) -> Batch {
        self.network.batch(&self.x, Targets::Classes(&self.y), compute)
    }

    /// The mean loss over the examples.
    pub fn objective(&self, compute: &Compute) -> Objective {
        let network = Arc::new(self.network.clone());
        Objective::new(network, &self.x, Targets::Classes(&self.y), compute.clone())
    }

    /// The weights as one row.
    pub fn weights(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.w), compute)
    }

    /// The direction as one row.
    pub fn direction(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.v), compute)
    }

    /// `count` rows of weights near the point's.
    pub fn neighbours(&self, count: u64) -> Vec<Vec<f64>> {
        let near = |index| gaussian(11, Purpose::Noise, index, self.dimension());
        (0..count).map(|i| self.w.iter().zip(near(i)).map(|(w, noise)| w + 0.1 * f64::from(noise)).collect()).collect()
    }

    /// `count` random directions.
    pub fn directions(&self, count: u64) -> Vec<Vec<f64>> {
        (0..count)
            .map(|i| gaussian(12, Purpose::Directions, i, self.dimension()).into_iter().map(f64::from).collect())
            .collect()
    }
}

/// The loss of a point's network on its examples.
pub struct Oracle<'a>(pub &'a Network, pub Batch);

impl GradientOracle for Oracle<'_> {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        self.0.losses(weights, &self.1)
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.0.gradients(weights, &self.1)
    }
}

/// The network of a model text.
pub fn network(input: &[usize], loss: LossKind, layers: &[impl Into<LayerText> + Clone]) -> Network {
    Network::new(&ModelConfig::new(input, loss, layers.iter().cloned())).expect("the layers fit each other")
}

/// A network that is not in the reference, at random weights and examples that are exact in 32 bits.
pub fn random_point(name: &str, input: &[usize], loss: LossKind, layers: &[&str], seed: u64) -> Point {
    random_point_of(name, input, loss, layers, 9, seed)
}

/// [`random_point`] with `n` examples.
pub fn random_point_of(name: &str, input: &[usize], loss: LossKind, layers: &[&str], n: usize, seed: u64) -> Point {
    let network = network(input, loss, layers);
    let classes = network.architecture().outputs as u32;
    let exact = |purpose, len, scale: f32| -> Vec<f64> {
        gaussian(seed, purpose, 0, len).into_iter().map(|x| f64::from(scale * x)).collect()
    };
    let d = network.num_parameters();
    Point {
        name: name.to_owned(),
        x: gaussian(seed, Purpose::Probes, 0, n * input.iter().product::<usize>()),
        y: (0..n as u32).map(|i| i * 7 % classes).collect(),
        w: exact(Purpose::Weights, d, 0.5),
        v: exact(Purpose::Directions, d, 1.0),
        network,
    }
}

/// Architectures that the reference does not have: every layer beside every other, kernels and windows that are not
/// square or do not divide the image.
pub fn random_points() -> Vec<Point> {
    use LossKind::{CrossEntropy, Mse};
    let wide = ["conv 3 1x3 same", "tanh", "maxpool 3", "flatten", "linear 4"];
    let tall = ["conv 2 3x1", "gelu", "conv 3 1x3", "relu", "maxpool 2", "flatten", "linear 5", "tanh", "linear 3"];
    let bare = ["tanh", "maxpool 2", "conv 3 2x2", "gelu", "flatten", "linear 2"];
    vec![
        random_point("wide conv, maxpool 3, mse", &[2, 7, 8], Mse, &wide, 1),
        random_point("tall conv, all layers", &[1, 6, 7], CrossEntropy, &tall, 2),
        random_point("layers before the first weight", &[2, 6, 7], CrossEntropy, &bare, 3),
        random_point("three nonlinearities, mse", &[3], Mse, &["linear 5", "relu", "linear 4", "gelu", "linear 3"], 4),
        random_point("ends with a nonlinearity", &[3], CrossEntropy, &["linear 6", "gelu", "linear 3", "tanh"], 5),
        random_point("flatten of features", &[4], Mse, &["flatten", "linear 6", "tanh", "flatten", "linear 3"], 6),
        random_point("flatten of an image", &[2, 3, 3], CrossEntropy, &["flatten", "linear 4", "relu", "linear 3"], 7),
        random_point("linear layers only", &[3], CrossEntropy, &["linear 4", "linear 3"], 8),
        random_point("one output, mse", &[3], Mse, &["linear 4", "tanh", "linear 1"], 9),
    ]
}

/// Every network of the tests: the reference's and the random ones.
pub fn all_points() -> Vec<Point> {
    network_cases().iter().map(NetworkCase::point).chain(random_points()).collect()
}

/// Rows as a matrix on the device.
pub fn rows(rows: &[Vec<f64>], compute: &Compute) -> Tensor<2> {
    compute.tensor_f64(rows.concat(), [rows.len(), rows[0].len()])
}

/// The rows of the unit matrix, from row `start` on, and zeros from the `dimension`th on.
pub fn unit_rows(dimension: usize, range: std::ops::Range<usize>) -> Vec<Vec<f64>> {
    range.map(|i| (0..dimension).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect()
}

/// a + t·b.
pub fn shifted(a: &[f64], t: f64, b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + t * b).collect()
}
