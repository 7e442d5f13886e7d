//! Hands surfaces to egui's painter, as `contour_view` does contours.

use std::sync::Arc;

use super::contour_view::{CORNER_RADIUS, picture, size_px};
use crate::render::{Camera, FrameTicks, ScaledGrid, SurfaceJob, SurfaceMark, SurfaceRenderer, SurfaceStyle};

/// What a surface shows. New `Arc`s mean a new picture, so they are kept while nothing changes.
#[derive(Debug, Clone, Copy)]
pub struct SurfaceView<'a> {
    /// The grid.
    pub grid: &'a Arc<ScaledGrid>,
    /// How it is drawn; widths are in points.
    pub style: SurfaceStyle,
    /// From where.
    pub camera: Camera,
    /// What lies in the box.
    pub marks: &'a Arc<Vec<SurfaceMark>>,
    /// Lines of the box.
    pub ticks: &'a Arc<FrameTicks>,
}

/// The shape of a surface in `rect`. `pane` counts the panes of the window.
pub fn shape(ctx: &egui::Context, rect: egui::Rect, pane: u32, view: SurfaceView<'_>) -> egui::Shape {
    picture::<SurfaceRenderer>(rect, pane, job(rect.size(), ctx.pixels_per_point(), view))
}

/// The surface in a pane of this size in points, for the window and for figures at any scale.
pub fn job(size: egui::Vec2, pixels_per_point: f32, view: SurfaceView<'_>) -> SurfaceJob {
    let mut style = SurfaceStyle { pixels_per_point, ..view.style };
    style.contour.line_width_px *= pixels_per_point;
    SurfaceJob {
        grid: Arc::clone(view.grid),
        style,
        camera: view.camera,
        marks: Arc::clone(view.marks),
        ticks: Arc::clone(view.ticks),
        size_px: size_px(size, pixels_per_point),
        corner_radius_px: CORNER_RADIUS * pixels_per_point,
    }
}
