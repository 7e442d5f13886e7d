//! Turns of knobs, points where runs branched, steps at which they diverged, were best on validation examples or passed the edge of
//! stability, and alerts, as dashed lines across the charts over the course of the runs.

use egui::{Align2, Color32, Rect, Shape, Stroke, Ui, pos2, vec2};
use egui_plot::PlotTransform;

use super::memory::ChartMemory;
use super::quantity::{XAxis, evaluations_at, seconds_at};
use crate::export::ChartMarker;
use crate::protocol::AlertRow;
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::chart::picture::rgb;
use crate::ui::state::course::{change, passage};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::{Best, Crossing, EditMark, RunState, RunView};

/// Markers drawn at most: the newest ones.
const MAX_MARKERS: usize = 24;
/// Passages of the edge that are drawn of a run: the newest.
const MAX_CROSSINGS: usize = 6;
const ROW_HEIGHT: f32 = 13.0;
const LABEL_ROWS: usize = 3;
/// A marker nearer than this to the pointer is read out, in points.
const NEAR: f32 = 5.0;

/// What a chart marks, and on which axis.
#[derive(Debug, Clone, Copy)]
pub struct Marked {
    /// The axis.
    pub axis: XAxis,
    /// Also the evaluation of each run that has the least validation loss.
    pub has_best: bool,
    /// Also where λmax passed the edge of stability.
    pub has_edge: bool,
}

impl Marked {
    /// The course of the runs alone.
    pub const fn course(axis: XAxis) -> Self {
        Self { axis, has_best: false, has_edge: false }
    }
}

/// What is marked.
#[derive(Clone, Copy)]
enum What<'a> {
    Edit(&'a EditMark),
    Branch,
    Diverged,
    Best(Best),
    Edge(Crossing),
    Alert(&'a AlertRow),
}

/// A place on the axis that is marked.
#[derive(Clone, Copy)]
struct Marker<'a> {
    run: &'a RunView,
    step: u64,
    what: What<'a>,
}

impl Marker<'_> {
    fn place(&self, axis: XAxis) -> f64 {
        let clock = self.run.steps.rows();
        match (axis, self.what) {
            (XAxis::Step, _) => self.step as f64,
            (XAxis::GradientEvaluations, What::Edit(edit)) => edit.gradient_evaluations as f64,
            (XAxis::GradientEvaluations, _) => evaluations_at(clock, self.step),
            (XAxis::Seconds, _) => seconds_at(clock, self.step),
            (XAxis::TrainLoss, _) => f64::NAN,
        }
    }

    fn words(&self) -> String {
        match self.what {
            What::Edit(edit) => change(edit),
            What::Branch => "branched".to_owned(),
            What::Diverged => "diverged".to_owned(),
            What::Best(best) => format!("best on validation, step {}", format::grouped(best.step)),
            What::Edge(_) => "edge".to_owned(),
            What::Alert(mark) => format!("alert: {}", mark.rule),
        }
    }

    /// With the run's name where that is not plain: a knob that several runs have needs it, and all else.
    fn label(&self, model: &Model) -> String {
        let is_shared = !matches!(self.what, What::Edit(edit) if edit.knob.readers().count() == 1);
        let needs_name = model.runs.len() > 1 && (is_shared || model.runs.len() > 3);
        if needs_name { format!("{} {}", self.run.name(), self.words()) } else { self.words() }
    }

    fn color(&self, tokens: &Tokens) -> Color32 {
        match self.what {
            What::Edit(_) => tokens.marker.0,
            What::Branch | What::Best(_) | What::Edge(_) => self.run.color(tokens),
            What::Diverged | What::Alert(_) => tokens.error.0,
        }
    }

    /// A sentence without its full stop.
    fn sentence(&self, model: &Model) -> String {
        let (name, step) = (self.run.name(), format::grouped(self.step));
        match (self.what, self.run.info.parent()) {
            (What::Branch, Some((parent, _))) => {
                let parent = model.run(parent).map_or("a run that is gone", RunView::name);
                format!("{name} branched from {parent} at step {step}")
            }
            (What::Diverged, _) => format!("{name} diverged at step {step}: the loss or a weight was not finite"),
            (What::Best(best), _) => {
                format!("{name}: least validation loss {} at step {step}", format::number(best.loss))
            }
            (What::Edge(crossing), _) => passage(name, &crossing),
            (What::Alert(mark), _) => mark.words.clone(),
            _ => format!("{name}: {} at step {step}", self.words()),
        }
    }
}

