//! What lies on a contour: path, ascent step, the noise radius, samples, the average, other runs, and the labels of iso-lines.

use std::sync::Arc;

use egui::epaint::TextShape;
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::choices::Overlays;
use super::magnified::Magnified;
use super::picture::finer;
use super::slice_marks::{average, drawn_path, is_minus, noise_ring, position};
use super::text::{label_font, line_text, small};
use crate::protocol::{LossGrid, PathPoint};
use crate::render::{ContourStyle, LabelPlace, ScaledGrid, iso_lines};
use crate::ui::kit::theme::{self, INK, LANDSCAPE_SHADE, ON_LANDSCAPE, PATH, PATH_SHADE, Tokens};
use crate::ui::plots::slice_frame::SliceFrame;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Draws the marks of a run on its slice.
pub fn marks_ui(painter: &Painter, frame: &SliceFrame, model: &Model, run: &RunView, grid: &LossGrid, shown: Overlays) {
    let tokens = Tokens::for_theme(egui::Theme::Dark);
    if shown.path {
        paint_path(painter, frame, grid);
    }
    if shown.noise {
        paint_noise_radius(painter, frame, grid);
    }
    // Below what starts in it.
    painter.circle(frame.screen([0.0, 0.0]), 5.0, ON_LANDSCAPE, Stroke::new(1.5, PATH_SHADE));
    let magnified = Magnified::new(grid, frame.window().half);
    if shown.noise {
        paint_ascent(painter, frame, grid, magnified.ascent, run.color(tokens));
    }
    if shown.samples {
        paint_samples(painter, frame, run, grid, magnified.samples);
    }
    if shown.others {
        for (id, point) in &grid.others {
            if let Some(other) = model.run(*id) {
                paint_other(painter, frame, point, other.color(tokens));
            }
        }
    }
    if let Some(now) = position(grid) {
        let pos = frame.screen([now.x, now.y]);
        painter.circle(pos, 5.0, run.color(tokens), Stroke::new(1.5, ON_LANDSCAPE));
    }
    if let Some(average) = average(grid).filter(|_| shown.average) {
        paint_average(painter, frame, &average.point, run.color(tokens));
    }
}

/// A sentence about a failure of the run, in the middle of its picture. Returns where it stands.
pub fn alert(ui: &Ui, rect: Rect, text: &str) -> Rect {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let color = Tokens::for_theme(egui::Theme::Dark).error.0;
    let galley = painter.layout(text.to_owned(), small(), color, (rect.width() - 36.0).max(60.0));
    let place = Rect::from_center_size(rect.center() + vec2(0.0, 0.22 * rect.height()), galley.size());
    painter.rect_filled(place.expand(8.0), 5.0, LANDSCAPE_SHADE);
    painter.galley(place.min, galley, color);
    place.expand(8.0)
}

fn paint_path(painter: &Painter, frame: &SliceFrame, grid: &LossGrid) {
    let mut points: Vec<Pos2> = drawn_path(grid).map(|point| frame.screen([point.x, point.y])).collect();
    let Some(&start) = points.first() else { return };
    points.push(match position(grid) {
        Some(now) => frame.screen([now.x, now.y]),
        None => frame.screen([0.0, 0.0]),
    });
    let points = thinned(points);
    painter.add(Shape::line(points.clone(), Stroke::new(3.5, PATH_SHADE)));
    painter.add(Shape::line(points, Stroke::new(1.6, PATH)));
    painter.circle(start, 3.0, Color32::TRANSPARENT, Stroke::new(1.5, PATH));
}

/// Points nearer than this to the one before them do not change how a line looks.
const LEAST_DISTANCE: f32 = 1.5;

/// A line with as many points as can be seen: a path of hundreds of steps is often a few pixels long, and every point
/// costs a dozen triangles. Both ends stay.
fn thinned(points: Vec<Pos2>) -> Vec<Pos2> {
    let Some(&end) = points.last() else { return points };
    let mut kept: Vec<Pos2> = Vec::new();
    for point in points {
        // Written so that a point that is not finite is kept: the painter breaks the line there.
        let is_near = kept.last().is_some_and(|last| last.distance(point) < LEAST_DISTANCE);
        if !is_near {
            kept.push(point);
        }
    }
    if kept.last() != Some(&end) {
        kept.push(end);
    }
    kept
}

fn paint_noise_radius(painter: &Painter, frame: &SliceFrame, grid: &LossGrid) {
    let Some(ring) = noise_ring(grid) else { return };
    let ring: Vec<Pos2> = ring.into_iter().map(|place| frame.screen(place)).collect();
    painter.extend(Shape::dashed_line(&ring, Stroke::new(3.0, PATH_SHADE), 6.0, 5.0));
    painter.extend(Shape::dashed_line(&ring, Stroke::new(1.6, PATH), 6.0, 5.0));
}

fn paint_ascent(painter: &Painter, frame: &SliceFrame, grid: &LossGrid, factor: f64, color: Color32) {
    let Some(step) = grid.ascent.filter(|step| step.iter().all(|c| c.is_finite())) else { return };
    let start = frame.screen([0.0, 0.0]);
    let along = frame.screen(step.map(|c| c * factor)) - start;
    painter.arrow(start, along, Stroke::new(4.0, PATH_SHADE));
    painter.arrow(start, along, Stroke::new(2.2, color));
}

