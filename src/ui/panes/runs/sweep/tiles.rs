//! Small landscapes of a sweep, one for each value: the same two directions, the same range, one colour scale.

use std::sync::Arc;

use egui::{Align2, Color32, FontId, Rect, Role, Sense, Stroke, TextStyle, Ui, Vec2, pos2, vec2};

use super::family::Family;
use crate::config::KnobId;
use crate::protocol::LossGrid;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::{ON_LANDSCAPE, PATH_SHADE, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::plots::contour_view;
use crate::ui::plots::scaled::SharedScale;
use crate::ui::plots::slice_frame::SliceFrame;
use crate::ui::state::run_view::{RunState, RunView};
use crate::ui::state::words;

/// Pictures of the window that these follow: those of the live view and of measurements come before.
const FIRST_PANE: u32 = 1 << 28;
/// Between two pictures, in points.
const GAP: f32 = 8.0;
/// The line below a picture, in points.
const LINE: f32 = 18.0;
/// The least side of a picture, in points.
const LEAST: f32 = 72.0;

/// Pictures in rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    count: usize,
    columns: usize,
    side: f32,
}

impl Rows {
    /// So many pictures as large as they can be in this room, and never smaller than can be seen.
    pub fn new(count: usize, room: Vec2) -> Self {
        let count = count.max(1);
        let side = |columns: usize| {
            let rows = count.div_ceil(columns) as f32;
            let width = (room.x - GAP * (columns as f32 - 1.0)) / columns as f32;
            width.min((room.y - GAP * (rows - 1.0)) / rows - LINE)
        };
        // Of two that give the same size the one with fewer rows.
        let columns = (1..=count).max_by(|a, b| side(*a).total_cmp(&side(*b))).unwrap_or(1);
        let most = ((room.x + GAP) / (LEAST + GAP)).floor().max(1.0) as usize;
        let columns = if side(columns) < LEAST { count.min(most) } else { columns };
        Self { count, columns, side: side(columns).max(LEAST).min(room.x.max(LEAST)) }
    }

    /// The height of all.
    pub fn height(&self) -> f32 {
        let rows = self.count.div_ceil(self.columns) as f32;
        rows * (self.side + LINE + GAP) - GAP
    }

    /// Where a picture is, from the upper left corner of all.
    fn place(&self, index: usize) -> Rect {
        let (column, row) = ((index % self.columns) as f32, (index / self.columns) as f32);
        let min = pos2(column * (self.side + GAP), row * (self.side + LINE + GAP));
        Rect::from_min_size(min, Vec2::splat(self.side))
    }
}

/// The slices that were drawn last, on their scale.
#[derive(Debug, Default)]
pub struct Tiles {
    of: Vec<Option<Arc<LossGrid>>>,
    scaled: Option<SharedScale>,
}

