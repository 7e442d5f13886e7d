//! Hands a contour to egui's painter: pictures are drawn in `prepare`, `paint` copies them into the window.

use std::sync::Arc;

use eframe::egui_wgpu::{self, wgpu};

use crate::render::{ContourJob, ContourRenderer, ContourStyle, ScaledGrid};

/// Puts the pipelines where paint callbacks find them. Without wgpu nothing is drawn and nothing fails.
pub fn install(state: &egui_wgpu::RenderState) {
    install_into(&mut state.renderer.write(), &state.device, &state.queue, state.target_format);
}

/// The same for a renderer that draws to another target than the window.
pub fn install_into(
    renderer: &mut egui_wgpu::Renderer,
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    target_format: wgpu::TextureFormat,
) {
    renderer.callback_resources.insert(ContourRenderer::new(device, queue, target_format));
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
    let pixels = ctx.pixels_per_point();
    let size_px = [rect.width(), rect.height()].map(|side| (side * pixels).round().max(1.0) as u32);
    let style = ContourStyle { line_width_px: pixels, ..style };
    let job = ContourJob { grid: Arc::clone(grid), style, size_px, corner_radius_px: 6.0 * pixels };
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, ContourPaint { pane, job }))
}
