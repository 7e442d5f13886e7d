//! The engine thread: commands in, one unit of work at a time, events out.
//!
//! Training and measuring share the device by a stated budget: a unit of the side that is behind its share goes next. A
//! unit is one step of one run, or one chunk of a measurement, so a command takes effect within one unit.

mod failure;
mod first_look;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use crate::config::{DEFAULT_LOOK_SHARE, DeviceChoice, Experiment};
use crate::model::Compute;
use crate::protocol::{Command, Event, JobEnd, JobId, MeasureRequest, NewRun, RunId};

use super::devices::{computes, open_device};
use super::fleet::{Fleet, RunIds, Settings, Sink};
use super::jobs::Jobs;
use super::preview::Previews;
use super::{EngineEnd, Link, Wake, link, panic_message};

/// Events leave at least this often while the engine works.
const FLUSH_INTERVAL: Duration = Duration::from_millis(8);
/// While the engine is asked to rest, it looks this often whether there are commands.
const REST_STEP: Duration = Duration::from_millis(2);
/// Time between two reports of speed.
const SPEED_INTERVAL: Duration = Duration::from_millis(250);

/// A running engine. Joining it waits for its end; send [`Command::Shutdown`] first.
pub struct EngineHandle(JoinHandle<()>);

impl EngineHandle {
    /// Waits for the thread's end.
    pub fn join(self) {
        // A panic has been reported as an event; the window closes all the same.
        let _ = self.0.join();
    }
}

/// Starts the engine thread.
///
/// # Errors
/// When the system cannot start a thread.
pub fn spawn(device: DeviceChoice, wake: Wake) -> std::io::Result<(Link, EngineHandle)> {
    let (link, end) = link(wake);
    let handle = Builder::new().name("flatscape-engine".to_owned()).spawn(move || Engine::new(end, device).run())?;
    Ok((link, EngineHandle(handle)))
}

struct Engine {
    end: EngineEnd,
    /// The device that was asked for.
    choice: DeviceChoice,
    compute: Option<Compute>,
    /// Why there is no device.
    no_device: String,
    /// Whether a device may be lost one day, so that runs on it are copied to the host; another answer in tests.
    may_be_lost: fn(&Compute) -> bool,
    /// Whether a device still computes; another answer in tests.
    computes: fn(&Compute) -> bool,
    fleet: Option<Fleet>,
    jobs: Jobs,
    previews: Previews,
    /// A job had the last unit of measurement, so that the live view has the next.
    job_had_turn: bool,
    /// A unit of a job is under way: if it panics, the job is given up.
    in_job: bool,
    /// The experiment of the runs, or one that could not be loaded while there were none: for a reset after a failure.
    experiment: Option<Experiment>,
    ids: RunIds,
    settings: Settings,
    playing: bool,
    single_steps: u32,
    budget: Budget,
    flushed: Instant,
    speed: Speed,
}

/// Steps since the last report of speed.
struct Speed {
    since: Instant,
    steps: u32,
}

/// Seconds that each side has had lately.
struct Budget {
    look_share: f64,
    train: f64,
    look: f64,
}

impl Budget {
    /// Halving what has gathered keeps the account short: a pause or a slow unit is forgotten within a second.
    const MEMORY_SECS: f64 = 1.0;

    fn look_is_behind(&self) -> bool {
        self.look * (1.0 - self.look_share) < self.train * self.look_share
    }

    fn spend(&mut self, train: f64, look: f64) {
        self.train += train;
        self.look += look;
        if self.train + self.look > Self::MEMORY_SECS {
            self.train *= 0.5;
            self.look *= 0.5;
        }
    }
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    GoOn,
    End,
}

impl Engine {
    fn new(end: EngineEnd, choice: DeviceChoice) -> Self {
        let now = Instant::now();
        Self {
            end,
            choice,
            compute: None,
            no_device: String::new(),
            may_be_lost: |compute| !compute.is_cpu(),
            computes,
            fleet: None,
            jobs: Jobs::default(),
            previews: Previews::default(),
            job_had_turn: false,
            in_job: false,
            experiment: None,
            ids: RunIds::default(),
            settings: Settings::default(),
            playing: false,
            single_steps: 0,
            budget: Budget { look_share: DEFAULT_LOOK_SHARE, train: 0.0, look: 0.0 },
            flushed: now,
            speed: Speed { since: now, steps: 0 },
        }
    }

