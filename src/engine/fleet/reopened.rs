//! The runs of a session that was opened: made of their kept states, told as if they had just done what they did.

use std::sync::Arc;

use crate::engine::look::Look;
use crate::engine::recording::Recording;
use crate::engine::reopen::{ReadRun, ReadSession};
use crate::engine::sink::Sink;
use crate::landscape::{Checkpoint, Path};
use crate::model::Compute;
use crate::protocol::{Event, KnobEdit, Origin, RunId, RunInfo, RunPast};
use crate::session::store::{KeptRun, Measured, RunState};
use crate::train::{History, HostCopy, Run, Task, TaskError};

use super::live::LiveRun;
use super::{Fleet, RunIds, Settings};

impl Fleet {
    /// The runs of a session with their ids, each where its last row is. Those that cannot go on are left out and named.
    ///
    /// # Errors
    /// When the experiment cannot be run here.
    pub fn reopened(
        read: &ReadSession,
        compute: Compute,
        settings: Settings,
        ids: &RunIds,
    ) -> Result<(Self, Vec<String>), TaskError> {
        let mut fleet = Self::empty(read.experiment.clone(), compute, settings, ids)?;
        fleet.planes.begin_after(read.last_generation());
        let mut problems = Vec::new();
        for run in &read.runs {
            match fleet.reopened_run(run, &read.all) {
                Ok(live) => fleet.runs.push(live),
                Err(why) => problems.push(format!("The run {} cannot go on: {why}.", run.kept.info.optimizer.label())),
            }
        }
        ids.go_beyond(read.last_id());
        Ok((fleet, problems))
    }

    fn reopened_run(&self, read: &ReadRun, all: &[KeptRun]) -> Result<LiveRun, String> {
        let info = &read.kept.info;
        if let Some(folder) = info.folder() {
            let mut live = self.following(folder, info.knobs.clone());
            live.id = info.run;
            return Ok(live);
        }
        let is_common = info.seed == self.task.seed;
        let task = if is_common { Arc::clone(&self.task) } else { Arc::new(self.task.with_seed(info.seed)) };
        let (run, history) = self.states_of(read, &task)?;
        let mut run = run.caught_up(&read.rows.journal, read.last_step());
        if matches!(read.kept.state, RunState::Diverged { .. }) {
            // It tries the step once more that was thrown away, to know that it has diverged.
            let mut next = run.clone();
            if next.step().is_err() {
                run = next;
            }
        }
        let step = run.steps();
        let evaluated = read.rows.evals.last().map(|row| row.step);
        let look = Look::new(self.view, self.settings.layer_traces).live();
        let live = LiveRun::new(info.run, run, look, info.origin.clone());
        let evaluated = evaluated.filter(|at| *at == step);
        let mut live = live.reopened(root_of(info, all), path_of(read), history, evaluated);
        live.is_finished = read.kept.state == RunState::Finished;
        Ok(live)
    }

    /// The run at its last kept state, and all states. One that began at the initial weights can do without.
    fn states_of(&self, read: &ReadRun, task: &Arc<Task>) -> Result<(Run, History), String> {
        let restore = |state| {
            let copy = HostCopy::from_checkpoint(state).map_err(|err| err.to_string())?;
            Run::restored(Arc::clone(task), &read.rows.journal, &copy).map_err(|err| err.to_string())
        };
        let mut states = Vec::new();
        let mut problem = None;
        for state in &read.states {
            match restore(state) {
                Ok(run) => states.push((run, state.is_start)),
                Err(why) => problem = Some(why),
            }
        }
        if let Some((last, _)) = states.last() {
            let last = last.clone();
            return Ok((last, History::restored(states)));
        }
        let info = &read.kept.info;
        if info.origin != Origin::Initial {
            return Err(problem.unwrap_or_else(|| "none of its states is in the session".to_owned()));
        }
        let run = Run::new(Arc::clone(task), info.optimizer, info.knobs.clone());
        let mut history = History::default();
        history.keep_start(&run);
        Ok((run, history))
    }

    /// Tells the consumer of the runs and of all that they did.
    pub fn tell_reopened(&self, read: &ReadSession, sink: &mut Sink) {
        sink.slots.clear();
        for (live, run) in self.pairs(read) {
            if let Some(newest) = run.slices.last() {
                sink.slots.put_grid(Arc::clone(newest));
            }
            if let Some(noise) = live.run.noise_snapshot(live.id) {
                sink.slots.put_noise(noise);
            }
        }
        self.tell_past(read, sink);
    }

    /// Tells what the runs did by what the session has of it.
    pub fn tell_past(&self, read: &ReadSession, sink: &mut Sink) {
        sink.outbox.repeat(self.started(self.infos(read)));
        self.task.notes().iter().for_each(|note| sink.outbox.repeat(Event::Note(format!("{note}."))));
        for (live, run) in self.pairs(read) {
            // The checkpoints of a folder are read again where that has just begun.
            let is_at_work = live.followed.as_ref().is_some_and(|followed| !followed.known.is_empty());
            if run.kept.info.folder().is_none() || is_at_work {
                tell_rows(run, read, sink);
            }
            // The steps since the last state were done again, and led elsewhere.
            if live.run.steps() < run.last_step() && !is_at_work {
                let (step, knobs) = (live.run.steps(), Box::new(live.run.knobs().clone()));
                sink.outbox.push(Event::Rewound { run: live.id, step, knobs });
            }
        }
        for measured in read.measured.iter().filter(|measured| self.find(measured.run).is_ok()) {
            let Measured { job, run, step, request, objective, end, findings } = measured.clone();
            let findings = Box::new(findings);
            sink.outbox.repeat(Event::MeasuredBefore { job, run, request: Box::new(request) });
            sink.outbox.repeat(Event::Measured { job, step, objective, end, findings });
        }
        self.tell_followed(sink);
        sink.outbox.repeat(Event::SessionOpened { view: read.view.clone() });
    }

