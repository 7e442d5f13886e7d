//! What is drawn over a slice: the path, SAM's ascent step, the radius of NSO's noise, named points, the weights.

use super::field::Field;
use super::raster::{Area, Canvas, Point, Rgb};
use super::scale::LogScale;
use super::text::{Align, Label};
use crate::export::SliceFigure;
use crate::protocol::SliceGrid;

/// Light parts of an overlay.
pub const WHITE: Rgb = [255, 255, 255];
/// Dark edges of an overlay.
pub const BLACK: Rgb = [20, 22, 26];
/// SAM's ascent step.
pub const ASCENT: Rgb = [255, 176, 70];
/// Pixels between two dots on a path, so that slow stretches do not become a stripe.
const DOT_SPACING: f64 = 12.0;

/// The overlay of a slice in pixels, however it is drawn then.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The path's line.
    pub path: Vec<Point>,
    /// Dots on the path, in the colour of their true loss.
    pub dots: Vec<(Point, Rgb)>,
    /// Dashes of the noise ellipse, each a polyline.
    pub dashes: Vec<Vec<Point>>,
    /// SAM's arrow: its shaft, and its head as a polyline.
    pub arrow: Option<([Point; 2], [Point; 3])>,
    /// Named points in the colour of their true loss.
    pub marks: Vec<(Point, Rgb, String)>,
    /// The weights at the centre, where (0, 0) is on the picture.
    pub center: Option<Point>,
}

impl Overlay {
    /// Places everything that `figure` has over its slice.
    pub fn new(area: Area, figure: &SliceFigure, scale: &LogScale) -> Self {
        let grid = &figure.grid;
        let place = |[x, y]: [f64; 2]| pixel(area, grid, x, y);
        let color = |loss: f64| {
            let log = scale.log(loss);
            if log.is_nan() { BLACK } else { scale.color(log) }
        };
        let is_on = |at: &Point| {
            let inside =
                |value: f64, start: usize, size: usize| (start as f64..=(start + size) as f64).contains(&value);
            inside(at[0], area.left, area.width) && inside(at[1], area.top, area.height)
        };
        let path: Vec<Point> = figure.path.iter().map(|point| place([point.x, point.y])).collect();
        let mut dots: Vec<(Point, Rgb)> = Vec::new();
        for (point, &at) in figure.path.iter().zip(&path) {
            let is_near = |(last, _): &(Point, Rgb)| (at[0] - last[0]).hypot(at[1] - last[1]) < DOT_SPACING;
            if !dots.last().is_some_and(is_near) {
                dots.push((at, color(point.loss)));
            }
        }
        let marks = figure.marks.iter().map(|mark| (place(mark.at), color(mark.loss), mark.name.clone()));
        Self {
            path,
            dots,
            dashes: figure.noise_radius.map_or_else(Vec::new, |radius| noise_ellipse(area, grid, radius)),
            arrow: figure.ascent.and_then(|ascent| arrow(place([0.0, 0.0]), place(ascent))),
            marks: marks.filter(|(at, ..)| is_on(at)).collect(),
            // Where points have names, the centre need not be one of them.
            center: Some(place([0.0, 0.0])).filter(|at| figure.marks.is_empty() && is_on(at)),
        }
    }

    /// The names of the marks, each on the side of its mark where it has room.
    pub fn labels(&self, area: Area) -> Vec<Label> {
        let marks = self.marks.iter();
        let label = |(at, _, name): &(Point, Rgb, String)| {
            let is_left = at[0] < (area.left + area.width * 3 / 4) as f64;
            let is_top = at[1] < (area.top + 30) as f64;
            Label {
                text: name.clone(),
                at: (at[0] as i32 + if is_left { 13 } else { -13 }, at[1] as i32 + if is_top { 14 } else { -14 }),
                size: 18.0,
                color: WHITE,
                align: if is_left { Align::Left } else { Align::Right },
            }
        };
        marks.map(label).collect()
    }

    /// The same with a dark edge under them, for pictures that are made of pixels.
    pub fn edged_labels(&self, area: Area) -> Vec<Label> {
        let mut labels = Vec::new();
        for label in self.labels(area) {
            for (dx, dy) in [(-2, 0), (2, 0), (0, -2), (0, 2), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
                let at = (label.at.0 + dx, label.at.1 + dy);
                labels.push(Label { at, color: BLACK, ..label.clone() });
            }
            labels.push(label);
        }
        labels
    }
}

