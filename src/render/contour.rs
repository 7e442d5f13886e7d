//! The contour pipeline: a grid is drawn into a texture when it is new, and the texture is copied at every frame.
//!
//! Frames are many and grids are few, so the costly shader (16 taps a pixel) runs once a grid; a software adapter
//! then has only a copy to do.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::colormap;
use super::contour_style::{ContourStyle, PaneUniform, ScaledGrid};

const PICTURE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

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
        Arc::ptr_eq(&self.grid, &other.grid) && self.style == other.style && self.size_px == other.size_px
    }
}

/// Pipelines and the pictures of all panes.
pub struct ContourRenderer {
    fill: Stage,
    copy: Stage,
    colors: wgpu::TextureView,
    is_linear_target: bool,
    panes: HashMap<u32, Pane>,
}

struct Pane {
    job: ContourJob,
    copy_bindings: wgpu::BindGroup,
}

/// A pipeline with the layout of its one bind group.
struct Stage {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

impl ContourRenderer {
    /// Builds the pipelines for a target of this format and uploads the colour map.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, target_format: wgpu::TextureFormat) -> Self {
        let fill = Stage::new(device, include_str!("../../shaders/contour.wgsl"), 2, PICTURE_FORMAT, None);
        let copy = Stage::new(
            device,
            include_str!("../../shaders/pane.wgsl"),
            1,
            target_format,
            Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        );
        let colors = upload(
            device,
            queue,
            [256, 1],
            wgpu::TextureFormat::Rgba8Unorm,
            bytemuck::cast_slice(colormap::viridis_lut()),
        );
        Self { fill, copy, colors, is_linear_target: target_format.is_srgb(), panes: HashMap::new() }
    }

    /// Draws a pane's picture if it is not the one that is there already.
    pub fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pane: u32,
        job: &ContourJob,
    ) {
        if self.panes.get(&pane).is_some_and(|old| old.job.same_picture(job)) {
            return;
        }
        let limit = device.limits().max_texture_dimension_2d;
        let size = job.size_px.map(|side| side.clamp(1, limit));
        let picture = device.create_texture(&texture_descriptor(
            size,
            PICTURE_FORMAT,
            wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING,
        ));
        let picture = picture.create_view(&wgpu::TextureViewDescriptor::default());
        self.draw_fill(device, queue, encoder, job, &picture);
        let uniform = PaneUniform {
            size_px: size.map(|side| side as f32),
            corner_radius_px: job.corner_radius_px,
            is_linear_target: u32::from(self.is_linear_target),
        };
        let copy_bindings = self.copy.bind(device, bytemuck::bytes_of(&uniform), &[&picture]);
        self.panes.insert(pane, Pane { job: job.clone(), copy_bindings });
    }

    /// Copies a pane's picture to the pass's viewport. Does nothing for a pane that was never prepared.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pane: u32) {
        if let Some(pane) = self.panes.get(&pane) {
            pass.set_pipeline(&self.copy.pipeline);
            pass.set_bind_group(0, &pane.copy_bindings, &[]);
            pass.draw(0..3, 0..1);
        }
    }

    fn draw_fill(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        job: &ContourJob,
        picture: &wgpu::TextureView,
    ) {
        let size = [job.grid.columns() as u32, job.grid.rows() as u32];
        let values = bytemuck::cast_slice(job.grid.values());
        let grid = upload(device, queue, size, wgpu::TextureFormat::R32Float, values);
        let uniform = job.style.uniform(&job.grid);
        let bindings = self.fill.bind(device, bytemuck::bytes_of(&uniform), &[&grid, &self.colors]);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("contour fill"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: picture,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        pass.set_pipeline(&self.fill.pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

impl Stage {
    fn new(
        device: &wgpu::Device,
        shader: &'static str,
        num_textures: u32,
        format: wgpu::TextureFormat,
        blend: Option<wgpu::BlendState>,
    ) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(shader)),
        });
        let layout = bind_group_layout(device, num_textures);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let target = wgpu::ColorTargetState { format, blend, write_mask: wgpu::ColorWrites::ALL };
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vs_main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fs_main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(target)],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self { pipeline, layout }
    }

    fn bind(&self, device: &wgpu::Device, uniform: &[u8], textures: &[&wgpu::TextureView]) -> wgpu::BindGroup {
        use wgpu::util::DeviceExt as _;
        let buffer = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: None,
            contents: uniform,
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let mut entries = vec![wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }];
        entries.extend(textures.iter().zip(1..).map(|(view, binding)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
        }));
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &self.layout, entries: &entries })
    }
}

/// Binding 0 is the uniform; textures that are read by pixel follow.
fn bind_group_layout(device: &wgpu::Device, num_textures: u32) -> wgpu::BindGroupLayout {
    let entry =
        |binding, ty| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None };
    let uniform = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let texture = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: false },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let mut entries = vec![entry(0, uniform)];
    entries.extend((1..=num_textures).map(|binding| entry(binding, texture)));
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

fn texture_descriptor(
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    usage: wgpu::TextureUsages,
) -> wgpu::TextureDescriptor<'static> {
    wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    }
}

/// Uploads four bytes a pixel.
fn upload(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    size: [u32; 2],
    format: wgpu::TextureFormat,
    bytes: &[u8],
) -> wgpu::TextureView {
    let usage = wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST;
    let texture = device.create_texture(&texture_descriptor(size, format, usage));
    queue.write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size[0]), rows_per_image: None },
        wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
    );
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
