//! Copies of a run in the host's memory, which outlive the device that it trains on and the program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::config::{Knobs, OptimizerKind};
use crate::data::BatchStream;
use crate::model::to_host_f32;
use crate::noise::NoiseWindow;
use crate::optim::{Average, Base};
use crate::protocol::{KnobEdit, RunId};
use crate::session::store::Checkpoint;

use super::super::Task;
use super::{AverageState, BestWeights, Run};

/// What a run's next steps depend on, without a tensor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HostCopy<T = Vec<f32>> {
    /// Steps done.
    pub step: u64,
    /// The knobs at that step.
    pub knobs: Knobs,
    /// The optimiser at that step.
    pub optimizer: OptimizerKind,
    start: T,
    weights: T,
    statistics: Option<T>,
    base: Base<T>,
    average: Option<Average<T>>,
    best: Option<BestWeights<T>>,
    cursor: u64,
    gradient_evaluations: u64,
    train_seconds: f64,
    /// Turns of knobs that are in `knobs` already.
    num_edits: usize,
    /// Its last noise samples.
    noise: NoiseWindow,
}

/// Why a checkpoint is not one of a run, in one sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Its text is not what is expected.
    #[error("the checkpoint of step {step} cannot be read ({reason})")]
    Unreadable {
        /// Its step.
        step: u64,
        /// What is wrong.
        reason: String,
    },
    /// It has no numbers of this name.
    #[error("the checkpoint of step {step} has no {name}")]
    Missing {
        /// Its step.
        step: u64,
        /// What it lacks.
        name: String,
    },
    /// It belongs to another model.
    #[error("the checkpoint of step {step} has {found} numbers in {name}, the model has {expected}")]
    OtherModel {
        /// Its step.
        step: u64,
        /// Which of its numbers.
        name: &'static str,
        /// How many the model has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl<T> HostCopy<T> {
    /// The same with its numbers held elsewhere; `of` is told the name of each.
    fn map<U>(&self, of: impl Fn(&'static str, &T) -> U) -> HostCopy<U> {
        HostCopy {
            step: self.step,
            knobs: self.knobs.clone(),
            optimizer: self.optimizer,
            start: of("start", &self.start),
            weights: of("weights", &self.weights),
            statistics: self.statistics.as_ref().map(|values| of("statistics", values)),
            base: self.base.map_named(&of),
            average: self.average.as_ref().map(|average| average.map(|values| of("average", values))),
            best: self.best.as_ref().map(|best| BestWeights {
                step: best.step,
                gradient_evaluations: best.gradient_evaluations,
                loss: best.loss,
                weights: of("best", &best.weights),
                statistics: best.statistics.as_ref().map(|values| of("best_statistics", values)),
            }),
            cursor: self.cursor,
            gradient_evaluations: self.gradient_evaluations,
            train_seconds: self.train_seconds,
            num_edits: self.num_edits,
            noise: self.noise.clone(),
        }
    }
}

impl HostCopy {
    /// The weights, flat.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The copy as a session file keeps it; with `is_start` it is never thinned away.
    ///
    /// # Panics
    /// Never: knobs and counters have a form as text.
    #[must_use]
    pub fn to_checkpoint(&self, run: RunId, is_start: bool) -> Checkpoint {
        let arrays = RefCell::new(Vec::new());
        let named = self.map(|name, values| {
            arrays.borrow_mut().push((name.to_owned(), values.clone()));
            name.to_owned()
        });
        let facts = toml::to_string(&named).expect("knobs and counters have a form as text");
        Checkpoint { run, step: self.step, is_start, facts, arrays: arrays.into_inner() }
    }

    /// The copy that a checkpoint was made of, to the last bit.
    ///
    /// # Errors
    /// [`CheckpointError`] where it is none of a run.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        let step = checkpoint.step;
        let named: HostCopy<String> = toml::from_str(&checkpoint.facts)
            .map_err(|err| CheckpointError::Unreadable { step, reason: err.message().to_owned() })?;
        let arrays: BTreeMap<&str, &Vec<f32>> =
            checkpoint.arrays.iter().map(|(name, values)| (&name[..], values)).collect();
        let missing = RefCell::new(None);
        let copy = named.map(|_, name| match arrays.get(&name[..]) {
            Some(values) => (*values).clone(),
            None => {
                missing.replace(Some(name.clone()));
                Vec::new()
            }
        });
        match missing.into_inner() {
            Some(name) => Err(CheckpointError::Missing { step, name }),
            None => Ok(copy),
        }
    }

    /// Whether its numbers are as many as a model has.
    fn check(&self, task: &Task) -> Result<(), CheckpointError> {
        let dimension = task.network.num_parameters();
        let num_statistics = task.initial_statistics().map_or(0, |statistics| statistics.dims()[1]);
        let wrong = RefCell::new(None);
        let sizes = self.map(|name, values| {
            let expected = if name.ends_with("statistics") { num_statistics } else { dimension };
            if values.len() != expected {
                let found = values.len();
                wrong.replace(Some(CheckpointError::OtherModel { step: self.step, name, expected, found }));
            }
            values.len()
        });
        if num_statistics > 0 && sizes.statistics.is_none() {
            return Err(CheckpointError::Missing { step: self.step, name: "statistics".to_owned() });
        }
        wrong.into_inner().map_or(Ok(()), Err)
    }
}

