//! How much of a population and of the examples one pass takes, so that its memory stays bounded.

use super::Network;
use crate::model::compute::Compute;

/// Floats that the activations of one pass may take: populations are cut into chunks below it.
const ACTIVATION_BUDGET: usize = 1 << 24;

/// Floats that the activations of one pass on the CPU may take, so that one layer finds what the last one wrote.
const CACHE_BUDGET: usize = 1 << 20;
/// Floats that the activations of a member take where a core has it to itself.
const CORE_BUDGET: usize = 1 << 19;
/// Floats that the jets of one pass take on the CPU, where each core has a pass of its own.
const JET_BUDGET: usize = 1 << 20;
/// Floats that the jets of one pass without parts have at a time on the CPU, where no tape holds them.
const HELD_BUDGET: usize = 1 << 25;
/// Directions of a jet at most that only this budget allows: more bring nothing.
const MOST_DIRECTIONS: usize = 8;
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
        let budget = if self.is_of_a_core(n, compute) { CORE_BUDGET } else { CACHE_BUDGET };
        (budget / each.max(1)).clamp(1, 1024)
    }

    /// Directions that one pass of jets over `n` examples takes at most. On the CPU there may be more than members of a population,
    /// because jets leave nothing on a tape: with R directions in groups of two there are 1 + 3R/2 of each number.
    #[must_use]
    pub fn jet_size(&self, n: usize, compute: &Compute) -> usize {
        let chunk = self.chunk_size(n);
        if !compute.is_cpu() {
            return chunk;
        }
        let each = (n * self.architecture.held_at_once).max(1);
        let fitting = (HELD_BUDGET / each).saturating_sub(1) * 2 / 3;
        let rows = ACTIVATION_BUDGET / self.num_numbers().max(1);
        chunk.max(fitting.min(rows).min(MOST_DIRECTIONS))
    }

    /// Whether the activations of one member over `n` examples stay in a core's own cache, so that each core takes members of its
    /// own through the whole network and none waits for another between two operations.
    pub(in crate::model) fn is_of_a_core(&self, n: usize, compute: &Compute) -> bool {
        compute.is_cpu() && n * self.architecture.activations + self.num_numbers() <= CORE_BUDGET
    }

    /// Numbers of all tensors: duals and jets have zeros for those that stay as they are.
    fn num_numbers(&self) -> usize {
        self.num_parameters() + self.architecture.num_frozen()
    }

    /// Examples of one of the equal parts of `n` whose jets along `directions` directions stay in a core's cache.
    pub(in crate::model) fn jet_examples(&self, n: usize, directions: usize) -> usize {
        let each = directions * self.architecture.activations;
        let most = (JET_BUDGET / each.max(1)).max(LEAST_EXAMPLES);
        // A power of two of equal parts, so that cores end together.
        n.div_ceil(n.div_ceil(most).next_power_of_two()).clamp(LEAST_EXAMPLES.min(most), most)
    }

    /// Examples of one of the equal parts in which the duals of `n` examples are computed. Where a part has fewer activations than
    /// there are weights, what is done for each weight takes longer than the part's own work, and takes the memory.
    pub(in crate::model) fn dual_examples(&self, n: usize, population: usize) -> usize {
        let floats = population * n * self.architecture.activations;
        let most = (floats / (population * self.num_numbers()).max(1)).clamp(1, MOST_PARTS);
        n.div_ceil(((floats + DUAL_BUDGET / 2) / DUAL_BUDGET).clamp(1, most)).max(LEAST_EXAMPLES)
    }

    /// Examples whose pass at one row of weights stays within the budget.
    #[must_use]
    pub fn examples_per_pass(&self) -> usize {
        (ACTIVATION_BUDGET / self.architecture.activations.max(1)).max(1)
    }
}
