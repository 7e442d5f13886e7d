//! The device of the runs. With `auto` they begin on the CPU; once the GPU's kernels are compiled, which a thread of its own does
//! meanwhile, both are raced on the experiment at hand and the faster one is taken, unless the runs have trained by then. What is
//! found is kept for the next start.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::first_look::MOST_PARAMETERS;
use super::racing::{Raced, Racing};
use super::{Engine, REST_STEP};
use crate::config::{DeviceChoice, Experiment};
use crate::engine::devices::kept::{KeptRates, Key};
use crate::engine::devices::race::verdict;
use crate::engine::devices::{OpenDevice, Opened, cpu_name, headless, open_all, open_gpu, processor, trial};
use crate::engine::fleet::Fleet;
use crate::engine::fleet::rescue::Move;
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::{DeviceReason, DeviceReport, DeviceRow, Event, Timed};

/// So long a load waits for the GPU's kernels: where they are compiled by then, runs begin on the faster device.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is known of the devices.
pub(super) struct Devices {
    /// What was asked for.
    pub asked: DeviceChoice,
    /// The one that the runs are on, or go to while the CPU draws their first pictures.
    pub used: DeviceChoice,
    /// The GPU, where one is open.
    pub gpu: Option<OpenDevice>,
    /// Rates of earlier starts.
    pub kept: KeptRates,
    pub racing: Racing,
    /// How long a load waits for the GPU's kernels.
    pub patience: Duration,
    /// What is told of them; without it there is no device yet.
    report: Option<DeviceReport>,
}

impl Devices {
    /// None is open yet.
    pub fn new(asked: DeviceChoice, kept: KeptRates) -> Self {
        let (used, racing) = (DeviceChoice::Cpu, Racing::default());
        Self { asked, used, gpu: None, kept, racing, patience: PATIENCE, report: None }
    }

    /// Whether `auto` has two to choose from.
    pub const fn may_choose(&self) -> bool {
        matches!(self.asked, DeviceChoice::Auto) && self.gpu.is_some()
    }

    /// Why the device in use is that, where there is nothing to choose.
    fn reason_without_race(&self) -> DeviceReason {
        match self.asked {
            DeviceChoice::Auto => DeviceReason::Alone,
            asked if asked.kind() == self.used => DeviceReason::Asked,
            _ => DeviceReason::OtherFailed,
        }
    }

    pub fn name_of(&self, choice: DeviceChoice) -> String {
        let gpu = self.gpu.as_ref().filter(|_| choice == DeviceChoice::Gpu);
        gpu.map_or_else(cpu_name, |gpu| gpu.name.clone())
    }

    /// A report without rates.
    fn plain(&self, reason: DeviceReason) -> DeviceReport {
        let gpu = self.gpu.as_ref().map(|_| DeviceChoice::Gpu);
        let row = |choice| DeviceRow { choice, name: self.name_of(choice), timed: Timed::Not };
        let rows = [DeviceChoice::Cpu].into_iter().chain(gpu).map(row).collect();
        DeviceReport { asked: self.asked, used: self.used, reason, rows, method: None, is_kept: false }
    }

    fn key(&self, experiment: &Experiment) -> Option<Key> {
        let methods = trial::methods_of(experiment);
        let words = trial::work_words(experiment, &methods);
        let gpu = self.gpu.as_ref()?.name.clone();
        Some(Key::new(&trial::model_text(&experiment.model), words, processor(), gpu))
    }
}

impl Engine {
    /// Opens what was asked for, if nothing is open yet; what fails is told by who needs it.
    pub(super) fn open_device(&mut self) {
        if self.compute.is_some() {
            return;
        }
        match open_all(self.devices.asked) {
            Ok(Opened { used, gpu }) => {
                self.devices.used = if used.compute.is_cpu() { DeviceChoice::Cpu } else { DeviceChoice::Gpu };
                self.devices.gpu = gpu;
                self.compute = Some(used.compute);
                self.end.outbox.push(Event::Device { name: used.name, notice: used.notice });
                let reason =
                    if self.devices.may_choose() { DeviceReason::Timing } else { self.devices.reason_without_race() };
                self.tell_devices(self.devices.plain(reason));
            }
            Err(message) => self.no_device = message,
        }
    }

    /// Tells of the device once more.
    pub(super) fn tell_device_again(&mut self) {
        if self.compute.is_some() {
            let name = self.devices.name_of(self.devices.used);
            self.end.outbox.push(Event::Device { name, notice: None });
        }
        if let Some(report) = self.devices.report.clone() {
            self.end.outbox.push(Event::Devices(Box::new(report)));
        }
    }

