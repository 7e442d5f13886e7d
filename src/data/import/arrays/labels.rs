//! The labels of a file of arrays: classes as numbers, truth values, words or one-hot rows, or values.

use super::super::super::arrays::{Array, ArrayFile, Foreign, Info, NumberType, one_line};
use super::super::super::limit;
use super::super::check::RawLabels;
use super::super::words::number_words;
use super::super::{ImportError, Problem, Wanted};
use crate::config::{LabelKind, LossKind, Real};

/// Bytes of a label in memory at most, words aside.
const LABEL: u64 = 16;
/// Bytes that a word takes beside its letters.
const WORD: u64 = 64;

/// The array of labels before it is read.
pub(super) struct LabelArray<'a> {
    pub name: &'a str,
    pub info: &'a Info,
    /// Rows of the examples.
    pub rows: usize,
    pub is_npz: bool,
}

/// Labels that were read.
pub(super) struct Read<T> {
    pub labels: RawLabels<T>,
    pub class_names: Vec<String>,
    pub note: Option<String>,
}

impl<T> Read<T> {
    fn new(labels: RawLabels<T>, note: Option<String>) -> Self {
        Self { labels, class_names: Vec::new(), note }
    }
}

/// How an array of labels lies beside the examples.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One item for each row.
    Column,
    /// So many for each row.
    Table(usize),
}

