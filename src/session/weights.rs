//! Weights and directions as files: safetensors or NPZ in, safetensors out, under PyTorch's names.
//!
//! A file fits when it has exactly the parameters of the model, by name and shape. Whatever does not fit is reported whole,
//! in one message: users mend a list at once, and a name at a time never.

use std::path::{Path, PathBuf};

use crate::data::arrays::{ArrayError, ArrayFile, NumberType, write_safetensors};
use crate::model::{Architecture, Parameter};

/// PyTorch counts batches in every batch norm; nothing here reads the counts.
const IGNORED: &str = "num_batches_tracked";

/// Why a file of weights does not fit. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// It cannot be read.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// Its tensors are not those of the model.
    #[error("the tensors do not fit the model: {problems}{}: {}", hint(.prefix.as_deref()), .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// All that is missing, unexpected, misshapen or of another type.
        problems: String,
        /// What all its names begin with, where the rest would fit.
        prefix: Option<String>,
    },
    /// NaN or infinity.
    #[error("{tensors}, expected finite numbers: {}", .path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Each such tensor with the count.
        tensors: String,
    },
    /// A direction without length.
    #[error("the direction `{name}` is zero in every tensor, expected one with a length: {}", .path.display())]
    Zero {
        /// The file.
        path: PathBuf,
        /// `x` or `y`.
        name: &'static str,
    },
}

fn hint(prefix: Option<&str>) -> String {
    prefix.map_or_else(String::new, |prefix| {
        format!(" (all names begin with `{prefix}`; save the state dict of the module inside, without it)")
    })
}

/// Reads one row of weights `[D]` in the order of [`Architecture::parameters`].
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_weights(path: &Path, architecture: &Architecture) -> Result<Vec<f64>, WeightsError> {
    let mut file = ArrayFile::open(path)?;
    let mut rows = read_rows(&mut file, architecture, &[""])?;
    Ok(rows.remove(0))
}

/// Reads two directions, `x.NAME` and `y.NAME` for every parameter, as rows `[D]`.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit, or the direction that is zero.
pub fn read_directions(path: &Path, architecture: &Architecture) -> Result<[Vec<f64>; 2], WeightsError> {
    let mut file = ArrayFile::open(path)?;
    let rows = read_rows(&mut file, architecture, &["x.", "y."])?;
    let [x, y] = <[Vec<f64>; 2]>::try_from(rows).expect("a row for each of two prefixes");
    for (name, direction) in [("x", &x), ("y", &y)] {
        if direction.iter().all(|value| *value == 0.0) {
            return Err(WeightsError::Zero { path: path.to_owned(), name });
        }
    }
    Ok([x, y])
}

/// The file of one row of weights, as safetensors with PyTorch's names.
///
/// # Panics
/// When `weights` has another length than the model has parameters.
#[must_use]
pub fn weights_file(architecture: &Architecture, weights: &[f32]) -> Vec<u8> {
    assert_eq!(weights.len(), architecture.num_parameters(), "one number a parameter");
    let tensors = architecture.parameters.iter();
    write_safetensors(tensors.map(|p| (p.name.as_str(), p.shape.clone(), &weights[p.range()])))
}

/// One row for each prefix, from the tensors `prefix + name`.
fn read_rows(
    file: &mut ArrayFile,
    architecture: &Architecture,
    prefixes: &[&str],
) -> Result<Vec<Vec<f64>>, WeightsError> {
    let names = file.names();
    let mut findings = Findings::default();
    let mut rows = Vec::new();
    let mut known = Vec::new();
    for prefix in prefixes {
        let mut row = Vec::new();
        for parameter in &architecture.parameters {
            let name = format!("{prefix}{}", parameter.name);
            match file.array(&name)? {
                None => findings.missing.push(format!("`{name}` {:?}", parameter.shape)),
                Some(array) => findings.take(&name, parameter, array.number, &array.shape, array.to_f64(), &mut row),
            }
            known.push(name);
        }
        rows.push(row);
    }
    for name in &names {
        if !known.contains(name) && !name.ends_with(IGNORED) {
            let shape = file.array(name)?.map(|array| format!(" {:?}", array.shape)).unwrap_or_default();
            findings.unexpected.push(format!("`{name}`{shape}"));
        }
    }
    findings.finish(file.path(), &names, &known)?;
    Ok(rows)
}

/// Everything that does not fit.
#[derive(Debug, Default)]
struct Findings {
    missing: Vec<String>,
    unexpected: Vec<String>,
    misshapen: Vec<String>,
    mistyped: Vec<String>,
    not_finite: Vec<String>,
}

impl Findings {
    fn take(
        &mut self,
        name: &str,
        parameter: &Parameter,
        number: NumberType,
        shape: &[usize],
        values: Option<Vec<f64>>,
        row: &mut Vec<f64>,
    ) {
        if shape != parameter.shape {
            self.misshapen.push(format!("`{name}` {shape:?}, expected {:?}", parameter.shape));
            return;
        }
        match values {
            Some(values) if number.is_float() => {
                let count = values.iter().filter(|value| !value.is_finite()).count();
                if count > 0 {
                    let noun = if count == 1 { "number that is" } else { "numbers that are" };
                    self.not_finite.push(format!("`{name}` has {count} {noun} NaN or infinite"));
                }
                row.extend(values);
            }
            _ => self.mistyped.push(format!("`{name}` {}, expected F32, F64, F16 or BF16", number.label())),
        }
    }

