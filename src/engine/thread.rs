//! The engine thread: commands in, one unit of work at a time, events out.
//!
//! Training and measuring share the device by a stated budget: a unit of the side that is behind its share goes next. A
//! unit is one step of one run, or one chunk of a measurement, so a command takes effect within one unit.

mod budget;
mod device;
mod failure;
mod first_look;
mod loading;
mod racing;
mod rest;
mod session;
#[cfg(test)]
mod tests;
mod work;

use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use crate::config::{DEFAULT_LOOK_SHARE, DeviceChoice, Experiment};
use crate::model::Compute;
use crate::protocol::{Command, Event, JobEnd, JobId, MeasureRequest, NewRun, RunId};

use super::devices::computes;
use super::devices::kept::KeptRates;
use super::fleet::{Fleet, RunIds, Settings};
use super::jobs::Jobs;
use super::preview::Previews;
use super::sink::Sink;
use super::{EngineEnd, Link, Wake, link};
use budget::Budget;
use device::Devices;
use rest::{FOLLOW_INTERVAL, Rest, Speed};

/// Events leave at least this often while the engine works.
const FLUSH_INTERVAL: Duration = Duration::from_millis(8);
/// While the engine is asked to rest, it looks this often whether there are commands.
const REST_STEP: Duration = Duration::from_millis(2);
/// Commands that are taken between two units at most: as many as can wait at once. Who sends more, and faster than they are
/// taken, does not keep the engine from its work.
const COMMANDS_A_UNIT: usize = 1024;

/// A running engine. Joining it waits for its end; send [`Command::Shutdown`] first.
pub struct EngineHandle(JoinHandle<()>);

impl From<JoinHandle<()>> for EngineHandle {
    fn from(thread: JoinHandle<()>) -> Self {
        Self(thread)
    }
}

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
    let handle = Builder::new()
        .name("flatscape-engine".to_owned())
        .spawn(move || Engine::new(end, Devices::new(device, KeptRates::of_user())).run())?;
    Ok((link, EngineHandle(handle)))
}

struct Engine {
    end: EngineEnd,
    devices: Devices,
    /// The device that computes.
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
    rest: Rest,
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Flow {
    GoOn,
    End,
}

impl Engine {
    fn new(end: EngineEnd, devices: Devices) -> Self {
        let now = Instant::now();
        Self {
            end,
            devices,
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
            budget: Budget::new(DEFAULT_LOOK_SHARE),
            flushed: now,
            speed: Speed::default(),
            rest: Rest::default(),
        }
    }

    fn run(mut self) {
        self.work();
        self.end_recording();
    }

