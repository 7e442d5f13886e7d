//! act(Σ x ∗ w + b) on the CPU: forward and backward over populations, each tile's steps while it is in the cache.
//!
//! A convolution is computed from the images themselves: one image at a time is padded with zeros where it must be, and
//! the window of each output pixel is then a few runs of that memory. A matrix product is a convolution with a 1×1
//! kernel over "images" of 64 rows. A task is a few images of one member; how the images are cut depends on the sizes
//! alone, and sums over tasks are taken in their order, so the result does not depend on the number of threads.

mod activation;
mod backward;
mod dispatch;
mod dual;
mod forward;
mod frame;
mod image;
mod jet;
mod operands;
mod packing;
mod parts;
mod phases;
mod scratch;
mod sizes;
#[cfg(test)]
mod tests;
mod walk;

pub(in crate::model) use activation::Activation;
pub(super) use activation::Number;
pub(super) use backward::{Upstream, Wanted, backward};
pub(super) use dual::{DualOperands, DualUpstream, dual, dual_backward};
pub(super) use forward::forward;
pub(super) use jet::{JetOperands, jet};
pub(super) use operands::Operands;
pub(in crate::model) use sizes::Sizes;
