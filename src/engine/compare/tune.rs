//! Tuning: each method's values are tried on the experiment's first seed and judged on validation data.

use std::sync::Arc;

use crate::config::{KeepRule, KnobId, KnobValue, Knobs, OptimizerKind};
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

/// A try before it begins.
pub(super) struct Attempt {
    optimizer: OptimizerKind,
    values: Values,
    knobs: Knobs,
    /// Its number among those of its method, from 1, and how many these are.
    number: [usize; 2],
}

/// All tries in the order in which they are done.
///
/// # Errors
/// [`EngineError`] where a value is out of range, or a batch too small for the model.
pub(super) fn attempts(task: &Task, grids: &[TryGrid]) -> Result<Vec<Attempt>, EngineError> {
    let mut attempts = Vec::new();
    for grid in grids {
        let optimizer = grid.optimizer;
        for (index, values) in grid.tries().into_iter().enumerate() {
            let knobs = with_values(&task.experiment, optimizer, &values).knobs(optimizer)?;
            task.check_knobs(optimizer, &knobs)?;
            attempts.push(Attempt { optimizer, values, knobs, number: [index + 1, grid.num_tries()] });
        }
    }
    Ok(attempts)
}

/// What the tries consist of, for the clock.
pub(super) fn planned(attempts: &[Attempt], optimizers: &[OptimizerKind]) -> Vec<Planned> {
    let of = |attempt: &Attempt| Planned {
        optimizer: optimizers.iter().position(|kind| *kind == attempt.optimizer).unwrap_or_default(),
        step_cost: attempt.knobs.gradient_evaluations(attempt.optimizer),
        with_slice: false,
        is_try: true,
    };
    attempts.iter().map(of).collect()
}

/// Does all tries and picks one for each method.
///
/// # Errors
/// [`EngineError::Cancelled`] where it shall stop.
pub(super) fn tune(
    task: &Arc<Task>,
    attempts: Vec<Attempt>,
    planned: &[Planned],
    watch: &mut Watch,
) -> Result<Vec<Try>, EngineError> {
    let mut tries: Vec<Try> = Vec::new();
    for (attempt, plan) in attempts.into_iter().zip(planned) {
        let number = attempt.number;
        watch.pace.begin(plan, task, Curvature::NONE);
        let done = attempt.run(task, watch)?;
        watch.pace.end();
        (watch.progress)(CompareNews::Tried(&done, number));
        tries.push(done);
        let [last, of] = number;
        if last == of {
            let first = tries.len() - of;
            pick(&mut tries[first..]);
            (watch.progress)(CompareNews::Tuned(&tries[first..]));
        }
    }
    Ok(tries)
}

impl Attempt {
    /// One try to the end of its budget, without curvature and slices.
    fn run(self, task: &Arc<Task>, watch: &mut Watch) -> Result<Try, EngineError> {
        let mut run = Run::new(Arc::clone(task), self.optimizer, self.knobs);
        let keeps_best = task.experiment.keep == KeepRule::BestValidation;
        let every = task.experiment.look.eval_every;
        let mut judge = Judge { keeps_best, found: None };
        if keeps_best {
            judge.look(&run, watch);
        }
        while !run.budget_is_spent() {
            watch.check()?;
            let Ok(row) = watch.step(&mut run) else { break };
            if keeps_best && row.step.is_multiple_of(every) {
                judge.look(&run, watch);
            }
            watch.tell(&run, Going { phase: "training", attempt: Some(self.number), train_loss: f64::NAN });
        }
        if run.diverged_at().is_none() {
            judge.look(&run, watch);
        }
        let nothing = Outcome { loss: f64::NAN, accuracy: f64::NAN };
        Ok(Try {
            optimizer: self.optimizer,
            values: self.values,
            validation: judge.found.filter(|_| run.diverged_at().is_none()).unwrap_or(nothing),
            gradient_evaluations: run.gradient_evaluations(),
            diverged_at: run.diverged_at(),
            is_picked: false,
        })
    }
}

/// What is known of a try on the validation examples; it is looked at nowhere else.
struct Judge {
    /// Whether its best evaluation counts, and not its last.
    keeps_best: bool,
    found: Option<Outcome>,
}

impl Judge {
    fn look(&mut self, run: &Run, watch: &mut Watch) {
        let Some(objective) = run.validated() else { return };
        let new = watch.time(Unit::Evaluation, || run.outcome(&objective));
        let is_better = self.found.is_none_or(|old| new.loss < old.loss || old.loss.is_nan());
        if is_better || !self.keeps_best {
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
