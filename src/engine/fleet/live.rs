//! A run with everything that is measured of it.

use std::time::{Duration, Instant};

use crate::engine::jobs::Neighbour;
use crate::engine::look::{LastAverage, Look, Mark};
use crate::engine::sink::Sink;
use crate::landscape::{Checkpoint, Path};
use crate::model::to_host;
use crate::protocol::{EvalRow, Event, Examples, Origin, RunId, RunInfo, SliceView};
use crate::train::{History, HostCopy, Run};

use super::checkpoints::Followed;

/// Time between two snapshots of the noise samples of a run.
const NOISE_INTERVAL: Duration = Duration::from_millis(100);
/// Age from which the place of a run that moves on is measured anew for pictures.
const MARK_AGE: Duration = Duration::from_millis(100);
/// Where that takes longer than this, it is done no more often than so many times as long.
const MARK_COST: Duration = Duration::from_millis(20);
const MARK_SHARE: u32 = 40;

/// A run with its measurements.
pub(super) struct LiveRun {
    pub id: RunId,
    pub run: Run,
    pub path: Path,
    pub history: History,
    pub look: Look,
    pub is_finished: bool,
    /// It is on its way to an earlier step and does not train meanwhile.
    pub is_held: bool,
    /// Where its weights come from.
    pub origin: Origin,
    /// The same of its step 0: for a branch that of the run whose first steps it shares.
    pub root: Origin,
    /// Where it stood not long ago, should its device be lost.
    pub copy: Option<HostCopy>,
    /// The folder that it follows, where it is trained elsewhere.
    pub followed: Option<Box<Followed>>,
    /// The step at which it was evaluated last.
    evaluated: Option<u64>,
    /// Its place, when that was measured and how long it took.
    mark: Option<(Mark, Instant, Duration)>,
    /// The average of its weights, where it keeps one.
    pub average: LastAverage,
    noise_shown: Option<Instant>,
    /// What the session's file has of its states: whether its start, and the step of the last one.
    pub recorded: (bool, Option<u64>),
}

impl LiveRun {
    /// A run that begins here, with weights from there.
    pub fn new(id: RunId, run: Run, look: Look, origin: Origin) -> Self {
        let mut history = History::default();
        history.keep_start(&run);
        Self {
            id,
            run,
            path: Path::default(),
            history,
            look,
            is_finished: false,
            is_held: false,
            root: origin.clone(),
            origin,
            copy: None,
            followed: None,
            evaluated: None,
            mark: None,
            average: LastAverage::default(),
            noise_shown: None,
            recorded: (false, None),
        }
    }

    /// A run that continues another one, with the path and the history that both have in common.
    pub fn branched(self, root: Origin, path: Path, mut history: History) -> Self {
        history.keep_start(&self.run);
        Self { root, path, history, ..self }
    }

    /// A run of a session that was opened, which was evaluated at a step.
    pub fn reopened(self, root: Origin, path: Path, history: History, evaluated: Option<u64>) -> Self {
        let recorded = (!history.is_empty(), Some(self.run.steps()));
        Self { root, path, history, evaluated, recorded, ..self }
    }

    /// A run that was done elsewhere, which rests where it stands.
    pub fn done(self) -> Self {
        Self { is_finished: true, ..self }
    }

    /// A run that stands where a copy of `old` was made, with the path up to there.
    pub fn continuing(self, old: &Self, copy: HostCopy) -> Self {
        Self { root: old.root.clone(), path: old.path.before(copy.step), copy: Some(copy), ..self }
    }

    /// The run as a consumer first hears of it.
    pub fn info(&self) -> RunInfo {
        RunInfo {
            run: self.id,
            optimizer: self.run.optimizer(),
            seed: self.run.task().seed,
            knobs: self.run.knobs().clone(),
            origin: self.origin.clone(),
        }
    }

    /// With a constant rate (and σ) a run goes on beyond its budget for as long as it is watched; with a schedule it ends there.
    pub fn is_active(&self) -> bool {
        self.followed.is_none() && !self.is_finished && !self.is_held && self.run.diverged_at().is_none()
    }

    /// Whether its weights are its own: one that follows a folder has none before its first checkpoint.
    pub fn has_weights(&self) -> bool {
        self.followed.as_ref().is_none_or(|followed| followed.is_begun)
    }

    /// Stands at another checkpoint.
    pub fn stand_at(&mut self, run: Run) {
        self.run = run;
        self.mark = None;
        if let Some(followed) = &mut self.followed {
            followed.stand();
        }
    }

    pub fn neighbour(&self) -> Neighbour {
        Neighbour {
            run: self.id,
            optimizer: self.run.optimizer(),
            weights: to_host(self.run.weights().clone()),
            path: self.path.clone(),
        }
    }

