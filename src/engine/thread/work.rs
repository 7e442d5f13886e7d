//! What the engine does next: one unit of work, of the side that is behind its share.

use std::time::Instant;

use super::Engine;
use crate::engine::fleet::Fleet;

impl Engine {
    /// Whether there is anything to do.
    pub(super) fn has_work(&self) -> bool {
        if self.jobs.has_work() || self.devices.racing.is_timing() {
            return true;
        }
        let Some(fleet) = &self.fleet else { return false };
        let trains = fleet.can_train() && (self.playing || self.single_steps > 0);
        trains || fleet.has_errand() || self.may_look(fleet, trains) || fleet.can_evaluate(trains)
    }

    /// One unit of work, of the side that is behind its share.
    pub(super) fn unit(&mut self) {
        if self.devices.racing.is_timing() {
            // Alone, so that each device is timed without the other's work.
            self.race_unit();
            return;
        }
        let is_racing = self.fleet.as_ref().is_some_and(|fleet| self.waits_for_gpu(fleet));
        let mut sink = self.end.sink();
        let started = Instant::now();
        let Some(fleet) = &mut self.fleet else {
            self.job_unit();
            return;
        };
        if self.compute.as_ref().is_some_and(self.may_be_lost) {
            fleet.keep_copies();
        }
        if fleet.has_errand() {
            fleet.run_errand(&mut sink);
            return;
        }
        let trains = fleet.can_train() && (self.playing || self.single_steps > 0);
        if fleet.evaluate_one(trains, &mut sink) {
            return;
        }
        let can_look = fleet.can_look(trains) && !is_racing;
        // Nobody waits for measurements that get no time, nor in single steps.
        let waits = trains && self.playing && self.budget.look_share > 0.0;
        let wait = if waits { fleet.awaited().filter(|_| can_look) } else { None };
        let looks = !trains || wait.is_some() || self.budget.look_is_behind();
        if (can_look || self.jobs.has_work()) && looks {
            // What was asked for and the live view take turns.
            if self.jobs.has_work() && !(can_look && self.job_had_turn) {
                self.job_unit();
            } else {
                self.speed.looks += u32::from(fleet.look_one(trains, wait, &mut sink));
                self.job_had_turn = false;
            }
            let spent = started.elapsed();
            match wait {
                // Time that training had no use for is not held against measuring, nor time that it waited.
                None => self.budget.spend(0.0, if trains { spent.as_secs_f64() } else { 0.0 }),
                Some(wait) => self.speed.wait(wait.told(), spent),
            }
        } else if trains && self.playing {
            self.speed.steps += u32::from(fleet.train_one(&mut sink));
            self.budget.spend(started.elapsed().as_secs_f64(), 0.0);
        } else if trains {
            self.single_steps -= 1;
            fleet.train_all(&mut sink);
        }
    }

    fn may_look(&self, fleet: &Fleet, trains: bool) -> bool {
        fleet.can_look(trains) && !self.waits_for_gpu(fleet)
    }

    fn job_unit(&mut self) {
        self.in_job = true;
        self.job_had_turn = true;
        self.jobs.advance(&mut self.end.sink());
        self.in_job = false;
    }
}
