//! How a table is laid out: its separator, its header, the columns that are no features. `docs/data.md` states the rules.
//!
//! All of it is told from the beginning of the file, so that the window says the same of a table as the reader.

use std::path::Path;

use csv::StringRecord;

use super::super::super::arrays::one_line;
use super::super::{Problem, ReadChoice};
use super::choose::{Sample, choose};
use super::header::{Verdict, comment_names, is_label_name, is_nameless, verdict};
use super::number::Reading;
use super::separator::Separator;
use super::text::Text;

/// Names that a note tells at most.
const MOST_NAMES: usize = 8;

/// The layout of a table.
#[derive(Debug)]
pub(in super::super) struct Layout {
    /// What separates its columns.
    pub separator: Separator,
    /// Fields of a row.
    pub width: usize,
    /// Names of the columns, `[width]`, where there is a header.
    pub names: Option<Vec<String>>,
    /// The first record is no example.
    pub skips_first: bool,
    /// Columns at the beginning that name the rows.
    pub num_index: usize,
    /// Columns at the end without a name or a value.
    pub num_empty: usize,
    /// What of it is a guess, in sentences.
    pub notes: Vec<String>,
}

impl Layout {
    /// Finds it out.
    ///
    /// # Errors
    /// [`Problem`] where there is no table, or where two layouts are equally likely.
    pub fn of(text: &Text<'_>, path: &Path, choice: ReadChoice<'_>) -> Result<Self, Problem> {
        let sample = choose(text.sample(), text.first_line(), text.separator, path)?;
        let Some((_, first)) = sample.records.first() else { return Err(Problem::Empty) };
        let rows = &sample.records[1..];
        // Rows of other lengths are told where they are read.
        let is_shorter = first.len() + 1 == sample.width && (choice.header == Some(true) || has_names(first, choice));
        let ends_empty = rows.iter().all(|(_, record)| record.iter().skip(first.len()).all(str::is_empty));
        let width = if is_shorter || ends_empty { first.len().max(sample.width) } else { first.len() };
        let num_empty = num_empty(first, rows, width);
        let has_row_names = is_shorter && !ends_empty;
        if width - num_empty < 2 {
            return Err(Problem::Broken {
                found: "one column".to_owned(),
                expected: "features and a label, separated by commas, semicolons, tabs or spaces".to_owned(),
            });
        }
        let comment = comment_names(text.rows(), sample.separator, width - num_empty, text.first_line());
        let verdict = match verdict(first, rows, choice, has_row_names) {
            // What the line may be is clear where a comment has the names.
            Err(_) if comment.is_some() => Verdict::Data { note: None },
            told => told?,
        };
        let mut layout = Self {
            separator: sample.separator,
            width,
            names: None,
            skips_first: false,
            num_index: 0,
            num_empty,
            notes: Vec::new(),
        };
        layout.name(first, comment, verdict, choice.header.is_some());
        layout.leave_out(choice.column, has_row_names)?;
        layout.tell(&sample);
        Ok(layout)
    }

    /// Takes the names from the first line or from the comment before it.
    fn name(&mut self, first: &StringRecord, comment: Option<(u64, Vec<String>)>, verdict: Verdict, is_chosen: bool) {
        let has_numbers = || first.iter().any(|field| Reading::of(field).is_number());
        let of_comment = match verdict {
            Verdict::Header { .. } => is_chosen && has_numbers(),
            Verdict::Data { .. } => !is_chosen,
        };
        let comment = comment.filter(|_| of_comment);
        let (place, mut names) = match (comment, &verdict) {
            (Some((line, names)), _) => (format!("the comment in line {line}"), names),
            (None, Verdict::Header { shift }) => {
                self.skips_first = true;
                let names = std::iter::repeat_n("", *shift).chain(first.iter()).map(str::to_owned);
                ("the first line".to_owned(), names.collect())
            }
            (None, Verdict::Data { note }) => return self.notes.extend(note.clone()),
        };
        names.resize(self.width, String::new());
        if !is_chosen {
            let shown: Vec<String> = names.iter().filter(|name| !name.is_empty()).map(|name| one_line(name)).collect();
            let more = if shown.len() > MOST_NAMES { ", …" } else { "" };
            let shown = shown[..shown.len().min(MOST_NAMES)].join(", ");
            self.notes.push(format!("{place} is taken as a header: {shown}{more}; `header = false` says otherwise"));
        }
        self.names = Some(names);
    }

    /// Finds the columns that are no features.
    fn leave_out(&mut self, label: Option<&str>, has_row_names: bool) -> Result<(), Problem> {
        let Some(names) = &self.names else { return Ok(()) };
        let chosen = label.and_then(|label| label.parse::<usize>().ok());
        let last = self.width - self.num_empty;
        let run = names[..last].iter().take_while(|name| is_nameless(name)).count();
        self.num_index = run.min(chosen.filter(|&chosen| chosen > 0).map_or(run, |chosen| chosen - 1));
        if self.num_index == 0 {
            return Ok(());
        }
        if self.num_index + 2 > last {
            return Err(Problem::Broken {
                found: "one column beside the index, which has no name".to_owned(),
                expected: "features and a label".to_owned(),
            });
        }
        self.notes.push(match (self.num_index, has_row_names) {
            (1, true) => {
                "the rows have one field more than the header: the first one, the name of the row, is left out"
                    .to_owned()
            }
            (1, false) => "the index is left out: column 1, which has no name".to_owned(),
            (many, _) => format!("the indices are left out: columns 1 to {many}, which have no name"),
        });
        Ok(())
    }

