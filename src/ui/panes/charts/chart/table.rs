//! A chart as a table: all rows of the lines that are shown, as CSV.

use super::Chart;
use crate::ui::panes::charts::memory::ChartMemory;
use crate::ui::panes::charts::quantity::{WithRows, seconds_at};
use crate::ui::panes::charts::save::Table;
use crate::ui::panes::charts::smoothing::{Budget, Smoothed};
use crate::ui::plots::chart::picture::quoted;
use crate::ui::state::history::History;
use crate::ui::state::model::Model;
use crate::ui::state::rows::Row;
use crate::ui::state::run_view::RunView;

impl Chart {
    /// Rows that each kept one of its longest line stands for.
    pub fn stride(&self, model: &Model) -> u64 {
        let strides =
            self.series.iter().filter_map(|series| Some(series.quantity.with_rows(model.run(series.run)?, Stride)));
        strides.max().unwrap_or(1)
    }

    /// All rows of its lines.
    pub fn csv(&self, model: &Model, memory: &ChartMemory) -> Table {
        let is_log = self.is_log(memory);
        let lines: Vec<CsvLine> = self
            .series
            .iter()
            .filter_map(|line| {
                let run = model.run(line.run)?;
                let start = format!("{},{}", quoted(run.name()), quoted(&line_name(self.title, line.name)));
                let smoothing = self.smoothing_of(line, memory);
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
