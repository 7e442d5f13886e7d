//! Populations pass by pass.

use burn::tensor::Tensor;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use super::Network;
use crate::model::compute::Compute;

impl Network {
    /// What `pass` over `n` examples says of as many members `[P, D]` as one pass takes, in their order. Where a core's own cache
    /// holds them, each core takes members of its own; what is said of them does not depend on that.
    pub fn over_members<T: Send>(
        &self,
        weights: &Tensor<2>,
        n: usize,
        compute: &Compute,
        pass: impl Fn(Tensor<2>) -> T + Sync,
    ) -> Vec<T> {
        let all = weights.clone().split(self.pass_size(n, compute), 0);
        if all.len() > 1 && self.is_of_a_core(n, compute) {
            return all.par_iter().map(|members| pass(members.clone())).collect();
        }
        all.into_iter().map(pass).collect()
    }

    /// What `pass` says of each row of weights `[P, D]` with its place, where each row has about `n` examples of its own; over the
    /// cores as [`Self::over_members`] is.
    pub fn over_rows<T: Send>(
        &self,
        weights: &Tensor<2>,
        n: usize,
        compute: &Compute,
        pass: impl Fn(usize, Tensor<2>) -> T + Sync,
    ) -> Vec<T> {
        let all = weights.clone().split(1, 0);
        if all.len() > 1 && self.is_of_a_core(n, compute) {
            return all.par_iter().enumerate().map(|(place, row)| pass(place, row.clone())).collect();
        }
        all.into_iter().enumerate().map(|(place, row)| pass(place, row)).collect()
    }
}
