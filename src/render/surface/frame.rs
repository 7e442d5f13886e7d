//! The box around a surface: its base, the two walls behind it, and lines at the ticks.

use super::camera::{Camera, HEIGHT, world};
use super::marks::Stroke;

/// Labels stand this share of the base's width away from it.
const ASIDE: f32 = 0.045;
/// Strength of the lines at ticks, where the edges of the base have 1.
const FAINT: f32 = 0.45;

/// An axis of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameAxis {
    /// First coordinate of the slice.
    X,
    /// Second coordinate of the slice.
    Y,
    /// The colour scale.
    Height,
}

/// Where lines stand, in shares of each axis.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTicks {
    /// Along x.
    pub x: Vec<f32>,
    /// Along y.
    pub y: Vec<f32>,
    /// Along the colour scale.
    pub height: Vec<f32>,
}

impl Default for FrameTicks {
    fn default() -> Self {
        let quarters = vec![0.0, 0.25, 0.5, 0.75, 1.0];
        Self { x: quarters.clone(), y: quarters.clone(), height: quarters }
    }
}

/// The low and high ends of the base that are far from the viewer: 0 or 1 along x and along y.
fn far_sides(camera: &Camera) -> [f32; 2] {
    let toward = camera.toward_viewer();
    [toward[0], toward[1]].map(|component| if component > 0.0 { 0.0 } else { 1.0 })
}

/// Where the label of a tick stands, in surface coordinates, just outside of the box: along the edges of the base that
/// are near the viewer, and for heights along the edge of a wall that is left in the picture.
#[must_use]
pub fn tick_anchor(camera: &Camera, axis: FrameAxis, share: f32, base: f32) -> [f32; 3] {
    let [far_x, far_y] = far_sides(camera);
    let near = |far: f32| if far > 0.5 { -ASIDE } else { 1.0 + ASIDE };
    match axis {
        FrameAxis::X => [share, near(far_y), base],
        FrameAxis::Y => [near(far_x), share, base],
        FrameAxis::Height => {
            let out = |far: f32| if far > 0.5 { 1.0 + ASIDE } else { -ASIDE };
            let ends = [[out(far_x), near(far_y), share], [near(far_x), out(far_y), share]];
            let left = |point: [f32; 3]| camera.project(point, 1.0).map_or(f32::MAX, |(at, _)| at[0]);
            if left(ends[0]) <= left(ends[1]) { ends[0] } else { ends[1] }
        }
    }
}

/// Round numbers between two ends, about `count` of them, lowest first; none when the ends are not finite or equal.
#[must_use]
pub fn round_ticks([low, high]: [f64; 2], count: usize) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0 && count > 0) {
        return Vec::new();
    }
    let rough = span / count as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    if !(first.is_finite() && last.is_finite() && last - first < 1e3) {
        return Vec::new();
    }
    (0..=(last - first).max(0.0) as usize).map(|i| (first + i as f64) * step).collect()
}

/// Strokes of the box. `base` is the height of the base as a share of the scale.
pub(super) fn strokes(camera: &Camera, ticks: &FrameTicks, base: f32, color: [f32; 4], width_px: f32) -> Vec<Stroke> {
    let [far_x, far_y] = far_sides(camera);
    let mut strokes = Vec::new();
    let mut line = |a: [f32; 3], b: [f32; 3], strength: f32| {
        let [red, green, blue, alpha] = color;
        let color = [red, green, blue, alpha * strength];
        strokes.push(Stroke { start: world(a), end: world(b), width_px, hidden_alpha: 0.0, color });
    };
    for end in [0.0, 1.0] {
        line([0.0, end, base], [1.0, end, base], 1.0);
        line([end, 0.0, base], [end, 1.0, base], 1.0);
    }
    for (x, y) in [(far_x, far_y), (far_x, 1.0 - far_y), (1.0 - far_x, far_y)] {
        line([x, y, base], [x, y, 1.0], 0.8);
    }
    let inside = |shares: &[f32]| -> Vec<f32> { shares.iter().copied().filter(|s| (0.0..=1.0).contains(s)).collect() };
    for share in inside(&ticks.x) {
        line([share, 0.0, base], [share, 1.0, base], FAINT);
        line([share, far_y, base], [share, far_y, 1.0], FAINT);
    }
    for share in inside(&ticks.y) {
        line([0.0, share, base], [1.0, share, base], FAINT);
        line([far_x, share, base], [far_x, share, 1.0], FAINT);
    }
    for share in inside(&ticks.height) {
        line([far_x, 0.0, share], [far_x, 1.0, share], FAINT);
        line([0.0, far_y, share], [1.0, far_y, share], FAINT);
    }
    line([far_x, 0.0, 1.0], [far_x, 1.0, 1.0], 0.8);
    line([0.0, far_y, 1.0], [1.0, far_y, 1.0], 0.8);
    strokes
}

/// Height of the base, in the world.
pub(super) fn base_z(base: f32) -> f32 {
    base * HEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_are_behind_the_surface() {
        for camera in [Camera::default(), Camera { yaw: 2.5, ..Camera::default() }, Camera::side()] {
            let [far_x, far_y] = far_sides(&camera);
            let depth = |u: f32, v: f32| camera.project([u, v, 0.0], 1.0).unwrap().1;
            assert!(depth(far_x, far_y) >= depth(1.0 - far_x, 1.0 - far_y));
        }
    }

    #[test]
    fn strokes_are_finite_whatever_the_ticks() {
        let ticks = FrameTicks { x: vec![f32::NAN, 0.5, 3.0], y: Vec::new(), height: vec![-1.0] };
        let found = strokes(&Camera { yaw: f32::NAN, ..Camera::default() }, &ticks, 0.0, [1.0; 4], 1.0);
        assert_eq!(found.len(), 4 + 3 + 2 + 2);
        assert!(found.iter().all(|s| s.start.iter().chain(&s.end).all(|x| x.is_finite())));
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(round_ticks([-1.0, 1.0], 4), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(round_ticks([0.03, 4.7], 5), [1.0, 2.0, 3.0, 4.0]);
        for poor in [[f64::NAN, 1.0], [1.0, 1.0], [0.0, f64::INFINITY], [1e300, 1.1e300]] {
            assert!(round_ticks(poor, 5).iter().all(|tick| tick.is_finite()));
        }
        assert!(round_ticks([0.0, 1.0], 0).is_empty());
    }

    #[test]
    fn labels_stand_outside_of_the_box() {
        for yaw in [-2.5_f32, -0.6, 0.7, 2.0] {
            let camera = Camera { yaw, ..Camera::default() };
            for axis in [FrameAxis::X, FrameAxis::Y, FrameAxis::Height] {
                let [u, v, _] = tick_anchor(&camera, axis, 0.5, 0.0);
                assert!(!(0.0..=1.0).contains(&u) || !(0.0..=1.0).contains(&v), "{yaw} {axis:?}");
            }
        }
    }
}