    /// Where the runs of an experiment go: with `auto` to the device that is known to be faster with it, else to the CPU.
    pub(super) fn device_for(&mut self, experiment: &Experiment) -> (DeviceChoice, Option<DeviceReport>) {
        let Some(key) = self.devices.key(experiment).filter(|_| self.devices.may_choose()) else {
            return (self.devices.used, None);
        };
        let (found, note) = self.devices.kept.find(&key);
        if let Some(note) = note {
            self.end.outbox.push(Event::Note(note));
        }
        let Some(found) = found else { return (DeviceChoice::Cpu, None) };
        let report = self.report(experiment, found.map(Timed::At), true);
        (report.used, Some(report))
    }

    /// What computes by that choice.
    pub(super) fn compute_of(&self, choice: DeviceChoice) -> Option<Compute> {
        match (choice, &self.devices.gpu) {
            (choice, _) if choice == self.devices.used => self.compute.clone(),
            (DeviceChoice::Gpu, gpu) => gpu.as_ref().map(|gpu| gpu.compute.clone()),
            _ => Some(Compute::cpu()),
        }
    }

    /// The runs of an experiment have been made for this device; `report` has the rates of both where they were known. They
    /// are raced where not.
    pub(super) fn settle_on(&mut self, choice: DeviceChoice, report: Option<DeviceReport>) {
        self.set_used(choice);
        self.devices.racing.stop();
        if let Some(report) = report {
            self.tell_devices(report);
        } else if self.devices.may_choose() {
            if let (Some(experiment), Some(gpu)) = (&self.experiment, &self.devices.gpu) {
                self.devices.racing.begin(experiment.clone(), gpu.compute.clone());
            }
            if self.fleet.as_ref().is_some_and(|fleet| self.waits_for_gpu(fleet)) {
                self.end.outbox.push(Event::WarmingUp("Compiling GPU kernels for this network".to_owned()));
            }
            self.tell_devices(self.devices.plain(DeviceReason::Timing));
        } else if self.devices.report.as_ref().is_some_and(|report| report.method.is_some()) {
            // Its rates are of another network.
            self.tell_devices(self.devices.plain(self.devices.reason_without_race()));
        }
    }

    /// Draws first pictures on the CPU while the GPU's kernels are compiled, for a moment; if they are there by then the race is
    /// run to its end.
    pub(super) fn await_race(&mut self) {
        let until = Instant::now() + self.devices.patience;
        while self.devices.racing.is_waiting() && Instant::now() < until {
            let Some(fleet) = &mut self.fleet else { return };
            if fleet.num_parameters() <= MOST_PARAMETERS && !fleet.is_seen() && fleet.can_look(false) {
                fleet.look_one(false, None, &mut self.end.sink());
                // A consumer that is gone is noticed elsewhere.
                self.end.outbox.flush();
            } else {
                std::thread::sleep(REST_STEP);
            }
            self.poll_race();
        }
        while self.devices.racing.is_timing() {
            self.race_unit();
        }
    }

    /// Whether the live view of a large network waits for what the GPU's kernels are compiled for: a unit of it on the CPU may
    /// take longer than these.
    pub(super) fn waits_for_gpu(&self, fleet: &Fleet) -> bool {
        self.devices.racing.is_waiting() && fleet.num_parameters() > MOST_PARAMETERS
    }

    /// Takes the race on, without waiting for the GPU's kernels.
    pub(super) fn poll_race(&mut self) {
        if let Some(Raced { experiment, found }) = self.devices.racing.poll() {
            self.decide(&experiment, found);
        }
    }

    /// One unit of the race.
    pub(super) fn race_unit(&mut self) {
        if let Some(Raced { experiment, found }) = self.devices.racing.advance() {
            self.decide(&experiment, found);
        }
    }

    /// The race is over: its winner takes the runs, where they have not begun.
    pub(super) fn decide(&mut self, experiment: &Experiment, found: [Timed; 2]) {
        if let ([Timed::At(cpu), Timed::At(gpu)], Some(key)) = (&found, self.devices.key(experiment)) {
            self.devices.kept.keep(key, [*cpu, *gpu]);
        }
        let report = self.report(experiment, found, false);
        let is_elsewhere = report.used != self.devices.used;
        if is_elsewhere && self.fleet.as_ref().is_some_and(Fleet::has_begun) {
            let note = "The other device is faster with this network. The runs had begun and stay where they are; the device in \
                        the status line offers to change.";
            self.end.outbox.push(Event::Note(note.to_owned()));
            self.tell_devices(DeviceReport { used: self.devices.used, reason: DeviceReason::Begun, ..report });
            return;
        }
        if is_elsewhere {
            self.set_used(report.used);
            self.tell_devices(report);
            self.take_to_device();
        } else {
            self.tell_devices(report);
        }
    }

