//! What the tables of `tests/architecture.rs` are checked with. Nothing of the crate is used here, so it works on sources
//! that do not compile.

pub mod circles;
pub mod folders;
pub mod graph;
pub mod index;
pub mod length;
mod paths;
mod planted;
mod scan;
pub mod tiers;
mod tokens;
