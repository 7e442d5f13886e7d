//! Averages of a run's weights, which are kept beside them and change nothing in training.
//!
//! SWA (Izmailov et al. 2018): w̄ ← w̄ + (w − w̄)/(n+1) at the end of each epoch, n being the weights in w̄ so far. EMA:
//! w̄ ← βw̄ + (1−β)w after each step, beginning with w.

use burn::tensor::Tensor;

use crate::config::AverageKind;

/// How weights are averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AverageSettings {
    /// Which average.
    pub kind: AverageKind,
    /// β of the exponential average.
    pub beta: f64,
    /// Steps of an epoch.
    pub epoch: u64,
}

/// An average of weights.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Average<T = Tensor<2>> {
    /// Which average.
    pub kind: AverageKind,
    /// w̄, `[1, D]`.
    pub weights: T,
    /// Weights that are in it.
    pub count: u64,
}

impl<T> Average<T> {
    /// The same with its weights held elsewhere, such as in the host's memory.
    #[must_use]
    pub fn map<U>(&self, of: impl Fn(&T) -> U) -> Average<U> {
        Average { kind: self.kind, weights: of(&self.weights), count: self.count }
    }
}

impl Average {
    /// The average after step number `step`, from 1, which gave `weights` `[1, D]`: `None` before there is one. One of another
    /// kind is forgotten.
    #[must_use]
    pub fn after_step(old: Option<Self>, weights: &Tensor<2>, step: u64, settings: &AverageSettings) -> Option<Self> {
        let AverageSettings { kind, beta, epoch } = *settings;
        let old = old.filter(|old| old.kind == kind);
        let is_due = match kind {
            AverageKind::None => return None,
            AverageKind::Swa => step.is_multiple_of(epoch.max(1)),
            AverageKind::Ema => true,
        };
        if !is_due {
            return old;
        }
        let Some(Self { weights: mean, count, .. }) = old else {
            return Some(Self { kind, weights: weights.clone(), count: 1 });
        };
        let mean = match kind {
            AverageKind::Ema => mean * beta + weights.clone() * (1.0 - beta),
            _ => mean.clone() + (weights.clone() - mean) * (count as f64 + 1.0).recip(),
        };
        Some(Self { kind, weights: mean, count: count + 1 })
    }
}
