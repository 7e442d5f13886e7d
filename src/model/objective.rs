//! L(w): the mean loss over stated examples, for any population of weights, within bounded memory.
//!
//! Curvature, landscapes and the noise's statistics all ask an [`Objective`] and nothing else, so that they speak of the
//! same function on the same examples. It cuts a population into chunks and the examples into pieces, so that the tape of
//! one pass stays bounded however large the network is; sums over the pieces are exact means over all examples.

mod gauss_newton;
mod part;
mod series;
mod side_by_side;

use std::sync::Arc;

use burn::tensor::Tensor;

use super::batch::{Batch, Statistics, Targets};
use super::compute::{Compute, Number, all_to_host};
use super::joint::Joint;
use super::kernels::within_pool;
use super::network::{HessianProduct, Network};
use super::pieces::{join, piece_ends};

/// The mean loss over examples as a function of the weights, with weight decay where it is asked for.
#[derive(Debug, Clone)]
pub struct Objective {
    network: Arc<Network>,
    compute: Compute,
    /// The examples, cut so that one member's pass fits the budget.
    pieces: Vec<Batch>,
    examples: usize,
    /// Targets over which the loss is a mean.
    targets: usize,
    weight_decay: f64,
}

impl Objective {
    /// The mean loss over the examples `x` (row-major `[n, …input]`) with their targets; n is at least 1.
    #[must_use]
    pub fn new<T: Number>(network: Arc<Network>, x: &[T], targets: Targets<'_, T>, compute: Compute) -> Self {
        let most = network.examples_per_pass();
        Self::in_pieces(network, x, targets, compute, most)
    }

    /// The same in pieces of at most so many examples. Without batch norm's statistics of batches it makes no difference but in
    /// rounding, memory and time.
    #[must_use]
    pub fn in_pieces<T: Number>(
        network: Arc<Network>,
        x: &[T],
        targets: Targets<'_, T>,
        compute: Compute,
        most: usize,
    ) -> Self {
        let architecture = network.architecture();
        let (examples, features) = (network.num_examples(targets), architecture.input_len());
        let least = if architecture.needs_two_examples().is_some() { 2 } else { 1 };
        let ends = piece_ends(examples, most, least);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let pieces = starts.zip(&ends).map(|(start, &end)| {
            let targets = targets.range(start..end, architecture.answers(), architecture.outputs);
            network.batch(&x[start * features..end * features], targets, &compute)
        });
        let pieces: Vec<Batch> = pieces.collect();
        let targets = pieces.iter().map(Batch::num_targets).sum();
        Self { pieces, network, compute, examples, targets, weight_decay: 0.0 }
    }

    /// The same with c/2·‖w‖² added to the loss, which adds c to every eigenvalue and c·D to the trace.
    #[must_use]
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    /// The same under other statistics of batch norm; at first they are [`Statistics::Batch`]. With those each piece of the
    /// examples has statistics of its own, so that the loss depends on how the examples are cut; with frozen ones it
    /// does not. Without batch norm it makes no difference.
    #[must_use]
    pub fn with_statistics(self, statistics: Statistics) -> Self {
        let pieces = self.pieces.into_iter().map(|batch| batch.with_statistics(statistics.clone())).collect();
        Self { pieces, ..self }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Device and precision.
    #[must_use]
    pub const fn compute(&self) -> &Compute {
        &self.compute
    }

    /// The examples, in pieces whose pass fits the memory.
    #[must_use]
    pub fn pieces(&self) -> &[Batch] {
        &self.pieces
    }

    /// n, the number of examples.
    #[must_use]
    pub const fn num_examples(&self) -> usize {
        self.examples
    }

    /// Targets over which the loss is a mean, and of which accuracy is a share: the examples, or the tokens that count.
    #[must_use]
    pub const fn num_targets(&self) -> usize {
        self.targets
    }

    /// D, the length of a row of weights.
    #[must_use]
    pub fn num_parameters(&self) -> usize {
        self.network.num_parameters()
    }

    /// The examples together, where the loss compares them with each other and they do not fit one pass.
    fn joint(&self) -> Option<Joint<'_>> {
        (self.network.is_joint() && self.pieces.len() > 1)
            .then(|| Joint { network: &self.network, pieces: &self.pieces })
    }

    /// c of the added c/2·‖w‖²; 0 without weight decay.
    #[must_use]
    pub const fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    /// Members of a population that one pass takes: work comes in units of this size.
    #[must_use]
    pub fn chunk_size(&self) -> usize {
        self.network.chunk_size(self.pieces.first().map_or(1, Batch::len))
    }

    /// Directions of a jet that one pass takes at most.
    #[must_use]
    pub fn jet_size(&self) -> usize {
        self.network.jet_size(self.pieces.first().map_or(1, Batch::len), &self.compute)
    }