/// The newest markers of `runs`, the newest first.
fn markers<'a>(model: &'a Model, runs: impl Iterator<Item = &'a RunView>, marked: Marked) -> Vec<Marker<'a>> {
    let mut markers = Vec::new();
    for run in runs {
        // A branch has its parent's turns too; they are marked once, with the parent.
        let start = run.info.parent().map_or(0, |(_, step)| step);
        let is_shared = run.info.parent().is_some_and(|(parent, _)| model.run(parent).is_some());
        let newest = run.edits.iter().rev().take(MAX_MARKERS).filter(|edit| !is_shared || edit.step > start);
        markers.extend(newest.map(|edit| Marker { run, step: edit.step, what: What::Edit(edit) }));
        markers.extend(run.info.parent().map(|(_, step)| Marker { run, step, what: What::Branch }));
        if let RunState::Diverged { step, .. } = run.state {
            markers.push(Marker { run, step, what: What::Diverged });
        }
        markers.extend(run.alerts.iter().map(|mark| Marker { run, step: mark.step, what: What::Alert(mark) }));
        let best = run.best_validation().filter(|_| marked.has_best);
        markers.extend(best.map(|best| Marker { run, step: best.step, what: What::Best(best) }));
        let crossings = run.edge.crossings().iter().rev().take(MAX_CROSSINGS).filter(|_| marked.has_edge);
        markers.extend(crossings.map(|&crossing| Marker { run, step: crossing.step, what: What::Edge(crossing) }));
    }
    markers.sort_by_key(|marker| std::cmp::Reverse(marker.step));
    markers.truncate(MAX_MARKERS);
    markers
}

/// Why there may be no value at all: a run that diverged before there was one.
pub fn ended<'a>(mut runs: impl Iterator<Item = &'a RunView>) -> Option<String> {
    runs.find_map(|run| match run.state {
        RunState::Diverged { step, .. } => {
            Some(format!("no values: {} diverged at step {}", run.name(), format::grouped(step)))
        }
        RunState::Training | RunState::Finished => None,
    })
}

/// What stands near a place on the screen: one line for each marker.
pub fn near(transform: &PlotTransform, model: &Model, memory: &ChartMemory, marked: Marked, x_px: f32) -> Vec<String> {
    let is_near = |marker: &&Marker| (transform.position_from_point_x(marker.place(marked.axis)) - x_px).abs() < NEAR;
    let all = markers(model, memory.shown(model), marked);
    all.iter().filter(is_near).map(|marker| marker.sentence(model)).collect()
}

/// The markers of `runs` for a picture.
pub fn of_runs<'a>(
    model: &'a Model,
    runs: impl Iterator<Item = &'a RunView>,
    marked: Marked,
    tokens: &Tokens,
) -> Vec<ChartMarker> {
    let marker = |marker: Marker| ChartMarker {
        x: marker.place(marked.axis),
        text: marker.label(model),
        color: rgb(marker.color(tokens)),
    };
    markers(model, runs, marked).into_iter().map(marker).collect()
}

/// Draws the markers of `runs`, the newest labels first where there is no room for all, and none over what stands there already.
pub fn paint<'a>(
    ui: &egui::Ui,
    transform: &PlotTransform,
    model: &'a Model,
    (runs, covered): (impl Iterator<Item = &'a RunView>, Option<Rect>),
    marked: Marked,
) {
    let tokens = Tokens::of(ui);
    let frame = *transform.frame();
    let painter = ui.painter().with_clip_rect(frame);
    let font = egui::FontId::proportional(11.0);
    let mut taken: Vec<Rect> = covered.into_iter().collect();
    for marker in markers(model, runs, marked) {
        let x = transform.position_from_point_x(marker.place(marked.axis));
        if !frame.x_range().contains(x) {
            continue;
        }
        let color = marker.color(tokens);
        let stroke = Stroke::new(1.0, color);
        painter.extend(Shape::dashed_line(&[pos2(x, frame.top()), pos2(x, frame.bottom())], stroke, 3.0, 3.0));
        // Some colours of runs are too light for letters.
        let color =
            if matches!(marker.what, What::Branch | What::Best(_) | What::Edge(_)) { tokens.text.0 } else { color };
        let text = marker.label(model);
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

/// What is marked near the pointer.
pub fn edits_ui(ui: &mut Ui, edits: &[String]) {
    for edit in edits {
        ui.colored_label(Tokens::of(ui).marker.0, edit);
    }
}
