//! The labels of a column: whole numbers, perhaps with names, words, truth values or numbers.

use arrow_array::Array;
use arrow_array::cast::AsArray as _;

use super::super::super::arrays::one_line;
use super::super::check::{Place, RawLabels};
use super::super::words::{listed, number_words};
use super::super::{Problem, Wanted};
use super::schema::Column;
use super::values::{Number, floats, number, texts, whole};
use crate::config::{LabelKind, LossKind, Real};

/// Letters of a class's name at most.
const LONGEST: usize = 1000;

/// The labels so far.
pub(super) struct Labels<'a> {
    column: &'a Column,
    place: &'a Place,
    values: Values,
}

enum Values {
    None,
    Truths(Vec<i64>),
    Whole(Vec<i64>),
    Floats(Vec<f64>),
    Words(Vec<String>),
}

/// Labels that were read.
pub(super) struct Read<T> {
    pub labels: RawLabels<T>,
    /// Names of the classes, where they have names.
    pub class_names: Vec<String>,
    /// What was made of them, in a sentence.
    pub note: Option<String>,
}

impl<'a> Labels<'a> {
    pub fn new(column: &'a Column, place: &'a Place) -> Self {
        Self { column, place, values: Values::None }
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::None => 0,
            Values::Truths(of) | Values::Whole(of) => of.len(),
            Values::Floats(of) => of.len(),
            Values::Words(of) => of.len(),
        }
    }

    /// Adds those of a batch, which has no nulls.
    pub fn push(&mut self, array: &dyn Array) -> Result<(), Problem> {
        if array.is_empty() {
            return Ok(());
        }
        if let Some(texts) = texts(array) {
            if let Some(row) = texts.iter().position(|text| text.len() > LONGEST || text.trim().is_empty()) {
                let found = if texts[row].trim().is_empty() { "an empty text" } else { "a text of many letters" };
                return Err(self.wrong(self.len() + row, found.to_owned(), "the name of a class".to_owned()));
            }
            return self.add(Values::Words(texts.into_iter().map(str::to_owned).collect()));
        }
        match number(array.data_type()) {
            Number::Truth => {
                let truths = array.as_boolean_opt().map(|of| of.values().iter().map(i64::from).collect());
                self.add(Values::Truths(truths.unwrap_or_default()))
            }
            Number::Whole => {
                let found = whole(array).ok_or_else(|| Problem::Broken {
                    found: format!("column {} has numbers of 2^63 and more", self.column.words()),
                    expected: "classes from 0".to_owned(),
                })?;
                self.add(Values::Whole(found))
            }
            Number::Float => self.add(Values::Floats(floats(array).unwrap_or_default())),
        }
    }

    fn add(&mut self, more: Values) -> Result<(), Problem> {
        match (&mut self.values, more) {
            (place @ Values::None, more) => *place = more,
            (Values::Truths(of), Values::Truths(more)) | (Values::Whole(of), Values::Whole(more)) => of.extend(more),
            (Values::Floats(of), Values::Floats(more)) => of.extend(more),
            (Values::Words(of), Values::Words(more)) => of.extend(more),
            _ => return Err(self.other_kind()),
        }
        Ok(())
    }

    fn other_kind(&self) -> Problem {
        Problem::Broken {
            found: format!("column {} holds values of several kinds", self.column.words()),
            expected: "one kind in all rows".to_owned(),
        }
    }

    fn wrong(&self, row: usize, found: String, expected: String) -> Problem {
        Problem::Label { place: self.place.name(row), found, expected }
    }

    /// Takes them as the model takes them, or as the user says.
    pub fn finish<T: Real>(self, wanted: &Wanted<'_>, kind: LabelKind) -> Result<Read<T>, Problem> {
        let any_fraction = matches!(&self.values, Values::Floats(of) if of.iter().any(|value| value.fract() != 0.0));
        let are_values = match kind {
            LabelKind::Auto => {
                (wanted.is_any() && any_fraction) || (wanted.loss == LossKind::Mse && wanted.outputs == 1)
            }
            LabelKind::Classes => false,
            LabelKind::Numbers => true,
        };
        if are_values { self.numbers() } else { self.classes() }
    }

    fn numbers<T: Real>(self) -> Result<Read<T>, Problem> {
        let of = match &self.values {
            Values::None => Vec::new(),
            Values::Truths(of) | Values::Whole(of) => of.iter().map(|&value| T::of(value as f64)).collect(),
            Values::Floats(of) => of.iter().map(|&value| T::of(value)).collect(),
            Values::Words(of) => {
                let found = of.first().map_or_else(String::new, |word| format!("`{}`", one_line(word)));
                return Err(self.wrong(0, found, "a number".to_owned()));
            }
        };
        Ok(Read { labels: RawLabels::Values { of, outputs: 1 }, class_names: Vec::new(), note: None })
    }

    fn classes<T>(self) -> Result<Read<T>, Problem> {
        let plain = |of, note| Ok(Read { labels: RawLabels::Whole(of), class_names: Vec::new(), note });
        match &self.values {
            Values::None => plain(Vec::new(), None),
            Values::Truths(of) => {
                let class_names = vec!["False".to_owned(), "True".to_owned()];
                let note = Some(format!("truth values are classes: {}", listed(&class_names)));
                Ok(Read { labels: RawLabels::Whole(of.clone()), class_names, note })
            }
            Values::Whole(of) if self.column.classes.is_empty() => plain(of.clone(), None),
            Values::Whole(of) => {
                let class_names = self.column.classes.clone();
                let note = Some(format!("classes as the file names them: {}", listed(&class_names)));
                Ok(Read { labels: RawLabels::Whole(of.clone()), class_names, note })
            }
            Values::Floats(of) => {
                if let Some(row) = of.iter().position(|value| value.fract() != 0.0 || value.abs() > 9e15) {
                    let expected = "a whole number or a word, the class".to_owned();
                    return Err(self.wrong(row, format!("`{}`", of[row]), expected));
                }
                let note = of
                    .first()
                    .map(|label| format!("labels such as `{label:.1}` are whole numbers, and taken as classes"));
                plain(of.iter().map(|&value| value as i64).collect(), note)
            }
            Values::Words(of) => {
                if let Some(whole) = of.iter().map(|text| text.trim().parse().ok()).collect::<Option<Vec<i64>>>() {
                    return plain(whole, Some("labels are whole numbers as text, taken as classes".to_owned()));
                }
                let numbered = number_words(of);
                let (class_names, note) = (numbered.names, Some(numbered.note));
                Ok(Read { labels: RawLabels::Whole(numbered.classes), class_names, note })
            }
        }
    }
}