    fn run(mut self) {
        self.open_device();
        while self.take_commands() == Flow::GoOn {
            match self.end.slots.rest_left() {
                Some(left) => std::thread::sleep(left.min(REST_STEP)),
                None => self.guarded(Self::unit),
            }
            if let Some(look) = self.previews.poll() {
                self.end.outbox.push(Event::Previewed(look));
            }
            self.report_speed();
            let idle = !self.has_work();
            if (idle || self.flushed.elapsed() > FLUSH_INTERVAL) && !self.flush() {
                return;
            }
        }
        self.flush();
    }

    fn flush(&mut self) -> bool {
        self.flushed = Instant::now();
        self.end.outbox.flush()
    }

    /// Takes all commands that wait; waits for one where there is nothing else to do.
    fn take_commands(&mut self) -> Flow {
        if !self.has_work() {
            // Woken now and then, so that events that did not fit into the consumer's queue still leave.
            let patience = if self.previews.is_busy() { 5 } else { 100 };
            match self.end.commands.recv_timeout(Duration::from_millis(patience)) {
                Ok(command) => return self.take(command),
                Err(RecvTimeoutError::Timeout) => return Flow::GoOn,
                Err(RecvTimeoutError::Disconnected) => return Flow::End,
            }
        }
        loop {
            match self.end.commands.try_recv() {
                Ok(command) if self.take(command.clone()) == Flow::End => return Flow::End,
                Ok(_) => {}
                Err(crossbeam_channel::TryRecvError::Empty) => return Flow::GoOn,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return Flow::End,
            }
        }
    }

    fn take(&mut self, command: Command) -> Flow {
        if command == Command::Shutdown {
            return Flow::End;
        }
        self.guarded(|engine| engine.obey(command));
        Flow::GoOn
    }

    /// Opens the device that was asked for, if there is none yet; what fails is told by who needs it.
    fn open_device(&mut self) {
        if self.compute.is_some() {
            return;
        }
        match open_device(self.choice) {
            Ok(open) => {
                self.compute = Some(open.compute);
                self.end.outbox.push(Event::Device { name: open.name, notice: open.notice });
            }
            Err(message) => self.no_device = message,
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Load(experiment) => self.load_with(*experiment, Vec::new()),
            Command::LoadWith { experiment, more } => self.load_with(*experiment, more),
            // Without runs there is nothing to play; why there are none has been told.
            Command::Play => self.set_playing(self.fleet.is_some()),
            Command::Pause => self.set_playing(false),
            // For paused runs; those that play step all the time.
            Command::Step => self.single_steps += u32::from(!self.playing),
            Command::Reset => self.reset(),
            Command::SetKnob { run, knob, value } => {
                self.with_fleet(|fleet, sink| fleet.set_knob(run, knob, value, sink));
            }
            Command::SetLookShare(share) if share.is_finite() => self.budget.look_share = share.clamp(0.0, 1.0),
            Command::SetLookShare(_) => self.warn("the share of time is not a number, expected one from 0 to 1"),
            Command::SetSlice(view) => self.with_fleet(|fleet, sink| fleet.set_slice(view, sink)),
            Command::Measure { job, run, request } => self.measure(job, run, &request),
            Command::CancelMeasure(job) => {
                self.jobs.cancel(job, &mut Sink { outbox: &mut self.end.outbox, slots: &self.end.slots });
            }
            Command::SetLayerTraces(layer_traces) => self.set(Settings { layer_traces, ..self.settings }),
            Command::SetPairing(pairing) => self.set(Settings { pairing, ..self.settings }),
            Command::AddRun { optimizer, knobs, start } => {
                self.with_fleet(|fleet, sink| fleet.add_run(optimizer, *knobs, start, sink));
            }
            Command::RemoveRun(run) => self.with_fleet(|fleet, sink| fleet.remove_run(run, sink)),
            Command::RestoreRun(run) => self.with_fleet(|fleet, sink| fleet.restore_run(run, sink)),
            Command::CancelRepeat => self.with_fleet(Fleet::cancel_repeat),
            Command::Rewind { run, step } => self.with_fleet(|fleet, sink| fleet.rewind(run, step, sink)),
            Command::Predict { run, place, slice } => {
                self.with_fleet(|fleet, _| fleet.ask_prediction(run, place, slice));
            }
            Command::Preview(config) => self.previews.ask(config),
            Command::FetchWeights(run) => self.with_fleet(|fleet, sink| fleet.fetch_weights(run, sink)),
            Command::Shutdown => {}
        }
    }

