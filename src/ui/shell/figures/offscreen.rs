//! Draws a part of the window again, beside the window: at any size and scale, in either theme.

use eframe::egui_wgpu::{RenderState, Renderer, RendererOptions, ScreenDescriptor, wgpu};
use egui::epaint::ClippedShape;
use egui::{Context, RawInput, Rect, Shape, TexturesDelta, Theme, Ui, Vec2, ViewportId};

use crate::render::{self, Reading};
use crate::ui::kit::figure::{draws_figures, draws_for_paper};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::plots::contour_view;
use crate::ui::shell::figures::column::Column;
use crate::ui::shell::system_fonts;

const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Passes until sizes that depend on each other have settled.
const PASSES: usize = 3;

/// What is drawn, and how.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Size in points, with the words.
    pub size: Vec2,
    /// Pixels for each pixel of the window's own scale.
    pub scale: f32,
    /// The theme.
    pub theme: Theme,
    /// Height of the words below, in points.
    pub footer: f32,
    /// What of a journal's page it is made for; `None` for the screen.
    pub column: Option<Column>,
}

impl Sheet {
    /// The colours that it is drawn in.
    #[must_use]
    pub fn tokens(&self) -> &'static Tokens {
        if self.column.is_some() { Tokens::paper() } else { Tokens::for_theme(self.theme) }
    }
}

/// What was drawn, before it becomes pixels or SVG.
pub struct Drawn {
    /// The shapes.
    pub shapes: Vec<ClippedShape>,
    /// Size in points.
    pub size: Vec2,
    /// Pixels a point.
    pub pixels_per_point: f32,
    /// Pixels for each pixel of the window's own scale; fewer than were asked for where the adapter cannot hold them.
    pub scale: f32,
}

impl Drawn {
    /// Its size in pixels.
    #[must_use]
    pub fn size_in_pixels(&self) -> [u32; 2] {
        let size = (self.size * self.pixels_per_point).round();
        [size.x as u32, size.y as u32]
    }

    /// Where the lowest words end, in points.
    #[must_use]
    pub fn lowest_text(&self) -> f32 {
        fn lowest(shape: &Shape) -> f32 {
            match shape {
                Shape::Text(text) => text.visual_bounding_rect().bottom(),
                Shape::Vec(shapes) => shapes.iter().map(lowest).fold(0.0, f32::max),
                _ => 0.0,
            }
        }
        let seen = |clipped: &ClippedShape| lowest(&clipped.shape).min(clipped.clip_rect.bottom());
        self.shapes.iter().map(seen).fold(0.0, f32::max)
    }
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
        contour_view::install_into(&mut renderer, state, FORMAT);
        let ctx = Context::default();
        theme::install(&ctx);
        system_fonts::install(&ctx);
        Self { state: state.clone(), ctx, renderer }
    }

    /// Draws with the state (scroll positions, zoomed charts) that the window's context has.
    pub fn draw(&mut self, window: &Context, sheet: Sheet, mut draw: impl FnMut(&mut Ui)) -> Drawn {
        let memory = window.memory(Clone::clone);
        self.ctx.memory_mut(|own| *own = memory);
        draws_figures(&self.ctx);
        self.ctx.set_theme(sheet.theme);
        if sheet.column.is_some() {
            draws_for_paper(&self.ctx);
            theme::install_paper(&self.ctx);
        }
        let limit = self.state.device.limits().max_texture_dimension_2d;
        let size = sheet.size.max(Vec2::splat(1.0)) * window.zoom_factor();
        let largest = render::largest_share(&self.state.device, [size.x, size.y].map(f64::from));
        let scale = sheet.scale.min(largest as f32);
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
        Drawn { shapes, size: sheet.size, pixels_per_point: self.ctx.pixels_per_point(), scale }
    }

    fn upload(&mut self, mut textures: TexturesDelta) {
        for (id, images) in textures.set.drain() {
            for image in images {
                self.renderer.update_texture(&self.state.device, &self.state.queue, id, &image);
            }
        }
        // Textures that are freed meanwhile stay until this renderer goes.
    }

    /// Has the device draw shapes; their pixels come later.
    ///
    /// # Errors
    /// When the device is lost, out of memory, or cannot hold so many pixels.
    pub fn begin(&mut self, shapes: Vec<ClippedShape>, drawn: &Drawn) -> Result<Reading, String> {
        let pixels_per_point = drawn.pixels_per_point;
        let screen = ScreenDescriptor { pixels_per_point, size_in_pixels: drawn.size_in_pixels() };
        let primitives = self.ctx.tessellate(shapes, pixels_per_point);
        let Self { state, renderer, .. } = self;
        let reading = render::guarded(&state.device, || paint(state, renderer, &primitives, &screen));
        match contour_view::refusal(renderer) {
            Some(reason) => Err(reason.to_owned()),
            None => reading.map_err(|err| err.to_string()),
        }
    }
}

fn paint(
    RenderState { device, queue, .. }: &RenderState,
    renderer: &mut Renderer,
    primitives: &[egui::ClippedPrimitive],
    screen: &ScreenDescriptor,
) -> Reading {
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("figure") });
    let buffers = renderer.update_buffers(device, queue, &mut encoder, primitives, screen);
    queue.submit(buffers);
    render::paint_and_read(device, queue, encoder, screen.size_in_pixels, |pass| {
        renderer.render(pass, primitives, screen);
    })
}
