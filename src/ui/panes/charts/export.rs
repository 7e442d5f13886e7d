//! Charts as files: all rows of the lines that are shown as CSV, the picture as PNG and SVG.

use egui::Color32;

use super::chart::{Chart, YAxis, left_out_words};
use super::markers;
use super::memory::ChartMemory;
use super::paint::Pen;
use super::quantity::{WithRows, seconds_at};
use super::save::{Destination, Table};
use super::smoothing::{Budget, Smoothed};
use crate::export::{ChartFigure, ChartSeries, ChartStroke, SOFTWARE, chart_png, chart_svg};
use crate::ui::contract::view::View;
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;
use crate::ui::state::course;
use crate::ui::state::history::{History, MAX_ROWS};
use crate::ui::state::model::Model;
use crate::ui::state::rows::Row;
use crate::ui::state::run_view::RunView;

/// Turns of knobs of a run that are listed at most.
const MAX_EDITS: usize = 24;

/// What a chart can be saved as. Nothing is made before it is asked for.
pub struct Exports<F, C> {
    /// The picture, light on dark where told so.
    pub figure: F,
    /// The rows.
    pub csv: C,
    /// Rows that each kept one stands for.
    pub stride: u64,
}

/// Draws the menu button at the right end of a chart's title.
pub fn menu_ui<F, C>(ui: &mut egui::Ui, title: &str, view: &mut View, exports: Exports<F, C>)
where
    F: Fn(bool) -> ChartFigure,
    C: Fn() -> Table,
{
    let remembered = egui::Id::unique("dark pictures of charts");
    let menu = ui.menu_button("⋯", |ui| {
        let mut is_dark = ui.data(|data| data.get_temp(remembered)).unwrap_or_else(|| ui.visuals().dark_mode);
        let (ctx, to) = (ui.ctx().clone(), |name: &str| Destination::File(format!("{}.{name}", file_stem(title))));
        let mut asked = Vec::new();
        ui.add_enabled_ui(!view.maker.is_busy(), |ui| {
            let busy = "Another file is still being made.";
            let mut button =
                |text: &str, hint: String| ui.button(text).on_hover_text(hint).on_disabled_hover_text(busy).clicked();
            if button("Save CSV…", rows_words(exports.stride)) {
                asked.extend(view.maker.table(&ctx, to("csv"), (exports.csv)()));
            }
            if button("Save PNG…", "What the chart shows now.".to_owned()) {
                let figure = (exports.figure)(is_dark);
                let png =
                    move || chart_png(&figure).expect("the embedded fonts are tested, and memory takes every byte");
                asked.extend(view.maker.make(&ctx, to("png"), png));
            }
            if button("Save SVG…", "What the chart shows now, with text as text.".to_owned()) {
                let figure = (exports.figure)(is_dark);
                let svg = move || chart_svg(&figure).expect("the embedded fonts are tested").into_bytes();
                asked.extend(view.maker.make(&ctx, to("svg"), svg));
            }
            if button("Copy CSV", rows_words(exports.stride)) {
                asked.extend(view.maker.table(&ctx, Destination::Clipboard, (exports.csv)()));
            }
        });
        asked.into_iter().for_each(|action| view.asks.push(action));
        if ui.checkbox(&mut is_dark, "Dark picture").changed() {
            ui.data_mut(|data| data.insert_temp(remembered, is_dark));
        }
    });
    widgets::name(&menu.response, egui::Role::Button, &format!("Export {title}"));
    menu.response.on_hover_text("Save or copy this chart");
}

/// Which rows a table has.
fn rows_words(stride: u64) -> String {
    if stride < 2 {
        return "All rows of the lines that are shown.".to_owned();
    }
    format!(
        "The rows of the lines that are shown. The longest run keeps every {}th only: at most {} rows of a kind.",
        format::grouped(stride),
        format::grouped(MAX_ROWS as u64)
    )
}

