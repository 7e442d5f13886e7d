//! Pictures of the loss: colour maps, and the wgpu pipelines that draw a grid as a filled contour.
//!
//! This module names wgpu and neither egui nor burn. What a pixel means is written twice, in `shaders/contour.wgsl`
//! and in [`ContourStyle`] on the CPU, which also draws figures without a GPU; `tests/gpu_render.rs` compares the two.

pub mod colormap;
mod contour;
mod contour_style;
mod gpu;
mod isolines;
mod labels;
mod pane;

pub use colormap::ColorMap;
pub use contour::{ContourJob, ContourRenderer};
pub use contour_style::{ContourStyle, ContourUniform, LossScale, ScaledGrid};
pub use isolines::{IsoLine, iso_lines};
pub use labels::{LabelPlace, LabelSpace, label_places};
pub use pane::PaneUniform;
