//! Curvature at one row of weights: the trace by jets and the ends of the spectrum by Lanczos.
//!
//! Both are measurements in units: one call of `advance` is one unit of work, so that the engine stays responsive.

mod lanczos;
mod trace;

pub use lanczos::{Lanczos, SpectrumEnds};
pub use trace::TraceEstimate;
