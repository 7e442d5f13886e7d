//! The edge of stability: the curvature up to which a step does not overshoot ever further.
//!
//! On a quadratic along an eigenvector of curvature λ, with gradients of the whole objective, gradient descent shrinks the
//! distance from the minimum as long as λ < 2/η. With PyTorch's momentum μ the recurrence w ← (1+μ−ηλ)·w − μ·w₋₁ is stable for
//! λ < 2(1+μ)/η, in Nesterov's form for λ < 2(1+μ)/((1+2μ)η) (Cohen et al., ICLR 2021, arXiv 2103.00065). Full-batch training
//! drives λmax up to that value and hovers there: the edge of stability.
//!
//! Weight decay d and a penalty c‖w − w₀‖² are part of what is minimised, but not of the loss whose λmax is measured. They add d
//! and 2c to each of its eigenvalues, so the edge of the loss is lower by so much; where only matrices decay it is lower by d at
//! most. Noise of mean 0 leaves the gradient of a quadratic what it is, so the edge of NSO and WP is that of SGD. SAM without
//! normalisation has (1+ρλ)λ in place of λ.
//!
//! No such line is there for SAM, ASAM and RSAM, whose edge moves with the norm of the gradient and lies below SGD's (Long &
//! Bartlett 2024, arXiv 2309.12488), for BSAM, and for Adam's kind, whose edge is one of the Hessian scaled by its own
//! divisors: 2(1+β₁)/((1−β₁)η) (Cohen et al. 2022, arXiv 2207.14484), which says nothing of the eigenvalue that is measured here.

use super::Knobs;
use crate::config::choice::BaseKind;
use crate::config::{MethodEdge, OptimizerKind};

impl Knobs {
    /// The largest eigenvalue of the loss's Hessian up to which steps of `learning_rate` are stable on a quadratic; `None` where
    /// there is no such number: for methods and bases without a fixed edge, without a rate, and where the penalties alone are
    /// beyond it. Clipped steps are shorter, and their edge lies higher.
    #[must_use]
    pub fn edge_of_stability(&self, optimizer: OptimizerKind, learning_rate: f64) -> Option<f64> {
        let goes_uphill = match optimizer.spec().edge {
            MethodEdge::OfGradient => false,
            MethodEdge::OfAscent => true,
            MethodEdge::None => return None,
        };
        if self.base != BaseKind::Sgd || learning_rate.is_nan() || learning_rate <= 0.0 {
            return None;
        }
        let mu = self.momentum;
        let factor = if self.nesterov { 2.0 * (1.0 + mu) / (1.0 + 2.0 * mu) } else { 2.0 * (1.0 + mu) };
        let edge = factor / learning_rate - self.weight_decay - 2.0 * self.distance;
        let edge = if goes_uphill && self.rho > 0.0 {
            // λ + ρλ² = edge, in the form that loses no digits where ρ is small.
            2.0 * edge / (1.0 + (1.0 + 4.0 * self.rho * edge).max(0.0).sqrt())
        } else {
            edge
        };
        (edge > 0.0 && edge.is_finite()).then_some(edge)
    }

    /// How [`Self::edge_of_stability`] is reckoned, as a formula; the same for all steps of these knobs.
    #[must_use]
    pub const fn edge_formula(&self) -> &'static str {
        match (self.momentum > 0.0, self.nesterov) {
            (false, _) => "2/η",
            (true, false) => "2(1+μ)/η",
            (true, true) => "2(1+μ)/((1+2μ)η)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Knobs {
        Knobs { momentum: 0.0, ..Knobs::default() }
    }

    #[test]
    fn the_edge_is_that_of_the_recurrence() {
        let edge = |knobs: &Knobs| knobs.edge_of_stability(OptimizerKind::Sgd, 0.1).expect("there is one");
        let is = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12 * expected, "{found} {expected}");
        is(edge(&plain()), 20.0);
        let heavy = Knobs { momentum: 0.9, ..plain() };
        is(edge(&heavy), 38.0);
        is(edge(&Knobs { nesterov: true, ..heavy.clone() }), 38.0 / 2.8);
        is(edge(&Knobs { weight_decay: 0.5, distance: 0.25, ..heavy }), 37.0);
        assert_eq!(Knobs { nesterov: true, ..plain() }.edge_formula(), "2/η");
    }

    #[test]
    fn the_ascent_of_sam_without_normalisation_lowers_it() {
        let knobs = Knobs { rho: 0.2, ..plain() };
        let edge = knobs.edge_of_stability(OptimizerKind::Usam, 0.1).expect("there is one");
        assert!((edge * (1.0 + 0.2 * edge) - 20.0).abs() < 1e-12, "{edge}");
        let none = Knobs { rho: 0.0, ..plain() }.edge_of_stability(OptimizerKind::Usam, 0.1);
        assert_eq!(none, Some(20.0));
    }

    #[test]
    fn there_is_none_where_no_formula_holds() {
        let of = |knobs: &Knobs, optimizer, rate| knobs.edge_of_stability(optimizer, rate);
        for optimizer in [OptimizerKind::Sam, OptimizerKind::Asam, OptimizerKind::Rsam, OptimizerKind::Bsam] {
            assert_eq!(of(&plain(), optimizer, 0.1), None, "{optimizer:?}");
        }
        for base in [BaseKind::Adam, BaseKind::Amsgrad, BaseKind::Adamw] {
            assert_eq!(of(&Knobs { base, ..plain() }, OptimizerKind::Nso, 0.1), None, "{base:?}");
        }
        for rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(of(&plain(), OptimizerKind::Sgd, rate), None, "{rate}");
        }
        assert_eq!(of(&Knobs { weight_decay: 30.0, ..plain() }, OptimizerKind::Sgd, 0.1), None);
    }
}
