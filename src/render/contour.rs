//! The contour pipeline: a grid is drawn into a texture when it is new, and the texture is copied at every frame.
//!
//! Frames are many and grids are few, so interpolation and colours are done once a grid; a software adapter then has
//! only a copy to do.

use std::sync::Arc;

use super::contour_style::{ContourStyle, ScaledGrid};
use super::gpu::{self, BITS_FORMAT, Given, PICTURE_FORMAT, Slot, Stage};
use super::pane::{PaneCopy, PaneRenderer, Panes};
use super::scale_uniform::ScaleUniform;
use super::shaders;

/// What one pane shows.
#[derive(Debug, Clone)]
pub struct ContourJob {
    /// The grid; a new `Arc` means a new picture.
    pub grid: Arc<ScaledGrid>,
    /// How it is drawn.
    pub style: ContourStyle,
    /// Size of the pane in pixels.
    pub size_px: [u32; 2],
    /// Radius of its corners in pixels.
    pub corner_radius_px: f32,
}

impl ContourJob {
    fn same_picture(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.grid, &other.grid)
            && self.style == other.style
            && self.size_px == other.size_px
            && self.corner_radius_px.to_bits() == other.corner_radius_px.to_bits()
    }
}

/// Pipelines and the pictures of all panes.
pub struct ContourRenderer {
    rows: Stage,
    fill: Stage,
    copy: PaneCopy,
    colors: wgpu::TextureView,
    panes: Panes<Pane>,
}

struct Pane {
    job: ContourJob,
    copy_bindings: wgpu::BindGroup,
}

impl PaneRenderer for ContourRenderer {
    type Job = ContourJob;

    fn new(device: &wgpu::Device, queue: &wgpu::Queue, target_format: wgpu::TextureFormat, _samples: u32) -> Self {
        let shader = gpu::shader_module(device, shaders::CONTOUR);
        let slots = [Slot::Uniform, Slot::Colors, Slot::Uniform, Slot::Bits];
        Self {
            rows: Stage::new(device, &shader, "fs_rows", &slots, BITS_FORMAT, None),
            fill: Stage::new(device, &shader, "fs_main", &slots, PICTURE_FORMAT, None),
            copy: PaneCopy::new(device, target_format),
            colors: gpu::upload_color_maps(device, queue),
            panes: Panes::new(),
        }
    }

    fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pane: u32,
        job: &ContourJob,
    ) {
        if self.panes.prepare(pane).is_some_and(|old| old.job.same_picture(job)) {
            return;
        }
        let size = gpu::picture_size(device, job.size_px);
        let picture = gpu::picture(device, size);
        self.draw(device, queue, encoder, job, &picture);
        let copy_bindings = self.copy.bind(device, &picture, size, job.corner_radius_px);
        self.panes.insert(pane, Pane { job: job.clone(), copy_bindings });
    }

    fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pane: u32) {
        if let Some(pane) = self.panes.get(pane) {
            self.copy.paint(pass, &pane.copy_bindings);
        }
    }
}

impl ContourRenderer {
    fn draw(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        job: &ContourJob,
        picture: &wgpu::TextureView,
    ) {
        let size = [job.grid.columns() as u32, job.grid.rows() as u32];
        if !gpu::fits(device, size) {
            gpu::clear(encoder, picture);
            return;
        }
        let values = bytemuck::cast_slice(job.grid.values());
        let grid = gpu::upload(device, queue, size, BITS_FORMAT, values);
        let rows = gpu::target(device, [picture.texture().width(), size[1]], BITS_FORMAT);
        let (scale, contour) = (ScaleUniform::new(&job.style), job.style.uniform(&job.grid));
        let given = |grid| {
            let (scale, contour) = (bytemuck::bytes_of(&scale), bytemuck::bytes_of(&contour));
            [Given::Uniform(scale), Given::Texture(&self.colors), Given::Uniform(contour), Given::Texture(grid)]
        };
        self.rows.fill(encoder, &rows, &self.rows.bind(device, &given(&grid)));
        self.fill.fill(encoder, picture, &self.fill.bind(device, &given(&rows)));
    }
}
