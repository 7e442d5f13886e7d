//! The batch of one step as an optimiser sees it.

use burn::tensor::Tensor;

use crate::model::{Batch, Compute, Network, join, within_pool};
use crate::optim::GradientOracle;

/// The loss of one batch at any weights.
pub(super) struct BatchOracle<'a> {
    pub network: &'a Network,
    pub batch: &'a Batch,
    pub compute: &'a Compute,
}

impl GradientOracle for BatchOracle<'_> {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        within_pool(self.compute, || {
            let of = |chunk| self.network.losses(chunk, self.batch);
            join(self.network.over_members(&weights, self.batch.len(), self.compute, of), 0)
        })
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        within_pool(self.compute, || {
            let of = |chunk| self.network.gradients(chunk, self.batch);
            let all = self.network.over_members(&weights, self.batch.len(), self.compute, of);
            let (losses, gradients) = all.into_iter().unzip();
            (join(losses, 0), join(gradients, 0))
        })
    }

    fn shares_passes(&self) -> bool {
        !self.compute.is_cpu()
    }

    fn gradients_of_parts(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let (parts, n) = (weights.dims()[0], self.batch.len());
        within_pool(self.compute, || {
            let each = weights.split(1, 0).into_iter().enumerate();
            let part = |(part, row): (usize, Tensor<2>)| {
                let ends = part * n / parts..(part + 1) * n / parts;
                self.network.gradients(row, &self.batch.range(ends))
            };
            let (losses, gradients) = each.map(part).unzip();
            (join(losses, 0), join(gradients, 0))
        })
    }
}