    fn tell(&mut self, sample: &Sample) {
        if self.num_empty > 0 {
            let [columns, are] = if self.num_empty == 1 { ["column", "is"] } else { ["columns", "are"] };
            self.notes.push(format!(
                "the lines end with {}: {} empty {columns} at the end {are} left out",
                sample.separator.words(),
                self.num_empty
            ));
        }
        let mut names: Vec<&str> = self.features_and_label().filter_map(|column| self.name_of(column)).collect();
        names.sort_unstable();
        let double = names.chunk_by(|a, b| a == b).find(|same| same.len() > 1 && !same[0].is_empty());
        let double = double.map(|same| format!("{} columns have the name `{}`", same.len(), one_line(same[0])));
        self.notes.extend(double);
    }

    /// All columns but those that are left out.
    pub const fn features_and_label(&self) -> std::ops::Range<usize> {
        self.num_index..self.width - self.num_empty
    }

    /// The first column that is neither left out nor the label.
    pub const fn first_feature(&self, label: usize) -> usize {
        if label == self.num_index { self.num_index + 1 } else { self.num_index }
    }

    /// The name of a column, where there is a header.
    pub fn name_of(&self, column: usize) -> Option<&str> {
        self.names.as_ref().map(|names| names[column].as_str())
    }

    /// A column in words: its number from 1, and its name where it has one.
    pub fn words(&self, column: usize) -> String {
        let name = self.name_of(column).filter(|name| !name.is_empty());
        name.map_or_else(|| (column + 1).to_string(), |name| format!("{} (`{}`)", column + 1, one_line(name)))
    }

    /// The column of the label.
    ///
    /// # Errors
    /// [`Problem::Broken`] where none is the chosen one, or several may be the label.
    pub fn label(&self, chosen: Option<&str>) -> Result<usize, Problem> {
        match chosen {
            Some(chosen) => self.chosen(chosen, "label"),
            None => self.usual_label(),
        }
    }

    /// The column called `y`, `label` or `class`, else the last one.
    fn usual_label(&self) -> Result<usize, Problem> {
        let is_label = |&column: &usize| self.name_of(column).is_some_and(is_label_name);
        let named: Vec<usize> = self.features_and_label().filter(is_label).collect();
        if named.len() > 1 {
            let names: Vec<String> = named.iter().filter_map(|&i| Some(format!("`{}`", self.name_of(i)?))).collect();
            return Err(Problem::Broken {
                found: format!("{} columns that may be the label: {}", named.len(), names.join(", ")),
                expected: "one (`label_column` says which)".to_owned(),
            });
        }
        Ok(named.first().copied().unwrap_or(self.width - self.num_empty - 1))
    }

    /// The column that the user chose for `what`, by its name or by its number.
    pub fn chosen(&self, chosen: &str, what: &str) -> Result<usize, Problem> {
        let wrong = |found: String, expected: String| Err(Problem::Broken { found, expected });
        let named: Vec<usize> =
            self.features_and_label().filter(|&column| self.name_of(column) == Some(chosen)).collect();
        let number = chosen.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match (named.as_slice(), number) {
            (&[column], _) => return Ok(column),
            (&[], Some(column)) if column < self.width - self.num_empty => return Ok(column),
            (&[], _) => {}
            (many, _) => {
                let found = format!("{} columns called `{}`", many.len(), one_line(chosen));
                return wrong(found, "one, or the column's number".to_owned());
            }
        }
        let expected = match &self.names {
            Some(names) => {
                let names = &names[self.features_and_label()];
                let shown: Vec<String> = names.iter().take(12).map(|name| format!("`{}`", one_line(name))).collect();
                format!("one of {}{}", shown.join(", "), if names.len() > 12 { ", …" } else { "" })
            }
            None => format!("a number from 1 to {}, since the file has no header", self.width - self.num_empty),
        };
        wrong(format!("no column `{}` for the {what}", one_line(chosen)), expected)
    }
}

/// Whether a first line that is shorter than the others may have names, by the user's word or by its own.
fn has_names(first: &StringRecord, choice: ReadChoice<'_>) -> bool {
    choice.header.is_none() && !first.iter().any(|field| Reading::of(field).is_number())
}

/// Columns at the end that no line of the sample has a value in, the first one neither.
fn num_empty(first: &StringRecord, rows: &[(u64, StringRecord)], width: usize) -> usize {
    let is_empty = |column: usize| {
        let lacks = |record: &StringRecord| record.get(column).is_none_or(str::is_empty);
        lacks(first) && !rows.is_empty() && rows.iter().all(|(_, record)| lacks(record))
    };
    (1..width).rev().take_while(|&column| is_empty(column)).count()
}
