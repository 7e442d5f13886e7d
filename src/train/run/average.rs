//! The average of a run's weights, its figures, and the weights of the least validation loss.

use std::sync::OnceLock;

use burn::tensor::Tensor;

use crate::optim::{Average, AverageSettings};
use crate::protocol::{AverageRow, EvalRow};

use super::Run;

/// An average with batch norm's statistics at it, which are made when they are first asked for.
#[derive(Debug, Clone)]
pub struct AverageState {
    /// The average.
    pub average: Average,
    statistics: OnceLock<Option<Tensor<2>>>,
}

/// Weights at the evaluation with the least validation loss.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct BestWeights<T = Tensor<2>> {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// The validation loss.
    pub loss: f64,
    /// The weights `[1, D]`.
    pub weights: T,
    /// Batch norm's running statistics `[1, S]`; `None` without batch norm.
    pub statistics: Option<T>,
}

impl<T> BestWeights<T> {
    /// The same with its numbers held elsewhere, such as in the host's memory.
    pub(super) fn map<U>(&self, of: impl Fn(&T) -> U) -> BestWeights<U> {
        BestWeights {
            step: self.step,
            gradient_evaluations: self.gradient_evaluations,
            loss: self.loss,
            weights: of(&self.weights),
            statistics: self.statistics.as_ref().map(of),
        }
    }
}

impl From<Average> for AverageState {
    fn from(average: Average) -> Self {
        Self { average, statistics: OnceLock::new() }
    }
}

impl Run {
    /// The average of its weights as it is now; `None` while it keeps none.
    #[must_use]
    pub fn average(&self) -> Option<&Average> {
        self.average.as_ref().map(|state| &state.average)
    }

    /// The average of its weights `[1, D]`, with batch norm's statistics `[1, S]` made anew there by one pass over the training
    /// examples; `None` while it keeps none.
    #[must_use]
    pub fn at_average(&self) -> Option<(Tensor<2>, Option<Tensor<2>>)> {
        let state = self.average.as_ref()?;
        let weights = &state.average.weights;
        let statistics = state.statistics.get_or_init(|| self.statistics_at(weights));
        Some((weights.clone(), statistics.clone()))
    }

    /// A copy for measurements that stands at the average, where there is one.
    #[must_use]
    pub fn snapshot_at_average(&self) -> Option<Self> {
        let (weights, statistics) = self.at_average()?;
        Some(Self { weights, statistics, ..self.snapshot() })
    }

    /// The mean of what the batch norms see of each batch of the training examples, every batch with the same share, as
    /// PyTorch's `update_bn` has it over a loader that drops the last batch: the n mod batch examples that fill none are left
    /// out, since a smaller batch would count as much as a whole one.
    fn statistics_at(&self, weights: &Tensor<2>) -> Option<Tensor<2>> {
        self.statistics.as_ref()?;
        let (n, size) = (self.task.train.len(), self.knobs.batch.clamp(1, self.task.train.len()));
        let mut sum: Option<Tensor<2>> = None;
        let whole = n / size;
        for batch in 0..whole {
            let indices: Vec<u32> = (batch * size..(batch + 1) * size).map(|index| index as u32).collect();
            let seen = self.task.network.batch_statistics(weights, &self.task.train.select(&indices))?;
            sum = Some(match sum {
                Some(sum) => sum + seen,
                None => seen,
            });
        }
        sum.map(|sum| sum / whole as f64)
    }

    /// Takes the weights of the step that was just done into the average, where it is due.
    pub(super) fn update_average(&mut self) {
        if !self.is_averaging(self.progress()) {
            self.average = None;
            return;
        }
        let batch = self.knobs.batch.min(self.task.train.len()) as u64;
        let settings = AverageSettings {
            kind: self.knobs.average,
            beta: self.knobs.average_beta,
            epoch: (self.task.train.len() as u64).div_ceil(batch.max(1)),
        };
        let old = self.average.take();
        let count = old.as_ref().map(|old| old.average.count);
        let new = Average::after_step(old.as_ref().map(|old| old.average.clone()), &self.weights, self.step, &settings);
        self.average = match new {
            Some(new) if Some(new.count) == count && settings.kind == new.kind => old,
            new => new.map(AverageState::from),
        };
    }

    /// The figures at the average, where there is one.
    pub(super) fn average_row(&self) -> Option<AverageRow> {
        let there = self.snapshot_at_average()?;
        Some(AverageRow {
            train: there.outcome(&there.measured()),
            validation: there.validated().map(|objective| there.outcome(&objective)),
            test: there.outcome(&there.tested()),
            averaged: self.average().map_or(0, |average| average.count),
        })
    }

    /// Its weights at the evaluation with the least validation loss so far.
    #[must_use]
    pub const fn best(&self) -> Option<&BestWeights> {
        self.best.as_ref()
    }

    /// Keeps the weights of an evaluation at the present step if its validation loss is the least so far.
    pub fn note_validation(&mut self, row: &EvalRow) {
        let Some(validation) = row.validation.filter(|_| row.step == self.step) else { return };
        if validation.loss.is_finite() && self.best.as_ref().is_none_or(|best| validation.loss < best.loss) {
            self.best = Some(BestWeights {
                step: self.step,
                gradient_evaluations: self.gradient_evaluations,
                loss: validation.loss,
                weights: self.weights.clone(),
                statistics: self.statistics.clone(),
            });
        }
    }

    /// A copy for measurements that stands at the weights of the least validation loss, with the counts of that step; `None`
    /// where nothing was validated. What the run knows of its last step belongs to another and is not in it.
    #[must_use]
    pub fn snapshot_at_best(&self) -> Option<Self> {
        let BestWeights { step, gradient_evaluations, weights, statistics, .. } = self.best()?.clone();
        let (average, ascent, noise_step) = (None, None, None);
        Some(Self { step, gradient_evaluations, weights, statistics, average, ascent, noise_step, ..self.snapshot() })
    }
}
