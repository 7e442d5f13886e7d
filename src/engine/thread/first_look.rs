//! The first pictures of an experiment off the CPU: the CPU draws them while the kernels of a GPU are still to be compiled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::Engine;
use crate::config::Experiment;
use crate::engine::devices::declined;
use crate::engine::fleet::Fleet;
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::Event;

/// What the CPU may spend on first pictures.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Networks with more parameters than this are drawn by their own device at once: the CPU would take too long for them.
pub(super) const MOST_PARAMETERS: usize = 50_000;

impl Engine {
    /// Where the runs of an experiment start: on the CPU where they go on to a device with kernels to compile, unless their
    /// data have to be read from a file, which once is enough for.
    pub(super) fn first_device(&self, experiment: &Experiment, compute: &Compute) -> Compute {
        let has_file = experiment.data.path.is_some();
        if (self.may_be_lost)(compute) && !has_file { Compute::cpu() } else { compute.clone() }
    }

    /// Draws the runs where they start, then takes them to their device.
    pub(super) fn go_on_to_device(&mut self) {
        let (Some(fleet), Some(compute)) = (&mut self.fleet, &self.compute) else { return };
        if !(self.may_be_lost)(compute) || fleet.is_on(compute) {
            return;
        }
        if fleet.num_parameters() <= MOST_PARAMETERS {
            let until = Instant::now() + PATIENCE;
            while !fleet.is_seen() && fleet.can_look(false) && Instant::now() < until {
                fleet.look_one(false, None, &mut self.end.sink());
            }
        }
        let message = "Compiling GPU kernels for this network, which takes a while the first time".to_owned();
        self.end.outbox.push(Event::WarmingUp(message));
        // Before the long silence; a consumer that is gone is noticed elsewhere.
        self.end.outbox.flush();
        self.take_to_device();
    }

    /// Takes the runs, which have not begun, to the device that computes. Where it cannot have them, the CPU keeps them.
    pub(super) fn take_to_device(&mut self) {
        let (Some(fleet), Some(compute)) = (&mut self.fleet, &self.compute) else { return };
        fleet.copy_now();
        let take = || fleet.moved(compute.clone()).map_err(|err| err.to_string());
        let taken: Result<Fleet, String> =
            catch_unwind(AssertUnwindSafe(take)).unwrap_or_else(|panic| Err(panic_message(panic.as_ref())));
        match taken {
            Ok(moved) => self.fleet = Some(moved),
            Err(reason) => {
                self.fall_back(declined(&reason), &reason);
            }
        }
    }
}
