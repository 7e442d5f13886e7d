//! Tuning: each method's values are tried on the experiment's first seed and judged on validation data.

use std::sync::Arc;

use crate::config::{KeepRule, KnobId, KnobValue, OptimizerKind};
use crate::protocol::Outcome;
use crate::report::tuning::{Try, Values, pick, with_values};
use crate::train::{Run, Task};

use super::error::EngineError;
use super::news::CompareNews;
use super::pace::{Curvature, Planned, Unit};
use super::watch::{Going, Watch};

/// The values to be tried for one method: all combinations of those of its knobs.
#[derive(Debug, Clone, PartialEq)]
pub struct TryGrid {
    /// The method.
    pub optimizer: OptimizerKind,
    /// Each knob with its values, at least one.
    pub axes: Vec<(KnobId, Vec<KnobValue>)>,
}

impl TryGrid {
    /// How many tries it has.
    #[must_use]
    pub fn num_tries(&self) -> usize {
        self.axes.iter().fold(1, |product: usize, (_, values)| product.saturating_mul(values.len()))
    }

    /// The values of each try; those of the last knob change fastest.
    #[must_use]
    pub fn tries(&self) -> Vec<Values> {
        self.axes.iter().fold(vec![Values::new()], |tries, (id, values)| {
            let with = |before: &Values, value: &KnobValue| [before.as_slice(), &[(*id, *value)]].concat();
            tries.iter().flat_map(|before| values.iter().map(move |value| with(before, value))).collect()
        })
    }
}

/// The first run of each try, at step 0, in the order in which they are done.
///
/// # Errors
/// [`EngineError`] where a value is out of range, or a batch too small for the model.
pub(super) fn runs(task: &Arc<Task>, grids: &[TryGrid]) -> Result<Vec<(Run, Values)>, EngineError> {
    let mut runs = Vec::new();
    for grid in grids {
        for values in grid.tries() {
            let knobs = with_values(&task.experiment, grid.optimizer, &values).knobs(grid.optimizer)?;
            task.check_batch(&knobs)?;
            runs.push((Run::new(Arc::clone(task), grid.optimizer, knobs), values));
        }
    }
    Ok(runs)
}

/// What the tries consist of, for the clock.
pub(super) fn planned(runs: &[(Run, Values)], optimizers: &[OptimizerKind]) -> Vec<Planned> {
    let of = |(run, _): &(Run, Values)| Planned {
        optimizer: optimizers.iter().position(|kind| *kind == run.optimizer()).unwrap_or_default(),
        step_cost: run.knobs().gradient_evaluations(run.optimizer()),
        with_slice: false,
        is_try: true,
    };
    runs.iter().map(of).collect()
}

/// Does all tries and picks one for each method.
///
/// # Errors
/// [`EngineError::Cancelled`] where it shall stop.
pub(super) fn tune(runs: Vec<(Run, Values)>, planned: &[Planned], watch: &mut Watch) -> Result<Vec<Try>, EngineError> {
    let mut tries: Vec<Try> = Vec::new();
    let kinds: Vec<OptimizerKind> = runs.iter().map(|(run, _)| run.optimizer()).collect();
    for ((run, values), plan) in runs.into_iter().zip(planned) {
        let (kind, task) = (run.optimizer(), Arc::clone(run.task()));
        let of = kinds.iter().filter(|other| **other == kind).count();
        let number = 1 + tries.iter().filter(|done| done.optimizer == kind).count();
        watch.pace.begin(plan, &task, Curvature::NONE);
        tries.push(attempt(run, values, [number, of], watch)?);
        watch.pace.end();
        if let Some(done) = tries.last() {
            (watch.progress)(CompareNews::Tried(done, [number, of]));
        }
        if number == of {
            let first = tries.len() - of;
            pick(&mut tries[first..]);
            (watch.progress)(CompareNews::Tuned(&tries[first..]));
        }
    }
    Ok(tries)
}

/// One try to the end of its budget, without curvature and slices.
fn attempt(mut run: Run, values: Values, number: [usize; 2], watch: &mut Watch) -> Result<Try, EngineError> {
    let task = Arc::clone(run.task());
    let keeps_best = task.experiment.keep == KeepRule::BestValidation;
    let every = task.experiment.look.eval_every;
    let mut judge = Judge { keeps_best, found: None, train_loss: f64::NAN };
    if keeps_best {
        judge.look(&mut run, watch);
    }
    while !run.budget_is_spent() {
        watch.check()?;
        let Ok(row) = watch.step(&mut run) else { break };
        if keeps_best && row.step.is_multiple_of(every) {
            judge.look(&mut run, watch);
        }
        watch.tell(&run, Going { phase: "training", attempt: Some(number), train_loss: judge.train_loss });
    }
    if run.diverged_at().is_none() {
        judge.look(&mut run, watch);
    }
    let nothing = Outcome { loss: f64::NAN, accuracy: f64::NAN };
    Ok(Try {
        optimizer: run.optimizer(),
        values,
        validation: judge.found.filter(|_| run.diverged_at().is_none()).unwrap_or(nothing),
        gradient_evaluations: run.gradient_evaluations(),
        diverged_at: run.diverged_at(),
        is_picked: false,
    })
}

/// What is known of a try on the validation examples.
struct Judge {
    /// Whether its best evaluation counts, and not its last.
    keeps_best: bool,
    found: Option<Outcome>,
    train_loss: f64,
}

impl Judge {
    fn look(&mut self, run: &mut Run, watch: &mut Watch) {
        let row = watch.time(Unit::Evaluation, || run.evaluate());
        self.train_loss = row.train_loss;
        let is_better = |new: &Outcome| self.found.is_none_or(|old| new.loss < old.loss || old.loss.is_nan());
        if let Some(new) = row.validation.filter(|new| !self.keeps_best || is_better(new)) {
            self.found = Some(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_combinations_are_tried_in_order() {
        let number = KnobValue::Number;
        let grid = TryGrid {
            optimizer: OptimizerKind::Nso,
            axes: vec![
                (KnobId::Sigma, vec![number(0.1), number(0.2)]),
                (KnobId::K, vec![KnobValue::Whole(1), KnobValue::Whole(2), KnobValue::Whole(4)]),
            ],
        };
        let tries = grid.tries();
        assert_eq!((grid.num_tries(), tries.len()), (6, 6));
        let words: Vec<String> = tries
            .iter()
            .map(|values| values.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(words, ["0.1 1", "0.1 2", "0.1 4", "0.2 1", "0.2 2", "0.2 4"]);
    }
}
