//! Runs that follow a folder into which another program writes checkpoints. Such a run stands at one of them, is evaluated at each
//! once and measured where it stands; it never takes a step.

use std::path::Path as FilePath;
use std::sync::Arc;

use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::engine::folder::News;
use crate::engine::sink::Sink;
use crate::landscape::{Checkpoint, Path};
use crate::protocol::{Event, MeasureRequest, Measurement, NewRun, Origin, RunId, RunStart};
use crate::session::weights::ModelState;
use crate::train::Run;

use super::Fleet;
use super::checkpoints::Followed;
use super::live::LiveRun;
use super::starts::from_file;

/// Numbers that the weights of a followed run's path may have together.
const MOST_NUMBERS: usize = 1 << 28;

impl LiveRun {
    /// The folder that it follows.
    pub fn folder(&self) -> Option<&FilePath> {
        self.followed.as_ref().map(|followed| followed.folder.as_path())
    }

    /// The run at a checkpoint.
    fn at(&self, step: u64, state: &ModelState) -> Run {
        let task = self.run.task();
        let (dimension, size) = (state.weights.len(), state.buffers.len());
        let weights = task.compute.tensor_f64(state.weights.clone(), [1, dimension]);
        let statistics = (size > 0).then(|| task.compute.tensor_f64(state.buffers.clone(), [1, size]));
        let (optimizer, knobs) = (self.run.optimizer(), self.run.knobs().clone());
        Run::starting_at(Arc::clone(task), optimizer, knobs, weights, statistics).counting_from(step, step)
    }

    /// Tells how its folder stands.
    fn tell_folder(&self, sink: &mut Sink) {
        if let Some(followed) = &self.followed {
            sink.outbox.push(Event::Followed { run: self.id, state: followed.state(&self.run) });
        }
    }

    /// Takes what was read: a checkpoint that was asked for, else the next.
    fn take_checkpoint(&mut self, sink: &mut Sink) {
        let Some(followed) = &mut self.followed else { return };
        if let Some((step, state)) = followed.again.take() {
            // Meanwhile another may have been chosen.
            if followed.chosen.or_else(|| followed.known.last().map(|known| known.step)) == Some(step) {
                let run = self.at(step, &state);
                self.stand_at(run);
                self.tell_folder(sink);
            }
            return;
        }
        let Some(read) = followed.next.take() else { return };
        followed.push(&read);
        let stays = followed.chosen.is_some();
        let run = self.at(read.step, &read.state);
        let row = run.evaluate();
        self.path.offer(|| Checkpoint::new(&row, run.weights_on_host()));
        sink.outbox.push(Event::Evaluated { run: self.id, row });
        if !stays {
            self.stand_at(run);
        }
        self.tell_folder(sink);
    }

    /// Has other rows from a checkpoint on: what was measured there is void.
    fn void_from(&mut self, kept: usize, sink: &mut Sink) {
        let Some(followed) = &mut self.followed else { return };
        let after = followed.keep(kept);
        self.path = self.path.before(after.map_or(0, |after| after + 1));
        self.look.restart();
        sink.outbox.push(Event::CheckpointsVoid { run: self.id, after });
    }

    /// Takes one thing that the folder tells.
    fn hear(&mut self, news: News, sink: &mut Sink) {
        match news {
            News::Void { kept } => self.void_from(kept, sink),
            News::Warning(text) => sink.outbox.push(Event::Warning(text)),
            News::Note(text) => sink.outbox.push(Event::Note(text)),
            News::Again { step, state: Err(why) } => {
                if let Some(followed) = &mut self.followed {
                    followed.chosen = Some(self.run.steps()).filter(|_| followed.chosen.is_some());
                }
                let text = format!("the checkpoint {step} cannot be looked at: {why}");
                sink.outbox.push(Event::Warning(text));
            }
            News::Waiting(_) | News::Gone(_) | News::Read(_) | News::Again { .. } => {}
        }
        self.tell_folder(sink);
    }
}

impl Fleet {
    /// A run that follows a folder and has read nothing of it yet.
    pub(super) fn following(&self, folder: &FilePath, knobs: Knobs) -> LiveRun {
        let run = Run::new(Arc::clone(&self.task), OptimizerKind::Sgd, knobs);
        let architecture = self.task.network.architecture();
        let mut live = self.live(run, Origin::Folder(folder.to_owned()));
        live.followed = Some(Box::new(Followed::new(folder, architecture)));
        live.path = Path::within(MOST_NUMBERS, architecture.num_parameters());
        live
    }

    /// Follows a folder. Its run counts as one of SGD, which has no noise to draw; runs that branch may have any optimizer.
    pub fn follow(&mut self, folder: &FilePath, sink: &mut Sink) {
        let optimizer = OptimizerKind::Sgd;
        match self.task.experiment.knobs(optimizer) {
            Ok(knobs) => {
                let start = RunStart::Folder(folder.to_owned());
                self.add_run(NewRun { optimizer, knobs: Box::new(knobs), start }, sink);
            }
            Err(err) => sink.outbox.push(Event::Warning(format!("no run was added: {err}"))),
        }
    }

    /// Whether any run follows a folder, so that something may come by itself.
    pub fn follows(&self) -> bool {
        self.runs.iter().any(|live| live.followed.is_some())
    }

