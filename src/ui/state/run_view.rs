//! What the window knows of one run.

mod best;
mod edge;
mod edits;
mod identity;
mod streamed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::folder_view::FolderView;
use super::history::History;
use super::layer_history::LayerHistory;
use super::noise_mean::NoiseMean;
use super::rows::{BoundRow, StepPoint};
use crate::config::{KnobId, Knobs};
use crate::protocol::{
    AlertRow, EigenRow, EvalRow, FollowedState, FoundBound, LossGrid, NoiseSnapshot, RunId, RunInfo, StepRow, TraceRow,
};
use crate::ui::kit::theme::Tokens;

pub use best::Best;
pub use edge::{Crossing, Edge};
pub use edits::EditMark;
pub use identity::Identity;
pub use streamed::{NewestEnds, NewestTrace, Streamed};

/// A run that has trained for longer than this, in seconds of its own, is not ended without a question. Steps would not do:
/// a small network takes thousands in the time in which somebody looks around.
const SECONDS_TO_ASK: f64 = 30.0;

/// Alerts that are marked of a run: the newest.
const MOST_ALERTS: usize = 24;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It trains, or waits to.
    Training,
    /// Its budget is spent.
    Finished,
    /// A step gave NaN or an infinite number.
    Diverged {
        /// The step whose result was thrown away.
        step: u64,
        /// The step at which the run stands.
        last_good_step: u64,
    },
}

/// What the window knows of one run.
#[derive(Debug)]
pub struct RunView {
    /// As the engine announced it, with the knobs at step 0.
    pub info: RunInfo,
    /// The knobs now.
    pub knobs: Knobs,
    /// How it stands.
    pub state: RunState,
    /// The folder that it follows, where it is trained elsewhere.
    pub followed: Option<FolderView>,
    /// Steps.
    pub steps: History<StepPoint>,
    /// Evaluations on train and test set.
    pub evals: History<EvalRow>,
    best: Option<Best>,
    /// Where λmax passed the edge of stability.
    pub edge: Edge,
    /// Hutchinson traces, each of many probes at one step.
    pub traces: History<TraceRow>,
    /// Lanczos solves.
    pub eigens: History<EigenRow>,
    /// The same as they move between these.
    pub streamed: Streamed,
    /// Bounds that were measured on request; only here, whatever becomes of the card that asked. A branch begins with those of
    /// its parent up to the step where it leaves it: until then both have the same weights. Later ones are the parent's alone.
    pub bounds: History<BoundRow>,
    /// Traces of each parameter tensor.
    pub layers: LayerHistory,
    /// Turns of knobs.
    pub edits: Vec<EditMark>,
    /// Alerts that spoke of it.
    pub alerts: Vec<AlertRow>,
    /// Alerts do not speak of rows up to this step: what they said of them is told with the session.
    pub silent_until: u64,
    /// The step up to which this window has seen it, where its past is told once more.
    pub seen_until: Option<u64>,
    /// The newest slice, and when it came.
    pub slice: Option<Slice>,
    /// The newest noise samples.
    pub noise: Option<Arc<NoiseSnapshot>>,
    /// The name of the run that it came from, as it was then: that run may be gone.
    pub source: Option<String>,
    /// The name that the user gave it.
    pub name: Option<String>,
    /// The colour of the palette that the user gave it.
    pub color_override: Option<usize>,
    /// Its place among the runs of its optimiser, from 0: names it.
    number: usize,
    /// Its colour of the palette; `None` for the first run of an optimiser, which has the optimiser's own.
    palette_color: Option<usize>,
    default_name: String,
    /// Seconds by which its clock is ahead of its rows, where the engine's began again.
    seconds_ahead: f64,
    noise_mean: NoiseMean,
    /// Values that were sent and not yet confirmed.
    pending: BTreeMap<KnobId, f64>,
}

/// A slice as it is drawn.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The slice.
    pub grid: Arc<LossGrid>,
    /// When it came.
    pub at: Instant,
}

