//! Lines and points that lie in a surface's box: paths, arrows, rings, samples.

use super::camera::{HEIGHT, world};
use super::surface_height;
use crate::render::contour_style::{ContourStyle, ScaledGrid};

/// Strokes drawn at most.
const MAX_STROKES: usize = 60_000;
/// How strongly marks are seen through the surface.
const HIDDEN_ALPHA: f32 = 0.3;
/// Marks on the surface float by this much of the scale, so that they do not sink into it.
const LIFT: f32 = 0.004;

/// Straight pieces of an arrow on a curved surface.
const ARROW_PIECES: u8 = 24;

/// How the points of a mark are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// Joined by a line.
    Line,
    /// Joined by a line with every other piece left out.
    Dashed,
    /// Each on its own.
    Dots,
}

/// Something that lies in the box of a surface.
#[derive(Debug, Clone, PartialEq)]
pub struct SurfaceMark {
    /// Shares of the grid in both directions, and the value on the grid's scale. What is outside of the grid is cut
    /// off, what is beyond the limits lies at them; a value that is not finite breaks the line.
    pub points: Vec<[f32; 3]>,
    /// sRGB with alpha, each 0 to 1.
    pub color: [f32; 4],
    /// Width of the line or diameter of the dots in points.
    pub width_px: f32,
    /// How it is drawn.
    pub kind: MarkKind,
}

impl SurfaceMark {
    /// An arrow between two places, in shares of the grid, that lies on its surface.
    #[must_use]
    pub fn arrow(grid: &ScaledGrid, start: [f32; 2], tip: [f32; 2], color: [f32; 4], width_px: f32) -> Self {
        let (dx, dy) = (tip[0] - start[0], tip[1] - start[1]);
        let length = dx.hypot(dy);
        let along = |i: u8| f32::from(i) / f32::from(ARROW_PIECES);
        let mut places: Vec<[f32; 2]> =
            (0..=ARROW_PIECES).map(|i| [start[0] + dx * along(i), start[1] + dy * along(i)]).collect();
        if length.is_finite() && length > 1e-6 {
            let head = (0.3 * length).min(0.035) / length;
            let side = |turn: f32| [tip[0] - head * (dx + turn * dy), tip[1] - head * (dy - turn * dx)];
            places.extend([side(0.55), tip, side(-0.55)]);
        }
        Self { points: drape(grid, &places), color, width_px, kind: MarkKind::Line }
    }
}

/// Places on the grid, in shares, laid on its surface. Where there is no value the height is NaN, which breaks a line.
#[must_use]
pub fn drape(grid: &ScaledGrid, places: &[[f32; 2]]) -> Vec<[f32; 3]> {
    let [columns, rows] = [grid.columns() - 1, grid.rows() - 1].map(|last| last as f32);
    let is_inside = |share: f32| (0.0..=1.0).contains(&share);
    places
        .iter()
        .map(|&[u, v]| {
            let value = (is_inside(u) && is_inside(v)).then(|| grid.inner_at(u * columns, v * rows, true)).flatten();
            [u, v, value.unwrap_or(f32::NAN)]
        })
        .collect()
}

/// A place on the grid in surface coordinates, on the surface.
#[must_use]
pub fn on_surface(grid: &ScaledGrid, style: &ContourStyle, [u, v]: [f32; 2]) -> Option<[f32; 3]> {
    surface_height(grid, style, [u, v]).map(|height| [u, v, height])
}

/// One straight line, or a dot where both ends are one; read by `vs_mark`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Stroke {
    /// One end, in the world.
    pub start: [f32; 3],
    /// Width in pixels.
    pub width_px: f32,
    /// The other end.
    pub end: [f32; 3],
    /// How strongly it is seen through the surface.
    pub hidden_alpha: f32,
    /// sRGB with alpha.
    pub color: [f32; 4],
}

/// The strokes of all marks.
pub(super) fn strokes(marks: &[SurfaceMark], style: &ContourStyle, pixels_per_point: f32) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for mark in marks {
        let stroke = |a: [f32; 3], b: [f32; 3]| Stroke {
            start: place(a, style),
            end: place(b, style),
            width_px: mark.width_px * pixels_per_point,
            hidden_alpha: HIDDEN_ALPHA,
            color: mark.color,
        };
        match mark.kind {
            MarkKind::Dots => {
                let inside = mark.points.iter().filter_map(|point| clip(*point, *point));
                strokes.extend(inside.map(|(a, b)| stroke(a, b)));
            }
            MarkKind::Line | MarkKind::Dashed => {
                let step = if mark.kind == MarkKind::Dashed { 2 } else { 1 };
                let pieces = mark.points.windows(2).step_by(step).filter_map(|pair| clip(pair[0], pair[1]));
                strokes.extend(pieces.map(|(a, b)| stroke(a, b)));
            }
        }
    }
    strokes.truncate(MAX_STROKES);
    strokes
}

