//! How many runs go at once: as many as were asked for, or as the first units say.

use std::time::Instant;

use crate::config::{Knobs, OptimizerKind, StudyKind};
use crate::train::{Run, Task};

use super::costs::{Costs, Curvature, TRY_FOR, Work};
use super::crew::Crew;
use super::error::EngineError;
use super::pace::Pace;
use super::room::Ground;

/// What is over in so many seconds is not worth another trial.
const LEAST_SECONDS: f64 = 1.0;

/// What it depends on.
pub(super) struct Choice<'a> {
    pub task: &'a Task,
    /// Runs at once that were asked for.
    pub jobs: Option<usize>,
    /// The first run of each optimizer, at step 0.
    pub firsts: &'a [Run],
    /// All that waits, in its order.
    pub works: &'a [Work],
    pub curvature: Curvature,
    /// What is measured of each run beside.
    pub kind: &'a StudyKind,
}

impl Choice<'_> {
    /// The crew, and what units cost it.
    ///
    /// Where nobody asked for a number, units are tried on all cores, and then by as many workers at once as there are cores to
    /// give them. Whichever would be done first is taken: side by side loses where a single step fills all cores and there
    /// are too few runs for all to end together. Where a few units take seconds on all cores they have work for all of them, and
    /// would take a core alone minutes to try: one run comes after the other then, and so it does where all is over in a
    /// moment.
    ///
    /// # Errors
    /// [`EngineError::Threads`] where none can be started.
    pub fn make(&self) -> Result<(Crew, Costs), EngineError> {
        let crew = Crew::of(self.most());
        if crew.workers == 1 {
            return Ok((crew, self.try_alone()));
        }
        let try_beside = || {
            let found = crew.each(crew.workers, || (), |_, _| Ok(self.try_alone()));
            found.map(Costs::together)
        };
        if self.jobs.is_some() {
            return Ok((crew, try_beside()?));
        }
        let begun = Instant::now();
        let alone = self.try_alone();
        let is_settled = begun.elapsed() > TRY_FOR || self.seconds(&alone, 1) < LEAST_SECONDS;
        if is_settled {
            return Ok((Crew::one(), alone));
        }
        let beside = try_beside()?;
        let is_faster = self.seconds(&beside, crew.workers) < self.seconds(&alone, 1);
        Ok(if is_faster { (crew, beside) } else { (Crew::one(), alone) })
    }

    /// Runs at once at most. A GPU takes its work from one thread.
    fn most(&self) -> usize {
        if !self.task.compute.is_cpu() {
            return 1;
        }
        let cores = rayon::current_num_threads();
        let tries = self.works.iter().filter(|work| work.is_try).count();
        let wanted = self.jobs.unwrap_or(cores).min(tries.max(self.works.len() - tries)).max(1);
        let methods: Vec<(OptimizerKind, &Knobs)> =
            self.firsts.iter().map(|run| (run.optimizer(), run.knobs())).collect();
        wanted.min(Ground::of(self.task, self.curvature).room_for(&methods, Crew::of(wanted).cores))
    }

    fn try_alone(&self) -> Costs {
        Costs::of_trying(self.firsts, self.works, self.kind)
    }

    fn seconds(&self, costs: &Costs, workers: usize) -> f64 {
        Pace::new(costs.clone(), workers, self.works.to_vec()).seconds_left()
    }
}