/// Where a figure comes from.
#[must_use]
pub fn provenance(model: &Model, runs: &[&RunView]) -> Vec<String> {
    let experiment = &model.experiment;
    let mut seeds: Vec<u64> = runs.iter().map(|run| run.info.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let runs: Vec<String> = runs.iter().map(|run| course(model, run, MAX_EDITS)).collect();
    vec![
        format!(
            "Experiment {} ({}), {} parameters, seed {}.",
            experiment.name,
            experiment.title,
            format::grouped(model.num_parameters as u64),
            seeds.join(", ")
        ),
        format!("Runs: {}.", runs.join("; ")),
        SOFTWARE.to_owned(),
    ]
}

/// A colour as three numbers.
#[must_use]
pub fn rgb(color: Color32) -> [u8; 3] {
    [color.r(), color.g(), color.b()]
}

/// The tokens of a picture.
#[must_use]
pub fn tokens(is_dark: bool) -> &'static Tokens {
    Tokens::for_theme(if is_dark { egui::Theme::Dark } else { egui::Theme::Light })
}

impl Chart {
    /// Its picture as it is seen now.
    pub fn figure(&self, model: &Model, memory: &ChartMemory, is_dark: bool) -> ChartFigure {
        let (is_log, log_x) = (self.is_log(memory), !self.x_axis.ascends());
        let mut runs: Vec<&RunView> = Vec::new();
        let mut series = Vec::new();
        for line in &self.series {
            let (Some(run), Some(data)) = (model.run(line.run), memory.cache.line(self.key(line, is_log))) else {
                continue;
            };
            if !runs.iter().any(|other| other.info.run == run.info.run) {
                runs.push(run);
            }
            let value = |at: f64, is_log: bool| if is_log { 10_f64.powf(at) } else { at };
            let point = |point: &egui_plot::PlotPoint| [value(point.x, log_x), value(point.y, is_log)];
            let [xs, lows, highs] = &data.band;
            let edges = xs.iter().zip(lows).zip(highs);
            let raw = ChartSeries {
                name: format!("{} {}", run.name(), line.name).trim().to_owned(),
                color: rgb(run.color(tokens(is_dark))),
                width: if line.pen == Pen::Thin { 1.2 } else { 2.4 },
                stroke: stroke(line.pen),
                has_dots: line.pen == Pen::Dots,
                opacity: if line.pen == Pen::Thin { 0.7 } else { 1.0 },
                points: data.points.iter().map(point).collect(),
                band: edges
                    .filter(|_| line.has_band)
                    .map(|((x, low), high)| [*x, value(*low, is_log), value(*high, is_log)])
                    .collect(),
            };
            if data.smooth_points.is_empty() {
                series.push(raw);
            } else {
                let points = data.smooth_points.iter().map(point).collect();
                let stroke = stroke(line.pen.smoothed());
                let smooth = ChartSeries { points, band: Vec::new(), stroke, width: 2.4, opacity: 1.0, ..raw.clone() };
                let (name, stroke) = (String::new(), ChartStroke::Solid);
                series.push(ChartSeries { name, width: 1.2, stroke, opacity: 0.28, ..raw });
                series.push(smooth);
            }
        }
        let real = |range: [f64; 2], is_log: bool| range.map(|end| if is_log { 10_f64.powf(end) } else { end });
        ChartFigure {
            title: self.title.to_owned(),
            // The picture says by itself whether its axis is logarithmic.
            note: self.note(memory, false),
            x_label: self.x_axis.label().to_owned(),
            x_range: Some(real(self.x_range(model, memory, is_log), log_x)),
            y_range: Some(real(self.y_range(model, memory, is_log), is_log)),
            log_x,
            log_y: is_log,
            is_percent: self.y_axis == YAxis::Percent,
            series,
            markers: markers::of_figure(self, model, memory, tokens(is_dark)),
            remarks: self.remarks(memory, is_log),
            provenance: provenance(model, &runs),
            is_dark,
        }
    }

    /// How its picture is to be read, and what it does not show.
    fn remarks(&self, memory: &ChartMemory, is_log: bool) -> Vec<String> {
        let mut remarks: Vec<String> = self.caption.map(str::to_owned).into_iter().collect();
        let smoothing = self.smoothing(memory);
        if smoothing > 0.0 {
            remarks.push(format!("Smoothed with weight {smoothing:.3}, the raw lines faint."));
        }
        let left_out = self.left_out(memory, is_log);
        if left_out > 0 {
            remarks.push(format!("{}: a logarithmic axis cannot show them.", left_out_words(left_out)));
        }
        remarks
    }

    /// Rows that each kept one of its longest line stands for.
    pub fn stride(&self, model: &Model) -> u64 {
        let strides =
            self.series.iter().filter_map(|series| Some(series.quantity.with_rows(model.run(series.run)?, Stride)));
        strides.max().unwrap_or(1)
    }

