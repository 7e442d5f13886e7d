//! What lines through the weights make of the loss of each example: its value, slope and curvature.

use burn::tensor::Tensor;

use super::Network;
use crate::model::arithmetic::{Jet, JetTensor};
use crate::model::batch::{Batch, Goal, TokenGoal};
use crate::model::compute::uploaded;

/// The losses of n examples along R directions.
#[derive(Debug, Clone)]
pub struct ExampleSeries {
    /// ℓᵢ, `[1, n]`.
    pub losses: Tensor<2>,
    /// ∇ℓᵢ·v, `[R, n]`.
    pub slopes: Tensor<2>,
    /// vᵀ∇²ℓᵢv, `[R, n]`.
    pub curvatures: Tensor<2>,
}

impl ExampleSeries {
    /// Of losses that depend on weights with directions.
    pub(in crate::model) fn of(losses: JetTensor<2>) -> Self {
        Self {
            losses: losses.value,
            slopes: losses.first.expect("weights have directions, so the losses have derivatives along them"),
            curvatures: losses
                .second
                .expect("weights have directions, so the losses have second derivatives along them"),
        }
    }

    /// The same of what `map` makes of each part.
    fn map(self, map: impl Fn(Tensor<2>) -> Tensor<2>) -> Self {
        Self { losses: map(self.losses), slopes: map(self.slopes), curvatures: map(self.curvatures) }
    }

    /// Those of several parts of the examples, in their order.
    pub(in crate::model) fn together(parts: Vec<Self>) -> Self {
        let (mut losses, mut slopes, mut curvatures) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            losses.push(part.losses);
            slopes.push(part.slopes);
            curvatures.push(part.curvatures);
        }
        Self { losses: Tensor::cat(losses, 1), slopes: Tensor::cat(slopes, 1), curvatures: Tensor::cat(curvatures, 1) }
    }
}

impl Network {
    /// Loss, slope and curvature of each example along each row of `directions` `[R, D]`, by one forward pass of jets around one
    /// row of `weights` `[1, D]`. The loss of an example of tokens is the mean over those of its targets that count.
    ///
    /// # Panics
    /// Never: weights with directions give losses with derivatives.
    #[must_use]
    pub fn example_series(&self, weights: Tensor<2>, directions: Tensor<2>, batch: &Batch) -> ExampleSeries {
        let answers = self.forward::<Jet>(self.jets(&weights, &directions, directions.dims()[0]), batch);
        let series = ExampleSeries::of(self.losses_of_answers::<Jet>(answers, batch));
        let Goal::Tokens(TokenGoal { of_example, .. }) = &batch.goal else { return series };
        let shares: Vec<f64> = of_example.iter().map(|&count| 1.0 / f64::from(count.max(1))).collect();
        let (n, device, dtype) = (shares.len(), series.losses.device(), series.losses.dtype());
        let shares = uploaded(shares, [1, n], &device, dtype);
        let answers = self.architecture.answers();
        series.map(|losses| {
            let population = losses.dims()[0];
            losses.reshape([population, n, answers]).sum_dim(2).squeeze_dim::<2>(2) * shares.clone()
        })
    }
}
