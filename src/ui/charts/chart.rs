//! One chart of lines over the course of the runs: axes, lines with their smoothed ones, bands, markers.

use egui::{Align2, Color32, FontId, Rect};
use egui_plot::{AxisHints, FilledArea, Line, LineStyle, Plot, PlotPoints, PlotTransform};

use super::export;
use super::lines::{LineData, LineKey, LineView};
use super::navigation::ChartMemory;
use super::quantity::{Quantity, XAxis};
use super::title::{Title, titled_ui};
use super::{axes, markers};
use crate::protocol::RunId;
use crate::ui::format;
use crate::ui::help::Term;
use crate::ui::model::Model;
use crate::ui::theme::Tokens;
use crate::ui::view::View;
use crate::ui::widgets;

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pen {
    /// The main line of a chart.
    Solid,
    /// A line to compare with.
    Dashed,
    /// A raw line behind the others.
    Thin,
}

/// One line of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// The run.
    pub run: RunId,
    /// What is shown.
    pub quantity: Quantity,
    /// How.
    pub pen: Pen,
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
    /// The lines, in the order in which they are drawn.
    pub series: Vec<Series>,
    /// The horizontal axis.
    pub x_axis: XAxis,
    /// The vertical axis.
    pub y_axis: YAxis,
}

impl Chart {
    /// Draws the chart in all of `ui`.
    pub fn ui(&self, ui: &mut egui::Ui, model: &Model, memory: &mut ChartMemory, view: &mut View) {
        let is_log = self.is_log(memory);
        let title = Title { text: self.title, note: self.note, term: Some(self.term) };
        titled_ui(ui, title, |ui| {
            let (figure, csv) = (|is_dark| self.figure(model, memory, is_dark), || self.csv(model, memory));
            export::menu_ui(ui, self.title, view, export::Exports { figure, csv });
        });
        let line_view = LineView {
            range: memory.zoom_x(self.zoom_key()),
            buckets: ((ui.available_width() * 0.7) as usize).clamp(60, 480),
            smoothing: if self.x_axis.ascends() { memory.smoothing } else { 0.0 },
        };
        let mut left_out = 0;
        for series in &self.series {
            if let Some(run) = model.run(series.run) {
                let key = self.key(series, is_log);
                memory.cache.update(run, key, line_view);
                left_out += memory.cache.line(key).map_or(0, |line| line.left_out);
            }
        }
        if self.lines(memory, is_log).all(|(_, line)| line.points.is_empty()) {
            empty_ui(ui, self.title, line_view.range.is_some(), left_out);
            return;
        }
        let (transform, response) = self.plot_ui(ui, model, memory, is_log);
        widgets::name(&response, egui::Role::Image, &format!("Chart of {}", self.title));
        if self.x_axis.ascends() {
            markers::paint(ui, &transform, model, memory, self.x_axis);
        }
        remarks(ui, *transform.frame(), left_out);
        self.navigate(ui, memory, &transform, &response);
        self.hover_ui(ui, model, memory, &transform, response);
    }

    /// Whether its vertical axis is logarithmic.
    pub const fn is_log(&self, memory: &ChartMemory) -> bool {
        match self.y_axis {
            YAxis::Switched => memory.is_log,
            YAxis::Logarithmic => true,
            YAxis::Percent | YAxis::Linear => false,
        }
    }

    /// What its lines are called in the cache.
    pub const fn key(&self, series: &Series, is_log: bool) -> LineKey {
        LineKey { run: series.run, quantity: series.quantity, axis: self.x_axis, is_log }
    }