    /// Takes what the threads of the folders tell, without waiting for the disk.
    pub fn poll_folders(&mut self, sink: &mut Sink) {
        for live in &mut self.runs {
            while let Some(news) = live.followed.as_mut().and_then(|followed| followed.poll()) {
                live.hear(news, sink);
            }
        }
    }

    /// Whether a run takes a checkpoint now.
    pub(super) fn has_checkpoint(&self, live: &LiveRun) -> bool {
        live.followed.as_ref().is_some_and(|followed| followed.is_due(self.has_measures(live)))
    }

    /// Evaluates one checkpoint that was read; false where there is none.
    pub(super) fn take_checkpoint(&mut self, sink: &mut Sink) -> bool {
        let due = self.runs.iter().position(|live| self.has_checkpoint(live));
        if let Some(index) = due {
            self.revision += 1;
            self.runs[index].take_checkpoint(sink);
        }
        due.is_some()
    }

    /// Has a followed run stand at a checkpoint, or at its newest from now on; a warning says why not.
    pub fn look_at(&mut self, id: RunId, step: Option<u64>, sink: &mut Sink) {
        let Some(live) = self.runs.iter_mut().find(|live| live.id == id) else { return };
        let (now, is_begun) = (live.run.steps(), live.has_weights());
        let Some(followed) = &mut live.followed else { return };
        let wanted = step.or_else(|| followed.known.last().map(|known| known.step));
        let is_known = wanted.is_none_or(|wanted| followed.known.iter().any(|known| known.step == wanted));
        let is_asked = wanted.is_none_or(|wanted| (is_begun && wanted == now) || (is_known && followed.ask(wanted)));
        if is_asked {
            followed.chosen = step;
        } else {
            let why = if is_known { "others are still being read" } else { "there is no such checkpoint" };
            let number = step.map_or_else(String::new, |step| format!(" {step}"));
            sink.outbox.push(Event::Warning(format!("the checkpoint{number} cannot be looked at: {why}")));
        }
        live.tell_folder(sink);
    }

    /// Tells how all folders stand.
    pub(super) fn tell_followed(&self, sink: &mut Sink) {
        self.runs.iter().for_each(|live| live.tell_folder(sink));
    }

    /// Tells that all checkpoints are read again.
    pub(super) fn void_followed(&self, sink: &mut Sink) {
        for live in self.runs.iter().filter(|live| live.followed.is_some()) {
            sink.outbox.push(Event::CheckpointsVoid { run: live.id, after: None });
            live.tell_folder(sink);
        }
    }

    /// Whether a run is trained elsewhere.
    pub(super) fn is_followed(&self, id: RunId) -> bool {
        self.runs.iter().any(|live| live.id == id && live.followed.is_some())
    }

    /// A run that is trained here.
    pub(super) fn own(&self, id: RunId) -> Result<&LiveRun, String> {
        let live = self.find(id)?;
        if live.followed.is_some() {
            return Err("this run is trained elsewhere; branch from one of its checkpoints instead".to_owned());
        }
        Ok(live)
    }

    /// A run that has weights.
    pub(super) fn with_weights(&self, id: RunId) -> Result<&LiveRun, String> {
        let live = self.find(id)?;
        if live.has_weights() { Ok(live) } else { Err("no checkpoint of this run has been read yet".to_owned()) }
    }

    /// A run on whose weights that can be measured.
    pub(super) fn measurable(&self, id: RunId, request: &MeasureRequest) -> Result<&LiveRun, String> {
        let live = self.with_weights(id)?;
        if live.followed.is_some() && matches!(request.what, Measurement::Bound { .. }) {
            return Err(
                "the bound needs the weights that a run began with, and this run was trained elsewhere".to_owned()
            );
        }
        Ok(live)
    }

    /// Leaves the knobs of a run that is trained elsewhere, and says so. False for other runs.
    pub(super) fn refuses_knob(&self, id: RunId, knob: KnobId, sink: &mut Sink) -> bool {
        let Some(live) = self.runs.iter().find(|live| live.id == id && live.followed.is_some()) else { return false };
        let text = "the knob was not turned: this run is trained elsewhere".to_owned();
        sink.outbox.push(Event::Warning(text));
        sink.outbox.push(Event::KnobKept { run: id, knob, value: live.run.knobs().value(knob) });
        true
    }

    /// A run of ours that starts at a checkpoint of a followed one, and what was done to its file on the way. Where the file is
    /// gone the weights that its path holds do, unless running statistics belong to them.
    pub(super) fn at_checkpoint(
        &self,
        id: RunId,
        step: u64,
        optimizer: OptimizerKind,
        knobs: Knobs,
    ) -> Result<((Run, Origin), Vec<String>), String> {
        let live = self.with_weights(id)?;
        let found = live.followed.as_ref().and_then(|followed| followed.until(step));
        let known = found.ok_or_else(|| format!("there is no checkpoint up to step {step}"))?;
        if !known.is_gone {
            return from_file(&self.task, known.path.clone().into(), optimizer, knobs);
        }
        let held = live.path.checkpoints().iter().find(|held| held.step == known.step);
        let Some(held) = held.filter(|_| live.run.statistics().is_none()) else {
            return Err(format!("{} is gone, and its weights are not held any more", known.name));
        };
        let weights = self.task.compute.tensor(held.weights.clone(), [1, held.weights.len()]);
        let run = Run::starting_at(Arc::clone(&self.task), optimizer, knobs, weights, None);
        Ok(((run, Origin::File(known.path.clone().into())), Vec::new()))
    }
}
