//! What the table shows of each run, read again only when rows have come.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::protocol::{JobEnd, Measurement, RunId};
use crate::session::equal_loss::last_fall;
use crate::ui::measure::{JobState, JobView};
use crate::ui::model::Model;
use crate::ui::run_view::{RunState, RunView};

/// One figure of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The value.
    pub value: f64,
    /// Its standard error, where it has one.
    pub error: Option<f64>,
    /// The step that it belongs to; at equal loss, about that step.
    pub step: u64,
}

/// The figures of one run; `None` where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub step: Option<Figure>,
    pub test_accuracy: Option<Figure>,
    pub train_loss: Option<Figure>,
    pub test_loss: Option<Figure>,
    pub trace: Option<Figure>,
    pub lambda_max: Option<Figure>,
    pub bound: Option<Figure>,
    pub evaluations: Option<Figure>,
    pub seconds: Option<Figure>,
}

/// The figures of all runs, in the order of the runs.
#[derive(Debug, Default)]
pub struct Readings {
    key: Option<u64>,
    /// The runs, each with its figures.
    pub runs: Vec<(RunId, Reading)>,
    /// The training loss at which all were read; `None` for their ends.
    pub loss: Option<f64>,
}

impl Readings {
    /// Reads the runs, unless nothing has come since.
    pub fn update(&mut self, model: &Model, at_equal_loss: bool) {
        let key = fingerprint(model, at_equal_loss);
        if self.key != Some(key) {
            *self = Self::of(model, at_equal_loss);
            self.key = Some(key);
        }
    }

    /// Reads the runs.
    pub fn of(model: &Model, at_equal_loss: bool) -> Self {
        let loss = at_equal_loss.then(|| common_loss(model)).flatten();
        let runs = model.runs.iter().map(|run| {
            let mut reading = match loss {
                Some(loss) => at_loss(run, loss),
                None if at_equal_loss => Reading::default(),
                None => at_end(run),
            };
            if !at_equal_loss {
                reading.bound = bound(model, run.info.run);
            }
            (run.info.run, reading)
        });
        Self { key: None, runs: runs.collect(), loss }
    }
}

/// Changes when anything that the table shows has changed.
fn fingerprint(model: &Model, at_equal_loss: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (at_equal_loss, model.generation).hash(&mut hasher);
    for run in &model.runs {
        let id = run.info.run;
        let ended = latest_bound(model, id).is_some_and(|job| matches!(job.state, JobState::Ended(_)));
        (id, run.step(), ended, latest_bound(model, id).map(|job| job.id)).hash(&mut hasher);
        let steps = (run.evals.last().map(|row| row.step), run.traces.last().map(|row| row.step));
        (steps, run.eigens.last().map(|row| row.step)).hash(&mut hasher);
        matches!(run.state, RunState::Diverged { .. }).hash(&mut hasher);
    }
    hasher.finish()
}

fn at_end(run: &RunView) -> Reading {
    let exact = |value: f64, step: u64| Some(Figure { value, error: None, step });
    let step = run.step();
    let eval = run.evals.last();
    let trace = run.traces.last();
    Reading {
        step: exact(step as f64, step),
        test_accuracy: eval.and_then(|row| exact(row.test_accuracy, row.step)),
        train_loss: eval.and_then(|row| exact(row.train_loss, row.step)),
        test_loss: eval.and_then(|row| exact(row.test_loss, row.step)),
        trace: trace.map(|row| Figure { value: row.mean, error: Some(row.stderr), step: row.step }),
        lambda_max: run.eigens.last().and_then(|row| exact(row.lambda_max, row.step)),
        bound: None,
        evaluations: exact(run.gradient_evaluations() as f64, step),
        seconds: run.steps.last().and_then(|row| exact(row.train_seconds, row.step)),
    }
}

/// Every figure where the training loss last fell through `loss`, between two measured points.
fn at_loss(run: &RunView, loss: f64) -> Reading {
    let evals = last_fall(run.evals.rows().iter(), |row| row.train_loss, loss);
    let traces = last_fall(run.traces.rows().iter(), |row| row.train_loss, loss);
    let eigens = last_fall(run.eigens.rows().iter(), |row| row.train_loss, loss);
    let step = evals.map(|fall| fall.between(|row| row.step as f64).round() as u64);
    let eval = |value: fn(&crate::protocol::EvalRow) -> f64| {
        evals.map(|fall| Figure { value: fall.between(|row| value(row)), error: None, step: step.unwrap_or(0) })
    };
    let seconds = step.and_then(|step| {
        let rows = run.steps.rows();
        let row = rows.get(rows.partition_point(|row| row.step < step))?;
        Some(Figure { value: row.train_seconds, error: None, step })
    });
    Reading {
        step: eval(|row| row.step as f64),
        test_accuracy: eval(|row| row.test_accuracy),
        train_loss: eval(|_| 0.0).map(|figure| Figure { value: loss, ..figure }),
        test_loss: eval(|row| row.test_loss),
        trace: traces.map(|fall| Figure {
            value: fall.between(|row| row.mean),
            // Of the two points' errors the greater: interpolating does not make either smaller for certain.
            error: Some(fall.from.stderr.max(fall.to.stderr)),
            step: fall.between(|row| row.step as f64).round() as u64,
        }),
        lambda_max: eigens.map(|fall| Figure {
            value: fall.between(|row| row.lambda_max),
            error: None,
            step: fall.between(|row| row.step as f64).round() as u64,
        }),
        bound: None,
        evaluations: eval(|row| row.gradient_evaluations as f64)
            .map(|figure| Figure { value: figure.value.round(), ..figure }),
        seconds,
    }
}

/// The lowest training loss that all measured runs have reached, in all that is read of them. Runs that diverged are left
/// out. `None` for fewer than two runs.
fn common_loss(model: &Model) -> Option<f64> {
    let runs = model.runs.iter().filter(|run| !matches!(run.state, RunState::Diverged { .. }));
    let lowest = runs.filter_map(|run| {
        let evals = run.evals.rows().iter().map(|row| row.train_loss);
        let traces = run.traces.rows().iter().map(|row| row.train_loss);
        let eigens = run.eigens.rows().iter().map(|row| row.train_loss);
        Some(least(evals)?.max(least(traces)?).max(least(eigens)?))
    });
    let lowest: Vec<f64> = lowest.collect();
    (lowest.len() > 1).then(|| lowest.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

fn least(losses: impl Iterator<Item = f64>) -> Option<f64> {
    losses.filter(|loss| *loss > 0.0 && loss.is_finite()).min_by(f64::total_cmp)
}

/// The newest measurement of the bound on a run.
pub fn latest_bound(model: &Model, run: RunId) -> Option<&JobView> {
    let is_bound = |job: &&JobView| job.run == run && matches!(job.request.what, Measurement::Bound { .. });
    model.jobs.iter().find(is_bound)
}

fn bound(model: &Model, run: RunId) -> Option<Figure> {
    let job = latest_bound(model, run).filter(|job| job.state == JobState::Ended(JobEnd::Complete))?;
    let fact = job.findings.facts.iter().find(|fact| fact.name.starts_with("bound"))?;
    Some(Figure { value: fact.value, error: fact.error, step: job.step })
}
