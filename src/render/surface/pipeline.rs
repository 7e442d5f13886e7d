//! The pipelines of surfaces: drawn with depth into a picture when something is new, copied at every frame.

use super::mesh::{Mesh, SurfaceVertex};
use super::{Stroke, SurfaceJob, frame, marks};
use crate::render::gpu::{self, Given, PICTURE_FORMAT, Slot};
use crate::render::pane::{PaneCopy, PaneRenderer, Panes};
use crate::render::scale_uniform::ScaleUniform;
use crate::render::shaders;

/// Nearness of what is drawn.
pub(in crate::render) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// Width of the box's lines in points.
const FRAME_WIDTH: f32 = 1.0;

/// Pipelines and the pictures of all panes.
pub struct SurfaceRenderer {
    layout: wgpu::BindGroupLayout,
    fill: wgpu::RenderPipeline,
    marks: wgpu::RenderPipeline,
    hidden_marks: wgpu::RenderPipeline,
    copy: PaneCopy,
    colors: wgpu::TextureView,
    samples: u32,
    /// Of the last size drawn; panes take turns.
    targets: Option<Targets>,
    panes: Panes<Pane>,
}

/// What a picture is drawn with and needs no longer afterwards.
struct Targets {
    size: [u32; 2],
    depth: wgpu::TextureView,
    /// With several samples a pixel, before they are averaged.
    color: Option<wgpu::TextureView>,
}

struct Pane {
    job: SurfaceJob,
    mesh: MeshBuffers,
    copy_bindings: wgpu::BindGroup,
}

#[derive(Clone)]
struct MeshBuffers {
    vertices: wgpu::Buffer,
    indices: wgpu::Buffer,
    num_indices: u32,
}

impl MeshBuffers {
    fn new(device: &wgpu::Device, job: &SurfaceJob) -> Self {
        let mesh = Mesh::new(&job.grid, job.style.contour.use_cubic);
        Self {
            vertices: gpu::buffer(device, bytemuck::cast_slice(&mesh.vertices), wgpu::BufferUsages::VERTEX),
            indices: gpu::buffer(device, bytemuck::cast_slice(&mesh.indices), wgpu::BufferUsages::INDEX),
            num_indices: mesh.indices.len() as u32,
        }
    }
}

impl PaneRenderer for SurfaceRenderer {
    type Job = SurfaceJob;

    fn new(device: &wgpu::Device, queue: &wgpu::Queue, target_format: wgpu::TextureFormat, samples: u32) -> Self {
        let builder = Builder {
            device,
            module: gpu::shader_module(device, shaders::SURFACE),
            layout: gpu::bind_group_layout(device, &[Slot::Uniform, Slot::Colors, Slot::Uniform]),
            samples,
        };
        let fill = builder.fill();
        let marks = builder.marks("fs_mark", wgpu::CompareFunction::LessEqual);
        let hidden_marks = builder.marks("fs_hidden", wgpu::CompareFunction::Greater);
        Self {
            layout: builder.layout,
            fill,
            marks,
            hidden_marks,
            copy: PaneCopy::new(device, target_format),
            colors: gpu::upload_color_maps(device, queue),
            samples,
            targets: None,
            panes: Panes::new(),
        }
    }

    fn prepare(
        &mut self,
        device: &wgpu::Device,
        _queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pane: u32,
        job: &SurfaceJob,
    ) {
        let old = self.panes.prepare(pane);
        if old.is_some_and(|old| old.job.same_picture(job)) {
            return;
        }
        let mesh = match old {
            Some(old) if old.job.same_mesh(job) => old.mesh.clone(),
            _ => MeshBuffers::new(device, job),
        };
        let size = gpu::picture_size(device, job.size_px);
        let picture = gpu::picture(device, size);
        self.draw(device, encoder, job, &mesh, size, &picture);
        let copy_bindings = self.copy.bind(device, &picture, size, job.corner_radius_px);
        self.panes.insert(pane, Pane { job: job.clone(), mesh, copy_bindings });
    }

    fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pane: u32) {
        if let Some(pane) = self.panes.get(pane) {
            self.copy.paint(pass, &pane.copy_bindings);
        }
    }
}