    /// Numbers that one pass over a piece of the examples leaves at one row of weights, at most.
    #[must_use]
    pub fn pass_numbers(&self) -> usize {
        self.pieces.first().map_or(1, Batch::len) * self.network.architecture().activations
    }

    /// L at each row of `weights` `[P, D] → [P]`.
    #[must_use]
    pub fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        let losses = within_pool(&self.compute, || {
            let losses = self.over_members(&weights, |chunk| match self.joint() {
                Some(joint) => joint.losses(&chunk),
                None => self.mean(|batch| self.network.losses(chunk.clone(), batch)),
            });
            join(losses, 0)
        });
        self.with_penalty(losses, &weights)
    }

    /// L and the number of targets that the greatest output names at each row of `weights` `[P, D]`, as `[P]` each.
    #[must_use]
    pub fn outcomes(&self, weights: Tensor<2>) -> [Tensor<1>; 2] {
        let [losses, right] = within_pool(&self.compute, || {
            let (mut losses, mut right) = (Vec::new(), Vec::new());
            for [loss, count] in self.over_members(&weights, |chunk| self.chunk_outcomes(&chunk)) {
                losses.extend(loss);
                right.extend(count);
            }
            [join(losses, 0), join(right, 0)]
        });
        [self.with_penalty(losses, &weights), right]
    }

    /// Loss and accuracy (0 to 1) at one row of weights `[1, D]`.
    #[must_use]
    pub fn evaluate(&self, weights: Tensor<2>) -> (f64, f64) {
        let values = all_to_host(self.outcomes(weights).to_vec());
        (values[0][0], values[1][0] / self.targets.max(1) as f64)
    }

    /// L and ∇L at each row of `weights`: `[P]` and `[P, D]`.
    #[must_use]
    pub fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let (losses, gradients) = within_pool(&self.compute, || self.clean_gradients(&weights));
        let gradients =
            if self.weight_decay == 0.0 { gradients } else { gradients + weights.clone() * self.weight_decay };
        (self.with_penalty(losses, &weights), gradients)
    }

    /// Loss and gradient without weight decay.
    fn clean_gradients(&self, weights: &Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let (mut losses, mut gradients) = (Vec::new(), Vec::new());
        for (loss, gradient) in self.over_members(weights, |chunk| self.chunk_gradients(&chunk)) {
            losses.extend(loss);
            gradients.extend(gradient);
        }
        (join(losses, 0), join(gradients, 0))
    }

    /// Exact Hessian-vector products, one a row: `weights` and `directions` are `[P, D]`.
    #[must_use]
    pub fn hessian_product(&self, weights: Tensor<2>, directions: Tensor<2>) -> HessianProduct {
        let size = self.chunk_size();
        let (mut losses, mut slopes, mut products) = (Vec::new(), Vec::new(), Vec::new());
        for (w, v) in chunks(weights.clone(), size).zip(chunks(directions.clone(), size)) {
            let (loss, slope, product) = self.chunk_product(&w, &v);
            losses.extend(loss);
            slopes.extend(slope);
            products.extend(product);
        }
        let mut result = HessianProduct { loss: join(losses, 0), slope: join(slopes, 0), product: join(products, 0) };
        if self.weight_decay != 0.0 {
            let slope = row_sums(weights.clone() * directions.clone()) * self.weight_decay;
            result.slope = result.slope + slope;
            result.product = result.product + directions * self.weight_decay;
            result.loss = self.with_penalty(result.loss, &weights);
        }
        result
    }

    /// vᵀHv summed over each of `groups` groups of consecutive rows of `directions`: `[R, D] → [groups]`, around one row
    /// of `weights` `[1, D]`. R is at most [`Objective::jet_size`] and a multiple of `groups`.
    #[must_use]
    pub fn curvature_sums(&self, weights: Tensor<2>, directions: Tensor<2>, groups: usize) -> Tensor<1> {
        let sums = within_pool(&self.compute, || match self.joint() {
            Some(joint) => joint.curvature_sums(&weights, &directions, groups),
            None => self.mean(|batch| self.jet_sums(&weights, &directions, groups, batch)),
        });
        if self.weight_decay == 0.0 {
            return sums;
        }
        let squares = row_sums(directions.clone() * directions);
        let size = squares.dims()[0] / groups;
        sums + row_sums(squares.reshape([groups, size])) * self.weight_decay
    }

    /// What `pass` says of all members, chunk by chunk.
    fn over_members<T: Send>(&self, weights: &Tensor<2>, pass: impl Fn(Tensor<2>) -> T + Sync) -> Vec<T> {
        self.network.over_members(weights, self.pieces.first().map_or(1, Batch::len), &self.compute, pass)
    }

    /// Loss and right targets of as many members as one pass takes.
    fn chunk_outcomes(&self, chunk: &Tensor<2>) -> [Option<Tensor<1>>; 2] {
        if let Some(joint) = self.joint() {
            return joint.outcomes(chunk).map(Some);
        }
        let (mut loss, mut count) = (None, None);
        for (batch, share) in self.shares() {
            let [l, r] = self.network.outcomes(chunk.clone(), batch);
            add_to(&mut loss, l, share);
            add_to(&mut count, r, 1.0);
        }
        [loss, count]
    }

    /// Loss and gradient of as many members as one pass takes.
    fn chunk_gradients(&self, chunk: &Tensor<2>) -> (Option<Tensor<1>>, Option<Tensor<2>>) {
        if let Some(joint) = self.joint() {
            let (loss, gradient) = joint.gradients(chunk);
            return (Some(loss), Some(gradient));
        }
        let (mut loss, mut gradient) = (None, None);
        for (batch, share) in self.shares() {
            let (l, g) = self.network.gradients(chunk.clone(), batch);
            add_to(&mut loss, l, share);
            add_to(&mut gradient, g, share);
        }
        (loss, gradient)
    }

    /// Loss, slope and product of as many members as one pass takes.
    fn chunk_product(
        &self,
        weights: &Tensor<2>,
        directions: &Tensor<2>,
    ) -> (Option<Tensor<1>>, Option<Tensor<1>>, Option<Tensor<2>>) {
        let (mut loss, mut slope, mut product) = (None, None, None);
        let mut add = |part: HessianProduct, share| {
            add_to(&mut loss, part.loss, share);
            add_to(&mut slope, part.slope, share);
            add_to(&mut product, part.product, share);
        };
        if let Some(joint) = self.joint() {
            add(within_pool(&self.compute, || joint.hessian_product(weights, directions)), 1.0);
        } else {
            for (batch, share) in self.shares() {
                add(within_pool(&self.compute, || self.dual_product(weights, directions, batch)), share);
            }
        }
        (loss, slope, product)
    }

    /// One batch's part of [`Self::hessian_product`].
    fn dual_product(&self, weights: &Tensor<2>, directions: &Tensor<2>, batch: &Batch) -> HessianProduct {
        let pass = |batch: &Batch| self.network.hessian_product(weights.clone(), directions.clone(), batch);
        let size = self.network.dual_examples(batch.len(), weights.dims()[0]);
        let sum = self.by_examples(batch, size, |part, share| pass(part).scaled(share), HessianProduct::plus);
        sum.unwrap_or_else(|| pass(batch))
    }

    /// One batch's part of [`Self::curvature_sums`].
    fn jet_sums(&self, weights: &Tensor<2>, directions: &Tensor<2>, groups: usize, batch: &Batch) -> Tensor<1> {
        let pass = |batch: &Batch| self.network.curvature_sums(weights.clone(), directions.clone(), groups, batch);
        let size = self.network.jet_examples(batch.len(), directions.dims()[0]);
        let sum = self.by_examples(batch, size, |part, share| pass(part) * share, |sum, part| sum + part);
        sum.unwrap_or_else(|| pass(batch))
    }

    /// The pieces with their shares of the mean.
    fn shares(&self) -> impl Iterator<Item = (&Batch, f64)> {
        self.pieces.iter().map(|batch| (batch, batch.num_targets() as f64 / self.targets.max(1) as f64))
    }

    /// The mean over all examples of what `of` says of each piece.
    fn mean<const N: usize>(&self, of: impl Fn(&Batch) -> Tensor<N>) -> Tensor<N> {
        let mut sum = None;
        for (batch, share) in self.shares() {
            add_to(&mut sum, of(batch), share);
        }
        sum.expect("an objective has at least one example, so at least one piece")
    }

    fn with_penalty(&self, losses: Tensor<1>, weights: &Tensor<2>) -> Tensor<1> {
        if self.weight_decay == 0.0 {
            return losses;
        }
        losses + row_sums(weights.clone() * weights.clone()) * (0.5 * self.weight_decay)
    }
}

/// `[P, m] → [P]`.
fn row_sums(a: Tensor<2>) -> Tensor<1> {
    let rows = a.dims()[0];
    a.sum_dim(1).reshape([rows])
}

fn chunks(rows: Tensor<2>, size: usize) -> impl Iterator<Item = Tensor<2>> {
    rows.split(size, 0).into_iter()
}

fn add_to<const N: usize>(sum: &mut Option<Tensor<N>>, part: Tensor<N>, share: f64) {
    // One piece is the whole: nothing to scale, and no rounding.
    let part = if share == 1.0 { part } else { part * share };
    *sum = Some(match sum.take() {
        Some(sum) => sum + part,
        None => part,
    });
}
