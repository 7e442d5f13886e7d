//! The measurements that the user asked for: a queue of jobs, each with the weights it was asked for.
//!
//! A job holds its own copy of the weights and its own objective, so that training goes on, and a reset or another
//! experiment does not end it. Its work comes in units, so that it can be watched and cancelled between two of them.

mod curvature;
mod curve;
mod examples;
mod gauss_newton;
mod learning;
mod lines;
mod multiples;
mod noise;
mod queue;
mod request;
mod signal;
mod slice;
mod steps;
#[cfg(test)]
mod test_runs;

use crate::curvature::Sampling;
use crate::protocol::{Findings, Measurement};

use super::units::Units;

pub(super) use queue::{Job, Jobs};
pub(super) use request::{Neighbour, Request};

/// A measurement in units that can tell what it found so far.
pub(super) trait Work: Units {
    /// What it found so far.
    fn findings(&self) -> Findings;
}

/// A measurement that has begun, or why it cannot be done, in one sentence.
type Begun = Result<Box<dyn Work>, String>;

/// Starts the work that answers a request.
///
/// # Errors
/// Why it cannot be done, in one sentence.
pub(super) fn start(request: &Request<'_>) -> Begun {
    match request.what {
        Measurement::Trace { probes } => curvature::trace(request, probes),
        Measurement::LayerTraces { probes } => curvature::layer_traces(request, probes),
        Measurement::Eigenvalues { pairs, products } => curvature::eigenvalues(request, pairs, products),
        Measurement::Density { probes, steps } => curvature::density(request, probes, steps),
        Measurement::Dense => curvature::dense(request),
        Measurement::Parabolas { steps } => steps::parabolas(request, steps),
        Measurement::GradientSignal { draws } => signal::signal(request, draws),
        Measurement::GaussNewton { probes, products } => gauss_newton::gauss_newton(request, probes, products),
        Measurement::LearningCoefficient { chains, burn_in, draws, rate, gamma } => {
            let sampling = Sampling { chains, burn_in, draws, rate, gamma, seed: request.seed };
            learning::learning_coefficient(request, sampling)
        }
        Measurement::Examples { probes } => examples::examples(request, probes),
        Measurement::Sharpness { rho } => curvature::sharpness(request, rho),
        Measurement::Bound { probes, constant } => curvature::bound(request, probes, constant),
        Measurement::SecondSubset { probes } => curvature::second_subset(request, probes),
        Measurement::Noise { sigma, pairs } => noise::pairs(request, sigma, pairs),
        Measurement::SigmaSweep { from, to, count, pairs } => noise::sweep(request, [from, to], count, pairs),
        Measurement::GradientVariance { sigma, draws } => noise::gradient_variance(request, sigma, draws),
        Measurement::Slice { plane, range, resolution } => slice::slice(request, plane, range, resolution),
        Measurement::Multiples { planes, normalization, range, resolution } => {
            multiples::multiples(request, planes, normalization, range, resolution)
        }
        Measurement::Lines { directions, normalization, range, points } => {
            lines::random(request, directions, normalization, range, points)
        }
        Measurement::Curve { other, steps, points } => curve::curve(request, other, steps, points),
        Measurement::Between { other, points } => lines::between(request, other, points),
    }
}
