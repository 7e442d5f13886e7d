//! Everything about a file that does not fit, in one message.

use std::path::Path;

use crate::config::Precision;
use crate::data::arrays::{Array, NumberType};

use super::error::WeightsError;
use super::parts::Part;

/// Tensors of a list that a message names at most.
const MOST_LISTED: usize = 24;

/// What does not fit, by kind.
#[derive(Debug, Default)]
pub(super) struct Findings {
    precision: Precision,
    pub missing: Vec<String>,
    pub unexpected: Vec<String>,
    pub misshapen: Vec<String>,
    pub mistyped: Vec<String>,
    /// Frozen tensors whose numbers are other ones in the file.
    pub moved: Vec<String>,
    pub not_finite: Vec<String>,
    /// Parts that make no tensor, each a sentence.
    pub parametrised: Vec<String>,
    /// Tied tensors that differ, each a sentence.
    untied: Vec<String>,
    /// What may help, in words.
    pub hint: Option<String>,
}

impl Findings {
    /// Nothing yet; numbers have to be finite in this precision.
    pub fn new(precision: Precision) -> Self {
        Self { precision, ..Self::default() }
    }

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
        let is_half = array.number == NumberType::F16;
        values.map(|values| Part { name: name.to_owned(), shape: array.shape.clone(), values, is_half })
    }

    /// Counts what is NaN or infinite in a tensor that was put together, and what would be infinite in the precision that is
    /// computed with.
    pub fn check_finite(&mut self, name: &str, values: &[f64], is_half: bool) {
        let count = |is: &dyn Fn(f64) -> bool| values.iter().filter(|value| is(**value)).count();
        let noun = |count| if count == 1 { "number that" } else { "numbers that" };
        let are = |count| if count == 1 { "is" } else { "are" };
        let broken = count(&|value| !value.is_finite());
        if broken > 0 {
            let half = if is_half { " (half precision ends at 65504)" } else { "" };
            let (noun, are) = (noun(broken), are(broken));
            self.not_finite.push(format!("`{name}` has {broken} {noun} {are} NaN or infinite{half}"));
        }
        let is_beyond = |value: f64| value.is_finite() && !(value as f32).is_finite();
        let beyond = if self.precision == Precision::F32 { count(&is_beyond) } else { 0 };
        if beyond > 0 {
            let (noun, are) = (noun(beyond), are(beyond));
            self.not_finite
                .push(format!("`{name}` has {beyond} {noun} {are} infinite in 32 bits (`--precision f64` keeps them)"));
        }
    }

    /// Holds two tensors of the file that are one of the model against each other, bit by bit.
    pub fn check_same(&mut self, first: (&str, &[f64]), second: (&str, &[f64])) {
        let pairs = || first.1.iter().zip(second.1);
        if first.1.len() == second.1.len() && pairs().any(|(a, b)| a.to_bits() != b.to_bits()) {
            let difference = pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            self.untied.push(format!(
                "`{}` and `{}` are one tensor of the model (`tied`) and differ by up to {difference:.3e}, expected the same \
                 numbers",
                first.0, second.0
            ));
        }
    }

    /// Holds a tensor of the file against the frozen one, in the precision in which that is held.
    pub fn check_held(&mut self, name: &str, values: &[f64], held: &[f32]) {
        let differences = values.iter().zip(held).map(|(&there, &here)| (there as f32 - here).abs());
        let greatest = differences.fold(0.0, f32::max);
        if greatest > 0.0 {
            self.moved.push(format!("`{name}` (by up to {greatest:.3e})"));
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
        let listed = |list: &[String]| match list.len().saturating_sub(MOST_LISTED) {
            0 => list.join(", "),
            more => format!("{} and {more} more", list[..MOST_LISTED].join(", ")),
        };
        let lists = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("of another shape", &self.misshapen),
            ("of another type", &self.mistyped),
            ("frozen here, with other numbers there", &self.moved),
        ];
        let problems: Vec<String> = lists
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(what, list)| format!("{what}: {}", listed(list)))
            .collect();
        if !problems.is_empty() {
            return Err(WeightsError::Mismatch { path, problems: problems.join("; "), hint: self.hint });
        }
        if !self.not_finite.is_empty() {
            return Err(WeightsError::NotFinite { path, tensors: listed(&self.not_finite) });
        }
        if let [first, rest @ ..] = &self.untied[..] {
            let likewise = if rest.is_empty() { String::new() } else { format!(" ({} more likewise)", rest.len()) };
            return Err(WeightsError::Ambiguous { path, problem: format!("{first}{likewise}") });
        }
        Ok(())
    }
}
