//! Sharpness in SAM's sense: how much the loss rises at the ascent step, L(w+ε) − L(w).
//!
//! SAM's ε = ρ·g/‖g‖ is an absolute distance, ASAM's ε = ρ·T²g/‖Tg‖ a distance relative to the weights; see
//! [`crate::optim`], whose steps these are. To first order the sharpness of SAM is ρ‖g‖; at a minimum, where g vanishes,
//! ε loses its meaning and with g = 0 it is 0.

use burn::tensor::{DType, Tensor};
use serde::Serialize;

use crate::model::{Objective, Parameter, to_host};
use crate::optim::{asam_ascent, asam_operator, sam_ascent};
use crate::protocol::Progress;

/// How the ascent step is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum SharpnessKind {
    /// SAM: in the weights' own unit.
    Sam,
    /// ASAM: relative to |w| + η for tensors whose name holds "weight", absolute for the others.
    Asam {
        /// η; 0.01 in the authors' code.
        eta: f64,
    },
}

impl SharpnessKind {
    /// ASAM with the η of the authors' code.
    #[must_use]
    pub const fn asam() -> Self {
        Self::Asam { eta: 0.01 }
    }
}

/// A measurement on its way: one gradient and one loss.
#[derive(Debug, Clone)]
pub struct Sharpness {
    weights: Tensor<2>,
    rho: f64,
    kind: SharpnessKind,
    ascent: Option<(Tensor<2>, [f64; 3])>,
    result: Option<SharpnessReport>,
}

/// What the ascent step saw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SharpnessReport {
    /// How the step was measured.
    #[serde(flatten)]
    pub kind: SharpnessKind,
    /// ρ.
    pub rho: f64,
    /// L(w).
    pub loss: f64,
    /// L(w+ε).
    pub sam_loss: f64,
    /// L(w+ε) − L(w).
    pub sharpness: f64,
    /// ‖∇L(w)‖.
    pub gradient_norm: f64,
    /// ‖ε‖: ρ for SAM, and 0 where the gradient is zero.
    pub ascent_norm: f64,
}

impl Sharpness {
    /// Starts a measurement at `weights` `[1, D]` with radius `rho`, at least 0.
    #[must_use]
    pub const fn new(weights: Tensor<2>, rho: f64, kind: SharpnessKind) -> Self {
        Self { weights, rho, kind, ascent: None, result: None }
    }

    /// One unit of work; true when the measurement is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        match self.ascent.take() {
            None if self.result.is_none() => {
                let (loss, gradient) = objective.gradients(self.weights.clone());
                let ascent = self.ascent(gradient.clone(), objective);
                let figures = Tensor::cat(vec![loss, norm(gradient), norm(ascent.clone())], 0);
                let figures = to_host(figures);
                self.ascent = Some((ascent, [figures[0], figures[1], figures[2]]));
            }
            Some((ascent, [loss, gradient_norm, ascent_norm])) => {
                let sam_loss = to_host(objective.losses(self.weights.clone() + ascent))[0];
                let (kind, rho, sharpness) = (self.kind, self.rho, sam_loss - loss);
                self.result =
                    Some(SharpnessReport { kind, rho, loss, sam_loss, sharpness, gradient_norm, ascent_norm });
            }
            None => {}
        }
        self.result.is_some()
    }

    fn ascent(&self, gradient: Tensor<2>, objective: &Objective) -> Tensor<2> {
        match self.kind {
            SharpnessKind::Sam => sam_ascent(gradient, self.rho),
            SharpnessKind::Asam { eta } => {
                let architecture = objective.network().architecture();
                let is_weight = architecture.mask(Parameter::is_named_weight);
                let is_weight = objective.compute().tensor(is_weight, self.weights.dims());
                asam_ascent(gradient, self.rho, &asam_operator(self.weights.clone(), is_weight, eta))
            }
        }
    }

    /// Units done and in all.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        let done = if self.result.is_some() { 2 } else { self.ascent.is_some() as u64 };
        Progress { done, total: 2 }
    }

    /// The result; `None` before the measurement is complete.
    #[must_use]
    pub const fn result(&self) -> Option<&SharpnessReport> {
        self.result.as_ref()
    }
}

/// ‖a‖ of a row, `[1]`. Divided by its greatest component first, as squares of small numbers vanish.
fn norm(row: Tensor<2>) -> Tensor<1> {
    let least = if row.dtype() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    let greatest = row.clone().abs().max_dim(1).clamp_min(least);
    let scaled = row / greatest.clone();
    ((scaled.clone() * scaled).sum_dim(1).sqrt() * greatest).reshape([1])
}
