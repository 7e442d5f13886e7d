//! A network as a function of its flat weights, evaluated for a whole population of weights at once.

use burn::tensor::{Gradients, Int, Tensor, TensorData};

use crate::config::{ConfigError, LossKind, ModelConfig};

use super::architecture::{Architecture, Layer, Shape};
use super::arithmetic::{Arithmetic, Dual, DualTensor, Groups, Jet, JetTensor, Value};
use super::compute::{Compute, to_host};
use super::leaf::{DualLeaf, IntoQuantity, JetLeaf, Leaf};

/// Floats that the activations of one pass may take: populations are cut into chunks below it.
const ACTIVATION_BUDGET: usize = 1 << 24;

/// A network and its loss. Weights are rows of a matrix `[P, D]`, in the order of [`Architecture::parameters`].
#[derive(Debug, Clone)]
pub struct Network {
    architecture: Architecture,
    loss: LossKind,
}

/// Examples on the device.
#[derive(Debug, Clone)]
pub struct Batch {
    inputs: Inputs,
    /// One-hot classes `[1, n, k]`.
    targets: Tensor<3>,
}

#[derive(Debug, Clone)]
enum Inputs {
    /// `[1, n, f]`
    Features(Tensor<3>),
    /// `[n, c, h, w]`
    Maps(Tensor<4>),
}

/// A quantity between two layers.
enum Activation<A: Arithmetic> {
    Features(A::T<3>),
    Maps(A::T<4>),
}

/// What one reverse pass over duals gives.
#[derive(Debug, Clone)]
pub struct HessianProduct {
    /// L(w), `[P]`.
    pub loss: Tensor<1>,
    /// ∇L·v, `[P]`.
    pub slope: Tensor<1>,
    /// Hv, `[P, D]`.
    pub product: Tensor<2>,
}

impl Batch {
    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.dims()[1]
    }

    /// Whether there are no examples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples at `indices`.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        let data = TensorData::new(indices.iter().map(|&i| i as i32).collect::<Vec<i32>>(), [indices.len()]);
        let indices = Tensor::<1, Int>::from_data(data, &self.targets.device());
        let inputs = match &self.inputs {
            Inputs::Features(x) => Inputs::Features(x.clone().select(1, indices.clone())),
            Inputs::Maps(x) => Inputs::Maps(x.clone().select(0, indices.clone())),
        };
        Self { inputs, targets: self.targets.clone().select(1, indices) }
    }
}

impl Network {
    /// Builds the network that a model file describes.
    ///
    /// # Errors
    /// See [`Architecture::new`].
    pub fn new(config: &ModelConfig) -> Result<Self, ConfigError> {
        Ok(Self { architecture: Architecture::new(config)?, loss: config.loss })
    }

    /// Layers, shapes and parameters.
    #[must_use]
    pub const fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// The loss.
    #[must_use]
    pub const fn loss(&self) -> LossKind {
        self.loss
    }

    /// D, the length of a row of weights.
    #[must_use]
    pub fn num_parameters(&self) -> usize {
        self.architecture.num_parameters()
    }

    /// Members of a population that one pass over `n` examples takes at most, so that its memory stays bounded.
    #[must_use]
    pub fn chunk_size(&self, n: usize) -> usize {
        let each = n * self.architecture.activations + self.num_parameters();
        (ACTIVATION_BUDGET / each.max(1)).clamp(1, 1024)
    }

    /// Puts examples on the device: `x` row-major `[n, …input]`, `y` classes below the number of outputs.
    #[must_use]
    pub fn batch(&self, x: &[f32], y: &[u32], compute: &Compute) -> Batch {
        let n = y.len();
        let inputs = match self.architecture.input {
            Shape::Features(f) => Inputs::Features(compute.tensor(x.to_vec(), [1, n, f])),
            Shape::Maps([c, h, w]) => Inputs::Maps(compute.tensor(x.to_vec(), [n, c, h, w])),
        };
        let classes = self.architecture.outputs;
        let mut one_hot = vec![0.0_f32; n * classes];
        for (row, &class) in one_hot.chunks_exact_mut(classes).zip(y) {
            row[class as usize] = 1.0;
        }
        Batch { inputs, targets: compute.tensor(one_hot, [1, n, classes]) }
    }

    /// L at each row of `weights` `[P, D] → [P]`.
    #[must_use]
    pub fn losses(&self, weights: Tensor<2>, batch: &Batch) -> Tensor<1> {
        self.objective::<Value>(self.split(&weights), batch)
    }

    /// Loss and accuracy (0 to 1) at one row of weights `[1, D]`.
    #[must_use]
    pub fn evaluate(&self, weights: Tensor<2>, batch: &Batch) -> (f64, f64) {
        let outputs = self.forward::<Value>(self.split(&weights), batch);
        let right = outputs.clone().argmax(2).equal(batch.targets.clone().argmax(2));
        // The count is exact in 32 bits, the share would not be.
        let accuracy = to_host(right.float().sum())[0] / batch.len() as f64;
        (to_host(self.loss_of::<Value>(outputs, batch))[0], accuracy)
    }

    /// L and ∇L at each row of `weights`: `[P]` and `[P, D]`, by one reverse pass for the whole population.
    #[must_use]
    pub fn gradients(&self, weights: Tensor<2>, batch: &Batch) -> (Tensor<1>, Tensor<2>) {
        let leaves: Vec<Leaf> = self.split(&weights).into_iter().map(Leaf::tracked).collect();
        let losses = self.objective::<Value>(leaves.clone(), batch);
        // Members do not depend on each other, so the sum's gradient holds each member's own.
        let grads = losses.clone().sum().backward();
        (losses.without_autodiff(), join(&leaves, &grads))
    }

