//! Tuning: each method's values are tried on the experiment's first seed and judged on validation data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::config::{KeepRule, KnobId, KnobValue, Knobs, OptimizerKind};
use crate::landscape::Path;
use crate::protocol::Outcome;
use crate::report::tuning::{Try, Values, pick, with_values};
use crate::train::{Run, Task};

use super::costs::{Planned, Unit};
use super::crew::Crew;
use super::done::Ended;
use super::error::EngineError;
use super::keep::{Begun, Keep};
use super::log::Standing;
use super::news::CompareNews;
use super::watch::{Board, Going, Watch};

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
pub(super) fn planned(attempts: &[Attempt], optimizers: &[OptimizerKind], keep: &Keep) -> Vec<Planned> {
    let of = |(place, attempt): (usize, &Attempt)| Planned {
        optimizer: optimizers.iter().position(|kind| *kind == attempt.optimizer).unwrap_or_default(),
        seed: 0,
        step_cost: attempt.knobs.gradient_evaluations(attempt.optimizer),
        with_slice: false,
        with_kind: false,
        is_try: true,
        is_done: keep.done.try_of(attempt.optimizer, &attempt.values).is_some(),
        spent: keep.spent(keep.id_of_try(place)),
    };
    attempts.iter().enumerate().map(of).collect()
}

/// Does all tries and picks one for each method.
///
/// # Errors
/// [`EngineError::Cancelled`] where it shall stop.
pub(super) fn tune(
    task: &Arc<Task>,
    attempts: &[Attempt],
    (crew, keep): (Crew, &Keep),
    board: &Board,
) -> Result<Vec<Try>, EngineError> {
    let ended = Mutex::new(InOrder::default());
    crew.each(
        attempts.len(),
        || board.stop(),
        |worker, place| {
            let attempt = &attempts[place];
            let done = match keep.done.try_of(attempt.optimizer, &attempt.values) {
                Some(done) => Try { is_picked: false, ..done.clone() },
                None => {
                    let mut watch = board.begin(worker, place);
                    let run = Run::new(Arc::clone(task), attempt.optimizer, attempt.knobs.clone());
                    let done = attempt.run(keep.start(keep.id_of_try(place), run), keep, &mut watch)?;
                    watch.end();
                    board.say(CompareNews::Ended(Ended::Try(&done)));
                    done
                }
            };
            let mut all = ended.lock().unwrap_or_else(PoisonError::into_inner);
            all.take(place, done, attempts, board);
            Ok(())
        },
    )?;
    let tries = ended.into_inner().unwrap_or_else(PoisonError::into_inner).told;
    keep.tuned(&tries);
    Ok(tries)
}

/// The tries that have ended, which are told in their order, whichever ends first.
#[derive(Default)]
struct InOrder {
    told: Vec<Try>,
    /// Those after one that has not ended yet, by their places.
    later: BTreeMap<usize, Try>,
}

impl InOrder {
    fn take(&mut self, place: usize, done: Try, attempts: &[Attempt], board: &Board) {
        self.later.insert(place, done);
        while let Some(done) = self.later.remove(&self.told.len()) {
            let number = attempts[self.told.len()].number;
            board.say(CompareNews::Tried(&done, number));
            self.told.push(done);
            let [last, of] = number;
            if last == of {
                let first = self.told.len() - of;
                pick(&mut self.told[first..]);
                board.say(CompareNews::Tuned(&self.told[first..]));
            }
        }
    }
}

impl Attempt {
    /// One try to the end of its budget, without curvature and slices.
    fn run(&self, begun: Begun, keep: &Keep, watch: &mut Watch) -> Result<Try, EngineError> {
        let Begun { mut run, half, mut log } = begun;
        let experiment = Arc::clone(&run.task().experiment);
        let (keeps_best, every) = (experiment.keep == KeepRule::BestValidation, experiment.look.eval_every);
        let mut judge = Judge { keeps_best, found: half.as_ref().and_then(|half| half.found) };
        let (started, before) = (Instant::now(), half.map_or(0.0, |half| half.seconds));
        if keeps_best && run.steps() == 0 {
            judge.look(&run, watch);
        }
        while !run.budget_is_spent() {
            watch.check()?;
            let Ok(row) = watch.step(&mut run) else { break };
            log.step(&row);
            if keeps_best && row.step.is_multiple_of(every) {
                judge.look(&run, watch);
            }
            if log.is_due(&run) {
                let seconds = before + started.elapsed().as_secs_f64();
                let found = judge.found;
                log.save(&run, &Standing { last: &row, seconds, found, curves: &[], path: &Path::default() });
            }
            watch.tell(&run, Going { phase: "training", attempt: Some(self.number), train_loss: f64::NAN });
        }
        if run.diverged_at().is_none() {
            judge.look(&run, watch);
        }
        let nothing = Outcome { loss: f64::NAN, accuracy: f64::NAN };
        let done = Try {
            optimizer: self.optimizer,
            values: self.values.clone(),
            validation: judge.found.filter(|_| run.diverged_at().is_none()).unwrap_or(nothing),
            gradient_evaluations: run.gradient_evaluations(),
            diverged_at: run.diverged_at(),
            is_picked: false,
        };
        keep.tried(&done);
        log.end_try();
        Ok(done)
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