impl LabelArray<'_> {
    /// Reads them as the model takes them, or as the user says.
    pub fn read<T: Real>(
        &self,
        file: &mut ArrayFile,
        wanted: &Wanted<'_>,
        kind: LabelKind,
    ) -> Result<Read<T>, ImportError> {
        let path = file.path().to_owned();
        let at = |problem| ImportError::In { path: path.clone(), problem };
        let form = self.form(wanted, kind).map_err(at)?;
        let elements = self.info.elements().unwrap_or(usize::MAX) as u64;
        let each = match self.info.number {
            NumberType::Other(Foreign::Text { letters, .. }) => (letters as u64).saturating_mul(8).saturating_add(WORD),
            NumberType::Other(Foreign::Bytes { length }) => (length as u64).saturating_mul(2).saturating_add(WORD),
            number => number.size() as u64 + LABEL,
        };
        let what = format!("`{}` {:?}", one_line(self.name), self.info.shape);
        limit::allow(&what, elements.saturating_mul(each)).map_err(|sentence| at(Problem::TooLarge(sentence)))?;
        let array = file.array(self.name)?;
        let array = array.ok_or_else(|| at(Problem::Missing { name: "y", found: Vec::new() }))?;
        self.labels(&array, form, wanted, kind).map_err(at)
    }

    /// Checks type and shape.
    fn form(&self, wanted: &Wanted<'_>, kind: LabelKind) -> Result<Form, Problem> {
        if let NumberType::Other(foreign) = self.info.number
            && (!foreign.is_text() || only_values(wanted, kind))
        {
            return Err(self.foreign(foreign, wanted, kind));
        }
        let shape = &self.info.shape[..];
        let form = match *shape {
            [rows] if rows == self.rows => Some(Form::Column),
            _ if self.rows > 0 && self.info.elements() == Some(self.rows) => Some(Form::Column),
            [rows, width] if rows == self.rows => Some(Form::Table(width)),
            _ => None,
        };
        let is_text = matches!(self.info.number, NumberType::Other(_));
        let fits = |form: &Form| match *form {
            Form::Column => wanted.is_any() || kind != LabelKind::Auto || self.column_fits(wanted),
            Form::Table(_) if is_text => false,
            Form::Table(width) => wanted.is_any() || kind == LabelKind::Numbers || width == wanted.outputs,
        };
        form.filter(fits).ok_or_else(|| self.misshapen(wanted, kind))
    }

    /// Whether one item for each row is what the loss takes.
    fn column_fits(&self, wanted: &Wanted<'_>) -> bool {
        wanted.loss == LossKind::CrossEntropy || wanted.outputs == 1 || !self.info.number.is_float() || self.is_npz
    }

    fn misshapen(&self, wanted: &Wanted<'_>, kind: LabelKind) -> Problem {
        let (n, outputs) = (self.rows, wanted.outputs);
        let expected = if wanted.is_any() {
            format!("[{n}], one label for each row of x, or [{n}, …]")
        } else if wanted.loss == LossKind::CrossEntropy || kind == LabelKind::Classes {
            format!("[{n}], one class for each row of x, or one-hot rows [{n}, {outputs}]")
        } else {
            format!("[{n}, {outputs}], the model's outputs for each row of x")
        };
        let what = format!("`{}` has the shape", one_line(self.name));
        Problem::Shape { what, found: format!("{:?}", self.info.shape), expected }
    }

    fn foreign(&self, foreign: Foreign, wanted: &Wanted<'_>, kind: LabelKind) -> Problem {
        let name = one_line(self.name);
        let wants = if only_values(wanted, kind) { "numbers" } else { "classes as whole numbers or words" };
        Problem::Broken {
            found: format!("`{name}` holds {}", foreign.label()),
            expected: format!("{wants}: {}", foreign.way_out(&name)),
        }
    }

    fn labels<T: Real>(
        &self,
        array: &Array<'_>,
        form: Form,
        wanted: &Wanted<'_>,
        kind: LabelKind,
    ) -> Result<Read<T>, Problem> {
        let squeezed = (form == Form::Column && self.info.shape.len() > 1).then(|| {
            format!("`{}` has the shape {:?}, taken as [{}]", one_line(self.name), self.info.shape, self.rows)
        });
        let mut read = match form {
            Form::Column if only_values(wanted, kind) => {
                // `[N, 1]` is what such a model gives.
                return Ok(Read::new(RawLabels::Values { of: self.values(array)?, outputs: 1 }, self.flag_note()));
            }
            Form::Column => self.column(array, wanted, kind)?,
            Form::Table(width) => self.table(array, width, wanted, kind)?,
        };
        read.note = match (squeezed, read.note) {
            (Some(squeezed), Some(note)) => Some(format!("{squeezed}; {note}")),
            (squeezed, note) => squeezed.or(note),
        };
        Ok(read)
    }

    fn flag_note(&self) -> Option<String> {
        (self.info.number == NumberType::Bool)
            .then(|| format!("`{}` holds truth values, taken as 0 and 1", one_line(self.name)))
    }

    fn values<T: Real>(&self, array: &Array<'_>) -> Result<Vec<T>, Problem> {
        let flags = || Some(array.to_flags()?.iter().map(|&flag| T::of(f64::from(flag))).collect());
        array.to_vec().or_else(flags).ok_or_else(|| Problem::Broken {
            found: format!("`{}` is {}", one_line(self.name), self.info.number.label()),
            expected: "F32 or F64, the outputs".to_owned(),
        })
    }

    /// One item for each row.
    fn column<T: Real>(&self, array: &Array<'_>, wanted: &Wanted<'_>, kind: LabelKind) -> Result<Read<T>, Problem> {
        let name = one_line(self.name);
        match self.info.number {
            NumberType::Other(_) => self.words(array),
            NumberType::Bool => {
                let flags = array.to_flags().unwrap_or_default();
                Ok(Read::new(RawLabels::Whole(flags.into_iter().map(i64::from).collect()), self.flag_note()))
            }
            number if number.is_whole() => {
                let whole = array.to_i64().ok_or_else(|| Problem::Broken {
                    found: format!("`{name}` is {}", number.label()),
                    expected: "whole numbers below 2^63, the classes".to_owned(),
                })?;
                Ok(Read::new(RawLabels::Whole(whole), None))
            }
            number => self.floats(array, number.label(), wanted, kind),
        }
    }

    /// One number with a fraction, or without, for each row.
    fn floats<T: Real>(
        &self,
        array: &Array<'_>,
        label: &str,
        wanted: &Wanted<'_>,
        kind: LabelKind,
    ) -> Result<Read<T>, Problem> {
        let name = one_line(self.name);
        let floats = array.to_f64().unwrap_or_default();
        let odd = floats.iter().position(|value| value.fract() != 0.0 || value.abs() > 9e15);
        if wanted.is_any() && kind == LabelKind::Auto {
            let note = odd.is_none().then(|| {
                format!("`{name}` holds whole numbers as {label}, taken as values; choose classes if they are that")
            });
            return Ok(Read::new(RawLabels::Values { of: self.values(array)?, outputs: 1 }, note));
        }
        if !self.is_npz && kind == LabelKind::Auto {
            // A safetensors file is written for a program and says what it means.
            let of =
                odd.map_or_else(|| " of whole numbers".to_owned(), |row| format!(" (row {row} holds {})", floats[row]));
            return Err(Problem::Broken {
                found: format!("`{name}` is {label}{of}"),
                expected: format!("I64, I32 or U8, the classes that the loss takes; save `{name}.long()`"),
            });
        }
        if let Some(row) = odd {
            return Err(Problem::Broken {
                found: format!("row {row} (counted from 0) of `{name}` has the label {}", floats[row]),
                expected: format!("{} whole numbers, one class for each row of x", self.rows),
            });
        }
        let note = format!("`{name}` holds whole numbers as {label}, taken as classes");
        Ok(Read::new(RawLabels::Whole(floats.iter().map(|&value| value as i64).collect()), Some(note)))
    }

    /// Several items for each row: one-hot rows, or values.
    fn table<T: Real>(
        &self,
        array: &Array<'_>,
        width: usize,
        wanted: &Wanted<'_>,
        kind: LabelKind,
    ) -> Result<Read<T>, Problem> {
        let name = one_line(self.name);
        let values: Vec<T> = self.values(array)?;
        let wants_values =
            kind == LabelKind::Numbers || (kind == LabelKind::Auto && wanted.loss == LossKind::Mse && !wanted.is_any());
        if wants_values {
            return Ok(Read::new(RawLabels::Values { of: values, outputs: width }, self.flag_note()));
        }
        match one_hot(&values, width) {
            Ok(of) => {
                let note =
                    format!("`{name}` has one-hot rows of {width}, taken as classes 0 to {}", width.saturating_sub(1));
                Ok(Read::new(RawLabels::Whole(of), Some(note)))
            }
            Err(_) if wanted.is_any() && kind == LabelKind::Auto => {
                Ok(Read::new(RawLabels::Values { of: values, outputs: width }, self.flag_note()))
            }
            Err(row) => Err(Problem::Broken {
                found: format!(
                    "`{name}` has the shape {:?}, and its row {row} (counted from 0) is not one 1 among zeros",
                    self.info.shape
                ),
                expected: format!("[{}], one class for each row of x, or one-hot rows", self.rows),
            }),
        }
    }

    fn words<T: Real>(&self, array: &Array<'_>) -> Result<Read<T>, Problem> {
        let name = one_line(self.name);
        let wrong = |found: String| Problem::Broken { found, expected: "classes as whole numbers or words".to_owned() };
        let texts = array.to_text().ok_or_else(|| wrong(format!("`{name}` holds letters that do not exist")))?;
        if let Some(row) = texts.iter().position(|text| text.trim().is_empty()) {
            return Err(wrong(format!("row {row} (counted from 0) of `{name}` is an empty text")));
        }
        let whole: Option<Vec<i64>> = texts.iter().map(|text| text.trim().parse().ok()).collect();
        if let Some(whole) = whole {
            let note = format!("`{name}` holds whole numbers as text, taken as classes");
            return Ok(Read::new(RawLabels::Whole(whole), Some(note)));
        }
        if texts.iter().all(|text| text.trim().parse::<f64>().is_ok()) {
            return Err(wrong(format!("`{name}` holds numbers as text (save `{name}.astype(float)`)")));
        }
        let numbered = number_words(&texts);
        let note = Some(format!("`{name}` holds text: {}", numbered.note));
        Ok(Read { labels: RawLabels::Whole(numbered.classes), class_names: numbered.names, note })
    }
}

