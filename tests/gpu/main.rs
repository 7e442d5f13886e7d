//! What needs an adapter, software (lavapipe, WARP) too: the arithmetic on it, and what the shaders draw.
//!
//! Burn registers a wgpu runtime once a process, and [`device`] is where this one does. An engine that opens an adapter by
//! itself is in `tests/gpu_engine.rs`, a program of its own. Without an adapter these tests say so and pass, unless
//! `FLATSCAPE_REQUIRE_GPU` is set.

#[path = "../common/adapter.rs"]
mod adapter;
mod agreement;
#[path = "../common/mod.rs"]
mod common;
mod counts;
mod device;
mod layers;
mod render;
mod shaders;
mod streams;
mod surface;