    fn warn(&mut self, message: &str) {
        self.end.outbox.push(Event::Warning(message.to_owned()));
    }

    fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.with_fleet(|fleet, _| fleet.set_settings(settings));
    }

    /// Starts the runs of an experiment. Where that cannot be, those that are there go on as they are; false then.
    fn load(&mut self, experiment: Experiment) -> bool {
        let (title, is_first) = (experiment.title.clone(), self.fleet.is_none());
        if is_first {
            // Kept, so that a reset tries again when the cause is gone.
            self.experiment = Some(experiment.clone());
        }
        match self.make_fleet(experiment.clone()) {
            Ok(fleet) => {
                self.set_playing(false);
                self.single_steps = 0;
                self.fleet = Some(fleet);
                self.experiment = Some(experiment);
                self.with_fleet(Fleet::announce);
                self.go_on_to_device();
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
    fn make_fleet(&self, experiment: Experiment) -> Result<Fleet, String> {
        let compute = self.compute.as_ref().ok_or_else(|| self.no_device.clone())?;
        let compute = self.first_device(&experiment, compute);
        let make = || Fleet::new(experiment, compute, self.settings, &self.ids);
        let made = catch_unwind(AssertUnwindSafe(make)).map_err(|panic| panic_message(panic.as_ref()))?;
        made.map_err(|err| err.to_string())
    }

    /// Loads an experiment and adds runs to it. Where it cannot be loaded, those that there are get no others.
    fn load_with(&mut self, experiment: Experiment, more: Vec<NewRun>) {
        if !self.load(experiment) {
            return;
        }
        for NewRun { optimizer, knobs, start } in more {
            self.with_fleet(|fleet, sink| fleet.add_run(optimizer, *knobs, start, sink));
        }
    }

    fn reset(&mut self) {
        if self.fleet.is_none() {
            self.open_device();
            if let Some(experiment) = self.experiment.clone() {
                self.load(experiment);
            }
            return;
        }
        if let Some(fleet) = &mut self.fleet {
            fleet.reset();
        }
        self.with_fleet(Fleet::announce);
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.end.outbox.push(Event::Playing(playing));
    }

    fn with_fleet(&mut self, act: impl FnOnce(&mut Fleet, &mut Sink)) {
        if let Some(fleet) = &mut self.fleet {
            act(fleet, &mut Sink { outbox: &mut self.end.outbox, slots: &self.end.slots });
        }
    }

    /// Makes a job of a request, or says why it cannot be done.
    fn measure(&mut self, id: JobId, run: RunId, request: &MeasureRequest) {
        let mut sink = Sink { outbox: &mut self.end.outbox, slots: &self.end.slots };
        let made = match &self.fleet {
            Some(fleet) => fleet.job(id, run, request),
            None => Err("no experiment is loaded".to_owned()),
        };
        match made {
            Ok(job) => self.jobs.push(job, &mut sink),
            Err(reason) => sink.outbox.push(Event::Measured {
                job: id,
                step: 0,
                objective: String::new(),
                end: JobEnd::Failed(reason),
                findings: Box::default(),
            }),
        }
    }

    fn has_work(&self) -> bool {
        if self.jobs.has_work() {
            return true;
        }
        let Some(fleet) = &self.fleet else { return false };
        fleet.has_errand() || fleet.can_look() || (fleet.can_train() && (self.playing || self.single_steps > 0))
    }

    /// One unit of work, of the side that is behind its share.
    fn unit(&mut self) {
        let mut sink = Sink { outbox: &mut self.end.outbox, slots: &self.end.slots };
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
        self.jobs.advance(&mut Sink { outbox: &mut self.end.outbox, slots: &self.end.slots });
        self.in_job = false;
    }

    fn report_speed(&mut self) {
        let elapsed = self.speed.since.elapsed();
        if elapsed >= SPEED_INTERVAL {
            let steps_per_second = f64::from(self.speed.steps) / elapsed.as_secs_f64();
            if self.playing {
                self.end.outbox.push(Event::Speed { steps_per_second });
            }
            self.speed = Speed { since: Instant::now(), steps: 0 };
        }
    }
}
