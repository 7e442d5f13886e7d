//! Text in columns: one example a line, one label, all other columns features.
//!
//! The first line is a header where none of its fields is a number, or one of them is called `y`, `label` or `class`. That
//! column is the label, else the last one. Commas, semicolons and tabs separate; lines that begin with `#` are comments.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::arrays::one_line;
use super::check::{Fit, Place, Raw, RawLabels};
use super::{Problem, Wanted};
use crate::config::LossKind;

const LABEL_NAMES: [&str; 3] = ["y", "label", "class"];

/// The rows as they are read.
struct Table {
    x: Vec<f32>,
    labels: Vec<String>,
    lines: Vec<u64>,
    /// Fields of a line.
    width: usize,
    /// The column of the label.
    label: usize,
    /// Names of the columns, where there is a header.
    names: Option<Vec<String>>,
}

/// Reads a table.
pub(super) fn read(path: &Path, bytes: &[u8], wanted: &Wanted<'_>) -> Result<Raw, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|err| Problem::Broken {
        found: format!("byte {} is no text", err.valid_up_to()),
        expected: "a CSV file in UTF-8".to_owned(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = rows(text, path)?;
    let what = table.names.as_ref().map_or_else(
        || format!("column {} (the last one)", table.label + 1),
        |names| format!("column {} (`{}`)", table.label + 1, one_line(&names[table.label])),
    );
    let mut notes = vec![format!("the label is {what}")];
    let (y, class_names) = labels(&table, wanted)?;
    if !class_names.is_empty() {
        let pairs: Vec<String> = class_names.iter().enumerate().map(|(i, name)| format!("{name} = {i}")).collect();
        notes.push(format!("classes in alphabetical order: {}", pairs.join(", ")));
    }
    let header = if table.names.is_some() { "with a header" } else { "without a header" };
    Ok(Raw {
        shape: vec![table.width - 1],
        x: table.x,
        fit: Fit::Product,
        y,
        format: format!("CSV {header}"),
        class_names,
        notes,
        place: Place::Lines(table.lines),
    })
}

fn rows(text: &str, path: &Path) -> Result<Table, Problem> {
    let delimiter = delimiter(text, path);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut table: Option<Table> = None;
    for record in reader.records() {
        let record = record.map_err(|err| Problem::Broken {
            found: format!("a line that cannot be read ({})", one_line(&err.to_string())),
            expected: "a CSV file".to_owned(),
        })?;
        match &mut table {
            Some(table) => table.push(&record)?,
            None => table = Some(Table::begin(&record)?),
        }
    }
    table.filter(|table| !table.lines.is_empty()).ok_or(Problem::Empty)
}

/// The separator that the first line has most of.
fn delimiter(text: &str, path: &Path) -> u8 {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tsv")) {
        return b'\t';
    }
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|&byte| byte == separator).count();
    // Of equals the last one is taken, so the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

impl Table {
    fn begin(first: &StringRecord) -> Result<Self, Problem> {
        let width = first.len();
        if width < 2 {
            return Err(Problem::Broken {
                found: "one column".to_owned(),
                expected: "features and a label, separated by commas, semicolons or tabs".to_owned(),
            });
        }
        let named: Vec<usize> =
            (0..width).filter(|&i| LABEL_NAMES.contains(&first[i].to_lowercase().as_str())).collect();
        if named.len() > 1 {
            let names: Vec<String> = named.iter().map(|&i| format!("`{}`", &first[i])).collect();
            return Err(Problem::Broken {
                found: format!("{} columns that may be the label: {}", named.len(), names.join(", ")),
                expected: "one".to_owned(),
            });
        }
        let is_header = !named.is_empty() || first.iter().all(|field| !field.is_empty() && !is_number(field));
        let names = is_header.then(|| first.iter().map(str::to_owned).collect());
        let label = named.first().copied().unwrap_or(width - 1);
        let mut table = Self { x: Vec::new(), labels: Vec::new(), lines: Vec::new(), width, label, names };
        if !is_header {
            table.push(first)?;
        }
        Ok(table)
    }

    fn push(&mut self, record: &StringRecord) -> Result<(), Problem> {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != self.width {
            return Err(Problem::Ragged { line, found: record.len(), expected: self.width });
        }
        for (column, field) in record.iter().enumerate() {
            if column == self.label {
                self.labels.push(field.to_owned());
            } else {
                self.x.push(field.parse().map_err(|_| self.not_a_number(line, column, field))?);
            }
        }
        self.lines.push(line);
        Ok(())
    }

    fn not_a_number(&self, line: u64, column: usize, found: &str) -> Problem {
        let name = self.names.as_ref().map(|names| format!(" (`{}`)", one_line(&names[column]))).unwrap_or_default();
        Problem::NotANumber { line, column: format!("{}{name}", column + 1), found: one_line(found) }
    }
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// The labels with the names of the classes, where these are words.
fn labels(table: &Table, wanted: &Wanted<'_>) -> Result<(RawLabels, Vec<String>), Problem> {
    let is_fraction = |label: &String| label.parse::<f64>().is_ok_and(|value| value.fract() != 0.0);
    let any_values = wanted.is_any() && table.labels.iter().any(is_fraction);
    if any_values || (wanted.loss == LossKind::Mse && wanted.outputs == 1) {
        let parse =
            |(label, &line): (&String, &u64)| label.parse().map_err(|_| table.not_a_number(line, table.label, label));
        let of = table.labels.iter().zip(&table.lines).map(parse).collect::<Result<Vec<f32>, _>>()?;
        return Ok((RawLabels::Values { of, outputs: 1 }, Vec::new()));
    }
    let wrong = |index: usize, expected: &str| Problem::Label {
        place: format!("line {}", table.lines[index]),
        found: format!("`{}`", one_line(&table.labels[index])),
        expected: expected.to_owned(),
    };
    if let Some(empty) = table.labels.iter().position(String::is_empty) {
        return Err(wrong(empty, "a class"));
    }
    let is_word = |label: &String| !is_number(label);
    if table.labels.iter().all(is_word) {
        let mut names = table.labels.clone();
        names.sort();
        names.dedup();
        let class = |label: &String| names.binary_search(label).map_or(-1, |class| class as i64);
        return Ok((RawLabels::Whole(table.labels.iter().map(class).collect()), names));
    }
    if let Some(word) = table.labels.iter().position(is_word) {
        return Err(wrong(word, "a whole number as in other lines"));
    }
    let whole = |(index, label): (usize, &String)| {
        let value: f64 = label.parse().unwrap_or(f64::NAN);
        let is_whole = value.fract() == 0.0 && value.abs() < 9e15;
        if is_whole { Ok(value as i64) } else { Err(wrong(index, "a whole number or a word, the class")) }
    };
    let of = table.labels.iter().enumerate().map(whole).collect::<Result<_, _>>()?;
    Ok((RawLabels::Whole(of), Vec::new()))
}
