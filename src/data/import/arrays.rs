//! Data as arrays `x` and `y` in safetensors or NPZ.

use std::path::Path;

use super::super::arrays::{Array, ArrayFile};
use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::{ImportError, Problem, Wanted};
use crate::config::{LabelKind, LossKind, Real};

/// Reads `x` `[N, …input]` and `y` `[N]` classes or `[N, outputs]` values.
pub(super) fn read<T: Real>(
    path: &Path,
    bytes: Vec<u8>,
    wanted: &Wanted<'_>,
    kind: LabelKind,
) -> Result<Raw<T>, ImportError> {
    let mut file = ArrayFile::from_bytes(path, bytes)?;
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    let names = file.names();
    for name in ["x", "y"] {
        if !names.iter().any(|found| found == name) {
            return Err(at(Problem::Missing { name, found: names }));
        }
    }
    let format = file.format();
    let missing = |name| at(Problem::Missing { name, found: Vec::new() });
    let (examples, shape, x) = {
        let array = file.array("x")?.ok_or_else(|| missing("x"))?;
        let (examples, x) = inputs(&array, format, wanted).map_err(at)?;
        (examples, array.shape[1..].to_vec(), x)
    };
    let y = file.array("y")?.ok_or_else(|| missing("y"))?;
    let y = labels(&y, examples, wanted, kind).map_err(at)?;
    Ok(Raw {
        x,
        shape,
        fit: Fit::Exact,
        y,
        format: format.to_owned(),
        class_names: Vec::new(),
        notes: Vec::new(),
        place: Place::Row,
        names: Names::default(),
    })
}

fn inputs<T: Real>(x: &Array<'_>, format: &str, wanted: &Wanted<'_>) -> Result<(usize, Vec<T>), Problem> {
    // NumPy users keep pixels as bytes; a safetensors file is written for a program and says what it means.
    let expected = if format == "NPZ" { "numbers" } else { "F32 or F64" };
    let wrong = || Problem::Type { name: "x", found: x.number.label().to_owned(), expected };
    if format != "NPZ" && !x.number.is_float() {
        return Err(wrong());
    }
    let dims = |sides: &[usize]| sides.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let fits = x.shape.len() > 1 && (wanted.is_any() || x.shape[1..] == *wanted.input);
    if !fits {
        return Err(Problem::Shape {
            what: "`x` has the shape".to_owned(),
            found: format!("{:?}", x.shape),
            expected: match wanted.input {
                [] => "[N, …], N examples".to_owned(),
                input => format!("[N, {}], N examples of the model's input", dims(input)),
            },
        });
    }
    Ok((x.shape[0], x.to_vec().ok_or_else(wrong)?))
}

fn labels<T: Real>(
    y: &Array<'_>,
    examples: usize,
    wanted: &Wanted<'_>,
    kind: LabelKind,
) -> Result<RawLabels<T>, Problem> {
    if kind == LabelKind::Classes && !y.number.is_whole() {
        return classes_of_floats(y, examples);
    }
    // Without a model the labels say themselves what they are, unless the user does.
    let any_values = kind == LabelKind::Numbers || (wanted.is_any() && !y.number.is_whole());
    let outputs = if any_values { y.shape.get(1).copied().unwrap_or(1).max(1) } else { wanted.outputs };
    let (per_class, per_value) = ([examples], [examples, outputs]);
    let shape = |expected: String| Problem::Shape {
        what: "`y` has the shape".to_owned(),
        found: format!("{:?}", y.shape),
        expected,
    };
    let whole = |y: &Array<'_>| {
        y.to_i64().map(RawLabels::Whole).ok_or_else(|| Problem::Type {
            name: "y",
            found: y.number.label().to_owned(),
            expected: "whole numbers below 2^63, the classes",
        })
    };
    if kind == LabelKind::Classes || (wanted.loss == LossKind::CrossEntropy && !any_values) {
        if !y.number.is_whole() {
            return Err(Problem::Type {
                name: "y",
                found: y.number.label().to_owned(),
                expected: "I64, I32 or U8, the classes that cross-entropy takes",
            });
        }
        if y.shape != per_class {
            return Err(shape(format!("[{examples}], one class for each row of x")));
        }
        return whole(y);
    }
    // Whole numbers beside more than one output are classes, compared as one-hot rows.
    if y.number.is_whole() && y.shape == per_class && outputs > 1 && !any_values {
        return whole(y);
    }
    if y.shape != per_value && !(outputs == 1 && y.shape == per_class) {
        return Err(shape(format!("[{examples}, {outputs}], the model's outputs for each row of x")));
    }
    let of = y.to_vec().ok_or_else(|| Problem::Type {
        name: "y",
        found: y.number.label().to_owned(),
        expected: "F32 or F64, the outputs",
    })?;
    Ok(RawLabels::Values { of, outputs })
}

/// Classes that a file keeps as floating-point numbers, as tables often do.
fn classes_of_floats<T>(y: &Array<'_>, examples: usize) -> Result<RawLabels<T>, Problem> {
    let wrong = |found: String| Problem::Broken {
        found,
        expected: format!("{examples} whole numbers, one class for each row of x"),
    };
    if y.shape != [examples] {
        return Err(wrong(format!("`y` has the shape {:?}", y.shape)));
    }
    let values = y.to_f64().ok_or_else(|| wrong(format!("`y` is {}", y.number.label())))?;
    if let Some(row) = values.iter().position(|value| value.fract() != 0.0 || value.abs() > 9e15) {
        return Err(wrong(format!("row {row} (counted from 0) has the label {}", values[row])));
    }
    Ok(RawLabels::Whole(values.iter().map(|&value| value as i64).collect()))
}
