//! Hands a contour to egui's painter: pictures are drawn in `prepare`, `paint` copies them into the window.

use std::sync::Arc;

use eframe::egui_wgpu::{self, wgpu};

use crate::render::{ContourJob, ContourRenderer, ContourStyle, ScaledGrid};

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
    renderer.callback_resources.insert(ContourRenderer::new(&state.device, &state.queue, target_format));
    super::surface_view::install_into(renderer, &state.adapter, target_format);
}

struct ContourPaint {
    pane: u32,
    job: ContourJob,
}

impl egui_wgpu::CallbackTrait for ContourPaint {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &egui_wgpu::ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut egui_wgpu::CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<ContourRenderer>() {
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
        if let Some(renderer) = resources.get::<ContourRenderer>() {
            renderer.paint(pass, self.pane);
        }
    }
}

/// The shape of a grid in `rect`. `pane` counts the panes of the window.
pub fn shape(
    ctx: &egui::Context,
    rect: egui::Rect,
    pane: u32,
    grid: &Arc<ScaledGrid>,
    style: ContourStyle,
) -> egui::Shape {
    let job = job(rect.size(), ctx.pixels_per_point(), grid, style);
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, ContourPaint { pane, job }))
}

/// The contour in a pane of this size in points, for the window and for figures at any scale.
pub fn job(size: egui::Vec2, pixels_per_point: f32, grid: &Arc<ScaledGrid>, style: ContourStyle) -> ContourJob {
    let size_px = [size.x, size.y].map(|side| (side * pixels_per_point).round().max(1.0) as u32);
    let style = ContourStyle { line_width_px: style.line_width_px * pixels_per_point, ..style };
    ContourJob { grid: Arc::clone(grid), style, size_px, corner_radius_px: 6.0 * pixels_per_point }
}
