//! How much memory a run takes, and how many of them the machine has room for at once.
//!
//! What is large is counted, as `analyze` does it: rows of D numbers and what a pass leaves on its tape. All runs share the
//! examples.

use crate::config::{Experiment, Knobs, OptimizerKind};
use crate::curvature::held_for;
use crate::data::limit::{machine_memory, size_words};
use crate::model::{Compute, Network};
use crate::train::Task;

use super::costs::Curvature;
use super::crew::Crew;
use super::error::EngineError;

/// Runs side by side take this share of the machine's memory at most; a single one takes what it takes.
const SHARE: u64 = 2;
/// Rows that a run holds: its weights at its start and now, at its best, their average, the gradient, up to three of the base
/// step, the step uphill, a precision, and two that are about to be.
const RUN_ROWS: u64 = 12;
/// Rows that a pass of duals of one part of the examples holds beside its tape.
const DUAL_ROWS: u64 = 6;
/// Checkpoints of a path at most.
const PATH_ROWS: u64 = 128;
/// Numbers that a tape has for each number of a pass: its value, its gradient, and one on the way.
const TAPE: u64 = 3;

/// What runs have in common, as far as their memory depends on it.
pub(super) struct Ground<'a> {
    pub experiment: &'a Experiment,
    pub network: &'a Network,
    pub compute: &'a Compute,
    pub train_size: usize,
    pub curvature: Curvature,
}

impl<'a> Ground<'a> {
    /// That of a task.
    pub fn of(task: &'a Task, curvature: Curvature) -> Self {
        let Task { experiment, network, compute, train, .. } = task;
        Self { experiment, network, compute, train_size: train.len(), curvature }
    }

    /// How many of these runs have room at once, at least one; each has so many cores.
    pub fn room_for(&self, methods: &[(OptimizerKind, &Knobs)], cores: usize) -> usize {
        let largest = self.of_largest(methods, cores);
        let there = machine_memory().map_or(u64::MAX, |all| all / SHARE);
        usize::try_from(there / largest.max(1)).unwrap_or(usize::MAX).max(1)
    }

    /// Whether one run after the other has room, before anything is tried.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where even one is too large for the machine.
    pub fn check(&self, methods: &[(OptimizerKind, &Knobs)]) -> Result<(), EngineError> {
        let needed = self.of_largest(methods, rayon::current_num_threads());
        let there = machine_memory().unwrap_or(u64::MAX);
        if needed <= there {
            return Ok(());
        }
        let [needed, there] = [needed, there].map(size_words);
        let less = "a smaller network or batch takes less, and --quick leaves out curvature";
        Err(EngineError::TooLarge { needed, there, less })
    }

    /// Bytes that the runs of a crew take at once at most, about.
    pub fn at_once(&self, methods: &[(OptimizerKind, &Knobs)], crew: Crew) -> u64 {
        self.of_largest(methods, crew.cores).saturating_mul(crew.workers as u64)
    }

    fn of_largest(&self, methods: &[(OptimizerKind, &Knobs)], cores: usize) -> u64 {
        methods.iter().map(|&(kind, knobs)| self.of_run(kind, knobs, cores as u64)).max().unwrap_or(1)
    }

    /// Bytes that a run takes at most, about.
    fn of_run(&self, kind: OptimizerKind, knobs: &Knobs, cores: u64) -> u64 {
        let Self { network, compute, train_size, .. } = *self;
        let look = &self.experiment.look;
        let number = compute.number_bytes() as u64;
        let d = network.num_parameters() as u64;
        let row = number * d;
        let batch = if knobs.batch == 0 { usize::MAX } else { knobs.batch }.min(train_size);
        let points = knobs.gradient_evaluations(kind);
        let members = points.min(network.pass_size(batch, compute) as u64);
        let activations = network.architecture().activations;
        let pass = number * batch as u64 * activations as u64;
        let step = 2 * points * row + members * (TAPE * pass + DUAL_ROWS * row);
        // Examples of a piece of those that are measured.
        let piece = look.subset.min(train_size).min(network.examples_per_pass());
        let measured = number * (piece * activations) as u64;
        let evaluations = self.experiment.budget / (points.max(1) * look.eval_every.max(1)) + 1;
        let path = 4 * d * evaluations.min(PATH_ROWS);
        let solve = self.curvature.along.map_or(0, |_| {
            let held = look.lanczos_steps.min(held_for(network.num_parameters(), compute.number_bytes())) as u64 + 2;
            let product = cores * (DUAL_ROWS * row + TAPE * measured) + 3 * row;
            let probes = (1 + cores) * network.chunk_size(piece) as u64 * row + cores * TAPE * measured;
            (number * d * held + product).max(probes)
        });
        RUN_ROWS * row + path + step.max(solve).max(TAPE * measured)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::builtin_experiment;
    use crate::model::Compute;

    fn bytes(changes: &[&str], kind: OptimizerKind, curvature: Option<u64>) -> (u64, u64) {
        let mut experiment = builtin_experiment("digits-mlp").unwrap();
        for change in changes {
            experiment.assign(change).unwrap();
        }
        let knobs = experiment.knobs(kind).unwrap();
        let task = Task::new(Arc::new(experiment), 0, Compute::cpu()).unwrap();
        let curvature = Curvature { along: curvature, final_probes: 128 };
        let d = task.network.num_parameters() as u64;
        let ground = Ground::of(&task, curvature);
        assert!(ground.room_for(&[(kind, &knobs)], 1) > 1, "a small run has room beside another");
        assert!(ground.check(&[(kind, &knobs)]).is_ok());
        (ground.of_run(kind, &knobs, 1), d)
    }

    #[test]
    fn a_run_takes_more_with_more_points_and_with_curvature() {
        let (plain, d) = bytes(&[], OptimizerKind::Sgd, None);
        assert!(plain > 4 * 12 * d && plain < 1 << 26, "{plain} bytes for {d} parameters");
        let wide = bytes(&["nso.k=64"], OptimizerKind::Nso, None).0;
        assert!(wide > plain + 2 * 127 * 4 * d && wide < plain + (1 << 27), "{wide}, and {plain} with one point");
        assert!(bytes(&[], OptimizerKind::Sgd, Some(0)).0 > plain);
    }

    #[test]
    fn a_run_that_is_larger_than_the_machine_is_refused() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.model.layers = ["linear 16000", "linear 16000", "linear 2"].map(Into::into).to_vec();
        // So many rows of a billion bytes that no machine holds them; what may be set is bounded.
        let knobs = Knobs { k: 1 << 20, ..experiment.knobs(OptimizerKind::Nso).unwrap() };
        let (network, compute) = (Network::new(&experiment.model).unwrap(), Compute::cpu());
        let curvature = Curvature { along: None, final_probes: 128 };
        let ground =
            Ground { experiment: &experiment, network: &network, compute: &compute, train_size: 100, curvature };
        let refused = ground.check(&[(OptimizerKind::Nso, &knobs)]).unwrap_err().to_string();
        assert!(refused.starts_with("it would take about ") && refused.contains("--quick"), "{refused}");
    }
}
