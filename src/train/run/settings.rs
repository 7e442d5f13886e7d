//! What a step takes from the knobs: rates after their schedules, the gradient as the base step gets it, the radius.

use burn::tensor::Tensor;

use crate::config::{AverageKind, DecayOn, Knobs};
use crate::optim::BaseSettings;

use super::{Run, norm};

/// Added to the norm of a gradient that is clipped, as PyTorch's `clip_grad_norm_` does.
const CLIP_GUARD: f64 = 1e-6;

impl Run {
    /// Share of the budget that is spent.
    pub(super) fn progress(&self) -> f64 {
        self.gradient_evaluations as f64 / self.task.experiment.budget as f64
    }

    /// Share of the budget that will be spent after the next step.
    fn progress_after(&self) -> f64 {
        let after = self.gradient_evaluations + self.step_cost();
        after as f64 / self.task.experiment.budget as f64
    }

    /// Whether the average has begun where so much of the budget is spent.
    pub(super) fn is_averaging(&self, progress: f64) -> bool {
        self.knobs.average != AverageKind::None && progress >= self.knobs.average_start
    }

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64 {
        let Knobs { learning_rate, average, average_rate, warmup, .. } = self.knobs;
        let progress = self.progress();
        if average == AverageKind::Swa && average_rate > 0.0 && self.is_averaging(progress) {
            return average_rate;
        }
        // The first step of a warm-up is to move; its end is where the whole rate is reached.
        let progress = if progress < warmup { self.progress_after().min(warmup) } else { progress };
        learning_rate * self.knobs.rate_factor(progress)
    }

    pub(super) fn base_settings(&self) -> BaseSettings {
        let Knobs { base, momentum, nesterov, beta1, beta2, epsilon, weight_decay, prior, damping, .. } = self.knobs;
        BaseSettings {
            kind: base,
            learning_rate: self.learning_rate(),
            momentum,
            nesterov: nesterov && momentum > 0.0,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            prior,
            damping,
        }
    }

    /// Which entries decay; `None` where all do.
    pub(super) fn decays(&self) -> Option<Tensor<2>> {
        let is_needed = self.knobs.decay_on == DecayOn::Matrices && self.knobs.weight_decay > 0.0;
        is_needed.then(|| self.task.tensors.is_matrix.clone())
    }

    /// The gradient that the base step gets: the method's with the penalty's, c‖w − w₀‖², clipped.
    pub(super) fn taken(&self, gradient: Tensor<2>) -> Tensor<2> {
        let Knobs { distance, clip, .. } = self.knobs;
        let mut gradient = gradient;
        if distance > 0.0 {
            gradient = gradient + (self.weights.clone() - self.start.clone()) * (2.0 * distance);
        }
        if clip > 0.0 {
            let share = (norm(gradient.clone()) + CLIP_GUARD).recip() * clip;
            gradient = gradient * share.clamp_max(1.0).reshape([1, 1]);
        }
        gradient
    }

    /// Weights that are not farther from w₀ than the radius, on the line to it.
    pub(super) fn within_radius(&self, weights: Tensor<2>) -> Tensor<2> {
        if !self.knobs.has_radius() {
            return weights;
        }
        let way = weights - self.start.clone();
        let share = norm(way.clone()).clamp_min(self.knobs.radius).recip() * self.knobs.radius;
        self.start.clone() + way * share.reshape([1, 1])
    }

    /// σ of the next step: the knob's value times the factor of its schedule.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.knobs.sigma * self.knobs.sigma_factor(self.progress())
    }
}
