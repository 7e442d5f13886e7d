//! Pictures of the loss: the colour map, and the wgpu pipeline that draws a grid as a filled contour.
//!
//! This module names wgpu and neither egui nor burn. What a pixel means is written twice, in `shaders/contour.wgsl`
//! and in [`ContourStyle`] on the CPU, which also draws figures without a GPU; `tests/gpu_render.rs` compares the two.

pub mod colormap;
mod contour;
mod contour_style;

pub use contour::{ContourJob, ContourRenderer};
pub use contour_style::{ContourStyle, ContourUniform, LossScale, PaneUniform, ScaledGrid};