impl SurfaceRenderer {
    fn draw(
        &mut self,
        device: &wgpu::Device,
        encoder: &mut wgpu::CommandEncoder,
        job: &SurfaceJob,
        mesh: &MeshBuffers,
        size: [u32; 2],
        picture: &wgpu::TextureView,
    ) {
        let (style, samples) = (&job.style, self.samples);
        let boxed =
            frame::strokes(&job.camera, &job.ticks, style.base(), style.frame, FRAME_WIDTH * style.pixels_per_point);
        let marked = marks::strokes(&job.marks, &style.contour, style.pixels_per_point);
        let num_boxed = boxed.len() as u32;
        let num_strokes = num_boxed + marked.len() as u32;
        let strokes = [boxed, marked].concat();
        let strokes = gpu::buffer(device, bytemuck::cast_slice(&strokes), wgpu::BufferUsages::VERTEX);
        let (scale, surface) = (ScaleUniform::new(&style.contour), job.uniform(size));
        let (scale, surface) = (bytemuck::bytes_of(&scale), bytemuck::bytes_of(&surface));
        let given = [Given::Uniform(scale), Given::Texture(&self.colors), Given::Uniform(surface)];
        let bindings = gpu::bind(device, &self.layout, &given);

        let targets = match self.targets.take().filter(|targets| targets.size == size) {
            Some(targets) => targets,
            None => Targets::new(device, size, samples),
        };
        let mut pass = targets.begin(encoder, picture, style.background);
        pass.set_bind_group(0, &bindings, &[]);
        if mesh.num_indices > 0 {
            pass.set_pipeline(&self.fill);
            pass.set_vertex_buffer(0, mesh.vertices.slice(..));
            pass.set_index_buffer(mesh.indices.slice(..), wgpu::IndexFormat::Uint32);
            pass.draw_indexed(0..mesh.num_indices, 0, 0..if style.floor_alpha > 0.0 { 2 } else { 1 });
        }
        // The box first, whole: marks lie over its lines.
        pass.set_vertex_buffer(0, strokes.slice(..));
        pass.set_pipeline(&self.marks);
        pass.draw(0..6, 0..num_boxed);
        pass.set_pipeline(&self.hidden_marks);
        pass.draw(0..6, num_boxed..num_strokes);
        pass.set_pipeline(&self.marks);
        pass.draw(0..6, num_boxed..num_strokes);
        drop(pass);
        self.targets = Some(targets);
    }
}

impl Targets {
    fn new(device: &wgpu::Device, size: [u32; 2], samples: u32) -> Self {
        let texture =
            |format| gpu::view(&gpu::texture(device, size, format, samples, wgpu::TextureUsages::RENDER_ATTACHMENT));
        Self { size, depth: texture(DEPTH_FORMAT), color: (samples > 1).then(|| texture(PICTURE_FORMAT)) }
    }

    fn begin<'a>(
        &self,
        encoder: &'a mut wgpu::CommandEncoder,
        picture: &wgpu::TextureView,
        background: [f32; 4],
    ) -> wgpu::RenderPass<'a> {
        let [r, g, b, a] = background.map(f64::from);
        let clear = wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a });
        let color = match &self.color {
            Some(color) => wgpu::RenderPassColorAttachment {
                view: color,
                depth_slice: None,
                resolve_target: Some(picture),
                ops: wgpu::Operations { load: clear, store: wgpu::StoreOp::Discard },
            },
            None => wgpu::RenderPassColorAttachment {
                view: picture,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: clear, store: wgpu::StoreOp::Store },
            },
        };
        encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("surface"),
            color_attachments: &[Some(color)],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &self.depth,
                depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
                stencil_ops: None,
            }),
            ..Default::default()
        })
    }
}

/// What the three pipelines have in common.
struct Builder<'a> {
    device: &'a wgpu::Device,
    module: wgpu::ShaderModule,
    layout: wgpu::BindGroupLayout,
    samples: u32,
}

impl Builder<'_> {
    fn fill(&self) -> wgpu::RenderPipeline {
        let attributes = wgpu::vertex_attr_array![0 => Float32x2, 1 => Float32, 2 => Float32x2, 3 => Float32];
        let vertices = wgpu::VertexBufferLayout {
            array_stride: size_of::<SurfaceVertex>() as u64,
            step_mode: wgpu::VertexStepMode::Vertex,
            attributes: &attributes,
        };
        self.pipeline("vs_surface", "fs_surface", vertices, (wgpu::CompareFunction::LessEqual, true))
    }

    fn marks(&self, fragment: &str, depth: wgpu::CompareFunction) -> wgpu::RenderPipeline {
        let attributes =
            wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32, 2 => Float32x3, 3 => Float32, 4 => Float32x4];
        let strokes = wgpu::VertexBufferLayout {
            array_stride: size_of::<Stroke>() as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &attributes,
        };
        self.pipeline("vs_mark", fragment, strokes, (depth, false))
    }

    fn pipeline(
        &self,
        vertex: &str,
        fragment: &str,
        buffer: wgpu::VertexBufferLayout<'_>,
        (depth_compare, depth_write): (wgpu::CompareFunction, bool),
    ) -> wgpu::RenderPipeline {
        let target = wgpu::ColorTargetState {
            format: PICTURE_FORMAT,
            blend: Some(wgpu::BlendState::ALPHA_BLENDING),
            write_mask: wgpu::ColorWrites::ALL,
        };
        self.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(vertex),
            layout: Some(&gpu::pipeline_layout(self.device, &self.layout)),
            vertex: wgpu::VertexState {
                module: &self.module,
                entry_point: Some(vertex),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[Some(buffer)],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: Some(wgpu::DepthStencilState {
                format: DEPTH_FORMAT,
                depth_write_enabled: Some(depth_write),
                depth_compare: Some(depth_compare),
                stencil: wgpu::StencilState::default(),
                bias: wgpu::DepthBiasState::default(),
            }),
            multisample: wgpu::MultisampleState { count: self.samples, ..Default::default() },
            fragment: Some(wgpu::FragmentState {
                module: &self.module,
                entry_point: Some(fragment),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(target)],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}
