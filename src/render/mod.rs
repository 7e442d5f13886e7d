//! Pictures of the loss: colour maps, and the wgpu pipelines that draw a grid as a filled contour or
//! as a lit surface.
//!
//! This module names wgpu and neither egui nor burn. What a pixel means is written twice, in the shaders and in
//! [`ContourStyle`] on the CPU, which also draws figures without a GPU; `tests/gpu/render.rs` and
//! `tests/gpu/surface.rs` compare the two.

mod adapter;
pub mod colormap;
mod contour;
mod contour_style;
mod gpu;
mod isolines;
mod labels;
mod levels;
mod loss_scale;
mod offscreen;
mod pane;
mod scale_uniform;
mod shaders;
mod surface;

pub use adapter::{sample_count, where_able};
pub use colormap::ColorMap;
pub use contour::{ContourJob, ContourRenderer};
pub use contour_style::{ContourStyle, ContourUniform, ScaledGrid};
pub use isolines::{IsoLine, iso_lines};
pub use labels::{LabelPlace, LabelSpace, label_places};
pub use levels::log_levels;
pub use loss_scale::LossScale;
pub use offscreen::{Offscreen, Pixels, ReadbackError, Reading, begin_reading, guarded, largest_share, paint_and_read};
pub use pane::{PaneRenderer, PaneUniform};
pub use scale_uniform::ScaleUniform;
pub use shaders::SHADERS;
pub use surface::{
    Camera, FrameAxis, FrameTicks, MarkKind, Stroke, SurfaceJob, SurfaceMark, SurfaceRenderer, SurfaceStyle,
    SurfaceUniform, SurfaceVertex, drape, on_surface, round_ticks, surface_height, tick_anchor,
};

/// An adapter for a test; `None`, which is said, where there is none and none is required.
///
/// # Panics
/// Where one is required and there is none.
#[cfg(test)]
pub fn test_adapter() -> Option<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())).ok();
    if adapter.is_none() {
        assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "no adapter");
        eprintln!("skipped, no adapter");
    }
    adapter
}
