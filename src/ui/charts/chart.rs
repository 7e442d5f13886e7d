//! One chart of lines over steps: axes, markers of knob turns, and a reading of all lines under the pointer.

use egui::{Align2, Color32, FontId, Rect, Stroke, pos2};
use egui_plot::{AxisHints, FilledArea, Line, LineStyle, Plot, PlotPoints, PlotTransform};

use super::lines::{LineCache, LineKey, LineView, Quantity, Reading, XAxis, reading};
use super::{axes, markers};
use crate::protocol::RunId;
use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::theme::{self, Tokens};

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
pub struct Chart<'a> {
    /// Distinguishes charts.
    pub id: &'static str,
    /// What the vertical axis counts.
    pub title: &'a str,
    /// On what and how it was measured.
    pub note: &'a str,
    /// The lines, in the order in which they are drawn.
    pub series: Vec<Series>,
    /// The horizontal axis.
    pub x_axis: XAxis,
    /// The vertical axis.
    pub y_axis: YAxis,
}

/// What charts share from frame to frame.
#[derive(Debug, Default)]
pub struct ChartMemory {
    /// The points of lines.
    pub cache: LineCache,
    /// Logarithmic vertical axes.
    pub is_log: bool,
    /// The part of the step axis that is seen, when it was zoomed.
    zoom: Option<[f64; 2]>,
    /// Counts resets of the view: egui_plot keeps views under an id, and a new id starts fitted.
    epoch: u32,
    /// Where the pointer is on the step axis, as of this frame and the last.
    hover: [Option<f64>; 2],
}

impl ChartMemory {
    /// Ends a frame.
    pub fn end_frame(&mut self) {
        self.hover = [None, self.hover[0]];
    }

    /// Sees all steps again.
    pub fn reset_view(&mut self) {
        self.zoom = None;
        self.hover = [None; 2];
        self.epoch += 1;
    }
}

/// Draws the title line and leaves the rest of `ui` for the plot.
pub fn title_ui(ui: &mut egui::Ui, title: &str, note: &str) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 18.0), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, title));
    let title_font = theme::title_style().resolve(ui.style());
    let painter = ui.painter().with_clip_rect(rect);
    let drawn = painter.text(rect.left_center(), Align2::LEFT_CENTER, title, title_font, tokens.text.0);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let galley = painter.layout_no_wrap(note.to_owned(), small, tokens.weak.0);
    if galley.size().x + 10.0 < rect.right() - drawn.right() {
        let place = pos2(rect.right() - galley.size().x, rect.center().y - 0.5 * galley.size().y);
        painter.galley(place, galley, tokens.weak.0);
    } else if !note.is_empty() {
        response.on_hover_text(note);
    }
}

