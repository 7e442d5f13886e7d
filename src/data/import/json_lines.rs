//! JSON lines: an object a line, whose keys are the columns of a table. The rules are those of tables (`docs/data.md`).

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::super::arrays::one_line;
use super::super::limit;
use super::check::{Fit, Names, Place, Raw};
use super::csv::{is_label_name, read_labels};
use super::text::{Texts, is_label, left_out, which};
use super::{Columns, Problem, ReadChoice, Wanted};
use crate::config::Real;

/// Bytes that a byte of the file may take while it is read.
const PER_BYTE: u64 = 8;
/// Bytes that are looked at for the columns alone.
const HEAD: u64 = 1 << 18;

/// The objects of a file.
pub(super) struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Value>>,
    /// The line of each row, from 1.
    lines: Vec<u64>,
}

/// An object with its keys in the order of the file.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Table {
    /// Reads all lines.
    ///
    /// # Errors
    /// The first line that is no object, or has other keys than the first one.
    pub fn of(bytes: &[u8]) -> Result<Self, Problem> {
        limit::allow("the table", (bytes.len() as u64).saturating_mul(PER_BYTE)).map_err(Problem::TooLarge)?;
        let mut table = Self { names: Vec::new(), rows: Vec::new(), lines: Vec::new() };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for (line, bytes) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Object(mut pairs) = serde_json::from_slice(bytes).map_err(|err| Problem::Broken {
                found: format!("line {line} is no object of JSON ({})", one_line(&err.to_string())),
                expected: "one object in each line, such as {\"text\": \"good\", \"label\": 1}".to_owned(),
            })?;
            if table.rows.is_empty() {
                table.names = pairs.iter().map(|(name, _)| name.clone()).collect();
            }
            let mut row = Vec::with_capacity(table.names.len());
            for name in &table.names {
                let place = pairs.iter().position(|(key, _)| key == name).ok_or_else(|| Problem::Broken {
                    found: format!("line {line} has no `{}`", one_line(name)),
                    expected: "the keys of the first line in each line".to_owned(),
                })?;
                row.push(pairs.swap_remove(place).1);
            }
            if let Some((other, _)) = pairs.first() {
                return Err(Problem::Broken {
                    found: format!("line {line} has the key `{}`", one_line(other)),
                    expected: "the keys of the first line and no others".to_owned(),
                });
            }
            table.rows.push(row);
            table.lines.push(line);
        }
        if table.rows.is_empty() { Err(Problem::Empty) } else { Ok(table) }
    }

    /// The columns, of which any may be the label.
    pub fn columns(&self) -> Columns {
        let label = self.label(None).ok();
        Columns { is_table: false, names: self.names.clone(), has_header: true, label }
    }

    /// The column that the user chose, the one called `y`, `label` or `class`, else the last one.
    fn label(&self, chosen: Option<&str>) -> Result<usize, Problem> {
        if let Some(chosen) = chosen {
            return self.chosen(chosen, "label");
        }
        let named: Vec<usize> = (0..self.names.len()).filter(|&column| is_label_name(&self.names[column])).collect();
        match named[..] {
            [] => self.names.len().checked_sub(1).ok_or(Problem::Empty),
            [one] => Ok(one),
            _ => Err(Problem::Broken {
                found: format!("{} keys that may be the label", named.len()),
                expected: "one (`label_column` says which)".to_owned(),
            }),
        }
    }

    /// A column by its name, or by its number from 1.
    fn chosen(&self, chosen: &str, what: &str) -> Result<usize, Problem> {
        let number = chosen.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let named = self.names.iter().position(|name| name == chosen);
        named.or(number.filter(|&column| column < self.names.len())).ok_or_else(|| Problem::Broken {
            found: format!("no key `{}` for the {what}", one_line(chosen)),
            expected: format!("one of {}", super::list(&self.names)),
        })
    }

    fn words(&self, column: usize) -> String {
        format!("{} (`{}`)", column + 1, one_line(&self.names[column]))
    }

    /// The columns beside the label with their names.
    fn beside(&self, label: usize) -> (Vec<usize>, Vec<&str>) {
        let others: Vec<usize> = (0..self.names.len()).filter(|&column| column != label).collect();
        let names = others.iter().map(|&column| self.names[column].as_str()).collect();
        (others, names)
    }

    /// Which of the columns beside the label is the text: its place among them.
    fn text(&self, label: usize, choice: ReadChoice<'_>) -> Result<usize, Problem> {
        let (others, names) = self.beside(label);
        match choice.text_column {
            None => which(&names),
            Some(chosen) => {
                let column = self.chosen(chosen, "text")?;
                others.iter().position(|&other| other == column).ok_or_else(|| is_label(&self.words(column)))
            }
        }
    }

    /// Whether these are texts where no model says: the column that would be the text holds nothing else.
    pub fn is_text(&self, choice: ReadChoice<'_>) -> bool {
        let Ok(label) = self.label(choice.column) else { return false };
        let (others, _) = self.beside(label);
        self.text(label, choice).is_ok_and(|place| self.rows.iter().all(|row| row[others[place]].is_string()))
    }

    /// A value as the text of a table.
    fn written(&self, row: usize, column: usize) -> Result<String, Problem> {
        match &self.rows[row][column] {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(is_true) => Ok(u8::from(*is_true).to_string()),
            other => Err(self.not(row, column, other, "text, a number or a truth value")),
        }
    }

    fn not(&self, row: usize, column: usize, found: &Value, expected: &str) -> Problem {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Problem::Broken {
            found: format!("line {} has {found} under key {}", self.lines[row], self.words(column)),
            expected: expected.to_owned(),
        }
    }

    fn labels_of(&self, label: usize) -> Result<Vec<String>, Problem> {
        (0..self.rows.len()).map(|row| self.written(row, label)).collect()
    }

    /// Reads texts with their labels.
    pub fn texts<T: Real>(self, wanted: &Wanted<'_>, choice: ReadChoice<'_>) -> Result<Texts<T>, Problem> {
        let label = self.label(choice.column)?;
        let (others, names) = self.beside(label);
        let place = self.text(label, choice)?;
        let column = others[place];
        let texts = (0..self.rows.len()).map(|row| self.written(row, column)).collect::<Result<Vec<_>, _>>()?;
        let words = self.words(label);
        let (labels, class_names, note) =
            read_labels(&self.labels_of(label)?, &self.lines, &words, wanted, choice.kind)?;
        let mut notes = vec![format!("the label is key {words}"), format!("the text is key {}", self.words(column))];
        notes.extend(note);
        notes.extend(left_out(&names, place));
        let label = self.names[label].clone();
        let (place, format) = (Place::Lines(self.lines), "JSON lines with text".to_owned());
        Ok(Texts { texts, labels, class_names, notes, place, label, format })
    }

    /// Reads numbers with their labels.
    pub fn numbers<T: Real>(self, wanted: &Wanted<'_>, choice: ReadChoice<'_>) -> Result<Raw<T>, Problem> {
        let label = self.label(choice.column)?;
        let (others, _) = self.beside(label);
        if others.is_empty() {
            return Err(Problem::Broken {
                found: "one key".to_owned(),
                expected: "features and a label in each line".to_owned(),
            });
        }
        let mut x = Vec::with_capacity(self.rows.len() * others.len());
        for (row, values) in self.rows.iter().enumerate() {
            for &column in &others {
                x.push(match &values[column] {
                    Value::Number(number) => T::of(number.as_f64().unwrap_or(f64::NAN)),
                    Value::Bool(is_true) => T::of(f64::from(u8::from(*is_true))),
                    other => return Err(self.not(row, column, other, "a number in all keys but the label")),
                });
            }
        }
        let words = self.words(label);
        let (y, class_names, note) = read_labels(&self.labels_of(label)?, &self.lines, &words, wanted, choice.kind)?;
        let notes = std::iter::once(format!("the label is key {words}")).chain(note).collect();
        let columns = others.iter().map(|&column| self.names[column].clone()).collect();
        let names = Names { columns, label: self.names[label].clone() };
        Ok(Raw {
            x,
            shape: vec![others.len()],
            fit: Fit::Product,
            y,
            format: "JSON lines".to_owned(),
            class_names,
            notes,
            place: Place::Lines(self.lines),
            names,
            text: None,
        })
    }
}

