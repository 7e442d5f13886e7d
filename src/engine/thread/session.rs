//! Sessions: how what is done is recorded, saved under a name, and opened again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Engine;
use crate::config::DeviceChoice;
use crate::engine::devices::processor;
use crate::engine::fleet::Fleet;
use crate::engine::panic_message;
use crate::engine::reopen::ReadSession;
use crate::model::Compute;
use crate::protocol::{DeviceReason, DeviceReport, Event};
use crate::session::files::{FILES_KEY, NamedFiles};
use crate::session::store::{Provenance, Recorder, Writer};
use crate::session::unnamed;

/// At its end the engine waits so long for what is still to be written.
const END_PATIENCE: Duration = Duration::from_secs(10);

impl Engine {
    /// Where what is recorded comes from.
    fn provenance(&self) -> Provenance {
        Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            device: self.devices.name_of(self.devices.used),
            processor: processor(),
            created: SystemTime::now(),
            writer: Writer::Window,
        }
    }

    /// New runs are about to be told: they are another session. The one before is written to its end.
    pub(super) fn start_session(&mut self, files: Arc<NamedFiles>) {
        self.record_states();
        let provenance = self.provenance();
        self.end.outbox.recording.start(provenance, files);
    }

    /// Writes the states of the runs that have moved.
    fn record_states(&mut self) {
        if self.end.outbox.recording.is_on() {
            self.with_fleet(|fleet, sink| fleet.record(&mut sink.outbox.recording));
        }
    }

    /// Goes on with what is recorded, now and then.
    pub(super) fn tend_recording(&mut self) {
        if !self.end.outbox.recording.is_due() {
            return;
        }
        let tended = self.end.outbox.recording.tend();
        if let Some(warning) = tended.warning {
            self.warn(&warning);
        }
        if let Some(state) = tended.state {
            self.end.outbox.push(Event::Session(Box::new(state)));
        }
        if tended.wants_states {
            self.guarded(Self::record_states);
        }
    }

    /// Writes what is left, within some seconds.
    pub(super) fn end_recording(&mut self) {
        if self.end.outbox.recording.is_on() {
            self.guarded(Self::record_states);
            self.end.outbox.recording.end(END_PATIENCE);
        }
    }

    /// Has the session written into a file of the user's.
    pub(super) fn save_session(&mut self, path: PathBuf) {
        let Some(files) = self.fleet.as_ref().map(Fleet::files) else {
            return self.warn("the session was not saved: no experiment is loaded");
        };
        let provenance = self.provenance();
        let is_new = !self.end.outbox.recording.is_on();
        self.end.outbox.recording.save_as(path, || (provenance, files));
        if is_new {
            // Nothing was recorded before: the runs are told once more, as they are now.
            self.with_fleet(|fleet, sink| fleet.begin_record(&mut sink.outbox.recording));
        }
    }

    /// Goes on with the session of a file. Where that cannot be, the runs that are there go on as they are.
    pub(super) fn open_session(&mut self, path: &Path) {
        if let Err(reason) = self.try_open(path) {
            let title =
                path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
            let told = if self.fleet.is_none() { Event::Failed(reason) } else { Event::NotLoaded { title, reason } };
            self.end.outbox.push(told);
            // It may be the device that failed.
            self.replace_lost_device();
        }
    }

    fn try_open(&mut self, path: &Path) -> Result<(), String> {
        if self.end.outbox.recording.writes(path) {
            return Err("it is the session of this window".to_owned());
        }
        let mut read = ReadSession::read(path)?;
        let (choice, report) = self.device_of(&read);
        let compute = self.compute_of(choice).ok_or_else(|| self.no_device.clone())?;
        let (fleet, problems) = self.make_reopened(&read, compute)?;
        self.record_states();
        self.jobs.forget();
        self.set_playing(false);
        self.single_steps = 0;
        self.experiment = Some(read.experiment.clone());
        let writer = read.writer();
        self.record_into(writer, &fleet, &read);
        self.fleet = Some(fleet);
        self.with_fleet(|fleet, sink| fleet.tell_reopened(&read, sink));
        let device = self.device_note(&read, choice);
        for note in read.notes.into_iter().chain(device) {
            self.end.outbox.push(Event::Note(note));
        }
        problems.into_iter().for_each(|problem| self.end.outbox.push(Event::Warning(problem)));
        self.settle_on(choice, report);
        Ok(())
    }

    /// Tells all that there is to a consumer that has just come.
    pub(super) fn tell_again(&mut self) {
        self.end.outbox.begin_again();
        self.tell_device_again();
        if self.fleet.is_some() {
            match self.written() {
                Ok(read) => self.with_fleet(|fleet, sink| fleet.tell_past(&read, sink)),
                Err(why) => {
                    self.with_fleet(|fleet, sink| fleet.tell_present(sink));
                    self.warn(&format!("what the runs did before is not told again: {why}"));
                }
            }
        }
        let outbox = &mut self.end.outbox;
        let expected: Vec<_> =
            outbox.recording.expected().map(|(job, run, request)| (job, run, Box::new(request.clone()))).collect();
        expected.into_iter().for_each(|(job, run, request)| {
            outbox.repeat(Event::MeasuredBefore { job, run, request });
        });
        let state = outbox.recording.state();
        if state.path.is_some() {
            outbox.repeat(Event::Session(Box::new(state)));
        }
        outbox.repeat(Event::Playing(self.playing));
    }

    /// The session with all that was told by now.
    fn written(&mut self) -> Result<ReadSession, String> {
        self.record_states();
        let path = self.end.outbox.recording.write_out(END_PATIENCE);
        ReadSession::read(&path.ok_or("it is not written")?)
    }

    /// The device that a session was trained on, where it is here; else as for any experiment.
    fn device_of(&mut self, read: &ReadSession) -> (DeviceChoice, Option<DeviceReport>) {
        let (choice, report) = self.device_for(&read.experiment);
        let is_theirs = |choice: &DeviceChoice| self.devices.name_of(*choice) == read.provenance.device;
        let has_choice = self.devices.may_choose();
        match [DeviceChoice::Cpu, DeviceChoice::Gpu].into_iter().find(|choice| has_choice && is_theirs(choice)) {
            Some(theirs) if theirs != choice => {
                let stays = |report| DeviceReport { used: theirs, reason: DeviceReason::Begun, ..report };
                (theirs, report.map(stays))
            }
            _ => (choice, report),
        }
    }

    /// That the next steps may not be those that would have come, where another device computes them.
    fn device_note(&self, read: &ReadSession, choice: DeviceChoice) -> Option<String> {
        let (now, then) = (self.devices.name_of(choice), &read.provenance.device);
        let is_cpu = |name: &str| name.starts_with("CPU");
        let is_same =
            if is_cpu(&now) && is_cpu(then) { processor() == read.provenance.processor } else { now == *then };
        let with = |device: &str, processor: &str| {
            if is_cpu(device) { format!("{device}, {processor}") } else { device.to_owned() }
        };
        (!is_same).then(|| {
            let (then, now) = (with(then, &read.provenance.processor), with(&now, &processor()));
            format!(
                "The session was trained on {then}. It goes on on {now}, where the next steps may differ in their last digits."
            )
        })
    }

    /// Makes the runs of a session; a panic on the way is one more reason why there are none.
    fn make_reopened(&self, read: &ReadSession, compute: Compute) -> Result<(Fleet, Vec<String>), String> {
        let make = || Fleet::reopened(read, compute, self.settings, &self.ids);
        let made = catch_unwind(AssertUnwindSafe(make)).map_err(|panic| panic_message(panic.as_ref()))?;
        let (fleet, problems) = made.map_err(|err| err.to_string())?;
        if fleet.has_runs() { Ok((fleet, problems)) } else { Err(problems.join(" ").trim_end_matches('.').to_owned()) }
    }

    /// Goes on in the file of the session, or in a copy of it.
    fn record_into(&mut self, writer: Option<Recorder>, fleet: &Fleet, read: &ReadSession) {
        let recording = &mut self.end.outbox.recording;
        if let Some(writer) = writer {
            return recording.go_on(writer);
        }
        let Some(folder) = recording.folder() else { return recording.stop() };
        let place = unnamed::free_place(folder, SystemTime::now());
        match Recorder::create(&place, &read.provenance) {
            Ok(copy) => {
                copy.keep(FILES_KEY, read.files.clone());
                recording.go_on(copy);
                fleet.record_reopened(read, recording);
            }
            Err(err) => {
                recording.stop();
                self.warn(&format!("what is done now is not written: {err}"));
            }
        }
    }
}