    /// All rows of its lines.
    pub fn csv(&self, model: &Model, memory: &ChartMemory) -> Table {
        let smoothing = self.smoothing(memory);
        let is_log = self.is_log(memory);
        let lines: Vec<CsvLine> = self
            .series
            .iter()
            .filter_map(|line| {
                let run = model.run(line.run)?;
                let start = format!("{},{}", quoted(run.name()), quoted(&line_name(self.title, line.name)));
                let cells = line.quantity.with_rows(run, CsvCells { run, smoothing, is_log });
                Some(CsvLine { start, cells })
            })
            .collect();
        let num_rows = lines.iter().map(|line| line.cells.len()).sum();
        let write = move || {
            let mut text = CSV_HEADER.to_owned();
            lines.iter().for_each(|line| line.write(&mut text));
            text
        };
        Table { num_rows, write: Box::new(write) }
    }
}

const fn stroke(pen: Pen) -> ChartStroke {
    match pen {
        Pen::Dashed => ChartStroke::Dashed,
        Pen::Dotted => ChartStroke::Dotted,
        Pen::Solid | Pen::Thin | Pen::Faint | Pen::Dots => ChartStroke::Solid,
    }
}

/// What a line is called in a table.
fn line_name(title: &str, name: &str) -> String {
    if name.is_empty() { title.to_owned() } else { format!("{title}, {name}") }
}

/// The columns. The standard error is that of the value; the smoothed value is empty where nothing is smoothed.
const CSV_HEADER: &str = "run,line,step,gradient_evaluations,train_seconds,value,stderr,smoothed\n";

/// Counts the rows that a kept one stands for.
struct Stride;

impl WithRows for Stride {
    type Output = u64;

    fn run<R: Row>(self, rows: &History<R>, _lane: usize) -> u64 {
        rows.stride()
    }
}

/// The rows of a line, by themselves: they are written on another thread.
struct CsvLine {
    /// Run and line.
    start: String,
    /// Step, gradient evaluations; seconds, value, standard error, smoothed value.
    cells: Vec<([u64; 2], [f64; 4])>,
}

impl CsvLine {
    fn write(&self, text: &mut String) {
        use std::fmt::Write as _;
        let number = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
        for ([step, evaluations], cells) in &self.cells {
            let [seconds, value, stderr, smooth] = cells.map(number);
            writeln!(text, "{},{step},{evaluations},{seconds},{value},{stderr},{smooth}", self.start)
                .expect("a string takes everything");
        }
    }
}

struct CsvCells<'a> {
    run: &'a RunView,
    smoothing: f64,
    is_log: bool,
}

impl WithRows for CsvCells<'_> {
    type Output = Vec<([u64; 2], [f64; 4])>;

    fn run<R: Row>(self, rows: &History<R>, lane: usize) -> Self::Output {
        let Self { run, smoothing, is_log } = self;
        let mut smoothed = Smoothed::default();
        if smoothing > 0.0 {
            smoothed.update(rows, lane, smoothing, is_log, &mut Budget::new(usize::MAX));
        }
        let cells = |(index, row): (usize, &R)| {
            let seconds = row.seconds().unwrap_or_else(|| seconds_at(run.steps.rows(), row.step()));
            let smooth = if smoothing > 0.0 { smoothed.at(rows, lane, smoothing, index) } else { f64::NAN };
            let smooth = if is_log { 10_f64.powf(smooth) } else { smooth };
            let stderr = if row.stderr(lane) > 0.0 { row.stderr(lane) } else { f64::NAN };
            ([row.step(), row.gradient_evaluations()], [seconds, row.lane(lane), stderr, smooth])
        };
        rows.rows().iter().enumerate().map(cells).collect()
    }
}

/// A cell of a table.
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_make_names_of_files() {
        for (title, stem) in
            [("Hessian trace", "hessian-trace"), ("λmax", "lambda-max"), ("σ sweep", "sigma-sweep"), ("‖", "chart")]
        {
            assert_eq!(file_stem(title), stem);
        }
    }

    #[test]
    fn a_thinned_run_does_not_promise_all_rows() {
        assert!(rows_words(1).starts_with("All rows"));
        assert!(rows_words(8).contains("every 8th only"), "{}", rows_words(8));
    }

    #[test]
    fn cells_with_commas_are_quoted() {
        assert_eq!(quoted("NSO"), "NSO");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
