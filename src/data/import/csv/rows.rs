//! The rows of a table whose layout is known.

use csv::StringRecord;

use super::super::super::arrays::one_line;
use super::super::Problem;
use super::layout::Layout;
use super::number::{Decimals, Reading, expected, truth};
use super::records::Records;
use super::text::Text;
use crate::config::Real;

/// What the rows hold.
pub(super) struct Rows<T> {
    /// Features, row major.
    pub x: Vec<T>,
    /// The label of each row as it stands there.
    pub labels: Vec<String>,
    /// The line of each row.
    pub lines: Vec<u64>,
    /// The first feature counts the rows from this number on.
    pub counts_from: Option<u8>,
    /// What was converted or passed over, in sentences.
    pub notes: Vec<String>,
}

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Number,
    /// `true` and `false`, or `yes` and `no`.
    Truth,
}

struct Reader<'a, T> {
    layout: &'a Layout,
    label: usize,
    /// The first line may be a header that was not recognised.
    asks_for_header: bool,
    kinds: Vec<Kind>,
    decimals: Decimals,
    rows: Rows<T>,
    /// Whether the first feature counts from 0, and from 1.
    counts: [bool; 2],
}

/// Reads all rows.
///
/// # Errors
/// [`Problem`]: the first thing that is wrong, with its line and column.
pub(super) fn read<T: Real>(
    text: &Text<'_>,
    layout: &Layout,
    label: usize,
    is_header_chosen: bool,
) -> Result<Rows<T>, Problem> {
    let mut reader = Reader::new(layout, label, layout.names.is_none() && !is_header_chosen);
    let mut records = Records::new(text.rows(), layout.separator, text.first_line());
    let mut record = StringRecord::new();
    if layout.skips_first {
        records.read(&mut record)?;
    }
    while let Some(line) = records.read(&mut record)? {
        reader.push(line, &record)?;
    }
    reader.finish(records.blank)
}

impl<'a, T: Real> Reader<'a, T> {
    fn new(layout: &'a Layout, label: usize, asks_for_header: bool) -> Self {
        let rows = Rows { x: Vec::new(), labels: Vec::new(), lines: Vec::new(), counts_from: None, notes: Vec::new() };
        let kinds = vec![Kind::Unknown; layout.width];
        Self { layout, label, asks_for_header, kinds, decimals: Decimals::default(), rows, counts: [true; 2] }
    }

    fn push(&mut self, line: u64, record: &StringRecord) -> Result<(), Problem> {
        let Layout { width, num_empty, num_index, .. } = *self.layout;
        if !(width - num_empty..=width).contains(&record.len()) {
            return Err(Problem::Ragged { line, found: record.len(), expected: width });
        }
        let mut is_first = true;
        for (column, field) in record.iter().enumerate().skip(num_index) {
            if column == self.label {
                self.decimals.see(Reading::of(field), field, line);
                self.rows.labels.push(field.to_owned());
            } else if column >= width - num_empty {
                self.is_empty(line, column, field)?;
            } else {
                let value = self.value(line, column, field)?;
                self.rows.x.push(value);
                if is_first {
                    self.count(value.to_f64());
                }
                is_first = false;
            }
        }
        self.rows.lines.push(line);
        Ok(())
    }

    /// Columns at the end that had neither name nor value so far have none.
    fn is_empty(&self, line: u64, column: usize, field: &str) -> Result<(), Problem> {
        if field.is_empty() {
            return Ok(());
        }
        Err(Problem::Broken {
            found: format!("line {line}, column {} is `{}`", column + 1, one_line(field)),
            expected: "nothing, as in the lines before".to_owned(),
        })
    }

    /// Sees whether the first feature is the number of its row.
    fn count(&mut self, value: f64) {
        let row = self.rows.lines.len() as f64;
        self.counts = [self.counts[0] && value == row, self.counts[1] && value == row + 1.0];
    }

    fn value(&mut self, line: u64, column: usize, field: &str) -> Result<T, Problem> {
        let reading = Reading::of(field);
        let (value, kind) = match (reading.value(), truth(field)) {
            (Some(value), _) => (value, Kind::Number),
            (None, Some(truth)) => (f64::from(u8::from(truth)), Kind::Truth),
            (None, None) => return Err(self.not_a_number(line, column, field, expected(field))),
        };
        match self.kinds[column] {
            known if known == kind => {}
            Kind::Unknown => self.kinds[column] = kind,
            Kind::Number => return Err(self.not_a_number(line, column, field, "a number as in the lines before")),
            _ => return Err(self.not_a_number(line, column, field, "true or false as in the lines before")),
        }
        self.decimals.see(reading, field, line);
        let value = T::of(value);
        if !value.is_finite() {
            let name = self.layout.name_of(column).filter(|name| !name.is_empty());
            let place = name.map_or_else(|| (column + 1).to_string(), |name| format!("`{}`", one_line(name)));
            return Err(Problem::NotFinite { place: format!("line {line}, column {place}"), what: "x" });
        }
        Ok(value)
    }

    fn not_a_number(&self, line: u64, column: usize, found: &str, expected: &str) -> Problem {
        let is_first = self.asks_for_header && self.rows.lines.is_empty();
        let header = if is_first { "; `header = true` makes the line a header" } else { "" };
        Problem::NotANumber {
            line,
            column: self.layout.words(column),
            found: one_line(found),
            expected: format!("{expected}{header}"),
        }
    }

    fn finish(mut self, blank: u64) -> Result<Rows<T>, Problem> {
        if self.rows.lines.is_empty() {
            return Err(Problem::Empty);
        }
        let decimals = self.decimals.finish()?;
        let separator = self.layout.separator.words();
        self.rows.notes.extend(decimals.map(|note| format!("{note}, and {separator} separate the columns")));
        let truths: Vec<String> = (0..self.layout.width)
            .filter(|&column| self.kinds[column] == Kind::Truth)
            .map(|column| self.layout.words(column))
            .collect();
        if let Some((first, others)) = truths.split_first() {
            let more = if others.is_empty() { String::new() } else { format!(" and {} others", others.len()) };
            self.rows.notes.push(format!("true and yes are read as 1, false and no as 0 in column {first}{more}"));
        }
        if blank > 0 {
            let [lines, are] = if blank == 1 { ["line", "is"] } else { ["lines", "are"] };
            self.rows.notes.push(format!("{blank} {lines} without a value {are} left out"));
        }
        // One or two rows count by chance.
        let is_long = self.rows.lines.len() > 2;
        self.rows.counts_from = (0..2).find(|&from| is_long && self.counts[usize::from(from)]);
        Ok(self.rows)
    }
}