impl Run {
    /// A copy of where it stands.
    #[must_use]
    pub fn host_copy(&self) -> HostCopy {
        let read = |tensor: &Tensor<2>| to_host_f32(tensor.clone());
        HostCopy {
            step: self.step,
            knobs: self.knobs.clone(),
            optimizer: self.optimizer,
            start: read(&self.start),
            weights: read(&self.weights),
            statistics: self.statistics.as_ref().map(read),
            base: self.base.map(read),
            average: self.average().map(|average| average.map(read)),
            best: self.best().map(|best| best.map(read)),
            cursor: self.stream.cursor(),
            gradient_evaluations: self.gradient_evaluations,
            train_seconds: self.train_seconds,
            num_edits: self.journal.len(),
            noise: self.noise.clone(),
        }
    }

    /// The run where it stood at a copy, on the device of `task`, which has the same seed. Nothing is read from the device that
    /// the run was on.
    #[must_use]
    pub fn moved(&self, copy: &HostCopy, task: Arc<Task>) -> Self {
        Self {
            optimizer: self.optimizer,
            other_method: self.other_method,
            ..Self::at_copy(task, self.optimizer, &self.journal, copy)
        }
    }

    /// A run of an earlier program where it stood at a copy, with its optimiser and knobs, on the device of `task`, which has the
    /// same experiment and seed. Of `journal` it has the turns that were done by then. On a device that computes alike it goes
    /// on bit for bit.
    ///
    /// # Errors
    /// [`CheckpointError`] where the copy belongs to another model.
    pub fn restored(task: Arc<Task>, journal: &[KnobEdit], copy: &HostCopy) -> Result<Self, CheckpointError> {
        copy.check(&task)?;
        Ok(Self::at_copy(task, copy.optimizer, journal, copy))
    }

    fn at_copy(task: Arc<Task>, optimizer: OptimizerKind, journal: &[KnobEdit], copy: &HostCopy) -> Self {
        let compute = task.compute.clone();
        let tensor = |values: &Vec<f32>| compute.tensor(values.clone(), [1, values.len()]);
        Self {
            start: tensor(&copy.start),
            weights: tensor(&copy.weights),
            statistics: copy.statistics.as_ref().map(tensor),
            base: copy.base.map(tensor),
            stream: BatchStream::resume(task.seed, copy.cursor),
            step: copy.step,
            gradient_evaluations: copy.gradient_evaluations,
            train_seconds: copy.train_seconds,
            journal: journal[..copy.num_edits.min(journal.len())].to_vec(),
            noise: copy.noise.clone(),
            average: copy.average.as_ref().map(|average| AverageState::from(average.map(tensor))),
            best: copy.best.as_ref().map(|best| best.map(tensor)),
            ..Self::new(task, optimizer, copy.knobs.clone())
        }
    }
}

#[cfg(test)]
mod tests;
