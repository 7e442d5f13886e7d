//! What lies on a contour: path, SAM's ascent, the noise radius, samples, other runs, and the labels of iso-lines.

use std::sync::Arc;

use egui::epaint::TextShape;
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::magnified::Magnified;
use super::reading::{drawn_path, position};
use super::run_color;
use super::state::Overlays;
use crate::config::KnobId;
use crate::protocol::{LossGrid, PathPoint};
use crate::render::{ContourStyle, LabelPlace, LossScale};
use crate::ui::kit::format;
use crate::ui::kit::theme;
use crate::ui::kit::theme::{LANDSCAPE_SHADE, ON_LANDSCAPE, PATH, PATH_SHADE, Tokens};
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
        paint_ascent(painter, frame, grid, magnified.ascent, run_color(run, tokens));
    }
    if shown.samples {
        paint_samples(painter, frame, run, grid, magnified.samples);
    }
    if shown.others {
        for (id, point) in &grid.others {
            if let Some(other) = model.run(*id) {
                paint_other(painter, frame, point, run_color(other, tokens));
            }
        }
    }
    if let Some(now) = position(grid) {
        let pos = frame.screen([now.x, now.y]);
        painter.circle(pos, 5.0, run_color(run, tokens), Stroke::new(1.5, ON_LANDSCAPE));
    }
}

/// A sentence about a failure of the run, in the middle of its pane. Returns where it stands.
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

/// The ellipse of the noise's length, in coordinates.
pub fn noise_ring(grid: &LossGrid) -> Option<Vec<[f64; 2]>> {
    let [rx, ry] = grid.noise_radius.filter(|radius| radius.iter().all(|r| r.is_finite() && *r > 0.0))?;
    let angles = (0..=96).map(|i| f64::from(i) / 96.0 * std::f64::consts::TAU);
    Some(angles.map(|angle| [rx * angle.cos(), ry * angle.sin()]).collect())
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

/// Whether a sample is one of −U: with two-point noise every second one is.
pub fn is_minus(run: &RunView, index: usize) -> bool {
    run.knobs.value(KnobId::TwoPoint) != 0.0 && !index.is_multiple_of(2)
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
        let corners = [vec2(0.0, -5.5), vec2(5.5, 0.0), vec2(0.0, 5.5), vec2(-5.5, 0.0)].map(|by| pos + by);
        painter.add(Shape::convex_polygon(corners.to_vec(), color, Stroke::new(1.2, ON_LANDSCAPE)));
    }
}

/// A value of the scale as its iso-line's label.
pub fn level_text(scale: LossScale, level: f32) -> String {
    let value = f64::from(scale.loss(level));
    match scale {
        LossScale::Percent => format!("{:.0}\u{a0}%", 100.0 * value),
        // Whatever else the rounding of a logarithm leaves.
        LossScale::Log10 => short(value),
        // What is left of rounding near zero.
        LossScale::Linear | LossScale::Symmetric if value.abs() < 1e-6 => "0".to_owned(),
        LossScale::Linear | LossScale::Symmetric => format::setting((value * 1e4).round() / 1e4).replace('-', "−"),
    }
}

/// Three digits without zeros at the end: 0.1, 0.398, 1.5, 3e−6.
fn short(value: f64) -> String {
    let text = format::number(value);
    if text.contains(['e', '\u{a0}']) || !text.contains('.') {
        return text.replace(".0e", "e");
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The label of an iso-line: all digits that tell it from its neighbours. The lines stand at round values, so these are few.
pub fn line_text(style: &ContourStyle, level: f32, levels: &[f32]) -> String {
    let value = |level: f32| f64::from(style.scale.loss(level));
    let others = levels.iter().filter(|other| **other != level);
    let gap = others.map(|other| (value(*other) - value(level)).abs()).fold(f64::INFINITY, f64::min);
    let (value, gap, unit) = match style.scale {
        LossScale::Percent => (100.0 * value(level), 100.0 * gap, "\u{a0}%"),
        _ => (value(level), gap, ""),
    };
    if !gap.is_finite() || (value != 0.0 && !(1e-3..1e6).contains(&value.abs())) {
        return level_text(style.scale, level);
    }
    let decimals = (1.0 - gap.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}").replace('-', "−");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "−0" { "0" } else { text };
    format!("{text}{unit}")
}

/// The font of labels.
pub fn label_font() -> FontId {
    FontId::proportional(10.0)
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

/// The font of tags and readings.
pub fn small() -> FontId {
    FontId::proportional(11.5)
}

/// Text on a dark ground. Returns where it stands.
pub fn box_text(painter: &Painter, place: Pos2, anchor: Align2, text: &str) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), small(), ON_LANDSCAPE);
    let rect = anchor.anchor_size(place, galley.size() + vec2(12.0, 6.0));
    painter.rect_filled(rect, 4.0, LANDSCAPE_SHADE);
    painter.galley(rect.min + vec2(6.0, 3.0), galley, ON_LANDSCAPE);
    rect
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

    #[test]
    fn labels_are_short_and_zero_is_zero() {
        assert_eq!(level_text(LossScale::Log10, -1.0), "0.1");
        assert_eq!(level_text(LossScale::Log10, 3.0_f32.log10()), "3");
        assert_eq!(level_text(LossScale::Log10, -5.0), "1e−5");
        let texts = |style: ContourStyle| -> Vec<String> {
            let levels = style.levels();
            levels.iter().map(|level| line_text(&style, *level, &levels)).collect()
        };
        let decade = texts(ContourStyle::new([-1.0, 0.6]));
        assert_eq!(decade[..6], ["0.1", "0.125", "0.15", "0.2", "0.25", "0.3"]);
        assert_eq!(decade.last().map(String::as_str), Some("3"));
        let fine = texts(ContourStyle::new([2.0_f32.log10(), 2.002_f32.log10()]));
        assert!(fine.contains(&"2.001".to_owned()) && fine.iter().all(|text| text.len() <= 6), "{fine:?}");
        assert_eq!(texts(ContourStyle::new([-8.0, -1.0]))[..3], ["1e−8", "3e−8", "1e−7"]);
        let percent = texts(ContourStyle::on(LossScale::Percent, [0.9, 0.98]));
        assert_eq!(percent[..3], ["90\u{a0}%", "90.5\u{a0}%", "91\u{a0}%"]);
        let signed = texts(ContourStyle::on(LossScale::Symmetric, [-0.5, 0.5]));
        assert!(signed.contains(&"0".to_owned()) && signed.contains(&"−0.1".to_owned()), "{signed:?}");
        assert_eq!(level_text(LossScale::Percent, 0.85), "85\u{a0}%");
        assert_eq!(level_text(LossScale::Symmetric, 1e-9), "0");
        assert_eq!(level_text(LossScale::Symmetric, -0.5), "−0.5");
    }
}
