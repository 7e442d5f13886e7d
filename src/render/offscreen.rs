//! Pictures without a window: a contour or a surface as RGBA bytes, for figures and recordings.

use std::time::Duration;

use super::contour::{ContourJob, ContourRenderer};
use super::gpu;
use super::surface::{SurfaceJob, SurfaceRenderer};

/// A picture of sRGB colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Width and height.
    pub size: [u32; 2],
    /// Rows from the top, four bytes a pixel, alpha not multiplied in.
    pub rgba: Vec<u8>,
}

impl Pixels {
    /// The colour of a pixel; `None` outside of the picture.
    #[must_use]
    pub fn get(&self, x: u32, y: u32) -> Option<[u8; 4]> {
        let start = (y as usize * self.size[0] as usize + x as usize) * 4;
        let bytes = self.rgba.get(start..start + 4).filter(|_| x < self.size[0])?;
        bytes.try_into().ok()
    }
}

/// Why a picture could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the graphics device did not return the picture: {0}")]
pub struct ReadbackError(String);

/// How long a device may take for a picture.
const PATIENCE: Duration = Duration::from_secs(30);
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// The only pane.
const PANE: u32 = 0;

/// Draws pictures and reads them back. It keeps its pipelines, so one serves all frames of a recording.
pub struct Offscreen {
    device: wgpu::Device,
    queue: wgpu::Queue,
    contour: Option<ContourRenderer>,
    surface: Option<SurfaceRenderer>,
    samples: u32,
}

impl Offscreen {
    /// Draws with this device. `samples` is for the edges of surfaces, see [`super::sample_count`].
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, samples: u32) -> Self {
        Self { device: device.clone(), queue: queue.clone(), contour: None, surface: None, samples }
    }

    /// The contour, in the size of the job or the largest below it that the device can do.
    ///
    /// # Errors
    ///
    /// When the device is lost, out of memory or too slow.
    pub fn contour(&mut self, job: &ContourJob) -> Result<Pixels, ReadbackError> {
        let job = ContourJob { size_px: self.size(job.size_px), ..job.clone() };
        let Self { device, queue, contour, .. } = self;
        let renderer = contour.get_or_insert_with(|| ContourRenderer::new(device, queue, FORMAT));
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        renderer.prepare(device, queue, &mut encoder, PANE, &job);
        read(device, queue, encoder, job.size_px, |pass| renderer.paint(pass, PANE))
    }

    /// The surface, in the size of the job or the largest below it that the device can do.
    ///
    /// # Errors
    ///
    /// When the device is lost, out of memory or too slow.
    pub fn surface(&mut self, job: &SurfaceJob) -> Result<Pixels, ReadbackError> {
        let job = SurfaceJob { size_px: self.size(job.size_px), ..job.clone() };
        let Self { device, queue, surface, samples, .. } = self;
        let renderer = surface.get_or_insert_with(|| SurfaceRenderer::new(device, queue, FORMAT, *samples));
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        renderer.prepare(device, &mut encoder, PANE, &job);
        read(device, queue, encoder, job.size_px, |pass| renderer.paint(pass, PANE))
    }

    /// A size with the same proportions that the device's textures and buffers can hold.
    fn size(&self, size: [u32; 2]) -> [u32; 2] {
        let limits = self.device.limits();
        let wanted = size.map(|side| f64::from(side.max(1)));
        let side_limit = f64::from(limits.max_texture_dimension_2d);
        // Rows are padded, by less than this.
        let padding = f64::from(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let bytes = (4.0 * wanted[0] + padding) * wanted[1];
        let by_bytes = (limits.max_buffer_size as f64 * 0.98 / bytes).sqrt();
        let factor = wanted.iter().fold(by_bytes.min(1.0), |factor, side| factor.min(side_limit / side));
        gpu::picture_size(&self.device, wanted.map(|side| (side * factor).floor().max(1.0) as u32))
    }
}

/// Paints into a texture and reads it back.
fn read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    mut encoder: wgpu::CommandEncoder,
    size: [u32; 2],
    paint: impl FnOnce(&mut wgpu::RenderPass<'_>),
) -> Result<Pixels, ReadbackError> {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    let target = gpu::texture(device, size, FORMAT, 1, usage);
    let view = gpu::view(&target);
    {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("offscreen"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..Default::default()
        });
        paint(&mut pass);
    }
    read_back(device, queue, encoder, &target)
}

/// Submits what was encoded and gives a texture of four bytes a pixel back. Waits for the device, as a picture on request may.
///
/// # Errors
/// When the device is lost, out of memory or too slow.
pub fn read_back(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    mut encoder: wgpu::CommandEncoder,
    target: &wgpu::Texture,
) -> Result<Pixels, ReadbackError> {
    let size = [target.width(), target.height()];
    let row = (4 * size[0]).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::from(row) * u64::from(size[1]),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None };
    let copy = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
    encoder.copy_texture_to_buffer(target.as_image_copy(), copy, target.size());
    queue.submit([encoder.finish()]);
    // Whether it worked is seen when the range is asked for.
    buffer.slice(..).map_async(wgpu::MapMode::Read, |_| ());
    let failed = |reason: String| ReadbackError(reason);
    let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(PATIENCE) };
    device.poll(wait).map_err(|err| failed(err.to_string()))?;
    let mapped = buffer.slice(..).get_mapped_range().map_err(|err| failed(err.to_string()))?;
    let mut rgba: Vec<u8> =
        mapped.chunks(row as usize).flat_map(|line| &line[..4 * size[0] as usize]).copied().collect();
    rgba.chunks_exact_mut(4).for_each(unmultiply);
    Ok(Pixels { size, rgba })
}

/// Takes alpha out of the colour of a pixel.
fn unmultiply(pixel: &mut [u8]) {
    let alpha = u32::from(pixel[3]);
    if alpha > 0 && alpha < 255 {
        for channel in &mut pixel[..3] {
            *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_taken_out() {
        let mut pixel = [50, 100, 128, 128];
        unmultiply(&mut pixel);
        assert_eq!(pixel, [100, 199, 255, 128]);
        let mut nothing = [0; 4];
        unmultiply(&mut nothing);
        assert_eq!(nothing, [0; 4]);
    }

    #[test]
    fn pixels_are_found_by_place() {
        let pixels = Pixels { size: [2, 2], rgba: (0..16).collect() };
        assert_eq!(pixels.get(1, 1), Some([12, 13, 14, 15]));
        assert_eq!((pixels.get(2, 0), pixels.get(0, 2)), (None, None));
    }
}
