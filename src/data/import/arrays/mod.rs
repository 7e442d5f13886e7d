//! Data as arrays `x` and `y` in safetensors or NPZ.
//!
//! Shapes and types are checked against the model before any number is read: a file may unpack to far more than it takes.

mod examples;
mod labels;
mod pair;
mod tokens;

use std::path::Path;

use super::super::arrays::{ArrayFile, Info};
use super::check::{Fit, Names, Place, Raw};
use super::{ImportError, Problem, ReadChoice, Text, Wanted};
use crate::config::{LossKind, Real};
use examples::Examples;
pub(super) use examples::{Fitted, fit, truths, unscaled};
use labels::LabelArray;
use pair::Pair;
pub(super) use tokens::are_one_hot;

/// Whether a file with arrays of these names holds examples and labels.
pub(super) fn is_data(names: &[String]) -> bool {
    pair::is_data(names) || tokens::pair(names).is_some()
}

/// Reads `x` `[N, …input]` and `y` `[N]` classes or `[N, outputs]` values, in the forms that people save them in.
pub(super) fn read<T: Real>(path: &Path, wanted: &Wanted<'_>, choice: ReadChoice<'_>) -> Result<Raw<T>, ImportError> {
    let mut file = ArrayFile::open(path)?;
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    let pair = Pair::find(file.names()).map_err(at)?;
    let format = file.format();
    let mut info = |name: &str| -> Result<Info, ImportError> {
        file.info(name)?.ok_or_else(|| at(Problem::Missing { name: "x", found: Vec::new() }))
    };
    let (x_info, y_info) = (info(&pair.x)?, info(&pair.y)?);
    let examples = Examples::plan(&pair.x, &x_info, format, wanted, &y_info.shape).map_err(at)?;
    let labels = LabelArray { name: &pair.y, info: &y_info, rows: examples.rows, is_npz: format == "NPZ" };
    let labels = labels.read::<T>(&mut file, wanted, choice.kind)?;
    let (x, x_notes) = examples.read::<T>(&mut file)?;
    let notes = [pair.note, labels.note].into_iter().flatten().chain(x_notes).collect();
    Ok(Raw {
        x,
        shape: examples.shape,
        fit: Fit::Exact,
        y: labels.labels,
        format: format.to_owned(),
        class_names: labels.class_names,
        notes,
        place: Place::Row,
        names: Names::default(),
        text: None,
    })
}

/// Reads what a model with token inputs takes: `x` and `y`, or `image` and `text`.
pub(super) fn read_tokens<T: Real>(
    path: &Path,
    wanted: &Wanted<'_>,
    text: Text<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    tokens::read(path, wanted, text, choice)
}

/// As which arrays of tokens a file is looked at where no model says: by the loss that such tokens have; `None` for numbers.
pub(super) fn tokens_kind(path: &Path) -> Result<Option<LossKind>, ImportError> {
    tokens::kind(&mut ArrayFile::open(path)?)
}

/// The sides of a shape, as they stand between brackets.
fn sides(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
