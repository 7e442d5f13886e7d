//! The base step: what makes new weights of a method's gradient, written once for all methods.
//!
//! All are PyTorch's. SGD: g ← g + d·w; b ← μ·b + g (b = g at first); g ← g + μ·b for Nesterov, else b; w ← w − η·g. Adam
//! (Kingma & Ba 2015): g ← g + d·w; m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵗ) and
//! v̂ = v/(1−β₂ᵗ). AMSGrad (Reddi et al. 2018) takes the greatest v so far. AdamW (Loshchilov & Hutter 2019) leaves g as it
//! is and begins with w ← w(1 − η·d). A mask says which entries decay.
//!
//! BSAM has its own (Möllenhoff & Khan 2023): m ← β₁m + (1−β₁)(g + δw); w ← w − η·m/s with the old precision s;
//! s ← β₂s + (1−β₂)(√s·|g₁| + damping + δ), with the prior's precision δ for one example and s = 1 at first. Nothing is corrected for its beginning.

mod adam;
mod sgd;
mod variational;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::method::StepGradient;
use crate::config::BaseKind;

/// Settings of one base step.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseSettings {
    /// Which step.
    pub kind: BaseKind,
    /// η, after the schedule.
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// Nesterov's form.
    pub nesterov: bool,
    /// β₁.
    pub beta1: f64,
    /// β₂.
    pub beta2: f64,
    /// ε.
    pub epsilon: f64,
    /// d, the weight decay.
    pub weight_decay: f64,
    /// BSAM's δ, the prior's precision for one example.
    pub prior: f64,
    /// BSAM's damping.
    pub damping: f64,
}

impl Default for BaseSettings {
    fn default() -> Self {
        Self {
            kind: BaseKind::Sgd,
            learning_rate: 0.1,
            momentum: 0.0,
            nesterov: false,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            prior: 0.0,
            damping: 0.1,
        }
    }
}

/// What a base step keeps from one step to the next, `[1, D]` each.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BaseMoments<T = Tensor<2>> {
    /// The momentum buffer, or the mean gradient.
    pub first: Option<T>,
    /// The mean squared gradient, or BSAM's precision.
    pub second: Option<T>,
    /// The greatest mean squared gradient so far.
    pub peak: Option<T>,
}

impl<T> Default for BaseMoments<T> {
    fn default() -> Self {
        Self { first: None, second: None, peak: None }
    }
}

impl<T> BaseMoments<T> {
    fn map<U>(&self, of: impl Fn(&'static str, &T) -> U) -> BaseMoments<U> {
        BaseMoments {
            first: self.first.as_ref().map(|moment| of("first", moment)),
            second: self.second.as_ref().map(|moment| of("second", moment)),
            peak: self.peak.as_ref().map(|moment| of("peak", moment)),
        }
    }
}

/// Which steps share their moments: a change of it empties them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Rule {
    Sgd,
    /// Adam and AdamW differ in nothing that is kept.
    Adam,
    Amsgrad,
    Variational,
}

/// The base step with what it keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Base<T = Tensor<2>> {
    moments: BaseMoments<T>,
    /// Steps that are in the moments.
    steps: u32,
    /// Whose moments they are.
    rule: Option<Rule>,
}

impl<T> Default for Base<T> {
    fn default() -> Self {
        Self { moments: BaseMoments::default(), steps: 0, rule: None }
    }
}

impl<T> Base<T> {
    /// The same with what it keeps held elsewhere, such as in the host's memory.
    #[must_use]
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> Base<U> {
        self.map_named(|_, moment| of(moment))
    }

    /// The same, told the name of each thing that it keeps.
    #[must_use]
    pub fn map_named<U>(&self, of: impl Fn(&'static str, &T) -> U) -> Base<U> {
        Base { moments: self.moments.map(of), steps: self.steps, rule: self.rule }
    }
}

impl Base {
    /// BSAM's precisions `[1, D]`, once there are some.
    #[must_use]
    pub fn precision(&self) -> Option<&Tensor<2>> {
        self.moments.second.as_ref().filter(|_| self.rule == Some(Rule::Variational))
    }

