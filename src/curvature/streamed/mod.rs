//! Curvature that keeps up with a run: figures at the weights as they are, from a few passes each and what the last ones left.

mod drift;
mod ends;
mod trace;

pub use drift::Drifted;
pub use ends::StreamedEnds;
pub use trace::StreamedTrace;