    fn work(&mut self) {
        self.open_device();
        while self.take_commands() == Flow::GoOn {
            match self.end.slots.rest_left() {
                Some(left) => std::thread::sleep(left.min(REST_STEP)),
                None => self.guarded(Self::unit),
            }
            if let Some(look) = self.previews.poll() {
                self.end.outbox.push(Event::Previewed(look));
            }
            self.poll_race();
            self.with_fleet(Fleet::poll_folders);
            self.tend_recording();
            let idle = !self.has_work();
            self.report_speed(idle);
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

    /// Takes the commands that wait; waits for one where there is nothing else to do.
    fn take_commands(&mut self) -> Flow {
        if !self.has_work() {
            let all_is_told = self.end.outbox.is_empty() && !self.end.outbox.recording.is_busy();
            let patience = self.rest.patience(self.is_reading(), all_is_told);
            let waited = match patience.or_else(|| self.folder_patience()) {
                Some(patience) => self.end.commands.recv_timeout(patience),
                None => self.end.commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            return match waited {
                Ok(command) => self.take(command),
                Err(RecvTimeoutError::Timeout) => Flow::GoOn,
                Err(RecvTimeoutError::Disconnected) => Flow::End,
            };
        }
        self.rest.end();
        for _ in 0..COMMANDS_A_UNIT {
            let flow = match self.end.commands.try_recv() {
                Ok(command) => self.take(command),
                Err(crossbeam_channel::TryRecvError::Empty) => return Flow::GoOn,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return Flow::End,
            };
            if flow == Flow::End {
                return flow;
            }
        }
        Flow::GoOn
    }

    fn take(&mut self, command: Command) -> Flow {
        if command == Command::Shutdown {
            return Flow::End;
        }
        self.rest.end();
        self.guarded(|engine| engine.obey(command));
        Flow::GoOn
    }

    /// Whether something is on its way on another thread.
    const fn is_reading(&self) -> bool {
        self.previews.is_busy() || self.devices.racing.is_waiting()
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Load { experiment, more } => self.load_with(*experiment, more),
            Command::LoadOnly { experiment, runs } => self.load_only(*experiment, runs),
            Command::Follow { experiment, folder } => self.follow(*experiment, &folder),
            Command::LookAt { run, step } => self.with_fleet(|fleet, sink| fleet.look_at(run, step, sink)),
            // Without runs there is nothing to play; why there are none has been told.
            Command::Play => self.set_playing(self.fleet.is_some()),
            Command::UseDevice(choice) => self.use_device(choice),
            Command::Pause => self.set_playing(false),
            // For paused runs; those that play step all the time.
            Command::Step => self.single_steps += u32::from(!self.playing),
            Command::Reset => self.reset(),
            Command::SetKnob { run, knob, value } => {
                self.with_fleet(|fleet, sink| fleet.set_knob(run, knob, value, sink));
            }
            Command::SetLookShare(share) if share.is_finite() => self.budget.look_share = share.clamp(0.0, 1.0),
            Command::SetLookShare(_) => self.warn("the share of time is not a number, expected one from 0 to 1"),
            Command::SetPace(pace) => self.with_fleet(|fleet, _| fleet.set_pace(pace)),
            Command::SetSlice(view) => self.with_fleet(|fleet, sink| fleet.set_slice(view, sink)),
            Command::Measure { job, run, request } => self.measure(job, run, &request),
            Command::CancelMeasure(job) => {
                self.jobs.cancel(job, &mut self.end.sink());
            }
            Command::SetLayerTraces(layer_traces) => self.set(Settings { layer_traces, ..self.settings }),
            Command::SetPairing(pairing) => self.set(Settings { pairing, ..self.settings }),
            Command::AddRun { optimizer, knobs, start } => {
                let run = NewRun { optimizer, knobs, start };
                self.with_fleet(|fleet, sink| fleet.add_run(run, sink));
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
            Command::KeepSessions(folder) => self.end.outbox.recording.keep_in(folder),
            Command::SaveSession(path) => self.save_session(path),
            Command::OpenSession(path) => self.open_session(&path),
            Command::TellAgain => self.tell_again(),
            Command::NoteAlert { run, alert } => self.with_fleet(|fleet, sink| fleet.note_alert(run, alert, sink)),
            Command::KeepView(view) => self.end.outbox.recording.keep_view(view),
            Command::Shutdown => {}
        }
    }

    /// How long to wait for a command where nothing is to be done but to follow a folder.
    fn folder_patience(&self) -> Option<Duration> {
        self.fleet.as_ref().filter(|fleet| fleet.follows()).map(|_| FOLLOW_INTERVAL)
    }

    fn warn(&mut self, message: &str) {
        self.end.outbox.push(Event::Warning(message.to_owned()));
    }

    fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.with_fleet(|fleet, _| fleet.set_settings(settings));
    }

    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        // Where somebody pauses is worth a state of the runs.
        self.end.outbox.recording.hurry();
        self.speed = Speed::default();
        self.end.outbox.push(Event::Playing(playing));
    }

    fn with_fleet(&mut self, act: impl FnOnce(&mut Fleet, &mut Sink)) {
        if let Some(fleet) = &mut self.fleet {
            act(fleet, &mut self.end.sink());
        }
    }

    /// Makes a job of a request, or says why it cannot be done.
    fn measure(&mut self, id: JobId, run: RunId, request: &MeasureRequest) {
        let mut sink = self.end.sink();
        let made = match &self.fleet {
            Some(fleet) => fleet.job(id, run, request),
            None => Err("no experiment is loaded".to_owned()),
        };
        match made {
            Ok(job) => {
                sink.outbox.recording.expect(id, run, request);
                self.jobs.push(job, &mut sink);
            }
            Err(reason) => sink.outbox.push(Event::Measured {
                job: id,
                step: 0,
                objective: String::new(),
                end: JobEnd::Failed(reason),
                findings: Box::default(),
            }),
        }
    }

    fn report_speed(&mut self, is_idle: bool) {
        let report = if is_idle { self.speed.stand() } else { self.speed.report() };
        if let Some(speed) = report.filter(|_| self.playing) {
            self.end.outbox.push(Event::Speed(speed));
        }
    }
}
