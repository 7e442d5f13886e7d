//! Alerts: what the user wants to be told of while runs train, and when it is so.
//!
//! A rule looks at the rows that have come since the last look. It speaks once when its condition begins to hold, and again only
//! after it did not hold in between. An alert is a notice, a mark on the charts of its run, a row in the session, and a pause where the
//! rule says so. A run that diverges has all of that without a rule; of it the rule only pauses.

mod rules;

use std::collections::BTreeMap;

use super::course::passage;
use super::model::Model;
use super::notices::Level;
use super::rows::{Evaluated, Row};
use super::run_view::{RunState, RunView};
use crate::protocol::{AlertRow, EvalRow, RunId, TraceRow};
use crate::ui::kit::format;

pub use rules::{Figure, Rule, Watched, usual};

/// Noise and Hutchinson part where they also differ by more than this share of Hutchinson's trace, as in a sweep of σ.
const LEAST_SHARE: f64 = 0.1;

/// How far the rows of a run were looked at, and which rules hold.
#[derive(Debug, Default)]
struct Looked {
    step: u64,
    evals: u64,
    traces: u64,
    eigens: u64,
    edge: u64,
    holds: Vec<bool>,
    /// The evaluation with the least held-out loss.
    least: Option<EvalRow>,
}

/// The rules, and what they have seen.
#[derive(Debug)]
pub struct Alerts {
    rules: Vec<Rule>,
    looked: BTreeMap<RunId, Looked>,
}

/// What came of a look.
#[derive(Debug, Default)]
pub struct Spoken {
    /// Training shall pause.
    pub pauses: bool,
    /// What is to be kept.
    pub rows: Vec<(RunId, AlertRow)>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { rules: usual(), looked: BTreeMap::new() }
    }
}

impl Alerts {
    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Takes other rules. They speak of what comes from now on.
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        // What holds already was told, or was not asked for when it began.
        let places: Vec<Option<usize>> =
            rules.iter().map(|rule| self.rules.iter().position(|old| old.watched == rule.watched)).collect();
        for looked in self.looked.values_mut() {
            let held =
                |place: &Option<usize>| place.and_then(|place| looked.holds.get(place)).copied().unwrap_or(false);
            looked.holds = places.iter().map(held).collect();
        }
        self.rules = rules;
    }

    /// Looks at what has come since the last time: notices and marks go to `model`.
    pub fn look(&mut self, model: &mut Model) -> Spoken {
        self.looked.retain(|run, _| model.runs.iter().any(|view| view.info.run == *run));
        let mut spoken = Spoken::default();
        for run in &mut model.runs {
            let looked = self.looked.entry(run.info.run).or_default();
            looked.holds.resize(self.rules.len(), false);
            looked.follow(run);
            let mut marks = Vec::new();
            for (rule, holds) in self.rules.iter().zip(0..) {
                let found = looked.found(rule.watched, run, holds);
                let is_new = |mark: &AlertRow| rule.watched == Watched::NotFinite || mark.step > run.silent_until;
                marks.extend(found.filter(|mark| rule.is_on && is_new(mark)).map(|mark| (mark, rule)));
            }
            looked.settle(run);
            for (mut mark, rule) in marks {
                let stops = rule.pauses && model.is_playing;
                let pause = if stops { " Training pauses." } else { "" };
                // A divergence has its own notice and its own mark; that training pauses for it is to be told.
                let is_told = rule.watched == Watched::NotFinite;
                if stops || !is_told {
                    model.notices.push(Level::Warning, format!("{}.{pause}", mark.words));
                }
                if !is_told {
                    mark.paused = stops;
                    spoken.rows.push((run.info.run, mark.clone()));
                    run.push_alert(mark);
                }
                spoken.pauses |= stops;
            }
        }
        spoken
    }
}

impl Looked {
    /// Forgets what lies after the step that a run went back to.
    fn follow(&mut self, run: &RunView) {
        let step = run.step();
        if step < self.step {
            let until = |seen: u64| seen.min(step);
            let holds = vec![false; self.holds.len()];
            let least = self.least.filter(|row| row.step <= step);
            *self = Self {
                step,
                evals: until(self.evals),
                traces: until(self.traces),
                eigens: until(self.eigens),
                edge: until(self.edge),
                holds,
                least,
            };
        }
    }

    /// All rows were looked at.
    fn settle(&mut self, run: &RunView) {
        let last = |step: Option<u64>, seen: u64| step.unwrap_or(seen);
        for row in fresh(run.evals.rows(), self.evals) {
            if self.least.is_none_or(|least| held_out(row) < held_out(&least)) {
                self.least = Some(*row);
            }
        }
        self.step = run.step();
        self.evals = last(run.evals.last().map(|row| row.step), self.evals);
        self.traces = last(run.traces.last().map(|row| row.step), self.traces);
        self.eigens = last(run.eigens.last().map(|row| row.step), self.eigens);
        self.edge = last(run.edge.crossings().last().map(|crossing| crossing.step), self.edge);
    }

