//! Directions of length 1.

use burn::tensor::{DType, Tensor};

/// a/‖a‖ of a row `[1, D]`; zero where a is zero.
pub(super) fn unit(row: Tensor<2>) -> Tensor<2> {
    // Divided by its greatest component first: the squares of a gradient of 1e-20 are zero in 32 bits.
    let least = if row.dtype() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) };
    let greatest = row.clone().abs().max_dim(1).clamp_min(least);
    let scaled = row / greatest;
    let norm = (scaled.clone() * scaled.clone()).sum_dim(1).sqrt();
    // The norm is at least 1, except where the row is zero (or too small for a normal number).
    scaled * norm.clamp_min(1.0).recip()
}
