//! The orbit camera of a surface, and the same projection backwards for reading under the pointer.
//!
//! Surface coordinates are shares: `u` and `v` of the grid (0 at the first column and row, 1 at the last), and the
//! height as a share of the colour scale. In the world `x` and `y` go from −1 to 1, `z` from 0 to [`HEIGHT`], `z` up.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use serde::{Deserialize, Serialize};

use super::surface_height;
use crate::render::contour_style::{ContourStyle, ScaledGrid};

/// Height of the colour scale's upper end in the world, where the base is 2 wide.
pub(super) const HEIGHT: f32 = 0.9;
/// Angle of view along the shorter side of the pane, in radians.
const FIELD_OF_VIEW: f32 = 0.52;
/// What the camera can come near to and go away to.
const DISTANCES: [f32; 2] = [1.2, 24.0];
/// Steps from a point to the viewer, and how far below the surface they may be, as a share of the scale.
const SIGHT_STEPS: u32 = 48;
const SIGHT_SLACK: f32 = 0.015;
/// Steps along a ray before the crossing is refined.
const PICK_STEPS: u32 = 240;

/// Where the surface is looked at from. Any numbers are safe: they are brought into range when they are used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Camera {
    /// Turn around the vertical, in radians; 0 looks along y from its low end.
    pub yaw: f32,
    /// Height above the base, in radians: 0 from the side, π/2 from above.
    pub pitch: f32,
    /// From the target, in half-widths of the base.
    pub distance: f32,
    /// What is in the middle of the picture, in the world's coordinates.
    pub target: [f32; 3],
    /// Without perspective.
    pub is_flat: bool,
}

impl Default for Camera {
    fn default() -> Self {
        Self { yaw: -0.6, pitch: 0.62, distance: 6.2, target: [0.0, 0.0, 0.36 * HEIGHT], is_flat: false }
    }
}

/// A camera's axes and its place, in the world.
struct Basis {
    eye: [f32; 3],
    right: [f32; 3],
    up: [f32; 3],
    /// Away from the viewer.
    forward: [f32; 3],
}

impl Camera {
    /// From above without perspective: x to the right, y up, as in a contour.
    #[must_use]
    pub fn top() -> Self {
        Self { yaw: 0.0, pitch: FRAC_PI_2, distance: 3.9, target: [0.0, 0.0, 0.5 * HEIGHT], is_flat: true }
    }

    /// From the low end of y.
    #[must_use]
    pub fn front() -> Self {
        Self { yaw: 0.0, pitch: 0.12, distance: 5.4, target: [0.0, 0.0, 0.5 * HEIGHT], is_flat: false }
    }

    /// From the high end of x.
    #[must_use]
    pub fn side() -> Self {
        Self { yaw: FRAC_PI_2, ..Self::front() }
    }

    /// Turns the camera, by radians. Perspective comes back.
    pub fn orbit(&mut self, yaw: f32, pitch: f32) {
        *self = Self { yaw: self.yaw + yaw, pitch: self.pitch + pitch, is_flat: false, ..*self }.in_range();
    }

    /// Moves the picture by shares of the pane, to the right and down.
    pub fn pan(&mut self, [right, down]: [f32; 2], aspect: f32) {
        let camera = self.in_range();
        let basis = camera.basis();
        let [x, y] = scales(aspect).map(|scale| 2.0 * camera.distance / scale);
        let moved = add(camera.target, add(times(basis.right, -right * x), times(basis.up, down * y)));
        *self = Self { target: moved, ..camera }.in_range();
    }

    /// Comes nearer by a factor above 1, goes away by one below.
    pub fn zoom(&mut self, factor: f32) {
        *self = Self { distance: self.distance / factor, ..*self }.in_range();
    }

