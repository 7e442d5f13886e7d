//! The evaluation of a run with the least validation loss.

use super::RunView;
use crate::protocol::EvalRow;

/// An evaluation on the validation examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// Its step.
    pub step: u64,
    /// Its loss.
    pub loss: f64,
}

impl Best {
    /// The better of what is known and a later evaluation; of equal ones the first stays.
    fn better(known: Option<Self>, row: &EvalRow) -> Option<Self> {
        let new = row.validation.filter(|outcome| outcome.loss.is_finite());
        match (known, new) {
            (Some(known), Some(new)) if known.loss <= new.loss => Some(known),
            (_, Some(new)) => Some(Self { step: row.step, loss: new.loss }),
            (known, None) => known,
        }
    }
}

impl RunView {
    /// The evaluation with the least validation loss so far; `None` without validation examples.
    #[must_use]
    pub const fn best_validation(&self) -> Option<Best> {
        self.best
    }

    /// Takes the next evaluation.
    pub fn push_eval(&mut self, row: EvalRow) {
        self.best = Best::better(self.best, &row);
        self.evals.push(row);
    }

    /// Finds the best evaluation among those that are left, where others went.
    pub(super) fn find_best(&mut self) {
        self.best = self.evals.rows().iter().fold(None, Best::better);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Origin, Outcome, RunId, RunInfo};

    fn row(step: u64, loss: Option<f64>) -> EvalRow {
        EvalRow {
            step,
            gradient_evaluations: step,
            train_loss: 1.0,
            train_accuracy: 1.0,
            test_loss: 1.0,
            test_accuracy: 1.0,
            weight_norm: 1.0,
            validation: loss.map(|loss| Outcome { loss, accuracy: 0.5 }),
            average: None,
        }
    }

    #[test]
    fn the_first_of_the_least_losses_is_the_best_and_a_rewind_forgets_later_ones() {
        let optimizer = OptimizerKind::Sgd;
        let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
        let mut run = RunView::new(info);
        run.push_eval(row(0, None));
        assert_eq!(run.best_validation(), None);
        for (step, loss) in [(10, 0.5), (20, f64::NAN), (30, 0.3), (40, 0.3), (50, 0.4)] {
            run.push_eval(row(step, Some(loss)));
        }
        assert_eq!(run.best_validation(), Some(Best { step: 30, loss: 0.3 }));
        run.rewind(25, run.knobs.clone());
        assert_eq!(run.best_validation(), Some(Best { step: 10, loss: 0.5 }));
        run.rewind(5, run.knobs.clone());
        assert_eq!(run.best_validation(), None);
    }
}
