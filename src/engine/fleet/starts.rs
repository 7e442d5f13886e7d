//! Runs that come, go and go back: starts of four kinds, removals and rewinds.
//!
//! Where a run has to stand at an earlier step of itself or of another, the steps from the nearest kept state are
//! repeated, one a unit, so that commands are still taken meanwhile.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::engine::look::Look;
use crate::landscape::Path;
use crate::model::to_host_f32;
use crate::protocol::{Event, RunId, RunStart};
use crate::session::weights::{read_state, weights_file};
use crate::train::{History, Replay, Run, Task};

use super::live::LiveRun;
use super::{Fleet, Sink};

/// Runs of a fleet at most.
const MOST_RUNS: usize = 64;
/// Repeating steps that takes longer than this is told.
const PATIENCE: Duration = Duration::from_millis(300);

/// What becomes of a run that reaches its step.
enum Goal {
    /// A new run with this optimiser and these knobs.
    Branch { optimizer: OptimizerKind, knobs: Box<Knobs>, parent: RunId, path: Path, history: History },
    /// The run itself goes back. Knobs that were turned meanwhile are turned when it is there.
    Rewind { run: RunId, turned: Vec<(KnobId, f64)> },
}

/// A run on its way to an earlier step.
pub(super) struct Pending {
    goal: Goal,
    replay: Replay,
    step: u64,
    asked: Instant,
    is_told: bool,
}

impl Pending {
    fn new(goal: Goal, replay: Replay, step: u64) -> Self {
        Self { goal, replay, step, asked: Instant::now(), is_told: false }
    }

    fn rewinds(&self, id: RunId) -> bool {
        matches!(&self.goal, Goal::Rewind { run, .. } if *run == id)
    }
}

impl Fleet {
    /// Adds a run, now or when its steps have been repeated; a warning says why not.
    pub fn add_run(&mut self, optimizer: OptimizerKind, knobs: Knobs, start: RunStart, sink: &mut Sink) {
        if let Err(reason) = self.try_add(optimizer, knobs, start, sink) {
            sink.outbox.push(Event::Warning(format!("no run was added: {reason}")));
        }
    }

    fn try_add(
        &mut self,
        optimizer: OptimizerKind,
        knobs: Knobs,
        start: RunStart,
        sink: &mut Sink,
    ) -> Result<(), String> {
        let coming = self.pending.iter().filter(|pending| matches!(pending.goal, Goal::Branch { .. })).count();
        if self.runs.len() + coming >= MOST_RUNS {
            return Err(format!("there are {MOST_RUNS} runs, which is the most; remove one first"));
        }
        knobs.validate().map_err(|err| err.to_string())?;
        if knobs.nesterov && knobs.momentum == 0.0 {
            return Err("`nesterov` is true, expected false where momentum is 0".to_owned());
        }
        let began = match &start {
            RunStart::Place { .. } | RunStart::File(_) => Some(start.clone()),
            RunStart::Initial | RunStart::Step { .. } => None,
        };
        let run = match start {
            RunStart::Initial => Run::new(self.task_for(self.runs.len()), optimizer, knobs),
            RunStart::Place { run, place } => self.at_place(run, place, optimizer, knobs)?,
            RunStart::File(path) => from_file(&self.task, &path, optimizer, knobs)?,
            RunStart::Step { run, step } => return self.branch(run, step, optimizer, knobs),
        };
        let live = self.live(run);
        let run = live.id;
        self.install(live, sink);
        if let Some(start) = began {
            sink.outbox.push(Event::RunBegan { run, start });
        }
        Ok(())
    }

    /// Tells the weights of a run; a warning says why not.
    pub fn fetch_weights(&self, id: RunId, sink: &mut Sink) {
        match self.find(id) {
            Ok(live) => {
                let statistics = live.run.statistics().cloned().map(to_host_f32).unwrap_or_default();
                let architecture = self.task.network.architecture();
                let file = weights_file(architecture, &live.run.weights_on_host(), &statistics);
                sink.outbox.push(Event::Weights { run: id, step: live.run.steps(), file });
            }
            Err(reason) => sink.outbox.push(Event::Warning(format!("no weights were saved: {reason}"))),
        }
    }

