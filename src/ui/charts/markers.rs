//! Turns of knobs and points where runs branched, as dashed lines across the charts over the course of the runs.

use egui::{Align2, Color32, Rect, Shape, Stroke, pos2, vec2};
use egui_plot::PlotTransform;

use super::navigation::ChartMemory;
use super::quantity::{XAxis, evaluations_at, seconds_at};
use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::run_view::{EditMark, RunView};
use crate::ui::theme::Tokens;

/// Markers drawn at most: the newest ones.
const MAX_MARKERS: usize = 24;
const ROW_HEIGHT: f32 = 13.0;
const LABEL_ROWS: usize = 3;
/// A marker nearer than this to the pointer is read out, in points.
const NEAR: f32 = 5.0;

/// A place on the axis that is marked.
struct Marker<'a> {
    run: &'a RunView,
    step: u64,
    /// `None` for the point where the run branched.
    edit: Option<&'a EditMark>,
}

impl Marker<'_> {
    fn place(&self, axis: XAxis) -> f64 {
        let clock = self.run.steps.rows();
        match axis {
            XAxis::Step => self.step as f64,
            XAxis::GradientEvaluations => {
                self.edit.map_or_else(|| evaluations_at(clock, self.step), |edit| edit.gradient_evaluations as f64)
            }
            XAxis::Seconds => seconds_at(clock, self.step),
            XAxis::TrainLoss => f64::NAN,
        }
    }

    fn change(&self) -> String {
        match self.edit {
            Some(edit) => format!(
                "{} {} → {}",
                format::symbol(edit.knob),
                format::knob_value(edit.knob, edit.old),
                format::knob_value(edit.knob, edit.new)
            ),
            None => "branched".to_owned(),
        }
    }
}

/// The newest markers of all runs that are shown, the newest first.
fn markers<'a>(model: &'a Model, memory: &ChartMemory) -> Vec<Marker<'a>> {
    let runs = || model.runs.iter().filter(|run| !memory.hidden.contains(&run.info.run));
    let edits = runs().flat_map(|run| {
        // A branch has its parent's turns too; they are marked once, with the parent.
        let start = run.info.parent().map_or(0, |(_, step)| step);
        let is_shared = run.info.parent().is_some_and(|(parent, _)| model.run(parent).is_some());
        let newest = run.edits.iter().rev().take(MAX_MARKERS).filter(move |edit| !is_shared || edit.step > start);
        newest.map(move |edit| Marker { run, step: edit.step, edit: Some(edit) })
    });
    let branches = runs().filter_map(|run| run.info.parent().map(|(_, step)| Marker { run, step, edit: None }));
    let mut markers: Vec<Marker> = edits.chain(branches).collect();
    markers.sort_by_key(|marker| std::cmp::Reverse(marker.step));
    markers.truncate(MAX_MARKERS);
    markers
}

/// What stands near a place on the screen: one line for each marker.
pub fn near(transform: &PlotTransform, model: &Model, memory: &ChartMemory, axis: XAxis, x_px: f32) -> Vec<String> {
    let is_near = |marker: &&Marker| (transform.position_from_point_x(marker.place(axis)) - x_px).abs() < NEAR;
    let all = markers(model, memory);
    all.iter()
        .filter(is_near)
        .map(|marker| {
            let (name, step) = (marker.run.name(), format::grouped(marker.step));
            match (marker.edit, marker.run.info.parent()) {
                (None, Some((parent, _))) => {
                    let parent = model.run(parent).map_or("a run that is gone", RunView::name);
                    format!("{name} branched from {parent} at step {step}")
                }
                _ => format!("{name}: {} at step {step}", marker.change()),
            }
        })
        .collect()
}

/// Draws all markers, the newest labels first where there is no room for all.
pub fn paint(ui: &egui::Ui, transform: &PlotTransform, model: &Model, memory: &ChartMemory, axis: XAxis) {
    let tokens = Tokens::of(ui);
    let frame = *transform.frame();
    let painter = ui.painter().with_clip_rect(frame);
    let font = egui::FontId::proportional(11.0);
    let mut taken: Vec<Rect> = Vec::new();
    for marker in markers(model, memory) {
        let x = transform.position_from_point_x(marker.place(axis));
        if !frame.x_range().contains(x) {
            continue;
        }
        let color: Color32 = if marker.edit.is_some() { tokens.marker.0 } else { marker.run.color(tokens) };
        let stroke = Stroke::new(1.0, color);
        painter.extend(Shape::dashed_line(&[pos2(x, frame.top()), pos2(x, frame.bottom())], stroke, 3.0, 3.0));
        // A knob that several runs have needs the run's name, and so does a branch.
        let is_shared = marker.edit.is_none_or(|edit| edit.knob.spec().optimizers.len() > 1);
        let needs_name = model.runs.len() > 1 && (is_shared || model.runs.len() > 3);
        let change = marker.change();
        let text = if needs_name { format!("{} {change}", marker.run.name()) } else { change };
        let galley = painter.layout_no_wrap(text, font.clone(), color);
        let is_at_right = x + 4.0 + galley.size().x <= frame.right();
        let left = if is_at_right { x + 4.0 } else { x - 4.0 - galley.size().x };
        for row in 0..LABEL_ROWS {
            let top = frame.top() + row as f32 * ROW_HEIGHT;
            let rect = Align2::LEFT_TOP.anchor_size(pos2(left, top), galley.size() + vec2(0.0, -1.0));
            if !taken.iter().any(|other| other.intersects(rect)) {
                taken.push(rect);
                painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, tokens.background.0.gamma_multiply(0.85));
                painter.galley(rect.min, galley, color);
                break;
            }
        }
    }
}
