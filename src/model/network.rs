//! A network as a function of its flat weights, evaluated for a whole population of weights at once.

mod examples;
mod frozen;
mod gauss_newton;
mod members;
mod series;
mod sizes;
mod written;

use std::sync::Arc;

use burn::tensor::{Gradients, Int, Tensor};

use crate::config::{ConfigError, LossKind, ModelConfig};

use super::architecture::Architecture;
use super::arithmetic::{Arithmetic, Dual, DualTensor, Jet, JetTensor, Value};
use super::batch::{Batch, Goal, Statistics, TokenGoal};
use super::compute::{Compute, uploaded};
use super::contrast::Features;
use super::forward::Pass;
use super::groups::Groups;
use super::kernels::row_sums;
use super::leaf::{DualLeaf, IntoQuantity, JetLeaf, Leaf};
use super::random::dropout_mask;

pub use series::ExampleSeries;

/// ln 100.
const MOST_LOGIT_SCALE: f64 = 4.605_170_185_988_091;

/// A network and its loss. Weights are rows of a matrix `[P, D]`, in the order of [`Architecture::parameters`]; tensors that
/// stay as they are belong to the function.
#[derive(Debug, Clone)]
pub struct Network {
    architecture: Architecture,
    loss: LossKind,
    label_smoothing: f64,
    loss_label: String,
    /// The numbers of the frozen tensors `[1, F]` on the device; `None` where there are none, or while they are not known.
    frozen: Option<Tensor<2>>,
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
            frozen: None,
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

    /// Whether the loss of a batch is not the mean of the losses of its parts: with batch norm's statistics taken from it, or
    /// where its examples are compared with each other.
    pub(super) fn needs_whole_batches(&self, batch: &Batch) -> bool {
        let has_norms = !self.architecture.buffers.is_empty() && matches!(batch.statistics(), Statistics::Batch);
        has_norms || self.is_joint()
    }

    /// Whether the loss compares the examples with each other, so that it does not fall apart into them.
    pub(super) const fn is_joint(&self) -> bool {
        self.architecture.has_towers()
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
        let mut pass = Pass::recording(self.used(&self.split(weights)), batch);
        for (index, chain) in self.architecture.chains.iter().enumerate() {
            let _: Tensor<3> = pass.outputs::<Value>(index, chain);
        }
        Some(pass.seen())
    }

    /// Running statistics `[1, S]` after a step whose batch norms have `seen` these; each batch norm has a momentum of its own.
    #[must_use]
    pub fn moved_statistics(&self, running: Tensor<2>, seen: Tensor<2>) -> Tensor<2> {
        let shares = self.architecture.statistics_momentum();
        match shares.first() {
            Some(&first) if shares.iter().any(|share| *share != first) => {
                let size = shares.len();
                let shares = uploaded(shares, [1, size], &running.device(), running.dtype());
                running * (-shares.clone() + 1.0) + seen * shares
            }
            Some(&share) => running * (1.0 - share) + seen * share,
            None => running,
        }
    }

    /// Weights `[1, D]` after a training step, where some are held in a range: the logarithm of the scale of similarities in
    /// [0, ln 100] (Radford et al. 2021).
    #[must_use]
    pub fn held(&self, weights: Tensor<2>) -> Tensor<2> {
        let Some(scale) = self.architecture.logit_scale() else { return weights };
        let rows = weights.dims()[0];
        let held = weights.clone().slice([0..rows, scale.range()]).clamp(0.0, MOST_LOGIT_SCALE);
        weights.slice_assign([0..rows, scale.range()], held)
    }

    /// L at each row of `weights` `[P, D] → [P]`.
    #[must_use]
    pub fn losses(&self, weights: Tensor<2>, batch: &Batch) -> Tensor<1> {
        self.objective::<Value>(self.split(&weights), batch)
    }

    /// The outputs at each row of `weights` `[P, D] → [P, rows, outputs]`, a row an example or one of its tokens: logits, or the
    /// values of a regression. Of two towers the similarities of each image with each text, `[P, n, n]`.
    #[must_use]
    pub fn outputs(&self, weights: &Tensor<2>, batch: &Batch) -> Tensor<3> {
        match self.forward::<Value>(self.split(weights), batch) {
            Answers::Rows(outputs) => outputs,
            Answers::Pairs(features) => features.similarities(),
        }
    }

    /// The features of images and those of texts at each row of `weights`, brought to length 1: `[P, D] → [P, n, d]` each, so that
    /// their products are cosines. `None` where there are no two towers.
    #[must_use]
    pub fn features(&self, weights: &Tensor<2>, batch: &Batch) -> Option<[Tensor<3>; 2]> {
        match self.forward::<Value>(self.split(weights), batch) {
            Answers::Rows(_) => None,
            Answers::Pairs(features) => Some(features.directions()),
        }
    }

    /// L and the number of targets that the greatest output names, at each row of `weights` `[P, D]`, as `[P]` each. The
    /// number is exact in 32 bits too, which its share would not be.
    #[must_use]
    pub fn outcomes(&self, weights: Tensor<2>, batch: &Batch) -> [Tensor<1>; 2] {
        let answers = self.forward::<Value>(self.split(&weights), batch);
        let right = match &answers {
            Answers::Rows(outputs) => self.right(outputs.clone(), batch),
            Answers::Pairs(features) => right_pairs(features.clone().similarities()),
        };
        [self.loss_of::<Value>(answers, batch), right]
    }