    /// Where it stands, with its loss on these examples; for the pictures of others a moment ago is enough, and for its own too
    /// where that takes long.
    pub fn mark(&mut self, is_own: bool, examples: Examples) -> Mark {
        let is_good = |(mark, when, took): &&(Mark, Instant, Duration)| {
            let usual = if is_own { Duration::ZERO } else { MARK_AGE };
            let age = if *took > MARK_COST { *took * MARK_SHARE } else { usual };
            let is_recent = when.elapsed() < age && mark.step < self.run.steps();
            mark.examples == examples && (mark.step == self.run.steps() || is_recent)
        };
        if let Some((mark, ..)) = self.mark.as_ref().filter(is_good) {
            return mark.clone();
        }
        let begun = Instant::now();
        let mark = Mark::of(self.id, &self.run, examples);
        self.mark = Some((mark.clone(), Instant::now(), begun.elapsed()));
        mark
    }

    pub fn step(&mut self, sink: &mut Sink) {
        self.look.leave(self.run.steps());
        match self.run.step() {
            Ok(row) => {
                sink.outbox.push(Event::Steps { run: self.id, rows: vec![row] });
                self.history.offer(&self.run);
            }
            Err(divergence) => {
                let last_good_step = self.run.steps();
                sink.outbox.push(Event::Diverged { run: self.id, step: divergence.step, last_good_step });
            }
        }
        if self.run.steps().is_multiple_of(self.run.task().experiment.look.eval_every) {
            self.evaluate(sink);
        }
        self.show_noise(sink);
        if self.is_at_its_end() {
            self.finish(sink);
        }
    }

    /// Whether a schedule says that it ends here.
    fn is_at_its_end(&self) -> bool {
        self.run.knobs().ends_with_budget(self.run.optimizer()) && self.run.budget_is_spent()
    }

    /// Ends here or goes on, as its knobs say now.
    pub fn follow_schedule(&mut self, sink: &mut Sink) {
        match (self.is_at_its_end(), self.is_finished) {
            (true, false) => self.finish(sink),
            (false, true) => self.is_finished = false,
            _ => {}
        }
    }

    /// Tells how it stands where it now is: at its end, or on its way.
    pub fn arrive(&mut self, sink: &mut Sink) {
        if self.is_at_its_end() {
            self.finish(sink);
        } else {
            self.evaluate(sink);
        }
    }

    fn finish(&mut self, sink: &mut Sink) {
        self.is_finished = true;
        self.evaluate(sink);
        sink.outbox.push(Event::Finished { run: self.id });
    }

    /// Whether its losses are those of an earlier step. Where it rests, they are to be of the step that its curvature is of.
    pub fn needs_evaluation(&self) -> bool {
        self.followed.is_none() && !self.is_held && self.evaluated != Some(self.run.steps())
    }

    pub fn evaluate(&mut self, sink: &mut Sink) {
        let row = self.evaluate_here(sink);
        let (run, before, stride) = (&self.run, self.path.last_step(), self.path.stride());
        self.path.offer(|| Checkpoint::new(&row, run.weights_on_host()));
        if self.path.last_step() != before {
            self.record_point(stride, sink);
        }
    }

    /// Tells the losses where it stands. The path is that of its own evaluations: where somebody pauses is no part of it.
    pub fn evaluate_here(&mut self, sink: &mut Sink) -> EvalRow {
        self.evaluated = Some(self.run.steps());
        let row = self.run.evaluate();
        self.run.note_validation(&row);
        sink.outbox.push(Event::Evaluated { run: self.id, row });
        row
    }

    /// Takes the place of what it was: it stands at an earlier step now.
    pub fn go_back(&mut self, run: Run) {
        let step = run.steps();
        self.history = self.history.until(step, true);
        self.path = self.path.before(step);
        self.run = run;
        self.copy = None;
        self.recorded.1 = None;
        self.is_finished = false;
        self.evaluated = None;
        self.mark = None;
        self.average = LastAverage::default();
        self.noise_shown = None;
        self.look.restart();
    }

    /// Is seen again after it was put aside: what is shown of it may have changed meanwhile.
    pub fn come_back(&mut self, view: SliceView, layer_traces: bool) {
        self.mark = None;
        self.average = LastAverage::default();
        self.noise_shown = None;
        self.look.restart();
        self.look.set_view(view, &self.run);
        self.look.set_layer_traces(layer_traces);
    }

    fn show_noise(&mut self, sink: &mut Sink) {
        if self.noise_shown.is_some_and(|shown| shown.elapsed() < NOISE_INTERVAL) {
            return;
        }
        if let Some(snapshot) = self.run.noise_snapshot(self.id) {
            sink.slots.put_noise(snapshot);
            self.noise_shown = Some(Instant::now());
        }
    }
}
