//! Runs that begin: at initial weights, at those of another run, of a place of a slice or of a file, and all of them again.

use std::sync::Arc;

use crate::config::{Knobs, OptimizerKind};
use crate::engine::look::Look;
use crate::engine::sink::Sink;
use crate::engine::weights_file::file_of;
use crate::protocol::{DoneRun, Event, MOST_RUNS, NewRun, Origin, RunId, RunStart, SliceTag, WeightsFile};
use crate::session::weights::{Read, Reading, read_state};
use crate::train::{Run, Task};

use super::Fleet;
use super::live::LiveRun;

/// Why there is no room for another run.
pub(super) fn too_many() -> String {
    format!("there are {MOST_RUNS} runs, which is the most; remove one first")
}

impl Fleet {
    /// Adds a run, now or when its steps have been repeated; a warning says why not.
    pub fn add_run(&mut self, run: NewRun, sink: &mut Sink) {
        if let Err(reason) = self.try_add(run, sink) {
            sink.outbox.push(Event::Warning(format!("no run was added: {reason}")));
        }
    }

    fn try_add(&mut self, NewRun { optimizer, knobs, start }: NewRun, sink: &mut Sink) -> Result<(), String> {
        if self.num_runs() >= MOST_RUNS {
            return Err(too_many());
        }
        knobs.validate().and_then(|()| self.task.check_knobs(optimizer, &knobs)).map_err(|err| err.to_string())?;
        let knobs = *knobs;
        let (run, origin) = match start {
            RunStart::Initial => (Run::new(self.task_for(self.runs.len()), optimizer, knobs), Origin::Initial),
            RunStart::Place { run, place, slice } => self.at_place(run, (place, slice), optimizer, knobs)?,
            RunStart::File(file) => {
                let (start, notes) = from_file(&self.task, file, optimizer, knobs)?;
                notes.into_iter().for_each(|note| sink.outbox.push(Event::Note(note)));
                start
            }
            RunStart::Average(id) => {
                let run = &self.find(id)?.run;
                let (weights, statistics) = run.at_average().ok_or("the run keeps no average of its weights yet")?;
                let start = Run::starting_at(Arc::clone(run.task()), optimizer, knobs, weights, statistics);
                (start, Origin::Average { run: id, step: run.steps() })
            }
            RunStart::BestValidation(id) => {
                let run = &self.find(id)?.run;
                let best = run
                    .best()
                    .ok_or("the run has no weights of least validation loss: there are no validation examples")?;
                let (weights, statistics) = (best.weights.clone(), best.statistics.clone());
                let start = Run::starting_at(Arc::clone(run.task()), optimizer, knobs, weights, statistics);
                (start, Origin::BestValidation { run: id, step: best.step })
            }
            RunStart::Step { run, step } if self.is_followed(run) => {
                let (start, notes) = self.at_checkpoint(run, step, optimizer, knobs)?;
                notes.into_iter().for_each(|note| sink.outbox.push(Event::Note(note)));
                start
            }
            RunStart::Step { run, step } => return self.branch(run, step, optimizer, knobs),
            RunStart::Folder(folder) => {
                let live = self.following(&folder, knobs);
                self.install(live, sink);
                return Ok(());
            }
            RunStart::Done(done) => return self.add_done(*done, optimizer, knobs, sink),
            RunStart::Again(run) => {
                let live = self.own(run)?;
                if let Some((_, step)) = live.info().parent() {
                    return self.branch(run, step, optimizer, knobs);
                }
                let task = Arc::clone(live.run.task());
                (Run::starting_like(task, optimizer, knobs, &live.history), live.origin.clone())
            }
        };
        let live = self.live(run, origin);
        self.install(live, sink);
        Ok(())
    }

    /// Adds a run that was done elsewhere. What it did on the way is told and not recorded: where it did that, it is kept.
    fn add_done(
        &mut self,
        done: DoneRun,
        optimizer: OptimizerKind,
        knobs: Knobs,
        sink: &mut Sink,
    ) -> Result<(), String> {
        let is_common = done.seed == self.task.seed;
        let task = if is_common { Arc::clone(&self.task) } else { Arc::new(self.task.with_seed(done.seed)) };
        let ((run, origin), notes) = from_file(&task, done.weights, optimizer, knobs)?;
        notes.into_iter().for_each(|note| sink.outbox.push(Event::Note(note)));
        let live = self.live(run.counting_from(done.step, done.gradient_evaluations), origin).done();
        self.revision += 1;
        sink.outbox.push(Event::RunAdded(live.info()));
        sink.outbox.repeat(Event::RunPast { run: live.id, past: Box::new(done.past) });
        sink.outbox.push(Event::Finished { run: live.id });
        self.runs.push(live);
        Ok(())
    }

    /// Runs that there are, and those that come when their steps have been repeated.
    pub(super) fn num_runs(&self) -> usize {
        self.runs.len() + self.pending.iter().filter(|pending| pending.is_branch()).count()
    }

    /// Tells the weights of a run; a warning says why not.
    pub fn fetch_weights(&self, id: RunId, sink: &mut Sink) {
        match self.with_weights(id) {
            Ok(live) => {
                sink.outbox.push(Event::Weights { run: id, step: live.run.steps(), file: file_of(&live.run) });
            }
            Err(reason) => sink.outbox.push(Event::Warning(format!("no weights were saved: {reason}"))),
        }
    }

