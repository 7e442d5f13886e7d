//! Flatscape trains small networks with SGD, SAM and NSO side by side and shows the loss landscape, its curvature
//! and the noise while they train.
//!
//! A tour, in the order of dependence:
//! - [`config`]: experiments, knobs and their validation; one set of structs for files, flags and the window.
//! - [`protocol`]: what crosses between the engine and its consumers, plain data only.
//! - [`session`]: results and the files they are exported to.
//! - [`engine`]: the thread that owns every tensor, and the headless comparison.
//! - [`cli`]: the command line.
//!
//! `ARCHITECTURE.md` tells how they work together.

pub mod cli;
pub mod config;
pub mod engine;
pub mod protocol;
pub mod session;