/// Whether labels can be nothing but values.
fn only_values(wanted: &Wanted<'_>, kind: LabelKind) -> bool {
    match kind {
        LabelKind::Numbers => true,
        LabelKind::Classes => false,
        LabelKind::Auto => !wanted.is_any() && wanted.loss == LossKind::Mse && wanted.outputs == 1,
    }
}

/// The place of the 1 in each row, or the first row that has not exactly one 1 among zeros.
fn one_hot<T: Real>(values: &[T], width: usize) -> Result<Vec<i64>, usize> {
    let class = |(row, of): (usize, &[T])| {
        let is_clear = of.iter().all(|x| x.to_f64() == 0.0 || x.to_f64() == 1.0);
        let mut ones = of.iter().enumerate().filter(|(_, x)| x.to_f64() == 1.0);
        match (is_clear, ones.next(), ones.next()) {
            (true, Some((class, _)), None) => Ok(class as i64),
            _ => Err(row),
        }
    };
    values.chunks_exact(width.max(1)).enumerate().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hot_rows_have_one_1_among_zeros() {
        assert_eq!(one_hot(&[0.0, 1.0, 1.0, 0.0_f32], 2), Ok(vec![1, 0]));
        assert_eq!(one_hot(&[0.0, 1.0, 1.0, 1.0_f32], 2), Err(1));
        assert_eq!(one_hot(&[0.0, 0.0, 1.0, 0.0_f32], 2), Err(0));
        assert_eq!(one_hot(&[0.5, 0.5, 1.0, 0.0_f64], 2), Err(0));
        assert_eq!(one_hot::<f32>(&[], 0), Ok(Vec::new()));
    }
}