    /// Exact Hessian-vector products, one a row: reverse mode over duals. `weights` and `directions` are `[P, D]`.
    ///
    /// # Panics
    /// Never: weights with a direction give a loss with a derivative.
    #[must_use]
    pub fn hessian_product(&self, weights: Tensor<2>, directions: Tensor<2>, batch: &Batch) -> HessianProduct {
        let leaves: Vec<Leaf> = self.split(&weights).into_iter().map(Leaf::tracked).collect();
        let duals = leaves
            .iter()
            .zip(self.split(&directions))
            .map(|(leaf, direction)| DualLeaf { value: leaf.clone(), first: direction })
            .collect();
        let loss = self.objective_dual(duals, batch);
        let slope = loss.first.expect("weights have a direction, so the loss has a derivative along it");
        let grads = slope.clone().sum().backward();
        HessianProduct {
            loss: loss.value.without_autodiff(),
            slope: slope.without_autodiff(),
            product: join(&leaves, &grads),
        }
    }

    /// vᵀHv summed over each of `groups` groups of consecutive rows of `directions`: `[R, D] → [groups]`, by one
    /// forward pass of jets around one row of `weights` `[1, D]`. `groups` divides R.
    ///
    /// # Panics
    /// Never: weights with directions give a loss with a second derivative.
    #[must_use]
    pub fn curvature_sums(&self, weights: Tensor<2>, directions: Tensor<2>, groups: usize, batch: &Batch) -> Tensor<1> {
        let groups = Groups { directions: directions.dims()[0], groups };
        let leaves = self.split(&weights).into_iter().zip(self.split(&directions));
        let jets = leaves.map(|(value, first)| JetLeaf { value, first, groups }).collect();
        let loss = self.objective_jet(jets, batch);
        loss.second.expect("weights have directions, so the loss has a second derivative along them")
    }

    fn objective_dual(&self, leaves: Vec<DualLeaf>, batch: &Batch) -> DualTensor<1> {
        self.objective::<Dual>(leaves, batch)
    }

    fn objective_jet(&self, leaves: Vec<JetLeaf>, batch: &Batch) -> JetTensor<1> {
        self.objective::<Jet>(leaves, batch)
    }

    fn objective<A: Arithmetic>(&self, leaves: Vec<impl IntoQuantity<A>>, batch: &Batch) -> A::T<1> {
        let outputs = self.forward::<A>(leaves, batch);
        self.loss_of::<A>(outputs, batch)
    }

    fn loss_of<A: Arithmetic>(&self, outputs: A::T<3>, batch: &Batch) -> A::T<1> {
        match self.loss {
            LossKind::CrossEntropy => A::cross_entropy(outputs, batch.targets.clone()),
            LossKind::Mse => A::mean_squared_error(outputs, batch.targets.clone()),
        }
    }

    fn forward<A: Arithmetic>(&self, leaves: Vec<impl IntoQuantity<A>>, batch: &Batch) -> A::T<3> {
        let mut leaves = leaves.into_iter();
        let mut next = || leaves.next().expect("one leaf a parameter, in the order of the layers");
        let mut activation = match &batch.inputs {
            Inputs::Features(x) => Activation::<A>::Features(A::constant(x.clone())),
            Inputs::Maps(x) => Activation::Maps(A::constant(x.clone())),
        };
        for layer in &self.architecture.layers {
            activation = match (layer, activation) {
                (Layer::Linear { .. }, Activation::Features(x)) => {
                    let product = A::product(x, next().weight());
                    Activation::Features(A::add(product, next().feature_bias()))
                }
                (Layer::Conv { padding, .. }, Activation::Maps(x)) => {
                    let maps = A::convolution(x, next().kernel(), *padding);
                    Activation::Maps(A::add(maps, next().map_bias()))
                }
                (Layer::Pointwise(f), Activation::Features(x)) => Activation::Features(A::pointwise(x, *f)),
                (Layer::Pointwise(f), Activation::Maps(x)) => Activation::Maps(A::pointwise(x, *f)),
                (Layer::MaxPool(size), Activation::Maps(x)) => Activation::Maps(A::max_pool(x, *size)),
                (Layer::Flatten(features), Activation::Maps(x)) => Activation::Features(flatten::<A>(x, *features)),
                (Layer::Flatten(_), features @ Activation::Features(_)) => features,
                _ => unreachable!("the architecture checked that each layer fits the shape before it"),
            };
        }
        match activation {
            Activation::Features(outputs) => outputs,
            Activation::Maps(_) => unreachable!("the architecture checked that it ends with features"),
        }
    }

    /// Cuts rows `[P, D]` into one leaf a parameter.
    fn split(&self, rows: &Tensor<2>) -> Vec<Leaf> {
        self.architecture.parameters.iter().map(|parameter| Leaf::cut(rows, parameter)).collect()
    }
}

/// `[n, P·c, h, w] → [P, n, c·h·w]`, where one member has `features` numbers.
fn flatten<A: Arithmetic>(maps: A::T<4>, features: usize) -> A::T<3> {
    A::linear(maps, |x: Tensor<4>| {
        let [n, channels, height, width] = x.dims();
        let population = channels * height * width / features;
        x.reshape([n, population, features]).swap_dims(0, 1)
    })
}

/// The gradients of all leaves as rows `[P, D]`.
fn join(leaves: &[Leaf], grads: &Gradients) -> Tensor<2> {
    Tensor::cat(leaves.iter().map(|leaf| leaf.gradient(grads)).collect(), 1)
}