    /// The camera with every number finite and in its range.
    #[must_use]
    pub fn in_range(&self) -> Self {
        let usual = Self::default();
        let or = |value: f32, usual: f32| if value.is_finite() { value } else { usual };
        let [x, y, z] = std::array::from_fn(|axis| or(self.target[axis], usual.target[axis]));
        Self {
            yaw: (or(self.yaw, usual.yaw) + PI).rem_euclid(TAU) - PI,
            pitch: or(self.pitch, usual.pitch).clamp(0.0, FRAC_PI_2),
            distance: or(self.distance, usual.distance).clamp(DISTANCES[0], DISTANCES[1]),
            target: [x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0), z.clamp(0.0, HEIGHT)],
            is_flat: self.is_flat,
        }
    }

    /// From the target to the viewer, of length 1.
    #[must_use]
    pub(super) fn toward_viewer(&self) -> [f32; 3] {
        times(self.in_range().basis().forward, -1.0)
    }

    fn basis(&self) -> Basis {
        let ((sin_yaw, cos_yaw), (sin_pitch, cos_pitch)) = (self.yaw.sin_cos(), self.pitch.sin_cos());
        let toward_viewer = [sin_yaw * cos_pitch, -cos_yaw * cos_pitch, sin_pitch];
        let right = [cos_yaw, sin_yaw, 0.0];
        Basis {
            eye: add(self.target, times(toward_viewer, self.distance)),
            right,
            up: cross(toward_viewer, right),
            forward: times(toward_viewer, -1.0),
        }
    }

    /// The matrix from the world to clip space, by columns; `aspect` is width over height. Depth goes from 0 to 1.
    #[must_use]
    pub fn view_projection(&self, aspect: f32) -> [[f32; 4]; 4] {
        let camera = self.in_range();
        let Basis { eye, right, up, forward } = camera.basis();
        let [sx, sy] = scales(aspect);
        // Everything that is drawn is within 3 of the target.
        let far = camera.distance + 3.5;
        let (rows, offsets) = if camera.is_flat {
            let near = camera.distance - 3.5;
            let depth = 1.0 / (far - near);
            let rows =
                [times(right, sx / camera.distance), times(up, sy / camera.distance), times(forward, depth), [0.0; 3]];
            (rows, [0.0, 0.0, -near * depth, 1.0])
        } else {
            let near = (camera.distance - 3.5).max(0.05);
            let depth = far / (far - near);
            ([times(right, sx), times(up, sy), times(forward, depth), forward], [0.0, 0.0, -near * depth, 0.0])
        };
        std::array::from_fn(|column| {
            std::array::from_fn(|row| match column {
                3 => offsets[row] - dot(rows[row], eye),
                axis => rows[row][axis],
            })
        })
    }

    /// Where a point in surface coordinates is in the pane, in shares from its upper left corner, and its depth, 0 to 1
    /// from near to far. `None` behind the viewer or for what is not finite.
    #[must_use]
    pub fn project(&self, point: [f32; 3], aspect: f32) -> Option<([f32; 2], f32)> {
        let matrix = self.view_projection(aspect);
        let [x, y, z] = world(point);
        let clip: [f32; 4] =
            std::array::from_fn(|row| matrix[0][row] * x + matrix[1][row] * y + matrix[2][row] * z + matrix[3][row]);
        let w = clip[3];
        let seen = ([0.5 + 0.5 * clip[0] / w, 0.5 - 0.5 * clip[1] / w], clip[2] / w);
        (w > 1e-4 && seen.0.iter().all(|share| share.is_finite()) && seen.1.is_finite()).then_some(seen)
    }

    /// The place on the surface under a place in the pane: shares of the pane from its upper left corner, shares of the
    /// grid. `None` beside the surface and where it is cut out.
    #[must_use]
    pub fn pick(&self, at: [f32; 2], aspect: f32, grid: &ScaledGrid, style: &ContourStyle) -> Option<[f64; 2]> {
        let (origin, along) = self.ray(at, aspect);
        let [from, to] = inside_box(origin, along)?;
        let place = |t: f32| {
            let [x, y, z] = add(origin, times(along, t));
            ([0.5 * x + 0.5, 0.5 * y + 0.5].map(|share| share.clamp(0.0, 1.0)), z)
        };
        // How far the ray is above the surface.
        let above = |t: f32| {
            let (uv, z) = place(t);
            surface_height(grid, style, uv).map(|height| z - height * HEIGHT)
        };
        let mut last: Option<(f32, f32)> = None;
        for step in 0..=PICK_STEPS {
            let t = from + (to - from) * step as f32 / PICK_STEPS as f32;
            let Some(gap) = above(t) else {
                last = None;
                continue;
            };
            if let Some((t_before, gap_before)) = last.filter(|(_, before)| (*before > 0.0) != (gap > 0.0)) {
                let t = refine([t_before, t], gap_before > 0.0, above);
                return Some(place(t).0.map(f64::from));
            }
            last = Some((t, gap));
        }
        None
    }

    /// Whether nothing of the surface is between a point in surface coordinates and the viewer.
    #[must_use]
    pub fn sees(&self, point: [f32; 3], grid: &ScaledGrid, style: &ContourStyle) -> bool {
        let camera = self.in_range();
        let (start, basis) = (world(point), camera.basis());
        let along = if camera.is_flat { times(basis.forward, -1.0) } else { add(basis.eye, times(start, -1.0)) };
        let Some([_, to]) = inside_box(start, along) else { return true };
        let to = if camera.is_flat { to } else { to.min(1.0) };
        (1..=SIGHT_STEPS).all(|step| {
            let [x, y, z] = add(start, times(along, to * step as f32 / SIGHT_STEPS as f32));
            let uv = [0.5 * x + 0.5, 0.5 * y + 0.5].map(|share| share.clamp(0.0, 1.0));
            surface_height(grid, style, uv).is_none_or(|height| z >= (height - SIGHT_SLACK) * HEIGHT)
        })
    }

    /// The line of sight through a place in the pane.
    fn ray(&self, [across, down]: [f32; 2], aspect: f32) -> ([f32; 3], [f32; 3]) {
        let camera = self.in_range();
        let Basis { eye, right, up, forward } = camera.basis();
        let [sx, sy] = scales(aspect);
        let aside = add(times(right, (2.0 * across - 1.0) / sx), times(up, (1.0 - 2.0 * down) / sy));
        if camera.is_flat { (add(eye, times(aside, camera.distance)), forward) } else { (eye, add(forward, aside)) }
    }
}

