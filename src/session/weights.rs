//! Weights and directions as files: safetensors or NPZ in, safetensors out, under PyTorch's names.
//!
//! A file fits when it has exactly the parameters of the model, by name and shape. Whatever does not fit is reported whole,
//! in one message: users mend a list at once, and a name at a time never.

use std::path::{Path, PathBuf};

use crate::data::arrays::{Array, ArrayError, ArrayFile, write_safetensors};
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

/// What a state dict holds of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelState {
    /// One row of weights `[D]`, in the order of [`Architecture::parameters`].
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, in the order of [`Architecture::buffers`]; empty without batch norm.
    pub buffers: Vec<f64>,
}

/// Reads weights and batch norm's running statistics.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_state(path: &Path, architecture: &Architecture) -> Result<ModelState, WeightsError> {
    let mut file = ArrayFile::open(path)?;
    let groups = [("", &architecture.parameters[..]), ("", &architecture.buffers[..])];
    let [weights, buffers] = read_rows(&mut file, groups, &[])?;
    let negative: Vec<String> = architecture
        .buffers
        .iter()
        .filter(|buffer| buffer.name.ends_with("running_var") && buffers[buffer.range()].iter().any(|x| *x < 0.0))
        .map(|buffer| format!("`{}` has negative variances", buffer.name))
        .collect();
    if !negative.is_empty() {
        return Err(WeightsError::NotFinite { path: path.to_owned(), tensors: negative.join(", ") });
    }
    Ok(ModelState { weights, buffers })
}

/// Reads one row of weights `[D]`, in the order of [`Architecture::parameters`]; running statistics may be there and are
/// not read.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_weights(path: &Path, architecture: &Architecture) -> Result<Vec<f64>, WeightsError> {
    let mut file = ArrayFile::open(path)?;
    let [weights] = read_rows(&mut file, [("", &architecture.parameters[..])], &architecture.buffers)?;
    Ok(weights)
}

/// Reads two directions, `x.NAME` and `y.NAME` for every parameter, as rows `[D]`.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit, or the direction that is zero.
pub fn read_directions(path: &Path, architecture: &Architecture) -> Result<[Vec<f64>; 2], WeightsError> {
    let mut file = ArrayFile::open(path)?;
    let groups = [("x.", &architecture.parameters[..]), ("y.", &architecture.parameters[..])];
    let [x, y] = read_rows(&mut file, groups, &[])?;
    for (name, direction) in [("x", &x), ("y", &y)] {
        if direction.iter().all(|value| *value == 0.0) {
            return Err(WeightsError::Zero { path: path.to_owned(), name });
        }
    }
    Ok([x, y])
}

/// The file of one row of weights with batch norm's running statistics, as safetensors with PyTorch's names.
///
/// # Panics
/// When `weights` or `buffers` have another length than those of the model.
#[must_use]
pub fn weights_file(architecture: &Architecture, weights: &[f32], buffers: &[f32]) -> Vec<u8> {
    assert_eq!(weights.len(), architecture.num_parameters(), "one number a parameter");
    assert_eq!(buffers.len(), architecture.num_buffers(), "one number a running statistic");
    let parameters = architecture.parameters.iter().map(|p| (p, &weights[p.range()]));
    let statistics = architecture.buffers.iter().map(|p| (p, &buffers[p.range()]));
    write_safetensors(parameters.chain(statistics).map(|(p, values)| (p.name.as_str(), p.shape.clone(), values)))
}

/// One row for each group of tensors, named `prefix + name`. Tensors of `ignored` may be there too.
fn read_rows<const N: usize>(
    file: &mut ArrayFile,
    groups: [(&str, &[Parameter]); N],
    ignored: &[Parameter],
) -> Result<[Vec<f64>; N], WeightsError> {
    let names = file.names();
    let mut findings = Findings::default();
    let mut known = Vec::new();
    let mut rows = [const { Vec::new() }; N];
    for (row, (prefix, parameters)) in rows.iter_mut().zip(groups) {
        for parameter in parameters {
            let name = format!("{prefix}{}", parameter.name);
            match file.array(&name)? {
                None => findings.missing.push(format!("`{name}` {:?}", parameter.shape)),
                Some(array) => findings.take(&name, parameter, &array, row),
            }
            known.push(name);
        }
    }
    let is_ignored = |name: &String| name.ends_with(IGNORED) || ignored.iter().any(|tensor| tensor.name == *name);
    for name in names.iter().filter(|name| !known.contains(name) && !is_ignored(name)) {
        let shape = file.array(name)?.map(|array| format!(" {:?}", array.shape)).unwrap_or_default();
        findings.unexpected.push(format!("`{name}`{shape}"));
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
    fn take(&mut self, name: &str, parameter: &Parameter, array: &Array<'_>, row: &mut Vec<f64>) {
        if array.shape != parameter.shape {
            self.misshapen.push(format!("`{name}` {:?}, expected {:?}", array.shape, parameter.shape));
            return;
        }
        match array.to_f64() {
            Some(values) if array.number.is_float() => {
                let count = values.iter().filter(|value| !value.is_finite()).count();
                if count > 0 {
                    let noun = if count == 1 { "number that is" } else { "numbers that are" };
                    self.not_finite.push(format!("`{name}` has {count} {noun} NaN or infinite"));
                }
                row.extend(values);
            }
            _ => self.mistyped.push(format!("`{name}` {}, expected F32, F64, F16 or BF16", array.number.label())),
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
        Architecture::new(&ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 3", "tanh", "linear 2"])).unwrap()
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
        architecture()
            .parameters
            .iter()
            .map(|p| (format!("{prefix}{}", p.name), p.shape.clone(), numbered(p)))
            .collect()
    }

    fn borrowed(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<(&str, Vec<usize>, Vec<f32>)> {
        tensors.iter().map(|(name, shape, of)| (name.as_str(), shape.clone(), of.clone())).collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let weights: Vec<f32> = (0..17).map(|i| (i as f32).sin()).collect();
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
        std::fs::write(file.path(), weights_file(&architecture(), &weights, &[])).unwrap();
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
        for part in [
            "missing: `0.bias` [3]",
            "unexpected: `4.bias` [1]",
            "of another shape: `0.weight` [2, 3], expected [3, 2]",
        ] {
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
    fn running_statistics_belong_to_the_state() {
        let model = ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 3", "batchnorm", "tanh", "linear 2"]);
        let architecture = Architecture::new(&model).unwrap();
        let weights = vec![0.5; architecture.num_parameters()];
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").unwrap();
        let buffers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        std::fs::write(file.path(), weights_file(&architecture, &weights, &buffers)).unwrap();
        let state = read_state(file.path(), &architecture).unwrap();
        assert_eq!(state.buffers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(read_weights(file.path(), &architecture).unwrap(), state.weights);
        std::fs::write(file.path(), weights_file(&architecture, &weights, &[0.0, 0.0, 0.0, 1.0, -1.0, 1.0])).unwrap();
        let message = read_state(file.path(), &architecture).unwrap_err().to_string();
        assert!(message.contains("`1.running_var` has negative variances"), "{message}");
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