/// The columns of a file by its beginning; none where it cannot be read.
pub(super) fn columns(path: &Path) -> Columns {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    if read.is_ok_and(|bytes| bytes as u64 == HEAD) {
        // The last line may have been cut.
        head.truncate(head.iter().rposition(|&byte| byte == b'\n').unwrap_or(0));
    }
    Table::of(&head).map_or_else(|_| Columns::default(), |table| table.columns())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table, String> {
        Table::of(text.as_bytes()).map_err(|err| err.to_string())
    }

    fn numbers(text: &str) -> Result<Vec<f64>, String> {
        let raw = table(text)?.numbers::<f64>(&Wanted::ANY, ReadChoice::default());
        raw.map(|raw| raw.x).map_err(|err| err.to_string())
    }

    #[test]
    fn keys_are_columns_in_the_order_of_the_first_line() {
        let text = "{\"b\": 1, \"a\": true, \"label\": 0}\n\n{\"label\": 1, \"a\": false, \"b\": 2.5}\n";
        assert_eq!(table(text).unwrap().names, ["b", "a", "label"]);
        assert_eq!(table(text).unwrap().lines, [1, 3]);
        assert_eq!(numbers(text).unwrap(), [1.0, 1.0, 2.5, 0.0]);
        assert!(!table(text).unwrap().is_text(ReadChoice::default()));
        let text = "{\"id\": 7, \"text\": \"so\\ngood\", \"label\": \"pos\"}\n{\"id\": 8, \"text\": \"bad\", \"label\": \"neg\"}";
        assert!(table(text).unwrap().is_text(ReadChoice::default()));
        let read = table(text).unwrap().texts::<f32>(&Wanted::ANY, ReadChoice::default()).unwrap();
        assert_eq!(
            (read.texts, read.class_names.join(" ").as_str()),
            (vec!["so\ngood".to_owned(), "bad".to_owned()], "neg pos")
        );
        assert!(read.notes.contains(&"`id` is left out".to_owned()), "{:?}", read.notes);
    }

    #[test]
    fn what_cannot_be_a_table_is_told_with_its_line() {
        for (text, words) in [
            ("", "the data set is empty"),
            ("{\"a\": 1, \"y\": 0}\n[1, 2]\n", "line 2 is no object of JSON"),
            ("{\"a\": 1, \"y\": 0}\n{\"a\": 1}\n", "line 2 has no `y`, expected the keys of the first line"),
            ("{\"a\": 1, \"y\": 0}\n{\"a\": 1, \"y\": 0, \"z\": 2}\n", "line 2 has the key `z`"),
            (
                "{\"a\": null, \"y\": 0}\n",
                "line 1 has null under key 1 (`a`), expected a number in all keys but the label",
            ),
            ("{\"a\": [1], \"y\": 0}\n", "line 1 has a list under key 1 (`a`)"),
            ("{\"y\": 0}\n", "one key, expected features and a label"),
        ] {
            let problem = numbers(text).unwrap_err();
            assert!(problem.contains(words) && !problem.contains('\n'), "{words}: {problem}");
        }
    }
}
