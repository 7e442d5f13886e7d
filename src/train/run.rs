//! One run: a step of its optimiser at a time.

mod average;
mod examples;
mod host;
mod measured;
mod noise;
mod oracle;
mod replay;
mod settings;
mod state;
mod written;

use std::sync::Arc;
use std::time::Instant;

use burn::tensor::Tensor;

use crate::config::{ConfigError, KnobId, Knobs, MethodCost, OptimizerKind};
use crate::data::BatchStream;
use crate::model::{Batch, all_to_host, norm, to_host_f32};
use crate::noise::{NoiseSource, NoiseWindow};
use crate::optim::{Base, Method, Point, StepGradient, method};
use crate::protocol::{KnobEdit, StepRow};

use super::Task;

pub use average::{AverageState, BestWeights};
pub use host::{CheckpointError, HostCopy};
use noise::{Evidence, NoiseStep};
use oracle::BatchOracle;
pub use replay::{Replay, replay};
pub use state::{History, RunState};

/// Noise samples that statistics look back on.
const NOISE_WINDOW: usize = 512;

/// A run in progress.
#[derive(Debug, Clone)]
pub struct Run {
    task: Arc<Task>,
    optimizer: OptimizerKind,
    /// What takes the place of the optimiser's own method.
    other_method: Option<(&'static dyn Method, MethodCost)>,
    knobs: Knobs,
    /// The weights at step 0, from which distances are measured.
    start: Tensor<2>,
    weights: Tensor<2>,
    /// Batch norm's running statistics `[1, S]`; `None` without batch norm.
    statistics: Option<Tensor<2>>,
    base: Base,
    stream: BatchStream,
    step: u64,
    gradient_evaluations: u64,
    train_seconds: f64,
    journal: Vec<KnobEdit>,
    noise: NoiseWindow,
    ascent: Option<Tensor<2>>,
    noise_step: Option<NoiseStep>,
    average: Option<AverageState>,
    /// Its weights at the evaluation with the least validation loss so far.
    best: Option<BestWeights>,
    diverged_at: Option<u64>,
}

/// A step gave NaN or infinite numbers. The run stands at the step before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the loss or a weight became NaN or infinite at step {step}; the run stands at step {}", step - 1)]
pub struct Divergence {
    /// The step whose result was thrown away.
    pub step: u64,
}

impl Run {
    /// A run at step 0.
    #[must_use]
    pub fn new(task: Arc<Task>, optimizer: OptimizerKind, knobs: Knobs) -> Self {
        let names = task.network.architecture().parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let start = task.initial_tensor();
        Self {
            weights: start.clone(),
            start,
            statistics: task.initial_statistics(),
            stream: BatchStream::new(task.seed),
            task,
            optimizer,
            other_method: None,
            knobs,
            base: Base::default(),
            step: 0,
            gradient_evaluations: 0,
            train_seconds: 0.0,
            journal: Vec::new(),
            noise: NoiseWindow::new(NOISE_WINDOW, names),
            ascent: None,
            noise_step: None,
            average: None,
            best: None,
            diverged_at: None,
        }
    }

    /// The same run by a method that is none of the optimisers', at its cost; its knobs are those of the run's optimiser.
    #[must_use]
    pub fn by(self, method: &'static dyn Method, cost: MethodCost) -> Self {
        Self { other_method: Some((method, cost)), ..self }
    }

    /// One step.
    ///
    /// # Errors
    /// [`Divergence`] when a loss, the gradient or a weight is NaN or infinite; weights and momentum stay those of the
    /// last good step, and every later call gives the same error.
    pub fn step(&mut self) -> Result<StepRow, Divergence> {
        if let Some(step) = self.diverged_at {
            return Err(Divergence { step });
        }
        let started = Instant::now();
        let batch = self.next_batch();
        let sigma = self.sigma();
        let mut result = self.gradient(&batch, sigma);
        let taken = StepGradient { gradient: self.taken(result.gradient.clone()), ..result.clone() };
        let settings = self.base_settings();
        let mut base = self.base.clone();
        let weights = base.step(self.weights.clone(), &taken, &settings, self.decays().as_ref());
        let weights = self.task.network.held(self.within_radius(weights));

        let evidence = result.evidence.take().map(|evidence| self.evidence(evidence, sigma));
        let (figures, seen) = told(&result, &weights, evidence);
        let [clean_loss, perturbed_loss, gradient_norm, weight_norm] = figures;
        if ![clean_loss, perturbed_loss, gradient_norm, weight_norm].iter().all(|x| x.is_finite()) {
            self.diverged_at = Some(self.step + 1);
            return Err(Divergence { step: self.step + 1 });
        }
        self.step += 1;
        self.gradient_evaluations += self.step_cost();
        let noise = seen.and_then(|seen| {
            let samples = self.samples(seen, clean_loss, sigma);
            self.noise.push(samples, NoiseSource { sigma: self.knobs.sigma, distribution: self.knobs.distribution })
        });
        self.noise_step = self.optimizer.spec().has_noise.then(|| self.noise_of_step(sigma));
        self.ascent = result.ascent;
        self.update_statistics(&batch);
        self.weights = weights;
        self.base = base;
        self.update_average();
        self.train_seconds += started.elapsed().as_secs_f64();
        Ok(StepRow {
            step: self.step,
            gradient_evaluations: self.gradient_evaluations,
            train_seconds: self.train_seconds,
            batch_loss: clean_loss,
            perturbed_loss,
            gradient_norm,
            learning_rate: settings.learning_rate,
            noise,
        })
    }

