//! Passes that are too large for the memory come in pieces.

use burn::tensor::Tensor;

/// The pieces side by side along a dimension; one piece is the whole, and is not copied.
#[must_use]
pub fn join<const D: usize>(mut pieces: Vec<Tensor<D>>, dim: usize) -> Tensor<D> {
    if pieces.len() == 1 { pieces.remove(0) } else { Tensor::cat(pieces, dim) }
}
