//! Flatscape: train small networks with SGD, SAM and NSO and watch the loss landscape.
pub mod cli;
pub mod config;
pub mod curvature;
pub mod data;
pub mod engine;
pub mod export;
pub mod landscape;
pub mod model;
pub mod noise;
pub mod number;
pub mod optim;
pub mod protocol;
pub mod render;
pub mod report;
pub mod session;
pub mod train;
pub mod ui;

/// Keeps the memory of tensors that come and go with every operation mapped, where the system allocator returns it.
// Unit tests count what they ask for, see `ui::frame_bench`.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
