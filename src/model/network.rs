//! A network as a function of its flat weights, evaluated for a whole population of weights at once.

use std::sync::Arc;

use burn::tensor::{Gradients, Tensor};

use crate::config::{ConfigError, LossKind, ModelConfig};

use super::architecture::{Architecture, Shape};
use super::arithmetic::{Arithmetic, Dual, DualTensor, Jet, JetTensor, Value};
use super::batch::{Batch, Inputs, Statistics, Targets};
use super::compute::{Compute, Number};
use super::forward::Pass;
use super::groups::Groups;
use super::leaf::{DualLeaf, IntoQuantity, JetLeaf, Leaf};
use super::random::dropout_mask;

/// Floats that the activations of one pass may take: populations are cut into chunks below it.
const ACTIVATION_BUDGET: usize = 1 << 24;

/// Floats that the activations of one pass on the CPU may take, so that one layer finds what the last one wrote.
const CACHE_BUDGET: usize = 1 << 20;
/// Floats that the jets of one pass take on the CPU, where each core has a pass of its own.
const JET_BUDGET: usize = 1 << 20;
/// Floats that the activations of one pass of duals take there; each comes with a derivative and both with a tape.
const DUAL_BUDGET: usize = 1 << 17;
/// Parts of a pass of duals at most: each makes a tape and gradients of its own.
const MOST_PARTS: usize = 8;
/// Examples of a part at least: below, the fixed cost of an operation is more than its work.
const LEAST_EXAMPLES: usize = 8;

/// A network and its loss. Weights are rows of a matrix `[P, D]`, in the order of [`Architecture::parameters`].
#[derive(Debug, Clone)]
pub struct Network {
    architecture: Architecture,
    loss: LossKind,
    label_smoothing: f64,
    loss_label: String,
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

impl HessianProduct {
    /// Every part times `share`.
    pub(super) fn scaled(self, share: f64) -> Self {
        Self { loss: self.loss * share, slope: self.slope * share, product: self.product * share }
    }

    /// The sum of two.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { loss: self.loss + other.loss, slope: self.slope + other.slope, product: self.product + other.product }
    }
}

