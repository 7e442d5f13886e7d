//! What charts share from frame to frame, and how the pointer and the keys move what they show.

use std::collections::{BTreeSet, HashMap};

use egui::{Key, PointerButton, Pos2, Rect, Stroke, StrokeKind};
use egui_plot::PlotTransform;

use super::chart::Chart;
use super::lines::LineCache;
use crate::protocol::RunId;
use crate::ui::theme::Tokens;

/// Boxes smaller than this are slips of the hand, in points.
const LEAST_BOX: f32 = 5.0;
/// One press of + or − zooms by so much.
const KEY_ZOOM: f64 = 1.5;
/// One press of an arrow moves by so much of what is seen.
const KEY_PAN: f64 = 0.15;

/// What charts share from frame to frame.
#[derive(Debug, Default)]
pub struct ChartMemory {
    /// The points of lines.
    pub cache: LineCache,
    /// Logarithmic vertical axes.
    pub is_log: bool,
    /// Weight of the past in smoothed lines; 0 for none.
    pub smoothing: f64,
    /// Runs that no chart shows.
    pub hidden: BTreeSet<RunId>,
    /// Parts of horizontal axes that are seen, where they were zoomed.
    zooms_x: HashMap<&'static str, [f64; 2]>,
    /// The same of vertical axes, each chart for itself.
    zooms_y: HashMap<&'static str, [f64; 2]>,
    /// Where the box that is being drawn began, and in which chart.
    box_start: Option<(&'static str, Pos2)>,
    /// Where the pointer is on the linked axis, as of this frame and the last.
    hover: [Option<f64>; 2],
    frame: u64,
}

impl ChartMemory {
    /// Begins a frame; called again in the same frame it does nothing.
    pub fn begin_frame(&mut self, frame: u64) {
        if self.frame != frame {
            self.frame = frame;
            self.hover = [None, self.hover[0]];
        }
    }

    /// Sees everything again.
    pub fn fit(&mut self) {
        self.zooms_x.clear();
        self.zooms_y.clear();
        self.box_start = None;
    }

    /// Fits the vertical axes: what they count changed.
    pub fn fit_y(&mut self) {
        self.zooms_y.clear();
    }

    /// The part of a horizontal axis that is seen; `None` for all.
    #[must_use]
    pub fn zoom_x(&self, key: &str) -> Option<[f64; 2]> {
        self.zooms_x.get(key).copied()
    }

    /// The part of the vertical axis of a chart that is seen; `None` for what suits.
    #[must_use]
    pub fn zoom_y(&self, chart: &str) -> Option<[f64; 2]> {
        self.zooms_y.get(chart).copied()
    }

    /// Where the pointer is on the linked axis.
    #[must_use]
    pub const fn shared_hover(&self) -> Option<f64> {
        self.hover[1]
    }

    /// Tells the other charts where the pointer is.
    pub const fn share_hover(&mut self, x: f64) {
        self.hover[0] = Some(x);
    }

    fn set_x(&mut self, key: &'static str, range: [f64; 2]) {
        if range.iter().all(|end| end.is_finite()) && range[1] - range[0] > 1e-9 * range[1].abs().max(1e-9) {
            self.zooms_x.insert(key, range);
        }
    }

    fn set_y(&mut self, chart: &'static str, range: [f64; 2]) {
        if range.iter().all(|end| end.is_finite()) && range[1] > range[0] {
            self.zooms_y.insert(chart, range);
        }
    }
}

/// A range zoomed by `factor` about a place.
fn zoomed([low, high]: [f64; 2], about: f64, factor: f64) -> [f64; 2] {
    [about + (low - about) / factor, about + (high - about) / factor]
}

impl Chart {
    /// Moves the view as the pointer and the keys ask: drag pans, Shift or the second button draws a box, Ctrl and the wheel
    /// zoom, a double click fits; with the focus + − ← → and Home do.
    pub fn navigate(
        &self,
        ui: &egui::Ui,
        memory: &mut ChartMemory,
        transform: &PlotTransform,
        response: &egui::Response,
    ) {
        let bounds = transform.bounds();
        let range = [bounds.min()[0], bounds.max()[0]];
        let frame = *transform.frame();
        self.drag(ui, memory, transform, response);
        if let Some(pos) = response.hover_pos().filter(|pos| frame.contains(*pos)) {
            let factor = f64::from(ui.input(egui::InputState::zoom_delta));
            if factor != 1.0 {
                let about = transform.value_from_position(pos).x;
                memory.set_x(self.zoom_key(), zoomed(range, about, factor));
                ui.ctx().request_repaint();
            }
        }
        if response.double_clicked() {
            memory.fit();
            ui.ctx().request_repaint();
        }
        if response.has_focus() {
            ui.painter().rect_stroke(frame, 2.0, Stroke::new(1.0, Tokens::of(ui).weak.0), StrokeKind::Outside);
            self.keys(ui, memory, range, response);
        }
    }

