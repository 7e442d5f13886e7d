//! How much memory a run takes, and how many of them the machine has room for at once.
//!
//! What is large is counted, as `analyze` does it: rows of D numbers and what a pass leaves on its tape. All runs share the
//! examples.

use crate::config::{Knobs, OptimizerKind};
use crate::curvature::held_for;
use crate::data::limit::machine_memory;
use crate::train::Task;

use super::costs::Curvature;

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

/// How many of these runs have room at once, at least one; each has so many cores.
pub(super) fn room_for(task: &Task, methods: &[(OptimizerKind, &Knobs)], curvature: Curvature, cores: usize) -> usize {
    let largest = methods.iter().map(|&(kind, knobs)| of_run(task, kind, knobs, curvature, cores as u64)).max();
    let there = machine_memory().map_or(u64::MAX, |all| all / SHARE);
    usize::try_from(there / largest.unwrap_or(1).max(1)).unwrap_or(usize::MAX).max(1)
}

/// Bytes that a run takes at most, about.
fn of_run(task: &Task, kind: OptimizerKind, knobs: &Knobs, curvature: Curvature, cores: u64) -> u64 {
    let (network, look) = (&task.network, &task.experiment.look);
    let number = task.compute.number_bytes() as u64;
    let d = network.num_parameters() as u64;
    let row = number * d;
    let batch = if knobs.batch == 0 { usize::MAX } else { knobs.batch }.min(task.train.len());
    let points = knobs.gradient_evaluations(kind);
    let members = points.min(network.pass_size(batch, &task.compute) as u64);
    let pass = number * batch as u64 * network.architecture().activations as u64;
    let step = 2 * points * row + members * (TAPE * pass + DUAL_ROWS * row);
    let measured = number * task.measured.pass_numbers() as u64;
    let evaluations = task.experiment.budget / (points.max(1) * look.eval_every.max(1)) + 1;
    let path = 4 * d * evaluations.min(PATH_ROWS);
    let solve = curvature.along.map_or(0, |_| {
        let held = look.lanczos_steps.min(held_for(network.num_parameters(), task.compute.number_bytes())) as u64 + 2;
        let product = cores * (DUAL_ROWS * row + TAPE * measured) + 3 * row;
        let probes = (1 + cores) * task.measured.chunk_size() as u64 * row + cores * TAPE * measured;
        (number * d * held + product).max(probes)
    });
    RUN_ROWS * row + path + step.max(solve).max(TAPE * measured)
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
        assert!(room_for(&task, &[(kind, &knobs)], curvature, 1) > 1, "a small run has room beside another");
        (of_run(&task, kind, &knobs, curvature, 1), d)
    }

    #[test]
    fn a_run_takes_more_with_more_points_and_with_curvature() {
        let (plain, d) = bytes(&[], OptimizerKind::Sgd, None);
        assert!(plain > 4 * 12 * d && plain < 1 << 26, "{plain} bytes for {d} parameters");
        let wide = bytes(&["nso.k=64"], OptimizerKind::Nso, None).0;
        assert!(wide > plain + 2 * 127 * 4 * d && wide < plain + (1 << 27), "{wide}, and {plain} with one point");
        assert!(bytes(&[], OptimizerKind::Sgd, Some(0)).0 > plain);
    }
}
