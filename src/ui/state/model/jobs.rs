//! What the engine tells of measurements that were asked for.

use crate::protocol::{Event, JobId};

use super::Model;

impl Model {
    /// Takes what is said of a measurement. A bound goes to the rows of its run, which may have been removed meanwhile.
    pub(super) fn apply_to_job(&mut self, id: JobId, event: Event) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.id == id) else { return };
        job.take(event);
        let mut runs = self.runs.iter_mut().chain(&mut self.removed);
        if let Some((found, constant)) = job.bound()
            && let Some(run) = runs.find(|run| run.info.run == job.run)
        {
            run.push_bound(job.step, found, constant);
        }
    }

    /// Measurements of steps that a run has gone back from are not of that run any more.
    pub(super) fn forget_after(&mut self, event: &Event) {
        let Event::Rewound { run, step, .. } = event else { return };
        for job in self.jobs.iter_mut().filter(|job| job.run == *run && job.step > *step) {
            job.is_void = true;
        }
    }
}
