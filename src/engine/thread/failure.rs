//! What the engine does where its work panics or its device is lost: neither ends it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Engine;
use crate::engine::devices::replacement;
use crate::engine::fleet::Fleet;
use crate::engine::fleet::rescue::Move;
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::Event;

impl Engine {
    /// Runs a piece of work; a panic in it becomes an event, and the engine stays to go on or to be reset.
    pub(super) fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(self))) else { return };
        let reason = panic_message(panic.as_ref());
        let in_job = std::mem::take(&mut self.in_job);
        if in_job {
            self.fail_job(&reason);
        }
        if !self.replace_lost_device() && !in_job {
            self.stop(reason);
        }
    }

    /// Gives up the job under way. Drivers may also fail at giving back what they have lost.
    fn fail_job(&mut self, reason: &str) {
        let mut sink = self.end.sink();
        let fail = || self.jobs.fail(reason.to_owned(), &mut sink);
        // Whether that worked or not: the job is no longer in the queue.
        let _ = catch_unwind(AssertUnwindSafe(fail));
    }

    /// Stops training after a failure.
    fn stop(&mut self, reason: String) {
        self.single_steps = 0;
        self.set_playing(false);
        self.end.outbox.push(Event::Failed(reason));
        // Runs change only at the end of a good step, so they can go on; half-done measurements start anew.
        if let Some(fleet) = &mut self.fleet {
            let _ = catch_unwind(AssertUnwindSafe(|| fleet.restart_work()));
        }
    }

    /// Where the device is gone, and everything on it with it, the runs go on from their last copies on the CPU. True if what
    /// became of them has been told.
    pub(super) fn replace_lost_device(&mut self) -> bool {
        if self.compute.as_ref().is_none_or(self.computes) {
            return false;
        }
        while self.jobs.has_work() {
            self.fail_job("its device was lost");
        }
        let open = replacement();
        let lost = self.fall_back(open.clone(), "it no longer answers");
        let Some(old) = self.fleet.take() else { return false };
        let moved = catch_unwind(AssertUnwindSafe(|| self.move_runs(&old, open.compute)));
        if let Err(reason) = moved.unwrap_or_else(|panic| Err(panic_message(panic.as_ref()))) {
            self.set_playing(false);
            self.end.slots.clear();
            old.ids().for_each(|run| self.end.outbox.push(Event::RunRemoved(run)));
            let message = format!("the device of the runs was lost, and they cannot go on elsewhere: {reason}");
            self.end.outbox.push(Event::Failed(message));
        }
        // What a driver has lost is never given back to it: it may fail at that, in the middle of another failure.
        std::mem::forget((old, lost));
        true
    }

    /// Has the runs go on elsewhere.
    fn move_runs(&mut self, old: &Fleet, compute: Compute) -> Result<(), String> {
        let mut fleet = old.moved(compute).map_err(|err| err.to_string())?;
        if !fleet.has_runs() {
            return Err("none of them had been copied yet".to_owned());
        }
        fleet.announce_move(old, Move::Lost, &mut self.end.sink());
        self.fleet = Some(fleet);
        Ok(())
    }
}
