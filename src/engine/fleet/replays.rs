//! Runs on their way to an earlier step, of themselves or of another run: the steps from the nearest kept state are
//! repeated, one a unit, so that commands are still taken meanwhile.

use std::time::{Duration, Instant};

use crate::config::{KnobId, Knobs, OptimizerKind};
use crate::engine::sink::Sink;
use crate::landscape::Path;
use crate::protocol::{Event, Origin, Repeating, RunId};
use crate::train::{History, Replay, Run};

use super::Fleet;
use super::live::LiveRun;

/// Repeating steps that takes longer than this is told.
const PATIENCE: Duration = Duration::from_millis(300);
/// Time between two reports of how far it is.
const REPORT_INTERVAL: Duration = Duration::from_millis(150);

/// What becomes of a run that reaches its step.
pub(super) enum Goal {
    /// A new run with this optimiser and these knobs, which shares its step 0 with runs that come from `root`.
    Branch { optimizer: OptimizerKind, knobs: Box<Knobs>, parent: RunId, root: Origin, path: Path, history: History },
    /// The run itself goes back. Knobs that were turned meanwhile are turned when it is there.
    Rewind { run: RunId, turned: Vec<(KnobId, f64)> },
}

/// A run on its way to an earlier step.
pub(super) struct Pending {
    goal: Goal,
    replay: Replay,
    step: u64,
    total: u64,
    asked: Instant,
    /// When it was told last how far it is.
    told: Option<Instant>,
}

impl Pending {
    pub fn new(goal: Goal, replay: Replay, step: u64) -> Self {
        let total = replay.steps_left();
        Self { goal, replay, step, total, asked: Instant::now(), told: None }
    }

    pub const fn is_branch(&self) -> bool {
        matches!(self.goal, Goal::Branch { .. })
    }

    fn rewinds(&self, id: RunId) -> bool {
        matches!(&self.goal, Goal::Rewind { run, .. } if *run == id)
    }

    fn report(&self) -> Repeating {
        let (run, is_rewind) = match &self.goal {
            Goal::Branch { parent, .. } => (*parent, false),
            Goal::Rewind { run, .. } => (*run, true),
        };
        Repeating { run, is_rewind, step: self.step, total: self.total, left: self.replay.steps_left() }
    }

    /// Tells how far it is, where that takes long.
    fn tell(&mut self, sink: &mut Sink) {
        let is_due = self.told.is_none_or(|told| told.elapsed() > REPORT_INTERVAL);
        if is_due && self.asked.elapsed() > PATIENCE {
            self.told = Some(Instant::now());
            sink.outbox.push(Event::Repeating(Some(self.report())));
        }
    }

    fn tell_end(&self, sink: &mut Sink) {
        if self.told.is_some() {
            sink.outbox.push(Event::Repeating(None));
        }
    }
}

impl Fleet {
    /// Takes a run back; a warning says why not.
    pub fn rewind(&mut self, id: RunId, step: u64, sink: &mut Sink) {
        if let Err(reason) = self.try_rewind(id, step, sink) {
            sink.outbox.push(Event::Warning(format!("no run was rewound: {reason}")));
        }
    }

    fn try_rewind(&mut self, id: RunId, step: u64, sink: &mut Sink) -> Result<(), String> {
        let live = self.own(id)?;
        let replay = Replay::new(&live.run, &live.history, step).ok_or_else(|| beyond(live, step))?;
        if live.history.optimizer_at(step) != Some(live.run.optimizer()) {
            let begun = live.info().parent().map_or(0, |(_, step)| step);
            return Err(format!(
                "at step {step} it was still another run under another optimizer, expected a step from {begun}"
            ));
        }
        self.stay(id, sink);
        self.pending.push_back(Pending::new(Goal::Rewind { run: id, turned: Vec::new() }, replay, step));
        if let Some(live) = self.runs.iter_mut().find(|live| live.id == id) {
            live.is_held = true;
        }
        Ok(())
    }

    /// Begins a new run where another one was.
    pub(super) fn branch(
        &mut self,
        id: RunId,
        step: u64,
        optimizer: OptimizerKind,
        knobs: Knobs,
    ) -> Result<(), String> {
        let parent = self.find(id)?;
        let replay = Replay::new(&parent.run, &parent.history, step).ok_or_else(|| beyond(parent, step))?;
        let goal = Goal::Branch {
            optimizer,
            knobs: Box::new(knobs),
            parent: id,
            root: parent.root.clone(),
            path: parent.path.before(step),
            history: parent.history.until(step, false),
        };
        self.pending.push_back(Pending::new(goal, replay, step));
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
            pending.tell(sink);
            return;
        }
        let Some(pending) = self.pending.pop_front() else { return };
        pending.tell_end(sink);
        match (reached, pending.goal) {
            (Err(divergence), goal) => {
                self.give_up(goal, sink);
                let step = pending.step;
                let message = format!("the steps up to {step} could not be repeated: {divergence}");
                sink.outbox.push(Event::Warning(message));
            }
            (Ok(_), Goal::Branch { optimizer, knobs, parent, root, path, history }) => {
                let mut run = pending.replay.into_run().with_optimizer(optimizer);
                let edits = run.take_knobs(&knobs);
                let origin = Origin::Branch { run: parent, step: pending.step };
                let live = self.live(run, origin).branched(root, path, history);
                let id = live.id;
                self.install(live, sink);
                // The consumer knows them as the knobs that it begins with; its journal has them as turns.
                let turned = edits.into_iter().map(|edit| Event::KnobTurned { run: id, edit });
                turned.for_each(|event| sink.outbox.recording.tell(&event));
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
        live.arrive(sink);
        for (knob, value) in turned {
            self.set_knob(id, knob, value, sink);
        }
    }

    /// Gives up the branch or the rewind whose steps are being repeated.
    pub fn cancel_repeat(&mut self, sink: &mut Sink) {
        if let Some(pending) = self.pending.pop_front() {
            pending.tell_end(sink);
            self.give_up(pending.goal, sink);
        }
    }

    /// Gives up a rewind of a run, where one is asked for.
    pub(super) fn stay(&mut self, id: RunId, sink: &mut Sink) {
        while let Some(at) = self.pending.iter().position(|pending| pending.rewinds(id)) {
            let Some(pending) = self.pending.remove(at) else { return };
            pending.tell_end(sink);
            self.give_up(pending.goal, sink);
        }
    }

    /// A run that does not go back after all stays where it is, with the knobs that were turned meanwhile.
    fn give_up(&mut self, goal: Goal, sink: &mut Sink) {
        let Goal::Rewind { run, turned } = goal else { return };
        self.release(run);
        for (knob, value) in turned {
            self.set_knob(run, knob, value, sink);
        }
    }

    /// Gives up all that is on its way, after a failure.
    pub(super) fn drop_pending(&mut self) {
        self.pending.clear();
        self.runs.iter_mut().for_each(|live| live.is_held = false);
    }

    fn release(&mut self, id: RunId) {
        self.runs.iter_mut().filter(|live| live.id == id).for_each(|live| live.is_held = false);
    }
}

/// Why a run cannot stand at a step.
fn beyond(live: &LiveRun, step: u64) -> String {
    match live.history.first_step() {
        Some(first) if step < first => {
            format!("the step is {step}, expected at least {first}: what came before is not kept")
        }
        _ => format!("the step is {step}, expected at most {}, where that run stands", live.run.steps()),
    }
}
