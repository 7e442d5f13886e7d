//! The engine: one thread that owns every tensor.
mod link;

pub use link::{EngineEnd, Link, LinkState, Outbox, Slots, Wake, link};
