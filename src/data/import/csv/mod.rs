//! Text in columns: one example a line, one label, all other columns features. `docs/data.md` states the rules.
//!
//! The beginning of the file tells its [`Layout`]: the separator, the header, the columns that are no features. The reader and
//! the window's [`table_columns`] go by the same one. Whatever is a guess is told, and two guesses that are equally likely
//! are refused.

mod choose;
mod header;
mod labels;
mod layout;
mod number;
mod records;
mod rows;
mod separator;
mod text;

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;

use super::super::limit;
use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::{Columns, Problem, ReadChoice, Wanted};
use crate::config::{LabelKind, LossKind, Real};
use labels::Column;
use number::Reading;
use rows::Rows;
use separator::Separator;
use text::{HEAD, Text};

pub(super) use header::{is_label_name, is_nameless};
pub(super) use layout::Layout;
pub(super) use number::is_word;
pub(super) use records::Records;
pub(super) use text::Text as TableText;

/// The columns of the table at `path`, by its beginning.
pub(super) fn columns_of(path: &Path, choice: ReadChoice<'_>) -> Columns {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    let is_whole = read.is_ok_and(|bytes| bytes < HEAD);
    let text = Text::of(&head, is_whole);
    let layout = text.and_then(|text| Layout::of(&text, path, choice));
    layout.map_or(Columns { is_table: true, ..Columns::default() }, |layout| columns(&layout))
}

fn columns(layout: &Layout) -> Columns {
    let all = layout.features_and_label();
    let mut counts = HashMap::new();
    all.clone().for_each(|column| *counts.entry(layout.name_of(column)).or_insert(0) += 1);
    let name = |column: usize| {
        let name = layout.name_of(column).filter(|&name| !name.is_empty() && counts[&Some(name)] == 1);
        name.map_or_else(|| (column + 1).to_string(), str::to_owned)
    };
    Columns {
        is_table: true,
        names: all.clone().map(name).collect(),
        has_header: layout.names.is_some(),
        label: layout.label(None).ok().map(|label| label - all.start),
    }
}

