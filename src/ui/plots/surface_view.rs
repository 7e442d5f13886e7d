//! Hands a surface to egui's painter: pictures are drawn in `prepare`, `paint` copies them into the window.

use std::sync::Arc;

use eframe::egui_wgpu::{self, wgpu};

use crate::render::{self, Camera, FrameTicks, ScaledGrid, SurfaceJob, SurfaceMark, SurfaceRenderer, SurfaceStyle};

/// What the pipelines will need. They are built with the first surface, so that the window opens without them.
struct Setup {
    target_format: wgpu::TextureFormat,
    samples: u32,
}

/// Puts where paint callbacks find it what the pipelines need. Without wgpu nothing is drawn and nothing fails.
pub fn install_into(renderer: &mut egui_wgpu::Renderer, adapter: &wgpu::Adapter, target_format: wgpu::TextureFormat) {
    renderer.callback_resources.insert(Setup { target_format, samples: render::sample_count(adapter) });
}

struct SurfacePaint {
    pane: u32,
    job: SurfaceJob,
}

impl egui_wgpu::CallbackTrait for SurfacePaint {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &egui_wgpu::ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut egui_wgpu::CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if resources.get::<SurfaceRenderer>().is_none() {
            let Some(Setup { target_format, samples }) = resources.get::<Setup>() else { return Vec::new() };
            let renderer = SurfaceRenderer::new(device, queue, *target_format, *samples);
            resources.insert(renderer);
        }
        if let Some(renderer) = resources.get_mut::<SurfaceRenderer>() {
            renderer.prepare(device, encoder, self.pane, &self.job);
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &egui_wgpu::CallbackResources,
    ) {
        if let Some(renderer) = resources.get::<SurfaceRenderer>() {
            renderer.paint(pass, self.pane);
        }
    }
}

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
    let job = job(rect.size(), ctx.pixels_per_point(), view);
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, SurfacePaint { pane, job }))
}

/// The surface in a pane of this size in points, for the window and for figures at any scale.
pub fn job(size: egui::Vec2, pixels_per_point: f32, view: SurfaceView<'_>) -> SurfaceJob {
    let size_px = [size.x, size.y].map(|side| (side * pixels_per_point).round().max(1.0) as u32);
    let mut style = SurfaceStyle { pixels_per_point, ..view.style };
    style.contour.line_width_px *= pixels_per_point;
    SurfaceJob {
        grid: Arc::clone(view.grid),
        style,
        camera: view.camera,
        marks: Arc::clone(view.marks),
        ticks: Arc::clone(view.ticks),
        size_px,
        corner_radius_px: 6.0 * pixels_per_point,
    }
}
