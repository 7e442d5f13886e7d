//! Figures of runs where each stands, or where all had the same training loss; read again only when rows have come.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::falls::Falls;
use crate::protocol::{Measurement, RunId};
use crate::ui::kit::dated::Dated;
use crate::ui::state::effort::Effort;
use crate::ui::state::job::{JobState, JobView};
use crate::ui::state::model::Model;
use crate::ui::state::rows::{Evaluated, Row as _};
use crate::ui::state::run_view::{RunState, RunView};

/// One figure of a run, with the step that it belongs to; at equal loss, about that step.
pub type Figure = Dated<Value>;

/// A value with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The value.
    pub value: f64,
    /// Its standard error, where it has one.
    pub error: Option<f64>,
    /// What was spent on it where it comes from a stream of curvature; `None` for all else.
    pub streamed: Option<Effort>,
}

impl Value {
    /// A value without an error.
    pub const fn exact(value: f64) -> Self {
        Self { value, error: None, streamed: None }
    }
}

/// Of which step a row of the table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RowStep {
    /// Of none: its figures were read at equal loss, at about the same step each.
    #[default]
    Each,
    /// Of the newest evaluation of a run that trains on: its end is not there yet, and figures of another step say so.
    OnTheWay(u64),
    /// Of the step at which it rests: what is not measured there is left open.
    End(u64),
}

/// The figures of one run; `None` where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub at: RowStep,
    pub step: Option<Figure>,
    pub test_accuracy: Option<Figure>,
    pub train_loss: Option<Figure>,
    pub test_loss: Option<Figure>,
    pub validation_accuracy: Option<Figure>,
    pub validation_loss: Option<Figure>,
    pub best_step: Option<Figure>,
    pub average_accuracy: Option<Figure>,
    pub average_loss: Option<Figure>,
    pub trace: Option<Figure>,
    pub lambda_max: Option<Figure>,
    pub bound: Option<Figure>,
    pub evaluations: Option<Figure>,
    pub seconds: Option<Figure>,
}

impl Reading {
    /// The step that a figure stands beside.
    pub const fn beside(&self, figure: &Figure) -> u64 {
        match self.at {
            RowStep::Each => figure.step,
            RowStep::OnTheWay(step) | RowStep::End(step) => step,
        }
    }

    /// Whether the cell of a figure is left open.
    pub const fn is_open(&self, figure: &Figure) -> bool {
        matches!(self.at, RowStep::End(step) if figure.step != step)
    }
}

/// The figures of all runs, in the order of the runs.
#[derive(Debug, Default)]
pub struct Readings {
    key: Option<u64>,
    /// What is kept of the losses of each run.
    losses: BTreeMap<RunId, Losses>,
    /// The runs, each with its figures.
    pub runs: Vec<(RunId, Reading)>,
    /// The training loss at which all were read; `None` for their ends.
    pub loss: Option<f64>,
}

/// What is kept of the losses of one run, those of each kind of rows.
#[derive(Debug, Default)]
struct Losses {
    evals: Falls,
    traces: Falls,
    eigens: Falls,
}

impl Losses {
    fn update(&mut self, run: &RunView) {
        self.evals.update(&run.evals);
        self.traces.update(&run.traces);
        self.eigens.update(&run.eigens);
    }

    /// The lowest loss that it has reached in all that is read of it.
    fn lowest(&self, run: &RunView) -> Option<f64> {
        let least = self.evals.least(&run.evals)?;
        Some(least.max(self.traces.least(&run.traces)?).max(self.eigens.least(&run.eigens)?))
    }
}

impl Readings {
    /// Reads all runs, unless nothing has come since.
    pub fn update(&mut self, model: &Model, at_equal_loss: bool) {
        self.update_of(model, at_equal_loss, |_| true);
    }

