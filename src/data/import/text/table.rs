//! A table with a column of text and a label: as CSV, by the rules that tables of numbers have.

use std::path::Path;

use csv::StringRecord;

use super::super::super::arrays::one_line;
use super::super::check::{Place, RawLabels};
use super::super::csv::{Layout, Records, TableText, is_word, read_labels};
use super::super::{Problem, ReadChoice, Wanted};
use crate::config::Real;

/// Names of a column of text, where there are others beside it.
const USUAL: [&str; 5] = ["text", "sentence", "review", "content", "caption"];
/// Rows of a table by which it is told what its columns hold.
const MOST_ROWS: usize = 1000;

/// A table of texts and labels.
pub(in super::super) struct Texts<T> {
    pub texts: Vec<String>,
    pub labels: RawLabels<T>,
    /// Names of the classes, where they have names.
    pub class_names: Vec<String>,
    pub notes: Vec<String>,
    pub place: Place,
    /// Name of the label, where it has one.
    pub label: String,
    pub format: String,
}

/// Reads one.
pub(in super::super) fn read<T: Real>(
    path: &Path,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Texts<T>, Problem> {
    let text = TableText::of(bytes, true)?;
    let layout = Layout::of(&text, path, choice)?;
    let label = layout.label(choice.column)?;
    let (names, place, column) = column(&layout, label, choice)?;
    let mut records = Records::new(text.rows(), layout.separator, text.first_line());
    let mut record = StringRecord::new();
    if layout.skips_first {
        records.read(&mut record)?;
    }
    let (mut texts, mut labels, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(line) = records.read(&mut record)? {
        if !(layout.width - layout.num_empty..=layout.width).contains(&record.len()) {
            return Err(Problem::Ragged { line, found: record.len(), expected: layout.width });
        }
        texts.push(record[column].to_owned());
        labels.push(record[label].to_owned());
        lines.push(line);
    }
    let words = layout.words(label);
    let (labels, class_names, note) = read_labels(&labels, &lines, &words, wanted, choice.kind)?;
    let mut notes =
        vec![format!("the label is column {words}"), format!("the text is column {}", layout.words(column))];
    notes.extend(note);
    notes.extend(layout.notes.iter().cloned());
    notes.extend(left_out(&names, place));
    notes.extend(text.note.clone());
    let label = layout.name_of(label).unwrap_or_default().to_owned();
    Ok(Texts {
        texts,
        labels,
        class_names,
        notes,
        place: Place::Lines(lines),
        label,
        format: "CSV with text".to_owned(),
    })
}

/// The names of the columns beside the label, and which of them is the text: its place there and in the table.
fn column<'l>(
    layout: &'l Layout,
    label: usize,
    choice: ReadChoice<'_>,
) -> Result<(Vec<&'l str>, usize, usize), Problem> {
    let others: Vec<usize> = layout.features_and_label().filter(|&column| column != label).collect();
    let names: Vec<&str> = others.iter().map(|&column| layout.name_of(column).unwrap_or_default()).collect();
    let place = match choice.text_column {
        None => which(&names)?,
        Some(chosen) => {
            let column = layout.chosen(chosen, "text")?;
            others.iter().position(|&other| other == column).ok_or_else(|| is_label(&layout.words(column)))?
        }
    };
    Ok((names, place, others[place]))
}

/// That a column cannot be the text, since it is the label.
pub(in super::super) fn is_label(words: &str) -> Problem {
    Problem::Broken {
        found: format!("column {words} for the text, which is the label"),
        expected: "another one (`label_column` says which is the label)".to_owned(),
    }
}

/// Whether a table is one of texts: the column that would be the text has more words than numbers, by its beginning.
pub(in super::super) fn is_text(path: &Path, bytes: &[u8], choice: ReadChoice<'_>) -> bool {
    let beginning = || -> Result<bool, Problem> {
        let text = TableText::of(bytes, true)?;
        let layout = Layout::of(&text, path, choice)?;
        let (.., column) = column(&layout, layout.label(choice.column)?, choice)?;
        let mut records = Records::new(text.rows(), layout.separator, text.first_line());
        let mut record = StringRecord::new();
        if layout.skips_first {
            records.read(&mut record)?;
        }
        let (mut words, mut rows) = (0, 0);
        while rows < MOST_ROWS && records.read(&mut record)?.is_some() {
            rows += 1;
            words += usize::from(record.get(column).is_some_and(is_word));
        }
        Ok(2 * words > rows)
    };
    beginning().unwrap_or(false)
}

/// Which of the columns beside the label is the text: the only one, or the one with a usual name.
pub(in super::super) fn which(names: &[&str]) -> Result<usize, Problem> {
    if names.len() == 1 {
        return Ok(0);
    }
    let is_there = |usual: &&str| names.iter().filter(|name| name.eq_ignore_ascii_case(usual)).count() == 1;
    let found = USUAL.iter().copied().find(is_there);
    let place = found.and_then(|usual| names.iter().position(|name| name.eq_ignore_ascii_case(usual)));
    place.ok_or_else(|| Problem::Broken {
        found: format!("{} columns beside the label, none of them called `text`", names.len()),
        expected: "one column of text (`text_column` says which)".to_owned(),
    })
}

/// Whether a column of that name is usually text.
pub(in super::super) fn is_usual(name: &str) -> bool {
    USUAL.iter().any(|usual| name.eq_ignore_ascii_case(usual))
}

/// What is said of the other columns.
pub(in super::super) fn left_out(names: &[&str], taken: usize) -> Option<String> {
    let left: Vec<String> = (0..names.len())
        .filter(|&place| place != taken)
        .map(|place| {
            if names[place].is_empty() {
                "a column without a name".to_owned()
            } else {
                format!("`{}`", one_line(names[place]))
            }
        })
        .collect();
    match &left[..] {
        [] => None,
        [only] => Some(format!("{only} is left out")),
        many => Some(format!("{} are left out", many.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_only_other_column_or_the_one_called_so() {
        assert_eq!(which(&["whatever"]).ok(), Some(0));
        assert_eq!(which(&["id", "Text", "review"]).ok(), Some(1));
        assert!(which(&["a", "b"]).unwrap_err().to_string().contains("2 columns beside the label"));
        assert!(which(&["text", "text"]).is_err());
        assert_eq!(left_out(&["id", "text"], 1).as_deref(), Some("`id` is left out"));
        assert_eq!(left_out(&["text"], 0), None);
    }
}