    /// Charts with the same key share their horizontal view.
    pub const fn zoom_key(&self) -> &'static str {
        if self.x_axis.ascends() { "linked" } else { self.id }
    }

    fn lines<'a>(&'a self, memory: &'a ChartMemory, is_log: bool) -> impl Iterator<Item = (&'a Series, &'a LineData)> {
        self.series
            .iter()
            .filter_map(move |series| memory.cache.line(self.key(series, is_log)).map(|line| (series, line)))
    }

    fn plot_ui(
        &self,
        ui: &mut egui::Ui,
        model: &Model,
        memory: &ChartMemory,
        is_log: bool,
    ) -> (PlotTransform, egui::Response) {
        let tokens = Tokens::of(ui);
        let mut lines = Vec::with_capacity(2 * self.series.len());
        let mut bands = Vec::new();
        for (series, data) in self.lines(memory, is_log) {
            let color = model.run(series.run).map_or(Color32::PLACEHOLDER, |run| run.color(tokens));
            if series.quantity == Quantity::Trace && self.x_axis.ascends() {
                let [xs, lows, highs] = &data.band;
                bands.push(
                    FilledArea::new("", xs, lows, highs).fill_color(color.gamma_multiply(0.22)).allow_hover(false),
                );
            }
            let raw = Line::new("", PlotPoints::Borrowed(&data.points)).allow_hover(false);
            if data.smooth_points.is_empty() {
                lines.push(styled(raw, series.pen, color));
            } else {
                lines.push(raw.color(color.gamma_multiply(0.28)).width(0.8));
                let smooth = Line::new("", PlotPoints::Borrowed(&data.smooth_points)).allow_hover(false);
                lines.push(styled(smooth, series.pen, color));
            }
        }
        let [x_range, y_range] = [self.x_range(model, memory, is_log), self.y_range(model, memory, is_log)];
        let plot = self.with_axes(ui, base_plot(ui, self.id).y_axis_min_width(38.0), is_log);
        let shown = plot.show(ui, |plot_ui| {
            plot_ui.set_plot_bounds_x(x_range[0]..=x_range[1]);
            plot_ui.set_plot_bounds_y(y_range[0]..=y_range[1]);
            for band in bands {
                plot_ui.add(band);
            }
            for line in lines {
                plot_ui.line(line);
            }
        });
        (shown.transform, shown.response)
    }

    /// The part of the horizontal axis that is seen.
    pub fn x_range(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> [f64; 2] {
        if let Some(range) = memory.zoom_x(self.zoom_key()) {
            return range;
        }
        let (steps, evaluations) = model.horizon();
        match self.x_axis {
            XAxis::Step => [0.0, (1.03 * steps as f64).max(10.0)],
            XAxis::GradientEvaluations => [0.0, (1.03 * evaluations as f64).max(10.0)],
            XAxis::Seconds => {
                let seconds = model.runs.iter().filter_map(|run| run.steps.last()).map(|row| row.train_seconds);
                [0.0, (1.03 * seconds.fold(0.0, f64::max)).max(0.01)]
            }
            XAxis::TrainLoss => {
                let places = self.lines(memory, is_log).flat_map(|(_, line)| &line.points).map(|point| point.x);
                widened(places, |_| 0.05).unwrap_or([-1.0, 1.0])
            }
        }
    }

    /// The part of the vertical axis that is seen. A constant is a line in the middle and not noise.
    pub fn y_range(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> [f64; 2] {
        if let Some(range) = memory.zoom_y(self.id) {
            return range;
        }
        let [left, right] = self.x_range(model, memory, is_log);
        let points = || self.lines(memory, is_log).flat_map(|(_, line)| &line.points);
        let seen = points().filter(|point| (left..=right).contains(&point.x)).map(|point| point.y);
        let least_half = |center: f64| match self.y_axis {
            YAxis::Percent => 0.01,
            _ if is_log => 0.08,
            _ => 0.05 * center.abs().max(1e-6),
        };
        widened(seen, least_half).or_else(|| widened(points().map(|point| point.y), least_half)).unwrap_or([-1.0, 1.0])
    }

    fn with_axes<'a>(&self, ui: &egui::Ui, plot: Plot<'a>, is_log: bool) -> Plot<'a> {
        let y = axis_style(ui, AxisHints::new_y());
        let x = axis_style(ui, AxisHints::new_x());
        let is_percent = self.y_axis == YAxis::Percent;
        let y = y.formatter(move |mark, _| match (is_log, is_percent) {
            (true, _) => axes::log_label(mark),
            (_, true) => format!("{}\u{a0}%", axes::label(100.0 * mark.value)),
            _ => axes::label(mark.value),
        });
        let plot = if is_log { plot.y_grid_spacer(axes::logarithmic_y) } else { plot.y_grid_spacer(axes::linear_y) };
        let plot = plot.custom_y_axes(vec![y]);
        if !self.x_axis.ascends() {
            let x = x.formatter(|mark, _| axes::log_label(mark));
            return plot.x_grid_spacer(axes::logarithmic_x).custom_x_axes(vec![x]);
        }
        let x = x.formatter(|mark, _| if mark.value < 0.0 { String::new() } else { axes::label(mark.value) });
        let plot = if self.x_axis == XAxis::Seconds {
            plot.x_grid_spacer(axes::continuous_x)
        } else {
            plot.x_grid_spacer(axes::linear_x)
        };
        plot.custom_x_axes(vec![x])
    }
}

