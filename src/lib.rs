//! Flatscape: train small networks with SGD, SAM and NSO and watch the loss landscape.
//!
//! A tour, from the ground up. `ARCHITECTURE.md` has the drawing and the ways that things go.
//!
//! - [`config`] says what is to be done: experiments and knobs, the same structs for files, flags and controls. [`protocol`]
//!   is what crosses between threads: commands, events, rows and grids, plain data. Everybody may use these two. [`number`]
//!   puts numbers into words, [`letters`] what no font can show.
//! - [`data`] brings examples, [`model`] evaluates whole populations of weights in three arithmetics (values, duals, jets), and
//!   [`optim`] turns gradients into a step. Each knows the others as little as it can.
//! - [`train`] is a run: a function of configuration, seed and journal. [`landscape`], [`curvature`] and [`noise`] measure at
//!   its weights. [`session`] is what is kept to go on.
//! - [`engine`] owns all tensors: a thread behind a link for the window, and a comparison and an analysis without one. What
//!   these found is a [`report`]; [`export`] makes files of it, and of anything else that is plain data. [`sweep`] shares both
//!   among machines.
//! - [`render`] draws loss grids with wgpu. [`ui`] is the window, in tiers of its own; [`cli`] the command line.
//!
//! Nothing goes in a circle, neither folders nor files: `tests/architecture.rs` keeps it so.
pub mod cli;
pub mod config;
pub mod curvature;
pub mod data;
pub mod engine;
pub mod export;
pub mod landscape;
pub mod letters;
pub mod model;
pub mod noise;
pub mod number;
pub mod optim;
pub mod protocol;
pub mod render;
pub mod report;
pub mod session;
pub mod sweep;
pub mod train;
pub mod ui;

/// Keeps the memory of tensors that come and go with every operation mapped, where the system allocator returns it.
// Unit tests count what they ask for, see `ui::shell::frame_bench`.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