    fn report(&self, experiment: &Experiment, found: [Timed; 2], is_kept: bool) -> DeviceReport {
        let methods = trial::methods_of(experiment);
        let method = trial::costliest(&methods).map(|(kind, _)| *kind);
        let verdict = verdict(&found[0], &found[1]);
        let gpu = self.devices.name_of(DeviceChoice::Gpu);
        headless::report(self.devices.asked, verdict, &gpu, found, (method, is_kept))
    }

    /// From now on this one computes, which is told where it is another one.
    fn set_used(&mut self, choice: DeviceChoice) {
        if choice == self.devices.used {
            return;
        }
        self.compute = self.compute_of(choice);
        self.devices.used = choice;
        let name = self.devices.name_of(choice);
        self.end.outbox.push(Event::Device { name, notice: None });
    }

    fn tell_devices(&mut self, report: DeviceReport) {
        self.devices.report = Some(report.clone());
        self.end.outbox.push(Event::Devices(Box::new(report)));
    }

    /// The GPU is lost, or could not take the runs: the CPU computes from now on.
    pub(super) fn fall_back(&mut self, open: OpenDevice, reason: &str) -> Option<Compute> {
        let report = self.devices.report.take().unwrap_or_else(|| self.devices.plain(DeviceReason::OtherFailed));
        let fail = |row: DeviceRow| match row.choice {
            DeviceChoice::Gpu => DeviceRow { timed: Timed::Failed(reason.to_owned()), ..row },
            _ => row,
        };
        let rows = report.rows.into_iter().map(fail).collect();
        let (asked, used) = (self.devices.asked, DeviceChoice::Cpu);
        let report = DeviceReport { asked, used, reason: DeviceReason::OtherFailed, rows, ..report };
        self.devices.used = used;
        self.devices.racing.stop();
        let gone = self.devices.gpu.take();
        let lost = self.compute.replace(open.compute);
        self.end.outbox.push(Event::Device { name: open.name, notice: open.notice });
        self.tell_devices(report);
        // Never given back to a driver that may have lost it.
        std::mem::forget(gone);
        lost
    }

    /// Has the runs go on on the device that is asked for.
    pub(super) fn use_device(&mut self, choice: DeviceChoice) {
        if let Err(reason) = self.try_use(choice) {
            let at = self.devices.name_of(self.devices.used);
            self.end.outbox.push(Event::Warning(format!("the runs stay on {at}: {reason}")));
        }
    }

    fn try_use(&mut self, choice: DeviceChoice) -> Result<(), String> {
        if choice.is_gpu() && self.devices.gpu.is_none() {
            self.devices.gpu = Some(open_gpu(choice)?);
        }
        let before = std::mem::replace(&mut self.devices.asked, choice);
        let experiment = self.experiment.clone();
        let known = match (&experiment, choice) {
            (Some(experiment), DeviceChoice::Auto) => self.device_for(experiment).1,
            _ => None,
        };
        let wanted = match (&known, choice) {
            (Some(report), _) => report.used,
            (None, DeviceChoice::Auto) => self.devices.used,
            (None, choice) => choice.kind(),
        };
        if wanted != self.devices.used
            && let Err(reason) = self.move_to(wanted)
        {
            self.devices.asked = before;
            return Err(reason);
        }
        if choice == DeviceChoice::Auto {
            self.settle_on(wanted, known);
            return Ok(());
        }
        self.devices.racing.stop();
        let plain = self.devices.plain(DeviceReason::Asked);
        // What was measured stays true.
        let report = match self.devices.report.take() {
            Some(last) if last.rows.len() == plain.rows.len() => {
                DeviceReport { asked: choice, used: wanted, reason: DeviceReason::Asked, ..last }
            }
            _ => plain,
        };
        self.tell_devices(report);
        Ok(())
    }

    /// Takes the runs, as they stand, to another device.
    fn move_to(&mut self, choice: DeviceChoice) -> Result<(), String> {
        let compute = self.compute_of(choice).ok_or("there is no such device")?;
        if let Some(old) = &mut self.fleet {
            if old.has_errand() {
                return Err("steps of a run are being repeated; ask again when that is done".to_owned());
            }
            if choice == DeviceChoice::Gpu {
                let message = "Moving the runs to the GPU, where kernels may have to be compiled".to_owned();
                self.end.outbox.push(Event::WarmingUp(message));
                // Before the long silence; a consumer that is gone is noticed elsewhere.
                self.end.outbox.flush();
            }
            old.copy_now();
            let moved = catch_unwind(AssertUnwindSafe(|| old.moved(compute).map_err(|err| err.to_string())));
            let mut moved = moved.unwrap_or_else(|panic| Err(panic_message(panic.as_ref())))?;
            moved.announce_move(old, Move::Asked, &mut self.end.sink());
            self.fleet = Some(moved);
        }
        self.set_used(choice);
        Ok(())
    }
}