impl Chart<'_> {
    /// Draws the chart in all of `ui`.
    pub fn ui(&self, ui: &mut egui::Ui, model: &Model, memory: &mut ChartMemory) {
        let is_log = match self.y_axis {
            YAxis::Switched => memory.is_log,
            YAxis::Logarithmic => true,
            YAxis::Percent | YAxis::Linear => false,
        };
        title_ui(ui, self.title, self.note);
        let view = LineView {
            range: memory.zoom.filter(|_| self.x_axis != XAxis::TrainLoss),
            buckets: ((ui.available_width() * 0.7) as usize).clamp(60, 480),
        };
        let mut left_out = 0;
        for series in &self.series {
            if let Some(run) = model.run(series.run) {
                let key = self.key(series, is_log);
                memory.cache.update(run, key, view);
                left_out += memory.cache.line(key).map_or(0, |line| line.left_out);
            }
        }
        if self.is_empty(memory, is_log) {
            empty_ui(ui, left_out);
            return;
        }
        let (transform, response, zoom) = self.plot_ui(ui, model, memory, is_log);
        if self.x_axis != XAxis::TrainLoss {
            memory.zoom = zoom;
            markers::paint(ui, &transform, model, self.x_axis);
        }
        self.hover_ui(ui, model, memory, &transform, response);
        remarks(ui, *transform.frame(), left_out);
    }

    fn key(&self, series: &Series, is_log: bool) -> LineKey {
        LineKey { run: series.run, quantity: series.quantity, axis: self.x_axis, is_log }
    }

    fn color(&self, ui: &egui::Ui, model: &Model, run: RunId) -> Color32 {
        model.run(run).map_or(Color32::PLACEHOLDER, |run| Tokens::of(ui).run(run.info.optimizer))
    }

    fn plot_ui(
        &self,
        ui: &mut egui::Ui,
        model: &Model,
        memory: &ChartMemory,
        is_log: bool,
    ) -> (PlotTransform, egui::Response, Option<[f64; 2]>) {
        let mut lines = Vec::with_capacity(self.series.len());
        let mut bands = Vec::new();
        for series in &self.series {
            let Some(data) = memory.cache.line(self.key(series, is_log)) else { continue };
            let color = self.color(ui, model, series.run);
            if series.quantity == Quantity::Trace && self.x_axis != XAxis::TrainLoss {
                let [xs, lows, highs] = &data.band;
                bands.push(
                    FilledArea::new("", xs, lows, highs).fill_color(color.gamma_multiply(0.22)).allow_hover(false),
                );
            }
            let line = Line::new("", PlotPoints::Borrowed(&data.points)).allow_hover(false);
            lines.push(match series.pen {
                Pen::Solid => line.color(color).width(1.5),
                Pen::Dashed => line.color(color).width(1.2).style(LineStyle::Dashed { length: 6.0 }),
                Pen::Thin => line.color(color.gamma_multiply(0.7)).width(0.8),
            });
        }
        let (steps, evaluations) = model.horizon();
        let mut plot = base_plot(ui, (self.id, memory.epoch)).y_axis_min_width(38.0);
        plot = match self.x_axis {
            XAxis::Step => plot.include_x(0.0).include_x((1.03 * steps as f64).max(10.0)),
            XAxis::GradientEvaluations => plot.include_x(0.0).include_x((1.03 * evaluations as f64).max(10.0)),
            XAxis::TrainLoss => plot,
        };
        if self.x_axis != XAxis::TrainLoss {
            plot = plot.link_axis(egui::Id::unique(("step axis", self.x_axis, memory.epoch)), [true, false]);
        }
        if let Some([low, high]) = self.least_span(memory, is_log) {
            plot = plot.include_y(low).include_y(high);
        }
        plot = self.with_axes(ui, plot, is_log);
        let shown = plot.show(ui, |plot_ui| {
            for band in bands {
                plot_ui.add(band);
            }
            for line in lines {
                plot_ui.line(line);
            }
            let bounds = plot_ui.plot_bounds();
            (!plot_ui.auto_bounds().x).then(|| [bounds.min()[0], bounds.max()[0]])
        });
        (shown.transform, shown.response, shown.inner)
    }

    /// What the vertical axis shows at least, so that a constant is a line in the middle and not noise.
    fn least_span(&self, memory: &ChartMemory, is_log: bool) -> Option<[f64; 2]> {
        let lines = self.series.iter().filter_map(|series| memory.cache.line(self.key(series, is_log)));
        let values = lines.flat_map(|line| &line.points).map(|point| point.y);
        let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| [low.min(y), high.max(y)]);
        let center = 0.5 * (low + high);
        let half = match self.y_axis {
            YAxis::Percent => 0.01,
            _ if is_log => 0.08,
            _ => 0.05 * center.abs().max(1e-6),
        };
        (low <= high).then_some([center - half, center + half])
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
        if self.x_axis == XAxis::TrainLoss {
            let x = x.formatter(|mark, _| axes::log_label(mark));
            plot.x_grid_spacer(axes::logarithmic_x).custom_x_axes(vec![x])
        } else {
            let x = x.formatter(|mark, _| if mark.value < 0.0 { String::new() } else { axes::label(mark.value) });
            plot.x_grid_spacer(axes::linear_x).custom_x_axes(vec![x])
        }
    }

    /// The line under the pointer in all charts of the axis, and the readings in this one.
    fn hover_ui(
        &self,
        ui: &egui::Ui,
        model: &Model,
        memory: &mut ChartMemory,
        transform: &PlotTransform,
        response: egui::Response,
    ) {
        let pointer = response.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let here = pointer.map(|pos| transform.value_from_position(pos).x);
        let shared = if self.x_axis == XAxis::TrainLoss { None } else { memory.hover[1] };
        if self.x_axis != XAxis::TrainLoss && here.is_some() {
            memory.hover[0] = here;
        }
        if let Some(x) = here.or(shared) {
            let x_px = transform.position_from_point_x(x);
            if transform.frame().x_range().contains(x_px) {
                let stroke = Stroke::new(1.0, Tokens::of(ui).weak.0.gamma_multiply(0.6));
                ui.painter().vline(x_px, transform.frame().y_range(), stroke);
            }
        }
        if let Some(x) = here {
            response.on_hover_ui_at_pointer(|ui| self.readings_ui(ui, model, x));
        }
    }

    fn readings_ui(&self, ui: &mut egui::Ui, model: &Model, x: f64) {
        let weak = Tokens::of(ui).weak.0;
        match self.x_axis {
            XAxis::Step => ui.colored_label(weak, format!("step {}", format::grouped(x.max(0.0).round() as u64))),
            XAxis::GradientEvaluations => {
                ui.colored_label(weak, format!("{} gradient evaluations", format::grouped(x.max(0.0).round() as u64)))
            }
            XAxis::TrainLoss => {
                ui.colored_label(weak, format!("near training loss {}", format::number(10_f64.powf(x))))
            }
        };
        egui::Grid::new("readings").num_columns(3).spacing([10.0, 2.0]).show(ui, |ui| {
            for series in &self.series {
                let Some(run) = model.run(series.run) else { continue };
                let Some(Reading { step, value, stderr }) = reading(run, series.quantity, self.x_axis, x) else {
                    continue;
                };
                if value.is_nan() {
                    continue;
                }
                ui.colored_label(self.color(ui, model, series.run), format!("{} {}", run.label(), series.name));
                let value = match self.y_axis {
                    YAxis::Percent => format::percent(value),
                    _ if stderr > 0.0 => format!("{} ± {}", format::number(value), format::error(stderr)),
                    _ => format::number(value),
                };
                ui.label(value);
                ui.colored_label(weak, format!("step {}", format::grouped(step)));
                ui.end_row();
            }
        });
    }

    fn is_empty(&self, memory: &ChartMemory, is_log: bool) -> bool {
        let line = |series| memory.cache.line(self.key(series, is_log));
        self.series.iter().all(|series| line(series).is_none_or(|line| line.points.is_empty()))
    }
}

/// Says why there is no chart.
fn empty_ui(ui: &mut egui::Ui, left_out: usize) {
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = if left_out > 0 { "all values are 0 or below" } else { "no values yet" };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font, Tokens::of(ui).weak.0);
}

/// Says what is not to be seen.
fn remarks(ui: &egui::Ui, frame: Rect, left_out: usize) {
    if left_out > 0 {
        let text = format!("{} values of 0 or below left out", format::grouped(left_out as u64));
        let font = egui::TextStyle::Small.resolve(ui.style());
        let place = frame.left_bottom() + egui::vec2(4.0, -3.0);
        ui.painter().text(place, Align2::LEFT_BOTTOM, text, font, Tokens::of(ui).weak.0);
    }
}

/// A plot as all charts have it: no frame, a faint grid, pan and zoom along the horizontal axis only.
pub fn base_plot<'a>(ui: &egui::Ui, id: impl std::hash::Hash + std::fmt::Debug) -> Plot<'a> {
    Plot::new(id)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(Tokens::of(ui).grid.0)
        .allow_scroll(false)
        .allow_zoom([true, false])
        .allow_drag([true, false])
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