    /// Tells that the runs are there, as they are now.
    pub fn tell_present(&self, sink: &mut Sink) {
        sink.outbox.repeat(self.started(self.runs.iter().map(LiveRun::info).collect()));
        self.tell_followed(sink);
        sink.outbox.repeat(Event::SessionOpened { view: None });
    }

    /// Has all of it written into another file.
    pub fn record_reopened(&self, read: &ReadSession, recording: &mut Recording) {
        recording.tell(&self.started(self.infos(read)));
        for (_, run) in self.pairs(read) {
            every_row(run, |event| recording.tell(&event));
            run.rows.journal.iter().for_each(|edit| recording.tell(&Event::KnobTurned { run: run.id(), edit: *edit }));
            run.slices.iter().for_each(|slice| recording.past_slice(slice));
            run.states.iter().for_each(|state| recording.checkpoint(state.clone()));
            run.path.iter().for_each(|point| recording.point(run.id(), || point.clone()));
        }
        read.measured.iter().for_each(|measured| recording.measured(measured.clone()));
        if let Some(view) = &read.view {
            recording.keep_view(view.clone());
        }
    }

    /// The runs as they began.
    fn infos(&self, read: &ReadSession) -> Vec<RunInfo> {
        self.pairs(read).map(|(_, run)| run.kept.info.clone()).collect()
    }

    fn pairs<'a>(&'a self, read: &'a ReadSession) -> impl Iterator<Item = (&'a LiveRun, &'a ReadRun)> {
        let of = |live: &LiveRun| read.runs.iter().find(|run| run.id() == live.id);
        self.runs.iter().filter_map(move |live| Some((live, of(live)?)))
    }
}

/// Where the weights of a run's step 0 come from: of a branch, where those of the run come from whose first steps it shares.
fn root_of(info: &RunInfo, all: &[KeptRun]) -> Origin {
    let mut origin = &info.origin;
    for _ in all {
        let Origin::Branch { run, .. } = origin else { break };
        match find(all, *run) {
            Some(parent) => origin = &parent.info.origin,
            None => break,
        }
    }
    origin.clone()
}

fn find(all: &[KeptRun], id: RunId) -> Option<&KeptRun> {
    all.iter().find(|run| run.info.run == id)
}

fn path_of(read: &ReadRun) -> Path {
    let stride = read.path.last().map_or(1, |point| point.stride);
    let points = read.path.iter().map(|point| Checkpoint {
        step: point.step,
        train_loss: point.train_loss,
        test_loss: point.test_loss,
        weights: point.weights.clone(),
    });
    Path::restored(points.collect(), stride)
}

/// Tells the consumer what a run did.
fn tell_rows(read: &ReadRun, session: &ReadSession, sink: &mut Sink) {
    let run = read.id();
    let mut rows = read.rows.clone();
    rows.journal.retain(|edit| !is_of_branch(read, session, edit));
    let mut slices = read.slices.clone();
    for rows in rows.parts(RunPast::PART) {
        let past = RunPast { rows, slices: std::mem::take(&mut slices) };
        sink.outbox.repeat(Event::RunPast { run, past: Box::new(past) });
    }
    match read.kept.state {
        RunState::Open => {}
        RunState::Finished => sink.outbox.repeat(Event::Finished { run }),
        RunState::Diverged { step, last_good_step } => {
            sink.outbox.repeat(Event::Diverged { run, step, last_good_step });
        }
    }
}

/// Whether a turn is one by which a branch got the knobs that it began with: nobody turned it.
fn is_of_branch(read: &ReadRun, session: &ReadSession, edit: &KnobEdit) -> bool {
    let info = &read.kept.info;
    let Some((parent, step)) = info.parent() else { return false };
    let is_shared = || session.runs.iter().any(|run| run.id() == parent && run.rows.journal.contains(edit));
    edit.step == step && edit.new == info.knobs.value(edit.knob) && !is_shared()
}

/// All rows of a run, as it told them.
fn every_row(read: &ReadRun, mut tell: impl FnMut(Event)) {
    let (run, rows) = (read.id(), &read.rows);
    tell(Event::Steps { run, rows: rows.steps.clone() });
    rows.evals.iter().for_each(|row| tell(Event::Evaluated { run, row: *row }));
    rows.traces.iter().for_each(|row| tell(Event::Trace { run, row: *row }));
    rows.eigens.iter().for_each(|row| tell(Event::Eigen { run, row: *row }));
    rows.streamed_traces.iter().for_each(|row| tell(Event::StreamedTrace { run, row: *row }));
    rows.streamed_eigens.iter().for_each(|row| tell(Event::StreamedEigen { run, row: *row }));
    rows.layer_traces.iter().for_each(|row| tell(Event::LayerTrace { run, row: row.clone() }));
    rows.alerts.iter().for_each(|alert| tell(Event::AlertNoted { run, alert: alert.clone() }));
}
