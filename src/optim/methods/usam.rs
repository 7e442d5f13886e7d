//! SAM without normalisation (Andriushchenko & Flammarion 2022): the gradient at w + ρg.
//!
//! The step uphill is as long as ρ times the gradient: it shrinks where the loss is flat, so that the method becomes SGD there,
//! and a loss that is scaled takes other steps.

use crate::optim::method::{GradientOracle, Method, Point, StepGradient};

/// SAM without normalisation.
#[derive(Debug)]
pub struct Usam;

impl Method for Usam {
    fn gradient(&self, oracle: &dyn GradientOracle, point: &Point<'_>) -> StepGradient {
        let (clean_loss, gradient) = oracle.gradients(point.weights.clone());
        let ascent = gradient * point.knobs.rho;
        let above = oracle.gradients(point.weights.clone() + ascent.clone());
        StepGradient::after_ascent(clean_loss, ascent, above)
    }
}
