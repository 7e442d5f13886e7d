//! Weights and directions as files: safetensors, NPZ, PyTorch's checkpoints or shards in, safetensors out, under PyTorch's
//! names or those of a table.
//!
//! A file fits when it has exactly the parameters of the model, by name and shape. The weights of a checkpoint are found among
//! what else it holds (`choice`), names are those of the model or of its table (`table`), wrappers in them are taken off
//! (`names`), tensors that are stored in parts are put together (`parts`), counters are left out; all of it is told in
//! notes. What begins anew (`fresh`) is not read. Whatever does not fit is reported whole, in one message: users mend a list at once, and a name at a time never.

mod bundled;
mod choice;
mod error;
mod findings;
mod fit;
mod fresh;
mod known;
mod leftovers;
mod names;
mod parts;
mod reader;
mod reading;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::data::arrays::write_safetensors;
use crate::model::Architecture;

use reader::{Kind, Reader};

pub use bundled::located;
pub use error::WeightsError;
pub use fit::{fit_keys, fit_names};
pub use reading::Reading;

/// What a file holds, and what was done to it on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// What it holds.
    pub value: T,
    /// What was stripped from names, left out, or put together of parts: a sentence each, without its full stop.
    pub notes: Vec<String>,
}

/// What a state dict holds of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelState {
    /// One row of weights `[D]`, in the order of [`Architecture::parameters`]; no numbers of a file where a tensor begins anew.
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, in the order of [`Architecture::buffers`]; empty without batch norm. Those that begin
    /// anew are 0 and 1.
    pub buffers: Vec<f64>,
}

/// Reads weights and batch norm's running statistics.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_state<'a>(path: &Path, reading: impl Into<Reading<'a>>) -> Result<Read<ModelState>, WeightsError> {
    let reading = reading.into();
    let architecture = reading.architecture;
    let mut reader = Reader::open(path, Kind::State, reading)?;
    let [weights, buffers] = reader.rows("", [&architecture.parameters, &architecture.buffers], &[])?;
    let notes = reader.finish(&architecture.buffers)?;
    let negative: Vec<String> = architecture
        .buffers
        .iter()
        .filter(|buffer| buffer.name.ends_with("running_var") && buffers[buffer.range()].iter().any(|x| *x < 0.0))
        .map(|buffer| format!("`{}` has negative variances", buffer.name))
        .collect();
    if !negative.is_empty() {
        return Err(WeightsError::NotFinite { path: path.to_owned(), tensors: negative.join(", ") });
    }
    Ok(Read { value: ModelState { weights, buffers }, notes })
}

/// Reads one row of weights `[D]`, in the order of [`Architecture::parameters`]; running statistics may be there and are
/// not read.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_weights<'a>(path: &Path, reading: impl Into<Reading<'a>>) -> Result<Read<Vec<f64>>, WeightsError> {
    read_row(path, reading.into(), Kind::State)
}

/// Reads one direction in weight space `[D]`, named as weights are. It has to hold the tensors themselves: what is no sum,
/// such as g·v/‖v‖, is no direction.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit.
pub fn read_direction<'a>(path: &Path, reading: impl Into<Reading<'a>>) -> Result<Read<Vec<f64>>, WeightsError> {
    read_row(path, reading.into(), Kind::Directions)
}

fn read_row(path: &Path, reading: Reading<'_>, kind: Kind) -> Result<Read<Vec<f64>>, WeightsError> {
    let mut reader = Reader::open(path, kind, reading)?;
    let Architecture { parameters, buffers, .. } = reading.architecture;
    let [value] = reader.rows("", [parameters], buffers)?;
    Ok(Read { value, notes: reader.finish(&[])? })
}

/// Reads two directions, `x.NAME` and `y.NAME` for every parameter, as rows `[D]`.
///
/// # Errors
/// [`WeightsError`] with everything that does not fit, or the direction that is zero.
pub fn read_directions<'a>(path: &Path, reading: impl Into<Reading<'a>>) -> Result<Read<[Vec<f64>; 2]>, WeightsError> {
    let reading = reading.into();
    let parameters = &reading.architecture.parameters;
    let mut reader = Reader::open(path, Kind::Directions, reading)?;
    let [x] = reader.rows("x.", [parameters], &[])?;
    let [y] = reader.rows("y.", [parameters], &[])?;
    let notes = reader.finish(&[])?;
    for (name, direction) in [("x", &x), ("y", &y)] {
        if direction.iter().all(|value| *value == 0.0) {
            return Err(WeightsError::Zero { path: path.to_owned(), name });
        }
    }
    Ok(Read { value: [x, y], notes })
}

/// The file of one row of weights with the frozen tensors and batch norm's running statistics, as safetensors with PyTorch's
/// names.
///
/// # Panics
/// When `weights` or `buffers` have another length than those of the model, or the numbers of frozen tensors are not known.
#[must_use]
pub fn weights_file(architecture: &Architecture, weights: &[f32], buffers: &[f32]) -> Vec<u8> {
    assert_eq!(weights.len(), architecture.num_parameters(), "one number a parameter");
    assert_eq!(buffers.len(), architecture.num_buffers(), "one number a running statistic");
    assert_eq!(architecture.held.len(), architecture.num_frozen(), "one number for each of the frozen tensors");
    let rows = [
        (&architecture.parameters, weights),
        (&architecture.frozen, &architecture.held),
        (&architecture.buffers, buffers),
    ];
    let tensors = rows.into_iter().flat_map(|(tensors, row)| tensors.iter().map(move |tensor| (tensor, row)));
    write_safetensors(tensors.map(|(tensor, row)| (tensor.name.as_str(), tensor.shape.clone(), &row[tensor.range()])))
}
