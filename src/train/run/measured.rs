//! What a run is measured on, with batch norm's running statistics as they are now.

use crate::model::{Objective, Statistics, norm, to_host};
use crate::protocol::{EvalRow, Examples, Outcome};

use super::Run;

impl Run {
    /// Loss and accuracy on the measured subset and on the test set; accuracies are NaN for regression.
    #[must_use]
    pub fn evaluate(&self) -> EvalRow {
        let Outcome { loss: train_loss, accuracy: train_accuracy } = self.outcome(&self.measured());
        let Outcome { loss: test_loss, accuracy: test_accuracy } = self.outcome(&self.tested());
        let weight_norm = to_host(norm(self.weights.clone()))[0];
        EvalRow {
            step: self.step,
            gradient_evaluations: self.gradient_evaluations,
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
            weight_norm,
            validation: self.validated().map(|objective| self.outcome(&objective)),
            average: self.average_row(),
        }
    }

    /// Loss and accuracy on some examples where it stands; the accuracy is NaN for regression.
    #[must_use]
    pub fn outcome(&self, objective: &Objective) -> Outcome {
        let (loss, accuracy) = objective.evaluate(self.weights.clone());
        Outcome { loss, accuracy: if self.task.is_classification { accuracy } else { f64::NAN } }
    }

    /// The loss that everything is measured on, with batch norm's running statistics as they are now.
    #[must_use]
    pub fn measured(&self) -> Objective {
        self.with_statistics(&self.task.measured)
    }

    /// The loss on the test set, likewise.
    #[must_use]
    pub fn tested(&self) -> Objective {
        self.with_statistics(&self.task.test)
    }

    /// The loss on the validation examples, likewise, where there are any.
    #[must_use]
    pub fn validated(&self) -> Option<Objective> {
        self.task.validation.as_ref().map(|objective| self.with_statistics(objective))
    }

    /// The loss on a second subset of the training examples, likewise, where there is one.
    #[must_use]
    pub fn second_subset(&self) -> Option<Objective> {
        self.task.second_subset.as_ref().map(|objective| self.with_statistics(objective))
    }

    fn with_statistics(&self, objective: &Objective) -> Objective {
        let objective = objective.clone();
        match &self.statistics {
            Some(running) => objective.with_statistics(Statistics::Frozen(running.clone())),
            None => objective,
        }
    }

    /// The loss on the examples that are asked for, likewise.
    #[must_use]
    pub fn objective(&self, examples: Examples) -> Objective {
        match examples {
            Examples::Train => self.measured(),
            Examples::Test => self.tested(),
        }
    }
}
