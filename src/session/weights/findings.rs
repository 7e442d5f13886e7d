//! Everything about a file that does not fit, in one message.

use std::path::Path;

use crate::data::arrays::{Array, NumberType};

use super::error::WeightsError;
use super::parts::Part;

/// What does not fit, by kind.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub missing: Vec<String>,
    pub unexpected: Vec<String>,
    pub misshapen: Vec<String>,
    pub mistyped: Vec<String>,
    pub not_finite: Vec<String>,
    /// Parts that make no tensor, each a sentence.
    pub parametrised: Vec<String>,
    /// What may help, in words.
    pub hint: Option<String>,
}

impl Findings {
    /// The numbers of an array, in 64 bits; `None` where they cannot be taken. A mask may be of any type.
    pub fn part(&mut self, name: &str, array: &Array<'_>, is_mask: bool) -> Option<Part> {
        let values = array.to_f64().filter(|_| is_mask || array.number.is_float());
        if values.is_none() {
            let way_out = match array.number {
                NumberType::Other(foreign) => format!(": {}", foreign.way_out("w")),
                _ => String::new(),
            };
            let label = array.number.label();
            self.mistyped.push(format!("`{name}` {label}, expected F32, F64, F16 or BF16{way_out}"));
        }
        values.map(|values| Part { name: name.to_owned(), shape: array.shape.clone(), values })
    }

    /// Counts what is NaN or infinite in a tensor that was put together.
    pub fn check_finite(&mut self, name: &str, values: &[f64]) {
        let count = values.iter().filter(|value| !value.is_finite()).count();
        if count > 0 {
            let noun = if count == 1 { "number that is" } else { "numbers that are" };
            self.not_finite.push(format!("`{name}` has {count} {noun} NaN or infinite"));
        }
    }

    /// Whether everything fits.
    ///
    /// # Errors
    /// All that does not.
    pub fn finish(self, path: &Path) -> Result<(), WeightsError> {
        let path = path.to_owned();
        if let [first, rest @ ..] = &self.parametrised[..] {
            let likewise = if rest.is_empty() { String::new() } else { format!(" ({} more likewise)", rest.len()) };
            return Err(WeightsError::Parametrised { path, problem: format!("{first}{likewise}") });
        }
        let lists = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("of another shape", &self.misshapen),
            ("of another type", &self.mistyped),
        ];
        let problems: Vec<String> = lists
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(what, list)| format!("{what}: {}", list.join(", ")))
            .collect();
        if !problems.is_empty() {
            return Err(WeightsError::Mismatch { path, problems: problems.join("; "), hint: self.hint });
        }
        if !self.not_finite.is_empty() {
            return Err(WeightsError::NotFinite { path, tensors: self.not_finite.join(", ") });
        }
        Ok(())
    }
}