fn styled(line: Line<'_>, pen: Pen, color: Color32) -> Line<'_> {
    match pen {
        Pen::Solid => line.color(color).width(1.5),
        Pen::Dashed => line.color(color).width(1.2).style(LineStyle::Dashed { length: 6.0 }),
        Pen::Thin => line.color(color.gamma_multiply(0.7)).width(0.8),
    }
}

/// The range of values with a margin, at least `least_half` of its centre to each side; `None` without values.
fn widened(values: impl Iterator<Item = f64>, least_half: impl Fn(f64) -> f64) -> Option<[f64; 2]> {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| [low.min(y), high.max(y)]);
    let center = 0.5 * (low + high);
    let half = (0.56 * (high - low)).max(least_half(center));
    (low <= high && half.is_finite()).then_some([center - half, center + half])
}

/// Says why there is no chart.
fn empty_ui(ui: &mut egui::Ui, title: &str, is_zoomed: bool, left_out: usize) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = match (left_out, is_zoomed) {
        (1.., _) => "all values are 0 or below: a logarithmic axis cannot show them",
        (0, true) => "nothing in this part: Fit shows all",
        (0, false) => "no values yet",
    };
    widgets::name(&response, egui::Role::Label, &format!("{title}: {text}"));
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font, Tokens::of(ui).weak.0);
}

/// Says what is not to be seen.
fn remarks(ui: &egui::Ui, frame: Rect, left_out: usize) {
    if left_out > 0 {
        let text = format!("{} values of 0 or below left out", format::grouped(left_out as u64));
        let font = egui::TextStyle::Small.resolve(ui.style());
        let place = frame.left_bottom() + egui::vec2(4.0, -3.0);
        let drawn = ui.painter().text(place, Align2::LEFT_BOTTOM, &text, font, Tokens::of(ui).weak.0);
        let response = ui.interact(drawn, ui.scope_id().with("left out"), egui::Sense::hover());
        widgets::name(&response, egui::Role::Label, &text);
    }
}

/// A plot as all charts have it: no frame, a faint grid; its view is set from outside.
pub fn base_plot<'a>(ui: &egui::Ui, id: impl std::hash::Hash + std::fmt::Debug) -> Plot<'a> {
    Plot::new(id)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(Tokens::of(ui).grid.0)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .allow_axis_zoom_drag(false)
        .show_x(false)
        .show_y(false)
        .set_margin_fraction(egui::vec2(0.0, 0.06))
        .label_formatter(|_| None)
}

/// The small tick labels of all charts.
pub fn axis_style<'a>(ui: &egui::Ui, hints: AxisHints<'a>) -> AxisHints<'a> {
    hints
        .tick_label_font(FontId::proportional(11.0))
        .tick_label_color(Tokens::of(ui).weak.0)
        .label_spacing(egui::Rangef::new(4.0, 8.0))
}
