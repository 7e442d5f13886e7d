//! Planes and lines through weight space, the loss on them, and paths projected on them.

mod barrier;
mod bumps;
mod checks;
mod curve;
mod directions;
mod frame;
mod line;
mod path;
mod pca;
mod plane;
mod points;
mod range;
mod slice;
mod span;
mod streamed;
mod vectors;
mod words;

pub use barrier::{Barrier, barrier};
pub use bumps::{Bumps, bumps};
pub use checks::PlaneError;
pub use curve::{CurveJob, Way};
pub use directions::{normalize, random_direction};
pub use frame::framed_axes;
pub use line::{LineCurves, LineJob, Spread};
pub use path::{Checkpoint, Path};
pub use pca::PathPca;
pub use plane::{Plane, filter_normalised_plane};
pub use range::{RangeSearch, SuggestedRange, suggest_range};
pub use slice::{SliceJob, SliceLevel, SliceSet, linear_axis, symmetric_axis};
pub use span::{Span, SpanCenter};
pub use streamed::{StreamedPca, num_reads, streamed_pca};
pub use words::objective_words;
