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
