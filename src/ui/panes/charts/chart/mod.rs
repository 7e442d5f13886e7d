//! One chart of lines over the course of the runs: axes, lines with their smoothed ones, bands, markers.

mod edge;
mod picture;
mod readings;
mod table;

use egui::{Color32, Ui};
use egui_plot::PlotTransform;

use super::export::{self, Exports};
use super::lines::LineKey;
use super::markers::{self, Marked};
use super::memory::ChartMemory;
use super::points::{LineData, LineView};
use super::quantity::{Quantity, XAxis};
use super::save::Out;
use crate::protocol::RunId;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::chart::axes::{Spacing, widened};
use crate::ui::plots::chart::navigation::Views;
use crate::ui::plots::chart::paint::{self, Pen};
use crate::ui::plots::chart::plot::{Axes, plot_ui};
use crate::ui::plots::chart::remarks::{empty_ui, left_out_words, remark_ui};
use crate::ui::plots::chart::title::{Title, titled_ui};
use crate::ui::state::model::Model;
use crate::ui::state::rows::Evaluated;

/// Rows are reduced to so many blocks for each point of the chart's width.
const BLOCKS_PER_POINT: f32 = 0.7;
/// A chart has at least so many blocks.
const LEAST_BLOCKS: usize = 60;
/// And at most so many: more than the widest screen shows.
const MOST_BLOCKS: usize = 2048;

/// Marks of a line keep this distance where they are many, in points: below them the stream is to be seen.
const MARK_DISTANCE: f32 = 8.0;
/// A chart has at least so many marks of a line, and at most so many.
const LEAST_MARKS: usize = 24;
const MOST_MARKS: usize = 300;

/// One line of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// The run.
    pub run: RunId,
    /// What is shown.
    pub quantity: Quantity,
    /// How.
    pub pen: Pen,
    /// Whether its standard error is drawn: as a band, or as bars of marks.
    pub has_band: bool,
    /// What the reading calls it, after the run's name; may be empty.
    pub name: &'static str,
}

/// The vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YAxis {
    /// Logarithmic where the switch says so.
    Switched,
    /// Logarithmic always.
    Logarithmic,
    /// A share of 0 to 1, as percent.
    Percent,
    /// Linear always.
    Linear,
}

/// What a chart shows.
pub struct Chart {
    /// Distinguishes charts.
    pub id: &'static str,
    /// What the vertical axis counts.
    pub title: &'static str,
    /// On what and how it was measured.
    pub note: &'static str,
    /// What explains it.
    pub term: Term,
    /// How it is to be read, where that is not plain; a saved picture says it too.
    pub caption: Option<&'static str>,
    /// The lines, in the order in which they are drawn.
    pub series: Vec<Series>,
    /// The horizontal axis.
    pub x_axis: XAxis,
    /// The vertical axis.
    pub y_axis: YAxis,
}

