//! Pictures without a window: a contour or a surface as RGBA bytes, for figures and recordings.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::contour::{ContourJob, ContourRenderer};
use super::gpu::{self, PICTURE_FORMAT};
use super::pane::PaneRenderer;
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

impl ReadbackError {
    /// What the device said.
    #[must_use]
    pub fn into_reason(self) -> String {
        self.0
    }
}

/// How long a device may take for a picture.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks whether a picture is there.
const PAUSE: Duration = Duration::from_millis(2);
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
        let Self { device, queue, contour, samples, .. } = self;
        picture(device, queue, contour, *samples, &job, job.size_px)
    }

    /// The surface, in the size of the job or the largest below it that the device can do.
    ///
    /// # Errors
    ///
    /// When the device is lost, out of memory or too slow.
    pub fn surface(&mut self, job: &SurfaceJob) -> Result<Pixels, ReadbackError> {
        let job = SurfaceJob { size_px: self.size(job.size_px), ..job.clone() };
        let Self { device, queue, surface, samples, .. } = self;
        picture(device, queue, surface, *samples, &job, job.size_px)
    }

    /// A size with the same proportions that the device can draw and hand back.
    fn size(&self, size: [u32; 2]) -> [u32; 2] {
        let wanted = size.map(|side| f64::from(side.max(1)));
        let factor = largest_share(&self.device, wanted).min(1.0);
        gpu::picture_size(&self.device, wanted.map(|side| (side * factor).floor().max(1.0) as u32))
    }
}

/// Draws one picture by a renderer that is made with the first.
fn picture<R: PaneRenderer>(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    renderer: &mut Option<R>,
    samples: u32,
    job: &R::Job,
    size: [u32; 2],
) -> Result<Pixels, ReadbackError> {
    let reading = guarded(device, || {
        let renderer = renderer.get_or_insert_with(|| R::new(device, queue, PICTURE_FORMAT, samples));
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        renderer.prepare(device, queue, &mut encoder, PANE, job);
        paint_and_read(device, queue, encoder, size, |pass| renderer.paint(pass, PANE))
    });
    reading?.wait()
}

/// The share of this size in pixels, more than 1 too, that the device's textures and buffers can hold.
#[must_use]
pub fn largest_share(device: &wgpu::Device, size: [f64; 2]) -> f64 {
    let limits = device.limits();
    let side_limit = f64::from(limits.max_texture_dimension_2d);
    // Rows are padded, by less than this.
    let padding = f64::from(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let bytes = (4.0 * size[0] + padding) * size[1];
    let by_bytes = (limits.max_buffer_size as f64 * 0.98 / bytes).sqrt();
    size.iter().fold(by_bytes, |share, side| share.min(side_limit / side))
}

/// Does work on a device that may be out of memory, or lost, or asked for more than it can: wgpu tells some of that at the side
/// and panics over the rest, and here it becomes an error.
///
/// # Errors
/// What the device said.
pub fn guarded<T>(device: &wgpu::Device, work: impl FnOnce() -> T) -> Result<T, ReadbackError> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let done = catch_unwind(AssertUnwindSafe(work));
    let told = [pollster::block_on(validation.pop()), pollster::block_on(memory.pop())];
    // Out of memory is the cause of what is invalid after it.
    if let Some(err) = told.into_iter().flatten().last() {
        let words = match err {
            wgpu::Error::OutOfMemory { .. } => "it is out of memory".to_owned(),
            other => other.to_string(),
        };
        return Err(ReadbackError(words));
    }
    done.map_err(|panic| ReadbackError(panic_words(panic.as_ref())))
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it failed without a reason").to_owned()
}

/// Submits what was encoded, then what is painted over nothing into a texture of this size, and begins to read that back. To be
/// called within [`guarded`].
#[must_use]
pub fn paint_and_read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    mut encoder: wgpu::CommandEncoder,
    size: [u32; 2],
    paint: impl FnOnce(&mut wgpu::RenderPass<'static>),
) -> Reading {
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    let target = gpu::texture(device, size, PICTURE_FORMAT, 1, usage);
    let view = gpu::view(&target);
    let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("offscreen"),
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT), store: wgpu::StoreOp::Store },
        })],
        ..Default::default()
    });
    // egui's renderer asks for a pass without a lifetime; it ends here all the same.
    paint(&mut pass.forget_lifetime());
    begin_reading(device, queue, encoder, &target)
}

/// A picture on its way back from the device.
pub struct Reading {
    device: wgpu::Device,
    buffer: wgpu::Buffer,
    size: [u32; 2],
    /// Whether the device has handed it over.
    mapped: Arc<OnceLock<Result<(), String>>>,
}

/// Submits what was encoded and begins to read a texture of four bytes a pixel back. To be called within [`guarded`].
#[must_use]
pub fn begin_reading(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    mut encoder: wgpu::CommandEncoder,
    target: &wgpu::Texture,
) -> Reading {
    let size = [target.width(), target.height()];
    let row = row_bytes(size);
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
    let mapped: Arc<OnceLock<Result<(), String>>> = Arc::default();
    let told = Arc::clone(&mapped);
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
        let _ = told.set(result.map_err(|err| err.to_string()));
    });
    Reading { device: device.clone(), buffer, size, mapped }
}

fn row_bytes(size: [u32; 2]) -> u32 {
    (4 * size[0]).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT)
}

impl Reading {
    /// Waits for the picture, on whatever thread, while others go on using the device.
    ///
    /// # Errors
    /// When the device is lost, out of memory or too slow.
    pub fn wait(self) -> Result<Pixels, ReadbackError> {
        let begun = Instant::now();
        loop {
            // A wait within the device would hold up everybody else who uses it.
            let _ = guarded(&self.device, || self.device.poll(wgpu::PollType::Poll))?;
            if let Some(result) = self.mapped.get() {
                result.clone().map_err(ReadbackError)?;
                break;
            }
            if begun.elapsed() > PATIENCE {
                return Err(ReadbackError(format!("it took longer than {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(PAUSE);
        }
        let mapped = self.buffer.slice(..).get_mapped_range().map_err(|err| ReadbackError(err.to_string()))?;
        let lines = mapped.chunks(row_bytes(self.size) as usize);
        let mut rgba: Vec<u8> = lines.flat_map(|line| &line[..4 * self.size[0] as usize]).copied().collect();
        rgba.chunks_exact_mut(4).for_each(unmultiply);
        Ok(Pixels { size: self.size, rgba })
    }
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
