//! The labels of a table: words, whole numbers or numbers.

use super::super::super::arrays::one_line;
use super::super::check::RawLabels;
use super::super::words::{Numbered, number_words};
use super::super::{Problem, Wanted};
use super::number::{Reading, is_missing};
use crate::config::{LabelKind, LossKind, Real};

/// The labels as they stand in a table, and where.
pub(super) struct Column<'a> {
    /// The text of each row.
    pub texts: &'a [String],
    /// The line of each row.
    pub lines: &'a [u64],
    /// The column in words.
    pub column: &'a str,
}

/// Labels that were read.
pub(super) struct Read<T> {
    /// The labels.
    pub labels: RawLabels<T>,
    /// Names of the classes, where they are words.
    pub class_names: Vec<String>,
    /// What was made of them, in a sentence.
    pub note: Option<String>,
}

impl<T> Read<T> {
    fn plain(labels: RawLabels<T>, note: Option<String>) -> Self {
        Self { labels, class_names: Vec::new(), note }
    }
}

impl Column<'_> {
    /// Reads them as the model takes them, or as the user says.
    ///
    /// # Errors
    /// [`Problem`]: the first label that is none, with its line.
    pub fn read<T: Real>(&self, wanted: &Wanted<'_>, kind: LabelKind) -> Result<Read<T>, Problem> {
        let is_fraction = |label: &String| Reading::of(label).value().is_some_and(|value| value.fract() != 0.0);
        let any_values = wanted.is_any() && self.texts.iter().any(is_fraction);
        let are_values = match kind {
            LabelKind::Auto => any_values || (wanted.loss == LossKind::Mse && wanted.outputs == 1),
            LabelKind::Classes => false,
            LabelKind::Numbers => true,
        };
        if are_values { self.values() } else { self.classes(wanted) }
    }

    fn values<T: Real>(&self) -> Result<Read<T>, Problem> {
        let parse = |(label, &line): (&String, &u64)| {
            let value = Reading::of(label).value().map(T::of);
            value.ok_or_else(|| Problem::NotANumber {
                line,
                column: self.column.to_owned(),
                found: one_line(label),
                expected: super::number::expected(label).to_owned(),
            })
        };
        let of = self.texts.iter().zip(self.lines).map(parse).collect::<Result<_, _>>()?;
        Ok(Read::plain(RawLabels::Values { of, outputs: 1 }, None))
    }

    fn classes<T>(&self, wanted: &Wanted<'_>) -> Result<Read<T>, Problem> {
        if let Some(empty) = self.texts.iter().position(|label| is_missing(label)) {
            return Err(self.wrong(empty, "a class: a label is missing; fill it in or leave the line out".to_owned()));
        }
        let is_word = |label: &String| !Reading::of(label).is_number();
        if self.texts.iter().all(is_word) {
            return Ok(self.words());
        }
        if let Some(word) = self.texts.iter().position(is_word) {
            let header = if word == 0 { "; `header = true` makes the line a header" } else { "" };
            return Err(self.wrong(word, format!("a whole number as in other lines{header}")));
        }
        let whole = |(index, label): (usize, &String)| {
            let value = Reading::of(label).value().unwrap_or(f64::NAN);
            let is_whole = value.fract() == 0.0 && value.abs() < 9e15;
            if is_whole { Ok(value as i64) } else { Err(self.wrong(index, not_whole(wanted))) }
        };
        let of = self.texts.iter().enumerate().map(whole).collect::<Result<_, _>>()?;
        let float = self.texts.iter().find(|label| label.parse::<i64>().is_err());
        let note = float.map(|label| format!("labels such as `{label}` are whole numbers, and taken as classes"));
        Ok(Read::plain(RawLabels::Whole(of), note))
    }

    /// Words become classes in alphabetical order.
    fn words<T>(&self) -> Read<T> {
        let Numbered { classes, names, note } = number_words(self.texts);
        Read { labels: RawLabels::Whole(classes), class_names: names, note: Some(note) }
    }

    fn wrong(&self, index: usize, expected: String) -> Problem {
        Problem::Label {
            place: format!("line {}", self.lines[index]),
            found: format!("`{}`", one_line(&self.texts[index])),
            expected,
        }
    }
}

fn not_whole(wanted: &Wanted<'_>) -> String {
    if wanted.loss == LossKind::Mse && !wanted.is_any() {
        return format!("a whole number or a word: one class for the model's {} outputs", wanted.outputs);
    }
    "a whole number or a word, the class".to_owned()
}
