//! Text in columns: one example a line, one label, all other columns features.
//!
//! The first line is a header where none of its fields is a number, or one of them is called `y`, `label` or `class`, or as
//! the user calls the label. That column is the label, else the last one. Commas, semicolons and tabs separate; lines that
//! begin with `#` are comments.

use std::io::Read as _;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::arrays::one_line;
use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::detect::{Kind, detect};
use super::{Problem, ReadChoice, Wanted};
use crate::config::{LabelKind, LossKind, Real};

const LABEL_NAMES: [&str; 3] = ["y", "label", "class"];
/// Bytes of the beginning that the first line is looked for in.
const HEAD: u64 = 1 << 16;

/// The columns of a table, by its first line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// Their names, or their numbers from 1 where there is no header.
    pub names: Vec<String>,
    /// The names are those of a header.
    pub has_header: bool,
    /// The one that is the label unless the user says otherwise; `None` where several may be.
    pub label: Option<usize>,
}

/// The columns of the table at `path`; none where it cannot be read as a table.
#[must_use]
pub fn table_columns(path: &Path) -> Columns {
    if !matches!(detect(path), Ok(Kind::Csv)) {
        return Columns::default();
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    // A letter may be cut in two at the end of the head.
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(err) if err.error_len().is_none() => std::str::from_utf8(&head[..err.valid_up_to()]).unwrap_or_default(),
        Err(_) => return Columns::default(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = reader(text, path).records().next().and_then(Result::ok).filter(|_| read.is_ok());
    let Some(first) = first.filter(|first| first.len() > 1) else { return Columns::default() };
    let has_header = is_header(&first, None);
    let name = |(place, field): (usize, &str)| if has_header { field.to_owned() } else { (place + 1).to_string() };
    Columns { names: first.iter().enumerate().map(name).collect(), has_header, label: usual_column(&first).ok() }
}

/// The rows as they are read.
struct Table<T> {
    x: Vec<T>,
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
pub(super) fn read<T: Real>(
    path: &Path,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|err| Problem::Broken {
        found: format!("byte {} is no text", err.valid_up_to()),
        expected: "a CSV file in UTF-8".to_owned(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = rows(text, path, choice.column)?;
    let is_last = table.label + 1 == table.width;
    let what = table.names.as_ref().map_or_else(
        || format!("column {}{}", table.label + 1, if is_last { " (the last one)" } else { "" }),
        |names| format!("column {} (`{}`)", table.label + 1, one_line(&names[table.label])),
    );
    let mut notes = vec![format!("the label is {what}")];
    let (y, class_names) = labels(&table, wanted, choice.kind)?;
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
        names: names(table.names, table.label),
    })
}

fn names(names: Option<Vec<String>>, label: usize) -> Names {
    let Some(mut columns) = names else { return Names::default() };
    let label = columns.remove(label);
    Names { columns, label }
}

fn reader<'a>(text: &'a str, path: &Path) -> csv::Reader<&'a [u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .delimiter(delimiter(text, path))
        .trim(Trim::All)
        .from_reader(text.as_bytes())
}

fn rows<T: Real>(text: &str, path: &Path, label: Option<&str>) -> Result<Table<T>, Problem> {
    let mut reader = reader(text, path);
    let mut table: Option<Table<T>> = None;
    for record in reader.records() {
        let record = record.map_err(|err| Problem::Broken {
            found: format!("a line that cannot be read ({})", one_line(&err.to_string())),
            expected: "a CSV file".to_owned(),
        })?;
        match &mut table {
            Some(table) => table.push(&record)?,
            None => table = Some(Table::begin(&record, label)?),
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

impl<T: Real> Table<T> {
    fn begin(first: &StringRecord, chosen: Option<&str>) -> Result<Self, Problem> {
        let width = first.len();
        if width < 2 {
            return Err(Problem::Broken {
                found: "one column".to_owned(),
                expected: "features and a label, separated by commas, semicolons or tabs".to_owned(),
            });
        }
        let is_header = is_header(first, chosen);
        let label = match chosen {
            Some(chosen) => chosen_column(first, is_header, chosen)?,
            None => usual_column(first)?,
        };
        let names = is_header.then(|| first.iter().map(str::to_owned).collect());
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
                self.x.push(field.parse().map(T::of).map_err(|_| self.not_a_number(line, column, field))?);
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

/// Whether the first line names the columns.
fn is_header(first: &StringRecord, chosen: Option<&str>) -> bool {
    let is_label = |field: &str| LABEL_NAMES.contains(&field.to_lowercase().as_str());
    let is_chosen = |field: &str| chosen.is_some_and(|chosen| !is_number(chosen) && chosen == field);
    first.iter().any(|field| is_label(field) || is_chosen(field))
        || first.iter().all(|field| !field.is_empty() && !is_number(field))
}

/// The column called `y`, `label` or `class`, else the last one.
fn usual_column(first: &StringRecord) -> Result<usize, Problem> {
    let is_label = |&column: &usize| LABEL_NAMES.contains(&first[column].to_lowercase().as_str());
    let named: Vec<usize> = (0..first.len()).filter(is_label).collect();
    if named.len() > 1 {
        let names: Vec<String> = named.iter().map(|&i| format!("`{}`", &first[i])).collect();
        return Err(Problem::Broken {
            found: format!("{} columns that may be the label: {}", named.len(), names.join(", ")),
            expected: "one".to_owned(),
        });
    }
    Ok(named.first().copied().unwrap_or(first.len() - 1))
}

/// The column that the user chose, by its name or by its number.
fn chosen_column(first: &StringRecord, is_header: bool, chosen: &str) -> Result<usize, Problem> {
    let by_name = first.iter().position(|field| field == chosen).filter(|_| is_header);
    let number = chosen.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    by_name.or_else(|| number.filter(|&column| column < first.len())).ok_or_else(|| Problem::Broken {
        found: format!("no column `{}` for the label", one_line(chosen)),
        expected: if is_header {
            let names: Vec<String> = first.iter().take(12).map(|name| format!("`{}`", one_line(name))).collect();
            format!("one of {}{}", names.join(", "), if first.len() > 12 { ", …" } else { "" })
        } else {
            format!("a number from 1 to {}, since the file has no header", first.len())
        },
    })
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// The labels with the names of the classes, where these are words.
fn labels<T: Real>(
    table: &Table<T>,
    wanted: &Wanted<'_>,
    kind: LabelKind,
) -> Result<(RawLabels<T>, Vec<String>), Problem> {
    let is_fraction = |label: &String| label.parse::<f64>().is_ok_and(|value| value.fract() != 0.0);
    let any_values = wanted.is_any() && table.labels.iter().any(is_fraction);
    let are_values = match kind {
        LabelKind::Auto => any_values || (wanted.loss == LossKind::Mse && wanted.outputs == 1),
        LabelKind::Classes => false,
        LabelKind::Numbers => true,
    };
    if are_values {
        let parse = |(label, &line): (&String, &u64)| {
            label.parse().map(T::of).map_err(|_| table.not_a_number(line, table.label, label))
        };
        let of = table.labels.iter().zip(&table.lines).map(parse).collect::<Result<Vec<T>, _>>()?;
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