/// Draws everything over the slice of a panel.
pub fn draw(canvas: &mut Canvas, area: Area, overlay: &Overlay) {
    outlined(canvas, area, &overlay.path, 1.6);
    for &(at, color) in &overlay.dots {
        disc(canvas, area, at, [8.0, 5.5], [WHITE, color]);
    }
    for dash in &overlay.dashes {
        outlined(canvas, area, dash, 2.0);
    }
    if let Some((shaft, head)) = &overlay.arrow {
        for (width, color) in [(5.0, BLACK), (3.0, ASCENT)] {
            canvas.polyline(area, shaft, width, color);
            canvas.polyline(area, head, width, color);
        }
    }
    for (at, color, _) in &overlay.marks {
        disc(canvas, area, *at, [17.0, 14.0], [BLACK, WHITE]);
        disc(canvas, area, *at, [9.0, 9.0], [*color; 2]);
    }
    if let Some(center) = overlay.center {
        disc(canvas, area, center, [14.0, 11.0], [BLACK, WHITE]);
    }
}

fn disc(canvas: &mut Canvas, area: Area, at: Point, widths: [f64; 2], colors: [Rgb; 2]) {
    for (width, color) in widths.into_iter().zip(colors) {
        canvas.line(area, at, at, width, color);
    }
}

/// The pixel of a coordinate.
pub fn pixel(area: Area, grid: &SliceGrid, x: f64, y: f64) -> Point {
    let share = |axis: &[f64], value: f64| match axis[axis.len() - 1] - axis[0] {
        0.0 => 0.5,
        extent => (value - axis[0]) / extent,
    };
    [
        area.left as f64 + share(&grid.x, x) * area.width as f64,
        area.top as f64 + (1.0 - share(&grid.y, y)) * area.height as f64,
    ]
}

/// The pixel of fractional indices of the grid.
pub fn pixel_of_index(area: Area, field: Field, [u, v]: Point) -> Point {
    let share = |value: f64, last: f64| if last > 0.0 { value / last } else { 0.5 };
    let [last_column, last_row] = field.ends();
    [
        area.left as f64 + share(u, last_column) * area.width as f64,
        area.top as f64 + (1.0 - share(v, last_row)) * area.height as f64,
    ]
}

/// White on a dark edge: seen on both ends of the colours.
fn outlined(canvas: &mut Canvas, area: Area, points: &[Point], width: f64) {
    canvas.polyline(area, points, width + 1.6, BLACK);
    canvas.polyline(area, points, width, WHITE);
}

fn noise_ellipse(area: Area, grid: &SliceGrid, radius: [f64; 2]) -> Vec<Vec<Point>> {
    const PIECES: usize = 8;
    let at = |turn: f64| {
        let (sin, cos) = (std::f64::consts::TAU * turn).sin_cos();
        pixel(area, grid, radius[0] * cos, radius[1] * sin)
    };
    let (right, bottom, center) = (at(0.0), at(0.75), pixel(area, grid, 0.0, 0.0));
    let pixels = std::f64::consts::PI * ((right[0] - center[0]).abs() + (bottom[1] - center[1]).abs());
    // About 14 pixels for a dash and its gap; a radius beyond the panel needs no end of dashes.
    let num_dashes = (pixels / 14.0).clamp(12.0, 400.0).round();
    let dash = |dash: usize| {
        let turn = |piece: usize| (dash as f64 + 0.55 * piece as f64 / PIECES as f64) / num_dashes;
        (0..=PIECES).map(|piece| at(turn(piece))).collect()
    };
    (0..num_dashes as usize).map(dash).collect()
}

fn arrow(from: Point, to: Point) -> Option<([Point; 2], [Point; 3])> {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].hypot(along[1]);
    // Shorter than the dot at its start it cannot be seen.
    if length.is_nan() || length <= 8.0 {
        return None;
    }
    let unit = [along[0] / length, along[1] / length];
    let head = (length / 2.0).min(14.0);
    let barb = |side: f64| {
        [to[0] - head * unit[0] - side * head * 0.6 * unit[1], to[1] - head * unit[1] + side * head * 0.6 * unit[0]]
    };
    Some(([from, to], [barb(1.0), to, barb(-1.0)]))
}
