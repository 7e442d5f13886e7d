//! Operations of our own, for the CPU above all.
//!
//! Burn's CPU backend gathers windows into matrices, multiplies populations on one core and evaluates tanh by scalar calls.
//! Here products and convolutions over populations ([`affine`]), pooling and pointwise functions are operations of
//! their own: vectorised, over all cores, and known to autodiff as one node each that keeps no more than its operands.

mod affine;
mod affine_cpu;
mod functions;
mod maps;
mod micro;
mod pointwise;

pub(super) use affine::{affine, runs_here};
pub(super) use affine_cpu::{Activation, Sizes};
pub(super) use maps::{pick, transpose, winners};
pub(super) use pointwise::{Function, evaluate};
