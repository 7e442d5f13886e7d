//! The examples of a step, with what training does to them. All points of a step see the same ones.

use crate::data::Batch as Pick;
use crate::model::{Batch, mixup};

use super::super::task::targets;
use super::Run;

impl Run {
    /// The next examples of the order: augmented, with smoothed labels, mixed, and with the masks of dropout.
    pub(super) fn next_batch(&mut self) -> Batch {
        let task = &self.task;
        let n = task.train.len();
        let pick = self.stream.next(n, self.knobs.batch);
        let (knobs, seed, step) = (&self.knobs, task.seed, self.step + 1);
        let mut batch = match (&task.pictures, pick) {
            (Some(pictures), pick) if knobs.augments() => {
                let indices = match pick {
                    Pick::All => (0..n as u32).collect(),
                    Pick::Indices(indices) => indices,
                };
                let seen = pictures.augmented(&task.train, &indices, knobs, seed, step);
                task.network.batch(&seen.x, targets(&seen.y), &task.compute)
            }
            (_, Pick::All) => task.train.clone(),
            (_, Pick::Indices(indices)) => task.train.select(&indices),
        };
        if knobs.label_smoothing > 0.0 {
            batch = batch.smoothed(knobs.label_smoothing);
        }
        if knobs.mixup > 0.0 {
            let (share, order) = mixup(seed, step, knobs.mixup, batch.len());
            batch = batch.mixed(share, &order);
        }
        task.network.with_dropout(batch, seed, step, &task.compute)
    }
}
