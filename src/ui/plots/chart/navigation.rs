//! How the pointer and the keys move what a chart shows.

use std::collections::HashMap;

use egui::{Id, Key, PointerButton, Pos2, Rect, Stroke, StrokeKind};
use egui_plot::PlotTransform;

use crate::ui::kit::theme::Tokens;

/// Boxes smaller than this are slips of the hand, in points.
const LEAST_BOX: f32 = 5.0;
/// One press of a key zooms by so much.
const KEY_ZOOM: f64 = 1.5;
/// One press of an arrow moves by so much of what is seen.
const KEY_PAN: f64 = 0.15;

/// What moves a chart, in a sentence.
pub const HOW_TO_MOVE: &str = "Drag to move, draw a box with Shift or the second button, zoom with Ctrl and the wheel; a double \
                               click fits. On a chart that has the focus + − and the arrows left and right do the same along \
                               it, Page up, Page down and the arrows up and down across it, and Home fits.";

/// The names of the two views of a chart. Charts with the same `x` share their horizontal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Views {
    /// Of the horizontal axis.
    pub x: Id,
    /// Of the vertical axis.
    pub y: Id,
}

impl Views {
    /// The horizontal view that all charts over the course of the runs share, and a vertical one of `chart`.
    #[must_use]
    pub fn linked(chart: &str) -> Self {
        Self { x: Id::NULL.with("linked charts"), y: Id::NULL.with(("chart", chart)) }
    }

    /// Views of `chart` alone.
    #[must_use]
    pub fn own(chart: impl std::hash::Hash + std::fmt::Debug) -> Self {
        let y = Id::NULL.with(("chart", chart));
        Self { x: y.with("x"), y }
    }
}

/// The parts of axes that are seen, where they were zoomed.
#[derive(Debug, Clone, Default)]
pub struct Zooms {
    ranges: HashMap<Id, [f64; 2]>,
    /// Where the box that is being drawn began, and in which chart.
    box_start: Option<(Id, Pos2)>,
}

impl Zooms {
    /// Sees everything again.
    pub fn fit(&mut self) {
        self.ranges.clear();
        self.box_start = None;
    }

    /// Fits all views but one.
    pub fn fit_others(&mut self, kept: Id) {
        self.ranges.retain(|view, _| *view == kept);
    }

    /// The part that is seen; `None` for what suits.
    #[must_use]
    pub fn of(&self, view: Id) -> Option<[f64; 2]> {
        self.ranges.get(&view).copied()
    }

    fn set(&mut self, view: Id, range: [f64; 2]) {
        if range.iter().all(|end| end.is_finite()) && range[1] - range[0] > 1e-9 * range[1].abs().max(1e-9) {
            self.ranges.insert(view, range);
        }
    }
}

/// A range zoomed by `factor` about a place.
fn zoomed([low, high]: [f64; 2], about: f64, factor: f64) -> [f64; 2] {
    [about + (low - about) / factor, about + (high - about) / factor]
}

/// What is seen of an axis of a plot, 0 for the horizontal one.
fn seen(transform: &PlotTransform, axis: usize) -> [f64; 2] {
    let bounds = transform.bounds();
    [bounds.min()[axis], bounds.max()[axis]]
}

impl Zooms {
    /// Moves the views as the pointer and the keys ask, see [`HOW_TO_MOVE`].
    pub fn navigate(&mut self, ui: &egui::Ui, views: Views, transform: &PlotTransform, response: &egui::Response) {
        let frame = *transform.frame();
        self.drag(ui, views, transform, response);
        if let Some(pos) = response.hover_pos().filter(|pos| frame.contains(*pos)) {
            let factor = f64::from(ui.input(egui::InputState::zoom_delta));
            if factor != 1.0 {
                let about = transform.value_from_position(pos).x;
                self.set(views.x, zoomed(seen(transform, 0), about, factor));
                ui.ctx().request_repaint();
            }
        }
        if response.double_clicked() {
            self.fit();
            ui.ctx().request_repaint();
        }
        if response.has_focus() {
            ui.painter().rect_stroke(frame, 2.0, Stroke::new(1.0, Tokens::of(ui).weak.0), StrokeKind::Outside);
            self.keys(ui, views, transform, response);
        }
    }