impl Tiles {
    /// Draws the landscape of the first run of each value, and what they have in common.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        seen: Seen<'_>,
        (knob, family): (KnobId, &Family<'_>),
        rows: Rows,
        asks: &mut Asks,
    ) {
        let runs: Vec<&RunView> = family.values.iter().filter_map(|(_, runs)| runs.first().copied()).collect();
        self.look(&runs);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), rows.height()), Sense::hover());
        for (index, run) in runs.iter().enumerate() {
            let place = rows.place(index).translate(rect.min.to_vec2());
            let value = format!("{} {}", words::symbol(knob), words::knob_value(knob, run.knobs.value(knob)));
            if self.tile_ui(ui, place, index, run, &value) {
                let place = seen.model.runs.iter().position(|other| other.info.run == run.info.run);
                asks.push(Ask::Select(place));
            }
        }
        if let Some(text) = self.caption() {
            widgets::small_weak_ui(ui, text);
        }
    }

    /// Takes the newest slices of the runs that lie in one plane.
    fn look(&mut self, runs: &[&RunView]) {
        let grids = || runs.iter().filter_map(|run| Some(&run.slice.as_ref()?.grid));
        let newest = grids().max_by_key(|grid| grid.generation).cloned();
        let is_alike = |grid: &LossGrid| {
            newest.as_ref().is_some_and(|newest| {
                (grid.generation, grid.x.first(), grid.x.last())
                    == (newest.generation, newest.x.first(), newest.x.last())
            })
        };
        let of: Vec<Option<Arc<LossGrid>>> = runs
            .iter()
            .map(|run| run.slice.as_ref().map(|slice| &slice.grid).filter(|grid| is_alike(grid)).cloned())
            .collect();
        let is_same = |(a, b): (&Option<Arc<LossGrid>>, &Option<Arc<LossGrid>>)| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if self.scaled.is_none() || of.len() != self.of.len() || !of.iter().zip(&self.of).all(is_same) {
            let slices = of.iter().map(|grid| match grid {
                Some(grid) => (grid.loss.as_slice(), grid.x.len()),
                None => ([].as_slice(), 0),
            });
            self.scaled = Some(SharedScale::new(slices));
            self.of = of;
        }
    }

    /// Draws one. True when it is clicked.
    fn tile_ui(&self, ui: &Ui, place: Rect, index: usize, run: &RunView, value: &str) -> bool {
        let tokens = Tokens::of(ui);
        let response =
            ui.interact(place.intersect(ui.clip_rect()), ui.scope_id().with(("tile", index)), Sense::click());
        widgets::name(&response, Role::Image, &format!("Landscape at {value}"));
        let scaled = self.scaled.as_ref().and_then(|scaled| Some((scaled.grids.get(index)?.as_ref()?, scaled.style?)));
        let slice = self.of.get(index).and_then(Option::as_ref);
        if let (Some((grid, style)), Some(slice)) = (scaled, slice) {
            let pane = FIRST_PANE + index as u32;
            ui.painter().add(contour_view::shape(ui.ctx(), place, pane, grid, style));
            path_ui(ui, place, slice, run.color(Tokens::for_theme(egui::Theme::Dark)));
        } else {
            ui.painter().rect_filled(place, contour_view::CORNER_RADIUS, tokens.raised.0);
            let font = TextStyle::Small.resolve(ui.style());
            let text = if run.slice.is_some() { "on another plane" } else { "no slice yet" };
            ui.painter().text(place.center(), Align2::CENTER_CENTER, text, font, tokens.weak.0);
        }
        if response.has_focus() {
            ui.painter().rect_stroke(
                place,
                contour_view::CORNER_RADIUS,
                ui.visuals().widgets.hovered.bg_stroke,
                egui::StrokeKind::Inside,
            );
        }
        line_ui(ui, place, run, value);
        let is_clicked = response.clicked();
        response.on_hover_text(format!("{}, {value}: {}. A click selects it.", run.name(), step_words(run, slice)));
        is_clicked
    }

    /// What the pictures have in common; `None` where there is none.
    fn caption(&self) -> Option<String> {
        let grid = self.of.iter().flatten().next()?;
        let range = grid.x.last().copied().unwrap_or(0.0);
        let scale = self.scaled.as_ref().and_then(|scaled| scaled.style.as_ref()).map(SharedScale::words);
        let caption = &grid.caption;
        Some(format!(
            "{}{} · ±{} · {}",
            caption.directions,
            caption.seed.map(|seed| format!(", seed {seed}")).unwrap_or_default(),
            format::setting(range),
            scale.unwrap_or_else(|| "no finite loss".to_owned()),
        ))
    }
}

fn path_ui(ui: &Ui, place: Rect, slice: &LossGrid, color: Color32) {
    let frame = SliceFrame::new(place, slice);
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    let points: Vec<egui::Pos2> = slice.path.iter().map(|point| frame.screen([point.x, point.y])).collect();
    painter.add(egui::Shape::line(points.clone(), Stroke::new(2.4, PATH_SHADE)));
    painter.add(egui::Shape::line(points, Stroke::new(1.2, color)));
    painter.circle(frame.screen([0.0, 0.0]), 3.0, color, Stroke::new(1.0, ON_LANDSCAPE));
}

/// The value below its picture, with the colour of its run.
fn line_ui(ui: &Ui, place: Rect, run: &RunView, value: &str) {
    let tokens = Tokens::of(ui);
    let middle = place.bottom() + 0.5 * LINE;
    ui.painter().circle_filled(pos2(place.left() + 5.0, middle), 3.5, run.color(tokens));
    let font = FontId::proportional(TextStyle::Small.resolve(ui.style()).size);
    let text = match run.state {
        RunState::Diverged { step, .. } => format!("{value}, diverged at step {}", format::grouped(step)),
        _ => value.to_owned(),
    };
    let clip = Rect::from_min_max(pos2(place.left(), place.bottom()), pos2(place.right() + GAP, place.bottom() + LINE));
    let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
    painter.text(pos2(place.left() + 13.0, middle), Align2::LEFT_CENTER, text, font, tokens.text.0);
}

fn step_words(run: &RunView, slice: Option<&Arc<LossGrid>>) -> String {
    let step = format::grouped(run.step());
    match slice {
        Some(slice) => format!("step {step}, slice of step {}", format::grouped(slice.step)),
        None => format!("step {step}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fill_a_room_and_none_lies_on_another() {
        for count in 1..=9 {
            for room in [vec2(800.0, 200.0), vec2(240.0, 400.0), vec2(60.0, 40.0)] {
                let rows = Rows::new(count, room);
                assert!(rows.side >= LEAST && rows.columns >= 1, "{count} {room}: {rows:?}");
                let last = rows.place(count - 1);
                assert!((last.bottom() + LINE - rows.height()).abs() < 1e-3, "{count} {room}: {rows:?}");
                assert!((1..count).all(|index| !rows.place(index).intersects(rows.place(index - 1))), "{rows:?}");
                assert!(room.x < LEAST || last.right() <= room.x + 0.5, "{count} {room}: {rows:?}");
            }
        }
        assert_eq!(Rows::new(5, vec2(800.0, 180.0)).columns, 5);
    }
}
