//! Networks of `transformers.json`: tokens, attention and two towers, with what PyTorch says of them.

use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::config::ModelConfig;
use flatscape::model::{Batch, Compute, Network, Objective, Purpose, Targets, gaussian, to_host};
use serde::Deserialize;

use super::{Failures, TensorCase, norm, rows, shifted};

/// A network of `transformers.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
pub struct TokenCase {
    pub name: String,
    pub model: String,
    pub parameters: usize,
    pub tensors: Vec<TensorCase>,
    pub n: usize,
    pub x: Vec<f32>,
    /// Classes, or targets of tokens; none of two towers.
    pub y: Option<Vec<i32>>,
    pub w: Vec<f64>,
    pub v: Vec<f64>,
    pub loss_value: f64,
    pub losses: Vec<f64>,
    pub example_losses: Option<Vec<f64>>,
    pub accuracy: f64,
    pub outputs: Vec<f64>,
    pub gradient: Vec<f64>,
    pub gv: f64,
    pub hv: Vec<f64>,
    pub vhv: f64,
    pub trace: f64,
    pub eigenvalues: Option<Vec<f64>>,
}

/// All cases of `transformers.json`.
pub fn token_cases() -> Vec<TokenCase> {
    let text = include_str!("../reference/transformers.json");
    serde_json::from_str(text).expect("transformers.json has the keys of its README")
}

/// The case of that name.
pub fn token_case(name: &str) -> TokenCase {
    token_cases().into_iter().find(|case| case.name == name).expect("the name stands in transformers.json")
}

impl TokenCase {
    pub fn config(&self) -> ModelConfig {
        ModelConfig::from_toml(&self.model).expect("it is a model file")
    }

    pub fn network(&self) -> Network {
        Network::new(&self.config()).expect("the layers fit each other")
    }

    /// The examples with their targets, in a form that can be changed.
    pub fn examples(&self) -> Examples {
        let wanted = match &self.y {
            None => Wanted::Pairs,
            Some(classes) if classes.len() == self.n => Wanted::Classes(classes.clone()),
            Some(tokens) => Wanted::Tokens(tokens.clone()),
        };
        Examples { n: self.n, x: self.x.clone(), wanted }
    }

    pub fn batch(&self, network: &Network, compute: &Compute) -> Batch {
        self.examples().batch(network, compute)
    }

    pub fn objective(&self, compute: &Compute) -> Objective {
        self.examples().objective(self.network(), compute)
    }

    pub fn weights(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.w), compute)
    }

    pub fn direction(&self, compute: &Compute) -> Tensor<2> {
        rows(std::slice::from_ref(&self.v), compute)
    }

    pub fn directions(&self, count: u64) -> Vec<Vec<f64>> {
        let wide = |row: Vec<f32>| row.into_iter().map(f64::from).collect();
        (0..count).map(|i| wide(gaussian(12, Purpose::Directions, i, self.w.len()))).collect()
    }

    /// The weights of `losses`: w + v/16, w + reversed v/16, w − v/8.
    pub fn further(&self) -> Vec<Vec<f64>> {
        let reversed: Vec<f64> = self.v.iter().rev().copied().collect();
        [(1.0 / 16.0, &self.v), (1.0 / 16.0, &reversed), (-1.0 / 8.0, &self.v)]
            .map(|(t, v)| shifted(&self.w, t, v))
            .to_vec()
    }
}

/// Examples of any kind with what is wanted of them.
#[derive(Clone)]
pub struct Examples {
    pub n: usize,
    pub x: Vec<f32>,
    pub wanted: Wanted,
}

/// What is wanted of examples.
#[derive(Clone)]
pub enum Wanted {
    Classes(Vec<i32>),
    Tokens(Vec<i32>),
    Pairs,
}

impl Examples {
    pub fn batch(&self, network: &Network, compute: &Compute) -> Batch {
        self.with_targets(|targets| network.batch(&self.x, targets, compute))
    }

    pub fn objective(&self, network: Network, compute: &Compute) -> Objective {
        self.with_targets(|targets| Objective::new(Arc::new(network), &self.x, targets, compute.clone()))
    }

    /// The same objective in pieces of at most so many examples.
    pub fn in_pieces(&self, network: Network, compute: &Compute, most: usize) -> Objective {
        self.with_targets(|targets| Objective::in_pieces(Arc::new(network), &self.x, targets, compute.clone(), most))
    }

