//! Experiments that are loaded, and runs that start again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::config::{DeviceChoice, Experiment};
use crate::engine::fleet::{Fleet, RunIds, Settings};
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::{Event, NewRun};
use crate::train::TaskError;

use super::Engine;

/// What makes the fleet of an experiment, with its runs or without.
type Make = fn(Experiment, Compute, Settings, &RunIds) -> Result<Fleet, TaskError>;

impl Engine {
    /// Starts the runs of an experiment. Where that cannot be, those that are there go on as they are; false then.
    fn load(&mut self, experiment: Experiment) -> bool {
        self.load_by(experiment, Fleet::new)
    }

    /// The same with what makes the fleet.
    fn load_by(&mut self, experiment: Experiment, make: Make) -> bool {
        let (title, is_first) = (experiment.title.clone(), self.fleet.is_none());
        if is_first {
            // Kept, so that a reset tries again when the cause is gone.
            self.experiment = Some(experiment.clone());
        }
        let (choice, report) = self.device_for(&experiment);
        match self.make_fleet(experiment.clone(), choice, make) {
            Ok(fleet) => {
                self.set_playing(false);
                self.single_steps = 0;
                self.start_session(fleet.files());
                self.fleet = Some(fleet);
                self.experiment = Some(experiment);
                self.with_fleet(Fleet::announce);
                self.settle_on(choice, report);
                self.go_on_to_device();
                self.await_race();
                true
            }
            Err(reason) => {
                let told = if is_first { Event::Failed(reason) } else { Event::NotLoaded { title, reason } };
                self.end.outbox.push(told);
                // It may be the device that failed.
                self.replace_lost_device();
                false
            }
        }
    }

    /// Makes the runs of an experiment; a panic on the way is one more reason why there are none.
    fn make_fleet(&self, experiment: Experiment, choice: DeviceChoice, make: Make) -> Result<Fleet, String> {
        let compute = self.compute_of(choice).ok_or_else(|| self.no_device.clone())?;
        let compute = self.first_device(&experiment, &compute);
        let make = || make(experiment, compute, self.settings, &self.ids);
        let made = catch_unwind(AssertUnwindSafe(make)).map_err(|panic| panic_message(panic.as_ref()))?;
        made.map_err(|err| err.to_string())
    }

    /// Loads an experiment and adds runs to it. Where it cannot be loaded, those that there are get no others.
    pub(super) fn load_with(&mut self, experiment: Experiment, more: Vec<NewRun>) {
        if self.load(experiment) {
            self.add_runs(more);
        }
    }

    /// The same without the experiment's own runs.
    pub(super) fn load_only(&mut self, experiment: Experiment, runs: Vec<NewRun>) {
        if self.load_by(experiment, Fleet::empty) {
            self.add_runs(runs);
        }
    }

    fn add_runs(&mut self, runs: Vec<NewRun>) {
        self.with_fleet(|fleet, sink| runs.into_iter().for_each(|run| fleet.add_run(run, sink)));
    }

    /// Follows a folder with the data and the model of an experiment, none of whose runs starts.
    pub(super) fn follow(&mut self, experiment: Experiment, folder: &Path) {
        if self.load_by(experiment, Fleet::empty) {
            self.with_fleet(|fleet, sink| fleet.follow(folder, sink));
        }
    }

    /// Starts all runs again; after a load that failed, it is tried once more.
    pub(super) fn reset(&mut self) {
        let Some(files) = self.fleet.as_ref().map(Fleet::files) else {
            self.open_device();
            if let Some(experiment) = self.experiment.clone() {
                self.load(experiment);
            }
            return;
        };
        self.start_session(files);
        if let Some(fleet) = &mut self.fleet {
            fleet.reset();
        }
        self.with_fleet(Fleet::announce);
    }
}