    /// How many answers `[P, rows, outputs]` name their target, `[P]`.
    fn right(&self, outputs: Tensor<3>, batch: &Batch) -> Tensor<1> {
        let dtype = outputs.dtype();
        let greatest = outputs.argmax(2);
        let right = match &batch.goal {
            Goal::Shares(targets) => greatest.equal(targets.clone().argmax(2)).float().cast(dtype),
            Goal::Tokens(TokenGoal { classes, counts, .. }) => {
                let rows = classes.shape().num_elements();
                let classes = classes.clone().reshape([1, rows, 1]).expand(greatest.dims());
                greatest.equal(classes).float().cast(dtype) * counts.clone().reshape([1, rows, 1])
            }
            Goal::Pairs(_) => unreachable!("pairs are of two towers, which answer otherwise"),
        };
        right.sum_dim(1).squeeze_dims(&[1, 2])
    }

    /// L and ∇L at each row of `weights`: `[P]` and `[P, D]`, by one reverse pass for the whole population.
    #[must_use]
    pub fn gradients(&self, weights: Tensor<2>, batch: &Batch) -> (Tensor<1>, Tensor<2>) {
        let leaves: Vec<Leaf> = self.split(&weights).into_iter().map(Leaf::tracked).collect();
        let losses = self.objective::<Value>(leaves.clone(), batch);
        // Members do not depend on each other, so the gradient of all losses together holds each member's own.
        let grads = losses.backward();
        (losses.without_autodiff(), gradients_of(&leaves, &grads))
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
        let grads = slope.backward();
        HessianProduct {
            loss: loss.value.without_autodiff(),
            slope: slope.without_autodiff(),
            product: gradients_of(&leaves, &grads),
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

    pub(super) fn jets(&self, weights: &Tensor<2>, directions: &Tensor<2>, groups: usize) -> Vec<JetLeaf> {
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
        let answers = self.forward::<A>(leaves, batch);
        self.loss_of::<A>(answers, batch)
    }

    /// The mean over the targets that count.
    pub(super) fn loss_of<A: Arithmetic>(&self, answers: Answers<A>, batch: &Batch) -> A::T<1> {
        let share = (batch.num_targets().max(1) as f64).recip();
        let losses = self.losses_of_answers::<A>(answers, batch);
        A::linear(losses, |losses: Tensor<2>| row_sums(losses, share))
    }

    /// The loss of each answer, `[P, rows]`; 0 for those that do not count.
    fn losses_of_answers<A: Arithmetic>(&self, answers: Answers<A>, batch: &Batch) -> A::T<2> {
        match (answers, &batch.goal) {
            (Answers::Pairs(features), _) => features.losses(),
            (Answers::Rows(outputs), Goal::Shares(targets)) if self.loss == LossKind::Mse => {
                A::mean_squared_error(outputs, targets.clone())
            }
            (Answers::Rows(outputs), Goal::Shares(targets)) => A::cross_entropy(outputs, targets.clone()),
            (Answers::Rows(outputs), Goal::Tokens(goal)) => {
                let shares = goal.shares(self.architecture.outputs);
                A::cross_entropy(outputs, shares)
            }
            (Answers::Rows(_), Goal::Pairs(_)) => unreachable!("pairs are of two towers, which answer otherwise"),
        }
    }

    /// What the network says of the examples.
    pub(super) fn forward<A: Arithmetic>(&self, leaves: Vec<impl IntoQuantity<A>>, batch: &Batch) -> Answers<A> {
        let mut pass = Pass::new(self.used(&leaves), batch);
        match &self.architecture.chains[..] {
            [image, text] => {
                let (image, text) = (pass.outputs::<A>(0, image), pass.outputs::<A>(1, text));
                Answers::Pairs(Features { image, text, logit_scale: pass.logit_scale::<A>() })
            }
            chains => Answers::Rows(pass.outputs::<A>(0, &chains[0])),
        }
    }

    /// Cuts rows `[P, D]` into one leaf a parameter.
    pub(super) fn split(&self, rows: &Tensor<2>) -> Vec<Leaf> {
        Leaf::cut_all(rows, &self.architecture.parameters)
    }
}

/// What a network says of examples.
pub(super) enum Answers<A: Arithmetic> {
    /// Outputs `[P, rows, k]`: a row an example, or one of its tokens.
    Rows(A::T<3>),
    /// What two towers say.
    Pairs(Features<A>),
}

/// How many images `[P, n, n]` are most similar to their own text, `[P]`.
pub(super) fn right_pairs(similarities: Tensor<3>) -> Tensor<1> {
    let (dtype, device) = (similarities.dtype(), similarities.device());
    let [population, n, _] = similarities.dims();
    let own = Tensor::<1, Int>::arange(0..n as i64, &device).reshape([1, n, 1]).expand([population, n, 1]);
    similarities.argmax(2).equal(own).float().cast(dtype).sum_dim(1).squeeze_dims(&[1, 2])
}

/// The gradients of all leaves as rows `[P, D]`.
pub(super) fn gradients_of(leaves: &[Leaf], grads: &Gradients) -> Tensor<2> {
    Leaf::gradients(leaves, grads)
}