    fn with_targets<T>(&self, then: impl FnOnce(Targets<'_>) -> T) -> T {
        match &self.wanted {
            Wanted::Classes(classes) => {
                then(Targets::Classes(&classes.iter().map(|&class| class as u32).collect::<Vec<u32>>()))
            }
            Wanted::Tokens(tokens) => then(Targets::Tokens(tokens)),
            Wanted::Pairs => then(Targets::Pairs(self.n)),
        }
    }

    /// Those at `indices`, in their order.
    pub fn select(&self, indices: &[usize]) -> Self {
        let wanted = match &self.wanted {
            Wanted::Classes(classes) => Wanted::Classes(indices.iter().map(|&i| classes[i]).collect()),
            Wanted::Tokens(tokens) => Wanted::Tokens(selected(tokens, self.n, indices)),
            Wanted::Pairs => Wanted::Pairs,
        };
        Self { n: indices.len(), x: selected(&self.x, self.n, indices), wanted }
    }
}

/// The rows at `indices` of `n` equal ones.
fn selected<T: Copy>(all: &[T], n: usize, indices: &[usize]) -> Vec<T> {
    let each = all.len() / n;
    indices.iter().flat_map(|&i| all[i * each..][..each].iter().copied()).collect()
}

/// Loss, gradient, slope, Hv and vᵀHv of an objective, with their names and the scales on which they are compared.
///
/// Sums over parameters are on the scale of their terms, since their own size may be much smaller.
pub struct Figures(pub Vec<(&'static str, Vec<f64>, f64)>);

impl Figures {
    pub fn of(objective: &Objective, weights: &[f64], direction: &[f64]) -> Self {
        let compute = objective.compute();
        let (w, v) = (rows(&[weights.to_vec()], compute), rows(&[direction.to_vec()], compute));
        let losses = to_host(objective.losses(w.clone()));
        let (loss, gradient) = objective.gradients(w.clone());
        let product = objective.hessian_product(w.clone(), v.clone());
        let curvature = to_host(objective.curvature_sums(w, v, 1));
        let (gradient, hv) = (to_host(gradient), to_host(product.product));
        let (long, slope, bend, scale) = (norm(&gradient), norm(direction), norm(&hv), losses[0].abs());
        Self(vec![
            ("losses", losses, scale),
            ("loss of gradients", to_host(loss), scale),
            ("loss of Hv", to_host(product.loss), scale),
            ("gradient", gradient, long),
            ("slope", to_host(product.slope), long * slope),
            ("Hv", hv, bend),
            ("vHv", curvature, bend * slope),
        ])
    }

    /// Those that PyTorch says.
    fn of_case(case: &TokenCase) -> Self {
        let (long, slope, bend) = (norm(&case.gradient), norm(&case.v), norm(&case.hv));
        let loss = |name| (name, vec![case.loss_value], case.loss_value);
        Self(vec![
            loss("losses"),
            loss("loss of gradients"),
            loss("loss of Hv"),
            ("gradient", case.gradient.clone(), long),
            ("slope", vec![case.gv], long * slope),
            ("Hv", case.hv.clone(), bend),
            ("vHv", vec![case.vhv], bend * slope),
        ])
    }

    /// Compares all with those of `expected`.
    pub fn compare(&self, what: &str, expected: &Self, tolerance: f64, failures: &mut Failures) {
        for ((name, found, _), (_, expected, scale)) in self.0.iter().zip(&expected.0) {
            failures.distance(&format!("{what} {name}"), found, expected, tolerance, *scale);
        }
    }
}

/// Compares every figure of a case.
pub fn check_token_case(case: &TokenCase, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let objective = case.objective(compute);
    let figures = Figures::of(&objective, &case.w, &case.v);
    figures.compare(&case.name, &Figures::of_case(case), tolerance, failures);
    let mut check = |figure: &str, found: &[f64], expected: &[f64], scale: f64| {
        failures.distance(&format!("{} {figure}", case.name), found, expected, tolerance, scale);
    };
    let weights = case.weights(compute);
    let (loss, accuracy) = objective.evaluate(weights.clone());
    check("loss of evaluate", &[loss], &[case.loss_value], case.loss_value);
    check("accuracy", &[accuracy], &[case.accuracy], 1.0);
    let network = objective.network();
    let outputs = to_host(network.outputs(&weights, &case.batch(network, compute)));
    check("outputs", &outputs, &case.outputs, norm(&case.outputs));
    let further = to_host(objective.losses(rows(&case.further(), compute)));
    check("losses at three further weights", &further, &case.losses, norm(&case.losses));
}