    /// The task of the run at a position: the common one, or one with a seed that no other run has.
    pub(super) fn task_for(&self, index: usize) -> Arc<Task> {
        if self.settings.pairing.same_initial || index == 0 {
            return Arc::clone(&self.task);
        }
        let is_free = |seed: &u64| self.runs.iter().all(|live| live.run.task().seed != *seed);
        let seeds = (index as u64..).map(|offset| self.task.seed.wrapping_add(offset));
        Arc::new(self.task.with_seed(seeds.into_iter().find(is_free).unwrap_or(self.task.seed)))
    }

    /// A run of this fleet with nothing measured yet.
    pub(super) fn live(&self, run: Run) -> LiveRun {
        LiveRun::new(self.ids.next(), run, Look::new(self.view, self.settings.layer_traces))
    }

    fn install(&mut self, mut live: LiveRun, sink: &mut Sink) {
        self.revision += 1;
        sink.outbox.push(Event::RunAdded(live.info()));
        if live.is_at_its_end() {
            live.finish(sink);
        } else {
            live.evaluate(sink);
        }
        self.runs.push(live);
    }

    fn at_place(&self, id: RunId, place: [f64; 2], optimizer: OptimizerKind, knobs: Knobs) -> Result<Run, String> {
        let live = self.find(id)?;
        let shown = live.look.shown().ok_or("that run has no slice yet")?;
        if !place.iter().all(|coordinate| coordinate.is_finite()) {
            return Err(format!("the place is {place:?}, expected finite coordinates"));
        }
        let weights = shown.plane.plane.point(&shown.center.host, place);
        let from = &shown.center.run;
        let weights = from.task().compute.tensor_f64(weights, [1, shown.center.host.len()]);
        Ok(Run::starting_at(Arc::clone(from.task()), optimizer, knobs, weights, from.statistics().cloned()))
    }

    fn branch(&mut self, id: RunId, step: u64, optimizer: OptimizerKind, knobs: Knobs) -> Result<(), String> {
        let parent = self.find(id)?;
        let replay = Replay::new(&parent.run, &parent.history, step).ok_or_else(|| beyond(&parent.run, step))?;
        let goal = Goal::Branch {
            optimizer,
            knobs: Box::new(knobs),
            parent: id,
            path: parent.path.before(step),
            history: parent.history.until(step, false),
        };
        self.pending.push_back(Pending::new(goal, replay, step));
        Ok(())
    }

    /// Removes a run.
    pub fn remove_run(&mut self, id: RunId, sink: &mut Sink) {
        let Some(index) = self.runs.iter().position(|live| live.id == id) else { return };
        if self.runs.len() == 1 {
            sink.outbox.push(Event::Warning("the last run stays; add another one first".to_owned()));
            return;
        }
        self.runs.remove(index);
        self.pending.retain(|pending| !pending.rewinds(id));
        self.prediction = self.prediction.filter(|(run, _)| *run != id);
        self.revision += 1;
        sink.slots.remove(id);
        sink.outbox.push(Event::RunRemoved(id));
    }

    /// Takes a run back; a warning says why not.
    pub fn rewind(&mut self, id: RunId, step: u64, sink: &mut Sink) {
        if let Err(reason) = self.try_rewind(id, step) {
            sink.outbox.push(Event::Warning(format!("no run was rewound: {reason}")));
        }
    }

    fn try_rewind(&mut self, id: RunId, step: u64) -> Result<(), String> {
        let live = self.find(id)?;
        let replay = Replay::new(&live.run, &live.history, step).ok_or_else(|| beyond(&live.run, step))?;
        if live.history.optimizer_at(step) != Some(live.run.optimizer()) {
            let begun = live.parent.map_or(0, |(_, step)| step);
            return Err(format!(
                "at step {step} it was still another run under another optimizer, expected a step from {begun}"
            ));
        }
        self.pending.retain(|pending| !pending.rewinds(id));
        self.pending.push_back(Pending::new(Goal::Rewind { run: id, turned: Vec::new() }, replay, step));
        if let Some(live) = self.runs.iter_mut().find(|live| live.id == id) {
            live.is_held = true;
        }
        Ok(())
    }

