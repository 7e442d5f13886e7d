//! States of a run: what a step depends on, kept now and then, so that a run can go back and others can start from it.
//!
//! Random streams are named by seed and step, so a state is small: weights, momentum, running statistics and counters.
//! Between two states that are kept, the steps are repeated, with the turns of knobs that the journal has.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::config::{Knobs, OptimizerKind};
use crate::data::BatchStream;
use crate::optim::Base;
use crate::protocol::KnobEdit;

use super::super::Task;
use super::{AverageState, BestWeights, NoiseStep, Run};

/// States that a history keeps at most; beyond it every second one goes.
const CAPACITY: usize = 48;

/// All that a run's next steps depend on, beside its task and its journal.
#[derive(Debug, Clone)]
pub struct RunState {
    step: u64,
    optimizer: OptimizerKind,
    knobs: Knobs,
    weights: Tensor<2>,
    statistics: Option<Tensor<2>>,
    base: Base,
    cursor: u64,
    gradient_evaluations: u64,
    train_seconds: f64,
    /// Turns of knobs that are in `knobs` already.
    pub(super) num_edits: usize,
    ascent: Option<Tensor<2>>,
    noise_step: Option<NoiseStep>,
    average: Option<AverageState>,
    best: Option<BestWeights>,
    /// A start, which is never thinned away: what comes before it has other rules.
    is_start: bool,
}

/// States of one run, evenly spread over its steps. The first is the run's start.
#[derive(Debug, Clone, Default)]
pub struct History {
    states: Vec<RunState>,
    stride: u64,
}

impl History {
    /// Offers the state of a run; it is kept where its step is a multiple of the stride.
    pub fn offer(&mut self, run: &Run) {
        let stride = self.stride.max(1);
        if run.step.is_multiple_of(stride) && self.states.last().is_none_or(|last| last.step < run.step) {
            self.states.push(run.state());
        }
        if self.states.len() > CAPACITY {
            self.stride = 2 * stride;
            let stride = self.stride;
            self.states.retain(|state| state.is_start || state.step.is_multiple_of(stride));
        }
    }

    /// Keeps the state of a run that starts here; it is never thinned away.
    pub fn keep_start(&mut self, run: &Run) {
        self.states.push(RunState { is_start: true, ..run.state() });
    }

    /// The history of a run whose states were kept elsewhere: each as a run that stands there, oldest first, and whether it is a
    /// start. New states come as rarely as if it had never been away.
    #[must_use]
    pub fn restored(states: impl IntoIterator<Item = (Run, bool)>) -> Self {
        let state = |(run, is_start): (Run, bool)| RunState { is_start, ..run.state() };
        let states: Vec<RunState> = states.into_iter().map(state).collect();
        let last = states.last().map_or(0, |last| last.step);
        Self { states, stride: last.div_ceil(CAPACITY as u64).next_power_of_two() }
    }

    /// The history up to a step, that step included or not.
    #[must_use]
    pub fn until(&self, step: u64, is_included: bool) -> Self {
        let is_before = |state: &&RunState| state.step < step || (is_included && state.step == step);
        Self { states: self.states.iter().filter(is_before).cloned().collect(), stride: self.stride }
    }

    /// The optimiser that ran at a step.
    #[must_use]
    pub fn optimizer_at(&self, step: u64) -> Option<OptimizerKind> {
        self.nearest(step).map(|state| state.optimizer)
    }

    /// The step of the earliest state.
    #[must_use]
    pub fn first_step(&self) -> Option<u64> {
        self.states.first().map(|state| state.step)
    }

    /// The run where it last started: where it began, or where it left the run that it continues.
    #[must_use]
    pub fn last_start(&self, run: &Run) -> Option<Run> {
        let state = self.states.iter().rev().find(|state| state.is_start)?;
        Some(run.back_at(state, run.journal[..state.num_edits.min(run.journal.len())].to_vec()))
    }

    /// States that are kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The last state at or before a step.
    pub(super) fn nearest(&self, step: u64) -> Option<&RunState> {
        self.states.iter().rev().find(|state| state.step <= step)
    }
}

impl Run {
    /// A run at step 0 that starts at other weights `[1, D]` and running statistics than those of its task, with momentum 0.
    #[must_use]
    pub fn starting_at(
        task: Arc<Task>,
        optimizer: OptimizerKind,
        knobs: Knobs,
        weights: Tensor<2>,
        statistics: Option<Tensor<2>>,
    ) -> Self {
        Self { start: weights.clone(), weights, statistics, ..Self::new(task, optimizer, knobs) }
    }

    /// The run at these weights as one that was trained elsewhere: it has done so many steps, and spent so many gradient evaluations.
    #[must_use]
    pub fn counting_from(self, step: u64, gradient_evaluations: u64) -> Self {
        Self { step, gradient_evaluations, ..self }
    }

    /// A run at step 0 that starts where the run of `history` did: at the same weights and running statistics, with
    /// momentum 0. At the task's own where the history is empty.
    #[must_use]
    pub fn starting_like(task: Arc<Task>, optimizer: OptimizerKind, knobs: Knobs, history: &History) -> Self {
        match history.states.first() {
            Some(start) => Self::starting_at(task, optimizer, knobs, start.weights.clone(), start.statistics.clone()),
            None => Self::new(task, optimizer, knobs),
        }
    }

    /// The same run under another optimiser from its next step on, with its momentum and its counters.
    #[must_use]
    pub fn with_optimizer(self, optimizer: OptimizerKind) -> Self {
        if optimizer == self.optimizer {
            return self;
        }
        Self { optimizer, other_method: None, ascent: None, noise_step: None, noise: self.noise.emptied(), ..self }
    }

    fn state(&self) -> RunState {
        RunState {
            step: self.step,
            optimizer: self.optimizer,
            knobs: self.knobs.clone(),
            weights: self.weights.clone(),
            statistics: self.statistics.clone(),
            base: self.base.clone(),
            cursor: self.stream.cursor(),
            gradient_evaluations: self.gradient_evaluations,
            train_seconds: self.train_seconds,
            num_edits: self.journal.len(),
            ascent: self.ascent.clone(),
            noise_step: self.noise_step,
            average: self.average.clone(),
            best: self.best.clone(),
            is_start: false,
        }
    }

    /// A copy for measurements, without the window of noise samples.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.state();
        Self { diverged_at: self.diverged_at, ..self.back_at(&state, Vec::new()) }
    }

    /// The run as it was at a state, with the turns of knobs until then. Its window of noise samples is empty.
    pub(super) fn back_at(&self, state: &RunState, journal: Vec<KnobEdit>) -> Self {
        Self {
            task: Arc::clone(&self.task),
            optimizer: state.optimizer,
            other_method: self.other_method,
            knobs: state.knobs.clone(),
            start: self.start.clone(),
            weights: state.weights.clone(),
            statistics: state.statistics.clone(),
            base: state.base.clone(),
            stream: BatchStream::resume(self.task.seed, state.cursor),
            step: state.step,
            gradient_evaluations: state.gradient_evaluations,
            train_seconds: state.train_seconds,
            journal,
            noise: self.noise.emptied(),
            ascent: state.ascent.clone(),
            noise_step: state.noise_step,
            average: state.average.clone(),
            best: state.best.clone(),
            diverged_at: None,
        }
    }
}
