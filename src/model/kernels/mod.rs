//! Operations of our own, for the CPU above all.
//!
//! Burn's CPU backend gathers windows into matrices, multiplies populations on one core and evaluates tanh by scalar calls.
//! Here products and convolutions over populations ([`affine`]), attention, pooling and pointwise functions are operations of
//! their own: vectorised, over all cores, and known to autodiff as one node each that keeps no more than its operands.

mod affine;
mod affine_cpu;
#[expect(clippy::too_many_arguments, reason = "the operands of a backend's operation stand side by side")]
mod affine_line;
mod attention;
#[expect(clippy::too_many_arguments, reason = "the operands of a backend's operation stand side by side")]
mod batch;
mod cells;
mod device;
mod functions;
mod jet;
mod loss;
mod maps;
mod mean;
mod micro;
mod narrow;
mod noise;
mod nonlinear;
mod norm;
mod normals;
mod number;
mod pair;
mod pointwise;
mod room;
mod rows;
mod sums;
mod windows;

use super::Compute;

pub(super) use affine::{affine, runs_here};
pub(super) use affine_cpu::{Activation, Sizes};
pub(super) use affine_line::{WithFirst, affine_dual, affine_jet};
pub(super) use attention::{attention, attention_curved, attention_slope};
pub(super) use batch::{BatchNorm, JetOperand};
pub(super) use cells::Cells;
pub use functions::vectorised;
pub(super) use jet::{curved, sloped};
pub(super) use loss::{cross_entropy, cross_entropy_jet, cross_entropy_slope, has_loss};
pub(super) use maps::{pick, transpose, winners};
pub(super) use mean::row_sums;
pub(super) use noise::{Parts, signs_of, words_of};
pub(super) use nonlinear::{derivatives, nonlinear, nonlinear_first};
pub(super) use norm::Norm;
pub(super) use normals::{normals_of, table};
pub(super) use pointwise::{Function, evaluate};
pub(super) use rows::{cut, joined};
pub use sums::{norm, range_sums};

/// Runs `pass` on a thread of the pool that shares its operations between the cores, where the tensors are on the CPU. From
/// any other thread each operation would wake the pool and be woken by it.
pub fn within_pool<R: Send>(compute: &Compute, pass: impl FnOnce() -> R + Send) -> R {
    if compute.is_cpu() && rayon::current_thread_index().is_none() { rayon::scope(|_| pass()) } else { pass() }
}