impl Chart {
    /// Draws the chart in all of `ui`.
    pub fn ui(&self, ui: &mut Ui, model: &Model, memory: &mut ChartMemory, out: &mut Out<'_>) {
        let is_log = self.is_log(memory);
        let note = self.note(memory, is_log);
        titled_ui(ui, Title { text: self.title, note: &note, term: Some(self.term) }, |ui| {
            let (figure, csv) = (|is_dark| self.figure(model, memory, is_dark), || self.csv(model, memory));
            export::menu_ui(ui, self.title, out, Exports { figure, csv, stride: self.stride(model) });
        });
        let views = self.views();
        let line_view = LineView {
            range: memory.zooms.of(views.x),
            buckets: ((ui.available_width() * BLOCKS_PER_POINT) as usize).clamp(LEAST_BLOCKS, MOST_BLOCKS),
            has_marks: false,
            smoothing: self.smoothing(memory),
        };
        let num_marks = (ui.available_width() / MARK_DISTANCE) as usize;
        let marks = LineView { buckets: num_marks.clamp(LEAST_MARKS, MOST_MARKS), has_marks: true, ..line_view };
        for series in &self.series {
            if let Some(run) = model.run(series.run) {
                let view = if series.pen == Pen::Marks { marks } else { line_view };
                let view = LineView { smoothing: self.smoothing_of(series, memory), ..view };
                memory.cache.update(run, self.key(series, is_log), view);
            }
        }
        let left_out = self.left_out(memory, is_log);
        let is_empty = |line: &LineData| !line.points.iter().any(|point| point.y.is_finite());
        if self.lines(memory, is_log).all(|(_, line)| is_empty(line)) {
            let is_hidden = !model.runs.is_empty() && memory.shown(model).next().is_none();
            let ended = markers::ended(memory.shown(model)).filter(|_| left_out == 0 && line_view.range.is_none());
            let why = why_empty(is_hidden, line_view.range.is_some(), left_out);
            empty_ui(ui, self.title, ended.as_deref().unwrap_or(why));
            return;
        }
        let axes = Axes {
            name: self.x_axis.axis_name(),
            x: self.x_axis.spacing(),
            y: self.spacing(is_log),
            ranges: [self.x_range(model, memory, is_log), self.y_range(model, memory, is_log)],
        };
        let (transform, response) = plot_ui(ui, self.id, &format!("Chart of {}", self.title), axes, |_| {});
        self.paint(ui, model, memory, &transform);
        let left_out = (left_out > 0).then(|| left_out_words(left_out));
        let remarks: Vec<String> = left_out.into_iter().chain(self.hidden_edges(model, memory, is_log)).collect();
        let remark = (!remarks.is_empty()).then(|| remark_ui(ui, *transform.frame(), &remarks.join(" · ")));
        if self.x_axis.ascends() {
            markers::paint(ui, &transform, model, (memory.shown(model), remark), self.marked());
        }
        memory.zooms.navigate(ui, views, &transform, &response);
        self.hover_ui(ui, model, memory, &transform, response);
    }

    /// Its note, with what the controls make of the chart.
    pub fn note(&self, memory: &ChartMemory, is_log: bool) -> String {
        let pens = if self.smoothing(memory) > 0.0 {
            self.note.replace(Pen::Thin.name(), Pen::Thin.smoothed().name())
        } else {
            self.note.to_owned()
        };
        match (pens.as_str(), is_log) {
            (_, false) => pens,
            ("", true) => "log".to_owned(),
            (note, true) => format!("log, {note}"),
        }
    }

    /// Whether its vertical axis is logarithmic.
    pub const fn is_log(&self, memory: &ChartMemory) -> bool {
        match self.y_axis {
            YAxis::Switched => memory.is_log,
            YAxis::Logarithmic => true,
            YAxis::Percent | YAxis::Linear => false,
        }
    }

    const fn spacing(&self, is_log: bool) -> Spacing {
        match (is_log, self.y_axis) {
            (true, _) => Spacing::Logarithmic,
            (false, YAxis::Percent) => Spacing::Percent,
            (false, _) => Spacing::Even,
        }
    }

    /// What is marked on it: beside a validation loss also where that is least, beside an edge also where λmax passed it.
    pub fn marked(&self) -> Marked {
        let is_of_validation = |series: &Series| {
            matches!(series.quantity, Quantity::Loss(Evaluated::Validation) | Quantity::Accuracy(Evaluated::Validation))
        };
        let has_edge = self.series.iter().any(|series| series.quantity == Quantity::Edge);
        Marked { axis: self.x_axis, has_best: self.series.iter().any(is_of_validation), has_edge }
    }

    /// The weight that its lines are smoothed with; 0 where they are not.
    pub fn smoothing(&self, memory: &ChartMemory) -> f64 {
        let has_few = self.series.iter().any(|series| series.pen == Pen::Dots);
        if self.x_axis.ascends() && !has_few { memory.smoothing } else { 0.0 }
    }

    /// The same of one line: marks stand by themselves, so that a mean over them would say what none of them does, and an edge
    /// is known exactly.
    pub fn smoothing_of(&self, series: &Series, memory: &ChartMemory) -> f64 {
        let is_as_it_is = series.pen == Pen::Marks || series.quantity == Quantity::Edge;
        if is_as_it_is { 0.0 } else { self.smoothing(memory) }
    }

    /// Values of its lines that its axes cannot show.
    pub fn left_out(&self, memory: &ChartMemory, is_log: bool) -> usize {
        self.lines(memory, is_log).map(|(_, line)| line.left_out).sum()
    }

