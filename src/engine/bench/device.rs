//! The device that a work is timed on: with `auto` the faster one, by the work itself.

use super::{Bench, Figure, Work};
use crate::config::{DeviceChoice, OptimizerKind};
use crate::engine::OpenDevice;
use crate::engine::devices::headless::{Headless, open_for};
use crate::engine::devices::race::{Contender, Made};
use crate::engine::devices::trial;
use crate::landscape::SliceJob;
use crate::model::Compute;
use crate::protocol::DeviceReport;

impl Bench {
    /// Opens the device that `choice` takes: with `auto` the one that is faster with a work, by a step of NSO with 4 pairs and
    /// the slice.
    ///
    /// # Errors
    /// One sentence when `choice` is `gpu` and no adapter starts.
    pub fn open(work: Work, choice: DeviceChoice) -> Result<(OpenDevice, Option<DeviceReport>), String> {
        let on = |compute: &Compute| -> Made { Ok(Box::new(Trial(Self::new(work, compute), None))) };
        let words = format!("bench {}; nso_step_k4; slice_51x51", work.key());
        let model = trial::model_text(&work.model());
        open_for(choice, &Headless { model, words, method: Some(OptimizerKind::Nso), on: &on })
    }
}

/// A work that devices are timed on, with its slice.
struct Trial(Bench, Option<SliceJob>);

impl Contender for Trial {
    fn step(&mut self) -> Result<(), String> {
        self.0.run(Figure::NsoStepK4);
        Ok(())
    }

    fn chunk(&mut self) -> Result<f64, String> {
        let mut job = self.1.take().unwrap_or_else(|| self.0.slice());
        let before = job.progress().done;
        let is_complete = job.advance(&self.0.objective);
        let progress = job.progress();
        self.1 = (!is_complete).then_some(job);
        Ok((progress.done - before) as f64 / progress.total.max(1) as f64)
    }
}