    fn drag(&mut self, ui: &egui::Ui, views: Views, transform: &PlotTransform, response: &egui::Response) {
        let frame = *transform.frame();
        let is_boxing = response.dragged_by(PointerButton::Secondary)
            || (response.dragged_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift));
        if response.drag_started() && is_boxing {
            self.box_start = ui.input(|input| input.pointer.press_origin()).map(|pos| (views.y, pos));
        }
        if let Some((_, start)) = self.box_start.filter(|(chart, _)| *chart == views.y) {
            let Some(end) = ui.input(|input| input.pointer.interact_pos()) else { return };
            let rect = Rect::from_two_pos(start, end).intersect(frame);
            if response.drag_stopped() {
                self.box_start = None;
                self.take_box(views, transform, rect);
                ui.ctx().request_repaint();
            } else if response.dragged() {
                let tokens = Tokens::of(ui);
                let stroke = Stroke::new(1.0, tokens.text.0);
                ui.painter().rect(rect, 0.0, tokens.accent.0.gamma_multiply(0.15), stroke, StrokeKind::Inside);
            } else {
                self.box_start = None;
            }
            return;
        }
        if response.dragged_by(PointerButton::Primary) {
            let delta = response.drag_delta();
            let [per_x, per_y] = transform.dvalue_dpos();
            if delta.x != 0.0 {
                self.set(views.x, seen(transform, 0).map(|end| end - f64::from(delta.x) * per_x));
            }
            if delta.y != 0.0 && self.of(views.y).is_some() {
                self.set(views.y, seen(transform, 1).map(|end| end - f64::from(delta.y) * per_y));
            }
        }
    }

    fn take_box(&mut self, views: Views, transform: &PlotTransform, rect: Rect) {
        if rect.width() > LEAST_BOX {
            let corners = [rect.left_bottom(), rect.right_top()].map(|pos| transform.value_from_position(pos));
            self.set(views.x, corners.map(|corner| corner.x));
            // A flat box is meant for the horizontal axis alone.
            if rect.height() > 3.0 * LEAST_BOX {
                self.set(views.y, corners.map(|corner| corner.y));
            }
        }
    }

    fn keys(&mut self, ui: &egui::Ui, views: Views, transform: &PlotTransform, response: &egui::Response) {
        let filter =
            egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let pressed = |keys: &[Key]| ui.input(|input| keys.iter().any(|key| input.key_pressed(*key)));
        let zooms: [(Id, usize, &[Key], f64); 4] = [
            (views.x, 0, &[Key::Plus, Key::Equals], KEY_ZOOM),
            (views.x, 0, &[Key::Minus], 1.0 / KEY_ZOOM),
            (views.y, 1, &[Key::PageUp], KEY_ZOOM),
            (views.y, 1, &[Key::PageDown], 1.0 / KEY_ZOOM),
        ];
        for (view, axis, _, factor) in zooms.into_iter().filter(|(_, _, keys, _)| pressed(keys)) {
            let range = seen(transform, axis);
            self.set(view, zoomed(range, 0.5 * (range[0] + range[1]), factor));
        }
        let pans = [
            (views.x, 0, Key::ArrowLeft, -KEY_PAN),
            (views.x, 0, Key::ArrowRight, KEY_PAN),
            (views.y, 1, Key::ArrowDown, -KEY_PAN),
            (views.y, 1, Key::ArrowUp, KEY_PAN),
        ];
        for (view, axis, _, share) in pans.into_iter().filter(|(_, _, key, _)| pressed(&[*key])) {
            let range = seen(transform, axis);
            self.set(view, range.map(|end| end + share * (range[1] - range[0])));
        }
        if pressed(&[Key::Home]) {
            self.fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_place_under_the_pointer() {
        let range = zoomed([0.0, 100.0], 25.0, 2.0);
        assert_eq!(range, [12.5, 62.5]);
        assert_eq!(zoomed(range, 25.0, 0.5), [0.0, 100.0]);
    }

    #[test]
    fn views_without_width_are_refused() {
        let mut zooms = Zooms::default();
        let views = Views::linked("loss");
        for range in [[1.0, 1.0], [2.0, 1.0], [f64::NAN, 1.0], [0.0, f64::INFINITY]] {
            zooms.set(views.x, range);
            zooms.set(views.y, range);
        }
        assert_eq!((zooms.of(views.x), zooms.of(views.y)), (None, None));
        zooms.set(views.x, [1.0, 2.0]);
        zooms.set(views.y, [3.0, 4.0]);
        assert_eq!(zooms.of(Views::linked("trace").x), Some([1.0, 2.0]), "linked charts share it");
        assert_eq!(zooms.of(Views::own("trace").x), None);
        zooms.fit_others(views.x);
        assert_eq!((zooms.of(views.x), zooms.of(views.y)), (Some([1.0, 2.0]), None));
        zooms.fit();
        assert_eq!(zooms.of(views.x), None);
    }
}