/// A point in surface coordinates, in the world.
pub(super) fn world([u, v, height]: [f32; 3]) -> [f32; 3] {
    [2.0 * u - 1.0, 2.0 * v - 1.0, HEIGHT * height]
}

/// Scale of the picture across and upwards: the shorter side sees the field of view.
fn scales(aspect: f32) -> [f32; 2] {
    let aspect = if aspect.is_finite() && aspect > 1e-3 { aspect } else { 1.0 };
    let scale = 1.0 / (0.5 * FIELD_OF_VIEW).tan();
    if aspect >= 1.0 { [scale / aspect, scale] } else { [scale, scale * aspect] }
}

/// Where a ray is within the box of the surface, from when to when; a little more than the box, so that flat parts at
/// its ends are crossed.
fn inside_box(origin: [f32; 3], along: [f32; 3]) -> Option<[f32; 2]> {
    let ends = [[-1.0, 1.0], [-1.0, 1.0], [-0.01, HEIGHT + 0.01]];
    let mut range = [0.0_f32, f32::MAX];
    for axis in 0..3 {
        let [low, high] = ends[axis];
        if along[axis].abs() < 1e-9 {
            if !(low..=high).contains(&origin[axis]) {
                return None;
            }
            continue;
        }
        let a = (low - origin[axis]) / along[axis];
        let b = (high - origin[axis]) / along[axis];
        range = [range[0].max(a.min(b)), range[1].min(a.max(b))];
    }
    (range[0].is_finite() && range[1] < f32::MAX && range[0] < range[1]).then_some(range)
}

/// Halves the part of a ray in which it goes through the surface.
fn refine([mut low, mut high]: [f32; 2], starts_above: bool, above: impl Fn(f32) -> Option<f32>) -> f32 {
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        match above(middle) {
            Some(gap) if (gap > 0.0) == starts_above => low = middle,
            _ => high = middle,
        }
    }
    0.5 * (low + high)
}

fn add(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    std::array::from_fn(|i| a[i] + b[i])
}