    fn finish(self, path: &Path, names: &[String], known: &[String]) -> Result<(), WeightsError> {
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
            let prefix = common_prefix(names, known);
            return Err(WeightsError::Mismatch { path: path.to_owned(), problems: problems.join("; "), prefix });
        }
        if !self.not_finite.is_empty() {
            let tensors = self.not_finite.join(", ");
            return Err(WeightsError::NotFinite { path: path.to_owned(), tensors });
        }
        Ok(())
    }
}

/// The words before the first names that all names have in common, such as `module.`, where at least one name fits
/// without them.
fn common_prefix(names: &[String], known: &[String]) -> Option<String> {
    let first = names.first()?;
    let ends = first.match_indices('.').map(|(dot, _)| &first[..=dot]);
    ends.filter(|prefix| names.iter().all(|name| name.starts_with(prefix)))
        .find(|prefix| names.iter().any(|name| known.iter().any(|known| *known == name[prefix.len()..])))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, ModelConfig};

    fn architecture() -> Architecture {
        let layers = ["linear 3", "tanh", "linear 2"].map(str::to_owned).to_vec();
        Architecture::new(&ModelConfig { input: vec![2], loss: LossKind::CrossEntropy, layers }).unwrap()
    }

    fn write(tensors: &[(&str, Vec<usize>, Vec<f32>)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
        let bytes = write_safetensors(tensors.iter().map(|(name, shape, of)| (*name, shape.clone(), &of[..])));
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    /// All tensors of the architecture under `prefix`, filled with 0, 1, 2, ….
    fn whole(prefix: &str) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        let numbered = |p: &Parameter| p.range().map(|i| i as f32).collect();
        architecture().parameters.iter().map(|p| (format!("{prefix}{}", p.name), p.shape.clone(), numbered(p))).collect()
    }

    fn borrowed(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<(&str, Vec<usize>, Vec<f32>)> {
        tensors.iter().map(|(name, shape, of)| (name.as_str(), shape.clone(), of.clone())).collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let weights: Vec<f32> = (0..17).map(|i| (i as f32).sin()).collect();
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
        std::fs::write(file.path(), weights_file(&architecture(), &weights)).unwrap();
        let read = read_weights(file.path(), &architecture()).unwrap();
        assert_eq!(read, weights.iter().map(|&w| f64::from(w)).collect::<Vec<_>>());
    }

    #[test]
    fn everything_that_does_not_fit_stands_in_one_message() {
        let file = write(&[
            ("0.weight", vec![2, 3], vec![0.0; 6]),
            ("2.weight", vec![2, 3], vec![0.0; 6]),
            ("2.bias", vec![2], vec![0.0; 2]),
            ("4.bias", vec![1], vec![0.0]),
            ("1.num_batches_tracked", vec![1], vec![0.0]),
        ]);
        let message = read_weights(file.path(), &architecture()).unwrap_err().to_string();
        for part in
            ["missing: `0.bias` [3]", "unexpected: `4.bias` [1]", "of another shape: `0.weight` [2, 3], expected [3, 2]"]
        {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(!message.contains("num_batches") && !message.contains("`2.bias`"), "{message}");
    }

    #[test]
    fn a_common_prefix_is_named_and_not_guessed() {
        let tensors = whole("module.");
        let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
        assert!(message.contains("all names begin with `module.`"), "{message}");
        let other = write(&[("fc.weight", vec![1], vec![0.0]), ("fc.bias", vec![1], vec![0.0])]);
        let message = read_weights(other.path(), &architecture()).unwrap_err().to_string();
        assert!(!message.contains("begin with"), "nothing fits without it either: {message}");
    }

    #[test]
    fn numbers_that_are_not_finite_are_counted() {
        let mut tensors = whole("");
        tensors[0].2[1] = f32::NAN;
        tensors[0].2[2] = f32::INFINITY;
        tensors[3].2[0] = f32::NEG_INFINITY;
        let message = read_weights(write(&borrowed(&tensors)).path(), &architecture()).unwrap_err().to_string();
        assert!(message.contains("`0.weight` has 2 numbers that are NaN or infinite"), "{message}");
        assert!(message.contains("`2.bias` has 1 number that is NaN or infinite"), "{message}");
    }

    #[test]
    fn directions_need_length_and_two_of_them() {
        let with = |y: &[f32]| {
            let mut tensors = whole("x.");
            for (parameter, (_, shape, _)) in architecture().parameters.iter().zip(whole("")) {
                tensors.push((format!("y.{}", parameter.name), shape, y[parameter.range()].to_vec()));
            }
            tensors
        };
        let other: Vec<f32> = (0..17).map(|i| (i as f32).cos()).collect();
        let [x, y] = read_directions(write(&borrowed(&with(&other))).path(), &architecture()).unwrap();
        assert_eq!((x[16], y[16]), (16.0, f64::from(16.0_f32.cos())));
        let message = |tensors: &[(String, Vec<usize>, Vec<f32>)]| {
            read_directions(write(&borrowed(tensors)).path(), &architecture()).unwrap_err().to_string()
        };
        assert!(message(&with(&[0.0; 17])).contains("the direction `y` is zero"));
        assert!(message(&with(&other)[..7]).contains("missing: `y.2.bias` [2]"));
    }
}