    fn drag(&self, ui: &egui::Ui, memory: &mut ChartMemory, transform: &PlotTransform, response: &egui::Response) {
        let frame = *transform.frame();
        let is_boxing = response.dragged_by(PointerButton::Secondary)
            || (response.dragged_by(PointerButton::Primary) && ui.input(|input| input.modifiers.shift));
        if response.drag_started() && is_boxing {
            memory.box_start = ui.input(|input| input.pointer.press_origin()).map(|pos| (self.id, pos));
        }
        if let Some((_, start)) = memory.box_start.filter(|(id, _)| *id == self.id) {
            let Some(end) = ui.input(|input| input.pointer.interact_pos()) else { return };
            let rect = Rect::from_two_pos(start, end).intersect(frame);
            if response.drag_stopped() {
                memory.box_start = None;
                if rect.width() > LEAST_BOX {
                    let corners = [rect.left_bottom(), rect.right_top()].map(|pos| transform.value_from_position(pos));
                    memory.set_x(self.zoom_key(), corners.map(|corner| corner.x));
                    // A flat box is meant for the horizontal axis alone.
                    if rect.height() > 3.0 * LEAST_BOX {
                        memory.set_y(self.id, corners.map(|corner| corner.y));
                    }
                }
                ui.ctx().request_repaint();
            } else if response.dragged() {
                let tokens = Tokens::of(ui);
                let stroke = Stroke::new(1.0, tokens.text.0);
                ui.painter().rect(rect, 0.0, tokens.accent.0.gamma_multiply(0.15), stroke, StrokeKind::Inside);
            } else {
                memory.box_start = None;
            }
            return;
        }
        if response.dragged_by(PointerButton::Primary) {
            let delta = response.drag_delta();
            let bounds = transform.bounds();
            let moved = |axis: usize, by: f64| [bounds.min()[axis] - by, bounds.max()[axis] - by];
            let [per_x, per_y] = transform.dvalue_dpos();
            if delta.x != 0.0 {
                memory.set_x(self.zoom_key(), moved(0, f64::from(delta.x) * per_x));
            }
            if delta.y != 0.0 && memory.zoom_y(self.id).is_some() {
                memory.set_y(self.id, moved(1, f64::from(delta.y) * per_y));
            }
        }
    }

    fn keys(&self, ui: &egui::Ui, memory: &mut ChartMemory, range: [f64; 2], response: &egui::Response) {
        let filter = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let pressed = |keys: &[Key]| ui.input(|input| keys.iter().any(|key| input.key_pressed(*key)));
        let (center, width) = (0.5 * (range[0] + range[1]), range[1] - range[0]);
        if pressed(&[Key::Plus, Key::Equals]) {
            memory.set_x(self.zoom_key(), zoomed(range, center, KEY_ZOOM));
        }
        if pressed(&[Key::Minus]) {
            memory.set_x(self.zoom_key(), zoomed(range, center, 1.0 / KEY_ZOOM));
        }
        for (key, side) in [(Key::ArrowLeft, -KEY_PAN), (Key::ArrowRight, KEY_PAN)] {
            if pressed(&[key]) {
                memory.set_x(self.zoom_key(), range.map(|end| end + side * width));
            }
        }
        if pressed(&[Key::Home]) {
            memory.fit();
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
        let mut memory = ChartMemory::default();
        for range in [[1.0, 1.0], [2.0, 1.0], [f64::NAN, 1.0], [0.0, f64::INFINITY]] {
            memory.set_x("linked", range);
            memory.set_y("loss", range);
        }
        assert_eq!((memory.zoom_x("linked"), memory.zoom_y("loss")), (None, None));
        memory.set_x("linked", [1.0, 2.0]);
        assert_eq!(memory.zoom_x("linked"), Some([1.0, 2.0]));
        memory.fit();
        assert_eq!(memory.zoom_x("linked"), None);
    }
}