    /// Reads some of the runs, unless nothing has come since; what equal loss is, is theirs alone.
    pub fn update_of(&mut self, model: &Model, at_equal_loss: bool, is_read: impl Fn(&RunView) -> bool) {
        let runs: Vec<&RunView> = model.runs.iter().filter(|run| is_read(run)).collect();
        let key = fingerprint(model, &runs, at_equal_loss);
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        if at_equal_loss {
            self.losses.retain(|id, _| model.run(*id).is_some());
            for run in &runs {
                self.losses.entry(run.info.run).or_default().update(run);
            }
        }
        self.loss = at_equal_loss.then(|| self.common_loss(&runs)).flatten();
        let read = |run: &&RunView| (run.info.run, self.read(run, model.is_playing, at_equal_loss));
        self.runs = runs.iter().map(read).collect();
    }

    /// Reads the runs.
    pub fn of(model: &Model, at_equal_loss: bool) -> Self {
        let mut readings = Self::default();
        readings.update(model, at_equal_loss);
        readings
    }

    /// The figures of a run, where it was read.
    pub fn run(&self, id: RunId) -> Option<&Reading> {
        self.runs.iter().find(|(run, _)| *run == id).map(|(_, reading)| reading)
    }

    fn read(&self, run: &RunView, is_playing: bool, at_equal_loss: bool) -> Reading {
        match (self.loss, self.losses.get(&run.info.run)) {
            (Some(loss), Some(losses)) => at_loss(run, losses, loss),
            _ if at_equal_loss => Reading::default(),
            _ => at_end(run, is_playing),
        }
    }

