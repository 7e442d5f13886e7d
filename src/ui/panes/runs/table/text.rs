//! The table as CSV and as Markdown.

use super::columns::Column;
use super::notes;
use super::state::TableState;
use crate::export::TextTable;
use crate::ui::panes::runs::reading::{Figure, Reading, Readings};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Rows in the order in which they are shown.
pub fn sorted<'a>(model: &'a Model, table: &TableState, readings: &'a Readings) -> Vec<(&'a RunView, &'a Reading)> {
    let read = |(id, reading): &'a (_, Reading)| Some((model.run(*id)?, reading));
    let mut rows: Vec<_> = readings.runs.iter().filter_map(read).collect();
    if let Some(column) = table.sort {
        rows.sort_by(|a, b| column.order(table.is_descending, model, *a, *b));
    }
    rows
}

/// All figures as they are, empty where there is none.
pub fn csv(model: &Model, table: &TableState) -> String {
    let readings = Readings::of(model, table.at_equal_loss);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<&str> = Vec::new();
    let columns = Column::shown(&readings);
    for &column in &columns {
        header.push(column.key());
        match column {
            Column::Trace => header.extend(["trace_stderr", "trace_step", "trace_kind"]),
            Column::LambdaMax => header.extend(["lambda_max_step", "lambda_max_kind"]),
            // Accuracy and losses are of one evaluation.
            Column::TestLoss => header.push("evaluation_step"),
            Column::Bound => header.push("bound_step"),
            Column::Start => header.push("seed"),
            _ => {}
        }
    }
    let mut records = vec![header.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (run, reading) in sorted(model, table, &readings) {
        let mut record = Vec::new();
        for &column in &columns {
            let figure = column.figure(reading);
            record.push(match figure {
                Some(figure) => number(figure.value.value),
                None if column.is_words() => column.text(model, run, reading).replace('\u{a0}', " "),
                None => String::new(),
            });
            let step = || figure.map_or_else(String::new, |figure| figure.step.to_string());
            let kind_of = |figure: Figure| if figure.value.streamed.is_some() { "streamed" } else { "measured" };
            let kind = || figure.map_or("", kind_of).to_owned();
            match column {
                Column::Trace => {
                    record.push(figure.and_then(|figure| figure.value.error).map_or_else(String::new, number));
                    record.extend([step(), kind()]);
                }
                Column::LambdaMax => record.extend([step(), kind()]),
                Column::TestLoss | Column::Bound => record.push(step()),
                Column::Start => record.push(run.info.seed.to_string()),
                _ => {}
            }
        }
        records.push(record);
    }
    for record in records {
        // Writing to memory cannot fail, and all records are of one length.
        let _ = writer.write_record(record);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

/// The table as it is shown, with what is said under it.
pub fn markdown(model: &Model, table: &TableState) -> String {
    let at_equal_loss = table.at_equal_loss;
    let readings = Readings::of(model, at_equal_loss);
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let columns = Column::shown(&readings);
    let each = |cell: &dyn Fn(Column) -> String| line(columns.iter().map(|column| cell(*column)).collect());
    let mut text = each(&|column| column.label().to_owned());
    text += &each(&|column| if column.is_words() { "---" } else { "---:" }.to_owned());
    for (run, reading) in sorted(model, table, &readings) {
        let cell = |column: Column| column.text(model, run, reading).replace('|', "\\|").replace('\u{a0}', " ");
        text += &each(&cell);
    }
    text += &format!("\n{}, seed {}.", model.experiment.title, model.experiment.seed);
    for note in said(model, &readings, &columns, at_equal_loss) {
        text += &format!(" {note}");
    }
    text.push('\n');
    text
}

/// What must be said below it, a sentence each.
fn said(model: &Model, readings: &Readings, columns: &[Column], at_equal_loss: bool) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(at_equal_loss.then(|| notes::caption(readings)));
    said.extend(columns.iter().any(|column| column.is_of_average()).then(|| notes::OF_AVERAGE.to_owned()));
    said.extend(notes::not_comparable(model, at_equal_loss));
    said
}

/// The runs in their own order as they stand, or at equal training loss; `None` where they cannot be read at one.
pub fn plain(model: &Model, at_equal_loss: bool) -> Option<TextTable> {
    let readings = Readings::of(model, at_equal_loss);
    if at_equal_loss && readings.loss.is_none() {
        return None;
    }
    let columns = Column::shown(&readings);
    let mut rows = vec![columns.iter().map(|column| column.label().to_owned()).collect::<Vec<_>>()];
    for (id, reading) in &readings.runs {
        let Some(run) = model.run(*id) else { continue };
        rows.push(columns.iter().map(|column| column.text(model, run, reading)).collect());
    }
    Some(TextTable { title: String::new(), rows, notes: said(model, &readings, &columns, at_equal_loss) })
}
