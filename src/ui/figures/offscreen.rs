//! Draws a part of the window again, beside the window: at any size and scale, in either theme.

use std::time::Duration;

use eframe::egui_wgpu::{RenderState, Renderer, RendererOptions, ScreenDescriptor, wgpu};
use egui::epaint::ClippedShape;
use egui::{Context, RawInput, Rect, TexturesDelta, Theme, Ui, Vec2, ViewportId};

use crate::session::export::Picture;
use crate::ui::{contour_view, theme};

const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// A picture that takes longer is given up: its device is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Passes until sizes that depend on each other have settled.
const PASSES: usize = 3;

/// What is drawn, and how.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Size in points.
    pub size: Vec2,
    /// Pixels for each pixel of the window's own scale.
    pub scale: f32,
    /// The theme.
    pub theme: Theme,
}

/// What was drawn, before it becomes pixels or SVG.
pub struct Drawn {
    /// The shapes.
    pub shapes: Vec<ClippedShape>,
    /// Size in points.
    pub size: Vec2,
    /// Pixels a point.
    pub pixels_per_point: f32,
}

/// A second context with a renderer of its own, so that the window's own state is not disturbed.
pub struct Offscreen {
    state: RenderState,
    ctx: Context,
    renderer: Renderer,
}

impl Offscreen {
    /// Makes the renderer on the window's device.
    #[must_use]
    pub fn new(state: &RenderState) -> Self {
        let options = RendererOptions { dithering: false, ..RendererOptions::default() };
        let mut renderer = Renderer::new(&state.device, FORMAT, options);
        contour_view::install_into(&mut renderer, &state.device, &state.queue, FORMAT);
        let ctx = Context::default();
        theme::install(&ctx);
        Self { state: state.clone(), ctx, renderer }
    }

    /// Draws with the state (scroll positions, zoomed charts) that the window's context has.
    pub fn draw(&mut self, window: &Context, sheet: Sheet, mut draw: impl FnMut(&mut Ui)) -> Drawn {
        let memory = window.memory(Clone::clone);
        self.ctx.memory_mut(|own| *own = memory);
        self.ctx.set_theme(sheet.theme);
        let limit = self.state.device.limits().max_texture_dimension_2d as f32;
        let largest = limit / (sheet.size.max_elem().max(1.0) * window.zoom_factor());
        let scale = sheet.scale.min(largest);
        let mut drawn = None;
        for _ in 0..PASSES {
            let mut input = RawInput {
                screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, sheet.size)),
                time: Some(window.input(|input| input.time)),
                max_texture_side: Some(limit as usize),
                ..RawInput::default()
            };
            input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(scale);
            let output = self.ctx.run_ui(input, &mut draw);
            self.upload(output.textures_delta);
            drawn = Some(output.shapes);
        }
        let shapes = drawn.unwrap_or_default();
        Drawn { shapes, size: sheet.size, pixels_per_point: self.ctx.pixels_per_point() }
    }

    fn upload(&mut self, mut textures: TexturesDelta) {
        for (id, images) in textures.set.drain() {
            for image in images {
                self.renderer.update_texture(&self.state.device, &self.state.queue, id, &image);
            }
        }
        // Textures that are freed meanwhile stay until this renderer goes.
    }

    /// Shapes as pixels.
    ///
    /// # Errors
    /// When the device does not answer.
    pub fn pixels(&mut self, shapes: Vec<ClippedShape>, drawn: &Drawn) -> Result<Picture, String> {
        let pixels_per_point = drawn.pixels_per_point;
        let size = (drawn.size * pixels_per_point).round();
        let screen = ScreenDescriptor { pixels_per_point, size_in_pixels: [size.x as u32, size.y as u32] };
        let primitives = self.ctx.tessellate(shapes, pixels_per_point);
        let RenderState { device, queue, .. } = &self.state;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("figure") });
        let buffers = self.renderer.update_buffers(device, queue, &mut encoder, &primitives, &screen);
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("figure"),
            size: extent(screen.size_in_pixels),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &view,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
                depth_slice: None,
            };
            let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("figure"),
                color_attachments: &[Some(attachment)],
                ..Default::default()
            });
            self.renderer.render(&mut pass.forget_lifetime(), &primitives, &screen);
        }
        queue.submit(buffers.into_iter().chain([encoder.finish()]));
        read_back(device, queue, &texture)
    }
}

const fn extent([width, height]: [u32; 2]) -> wgpu::Extent3d {
    wgpu::Extent3d { width, height, depth_or_array_layers: 1 }
}

/// Copies a texture to the host. Waits, which a picture on request may.
fn read_back(device: &wgpu::Device, queue: &wgpu::Queue, texture: &wgpu::Texture) -> Result<Picture, String> {
    let (width, height) = (texture.width(), texture.height());
    let row = 4 * width;
    let padded_row = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("figure"),
        size: u64::from(padded_row) * u64::from(height),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(padded_row), rows_per_image: None };
    let target = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
    encoder.copy_texture_to_buffer(texture.as_image_copy(), target, extent([width, height]));
    queue.submit([encoder.finish()]);
    let (sender, receiver) = crossbeam_channel::bounded(1);
    // The receiver waits below.
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |mapped| drop(sender.send(mapped)));
    let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) };
    device.poll(wait).map_err(|err| format!("the graphics device does not answer: {err}"))?;
    match receiver.try_recv() {
        Ok(Ok(())) => {}
        _ => return Err("the graphics device does not give the picture back".to_owned()),
    }
    let data = buffer.slice(..).get_mapped_range().map_err(|err| err.to_string())?;
    let rows = data.chunks_exact(padded_row as usize).flat_map(|bytes| &bytes[..row as usize]);
    let mut rgba: Vec<u8> = rows.copied().collect();
    rgba.chunks_exact_mut(4).for_each(straighten);
    Ok(Picture { width, height, rgba })
}

/// From colours that are multiplied by their opacity to such that are not.
fn straighten(pixel: &mut [u8]) {
    let opacity = u32::from(pixel[3]);
    if opacity == 0 || opacity == 255 {
        return;
    }
    for channel in &mut pixel[..3] {
        *channel = ((u32::from(*channel) * 255 + opacity / 2) / opacity).min(255) as u8;
    }
}
