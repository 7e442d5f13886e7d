//! Hands pictures of the loss to egui's painter: they are drawn in `prepare`, `paint` copies them into the window. Contours
//! here, surfaces in `surface_view`.

use std::sync::Arc;

use eframe::egui_wgpu::{self, wgpu};

use crate::render::{self, ContourJob, ContourRenderer, ContourStyle, PaneRenderer, ScaledGrid};

/// What pipelines need to be made.
struct Setup {
    target_format: wgpu::TextureFormat,
    samples: u32,
}

/// Puts the pipelines where paint callbacks find them. Without wgpu nothing is drawn and nothing fails.
pub fn install(state: &egui_wgpu::RenderState) {
    install_into(&mut state.renderer.write(), state, state.target_format);
}

/// The same for a renderer of the window's device that draws to another target.
pub fn install_into(
    renderer: &mut egui_wgpu::Renderer,
    state: &egui_wgpu::RenderState,
    target_format: wgpu::TextureFormat,
) {
    let samples = render::sample_count(&state.adapter);
    renderer.callback_resources.insert(ContourRenderer::new(&state.device, &state.queue, target_format, samples));
    // Those of surfaces are built with the first, so that the window opens without them.
    renderer.callback_resources.insert(Setup { target_format, samples });
}

/// A pane's picture in egui's list of shapes.
struct PanePaint<R: PaneRenderer> {
    pane: u32,
    job: R::Job,
}

impl<R: PaneRenderer> egui_wgpu::CallbackTrait for PanePaint<R> {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &egui_wgpu::ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut egui_wgpu::CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if resources.get::<R>().is_none()
            && let Some(Setup { target_format, samples }) = resources.get::<Setup>()
        {
            let renderer = R::new(device, queue, *target_format, *samples);
            resources.insert(renderer);
        }
        if let Some(renderer) = resources.get_mut::<R>() {
            renderer.prepare(device, queue, encoder, self.pane, &self.job);
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &egui_wgpu::CallbackResources,
    ) {
        if let Some(renderer) = resources.get::<R>() {
            renderer.paint(pass, self.pane);
        }
    }
}

/// The shape of a picture in `rect`. `pane` counts the panes of the window.
pub fn picture<R: PaneRenderer>(rect: egui::Rect, pane: u32, job: R::Job) -> egui::Shape {
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, PanePaint::<R> { pane, job }))
}

/// The sides of a picture in pixels, of a size in points.
pub fn size_px(size: egui::Vec2, pixels_per_point: f32) -> [u32; 2] {
    [size.x, size.y].map(|side| (side * pixels_per_point).round().max(1.0) as u32)
}

/// Radius of the corners of all pictures, in points.
pub const CORNER_RADIUS: f32 = 6.0;

/// The shape of a grid in `rect`. `pane` counts the panes of the window.
pub fn shape(
    ctx: &egui::Context,
    rect: egui::Rect,
    pane: u32,
    grid: &Arc<ScaledGrid>,
    style: ContourStyle,
) -> egui::Shape {
    picture::<ContourRenderer>(rect, pane, job(rect.size(), ctx.pixels_per_point(), grid, style))
}

/// The contour in a pane of this size in points, for the window and for figures at any scale.
pub fn job(size: egui::Vec2, pixels_per_point: f32, grid: &Arc<ScaledGrid>, style: ContourStyle) -> ContourJob {
    ContourJob {
        grid: Arc::clone(grid),
        style: ContourStyle { line_width_px: style.line_width_px * pixels_per_point, ..style },
        size_px: size_px(size, pixels_per_point),
        corner_radius_px: CORNER_RADIUS * pixels_per_point,
    }
}