fn place([u, v, value]: [f32; 3], style: &ContourStyle) -> [f32; 3] {
    let [x, y, z] = world([u, v, style.share(value).clamp(0.0, 1.0)]);
    [x, y, z + LIFT * HEIGHT]
}

/// The part of a line that is over the grid.
fn clip(a: [f32; 3], b: [f32; 3]) -> Option<([f32; 3], [f32; 3])> {
    if !a.iter().chain(&b).all(|x| x.is_finite()) {
        return None;
    }
    let mut range = [0.0_f32, 1.0];
    for axis in 0..2 {
        let along = b[axis] - a[axis];
        if along == 0.0 {
            if !(0.0..=1.0).contains(&a[axis]) {
                return None;
            }
            continue;
        }
        let (low, high) = (-a[axis] / along, (1.0 - a[axis]) / along);
        range = [range[0].max(low.min(high)), range[1].min(low.max(high))];
    }
    let at = |t: f32| std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t);
    (range[0] <= range[1]).then(|| (at(range[0]), at(range[1])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::LossScale;

    fn mark(points: &[[f32; 3]], kind: MarkKind) -> SurfaceMark {
        SurfaceMark { points: points.to_vec(), color: [1.0; 4], width_px: 2.0, kind }
    }

    fn style() -> ContourStyle {
        ContourStyle::on(LossScale::Linear, [0.0, 2.0])
    }

    #[test]
    fn lines_are_cut_at_the_grid_and_at_the_limits() {
        let line = mark(&[[-0.5, 0.5, 0.0], [0.5, 0.5, 1.0], [0.5, 2.5, 9.0]], MarkKind::Line);
        let found = strokes(&[line], &style(), 1.5);
        assert_eq!(found.len(), 2);
        let lifted = |point: [f32; 3]| [point[0], point[1], point[2] - LIFT * HEIGHT];
        assert_eq!(lifted(found[0].start)[..2], [-1.0, 0.0]);
        assert!((lifted(found[0].start)[2] - 0.25 * HEIGHT).abs() < 1e-6);
        assert!((found[1].end[1] - 1.0).abs() < 1e-6 && (lifted(found[1].end)[2] - HEIGHT).abs() < 1e-6);
        assert!((found[0].width_px - 3.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_finite_breaks_lines_and_drops_dots() {
        let points =
            [[0.1, 0.1, 1.0], [0.2, 0.2, f32::NAN], [0.3, f32::INFINITY, 1.0], [0.4, 0.4, 1.0], [0.5, 0.5, 1.0]];
        assert_eq!(strokes(&[mark(&points, MarkKind::Line)], &style(), 1.0).len(), 1);
        assert_eq!(strokes(&[mark(&points, MarkKind::Dots)], &style(), 1.0).len(), 3);
        assert_eq!(strokes(&[mark(&[[0.5, 1.5, 0.0]], MarkKind::Dots)], &style(), 1.0), []);
    }

    #[test]
    fn dashes_leave_out_every_other_piece() {
        let points: Vec<[f32; 3]> = (0..=8).map(|i| [i as f32 / 8.0, 0.5, 1.0]).collect();
        assert_eq!(strokes(&[mark(&points, MarkKind::Dashed)], &style(), 1.0).len(), 4);
    }

    #[test]
    fn an_arrow_has_a_head_at_its_tip() {
        let ramp: Vec<f32> = (0..22).map(|i| (i % 11) as f32 / 10.0).collect();
        let grid = ScaledGrid::new(&ramp, 11, LossScale::Linear).unwrap();
        let arrow = SurfaceMark::arrow(&grid, [0.2, 0.2], [0.8, 0.2], [1.0; 4], 2.0);
        let [.., tip, left, _, right] = arrow.points[..] else { panic!("no head") };
        assert!(left[0] < tip[0] && right[0] < tip[0] && (left[1] - 0.2) * (right[1] - 0.2) < 0.0);
        assert!(arrow.points.iter().all(|[u, _, value]| (u - value).abs() < 1e-6), "it lies on the surface");
        for poor in [[0.2, 0.2], [f32::NAN, 0.0], [f32::INFINITY, 0.0]] {
            let arrow = SurfaceMark::arrow(&grid, [0.2, 0.2], poor, [1.0; 4], 2.0);
            assert!(strokes(&[arrow], &style(), 1.0).iter().all(|s| s.end.iter().all(|x| x.is_finite())));
        }
    }

    #[test]
    fn drape_lies_on_the_surface() {
        let grid = ScaledGrid::new(&[0.0, 1.0, 0.0, f32::NAN, 0.0, 1.0], 2, LossScale::Linear).unwrap();
        let found = drape(&grid, &[[0.5, 0.0], [1.0, 0.5], [2.0, 0.0]]);
        assert_eq!(found[0], [0.5, 0.0, 0.5]);
        assert!(found[1][2].is_nan() && found[2][2].is_nan());
    }
}