    /// The lowest training loss that all measured runs have reached, in all that is read of them. Runs that diverged are
    /// left out. `None` for fewer than two runs.
    fn common_loss(&self, runs: &[&RunView]) -> Option<f64> {
        let runs = runs.iter().filter(|run| !matches!(run.state, RunState::Diverged { .. }));
        let lowest = runs.filter_map(|run| self.losses.get(&run.info.run)?.lowest(run));
        let lowest: Vec<f64> = lowest.collect();
        (lowest.len() > 1).then(|| lowest.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// Changes when anything that is read has changed.
fn fingerprint(model: &Model, runs: &[&RunView], at_equal_loss: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (at_equal_loss, model.generation, model.is_playing).hash(&mut hasher);
    for run in runs {
        let id = run.info.run;
        (id, run.evals.version(), run.traces.version(), run.eigens.version()).hash(&mut hasher);
        (matches!(run.state, RunState::Diverged { .. }), run.state == RunState::Training).hash(&mut hasher);
        if !at_equal_loss {
            (run.step(), run.bounds.version()).hash(&mut hasher);
            (run.streamed.traces.version(), run.streamed.eigens.version()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Whether a figure that a run need not have is there.
fn is_there(figure: &Figure) -> bool {
    figure.value.value.is_finite()
}

/// A run at its newest evaluation: losses, cost and time are of that step, and what else was measured has its own.
fn at_end(run: &RunView, is_playing: bool) -> Reading {
    let exact = |value: f64, step: u64| Some(Figure::new(Value::exact(value), step));
    let eval = run.evals.last();
    let step = eval.map_or_else(|| run.step(), |row| row.step);
    let trains = is_playing && run.state == RunState::Training && !run.is_followed();
    let evaluations = eval.map_or_else(|| run.gradient_evaluations(), |row| row.gradient_evaluations);
    // NaN where the run has no such examples, no average, or no accuracy.
    let of_lane = |lane: usize| eval.and_then(|row| exact(row.lane(lane), row.step).filter(is_there));
    // What streams went on to find after the end does not hide what was measured there.
    let until = if trains { u64::MAX } else { step };
    Reading {
        at: if trains { RowStep::OnTheWay(step) } else { RowStep::End(step) },
        step: exact(step as f64, step),
        test_accuracy: eval.and_then(|row| exact(row.test_accuracy, row.step)),
        train_loss: eval.and_then(|row| exact(row.train_loss, row.step)),
        test_loss: eval.and_then(|row| exact(row.test_loss, row.step)),
        validation_accuracy: of_lane(Evaluated::Validation.accuracy_lane()),
        validation_loss: of_lane(Evaluated::Validation.loss_lane()),
        best_step: run.best_validation().and_then(|best| exact(best.step as f64, step)),
        average_accuracy: of_lane(Evaluated::AverageTest.accuracy_lane()),
        average_loss: of_lane(Evaluated::AverageTest.loss_lane()),
        trace: run.newest_trace(until).or_else(|| run.newest_trace(u64::MAX)).map(|found| {
            let streamed = found.is_streamed.then_some(found.effort);
            Figure::new(Value { value: found.mean, error: Some(found.stderr), streamed }, found.step)
        }),
        lambda_max: run.newest_ends(until).or_else(|| run.newest_ends(u64::MAX)).map(|found| {
            let streamed = found.is_streamed.then_some(found.effort);
            Figure::new(Value { streamed, ..Value::exact(found.largest[0]) }, found.step)
        }),
        bound: run.bounds.last().and_then(|row| exact(row.bound, row.step)),
        evaluations: exact(evaluations as f64, step).filter(|_| !run.is_followed()),
        seconds: run.steps.until(step).and_then(|row| exact(row.train_seconds, step)),
    }
}

/// Every figure where the training loss last fell through `loss`, between two measured points.
fn at_loss(run: &RunView, losses: &Losses, loss: f64) -> Reading {
    let evals = losses.evals.last(&run.evals, loss);
    let traces = losses.traces.last(&run.traces, loss);
    let eigens = losses.eigens.last(&run.eigens, loss);
    let exact = |value: f64, step: u64| Figure::new(Value::exact(value), step);
    let step = evals.map(|fall| fall.between(|row| row.step as f64).round() as u64);
    let eval = |value: fn(&crate::protocol::EvalRow) -> f64| {
        evals.zip(step).map(|(fall, step)| exact(fall.between(value), step))
    };
    let seconds = step.and_then(|step| {
        let rows = run.steps.rows();
        let row = rows.get(rows.partition_point(|row| row.step < step))?;
        Some(exact(row.train_seconds, step))
    });
    Reading {
        at: RowStep::Each,
        step: eval(|row| row.step as f64),
        test_accuracy: eval(|row| row.test_accuracy),
        train_loss: step.map(|step| exact(loss, step)),
        test_loss: eval(|row| row.test_loss),
        validation_accuracy: eval(|row| row.lane(Evaluated::Validation.accuracy_lane())).filter(is_there),
        validation_loss: eval(|row| row.lane(Evaluated::Validation.loss_lane())).filter(is_there),
        best_step: None,
        average_accuracy: eval(|row| row.lane(Evaluated::AverageTest.accuracy_lane())).filter(is_there),
        average_loss: eval(|row| row.lane(Evaluated::AverageTest.loss_lane())).filter(is_there),
        trace: traces.map(|fall| {
            // Of the two points' errors the greater: interpolating does not make either smaller for certain.
            let error = Some(fall.from.stderr.max(fall.to.stderr));
            let value = Value { error, ..Value::exact(fall.between(|row| row.mean)) };
            Figure::new(value, fall.between(|row| row.step as f64).round() as u64)
        }),
        lambda_max: eigens
            .map(|fall| exact(fall.between(|row| row.lambda_max), fall.between(|row| row.step as f64).round() as u64)),
        bound: None,
        evaluations: step
            .zip(evals)
            .map(|(step, fall)| exact(fall.between(|row| row.gradient_evaluations as f64).round(), step))
            .filter(|_| !run.is_followed()),
        seconds,
    }
}

/// Whether the bound of a run is being measured.
pub fn bound_is_on_its_way(model: &Model, run: RunId) -> bool {
    let is_bound = |job: &JobView| job.run == run && matches!(job.request.what, Measurement::Bound { .. });
    model.jobs.iter().any(|job| is_bound(job) && matches!(job.state, JobState::Waiting(_)))
}