    /// Keeps a turn of a knob for a run that is on its way back. False where it is not.
    pub(super) fn turn_later(&mut self, id: RunId, knob: KnobId, value: f64) -> bool {
        for pending in &mut self.pending {
            if let Goal::Rewind { run, turned } = &mut pending.goal
                && *run == id
            {
                turned.push((knob, value));
                return true;
            }
        }
        false
    }

    /// One step of the run that is on its way to an earlier step.
    pub fn advance_pending(&mut self, sink: &mut Sink) {
        let Some(pending) = self.pending.front_mut() else { return };
        let reached = pending.replay.advance();
        if matches!(reached, Ok(false)) {
            if !pending.is_told && pending.asked.elapsed() > PATIENCE {
                pending.is_told = true;
                let (left, step) = (pending.replay.steps_left(), pending.step);
                let message = format!("repeating {left} more steps up to step {step}");
                sink.outbox.push(Event::WarmingUp(message));
            }
            return;
        }
        let Some(pending) = self.pending.pop_front() else { return };
        match (reached, pending.goal) {
            (Err(divergence), goal) => {
                if let Goal::Rewind { run, .. } = goal {
                    self.release(run);
                }
                let step = pending.step;
                let message = format!("the steps up to {step} could not be repeated: {divergence}");
                sink.outbox.push(Event::Warning(message));
            }
            (Ok(_), Goal::Branch { optimizer, knobs, parent, path, history }) => {
                let run = with_knobs(pending.replay.into_run().with_optimizer(optimizer), &knobs);
                let live = self.live(run).branched((parent, pending.step), path, history);
                self.install(live, sink);
            }
            (Ok(_), Goal::Rewind { run, turned }) => self.rewound(run, pending.replay.into_run(), turned, sink),
        }
    }

    fn rewound(&mut self, id: RunId, run: Run, turned: Vec<(KnobId, f64)>, sink: &mut Sink) {
        self.release(id);
        self.revision += 1;
        let Some(live) = self.runs.iter_mut().find(|live| live.id == id) else { return };
        let (step, knobs) = (run.steps(), Box::new(run.knobs().clone()));
        live.go_back(run);
        sink.slots.remove_noise(id);
        sink.outbox.push(Event::Rewound { run: id, step, knobs });
        if live.is_at_its_end() {
            live.finish(sink);
        } else {
            live.evaluate(sink);
        }
        for (knob, value) in turned {
            self.set_knob(id, knob, value, sink);
        }
    }

    /// Gives up what is on its way, after a failure.
    pub(super) fn drop_pending(&mut self) {
        self.pending.clear();
        self.runs.iter_mut().for_each(|live| live.is_held = false);
    }

    fn release(&mut self, id: RunId) {
        self.runs.iter_mut().filter(|live| live.id == id).for_each(|live| live.is_held = false);
    }
}

/// The run with other knobs from its next step on; its journal says which were turned.
fn with_knobs(mut run: Run, knobs: &Knobs) -> Run {
    for knob in KnobId::ALL {
        let value = knobs.value(knob);
        if run.knobs().value(knob) != value {
            // The knobs are checked when the run is asked for.
            let _ = run.set_knob(knob, value);
        }
    }
    run
}

fn beyond(run: &Run, step: u64) -> String {
    format!("the step is {step}, expected at most {}, where that run stands", run.steps())
}

/// A run that starts at the weights of a file, with the file's running statistics.
fn from_file(task: &Arc<Task>, path: &FilePath, optimizer: OptimizerKind, knobs: Knobs) -> Result<Run, String> {
    let state = read_state(path, task.network.architecture()).map_err(|err| err.to_string())?;
    let (dimension, size) = (state.weights.len(), state.buffers.len());
    let weights = task.compute.tensor_f64(state.weights, [1, dimension]);
    let statistics = (size > 0).then(|| task.compute.tensor_f64(state.buffers, [1, size]));
    Ok(Run::starting_at(Arc::clone(task), optimizer, knobs, weights, statistics))
}