    /// One step from `weights` `[1, D]`: the new weights. `decays` `[1, D]` is 1 where weights decay; `None` where all do.
    #[must_use]
    pub fn step(
        &mut self,
        weights: Tensor<2>,
        gradient: &StepGradient,
        settings: &BaseSettings,
        decays: Option<&Tensor<2>>,
    ) -> Tensor<2> {
        let wanted = rule(settings.kind, gradient.size.is_some());
        if self.rule != Some(wanted) {
            *self = Self { rule: Some(wanted), ..Self::default() };
        }
        self.steps += 1;
        if let Some(size) = &gradient.size {
            return variational::step(&mut self.moments, weights, gradient.gradient.clone(), size.clone(), settings);
        }
        let decay = (settings.weight_decay != 0.0).then(|| {
            let decay = weights.clone() * settings.weight_decay;
            decays.map_or_else(|| decay.clone(), |mask| decay.clone() * mask.clone())
        });
        let mut gradient = gradient.gradient.clone();
        let mut weights = weights;
        match decay {
            Some(decay) if settings.kind == BaseKind::Adamw => weights = weights - decay * settings.learning_rate,
            Some(decay) => gradient = gradient + decay,
            None => {}
        }
        match settings.kind {
            BaseKind::Sgd => sgd::step(&mut self.moments, weights, gradient, settings),
            BaseKind::Adam | BaseKind::Amsgrad | BaseKind::Adamw => {
                adam::step(&mut self.moments, self.steps, weights, gradient, settings)
            }
        }
    }
}

const fn rule(kind: BaseKind, is_own: bool) -> Rule {
    match kind {
        _ if is_own => Rule::Variational,
        BaseKind::Sgd => Rule::Sgd,
        BaseKind::Adam | BaseKind::Adamw => Rule::Adam,
        BaseKind::Amsgrad => Rule::Amsgrad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::model::{Compute, to_host};

    /// |w| after so many steps from 1 on λw²/2 with the penalty c·w².
    fn distance_after(steps: usize, lambda: f64, knobs: &Knobs, optimizer: OptimizerKind) -> f64 {
        let settings = BaseSettings {
            learning_rate: knobs.learning_rate,
            momentum: knobs.momentum,
            nesterov: knobs.nesterov,
            weight_decay: knobs.weight_decay,
            ..BaseSettings::default()
        };
        let mut base = Base::default();
        let mut weights: Tensor<2> = Compute::cpu_f64().tensor_f64(vec![1.0], [1, 1]);
        for _ in 0..steps {
            let ascent = if optimizer == OptimizerKind::Usam { knobs.rho * lambda } else { 0.0 };
            let slope = lambda * (1.0 + ascent) + 2.0 * knobs.distance;
            let gradient = StepGradient::clean(weights.clone().reshape([1]), weights.clone() * slope);
            weights = base.step(weights, &gradient, &settings, None);
        }
        to_host(weights)[0].abs()
    }

    /// The steps themselves against the formula: a little below the edge they shrink, a little above they grow.
    #[test]
    fn steps_are_stable_up_to_the_edge_and_not_beyond() {
        let plain = Knobs { momentum: 0.0, ..Knobs::default() };
        let heavy = Knobs { momentum: 0.9, ..plain.clone() };
        let cases = [
            (OptimizerKind::Sgd, plain.clone()),
            (OptimizerKind::Sgd, Knobs { momentum: 0.5, ..plain.clone() }),
            (OptimizerKind::Sgd, heavy.clone()),
            (OptimizerKind::Sgd, Knobs { nesterov: true, ..heavy.clone() }),
            (OptimizerKind::Sgd, Knobs { weight_decay: 3.0, ..heavy.clone() }),
            (OptimizerKind::Sgd, Knobs { distance: 2.0, ..heavy }),
            (OptimizerKind::Usam, Knobs { rho: 0.3, ..plain.clone() }),
            (OptimizerKind::Usam, Knobs { rho: 0.3, nesterov: true, momentum: 0.8, weight_decay: 1.0, ..plain }),
        ];
        for (optimizer, knobs) in cases {
            let edge = knobs.edge_of_stability(optimizer, knobs.learning_rate).expect("these have an edge");
            let [below, above] = [0.99, 1.01].map(|share| distance_after(3_000, share * edge, &knobs, optimizer));
            assert!(below < 1e-3 && above > 1e3, "{optimizer:?} {knobs:?}: {below} below {edge}, {above} above");
        }
    }
}
