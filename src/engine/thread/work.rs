//! What the engine does next: one unit of work, of the side that is behind its share.

use std::time::Instant;

use super::Engine;

impl Engine {
    /// Whether there is anything to do.
    pub(super) fn has_work(&self) -> bool {
        if self.jobs.has_work() {
            return true;
        }
        let Some(fleet) = &self.fleet else { return false };
        let trains = fleet.can_train() && (self.playing || self.single_steps > 0);
        trains || fleet.has_errand() || fleet.can_look() || fleet.can_evaluate(trains)
    }

    /// One unit of work, of the side that is behind its share.
    pub(super) fn unit(&mut self) {
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
        let can_look = fleet.can_look();
        if (can_look || self.jobs.has_work()) && (!trains || self.budget.look_is_behind()) {
            // What was asked for and the live view take turns.
            if self.jobs.has_work() && !(can_look && self.job_had_turn) {
                self.job_unit();
            } else {
                fleet.look_one(&mut sink);
                self.job_had_turn = false;
            }
            // Time that training had no use for is not held against measuring.
            self.budget.spend(0.0, if trains { started.elapsed().as_secs_f64() } else { 0.0 });
        } else if trains && self.playing {
            self.speed.steps += u32::from(fleet.train_one(&mut sink));
            self.budget.spend(started.elapsed().as_secs_f64(), 0.0);
        } else if trains {
            self.single_steps -= 1;
            fleet.train_all(&mut sink);
        }
    }

    fn job_unit(&mut self) {
        self.in_job = true;
        self.job_had_turn = true;
        self.jobs.advance(&mut self.end.sink());
        self.in_job = false;
    }
}
