//! Greedy decoding: a network with an output for each token writes texts on by itself.
//!
//! From the tokens so far it takes the most probable next one, argmaxᵥ p(v | w₁ … wₜ), which is the greatest output at the last
//! token, and goes on behind it until the end sign or until its input is full. That is what a model does when nobody tells it the
//! right tokens, while its loss tells it all of them (teacher forcing): one wrong token misleads all that follow. Where two are
//! equally probable the first of the vocabulary is taken.

use burn::tensor::Tensor;

use super::Network;
use crate::model::batch::Statistics;
use crate::model::compute::{Compute, to_host, uploaded_whole};
use crate::model::kernels::within_pool;

/// What stands where a sequence has no token.
const PADDING: i32 = -1;

impl Network {
    /// What is written behind each of `texts`, each at most T tokens: tokens up to `end`, which is the last of them unless the
    /// input was full before. Of an empty text nothing follows. `weights` is one row `[1, D]`.
    ///
    /// Each pass takes the whole sequences, as many as its memory allows, and gives each one token: at most T passes.
    #[must_use]
    pub fn written(
        &self,
        weights: &Tensor<2>,
        texts: &[&[i32]],
        end: i32,
        statistics: &Statistics,
        compute: &Compute,
    ) -> Vec<Vec<i32>> {
        let most = self.architecture.input_len();
        let mut rows: Vec<Row> =
            texts.iter().map(|text| Row { tokens: text.to_vec(), is_open: (1..most).contains(&text.len()) }).collect();
        for rows in rows.chunks_mut(self.examples_per_pass()) {
            while rows.iter().any(|row| row.is_open) {
                let next = within_pool(compute, || self.next_tokens(weights, rows, statistics, compute));
                for (row, next) in rows.iter_mut().zip(next).filter(|(row, _)| row.is_open) {
                    row.tokens.push(next);
                    row.is_open = next != end && row.tokens.len() < most;
                }
            }
        }
        rows.into_iter().zip(texts).map(|(mut row, text)| row.tokens.split_off(text.len())).collect()
    }

    /// The most probable token behind each row. All rows are passed, also those that have ended: a GPU has its kernels for one
    /// shape.
    fn next_tokens(&self, weights: &Tensor<2>, rows: &[Row], statistics: &Statistics, compute: &Compute) -> Vec<i32> {
        let (tokens, width) = (self.architecture.input_len(), self.architecture.outputs);
        let filled = |row: &Row| {
            let padding = tokens - row.tokens.len().min(tokens);
            row.tokens.iter().copied().chain(std::iter::repeat_n(PADDING, padding)).map(|token| token as f32).collect()
        };
        let x: Vec<f32> = rows.iter().flat_map::<Vec<f32>, _>(filled).collect();
        let batch = self.unlabelled(&x, compute).with_statistics(statistics.clone());
        let last = |(index, row): (usize, &Row)| (index * tokens + row.tokens.len().max(1) - 1) as i32;
        let last = uploaded_whole(rows.iter().enumerate().map(last).collect(), [rows.len()], compute.device());
        let outputs = to_host(self.outputs(weights, &batch).select(1, last));
        outputs.chunks_exact(width).map(greatest).collect()
    }
}

/// A text while it is written.
struct Row {
    tokens: Vec<i32>,
    is_open: bool,
}

/// The place of the greatest output, the first of several.
fn greatest(outputs: &[f64]) -> i32 {
    let mut best = 0;
    for (place, output) in outputs.iter().enumerate() {
        if *output > outputs[best] {
            best = place;
        }
    }
    best as i32
}