pub(super) fn times(a: [f32; 3], factor: f32) -> [f32; 3] {
    a.map(|x| x * factor)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::LossScale;

    fn bowl() -> (ScaledGrid, ContourStyle) {
        let loss: Vec<f32> = (0..31 * 31)
            .map(|i| ((i % 31) as f32 / 15.0 - 1.0).powi(2) + 0.5 * ((i / 31) as f32 / 15.0 - 1.0).powi(2))
            .collect();
        let grid = ScaledGrid::new(&loss, 31, LossScale::Linear).unwrap();
        (grid, ContourStyle::on(LossScale::Linear, [0.0, 1.5]))
    }

    #[test]
    fn the_top_view_is_a_contour() {
        for aspect in [0.7, 1.0, 2.1] {
            let at = |u, v, h| Camera::top().project([u, v, h], aspect).unwrap().0;
            let middle = at(0.5, 0.5, 0.3);
            assert!((middle[0] - 0.5).abs() < 1e-5 && (middle[1] - 0.5).abs() < 1e-5);
            assert!(at(0.9, 0.5, 0.0)[0] > 0.5 && at(0.5, 0.9, 0.0)[1] < 0.5);
            let (low, high) = (at(0.8, 0.7, 0.0), at(0.8, 0.7, 1.0));
            assert!((low[0] - high[0]).abs() < 1e-5 && (low[1] - high[1]).abs() < 1e-5, "height moves nothing");
        }
    }

    #[test]
    fn presets_show_the_whole_box() {
        for camera in [Camera::default(), Camera::top(), Camera::front(), Camera::side()] {
            for aspect in [0.6, 1.0, 1.9] {
                for corner in 0..8 {
                    let share = |bit: u32| f32::from(corner & (1_u8 << bit) != 0);
                    let (at, depth) = camera.project([share(0), share(1), share(2)], aspect).unwrap();
                    assert!(at.iter().all(|s| (0.0..=1.0).contains(s)), "{camera:?} {aspect} {corner}: {at:?}");
                    assert!((0.0..=1.0).contains(&depth));
                }
            }
        }
    }

    #[test]
    fn a_point_behind_a_hill_is_not_seen() {
        let hill = |i: usize| (-60.0 * ((i / 31) as f32 / 30.0 - 0.4).powi(2)).exp();
        let grid = ScaledGrid::new(&(0..31 * 31).map(hill).collect::<Vec<_>>(), 31, LossScale::Linear).unwrap();
        let style = ContourStyle::on(LossScale::Linear, [0.0, 1.0]);
        let sees = |camera: Camera, v: f32| {
            camera.sees([0.5, v, surface_height(&grid, &style, [0.5, v]).unwrap()], &grid, &style)
        };
        assert!(sees(Camera::front(), 0.2) && sees(Camera::front(), 0.38) && !sees(Camera::front(), 0.7));
        assert!(sees(Camera::top(), 0.2) && sees(Camera::top(), 0.7));
    }

    #[test]
    fn what_is_nearer_has_less_depth() {
        let depth = |camera: Camera, v: f32| camera.project([0.5, v, 0.5], 1.0).unwrap().1;
        assert!(depth(Camera::front(), 0.1) < depth(Camera::front(), 0.9));
        let side = |u: f32| Camera::side().project([u, 0.5, 0.5], 1.0).unwrap().1;
        assert!(side(0.9) < side(0.1));
    }

    #[test]
    fn pick_finds_what_project_shows() {
        let (grid, style) = bowl();
        let mut from_above = Camera::default();
        from_above.orbit(0.3, 0.4);
        let mut close = from_above;
        close.zoom(2.0);
        close.pan([0.1, -0.05], 1.4);
        for camera in [Camera::top(), from_above, close, Camera { is_flat: true, ..from_above }] {
            for (u, v) in [(0.5, 0.5), (0.3, 0.6), (0.62, 0.41), (0.45, 0.7)] {
                let height = surface_height(&grid, &style, [u, v]).unwrap();
                let (at, _) = camera.project([u, v, height], 1.4).unwrap();
                let found = camera.pick(at, 1.4, &grid, &style).unwrap();
                let error = (found[0] - f64::from(u)).hypot(found[1] - f64::from(v));
                assert!(error < 2e-3, "{camera:?}: {found:?}, not {u} {v}");
            }
            assert_eq!(camera.pick([-3.0, -3.0], 1.4, &grid, &style), None);
        }
    }

    #[test]
    fn pick_meets_flat_ends_and_passes_through_holes() {
        let style = ContourStyle::on(LossScale::Linear, [0.0, 1.0]);
        for loss in [0.0, 0.4, 1.0, 7.0] {
            let flat = ScaledGrid::new(&[loss; 4], 2, LossScale::Linear).unwrap();
            let found = Camera::top().pick([0.5, 0.5], 1.0, &flat, &style).unwrap();
            assert!((found[0] - 0.5).abs() < 1e-3 && (found[1] - 0.5).abs() < 1e-3, "{loss}");
        }
        let masked = ScaledGrid::new(&[f32::NAN; 9], 3, LossScale::Linear).unwrap();
        assert_eq!(Camera::default().pick([0.5, 0.5], 1.0, &masked, &style), None);
        let one = ScaledGrid::new(&[0.5], 1, LossScale::Linear).unwrap();
        assert!(Camera::default().pick([0.5, 0.5], 1.0, &one, &style).is_some());
    }

    #[test]
    fn poor_numbers_do_no_harm() {
        let (grid, style) = bowl();
        let poor = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -1.0, 1e30];
        for number in poor {
            let mut camera =
                Camera { yaw: number, pitch: number, distance: number, target: [number; 3], is_flat: number < 0.0 };
            assert!(camera.view_projection(number).iter().flatten().all(|x| x.is_finite()), "{number}");
            camera.orbit(number, number);
            camera.pan([number, number], number);
            camera.zoom(number);
            assert_eq!(camera, camera.in_range());
            assert_eq!(camera.project([number; 3], 1.0).is_some(), number.abs() < 10.0, "{number}");
            let _ = camera.pick([number, number], number, &grid, &style);
        }
    }
}
