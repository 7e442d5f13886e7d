//! Whether the first line names the columns, or a comment before it does.

use csv::StringRecord;

use super::super::super::arrays::one_line;
use super::super::{Problem, ReadChoice};
use super::number::{Reading, truth};
use super::separator::Separator;

/// Names of columns that are the label.
const LABEL_NAMES: [&str; 3] = ["y", "label", "class"];
/// Fewest fields of a first line 0, 1, 2, … that must be asked for.
const FEWEST_COUNTED: usize = 3;
/// Fields that a sentence shows at most.
const MOST_SHOWN: usize = 6;

/// What the first line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    /// The names of the columns, behind `shift` columns without one.
    Header { shift: usize },
    /// An example, with a sentence where it might be read otherwise.
    Data { note: Option<String> },
}

/// Whether a name is one of a label's.
pub(in super::super) fn is_label_name(name: &str) -> bool {
    LABEL_NAMES.contains(&name.to_lowercase().as_str())
}

/// Whether a name is none, or what pandas calls a column without one.
pub(in super::super) fn is_nameless(name: &str) -> bool {
    let number = name.strip_prefix("Unnamed: ");
    name.is_empty() || number.is_some_and(|number| number.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Whether the first line is a header; `rows` are lines behind it, and `has_row_names` that they have one field more.
///
/// # Errors
/// [`Problem::Broken`] where a header and an example are equally likely.
pub(in super::super) fn verdict(
    first: &StringRecord,
    rows: &[(u64, StringRecord)],
    choice: ReadChoice<'_>,
    has_row_names: bool,
) -> Result<Verdict, Problem> {
    let header = Verdict::Header { shift: usize::from(has_row_names) };
    let data = Verdict::Data { note: None };
    if let Some(is_header) = choice.header {
        return Ok(if is_header { header } else { data });
    }
    let is_chosen =
        |field: &str| choice.column.is_some_and(|chosen| chosen == field && !Reading::of(field).is_number());
    if has_row_names || first.iter().any(is_chosen) {
        return Ok(header);
    }
    let column = |column: usize| rows.iter().filter_map(move |(_, record)| record.get(column));
    let index = first.iter().take_while(|field| is_nameless(field)).count();
    let end = (0..first.len()).rev().find(|&last| !first[last].is_empty()).map_or(0, |last| last + 1);
    let named = index..end.max(index);
    let are_all_named = !named.is_empty() && named.clone().all(|place| !first[place].is_empty());
    let is_value = |place: usize| {
        let is_truth = truth(&first[place]).is_some() && column(place).all(|field| truth(field).is_some());
        Reading::of(&first[place]).is_number() || (is_truth && !rows.is_empty())
    };
    let has_values = named.clone().any(is_value);
    if are_all_named && !has_values {
        return Ok(header);
    }
    // An example cannot begin without a value where others have one there.
    if index > 0 && are_all_named && !rows.is_empty() && column(0).all(|field| !field.is_empty()) {
        return Ok(header);
    }
    if let Some(label) = named.clone().find(|&place| is_label_name(&first[place])) {
        return beside_values(first, label, &column(label).collect::<Vec<_>>(), header);
    }
    let counts =
        !rows.is_empty() && first.len() > 1 && first.iter().enumerate().all(|(i, field)| field == i.to_string());
    if counts && first.len() >= FEWEST_COUNTED {
        return Err(unsure(first));
    }
    let note = || "the first line, 0, 1, is taken as an example; `header = true` says otherwise".to_owned();
    Ok(Verdict::Data { note: counts.then(note) })
}

/// A first line with numbers, and a name of a label above the fields `below`.
fn beside_values(first: &StringRecord, label: usize, below: &[&str], header: Verdict) -> Result<Verdict, Problem> {
    let name = &first[label];
    if below.contains(&name) {
        return Ok(Verdict::Data { note: None });
    }
    // `y` beside `n` is an answer as well as a name.
    let are_words = below.iter().any(|field| !Reading::of(field).is_number());
    if are_words && name.len() == 1 { Err(unsure(first)) } else { Ok(header) }
}

fn unsure(first: &StringRecord) -> Problem {
    let shown: Vec<String> = first.iter().take(MOST_SHOWN).map(one_line).collect();
    let more = if first.len() > MOST_SHOWN { ", …" } else { "" };
    Problem::Broken {
        found: format!("a first line that may be a header or an example ({}{more})", shown.join(", ")),
        expected: "`header = true` or `header = false` to say which".to_owned(),
    }
}

/// The names in the last comment before the first row, where it has one for each of the columns, and its line.
pub(in super::super) fn comment_names(
    text: &str,
    separator: Separator,
    width: usize,
    first_line: u64,
) -> Option<(u64, Vec<String>)> {
    let lines = (first_line..).zip(text.lines());
    let before = lines.take_while(|(_, line)| line.trim().is_empty() || line.starts_with('#'));
    let (line, comment) = before.filter(|(_, line)| line.starts_with('#')).last()?;
    let comment = comment.trim_start_matches('#').trim();
    let clean = |name: &str| name.trim().trim_matches(['"', ',', ';', '|']).to_owned();
    let parted: Vec<String> = comment.split(separator.sign()).map(clean).collect();
    let names = if parted.len() == width {
        parted
    } else {
        let is_sign = |letter: char| letter.is_whitespace() || [',', ';', '|'].contains(&letter);
        comment.split(is_sign).filter(|word| !word.is_empty()).map(clean).collect()
    };
    let labels = names.iter().filter(|name| is_label_name(name)).count();
    let has_numbers = names.iter().any(|name| Reading::of(name).is_number());
    let fits = names.len() == width && names.iter().all(|name| !name.is_empty());
    // A row that was commented out is no header, and a sentence about y may be one by its length alone.
    (fits && labels < 2 && (labels == 1 || !has_numbers)).then_some((line, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&[&str]]) -> Result<bool, String> {
        let first = StringRecord::from(lines[0].to_vec());
        let rows: Vec<_> = lines[1..].iter().map(|line| (2, StringRecord::from(line.to_vec()))).collect();
        let verdict = verdict(&first, &rows, ReadChoice::default(), false).map_err(|err| err.to_string())?;
        Ok(matches!(verdict, Verdict::Header { .. }))
    }

    #[test]
    fn a_first_line_is_a_header_where_it_can_be_no_example() {
        for (lines, expected) in [
            (&[&["a", "b", "y"][..], &["1", "2", "0"]][..], true),
            (&[&["a", "b"], &["1", "cat"]], true),
            (&[&["1", "2", "cat"], &["3", "4", "dog"]], false),
            (&[&["1", "2", "0"], &["3", "4", "1"]], false),
            (&[&["0", "1", "label"], &["3", "4", "1"]], true),
            (&[&["0", "1", "label"], &["3", "4", "cat"]], true),
            (&[&["1", "2", "y"], &["3", "4", "n"], &["5", "6", "y"]], false),
            (&[&["y", "1", "2"], &["0", "3", "4"]], true),
            (&[&["", "a", "species"], &["0", "1", "cat"]], true),
            (&[&["Unnamed: 0", "a", "b"], &["x", "1", "2"]], true),
            (&[&["", "0", "1", "2"], &["0", "1", "2", "3"]], true),
            (&[&["", "1", "2"], &["3", "4", "5"]], true),
            (&[&["", "1", "2"], &["", "4", "5"]], false),
            (&[&["No", "year", "temp"], &["1", "2010", "3"]], true),
            (&[&["True", "no", "cat"], &["False", "yes", "dog"]], false),
            (&[&["0", "1"], &["2", "3"]], false),
            (&[&["a", "b", "y", ""], &["1", "2", "0", ""]], true),
            (&[&["name", "2001", "2002"], &["a", "2", "0"]], false),
        ] {
            assert_eq!(of(lines), Ok(expected), "{lines:?}");
        }
        for lines in [&[&["1", "2", "y"][..], &["3", "4", "n"]][..], &[&["0", "1", "2"], &["5", "6", "0"]]] {
            let message = of(lines).unwrap_err();
            assert!(message.contains("`header = true` or `header = false`"), "{message}");
        }
    }

    #[test]
    fn a_comment_has_names_where_it_has_as_many_words_as_columns() {
        let names =
            |text: &str| comment_names(text, Separator::Spaces, 3, 1).map(|(line, names)| (line, names.join("|")));
        assert_eq!(names("# made in May\n\n# a b y\n1 2 0\n"), Some((3, "a|b|y".to_owned())));
        assert_eq!(names("# a, b, y\n1 2 0\n# c d y\n"), Some((1, "a|b|y".to_owned())));
        assert_eq!(names("#0 1 y\n1 2 0\n"), Some((1, "0|1|y".to_owned())));
        for text in ["1 2 0\n# a b y\n", "# a b\n1 2 0\n", "# 1 2 0\n1 2 0\n", "# y is label\n1 2 0\n", "#\n1 2 0\n"] {
            assert_eq!(names(text), None, "{text:?}");
        }
    }
}