    /// The task of the run at a position: the common one, or one with a seed that no other run has.
    pub(super) fn task_for(&self, index: usize) -> Arc<Task> {
        if self.settings.pairing.same_initial || index == 0 {
            return Arc::clone(&self.task);
        }
        let seeds = (index as u64..).map(|offset| self.task.seed.wrapping_add(offset));
        let seed = seeds.into_iter().find(|seed| self.is_free(*seed)).unwrap_or(self.task.seed);
        Arc::new(self.task.with_seed(seed))
    }

    fn is_free(&self, seed: u64) -> bool {
        self.runs.iter().all(|live| live.run.task().seed != seed)
    }

    /// A run of this fleet with nothing measured yet.
    pub(super) fn live(&self, run: Run, origin: Origin) -> LiveRun {
        LiveRun::new(self.ids.next(), run, Look::new(self.view, self.settings.layer_traces).live(), origin)
    }

    pub(super) fn install(&mut self, mut live: LiveRun, sink: &mut Sink) {
        self.revision += 1;
        sink.outbox.push(Event::RunAdded(live.info()));
        match &live.followed {
            Some(followed) => sink.outbox.push(Event::Followed { run: live.id, state: followed.state(&live.run) }),
            None => live.arrive(sink),
        }
        self.runs.push(live);
    }

    fn at_place(
        &self,
        id: RunId,
        (place, slice): ([f64; 2], SliceTag),
        optimizer: OptimizerKind,
        knobs: Knobs,
    ) -> Result<(Run, Origin), String> {
        let live = self.find(id)?;
        if !place.iter().all(|coordinate| coordinate.is_finite()) {
            return Err(format!("the place is {place:?}, expected finite coordinates"));
        }
        let cut = live.look.cut(slice)?;
        let from = &cut.center.run;
        let (task, statistics) = (Arc::clone(from.task()), from.statistics().cloned());
        let run = Run::starting_at(task, optimizer, knobs, cut.weights(place), statistics);
        Ok((run, Origin::Place { run: id, step: from.steps(), place }))
    }

    /// Restarts all runs at step 0, each from the weights that it began with, with the knobs as they are now. Removed runs
    /// are given up.
    pub fn reset(&mut self) {
        self.pending.clear();
        self.prediction = None;
        self.revision += 1;
        self.removed.clear();
        let before = std::mem::take(&mut self.runs);
        for live in &before {
            if let Some(folder) = live.folder() {
                let live = self.following(folder, live.run.knobs().clone());
                self.runs.push(live);
                continue;
            }
            let task = self.task_again(live);
            let (optimizer, knobs) = (live.run.optimizer(), live.run.knobs().clone());
            let run = match live.root {
                Origin::Initial => Run::new(task, optimizer, knobs),
                _ => Run::starting_like(task, optimizer, knobs, &live.history),
            };
            let live = self.live(run, live.root.clone());
            self.runs.push(live);
        }
        self.follow_ids(&before);
        self.started_with = self.settings;
    }

    /// The task of a run that starts again: its own, unless how runs are paired has changed since they started.
    fn task_again(&self, live: &LiveRun) -> Arc<Task> {
        let was_alike = self.started_with.pairing.same_initial;
        if self.settings.pairing.same_initial {
            Arc::clone(&self.task)
        } else if !was_alike || self.is_free(live.run.task().seed) {
            Arc::clone(live.run.task())
        } else {
            self.task_for(self.runs.len())
        }
    }

    /// Runs have other ids after a reset: those that came from a slice of another one name it by its new id.
    fn follow_ids(&mut self, before: &[LiveRun]) {
        let ids: Vec<RunId> = self.runs.iter().map(|live| live.id).collect();
        let new_id = |id| before.iter().position(|live| live.id == id).map(|index| ids[index]);
        for live in &mut self.runs {
            if let Origin::Place { run, .. } | Origin::Average { run, .. } | Origin::BestValidation { run, .. } =
                &mut live.origin
                && let Some(id) = new_id(*run)
            {
                *run = id;
                live.root = live.origin.clone();
            }
        }
    }
}

/// A run that starts at the weights of a file, with the file's running statistics, and what was done to the file on the way.
pub(super) fn from_file(
    task: &Arc<Task>,
    file: WeightsFile,
    optimizer: OptimizerKind,
    knobs: Knobs,
) -> Result<((Run, Origin), Vec<String>), String> {
    let names = Some(&task.experiment.model.names);
    let (path, key) = (&file.path, file.key.as_deref());
    let reading = Reading { names, key, key_setting: "key ", ..Reading::from(task.network.architecture()) };
    let Read { value: state, notes } = read_state(path, reading).map_err(|err| err.to_string())?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let notes = notes.into_iter().map(|note| format!("{name}: {note}.")).collect();
    let (dimension, size) = (state.weights.len(), state.buffers.len());
    let weights = task.compute.tensor_f64(state.weights, [1, dimension]);
    let statistics = (size > 0).then(|| task.compute.tensor_f64(state.buffers, [1, size]));
    let run = Run::starting_at(Arc::clone(task), optimizer, knobs, weights, statistics);
    Ok(((run, Origin::File(file)), notes))
}