fn paint_samples(painter: &Painter, frame: &SliceFrame, run: &RunView, grid: &LossGrid, factor: f64) {
    let center = frame.screen([0.0, 0.0]);
    for (index, sample) in grid.samples.iter().enumerate() {
        let pos = frame.screen(sample.map(|c| c * factor));
        if !(pos.x.is_finite() && pos.y.is_finite()) {
            continue;
        }
        painter.line_segment([center, pos], Stroke::new(0.7, PATH_SHADE));
        if is_minus(run, index) {
            painter.circle(pos, 3.2, Color32::TRANSPARENT, Stroke::new(1.5, ON_LANDSCAPE));
        } else {
            painter.circle(pos, 3.2, ON_LANDSCAPE, Stroke::new(1.0, PATH_SHADE));
        }
    }
}

fn paint_other(painter: &Painter, frame: &SliceFrame, point: &PathPoint, color: Color32) {
    let pos = frame.screen([point.x, point.y]);
    if pos.x.is_finite() && pos.y.is_finite() {
        painter.add(Shape::convex_polygon(diamond(pos, 5.5), color, Stroke::new(1.2, ON_LANDSCAPE)));
    }
}

/// Hollow, so that it is not taken for another run, and larger than the mark of the weights that it may lie on.
fn paint_average(painter: &Painter, frame: &SliceFrame, point: &PathPoint, color: Color32) {
    let corners = diamond(frame.screen([point.x, point.y]), 7.0);
    for stroke in [Stroke::new(5.0, PATH_SHADE), Stroke::new(3.8, ON_LANDSCAPE), Stroke::new(2.0, color)] {
        painter.add(Shape::closed_line(corners.clone(), stroke));
    }
}

/// The corners of a diamond, each so far from its middle.
fn diamond(middle: Pos2, reach: f32) -> Vec<Pos2> {
    [vec2(0.0, -reach), vec2(reach, 0.0), vec2(0.0, reach), vec2(-reach, 0.0)].map(|by| middle + by).to_vec()
}

/// Draws iso-lines as lines, for paper: the picture below them has none.
pub fn iso_lines_ui(painter: &Painter, rect: Rect, style: &ContourStyle, grid: &ScaledGrid) {
    let Some(grid) = finer(grid) else { return };
    let ink = if style.map.is_diverging() { INK } else { ON_LANDSCAPE };
    let stroke = Stroke::new(0.8, ink.gamma_multiply(0.6));
    for line in iso_lines(&grid, &style.levels()) {
        let place = |[x, y]: [f32; 2]| pos2(rect.left() + x * rect.width(), rect.bottom() - y * rect.height());
        let points = line.points.into_iter().map(place).collect();
        painter.add(if line.is_closed { Shape::closed_line(points, stroke) } else { Shape::line(points, stroke) });
    }
}

/// Draws the numbers on iso-lines.
pub fn labels_ui(painter: &Painter, rect: Rect, style: &ContourStyle, places: &Arc<[LabelPlace]>) {
    let levels = style.levels();
    for place in places.iter() {
        // The colour of the landscape itself, so that only the line is interrupted.
        let ground = theme::map_color(style.map.at(style.share(place.level)));
        let ink = theme::ink_on(ground);
        let galley = painter.layout_no_wrap(line_text(style, place.level, &levels), label_font(), ink);
        let size = galley.size();
        let middle = pos2(rect.left() + place.at[0] * rect.width(), rect.bottom() - place.at[1] * rect.height());
        let (sin, cos) = place.angle.sin_cos();
        let turned = |by: egui::Vec2| middle + vec2(by.x * cos - by.y * sin, by.x * sin + by.y * cos);
        let half = 0.5 * size + vec2(1.5, -1.5);
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
        let corners = corners.map(|[x, y]| turned(vec2(x * half.x, y * half.y)));
        painter.add(Shape::convex_polygon(corners.to_vec(), ground, Stroke::NONE));
        let shape = TextShape::new(turned(-0.5 * size), galley, ink).with_angle(place.angle);
        painter.add(shape);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_as_many_points_as_can_be_seen() {
        let spiral = |turns: usize, radius: f32| -> Vec<Pos2> {
            let point = |i: usize| {
                let share = i as f32 / 600.0;
                let angle = share * turns as f32 * std::f32::consts::TAU;
                pos2(radius * share * angle.cos(), radius * share * angle.sin())
            };
            (0..=600).map(point).collect()
        };
        let short = thinned(spiral(1, 5.0));
        assert!(short.len() < 16, "{}", short.len());
        for points in [spiral(3, 200.0), spiral(1, 5.0)] {
            let kept = thinned(points.clone());
            assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
            // No point of the path is further from the line than can be seen.
            let apart = |point: &Pos2| kept.iter().map(|at| at.distance(*point)).fold(f32::INFINITY, f32::min);
            assert!(points.iter().all(|point| apart(point) < LEAST_DISTANCE));
        }
        assert_eq!(thinned(Vec::new()), []);
    }
}