    /// What its lines are called in the cache.
    pub const fn key(&self, series: &Series, is_log: bool) -> LineKey {
        LineKey { run: series.run, quantity: series.quantity, axis: self.x_axis, is_log }
    }

    fn views(&self) -> Views {
        if self.x_axis.ascends() { Views::linked(self.id) } else { Views::own(self.id) }
    }

    fn lines<'a>(&'a self, memory: &'a ChartMemory, is_log: bool) -> impl Iterator<Item = (&'a Series, &'a LineData)> {
        self.series
            .iter()
            .filter_map(move |series| memory.cache.line(self.key(series, is_log)).map(|line| (series, line)))
    }

    /// Draws bands, then lines in their order, marks with their errors.
    fn paint(&self, ui: &Ui, model: &Model, memory: &ChartMemory, transform: &PlotTransform) {
        let (tokens, is_log) = (Tokens::of(ui), self.is_log(memory));
        let painter = ui.painter().with_clip_rect(transform.frame().intersect(ui.clip_rect()));
        let color = |series: &Series| model.run(series.run).map_or(Color32::PLACEHOLDER, |run| run.color(tokens));
        let has_error = |series: &Series| series.has_band && self.x_axis.ascends();
        for (series, data) in self.lines(memory, is_log).filter(|(series, _)| has_error(series)) {
            let [xs, lows, highs] = &data.band;
            if series.pen != Pen::Marks {
                paint::band(&painter, transform, [xs, lows, highs], color(series).gamma_multiply(0.22));
            }
        }
        for (series, data) in self.lines(memory, is_log) {
            let [xs, lows, highs] = &data.band;
            if series.pen == Pen::Marks && has_error(series) {
                paint::bars(&painter, transform, [xs, lows, highs], color(series));
            }
            if data.smooth_points.is_empty() {
                paint::line(&painter, transform, &data.points, series.pen, color(series));
            } else {
                paint::line(&painter, transform, &data.points, Pen::Faint, color(series));
                paint::line(&painter, transform, &data.smooth_points, series.pen.smoothed(), color(series));
            }
        }
    }

    /// The part of the horizontal axis that is seen.
    pub fn x_range(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> [f64; 2] {
        if let Some(range) = memory.zooms.of(self.views().x) {
            return range;
        }
        if self.x_axis.ascends() {
            return [0.0, self.x_axis.end(memory.shown(model))];
        }
        let places = self.lines(memory, is_log).flat_map(|(_, line)| &line.points).map(|point| point.x);
        widened(places, |_| 0.05).unwrap_or([-1.0, 1.0])
    }

    /// The part of the vertical axis that is seen. A constant is a line in the middle and not noise.
    pub fn y_range(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> [f64; 2] {
        if let Some(range) = memory.zooms.of(self.views().y) {
            return range;
        }
        let [left, right] = self.x_range(model, memory, is_log);
        let of = |is_edge: bool| {
            let lines =
                self.lines(memory, is_log).filter(move |(series, _)| (series.quantity == Quantity::Edge) == is_edge);
            lines.flat_map(|(_, line)| &line.points)
        };
        let seen = |is_edge: bool| of(is_edge).filter(|point| (left..=right).contains(&point.x)).map(|point| point.y);
        let least_half = |center: f64| match self.y_axis {
            YAxis::Percent => 0.01,
            _ if is_log => 0.08,
            _ => 0.05 * center.abs().max(1e-6),
        };
        let values = widened(seen(false), least_half).or_else(|| widened(of(false).map(|point| point.y), least_half));
        match values {
            Some(values) => edge::with_edges(values, is_log, seen(true)),
            None => widened(seen(true), least_half).unwrap_or([-1.0, 1.0]),
        }
    }
}

fn why_empty(is_hidden: bool, is_zoomed: bool, left_out: usize) -> &'static str {
    match (is_hidden, left_out, is_zoomed) {
        (true, ..) => "all runs are hidden",
        (_, 1.., _) => "all values are 0 or below: a logarithmic axis cannot show them",
        (_, 0, true) => "nothing in this part: Fit shows all",
        (_, 0, false) => "no values yet",
    }
}
