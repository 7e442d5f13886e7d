//! Flatscape: train small networks with SGD, SAM and NSO and watch the loss landscape.
pub mod cli;
pub mod config;
pub mod curvature;
pub mod data;
pub mod engine;
pub mod landscape;
pub mod model;
pub mod noise;
pub mod optim;
pub mod protocol;
pub mod session;
pub mod train;

/// Keeps the memory of tensors that come and go with every operation mapped, where the system allocator returns it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
