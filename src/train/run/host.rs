//! Copies of a run in the host's memory, which outlive the device that it trains on.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::config::Knobs;
use crate::data::BatchStream;
use crate::model::to_host_f32;
use crate::optim::{Average, Base};

use super::super::Task;
use super::{AverageState, BestWeights, Run};

/// What a run's next steps depend on, without a tensor.
#[derive(Debug, Clone)]
pub struct HostCopy {
    /// Steps done.
    pub step: u64,
    /// The knobs at that step.
    pub knobs: Knobs,
    start: Vec<f32>,
    weights: Vec<f32>,
    statistics: Option<Vec<f32>>,
    base: Base<Vec<f32>>,
    average: Option<Average<Vec<f32>>>,
    best: Option<BestWeights<Vec<f32>>>,
    cursor: u64,
    gradient_evaluations: u64,
    train_seconds: f64,
    /// Turns of knobs that are in `knobs` already.
    num_edits: usize,
}

impl Run {
    /// A copy of where it stands.
    #[must_use]
    pub fn host_copy(&self) -> HostCopy {
        let read = |tensor: &Tensor<2>| to_host_f32(tensor.clone());
        HostCopy {
            step: self.step,
            knobs: self.knobs.clone(),
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
        }
    }

    /// The run where it stood at a copy, on the device of `task`, which has the same seed. Nothing is read from the device that
    /// the run was on. The window of noise samples is empty.
    #[must_use]
    pub fn moved(&self, copy: &HostCopy, task: Arc<Task>) -> Self {
        let compute = task.compute.clone();
        let tensor = |values: &Vec<f32>| compute.tensor(values.clone(), [1, values.len()]);
        Self {
            optimizer: self.optimizer,
            other_method: self.other_method,
            start: tensor(&copy.start),
            weights: tensor(&copy.weights),
            statistics: copy.statistics.as_ref().map(tensor),
            base: copy.base.map(tensor),
            knobs: copy.knobs.clone(),
            stream: BatchStream::resume(task.seed, copy.cursor),
            step: copy.step,
            gradient_evaluations: copy.gradient_evaluations,
            train_seconds: copy.train_seconds,
            journal: self.journal[..copy.num_edits.min(self.journal.len())].to_vec(),
            noise: self.noise.emptied(),
            ascent: None,
            noise_step: None,
            average: copy.average.as_ref().map(|average| AverageState::from(average.map(tensor))),
            best: copy.best.as_ref().map(|best| best.map(tensor)),
            diverged_at: None,
            task,
        }
    }
}
