//! Some of an objective's examples as an objective of their own: for measurements that must not take long.

use std::ops::Range;

use super::Objective;
use crate::model::batch::Batch;

impl Objective {
    /// Whether the loss is the mean of the losses of any parts of the examples: not with batch norm's statistics taken from them,
    /// nor where they are compared with each other.
    #[must_use]
    pub fn falls_apart(&self) -> bool {
        self.pieces.iter().all(|batch| !self.network.needs_whole_batches(batch))
    }

    /// The mean loss over the examples from `range.start` to `range.end`, of which there is at least one; over all of them where
    /// the loss does not fall apart.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        if !self.falls_apart() || (range.start == 0 && range.end >= self.examples) {
            return self.clone();
        }
        let mut first = 0;
        let mut pieces = Vec::new();
        for batch in &self.pieces {
            let (begin, end) = (range.start.max(first), range.end.min(first + batch.len()));
            if begin < end {
                pieces.push(batch.range(begin - first..end - first));
            }
            first += batch.len();
        }
        Self {
            network: self.network.clone(),
            compute: self.compute.clone(),
            examples: pieces.iter().map(Batch::len).sum(),
            targets: pieces.iter().map(Batch::num_targets).sum(),
            pieces,
            weight_decay: self.weight_decay,
        }
    }
}