    /// What the rule at a place has to say of the rows that are new, where it begins to hold.
    fn found(&mut self, watched: Watched, run: &RunView, place: usize) -> Option<AlertRow> {
        let mark = |step: u64, words: String| AlertRow { step, rule: watched.short().to_owned(), words, paused: false };
        let name = run.name();
        match watched {
            Watched::NotFinite => {
                let has_diverged = matches!(run.state, RunState::Diverged { .. });
                let step = run.step();
                self.turns(place, has_diverged).then(|| mark(step, format!("{name} has diverged")))
            }
            Watched::Edge => {
                let fresh = run.edge.crossings().iter().rev().take_while(|crossing| crossing.step > self.edge).last();
                fresh.map(|crossing| mark(crossing.step, passage(name, crossing)))
            }
            Watched::Apart { errors } => {
                let mut found = None;
                for row in fresh(run.traces.rows(), self.traces) {
                    let Some((apart, noise)) = apart(run, row) else { continue };
                    let is_apart = apart > errors && (noise - row.mean).abs() > LEAST_SHARE * row.mean.abs();
                    if self.turns(place, is_apart) {
                        found = Some(mark(row.step, apart_words(name, row, apart, noise)));
                    }
                }
                found
            }
            Watched::Gap { share } => {
                let mut least = self.least;
                let mut found = None;
                for row in fresh(run.evals.rows(), self.evals) {
                    let opens = least.filter(|least| {
                        held_out(row) > (1.0 + share) * held_out(least) && row.train_loss < least.train_loss
                    });
                    if self.turns(place, opens.is_some()) {
                        found = opens.map(|least| mark(row.step, gap_words(name, row, &least)));
                    }
                    if least.is_none_or(|least| held_out(row) < held_out(&least)) {
                        least = Some(*row);
                    }
                }
                found
            }
            Watched::Limit { figure, is_above, limit } => {
                let mut found = None;
                for (step, value) in self.values(run, figure) {
                    let is_beyond = if is_above { value > limit } else { value < limit };
                    if self.turns(place, is_beyond) {
                        let side = if is_above { "above" } else { "below" };
                        let words = format!(
                            "{name}: {} {} is {side} {} at step {}",
                            figure.label(),
                            format::number(value),
                            format::setting(limit),
                            format::grouped(step)
                        );
                        found = Some(mark(step, words));
                    }
                }
                found
            }
        }
    }

    /// Takes whether the rule at a place holds. True where it has just begun to.
    fn turns(&mut self, place: usize, holds: bool) -> bool {
        !std::mem::replace(&mut self.holds[place], holds) && holds
    }

    /// Steps and values of a figure in the rows that are new.
    fn values(&self, run: &RunView, figure: Figure) -> Vec<(u64, f64)> {
        let evals =
            |lane: usize| fresh(run.evals.rows(), self.evals).iter().map(|row| (row.step, row.lane(lane))).collect();
        match figure {
            Figure::TrainLoss => evals(Evaluated::Train.loss_lane()),
            Figure::TestLoss => evals(Evaluated::Test.loss_lane()),
            Figure::TestAccuracy => evals(Evaluated::Test.accuracy_lane()),
            Figure::Trace => fresh(run.traces.rows(), self.traces).iter().map(|row| (row.step, row.mean)).collect(),
            Figure::LambdaMax => {
                fresh(run.eigens.rows(), self.eigens).iter().map(|row| (row.step, row.lambda_max)).collect()
            }
        }
    }
}

/// The rows after a step.
fn fresh<R: Row>(rows: &[R], seen: u64) -> &[R] {
    &rows[rows.partition_point(|row| row.step() <= seen)..]
}

/// The loss on examples that were not trained on: validation examples where there are any, else the test set.
fn held_out(row: &EvalRow) -> f64 {
    row.validation.map_or(row.test_loss, |outcome| outcome.loss)
}

/// How many combined standard errors the trace from noise pairs is away from Hutchinson's, and that trace; `None` where one of them
/// is not known at that step.
fn apart(run: &RunView, row: &TraceRow) -> Option<(f64, f64)> {
    let noise = run.steps.until(row.step)?;
    let (mean, stderr) = (f64::from(noise.noise_trace), f64::from(noise.noise_stderr));
    let apart = (mean - row.mean).abs() / stderr.hypot(row.stderr);
    apart.is_finite().then_some((apart, mean))
}

fn apart_words(name: &str, row: &TraceRow, apart: f64, noise: f64) -> String {
    format!(
        "{name}: the trace from noise pairs, {}, and Hutchinson’s, {} ± {}, are {apart:.0} standard errors apart at step {}: σ is \
         too large for second order, or the curvature moves fast",
        format::number(noise),
        format::number(row.mean),
        format::error(row.stderr),
        format::grouped(row.step)
    )
}

fn gap_words(name: &str, row: &EvalRow, least: &EvalRow) -> String {
    let what = if row.validation.is_some() { "validation" } else { "test" };
    format!(
        "{name}: the gap opens at step {}: {what} loss {} after {} at step {}, while the training loss fell to {}",
        format::grouped(row.step),
        format::number(held_out(row)),
        format::number(held_out(least)),
        format::grouped(least.step),
        format::number(row.train_loss)
    )
}

#[cfg(test)]
mod tests;
