//! Directions of a slice and how they are scaled, after Li et al. 2018 (arXiv 1712.09913).
//!
//! A direction d is scaled to reference weights w: filter by filter (each output row of d gets the norm of that row of
//! w), layer by layer (each tensor), or as a whole. Filter- and layer-normalised directions are 0 in 1-D tensors (biases):
//! to give those the norm of w would put w itself into both directions where a tensor has one number a row.
//!
//! For runs that are compared the reference is their common start, so that all are looked at along the very same
//! vectors; scaling to each run's own weights would not share them. The words of a plane say which it was.
//!
//! Directions are kept in 64 bits on the host, and rounded where a device computes with 32.

use crate::config::Normalization;
use crate::model::{Architecture, Purpose, gaussian};

use super::vectors::{norm, rescale};

/// Scales `direction` to `reference`, both with `D` numbers. Rows or tensors of the direction that are 0 stay 0.
pub fn normalize(architecture: &Architecture, reference: &[f64], normalization: Normalization, direction: &mut [f64]) {
    match normalization {
        Normalization::None => {}
        Normalization::Model => rescale(direction, norm(reference)),
        Normalization::Filter | Normalization::Layer => {
            for parameter in &architecture.parameters {
                let range = parameter.range();
                if parameter.shape.len() < 2 {
                    direction[range].fill(0.0);
                    continue;
                }
                let size = if normalization == Normalization::Filter { parameter.row_len() } else { parameter.len() };
                let parts = direction[range.clone()].chunks_exact_mut(size).zip(reference[range].chunks_exact(size));
                parts.for_each(|(direction, reference)| rescale(direction, norm(reference)));
            }
        }
    }
}

/// A random Gaussian direction with `D` numbers, scaled to `reference`. Streams of one seed are told apart by `index`;
/// 0 and 1 are those of a random plane.
#[must_use]
pub fn random_direction(
    architecture: &Architecture,
    reference: &[f64],
    normalization: Normalization,
    seed: u64,
    index: u64,
) -> Vec<f64> {
    let mut direction: Vec<f64> =
        gaussian(seed, Purpose::Directions, index, reference.len()).into_iter().map(f64::from).collect();
    normalize(architecture, reference, normalization, &mut direction);
    direction
}
