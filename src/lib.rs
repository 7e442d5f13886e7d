//! Flatscape: train small networks with SGD, SAM and NSO and watch the loss landscape.
pub mod config;
pub mod engine;
pub mod protocol;
pub mod render;
pub mod ui;
