//! What is drawn over a slice: the path, SAM's ascent step, the radius of NSO's noise, the weights themselves.

use super::layout::Panel;
use super::raster::{Area, Canvas, Point, Rgb};
use super::scale::LogScale;
use crate::protocol::LossGrid;

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [20, 22, 26];
const ASCENT: Rgb = [255, 176, 70];
/// Pixels between two dots on a path, so that slow stretches do not become a stripe.
const DOT_SPACING: f64 = 12.0;

/// Draws everything over the slice of a panel.
pub fn draw(canvas: &mut Canvas, area: Area, panel: &Panel, scale: &LogScale) {
    let grid = panel.grid;
    let place = |x: f64, y: f64| pixel(area, grid, x, y);
    let path: Vec<Point> = grid.path.iter().map(|point| place(point.x, point.y)).collect();
    outlined(canvas, area, &path, 1.6);
    let mut last: Option<Point> = None;
    for (point, &at) in grid.path.iter().zip(&path) {
        if last.is_some_and(|last| (at[0] - last[0]).hypot(at[1] - last[1]) < DOT_SPACING) {
            continue;
        }
        last = Some(at);
        let log = scale.log(point.loss);
        canvas.line(area, at, at, 8.0, WHITE);
        canvas.line(area, at, at, 5.5, if log.is_nan() { BLACK } else { scale.color(log) });
    }
    if let Some([x, y]) = grid.noise_radius {
        noise_ellipse(canvas, area, grid, [x, y]);
    }
    if let Some([x, y]) = grid.ascent {
        arrow(canvas, area, place(0.0, 0.0), place(x, y));
    }
    let center = place(0.0, 0.0);
    canvas.line(area, center, center, 14.0, BLACK);
    canvas.line(area, center, center, 11.0, WHITE);
}

/// The pixel of a coordinate.
fn pixel(area: Area, grid: &LossGrid, x: f64, y: f64) -> Point {
    let share = |axis: &[f64], value: f64| (value - axis[0]) / (axis[axis.len() - 1] - axis[0]);
    [
        area.left as f64 + share(&grid.x, x) * area.width as f64,
        area.top as f64 + (1.0 - share(&grid.y, y)) * area.height as f64,
    ]
}

/// White on a dark edge: seen on both ends of the colours.
fn outlined(canvas: &mut Canvas, area: Area, points: &[Point], width: f64) {
    canvas.polyline(area, points, width + 1.6, BLACK);
    canvas.polyline(area, points, width, WHITE);
}

fn noise_ellipse(canvas: &mut Canvas, area: Area, grid: &LossGrid, radius: [f64; 2]) {
    const PIECES: usize = 8;
    let at = |turn: f64| {
        let (sin, cos) = (std::f64::consts::TAU * turn).sin_cos();
        pixel(area, grid, radius[0] * cos, radius[1] * sin)
    };
    let (right, bottom, center) = (at(0.0), at(0.75), pixel(area, grid, 0.0, 0.0));
    let pixels = std::f64::consts::PI * ((right[0] - center[0]).abs() + (bottom[1] - center[1]).abs());
    // About 14 pixels for a dash and its gap; a radius beyond the panel needs no end of dashes.
    let num_dashes = (pixels / 14.0).clamp(12.0, 400.0).round();
    for dash in 0..num_dashes as usize {
        let turn = |piece: usize| (dash as f64 + 0.55 * piece as f64 / PIECES as f64) / num_dashes;
        let points: Vec<Point> = (0..=PIECES).map(|piece| at(turn(piece))).collect();
        outlined(canvas, area, &points, 2.0);
    }
}

fn arrow(canvas: &mut Canvas, area: Area, from: Point, to: Point) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length = along[0].hypot(along[1]);
    // Shorter than the dot at its start it cannot be seen.
    if length.is_nan() || length <= 8.0 {
        return;
    }
    let unit = [along[0] / length, along[1] / length];
    let head = (length / 2.0).min(14.0);
    let barb = |side: f64| {
        [to[0] - head * unit[0] - side * head * 0.6 * unit[1], to[1] - head * unit[1] + side * head * 0.6 * unit[0]]
    };
    for (width, color) in [(5.0, BLACK), (3.0, ASCENT)] {
        canvas.polyline(area, &[from, to], width, color);
        canvas.polyline(area, &[barb(1.0), to, barb(-1.0)], width, color);
    }
}
