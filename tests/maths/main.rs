//! Numbers against closed forms, central differences, JAX and PyTorch: derivatives, curvature, slices, noise, steps, runs.
//!
//! All of it is on the CPU; what needs an adapter is in `tests/gpu`.

mod averages;
mod bundled;
#[path = "../common/mod.rs"]
mod common;
mod curvature;
mod derivatives;
mod frozen;
mod instruments;
mod layers;
mod method_cases;
mod method_closed;
mod method_frozen;
mod method_runs;
mod methods;
mod noise;
mod optimizers;
mod own_method;
mod planes;
mod sensing;
mod slices;
mod starts;
mod statistics;
mod training;
mod transformers;
mod transformers_invariance;
mod transformers_pieces;
mod transformers_refused;
mod works;
mod written;
