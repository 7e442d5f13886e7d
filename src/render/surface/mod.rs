//! The loss as a lit surface: height and colour are the same share of the same scale as in the contour.

mod camera;
mod frame;
mod marks;
mod mesh;
mod pipeline;

use std::sync::Arc;

pub use camera::Camera;
pub use frame::{FrameAxis, FrameTicks, round_ticks, tick_anchor};
pub use marks::{MarkKind, Stroke, SurfaceMark, drape, on_surface};
pub use mesh::SurfaceVertex;
pub(super) use pipeline::DEPTH_FORMAT;
pub use pipeline::SurfaceRenderer;

use super::contour_style::{ContourStyle, ScaledGrid};
use camera::{HEIGHT, times};

/// Base of the box when the contour lies below the surface, as a share of the scale.
const FLOOR: f32 = -0.45;

/// How a surface is drawn. Panes that are compared share one style.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurfaceStyle {
    /// Colours, limits and iso-lines, as in the contour.
    pub contour: ContourStyle,
    /// Behind the surface; sRGB with alpha 1.
    pub background: [f32; 4],
    /// Lines of the box, sRGB with alpha.
    pub frame: [f32; 4],
    /// What the colour of parts above the limits is mixed with, sRGB.
    pub clamped: [f32; 4],
    /// Light and shade; without, colours are exactly those of the map.
    pub is_lit: bool,
    /// How strongly the flat contour is seen below the surface, 0 to 1; 0 leaves it out.
    pub floor_alpha: f32,
    /// Pixels of the picture for a point of widths.
    pub pixels_per_point: f32,
}

impl SurfaceStyle {
    /// A lit surface without a floor, on a dark ground.
    #[must_use]
    pub fn new(contour: ContourStyle) -> Self {
        Self {
            contour,
            background: [0.094, 0.106, 0.129, 1.0],
            frame: [0.42, 0.46, 0.53, 0.8],
            clamped: [0.75, 0.76, 0.78, 1.0],
            is_lit: true,
            floor_alpha: 0.0,
            pixels_per_point: 1.0,
        }
    }

    /// Height of the box's base as a share of the scale, for [`tick_anchor`].
    #[must_use]
    pub fn base(&self) -> f32 {
        if self.floor_alpha > 0.0 { FLOOR } else { 0.0 }
    }
}

/// What one pane shows.
#[derive(Debug, Clone)]
pub struct SurfaceJob {
    /// The grid; a new `Arc` means a new surface.
    pub grid: Arc<ScaledGrid>,
    /// How it is drawn.
    pub style: SurfaceStyle,
    /// From where.
    pub camera: Camera,
    /// What lies in the box.
    pub marks: Arc<Vec<SurfaceMark>>,
    /// Lines of the box.
    pub ticks: Arc<FrameTicks>,
    /// Size of the pane in pixels.
    pub size_px: [u32; 2],
    /// Radius of its corners in pixels.
    pub corner_radius_px: f32,
}

impl SurfaceJob {
    fn same_mesh(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.grid, &other.grid) && self.style.contour.use_cubic == other.style.contour.use_cubic
    }

    fn same_picture(&self, other: &Self) -> bool {
        self.same_mesh(other)
            && self.style == other.style
            && self.camera == other.camera
            && (Arc::ptr_eq(&self.marks, &other.marks) || self.marks == other.marks)
            && (Arc::ptr_eq(&self.ticks, &other.ticks) || self.ticks == other.ticks)
            && self.size_px == other.size_px
            && self.corner_radius_px.to_bits() == other.corner_radius_px.to_bits()
    }

    /// The surface shader's own parameters for a picture of this size, beside those of the scale.
    #[must_use]
    pub fn uniform(&self, size_px: [u32; 2]) -> SurfaceUniform {
        let [width, height] = size_px.map(|side| side as f32);
        let toward = self.camera.toward_viewer();
        SurfaceUniform {
            view_projection: self.camera.view_projection(width / height),
            background: self.style.background,
            clamped: self.style.clamped,
            light: light(toward, self.style.is_lit),
            viewer: [toward[0], toward[1], toward[2], frame::base_z(self.style.base())],
            size_px: [width, height],
            height: HEIGHT,
            floor_alpha: self.style.floor_alpha.clamp(0.0, 1.0),
        }
    }
}

/// The light comes from above, over the viewer's left shoulder, wherever the viewer goes.
fn light(toward_viewer: [f32; 3], is_lit: bool) -> [f32; 4] {
    let [x, y, _] = toward_viewer;
    let length = x.hypot(y);
    // From above there is no shoulder; y is then up in the picture.
    let [x, y] = if length > 1e-3 { [x / length, y / length] } else { [0.0, -1.0] };
    let direction = [0.45 * x + 0.55 * y, 0.45 * y - 0.55 * x, 0.8];
    let [x, y, z] = times(direction, 1.0 / direction.iter().map(|c| c * c).sum::<f32>().sqrt());
    [x, y, z, f32::from(u8::from(is_lit))]
}

/// The surface's height at a place on the grid, in shares: share of the scale, held within it. `None` where the surface
/// is cut out.
#[must_use]
pub fn surface_height(grid: &ScaledGrid, style: &ContourStyle, [u, v]: [f32; 2]) -> Option<f32> {
    let x = u * (grid.columns() - 1) as f32;
    let y = v * (grid.rows() - 1) as f32;
    let value = grid.inner_at(x, y, style.use_cubic)?;
    Some(style.share(value).clamp(0.0, 1.0))
}

/// `Surface` of `shaders/surface.wgsl`; `tests/gpu/shaders.rs` compares the layouts.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SurfaceUniform {
    /// From the world to clip space, by columns.
    pub view_projection: [[f32; 4]; 4],
    /// Behind the surface.
    pub background: [f32; 4],
    /// Mixed into parts above the limits.
    pub clamped: [f32; 4],
    /// Direction of the light; last, 1 for lit and 0 for flat colours.
    pub light: [f32; 4],
    /// Direction of the viewer; last, the height of the base in the world.
    pub viewer: [f32; 4],
    /// Size of the picture.
    pub size_px: [f32; 2],
    /// Height of the upper limit in the world.
    pub height: f32,
    /// How strongly the floor is seen.
    pub floor_alpha: f32,
}
