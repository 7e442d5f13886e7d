//! Planes through weight space, slices of the loss on them, and paths projected on them.

mod directions;
mod path;
mod slice;

pub use directions::{Plane, filter_normalised_plane};
pub use path::{Checkpoint, Path};
pub use slice::{SliceJob, SliceLevel};