impl Network {
    /// Builds the network that a model file describes.
    ///
    /// # Errors
    /// See [`ModelConfig::validate`] and [`Architecture::new`].
    pub fn new(config: &ModelConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            architecture: Architecture::new(config)?,
            loss: config.loss,
            label_smoothing: config.label_smoothing,
            loss_label: config.loss_label(),
        })
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

    /// The loss in words, such as "cross-entropy with label smoothing 0.1".
    #[must_use]
    pub fn loss_label(&self) -> &str {
        &self.loss_label
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

    /// Members that a pass over `n` examples takes at most: on the CPU as many as stay in its cache.
    #[must_use]
    pub fn pass_size(&self, n: usize, compute: &Compute) -> usize {
        if !compute.is_cpu() {
            return self.chunk_size(n);
        }
        let each = n * self.architecture.activations + self.num_parameters();
        (CACHE_BUDGET / each.max(1)).clamp(1, 1024)
    }

    /// Examples whose jets along `directions` directions stay in a core's cache.
    pub(super) fn jet_examples(&self, directions: usize) -> usize {
        let each = directions * self.architecture.activations;
        (JET_BUDGET / each.max(1)).max(LEAST_EXAMPLES)
    }

    /// Examples of one of the equal parts in which the duals of `n` examples are computed.
    pub(super) fn dual_examples(&self, n: usize, population: usize) -> usize {
        let floats = population * n * self.architecture.activations;
        n.div_ceil(((floats + DUAL_BUDGET / 2) / DUAL_BUDGET).clamp(1, MOST_PARTS)).max(LEAST_EXAMPLES)
    }

    /// Whether the loss of a batch is not the mean of the losses of its parts: with batch norm's statistics taken from it.
    pub(super) fn needs_whole_batches(&self, batch: &Batch) -> bool {
        !self.architecture.buffers.is_empty() && matches!(batch.statistics(), Statistics::Batch)
    }

    /// Examples whose pass at one row of weights stays within the budget.
    #[must_use]
    pub fn examples_per_pass(&self) -> usize {
        (ACTIVATION_BUDGET / self.architecture.activations.max(1)).max(1)
    }

    /// Puts examples on the device: `x` row-major `[n, …input]`.
    #[must_use]
    pub fn batch<T: Number>(&self, x: &[T], targets: Targets<'_, T>, compute: &Compute) -> Batch {
        let classes = self.architecture.outputs;
        let n = targets.len(classes);
        let inputs = match self.architecture.input {
            Shape::Features(f) => Inputs::Features(compute.tensor_of(x.to_vec(), [1, n, f])),
            Shape::Maps([c, h, w]) => Inputs::Maps(compute.tensor_of(channels_last(x, c, h * w), [1, n, h, w, c])),
        };
        let targets = compute.tensor_f64(targets.smoothed(classes, self.label_smoothing), [1, n, classes]);
        Batch { inputs, targets, statistics: Statistics::default(), masks: Arc::default() }
    }

    /// The batch with the dropout masks of training step `step`, which all members of a population share; the batch
    /// itself where there is no dropout. Other passes leave dropout out.
    #[must_use]
    pub fn with_dropout(&self, batch: Batch, seed: u64, step: u64, compute: &Compute) -> Batch {
        let dropouts = self.architecture.dropouts();
        if dropouts.is_empty() {
            return batch;
        }
        let n = batch.len();
        let masks = dropouts.iter().enumerate().map(|(layer, (rate, shape))| {
            compute.tensor_f64(dropout_mask(seed, step, layer, *rate, n * shape.len()), [n, shape.len()])
        });
        Batch { masks: Arc::new(masks.collect()), ..batch }
    }

    /// What the batch norms see of `batch` at one row of weights `[1, D]` in training mode: means and unbiased
    /// variances, in the order of [`Architecture::buffers`], `[1, S]`. `None` without batch norm.
    #[must_use]
    pub fn batch_statistics(&self, weights: &Tensor<2>, batch: &Batch) -> Option<Tensor<2>> {
        if self.architecture.buffers.is_empty() {
            return None;
        }
        let mut pass = Pass::recording(self.split(weights), batch);
        let _: Tensor<3> = pass.outputs::<Value>(&self.architecture.layers);
        Some(pass.seen())
    }

    /// L at each row of `weights` `[P, D] → [P]`.
    #[must_use]
    pub fn losses(&self, weights: Tensor<2>, batch: &Batch) -> Tensor<1> {
        self.objective::<Value>(self.split(&weights), batch)
    }

    /// The outputs of each example at each row of `weights` `[P, D] → [P, n, outputs]`: logits, or the values of a regression.
    #[must_use]
    pub fn outputs(&self, weights: &Tensor<2>, batch: &Batch) -> Tensor<3> {
        self.forward::<Value>(self.split(weights), batch)
    }

    /// L and the number of examples whose greatest output is that of their target, at each row of `weights` `[P, D]`, as
    /// `[P]` each. The number is exact in 32 bits too, which its share would not be.
    #[must_use]
    pub fn outcomes(&self, weights: Tensor<2>, batch: &Batch) -> [Tensor<1>; 2] {
        let outputs = self.forward::<Value>(self.split(&weights), batch);
        let right = outputs.clone().argmax(2).equal(batch.targets.clone().argmax(2));
        let right: Tensor<1> = right.float().cast(outputs.dtype()).sum_dim(1).squeeze_dims(&[1, 2]);
        [self.loss_of::<Value>(outputs, batch), right]
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
        let loss = self.objective_jet(self.jets(&weights, &directions, groups), batch);
        loss.second.expect("weights have directions, so the loss has a second derivative along them")
    }

    /// vᵀ∇²ℓᵢv of each row of `directions` and each example: `[R, D] → [R, n]`, by one forward pass of jets around one
    /// row of `weights` `[1, D]`.
    ///
    /// # Panics
    /// Never: weights with directions give losses with second derivatives.
    #[must_use]
    pub fn example_curvatures(&self, weights: Tensor<2>, directions: Tensor<2>, batch: &Batch) -> Tensor<2> {
        let outputs = self.forward::<Jet>(self.jets(&weights, &directions, directions.dims()[0]), batch);
        let losses = self.example_losses::<Jet>(outputs, batch);
        losses.second.expect("weights have directions, so the losses have second derivatives along them")
    }

    fn jets(&self, weights: &Tensor<2>, directions: &Tensor<2>, groups: usize) -> Vec<JetLeaf> {
        let groups = Groups { directions: directions.dims()[0], groups };
        let leaves = self.split(weights).into_iter().zip(self.split(directions));
        leaves.map(|(value, first)| JetLeaf { value, first, groups }).collect()
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
        A::linear(self.example_losses::<A>(outputs, batch), |losses: Tensor<2>| losses.mean_dim(1).squeeze_dim(1))
    }

    fn example_losses<A: Arithmetic>(&self, outputs: A::T<3>, batch: &Batch) -> A::T<2> {
        match self.loss {
            LossKind::CrossEntropy => A::cross_entropy(outputs, batch.targets.clone()),
            LossKind::Mse => A::mean_squared_error(outputs, batch.targets.clone()),
        }
    }

    fn forward<A: Arithmetic>(&self, leaves: Vec<impl IntoQuantity<A>>, batch: &Batch) -> A::T<3> {
        Pass::new(leaves, batch).outputs::<A>(&self.architecture.layers)
    }

    /// Cuts rows `[P, D]` into one leaf a parameter.
    fn split(&self, rows: &Tensor<2>) -> Vec<Leaf> {
        self.architecture.parameters.iter().map(|parameter| Leaf::cut(rows, parameter)).collect()
    }
}

/// `[n, c, h·w] → [n, h·w, c]`, row-major.
fn channels_last<T: Copy>(x: &[T], channels: usize, pixels: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(x.len());
    for example in x.chunks_exact(channels * pixels) {
        out.extend((0..pixels).flat_map(|pixel| (0..channels).map(move |channel| example[channel * pixels + pixel])));
    }
    out
}

/// The gradients of all leaves as rows `[P, D]`.
fn join(leaves: &[Leaf], grads: &Gradients) -> Tensor<2> {
    Tensor::cat(leaves.iter().map(|leaf| leaf.gradient(grads)).collect(), 1)
}