    /// Moves the running statistics towards what the clean weights, those before the step, see of its batch. Perturbed
    /// passes and measurements never do.
    fn update_statistics(&mut self, batch: &Batch) {
        let Some(running) = self.statistics.take() else { return };
        let seen = self.task.network.batch_statistics(&self.weights, batch);
        let seen = seen.expect("a network with running statistics has a batch norm");
        self.statistics = Some(self.task.network.moved_statistics(running, seen));
    }

    fn gradient(&self, batch: &Batch, sigma: f64) -> StepGradient {
        let task = &self.task;
        let oracle = BatchOracle { network: &task.network, batch, compute: &task.compute };
        let noise = |rows| self.unit_noise(rows);
        let point = Point {
            weights: &self.weights,
            knobs: &self.knobs,
            sigma,
            noise: &noise,
            tensors: &task.tensors,
            precision: self.base.precision(),
            train_size: task.train.len(),
            batch_size: batch.len(),
        };
        self.other_method.map_or_else(|| method(self.optimizer), |(other, _)| other).gradient(&oracle, &point)
    }

    /// Turns a knob, from the next step on.
    ///
    /// # Errors
    /// [`ConfigError`] when the value is out of range, or does not go with the network or its examples; nothing changes then.
    pub fn set_knob(&mut self, knob: KnobId, value: f64) -> Result<KnobEdit, ConfigError> {
        let old = self.knobs.value(knob);
        let mut knobs = self.knobs.clone();
        knobs.set(knob, value)?;
        self.task.check_knobs(self.optimizer, &knobs)?;
        self.knobs = knobs;
        let edit = KnobEdit { step: self.step, knob, old, new: self.knobs.value(knob) };
        self.journal.push(edit);
        Ok(edit)
    }

    /// Turns all knobs that differ from these, which were checked before, from the next step on.
    pub fn take_knobs(&mut self, knobs: &Knobs) -> Vec<KnobEdit> {
        let turned = |knob: &KnobId| self.knobs.value(*knob) != knobs.value(*knob);
        let turned: Vec<KnobId> = KnobId::ALL.into_iter().filter(turned).collect();
        turned.into_iter().filter_map(|knob| self.set_knob(knob, knobs.value(knob)).ok()).collect()
    }

    /// Batch norm's running statistics `[1, S]`, in the order of
    /// [`Architecture::buffers`](crate::model::Architecture::buffers); `None` without batch norm.
    #[must_use]
    pub const fn statistics(&self) -> Option<&Tensor<2>> {
        self.statistics.as_ref()
    }

    /// What all runs of its seed share.
    #[must_use]
    pub const fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// The optimiser.
    #[must_use]
    pub const fn optimizer(&self) -> OptimizerKind {
        self.optimizer
    }

    /// The knobs as they are now.
    #[must_use]
    pub const fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// The weights `[1, D]`.
    #[must_use]
    pub const fn weights(&self) -> &Tensor<2> {
        &self.weights
    }

    /// The weights on the host.
    #[must_use]
    pub fn weights_on_host(&self) -> Vec<f32> {
        to_host_f32(self.weights.clone())
    }

    /// Steps done.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.step
    }

    /// Gradient evaluations spent.
    #[must_use]
    pub const fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    /// Gradient evaluations that the next step takes.
    #[must_use]
    pub fn step_cost(&self) -> u64 {
        let cost = self.other_method.map_or_else(|| self.optimizer.spec().cost, |(_, cost)| cost);
        self.knobs.evaluations(cost)
    }

    /// Whether another step would go beyond the experiment's budget.
    #[must_use]
    pub fn budget_is_spent(&self) -> bool {
        self.gradient_evaluations + self.step_cost() > self.task.experiment.budget
    }

    /// Seconds of training.
    #[must_use]
    pub const fn train_seconds(&self) -> f64 {
        self.train_seconds
    }

    /// All turns of knobs so far.
    #[must_use]
    pub fn journal(&self) -> &[KnobEdit] {
        &self.journal
    }

    /// The last noise samples.
    #[must_use]
    pub const fn noise(&self) -> &NoiseWindow {
        &self.noise
    }

    /// The step uphill ε of the last step, on the host; `None` for methods without one.
    #[must_use]
    pub fn ascent_on_host(&self) -> Option<Vec<f32>> {
        self.ascent.clone().map(to_host_f32)
    }

    /// The step at which it diverged, if it did.
    #[must_use]
    pub const fn diverged_at(&self) -> Option<u64> {
        self.diverged_at
    }
}

/// Clean loss, perturbed loss, ‖g‖ and ‖w‖, with what the samples saw where there are any: in one read-back.
fn told(
    result: &StepGradient,
    weights: &Tensor<2>,
    evidence: Option<Evidence<Tensor<1>>>,
) -> ([f64; 4], Option<Evidence<Vec<f64>>>) {
    let mut parts = vec![
        result.clean_loss.clone(),
        result.perturbed_loss.clone(),
        norm(result.gradient.clone()),
        norm(weights.clone()),
    ];
    let evidence = evidence.map(|evidence| {
        evidence.map(|part| {
            parts.push(part);
            parts.len() - 1
        })
    });
    let mut values = all_to_host(parts);
    let figures = [0, 1, 2, 3].map(|part| values[part][0]);
    (figures, evidence.map(|evidence| evidence.map(|place| std::mem::take(&mut values[place]))))
}
