//! How much of a population and of the examples one pass takes, so that its memory stays bounded.

use super::Network;
use crate::model::compute::Compute;

/// Floats that the activations of one pass may take: populations are cut into chunks below it.
const ACTIVATION_BUDGET: usize = 1 << 24;

/// Floats that the activations of one pass on the CPU may take, so that one layer finds what the last one wrote.
const CACHE_BUDGET: usize = 1 << 20;
/// Floats that the jets of one pass take on the CPU, where each core has a pass of its own.
const JET_BUDGET: usize = 1 << 20;
/// Floats that the activations of one pass of duals take there; each comes with a derivative and both with a tape.
const DUAL_BUDGET: usize = 1 << 17;
/// Parts of a pass of duals at most: each makes a tape and gradients of its own.
const MOST_PARTS: usize = 8;
/// Examples of a part at least: below, the fixed cost of an operation is more than its work.
const LEAST_EXAMPLES: usize = 8;

impl Network {
    /// Members of a population that one pass over `n` examples takes at most, so that its memory stays bounded.
    #[must_use]
    pub fn chunk_size(&self, n: usize) -> usize {
        let each = n * self.architecture.activations + self.num_numbers();
        (ACTIVATION_BUDGET / each.max(1)).clamp(1, 1024)
    }

    /// Members that a pass over `n` examples takes at most: on the CPU as many as stay in its cache.
    #[must_use]
    pub fn pass_size(&self, n: usize, compute: &Compute) -> usize {
        if !compute.is_cpu() {
            return self.chunk_size(n);
        }
        let each = n * self.architecture.activations + self.num_numbers();
        (CACHE_BUDGET / each.max(1)).clamp(1, 1024)
    }

    /// Numbers of all tensors: duals and jets have zeros for those that stay as they are.
    fn num_numbers(&self) -> usize {
        self.num_parameters() + self.architecture.num_frozen()
    }

    /// Examples whose jets along `directions` directions stay in a core's cache.
    pub(in crate::model) fn jet_examples(&self, directions: usize) -> usize {
        let each = directions * self.architecture.activations;
        (JET_BUDGET / each.max(1)).max(LEAST_EXAMPLES)
    }

    /// Examples of one of the equal parts in which the duals of `n` examples are computed.
    pub(in crate::model) fn dual_examples(&self, n: usize, population: usize) -> usize {
        let floats = population * n * self.architecture.activations;
        n.div_ceil(((floats + DUAL_BUDGET / 2) / DUAL_BUDGET).clamp(1, MOST_PARTS)).max(LEAST_EXAMPLES)
    }

    /// Examples whose pass at one row of weights stays within the budget.
    #[must_use]
    pub fn examples_per_pass(&self) -> usize {
        (ACTIVATION_BUDGET / self.architecture.activations.max(1)).max(1)
    }
}
