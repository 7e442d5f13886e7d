//! The session file: one SQLite database that holds all that a window or a comparison has done.
//!
//! [`Recorder`] writes it, from a thread of its own; [`Session`] reads it; [`salvage()`] saves what can be read of a damaged one.
//! The tables stand in `schema.sql` and what changes them in files of later versions beside it; they are explained in `docs/session.md`.

mod apply;
mod blobs;
mod content;
mod document;
mod error;
mod lanes;
mod limits;
mod lock;
mod open;
mod queue;
mod recorder;
mod rows;
mod salvage;
mod schema;
mod session;
mod shared;
mod status;
mod writer;

#[cfg(test)]
mod tests;

pub use content::{
    BlobId, Checkpoint, CheckpointEntry, KeptExperiment, KeptRun, Measured, PathWeights, Provenance, RunState, SizeOf,
    Sizes, SliceEntry, Writer,
};
pub use error::StoreError;
pub use recorder::Recorder;
pub use salvage::{Salvaged, salvage};
pub use session::{Session, is_session};
pub use status::Status;
