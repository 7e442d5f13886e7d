//! What lies on a landscape: path, SAM's ascent, the noise radius, the caption, and the reading at the pointer.

use egui::{Align2, Color32, FontId, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::format;
use super::run_view::{RunView, Slice};
use super::theme::{CROSSHAIR, LANDSCAPE_SHADE, ON_LANDSCAPE, PATH, PATH_SHADE, Tokens};
use super::view::Cursor;
use crate::protocol::{LossGrid, PathPoint};

/// Path points drawn at most.
const MAX_PATH_POINTS: usize = 600;
/// A path point nearer than this to the pointer is read out.
const NEAR_PX: f32 = 9.0;

/// Where a slice's coordinates are on the screen.
#[derive(Debug, Clone, Copy)]
pub struct SliceFrame {
    rect: Rect,
    x: [f64; 2],
    y: [f64; 2],
}

impl SliceFrame {
    /// The frame of a slice drawn in `rect`.
    #[must_use]
    pub fn new(rect: Rect, grid: &LossGrid) -> Self {
        Self::over(rect, &grid.x, &grid.y)
    }

    /// The frame of a slice with these coordinates drawn in `rect`.
    #[must_use]
    pub fn over(rect: Rect, x: &[f64], y: &[f64]) -> Self {
        let ends = |axis: &[f64]| [axis.first().copied().unwrap_or(-1.0), axis.last().copied().unwrap_or(1.0)];
        Self { rect, x: ends(x), y: ends(y) }
    }

    /// Where the slice is drawn.
    #[must_use]
    pub const fn rect(&self) -> Rect {
        self.rect
    }

    /// The place of coordinates on the screen.
    #[must_use]
    pub fn screen(&self, [x, y]: [f64; 2]) -> Pos2 {
        let share = |value: f64, [low, high]: [f64; 2]| ((value - low) / (high - low)) as f32;
        pos2(
            self.rect.left() + share(x, self.x) * self.rect.width(),
            self.rect.bottom() - share(y, self.y) * self.rect.height(),
        )
    }

    /// The coordinates of a place on the screen.
    #[must_use]
    pub fn place(&self, pos: Pos2) -> [f64; 2] {
        let share = |value: f32, low: f32, size: f32| f64::from((value - low) / size.max(1.0));
        let along = |share: f64, [low, high]: [f64; 2]| low + share * (high - low);
        [
            along(share(pos.x, self.rect.left(), self.rect.width()), self.x),
            along(1.0 - share(pos.y, self.rect.top(), self.rect.height()), self.y),
        ]
    }
}

/// Draws everything that lies on a landscape.
pub fn paint(ui: &Ui, frame: &SliceFrame, run: &RunView, slice: &Slice, cursor: Option<Cursor>) {
    let grid = &slice.grid;
    let painter = ui.painter().with_clip_rect(frame.rect.intersect(ui.clip_rect()));
    let color = Tokens::for_theme(egui::Theme::Dark).run(run.info.optimizer);
    paint_path(&painter, frame, grid);
    paint_noise_radius(&painter, frame, grid);
    paint_ascent(&painter, frame, grid, color);
    let center = frame.screen([0.0, 0.0]);
    painter.circle(center, 5.0, ON_LANDSCAPE, Stroke::new(1.5, PATH_SHADE));
    let tag = caption(ui, &painter, frame, grid);
    if let Some(cursor) = cursor {
        paint_cursor(&painter, frame, slice, cursor);
    }
    if grid.masked > 0 {
        let text = format!("{} of {} cells are not finite", grid.masked, grid.loss.len());
        box_text(&painter, tag.left_bottom() + vec2(0.0, 4.0), Align2::LEFT_TOP, &text);
    }
}

/// A sentence about a failure of the run, in the middle of its pane.
pub fn alert(ui: &Ui, rect: Rect, text: &str) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let color = Tokens::for_theme(egui::Theme::Dark).error.0;
    let galley = painter.layout(text.to_owned(), small(), color, (rect.width() - 36.0).max(60.0));
    let place = Rect::from_center_size(rect.center() + vec2(0.0, 0.22 * rect.height()), galley.size());
    painter.rect_filled(place.expand(8.0), 5.0, LANDSCAPE_SHADE);
    painter.galley(place.min, galley, color);
}

