//! Charts as files: all rows of the lines that are shown as CSV, the picture as PNG and SVG.

use egui::Color32;

use super::chart::{Chart, Pen, YAxis};
use super::navigation::ChartMemory;
use super::quantity::{WithRows, seconds_at};
use super::smoothing::Smoothed;
use crate::session::export::{ChartFigure, ChartSeries, SOFTWARE, chart_png, chart_svg};
use crate::ui::format;
use crate::ui::history::History;
use crate::ui::model::Model;
use crate::ui::rows::Row;
use crate::ui::run_view::RunView;
use crate::ui::theme::Tokens;
use crate::ui::view::{Action, View};
use crate::ui::widgets;

/// What a chart can be saved as. Nothing is made before it is asked for.
pub struct Exports<F, C> {
    /// The picture, light on dark where told so.
    pub figure: F,
    /// The rows.
    pub csv: C,
}

/// Draws the menu button at the right end of a chart's title.
pub fn menu_ui<F, C>(ui: &mut egui::Ui, title: &str, view: &mut View, exports: Exports<F, C>)
where
    F: Fn(bool) -> ChartFigure,
    C: Fn() -> String,
{
    let remembered = egui::Id::unique("dark pictures of charts");
    let menu = ui.menu_button("⋯", |ui| {
        let mut is_dark = ui.data(|data| data.get_temp(remembered)).unwrap_or_else(|| ui.visuals().dark_mode);
        let mut save = |name: &str, bytes: Vec<u8>| {
            view.act(Action::SaveFile { suggested: format!("{}.{name}", file_stem(title)), bytes });
        };
        if ui.button("Save CSV…").on_hover_text("All rows of the lines that are shown.").clicked() {
            save("csv", (exports.csv)().into_bytes());
        }
        if ui.button("Save PNG…").on_hover_text("What the chart shows now.").clicked() {
            let png = chart_png(&(exports.figure)(is_dark));
            save("png", png.expect("the embedded fonts are tested, and memory takes every byte"));
        }
        if ui.button("Save SVG…").on_hover_text("What the chart shows now, with text as text.").clicked() {
            let svg = chart_svg(&(exports.figure)(is_dark));
            save("svg", svg.expect("the embedded fonts are tested").into_bytes());
        }
        if ui.button("Copy CSV").clicked() {
            ui.ctx().copy_text((exports.csv)());
        }
        if ui.checkbox(&mut is_dark, "Dark picture").changed() {
            ui.data_mut(|data| data.insert_temp(remembered, is_dark));
        }
    });
    widgets::name(&menu.response, egui::Role::Button, &format!("Export {title}"));
    menu.response.on_hover_text("Save or copy this chart");
}

/// A title as the name of a file.
pub fn file_stem(title: &str) -> String {
    let words = title.to_lowercase().replace('λ', "lambda-").replace('σ', "sigma");
    let letters: String =
        words.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let parts: Vec<&str> = letters.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "chart".to_owned() } else { parts.join("-") }
}

/// Where a figure comes from.
#[must_use]
pub fn provenance(model: &Model, runs: &[&RunView]) -> Vec<String> {
    let experiment = &model.experiment;
    let mut seeds: Vec<u64> = runs.iter().map(|run| run.info.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let runs: Vec<String> = runs
        .iter()
        .map(|run| format!("{} to step {} ({})", run.name(), format::grouped(run.step()), run.knob_summary()))
        .collect();
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
                is_dashed: line.pen == Pen::Dashed,
                opacity: if line.pen == Pen::Thin { 0.7 } else { 1.0 },
                points: data.points.iter().map(point).collect(),
                band: edges.map(|((x, low), high)| [*x, value(*low, is_log), value(*high, is_log)]).collect(),
            };
            if data.smooth_points.is_empty() {
                series.push(raw);
            } else {
                let points = data.smooth_points.iter().map(point).collect();
                let smooth = ChartSeries { points, band: Vec::new(), ..raw.clone() };
                series.push(ChartSeries { name: String::new(), width: 1.2, is_dashed: false, opacity: 0.28, ..raw });
                series.push(smooth);
            }
        }
        let real = |range: [f64; 2], is_log: bool| range.map(|end| if is_log { 10_f64.powf(end) } else { end });
        let mut provenance = provenance(model, &runs);
        if memory.smoothing > 0.0 && self.x_axis.ascends() {
            provenance[1] += &format!(" Smoothed with weight {}, the raw lines faint.", memory.smoothing);
        }
        ChartFigure {
            title: self.title.to_owned(),
            note: self.note.to_owned(),
            x_label: self.x_axis.label().to_owned(),
            x_range: Some(real(self.x_range(model, memory, is_log), log_x)),
            y_range: Some(real(self.y_range(model, memory, is_log), is_log)),
            log_x,
            log_y: is_log,
            is_percent: self.y_axis == YAxis::Percent,
            series,
            provenance,
            is_dark,
        }
    }

    /// All rows of its lines.
    pub fn csv(&self, model: &Model, memory: &ChartMemory) -> String {
        let mut text = CSV_HEADER.to_owned();
        for line in &self.series {
            if let Some(run) = model.run(line.run) {
                let smoothing = if self.x_axis.ascends() { memory.smoothing } else { 0.0 };
                let (name, is_log) = (line_name(self.title, line.name), self.is_log(memory));
                line.quantity.with_rows(run, CsvRows { run, name, smoothing, is_log, text: &mut text });
            }
        }
        text
    }
}

/// What a line is called in a table.
fn line_name(title: &str, name: &str) -> String {
    if name.is_empty() { title.to_owned() } else { format!("{title}, {name}") }
}

/// The columns. The standard error is that of the value; the smoothed value is empty where nothing is smoothed.
const CSV_HEADER: &str = "run,line,step,gradient_evaluations,train_seconds,value,stderr,smoothed\n";

struct CsvRows<'a> {
    run: &'a RunView,
    name: String,
    smoothing: f64,
    is_log: bool,
    text: &'a mut String,
}

impl WithRows for CsvRows<'_> {
    type Output = ();

    fn run<R: Row>(self, rows: &History<R>, lane: usize) {
        use std::fmt::Write as _;
        let Self { run, name, smoothing, is_log, text } = self;
        let mut smoothed = Smoothed::default();
        if smoothing > 0.0 {
            smoothed.update(rows, lane, smoothing, is_log);
        }
        let number = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
        let start = format!("{},{}", quoted(run.name()), quoted(&name));
        for (index, row) in rows.rows().iter().enumerate() {
            let seconds = row.seconds().unwrap_or_else(|| seconds_at(run.steps.rows(), row.step()));
            let smooth = if smoothing > 0.0 { smoothed.at(rows, lane, smoothing, index) } else { f64::NAN };
            let smooth = if is_log { 10_f64.powf(smooth) } else { smooth };
            let stderr = if row.stderr() > 0.0 { number(row.stderr()) } else { String::new() };
            let (step, evaluations, value) = (row.step(), row.gradient_evaluations(), number(row.lane(lane)));
            let (seconds, smooth) = (number(seconds), number(smooth));
            writeln!(text, "{start},{step},{evaluations},{seconds},{value},{stderr},{smooth}")
                .expect("a string takes everything");
        }
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
    fn cells_with_commas_are_quoted() {
        assert_eq!(quoted("NSO"), "NSO");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
