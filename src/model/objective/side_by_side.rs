//! Parts of the examples side by side on the cores, each through the whole network.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::Objective;
use crate::model::batch::Batch;

/// Numbers in the gradients of parts that are held before they are summed, unless each core has one of its own.
const PARTS_BUDGET: usize = 1 << 24;

impl Objective {
    /// The sum of what `pass` says of each `size` examples and their share of the batch, in their order; `None` where the
    /// examples are to stay together. On the CPU each core takes some examples at a time through the whole network, so that
    /// their derivatives stay in its cache and no core waits for another between two operations. Neither the parts nor the
    /// order of their sum depend on the number of cores. Of large networks few parts are held before they are summed.
    pub(super) fn by_examples<T: Send>(
        &self,
        batch: &Batch,
        size: usize,
        pass: impl Fn(&Batch, f64) -> T + Sync,
        plus: impl Fn(T, T) -> T,
    ) -> Option<T> {
        let n = batch.len();
        if size >= n || !self.has_parts(batch) {
            return None;
        }
        let targets = batch.num_targets().max(1) as f64;
        let part = |&start: &usize| {
            let part = batch.range(start..(start + size).min(n));
            pass(&part, part.num_targets() as f64 / targets)
        };
        let starts: Vec<usize> = (0..n).step_by(size).collect();
        let waves = starts.chunks(self.held()).flat_map(|wave| wave.par_iter().map(part).collect::<Vec<T>>());
        waves.reduce(plus)
    }

    /// Parts whose Hessian-vector products are made at once, each with a tape and rows of D numbers.
    #[must_use]
    pub fn dual_parts_at_once(&self) -> usize {
        self.at_once(|n| self.network.dual_examples(n, 1))
    }

    /// Parts whose jets along so many directions are made at once.
    #[must_use]
    pub fn jet_parts_at_once(&self, directions: usize) -> usize {
        self.at_once(|n| self.network.jet_examples(n, directions))
    }

    /// Parts at once of a piece, whose parts have as many examples as `size` says.
    fn at_once(&self, size: impl Fn(usize) -> usize) -> usize {
        let batch = self.pieces.first().filter(|batch| self.has_parts(batch));
        batch.map_or(1, |batch| batch.len().div_ceil(size(batch.len())).min(self.held()))
    }

    /// Whether the examples of a batch may go part by part.
    fn has_parts(&self, batch: &Batch) -> bool {
        self.compute.is_cpu() && !self.network.needs_whole_batches(batch)
    }

    /// Parts that are held before they are summed.
    fn held(&self) -> usize {
        (PARTS_BUDGET / self.num_parameters().max(1)).max(rayon::current_num_threads())
    }
}
