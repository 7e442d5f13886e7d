//! What the pipelines have in common: textures, uploads, bind groups.

use std::borrow::Cow;

use wgpu::util::DeviceExt as _;

use super::colormap::{self, ColorMap};

/// Pictures hold sRGB colours as they are, so that blending and the twins on the CPU work on the same numbers.
pub(super) const PICTURE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Holds floating-point values as their bits: OpenGL need not be able to draw to `R32Float`, but to this it must.
pub(super) const BITS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::R32Uint;

/// What stands at a binding of a shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Uniform,
    /// A texture of [`PICTURE_FORMAT`], read by pixel.
    Colors,
    /// A texture of [`BITS_FORMAT`].
    Bits,
}

/// What is bound there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    Uniform(&'a [u8]),
    Texture(&'a wgpu::TextureView),
}

/// A pipeline that fills its target, with the layout of its one bind group.
pub(super) struct Stage {
    pub(super) pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
}

impl Stage {
    pub(super) fn new(
        device: &wgpu::Device,
        module: &wgpu::ShaderModule,
        fragment: &'static str,
        slots: &[Slot],
        format: wgpu::TextureFormat,
        blend: Option<wgpu::BlendState>,
    ) -> Self {
        let layout = bind_group_layout(device, slots);
        let target = wgpu::ColorTargetState { format, blend, write_mask: wgpu::ColorWrites::ALL };
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout(device, &layout)),
            vertex: wgpu::VertexState {
                module,
                entry_point: Some("vs_main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module,
                entry_point: Some(fragment),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(target)],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self { pipeline, layout }
    }

    pub(super) fn bind(&self, device: &wgpu::Device, given: &[Given<'_>]) -> wgpu::BindGroup {
        bind(device, &self.layout, given)
    }

    /// Fills a target in a pass of its own.
    pub(super) fn fill(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        target: &wgpu::TextureView,
        bindings: &wgpu::BindGroup,
    ) {
        let mut pass = clearing_pass(encoder, target);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// Makes a target black.
pub(super) fn clear(encoder: &mut wgpu::CommandEncoder, target: &wgpu::TextureView) {
    drop(clearing_pass(encoder, target));
}

fn clearing_pass<'a>(encoder: &'a mut wgpu::CommandEncoder, target: &wgpu::TextureView) -> wgpu::RenderPass<'a> {
    encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: target,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
        })],
        ..Default::default()
    })
}

pub(super) fn shader_module(device: &wgpu::Device, shader: &'static str) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: None,
        source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(shader)),
    })
}

pub(super) fn pipeline_layout(device: &wgpu::Device, layout: &wgpu::BindGroupLayout) -> wgpu::PipelineLayout {
    device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: None,
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    })
}

/// A bind group of what is given for each slot of a layout.
pub(super) fn bind(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, given: &[Given<'_>]) -> wgpu::BindGroup {
    let buffers: Vec<Option<wgpu::Buffer>> = given
        .iter()
        .map(|given| match given {
            Given::Uniform(bytes) => Some(buffer(device, bytes, wgpu::BufferUsages::UNIFORM)),
            Given::Texture(_) => None,
        })
        .collect();
    let resources = given.iter().zip(&buffers).filter_map(|(given, buffer)| match given {
        Given::Uniform(_) => buffer.as_ref().map(wgpu::Buffer::as_entire_binding),
        Given::Texture(view) => Some(wgpu::BindingResource::TextureView(view)),
    });
    let entries: Vec<_> =
        resources.zip(0..).map(|(resource, binding)| wgpu::BindGroupEntry { binding, resource }).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

/// A layout of these slots, in the order of their bindings.
pub(super) fn bind_group_layout(device: &wgpu::Device, slots: &[Slot]) -> wgpu::BindGroupLayout {
    let texture = |sample_type| wgpu::BindingType::Texture {
        sample_type,
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let entry = |(slot, binding): (&Slot, u32)| {
        let (visibility, ty) = match slot {
            Slot::Uniform => {
                let ty = wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                };
                (wgpu::ShaderStages::VERTEX_FRAGMENT, ty)
            }
            Slot::Colors => {
                (wgpu::ShaderStages::FRAGMENT, texture(wgpu::TextureSampleType::Float { filterable: false }))
            }
            Slot::Bits => (wgpu::ShaderStages::FRAGMENT, texture(wgpu::TextureSampleType::Uint)),
        };
        wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
    };
    let entries: Vec<_> = slots.iter().zip(0..).map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

/// A buffer that holds these bytes.
pub(super) fn buffer(device: &wgpu::Device, contents: &[u8], usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage })
}

/// A texture without mip levels.
pub(super) fn texture(
    device: &wgpu::Device,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    sample_count: u32,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

/// Whether a texture of this size can be made.
pub(super) fn fits(device: &wgpu::Device, size: [u32; 2]) -> bool {
    let limit = device.limits().max_texture_dimension_2d;
    size.iter().all(|side| (1..=limit).contains(side))
}

/// The size that a picture of this size gets: what the device can do, and at least one pixel.
pub(super) fn picture_size(device: &wgpu::Device, size: [u32; 2]) -> [u32; 2] {
    let limit = device.limits().max_texture_dimension_2d;
    size.map(|side| side.clamp(1, limit))
}

/// An empty picture, and its view.
pub(super) fn picture(device: &wgpu::Device, size: [u32; 2]) -> wgpu::TextureView {
    target(device, size, PICTURE_FORMAT)
}

/// A texture that is drawn to and then read, and its view.
pub(super) fn target(device: &wgpu::Device, size: [u32; 2], format: wgpu::TextureFormat) -> wgpu::TextureView {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING;
    view(&texture(device, size, format, 1, usage))
}

pub(super) fn view(texture: &wgpu::Texture) -> wgpu::TextureView {
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

/// Uploads four bytes a pixel.
pub(super) fn upload(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    size: [u32; 2],
    format: wgpu::TextureFormat,
    bytes: &[u8],
) -> wgpu::TextureView {
    let usage = wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST;
    let texture = texture(device, size, format, 1, usage);
    queue.write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * size[0]), rows_per_image: None },
        wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
    );
    view(&texture)
}

/// All colour maps as rows of one texture.
pub(super) fn upload_color_maps(device: &wgpu::Device, queue: &wgpu::Queue) -> wgpu::TextureView {
    let size = [256, ColorMap::ALL.len() as u32];
    upload(device, queue, size, PICTURE_FORMAT, bytemuck::cast_slice(colormap::luts()))
}
