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

/// Why the device does not draw pictures of a kind that was asked for later than the window was opened.
struct Refusal(String);

/// Why there are pictures that a renderer's device does not draw, where there are.
pub fn refusal(renderer: &egui_wgpu::Renderer) -> Option<&str> {
    renderer.callback_resources.get::<Refusal>().map(|refusal| refusal.0.as_str())
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
            && resources.get::<Refusal>().is_none()
            && let Some(Setup { target_format, samples }) = resources.get::<Setup>()
        {
            match render::guarded(device, || R::new(device, queue, *target_format, *samples)) {
                Ok(renderer) => {
                    resources.insert(renderer);
                }
                // The rest of the window is drawn all the same.
                Err(err) => {
                    resources.insert(Refusal(err.to_string()));
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Pipelines that no device makes.
    struct Impossible;

    impl PaneRenderer for Impossible {
        type Job = ();

        fn new(device: &wgpu::Device, _: &wgpu::Queue, format: wgpu::TextureFormat, sample_count: u32) -> Self {
            let side = device.limits().max_texture_dimension_2d + 1;
            let _ = device.create_texture(&wgpu::TextureDescriptor {
                label: None,
                size: wgpu::Extent3d { width: side, height: 1, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            });
            Self
        }

        fn prepare(&mut self, _: &wgpu::Device, _: &wgpu::Queue, _: &mut wgpu::CommandEncoder, _: u32, (): &()) {
            panic!("they were not made");
        }

        fn paint(&self, _: &mut wgpu::RenderPass<'_>, _: u32) {}
    }

    #[test]
    fn pipelines_that_the_device_refuses_are_told_and_do_not_end_the_window() {
        let Some(adapter) = crate::render::test_adapter() else { return };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).expect("a device");
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let mut renderer = egui_wgpu::Renderer::new(&device, format, egui_wgpu::RendererOptions::default());
        let resources = &mut renderer.callback_resources;
        resources.insert(Setup { target_format: format, samples: 1 });
        let screen = egui_wgpu::ScreenDescriptor { size_in_pixels: [8, 8], pixels_per_point: 1.0 };
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        // Not once more at every frame.
        for _ in 0..2 {
            let paint = PanePaint::<Impossible> { pane: 0, job: () };
            egui_wgpu::CallbackTrait::prepare(&paint, &device, &queue, &screen, &mut encoder, resources);
        }
        assert!(refusal(&renderer).is_some_and(|words| words.contains("exceeds")), "{:?}", refusal(&renderer));
    }
}
