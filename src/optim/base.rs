//! The base step: SGD with momentum, Nesterov's form and weight decay as PyTorch defines them.
//!
//! g ← g + weight_decay·w;  b ← μ·b + g (b = g at the first step);  g ← g + μ·b for Nesterov, else b;  w ← w − η·g.

use burn::tensor::Tensor;

/// Settings of one base step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BaseSettings {
    /// η, after the schedule.
    pub learning_rate: f64,
    /// μ.
    pub momentum: f64,
    /// Nesterov's form.
    pub nesterov: bool,
    /// Weight decay.
    pub weight_decay: f64,
}

/// The state of the base step: the momentum buffer.
#[derive(Debug, Clone, Default)]
pub struct BaseSgd {
    buffer: Option<Tensor<2>>,
}

impl BaseSgd {
    /// The state with this momentum buffer `[1, D]`.
    #[must_use]
    pub const fn resume(buffer: Option<Tensor<2>>) -> Self {
        Self { buffer }
    }

    /// The momentum buffer `[1, D]`, once there is one.
    #[must_use]
    pub const fn buffer(&self) -> Option<&Tensor<2>> {
        self.buffer.as_ref()
    }

    /// One step from `weights` `[1, D]` with `gradient` `[1, D]`: the new weights.
    #[must_use]
    pub fn step(&mut self, weights: Tensor<2>, gradient: Tensor<2>, settings: &BaseSettings) -> Tensor<2> {
        let mut gradient = gradient;
        if settings.weight_decay != 0.0 {
            gradient = gradient + weights.clone() * settings.weight_decay;
        }
        if settings.momentum == 0.0 {
            self.buffer = None;
        } else {
            let buffer = match self.buffer.take() {
                Some(buffer) => buffer * settings.momentum + gradient.clone(),
                None => gradient.clone(),
            };
            gradient = if settings.nesterov { gradient + buffer.clone() * settings.momentum } else { buffer.clone() };
            self.buffer = Some(buffer);
        }
        weights - gradient * settings.learning_rate
    }
}