/// Reads a table.
pub(super) fn read<T: Real>(
    path: &Path,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, Problem> {
    let text = Text::of(bytes, true)?;
    let layout = Layout::of(&text, path, choice)?;
    let label = layout.label(choice.column)?;
    memory::<T>(&text, layout.separator)?;
    let rows = rows::read::<T>(&text, &layout, label, choice.header.is_some())?;
    let features = layout.features_and_label().len() - 1;
    fits(&layout, &rows, features, label, wanted)?;
    let column = layout.words(label);
    let read = Column { texts: &rows.labels, lines: &rows.lines, column: &column }.read(wanted, choice.kind)?;
    let is_last = label + 1 == layout.width - layout.num_empty && layout.names.is_none();
    let mut notes = vec![format!("the label is column {column}{}", if is_last { " (the last one)" } else { "" })];
    notes.extend(read.note);
    notes.extend(layout.notes.iter().cloned());
    if let Some(from) = rows.counts_from.filter(|_| wanted.is_any() && features > 1) {
        let column = layout.words(layout.first_feature(label));
        notes.push(format!("column {column} counts {}, as an index does, and is taken as a feature", counted(from)));
    }
    notes.extend(rows.notes);
    notes.extend(text.note.clone());
    Ok(Raw {
        shape: vec![features],
        x: rows.x,
        fit: Fit::Product,
        y: read.labels,
        format: format(&layout),
        class_names: read.class_names,
        notes,
        place: Place::Lines(rows.lines),
        names: names(&layout, label),
        text: None,
    })
}

/// Labels, the names of their classes, and a note.
pub(super) type TableLabels<T> = (RawLabels<T>, Vec<String>, Option<String>);

/// The labels of a table's rows, the names of their classes, and a note.
pub(super) fn read_labels<T: Real>(
    texts: &[String],
    lines: &[u64],
    column: &str,
    wanted: &Wanted<'_>,
    kind: LabelKind,
) -> Result<TableLabels<T>, Problem> {
    let read = Column { texts, lines, column }.read(wanted, kind)?;
    Ok((read.labels, read.class_names, read.note))
}

/// Asks for the memory of all values, and of a label and a line for each row.
fn memory<T>(text: &Text<'_>, separator: Separator) -> Result<(), Problem> {
    let sign = separator.sign() as u8;
    let bytes = text.rows().bytes();
    let (mut values, mut lines) = (1, 1);
    bytes.for_each(|byte| {
        values += u64::from(byte == sign || byte == b'\n');
        lines += u64::from(byte == b'\n');
    });
    let of_a_line = (size_of::<String>() + size_of::<u64>() + 8) as u64;
    let needed = values * size_of::<T>() as u64 + lines * of_a_line + text.rows().len() as u64;
    limit::allow("the table", needed).map_err(Problem::TooLarge)
}

fn counted(from: u8) -> String {
    format!("{from}, {}, {}, …", from + 1, from + 2)
}

/// Where the number of features is not the model's, says what makes it so as far as the table tells.
fn fits<T: Real>(
    layout: &Layout,
    rows: &Rows<T>,
    features: usize,
    label: usize,
    wanted: &Wanted<'_>,
) -> Result<(), Problem> {
    let expected: usize = wanted.input.iter().product();
    if wanted.is_any_shape() || features == expected {
        return Ok(());
    }
    let shape = |what: String| Problem::Shape {
        what,
        found: format!("[{features}]"),
        expected: format!("{:?}, the model's input", wanted.input),
    };
    if let Some(from) = rows.counts_from.filter(|_| features == expected + 1) {
        let column = layout.words(layout.first_feature(label));
        let what = format!(
            "column {column} counts {}, as an index does (leave it out, or its name empty); with it an example of x has the shape",
            counted(from)
        );
        return Err(shape(what));
    }
    let is_last = label + 1 == layout.width - layout.num_empty;
    if wanted.outputs > 1 && is_last && features + 1 == expected + wanted.outputs {
        several_labels(one_hot(rows, features, expected), expected, wanted)?;
    }
    let index = if layout.num_index > 0 { "without the index, which has no name, " } else { "" };
    Err(shape(format!("{index}an example of x has the shape")))
}

/// Refuses columns that may be several labels: one-hot rows, or values beside several outputs.
fn several_labels(is_one_hot: bool, features: usize, wanted: &Wanted<'_>) -> Result<(), Problem> {
    let outputs = wanted.outputs;
    let plural = if features == 1 { "" } else { "s" };
    let found = match (is_one_hot, wanted.loss) {
        (true, _) => format!("one-hot rows in the last {outputs} columns"),
        (false, LossKind::Mse) => format!("as many columns as {features} feature{plural} and {outputs} labels"),
        (false, _) => return Ok(()),
    };
    let expected = match wanted.loss {
        LossKind::Mse => {
            format!("one label column; {outputs} outputs need an NPZ or safetensors file with y of [N, {outputs}]")
        }
        _ => "one label column with the number or the name of the class".to_owned(),
    };
    Err(Problem::Broken { found, expected })
}

/// Whether each row has a single 1 among zeros behind the first `from` features, the label included.
fn one_hot<T: Real>(rows: &Rows<T>, features: usize, from: usize) -> bool {
    rows.x.chunks(features).zip(&rows.labels).all(|(x, label)| {
        let last = Reading::of(label).value().unwrap_or(f64::NAN);
        let all = x[from..].iter().map(|x| x.to_f64()).chain([last]);
        let ones = all.clone().filter(|&value| value == 1.0).count();
        ones == 1 && all.filter(|&value| value == 0.0).count() == features - from
    })
}

fn format(layout: &Layout) -> String {
    let header = if layout.names.is_some() { "with a header" } else { "without a header" };
    match layout.separator {
        Separator::Comma => format!("CSV {header}"),
        other => format!("CSV {header}, separated by {}", other.words()),
    }
}

/// Names of features and label. A feature without a name in a table that has names is called by its number.
fn names(layout: &Layout, label: usize) -> Names {
    if layout.names.is_none() {
        return Names::default();
    }
    let name = |column: usize| {
        let name = layout.name_of(column).filter(|name| !name.is_empty());
        name.map_or_else(|| format!("column {}", column + 1), str::to_owned)
    };
    let columns = layout.features_and_label().filter(|&column| column != label).map(name).collect();
    Names { columns, label: name(label) }
}