impl RunView {
    /// A run that has not trained yet.
    #[must_use]
    pub fn new(info: RunInfo) -> Self {
        Self {
            knobs: info.knobs.clone(),
            source: None,
            name: None,
            color_override: None,
            number: 0,
            palette_color: None,
            default_name: info.optimizer.label().to_owned(),
            seconds_ahead: 0.0,
            followed: info.folder().map(|folder| FolderView::new(folder.to_owned())),
            edge: Edge::new(&info),
            info,
            state: RunState::Training,
            steps: History::default(),
            evals: History::default(),
            best: None,
            traces: History::default(),
            eigens: History::default(),
            streamed: Streamed::default(),
            bounds: History::default(),
            layers: LayerHistory::default(),
            edits: Vec::new(),
            alerts: Vec::new(),
            silent_until: 0,
            seen_until: None,
            slice: None,
            noise: None,
            noise_mean: NoiseMean::default(),
            pending: BTreeMap::new(),
        }
    }

    /// As [`Self::new`] for a run that joins others, which may have been removed: named and coloured so that it can be told
    /// apart, and with the rows of the run that it continues.
    #[must_use]
    pub fn joining<'a>(info: RunInfo, others: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let mut run = Self::new(info);
        let optimizer = run.info.optimizer;
        let kind = (optimizer, run.is_followed());
        let alike = others.clone().filter(|other| (other.info.optimizer, other.is_followed()) == kind);
        run.number = alike.map(|other| other.number + 1).max().unwrap_or(0);
        if run.number > 0 || run.is_followed() {
            run.default_name = match &run.followed {
                Some(folder) => folder.name(),
                None => format!("{} {}", optimizer.label(), run.number + 1),
            };
            let is_free = |color: &usize| !others.clone().any(|other| other.palette_color == Some(*color));
            let taken = others.clone().filter(|other| other.palette_color.is_some()).count();
            run.palette_color = Some((0..Tokens::NUM_RUN_COLORS).find(is_free).unwrap_or(taken));
        }
        let mut find = |id| others.clone().find(|other| other.info.run == id);
        run.source = run.info.origin.run().and_then(&mut find).map(|source| source.name().to_owned());
        let parent = run.info.parent().and_then(|(parent, step)| Some((find(parent)?, step)));
        if let Some((parent, step)) = parent {
            run.steps = parent.steps.clone();
            run.evals = parent.evals.clone();
            run.traces = parent.traces.clone();
            run.eigens = parent.eigens.clone();
            run.streamed = parent.streamed.clone();
            run.bounds = parent.bounds.clone();
            run.layers = parent.layers.clone();
            run.edge.take_crossings(&parent.edge);
            run.edits = parent.edits.clone();
            run.drop_after(step);
        }
        run
    }

    /// Time spent on its steps, in seconds.
    #[must_use]
    pub fn train_seconds(&self) -> f64 {
        self.steps.last().map_or(0.0, |row| row.train_seconds)
    }

    /// Whether it has trained for so long that it is not ended without a question.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.train_seconds() > SECONDS_TO_ASK
    }

    /// Goes back to an earlier step, with the knobs that it had then.
    pub fn rewind(&mut self, step: u64, knobs: Knobs) {
        self.drop_after(step);
        self.edge.set_knobs(&knobs);
        self.knobs = knobs;
        self.pending.clear();
        self.noise_mean = NoiseMean::default();
        self.noise = self.noise.take().filter(|noise| noise.step <= step);
        self.state = RunState::Training;
    }

    /// Drops what is known of checkpoints after one, or of all.
    pub fn void_after(&mut self, after: Option<u64>) {
        match after {
            Some(step) => self.drop_after(step),
            None => {
                self.evals.clear();
                self.traces.clear();
                self.eigens.clear();
                self.streamed.clear();
                self.bounds.clear();
                self.layers.clear();
                self.alerts.clear();
                self.silent_until = 0;
                self.best = None;
            }
        }
    }

    fn drop_after(&mut self, step: u64) {
        self.steps.truncate_after(step);
        self.evals.truncate_after(step);
        self.find_best();
        self.traces.truncate_after(step);
        self.eigens.truncate_after(step);
        self.streamed.truncate_after(step);
        self.bounds.truncate_after(step);
        self.layers.truncate_after(step);
        self.edge.truncate_after(step);
        self.edits.retain(|edit| edit.step <= step);
        self.alerts.retain(|mark| mark.step <= step);
        self.silent_until = self.silent_until.min(step);
    }

    /// Keeps at most so many rows of each kind.
    pub fn set_row_limit(&mut self, limit: usize) {
        self.steps.set_limit(limit);
        self.evals.set_limit(limit);
        self.traces.set_limit(limit);
        self.eigens.set_limit(limit);
        self.streamed.set_limit(limit);
    }

    /// Takes a bound that was measured at a step, and the C in it. One from a step that the run went back before is void.
    pub fn push_bound(&mut self, step: u64, found: FoundBound, constant: f64) {
        let last = self.bounds.last().map_or(0, |last| last.step);
        if !(last..=self.step()).contains(&step) {
            return;
        }
        let FoundBound { bound, alpha, alpha_stderr, distance, num_examples } = found;
        let gradient_evaluations = self.evaluations_at(step);
        self.bounds.push(BoundRow {
            step,
            gradient_evaluations,
            bound,
            alpha,
            alpha_stderr,
            distance,
            num_examples,
            constant,
        });
    }

    /// The name of its optimiser.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        if self.is_followed() { "Followed" } else { self.info.optimizer.label() }
    }

    /// Whether it follows a folder: it is trained elsewhere.
    #[must_use]
    pub const fn is_followed(&self) -> bool {
        self.followed.is_some()
    }

    /// Takes how its folder stands.
    pub fn follow(&mut self, state: FollowedState, now: Instant) {
        if let Some(folder) = &mut self.followed {
            folder.take(state, now);
        }
    }

    /// What its steps are: those of a followed run may be places in a list of checkpoints.
    #[must_use]
    pub fn step_noun(&self) -> &'static str {
        self.followed.as_ref().map_or("step", FolderView::noun)
    }

    /// Steps done; of a followed run those of its newest checkpoint.
    #[must_use]
    pub fn step(&self) -> u64 {
        let checkpoint = self.evals.last().filter(|_| self.is_followed()).map_or(0, |row| row.step);
        self.steps.last().map_or(checkpoint, |row| row.step)
    }

    /// The step of its weights: for a followed run that of the checkpoint that is looked at.
    #[must_use]
    pub fn step_here(&self) -> u64 {
        self.followed.as_ref().and_then(|folder| folder.state.at).unwrap_or_else(|| self.step())
    }

    /// Gradient evaluations spent.
    #[must_use]
    pub fn gradient_evaluations(&self) -> u64 {
        self.steps.last().map_or(0, |row| row.gradient_evaluations)
    }

    /// Gradient evaluations spent at the last kept step up to this one.
    #[must_use]
    pub fn evaluations_at(&self, step: u64) -> u64 {
        let rows = self.steps.rows();
        let index = rows.partition_point(|row| row.step <= step);
        index.checked_sub(1).map_or(0, |index| rows[index].gradient_evaluations)
    }

    /// Takes steps in order.
    pub fn push_steps(&mut self, rows: &[StepRow]) {
        for row in rows {
            let [noise_trace, noise_stderr] = self.noise_mean.push(row).map(|value| value as f32);
            // A run that continues another one may count its own seconds only: the axis must not run backwards.
            let before = self.steps.last().map_or(0.0, |last| last.train_seconds);
            if row.train_seconds + self.seconds_ahead < before {
                self.seconds_ahead = before - row.train_seconds;
            }
            self.steps.push(StepPoint {
                step: row.step,
                gradient_evaluations: row.gradient_evaluations,
                train_seconds: row.train_seconds + self.seconds_ahead,
                batch_loss: row.batch_loss,
                perturbed_loss: row.perturbed_loss,
                noise_trace,
                noise_stderr,
                edge: self.edge.of(row.learning_rate) as f32,
            });
        }
    }

    /// Marks an alert on its charts, once.
    pub fn push_alert(&mut self, mark: AlertRow) {
        if self.alerts.contains(&mark) {
            return;
        }
        if self.alerts.len() == MOST_ALERTS {
            self.alerts.remove(0);
        }
        self.alerts.push(mark);
    }

    /// Takes a slice if it is new.
    pub fn set_slice(&mut self, grid: Arc<LossGrid>, now: Instant) {
        if self.slice.as_ref().is_some_and(|slice| Arc::ptr_eq(&slice.grid, &grid)) {
            return;
        }
        self.slice = Some(Slice { grid, at: now });
    }
}

/// The run with an id.
#[must_use]
pub fn find(runs: &[RunView], id: RunId) -> Option<&RunView> {
    runs.iter().find(|run| run.info.run == id)
}
