//! Examples as a network takes them.

use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use super::Network;
use crate::config::{LossKind, Real};
use crate::model::architecture::Shape;
use crate::model::batch::{Batch, Goal, IGNORED, Inputs, Statistics, Targets, Text, TokenGoal, one_hot};
use crate::model::compute::{Compute, Number, uploaded_whole};

impl Network {
    /// Number of examples that have these targets.
    #[must_use]
    pub fn num_examples<T: Number>(&self, targets: Targets<'_, T>) -> usize {
        targets.len(self.architecture.answers(), self.architecture.outputs)
    }

    /// Puts examples on the device: `x` row-major `[n, …input]`, tokens as whole numbers with −1 for padding; of two towers
    /// the numbers of an image and then its tokens.
    #[must_use]
    pub fn batch<T: Number>(&self, x: &[T], targets: Targets<'_, T>, compute: &Compute) -> Batch {
        let n = self.num_examples(targets);
        let (mut inputs, mut begin) = (Vec::new(), 0);
        for chain in &self.architecture.chains {
            let own = columns(x, n, begin..begin + chain.input.len());
            inputs.push(self.inputs_of(own, chain.input, n, compute));
            begin += chain.input.len();
        }
        let goal = self.goal(targets, n, compute);
        Batch { inputs, goal, statistics: Statistics::default(), masks: Arc::default() }
    }

    /// Examples without targets, for their outputs alone.
    #[must_use]
    pub fn unlabelled<T: Number>(&self, x: &[T], compute: &Compute) -> Batch {
        let n = x.len() / self.architecture.input_len();
        let answers = self.architecture.answers();
        match self.loss {
            LossKind::CrossEntropy | LossKind::Mse => self.batch(x, Targets::Classes(&vec![0; n]), compute),
            LossKind::TokenCrossEntropy => self.batch(x, Targets::Tokens(&vec![IGNORED; n * answers]), compute),
            LossKind::Contrastive => self.batch(x, Targets::Pairs(n), compute),
        }
    }

    /// The inputs of one chain.
    fn inputs_of<T: Number>(&self, x: Vec<T>, shape: Shape, n: usize, compute: &Compute) -> Inputs {
        match shape {
            Shape::Maps([c, h, w]) => Inputs::Maps(compute.tensor_of(channels_last(&x, c, h * w), [1, n, h, w, c])),
            Shape::Text { tokens, .. } => {
                let ids: Vec<i32> = x.iter().map(|token| token.to_f64() as i32).collect();
                let is_padded = ids.iter().any(|&id| id < 0);
                let padding = is_padded.then(|| {
                    let mask = ids.iter().map(|&id| if id < 0 { 0.0 } else { 1.0 }).collect();
                    compute.tensor(mask, [n, tokens])
                });
                let ids = ids.into_iter().map(|id| id.max(0)).collect();
                Inputs::Text(Text { ids: whole_numbers(ids, [n, tokens], compute), padding })
            }
            shape => Inputs::Features(compute.tensor_of(x, [1, n, shape.len()])),
        }
    }

    fn goal<T: Number>(&self, targets: Targets<'_, T>, n: usize, compute: &Compute) -> Goal {
        let (answers, outputs) = (self.architecture.answers(), self.architecture.outputs);
        let shares = |shares: Vec<f64>| Goal::Shares(compute.tensor_f64(shares, [1, n, outputs]));
        match targets {
            Targets::Classes(classes) => shares(one_hot(classes, outputs, self.label_smoothing)),
            Targets::Values(values) => shares(values.iter().copied().map(Real::to_f64).collect()),
            Targets::Pairs(count) => Goal::Pairs(count),
            Targets::Tokens(targets) => {
                let of_example = targets.chunks_exact(answers);
                let of_example = of_example.map(|targets| targets.iter().filter(|&&t| t != IGNORED).count() as u32);
                let counts = targets.iter().map(|&target| if target == IGNORED { 0.0 } else { 1.0 }).collect();
                let classes = targets.iter().map(|&target| target.max(0)).collect();
                Goal::Tokens(TokenGoal {
                    of_example: Arc::new(of_example.collect()),
                    smoothing: 0.0,
                    counts: compute.tensor(counts, [n, answers]),
                    classes: whole_numbers(classes, [n, answers], compute),
                })
            }
        }
    }
}

impl TokenGoal {
    /// Shares of `outputs` classes `[1, n·t, outputs]`, zeros where a target does not count. They are made for each pass: of a
    /// large vocabulary they take as much memory as the logits.
    pub(super) fn shares(&self, outputs: usize) -> Tensor<3> {
        let rows = self.classes.shape().num_elements();
        let device = self.classes.device();
        let all = Tensor::<1, Int>::arange(0..outputs as i64, &device).reshape([1, outputs]).expand([rows, outputs]);
        let is_own = all.equal(self.classes.clone().reshape([rows, 1]).expand([rows, outputs]));
        let mut shares = is_own.float().cast(self.counts.dtype());
        if self.smoothing > 0.0 {
            shares = shares * (1.0 - self.smoothing) + self.smoothing / outputs as f64;
        }
        let shares = shares * self.counts.clone().reshape([rows, 1]);
        shares.reshape([1, rows, outputs])
    }
}

/// Some columns of `n` equal rows.
fn columns<T: Copy>(x: &[T], n: usize, columns: std::ops::Range<usize>) -> Vec<T> {
    let width = x.len() / n.max(1);
    if columns.len() == width {
        return x.to_vec();
    }
    x.chunks_exact(width).flat_map(|row| row[columns.clone()].iter().copied()).collect()
}

fn whole_numbers(numbers: Vec<i32>, shape: [usize; 2], compute: &Compute) -> Tensor<2, Int> {
    uploaded_whole(numbers, shape, compute.device())
}

/// `[n, c, h·w] → [n, h·w, c]`, row-major.
fn channels_last<T: Copy>(x: &[T], channels: usize, pixels: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(x.len());
    for example in x.chunks_exact(channels * pixels) {
        out.extend((0..pixels).flat_map(|pixel| (0..channels).map(move |channel| example[channel * pixels + pixel])));
    }
    out
}
