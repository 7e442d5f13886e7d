//! The records of a table, one after the other, with the lines they stand on.
//!
//! Comments and blank lines are passed over; the `csv` crate does so, but counts a record's line from before them. Columns
//! that any number of spaces parts are beyond it, so those are parted here, with the same rules for quotes.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::super::super::arrays::one_line;
use super::super::Problem;
use super::separator::Separator;

/// Reads records one by one.
pub(in super::super) struct Records<'a> {
    text: &'a str,
    first_line: u64,
    inner: Inner<'a>,
    /// Records without any value that were passed over.
    pub blank: u64,
}

enum Inner<'a> {
    Parted(Box<csv::Reader<&'a [u8]>>),
    Spaces { rest: &'a str, line: u64 },
}

impl<'a> Records<'a> {
    /// The records of a text that begins at `first_line` of its file.
    pub fn new(text: &'a str, separator: Separator, first_line: u64) -> Self {
        let inner = match separator {
            Separator::Spaces => Inner::Spaces { rest: text, line: 0 },
            other => Inner::Parted(Box::new(
                ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .comment(Some(b'#'))
                    .delimiter(other.sign() as u8)
                    .trim(Trim::All)
                    .from_reader(text.as_bytes()),
            )),
        };
        Self { text, first_line, inner, blank: 0 }
    }

    /// Reads the next record into `record` and says its line; `None` at the end.
    ///
    /// # Errors
    /// [`Problem::Broken`] where a record cannot be read.
    pub fn read(&mut self, record: &mut StringRecord) -> Result<Option<u64>, Problem> {
        loop {
            let line = match &mut self.inner {
                Inner::Parted(reader) => parted(reader, record, self.text)?,
                Inner::Spaces { rest, line } => spaced(rest, line, record),
            };
            let Some(line) = line else { return Ok(None) };
            if record.iter().any(|field| !field.is_empty()) {
                return Ok(Some(self.first_line + line));
            }
            self.blank += u64::from(record.len() > 1);
        }
    }
}

fn parted(reader: &mut csv::Reader<&[u8]>, record: &mut StringRecord, text: &str) -> Result<Option<u64>, Problem> {
    let start = reader.position().clone();
    let is_there = reader.read_record(record).map_err(|err| Problem::Broken {
        found: format!("a line that cannot be read ({})", one_line(&err.to_string())),
        expected: "a CSV file".to_owned(),
    })?;
    if !is_there {
        return Ok(None);
    }
    // The reader's place is behind the last record: what it passes over comes next.
    let mut rest = &text.as_bytes()[start.byte() as usize..];
    let mut line = start.line() - 1;
    loop {
        match rest {
            [b'\n', after @ ..] => (rest, line) = (after, line + 1),
            [b'\r', after @ ..] => rest = after,
            [b'#', ..] => rest = rest.iter().position(|&byte| byte == b'\n').map_or(&[], |end| &rest[end..]),
            _ => return Ok(Some(line)),
        }
    }
}

/// The next record of columns that spaces part, and its line from 0.
fn spaced(rest: &mut &str, line: &mut u64, record: &mut StringRecord) -> Option<u64> {
    while !rest.is_empty() {
        let whole = *rest;
        let (found, after) = whole.split_once('\n').unwrap_or((whole, ""));
        let (text, at) = (found.trim(), *line);
        (*rest, *line) = (after, at + 1);
        if !text.is_empty() && !text.starts_with('#') {
            record.clear();
            part(text, record);
            return Some(at);
        }
    }
    None
}

/// Parts a line at its spaces; quotes hold words together, and two of them stand for one.
fn part(mut text: &str, record: &mut StringRecord) {
    while !text.is_empty() {
        let Some(quoted) = text.strip_prefix('"') else {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            record.push_field(&text[..end]);
            text = text[end..].trim_start();
            continue;
        };
        let mut end = quoted.find('"').unwrap_or(quoted.len());
        while quoted[end..].starts_with("\"\"") {
            end = quoted[end + 2..].find('"').map_or(quoted.len(), |next| end + 2 + next);
        }
        record.push_field(quoted[..end].replace("\"\"", "\"").trim());
        text = quoted.get(end + 1..).unwrap_or_default().trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, separator: Separator) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(text, separator, 1);
        let mut record = StringRecord::new();
        let mut all = Vec::new();
        while let Some(line) = records.read(&mut record).unwrap() {
            all.push((line, record.iter().map(str::to_owned).collect()));
        }
        all
    }

    #[test]
    fn records_know_their_lines() {
        let text = "# a\n\n1,2\n\n# b\n#\n\"3\n\", 4 \n,\n   \n5,6";
        for ends in ["\n", "\r\n"] {
            let found = all(&text.replace('\n', ends), Separator::Comma);
            let lines: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, [3, 7, 11], "{ends:?}: {found:?}");
            assert_eq!(found[1].1, ["3", "4"]);
        }
        let found = all(" 1.0   2 \n# c\n\n\"red \"\"cat\"\"\"\t\"x y\"\r\n", Separator::Spaces);
        assert_eq!(found, [(1, vec!["1.0".into(), "2".into()]), (4, vec!["red \"cat\"".into(), "x y".into()])]);
        assert_eq!(all("1 \"open\n", Separator::Spaces), [(1, vec!["1".into(), "open".into()])]);
    }
}
