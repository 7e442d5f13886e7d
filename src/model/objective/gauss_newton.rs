//! The Gauss–Newton part of the Hessian of an objective.

use burn::tensor::Tensor;

use super::{Objective, add_to, chunks, row_sums};
use crate::model::kernels::within_pool;
use crate::model::pieces::join;

impl Objective {
    /// Gv, one a row, weight decay included: `weights` and `directions` are `[P, D]`. Only where the network
    /// [has one](crate::model::Network::has_gauss_newton).
    #[must_use]
    pub fn gauss_newton_product(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> Tensor<2> {
        let size = self.chunk_size();
        let mut products = Vec::new();
        for (w, v) in chunks(weights.clone(), size).zip(chunks(directions.clone(), size)) {
            let mut product = None;
            for (batch, share) in self.shares() {
                let pass = |batch: &_| self.network.gauss_newton_product(w.clone(), &v, batch);
                let examples = self.network.dual_examples(batch.len(), w.dims()[0]);
                let part = within_pool(&self.compute, || {
                    let sum =
                        self.by_examples(batch, examples, |part, share| pass(part) * share, |sum, part| sum + part);
                    sum.unwrap_or_else(|| pass(batch))
                });
                add_to(&mut product, part, share);
            }
            products.extend(product);
        }
        let product = join(products, 0);
        if self.weight_decay == 0.0 { product } else { product + directions.clone() * self.weight_decay }
    }

    /// vᵀGv of each row of `directions` `[R, D] → [R]`, weight decay included, around one row of `weights` `[1, D]`.
    #[must_use]
    pub fn gauss_newton_values(&self, weights: &Tensor<2>, directions: &Tensor<2>) -> Tensor<1> {
        let of = |v: Tensor<2>| self.mean(|batch| self.network.gauss_newton_values(weights, &v, batch));
        let values = within_pool(&self.compute, || chunks(directions.clone(), self.chunk_size()).map(of).collect());
        let values = join(values, 0);
        if self.weight_decay == 0.0 {
            return values;
        }
        values + row_sums(directions.clone() * directions.clone()) * self.weight_decay
    }
}