fn paint_path(painter: &egui::Painter, frame: &SliceFrame, grid: &LossGrid) {
    let stride = grid.path.len().div_ceil(MAX_PATH_POINTS).max(1);
    let mut points: Vec<Pos2> = grid
        .path
        .iter()
        .step_by(stride)
        .map(|point| frame.screen([point.x, point.y]))
        .filter(|pos| pos.x.is_finite() && pos.y.is_finite())
        .collect();
    let Some(&start) = points.first() else { return };
    points.push(frame.screen([0.0, 0.0]));
    painter.add(Shape::line(points.clone(), Stroke::new(3.5, PATH_SHADE)));
    painter.add(Shape::line(points, Stroke::new(1.6, PATH)));
    painter.circle(start, 3.0, Color32::TRANSPARENT, Stroke::new(1.5, PATH));
}

fn paint_noise_radius(painter: &egui::Painter, frame: &SliceFrame, grid: &LossGrid) {
    let Some([rx, ry]) = grid.noise_radius.filter(|radius| radius.iter().all(|r| r.is_finite() && *r > 0.0)) else {
        return;
    };
    let ring: Vec<Pos2> = (0..=96)
        .map(|i| f64::from(i) / 96.0 * std::f64::consts::TAU)
        .map(|angle| frame.screen([rx * angle.cos(), ry * angle.sin()]))
        .collect();
    painter.extend(Shape::dashed_line(&ring, Stroke::new(3.0, PATH_SHADE), 6.0, 5.0));
    painter.extend(Shape::dashed_line(&ring, Stroke::new(1.6, PATH), 6.0, 5.0));
}

fn paint_ascent(painter: &egui::Painter, frame: &SliceFrame, grid: &LossGrid, color: Color32) {
    let Some([x, y]) = grid.ascent.filter(|step| step.iter().all(|c| c.is_finite())) else { return };
    let start = frame.screen([0.0, 0.0]);
    let along = frame.screen([x, y]) - start;
    // Shorter than its own head, an arrow would only hide the centre.
    if along.length() < 8.0 {
        return;
    }
    painter.arrow(start, along, Stroke::new(4.0, PATH_SHADE));
    painter.arrow(start, along, Stroke::new(2.2, color));
}

/// The tag at the top: what plane this is; the rest of the caption when the pointer is on it.
fn caption(ui: &Ui, painter: &egui::Painter, frame: &SliceFrame, grid: &LossGrid) -> Rect {
    let range = grid.x.last().copied().unwrap_or(0.0);
    let words = grid.caption.directions.as_str();
    // Shorter where the pane is narrow: without what the normalisation refers to, then without the normalisation.
    let lengths = [words.len(), words.find(" to ").unwrap_or(words.len()), words.find(',').unwrap_or(words.len())];
    let texts = lengths.map(|length| format!("{} · ±{}", &words[..length], format::setting(range)));
    let room = frame.rect.width() - 28.0;
    let fits = |text: &str| painter.layout_no_wrap(text.to_owned(), small(), ON_LANDSCAPE).size().x <= room;
    let text = texts.iter().find(|text| fits(text)).unwrap_or(&texts[2]);
    let rect = box_text(painter, frame.rect.left_top() + vec2(8.0, 8.0), Align2::LEFT_TOP, text);
    let id = ui.scope_id().with("caption");
    ui.interact(rect, id, egui::Sense::hover()).on_hover_ui(|ui| {
        let caption = &grid.caption;
        ui.label(&caption.directions);
        ui.label(format!("Loss: {}", caption.objective));
        if let Some(seed) = caption.seed {
            ui.label(format!("Seed {seed} of the directions"));
        }
        ui.label(format!(
            "{}° between the directions, norms {} and {}: distance is coordinate times norm.",
            format::number(caption.angle_degrees),
            format::number(caption.norms[0]),
            format::number(caption.norms[1])
        ));
        ui.label(format!(
            "Computed at step {}, centre loss {}",
            format::grouped(grid.step),
            format::number(grid.center_loss)
        ));
        if grid.noise_radius.is_some() {
            ui.label("Dashed: σ√d, the length of the noise, measured along each direction.");
        }
        ui.label("Scroll to see a smaller or a larger part, double click for the range of the experiment.");
        if grid.ascent.is_some() {
            ui.label("Arrow: the ascent step of SAM, projected on the plane.");
        }
    });
    rect
}

