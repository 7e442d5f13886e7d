//! What is drawn over a slice: the path, an ascent step, the radius of the noise, the average of the weights, named points, the
//! weights.

use svg::node::Node as _;
use svg::node::element::Element;

use super::layout::ink_of;
use super::scale::LogScale;
use crate::export::figure::drawing::{Align, Area, Label, Point, Rgb, circle, edged, labels, pieces, polyline};
use crate::export::{ExportError, SliceFigure};
use crate::protocol::SliceGrid;

/// Light parts of an overlay.
pub const WHITE: Rgb = [255, 255, 255];
/// Dark edges of an overlay.
pub const BLACK: Rgb = [20, 22, 26];
/// An ascent step.
const ASCENT: Rgb = [255, 176, 70];
/// From the middle of the diamond of the average to its corners, in pixels.
const DIAMOND: f64 = 9.0;
/// Pixels between two dots on a path, so that slow stretches do not become a stripe.
const DOT_SPACING: f64 = 12.0;

/// The overlay of a slice in pixels.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The path's line.
    path: Vec<Point>,
    /// Dots on the path, in the colour of their true loss.
    dots: Vec<(Point, Rgb)>,
    /// Dashes of the noise ellipse, each a polyline.
    dashes: Vec<Vec<Point>>,
    /// The arrow of the ascent step: its shaft, and its head as a polyline.
    arrow: Option<([Point; 2], [Point; 3])>,
    /// The diamond of the average, a closed polyline, in the colour of its run.
    average: Option<([Point; 5], Rgb)>,
    /// Named points in the colour of their true loss.
    marks: Vec<(Point, Rgb, String)>,
    /// The weights at the centre, where (0, 0) is on the picture.
    center: Option<Point>,
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
        let path: Vec<Point> = figure.path.iter().map(|point| place([point.x, point.y])).collect();
        let mut dots: Vec<(Point, Rgb)> = Vec::new();
        for (point, &at) in figure.path.iter().zip(&path) {
            let is_near = |(last, _): &(Point, Rgb)| (at[0] - last[0]).hypot(at[1] - last[1]) < DOT_SPACING;
            if area.contains(at) && !dots.last().is_some_and(is_near) {
                dots.push((at, color(point.loss)));
            }
        }
        let marks = figure.marks.iter().map(|mark| (place(mark.at), color(mark.loss), mark.name.clone()));
        Self {
            path,
            dots,
            dashes: figure.noise_radius.map_or_else(Vec::new, |radius| noise_ellipse(area, grid, radius)),
            arrow: figure.ascent.and_then(|ascent| arrow(place([0.0, 0.0]), place(ascent))),
            average: figure.average.and_then(|average| {
                let at = place([average.point.x, average.point.y]);
                area.contains(at).then(|| (diamond(at), figure.optimizer.map_or(ASCENT, ink_of)))
            }),
            marks: marks.filter(|(at, ..)| area.contains(*at)).collect(),
            // Where points have names, the centre need not be one of them.
            center: Some(place([0.0, 0.0])).filter(|at| figure.marks.is_empty() && area.contains(*at)),
        }
    }

    /// The names of the marks, each on the side of its mark where it has room.
    fn labels(&self, area: Area) -> Vec<Label> {
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

    /// Draws everything over the slice of a panel.
    ///
    /// # Errors
    /// [`ExportError::Figure`] when the names cannot be measured.
    pub fn draw(&self, group: &mut Element, area: Area) -> Result<(), ExportError> {
        outlined(group, area, &self.path, 1.6);
        for &(at, rgb) in &self.dots {
            group.append(circle(at, 3.4, rgb, (WHITE, 1.2)));
        }
        for dash in &self.dashes {
            outlined(group, area, dash, 2.0);
        }
        if let Some((shaft, head)) = &self.arrow {
            for (width, rgb) in [(5.0, BLACK), (3.0, ASCENT)] {
                line(group, area, shaft, width, rgb);
                line(group, area, head, width, rgb);
            }
        }
        if let Some((diamond, ink)) = &self.average {
            for (width, rgb) in [(6.4, BLACK), (5.0, WHITE), (2.4, *ink)] {
                line(group, area, diamond, width, rgb);
            }
        }
        for (at, rgb, _) in &self.marks {
            group.append(circle(*at, 7.75, WHITE, (BLACK, 1.5)));
            group.append(circle(*at, 4.5, *rgb, (*rgb, 0.0)));
        }
        if let Some(center) = self.center {
            group.append(circle(center, 6.25, WHITE, (BLACK, 1.5)));
        }
        for node in labels(&self.labels(area))? {
            edged(node, BLACK, 3.0).into_iter().for_each(|node| group.append(node));
        }
        Ok(())
    }
}

fn line(group: &mut Element, area: Area, points: &[Point], width: f64, color: Rgb) {
    pieces(points, area).iter().for_each(|piece| group.append(polyline(piece, width, color, 1.0)));
}

/// White on a dark edge: seen on both ends of the colours.
fn outlined(group: &mut Element, area: Area, points: &[Point], width: f64) {
    line(group, area, points, width + 1.6, BLACK);
    line(group, area, points, width, WHITE);
}

/// The pixel of a coordinate.
fn pixel(area: Area, grid: &SliceGrid, x: f64, y: f64) -> Point {
    let share = |axis: &[f64], value: f64| match axis[axis.len() - 1] - axis[0] {
        0.0 => 0.5,
        extent => (value - axis[0]) / extent,
    };
    [
        area.left as f64 + share(&grid.x, x) * area.width as f64,
        area.top as f64 + (1.0 - share(&grid.y, y)) * area.height as f64,
    ]
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

/// A diamond around a point, closed.
fn diamond([x, y]: Point) -> [Point; 5] {
    [[x, y - DIAMOND], [x + DIAMOND, y], [x, y + DIAMOND], [x - DIAMOND, y], [x, y - DIAMOND]]
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
