//! Draws frames as a window does, into one texture, and reads back only those that are asked for: pictures on their way back
//! take more memory than what is looked for, and more time than the drawing.

use std::cell::Cell;
use std::rc::Rc;

use eframe::egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, wgpu};
use egui::{Context, FullOutput, TexturesDelta};
use egui_kittest::TestRenderer;
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};

/// Draws frames. Where `is_read` is set, it hands back the picture, and otherwise a single pixel.
pub struct FrameRenderer {
    state: RenderState,
    reader: WgpuTestRenderer,
    target: Option<wgpu::Texture>,
    is_read: Rc<Cell<bool>>,
}

impl FrameRenderer {
    pub fn new(is_read: Rc<Cell<bool>>) -> Self {
        let state = create_render_state(default_wgpu_setup(), RendererOptions::default());
        let reader = WgpuTestRenderer::from_render_state(state.clone());
        Self { state, reader, target: None, is_read }
    }

    fn target(&mut self, [width, height]: [u32; 2]) -> wgpu::TextureView {
        let RenderState { device, target_format, .. } = &self.state;
        let make = || {
            device.create_texture(&wgpu::TextureDescriptor {
                label: None,
                size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: *target_format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            })
        };
        self.target.get_or_insert_with(make).create_view(&wgpu::TextureViewDescriptor::default())
    }
}

impl TestRenderer for FrameRenderer {
    fn setup_eframe(&self, creation: &mut eframe::CreationContext<'_>, frame: &mut eframe::Frame) {
        self.reader.setup_eframe(creation, frame);
    }

    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.reader.handle_delta(delta);
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<image::RgbaImage, String> {
        if self.is_read.get() {
            return self.reader.render(ctx, output);
        }
        let pixels_per_point = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * pixels_per_point;
        let size_in_pixels = [size.x, size.y].map(|side| side.round() as u32);
        let screen = ScreenDescriptor { pixels_per_point, size_in_pixels };
        let primitives = ctx.tessellate(output.shapes.clone(), pixels_per_point);
        let view = self.target(size_in_pixels);
        let RenderState { device, queue, renderer, .. } = &self.state;
        let mut renderer = renderer.write();
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let buffers = renderer.update_buffers(device, queue, &mut encoder, &primitives, &screen);
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        renderer.render(&mut pass.forget_lifetime(), &primitives, &screen);
        queue.submit(buffers.into_iter().chain([encoder.finish()]));
        device.poll(wgpu::PollType::wait_indefinitely()).map_err(|err| err.to_string())?;
        Ok(image::RgbaImage::new(1, 1))
    }
}
