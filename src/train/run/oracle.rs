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
            let of = |part: usize, row: Tensor<2>| {
                let ends = part * n / parts..(part + 1) * n / parts;
                self.network.gradients(row, &self.batch.range(ends))
            };
            let all = self.network.over_rows(&weights, n.div_ceil(parts), self.compute, of);
            let (losses, gradients) = all.into_iter().unzip();
            (join(losses, 0), join(gradients, 0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::model::to_host_f32;
    use crate::train::Task;

    #[test]
    fn parts_over_the_cores_say_what_they_say_one_after_the_other() {
        const PARTS: usize = 5;
        for name in ["digits-mlp", "vit-digits"] {
            let compute = Compute::cpu();
            let task = Task::new(builtin_experiment(name).unwrap().into(), 0, compute.clone()).unwrap();
            let indices: Vec<u32> = (0..23).collect();
            let batch = task.train.select(&indices);
            let scales = compute.tensor((0..PARTS).map(|part| 1.0 + 0.1 * part as f32).collect(), [PARTS, 1]);
            let weights = task.initial_tensor().repeat_dim(0, PARTS) * scales;
            let oracle = BatchOracle { network: &task.network, batch: &batch, compute: &compute };
            let (losses, gradients) = oracle.gradients_of_parts(weights.clone());
            let (losses, gradients) = (to_host_f32(losses), to_host_f32(gradients));
            let d = task.network.num_parameters();
            for (part, row) in weights.split(1, 0).into_iter().enumerate() {
                let alone = batch.range(part * 23 / PARTS..(part + 1) * 23 / PARTS);
                let (loss, gradient) = task.network.gradients(row, &alone);
                assert_eq!(to_host_f32(loss), losses[part..=part], "{name}, part {part}");
                assert_eq!(to_host_f32(gradient), gradients[part * d..(part + 1) * d], "{name}, part {part}");
            }
        }
    }
}
