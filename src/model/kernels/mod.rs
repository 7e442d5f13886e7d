//! Operations of our own, for the CPU above all.
//!
//! Burn's CPU backend gathers windows into matrices, multiplies populations on one core and evaluates tanh by scalar calls.
//! Here products and convolutions over populations ([`affine`]), attention, pooling and pointwise functions are operations of
//! their own: vectorised, over all cores, and known to autodiff as one node each that keeps no more than its operands.

mod affine;
mod affine_cpu;
mod attention;
mod cells;
mod functions;
mod jet;
mod loss;
mod maps;
mod micro;
mod nonlinear;
mod norm;
mod number;
mod pointwise;
mod slope;
mod windows;

use super::Compute;

pub(super) use affine::{Product, affine, collapsed, runs_here, sum_of_products};
pub(super) use affine_cpu::{Activation, Sizes};
pub(super) use attention::{attention, attention_curved, attention_slope};
pub(super) use cells::Cells;
pub(super) use jet::{curved, sloped};
pub(super) use loss::{cross_entropy, cross_entropy_slope};
pub(super) use maps::{pick, transpose, winners};
pub(super) use nonlinear::{derivatives, nonlinear, nonlinear_first};
pub(super) use norm::Norm;
pub(super) use pointwise::{Function, evaluate};
pub(super) use slope::sloped_along;

/// Runs `pass` on a thread of the pool that shares its operations between the cores, where the tensors are on the CPU. From
/// any other thread each operation would wake the pool and be woken by it.
pub fn within_pool<R: Send>(compute: &Compute, pass: impl FnOnce() -> R + Send) -> R {
    if compute.is_cpu() && rayon::current_thread_index().is_none() { rayon::scope(|_| pass()) } else { pass() }
}