fn paint_cursor(painter: &egui::Painter, frame: &SliceFrame, slice: &Slice, cursor: Cursor) {
    let pos = frame.screen(cursor.place);
    if !frame.rect.contains(pos) {
        return;
    }
    let stroke = Stroke::new(1.0, CROSSHAIR);
    painter.hline(frame.rect.x_range(), pos.y, stroke);
    painter.vline(pos.x, frame.rect.y_range(), stroke);
    let near = slice
        .grid
        .path
        .iter()
        .map(|point| (frame.screen([point.x, point.y]).distance(pos), point))
        .filter(|(distance, _)| *distance < NEAR_PX)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let text = match near {
        Some((_, point)) if cursor.run == slice.grid.run => path_reading(point),
        _ => reading(slice, cursor.place),
    };
    box_text(painter, frame.rect.right_bottom() + vec2(-8.0, -8.0), Align2::RIGHT_BOTTOM, &text);
}

fn path_reading(point: &PathPoint) -> String {
    format!(
        "path at step {}\ntrue loss {}, {} off the plane",
        format::grouped(point.step),
        format::number(point.loss),
        format::number(point.distance)
    )
}

/// The loss at a place, interpolated between the four cells around it.
fn reading(slice: &Slice, [x, y]: [f64; 2]) -> String {
    let loss = bilinear(&slice.grid, x, y).map_or_else(|| "not finite".to_owned(), format::number);
    format!(
        "x {}  y {}  loss {loss}\nbilinear, computed at step {}",
        coordinate(x),
        coordinate(y),
        format::grouped(slice.grid.step)
    )
}

fn coordinate(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

/// Bilinear interpolation of the losses themselves, whatever the colour scale; `None` next to a masked cell.
fn bilinear(grid: &LossGrid, x: f64, y: f64) -> Option<f64> {
    let locate = |axis: &[f64], value: f64| -> Option<(usize, f64)> {
        let last = axis.len().checked_sub(2)?;
        let cell = axis.partition_point(|a| *a <= value).saturating_sub(1).min(last);
        Some((cell, ((value - axis[cell]) / (axis[cell + 1] - axis[cell])).clamp(0.0, 1.0)))
    };
    let ((i, tx), (j, ty)) = (locate(&grid.x, x)?, locate(&grid.y, y)?);
    let at = |i: usize, j: usize| grid.loss.get(j * grid.x.len() + i).copied();
    let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
    let low = mix(at(i, j)?, at(i + 1, j)?, tx);
    let high = mix(at(i, j + 1)?, at(i + 1, j + 1)?, tx);
    Some(mix(low, high, ty)).filter(|loss| loss.is_finite())
}

fn small() -> FontId {
    FontId::proportional(11.5)
}

fn box_text(painter: &egui::Painter, place: Pos2, anchor: Align2, text: &str) -> Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), small(), ON_LANDSCAPE);
    let rect = anchor.anchor_size(place, galley.size() + vec2(12.0, 6.0));
    painter.rect_filled(rect, 4.0, LANDSCAPE_SHADE);
    painter.galley(rect.min + vec2(6.0, 3.0), galley, ON_LANDSCAPE);
    rect
}
