//! What lines through the weights make of each example.

use burn::tensor::Tensor;

use super::Objective;
use crate::config::LossKind;
use crate::model::batch::Batch;
use crate::model::compute::to_host;
use crate::model::network::ExampleSeries;

impl Objective {
    /// Loss, slope and curvature of each example along each row of `directions` `[R, D]`, around one row of `weights` `[1, D]`,
    /// without weight decay.
    #[must_use]
    pub fn example_series(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> ExampleSeries {
        if let Some(joint) = self.joint() {
            return joint.example_series(weights, directions);
        }
        let of = |batch| self.network.example_series(weights.clone(), directions.clone(), batch);
        ExampleSeries::together(self.pieces.iter().map(of).collect())
    }

    /// vᵀ∇²ℓᵢv of each row of `directions` and each example `[R, n]`, without weight decay.
    #[must_use]
    pub fn example_curvatures(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> Tensor<2> {
        self.example_series(weights, directions).curvatures
    }

    /// The share that each example has in the mean: 1/n, or the share of its targets that count where examples have several.
    #[must_use]
    pub fn example_shares(&self) -> Vec<f64> {
        let counts = self.pieces.iter().flat_map(Batch::targets_of_examples);
        counts.map(|count| f64::from(count) / self.targets.max(1) as f64).collect()
    }

    /// The class of each example and the one that the network says at `weights` `[1, D]`; empty where the examples have no classes
    /// of their own: for values, tokens and pairs.
    #[must_use]
    pub fn classes(&self, weights: &Tensor<2>) -> Vec<[usize; 2]> {
        let of = |batch: &Batch| {
            let targets = batch.shares().filter(|_| self.network.loss() == LossKind::CrossEntropy)?;
            let said = self.network.outputs(weights, batch);
            Some(greatest(targets).into_iter().zip(greatest(said)).map(<[usize; 2]>::from).collect::<Vec<_>>())
        };
        self.pieces.iter().map(of).collect::<Option<Vec<_>>>().unwrap_or_default().concat()
    }
}

/// The place of the greatest of the k numbers of each row of `[1, n, k]`.
fn greatest(rows: Tensor<3>) -> Vec<usize> {
    let k = rows.dims()[2];
    let place = |row: &[f64]| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0);
    to_host(rows).chunks(k).map(place).collect()
}
