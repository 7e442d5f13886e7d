//! What the user is told of an experiment's data before a comparison trains on them.

use crate::config::Experiment;
use crate::data::{Source, Wanted, told};
use crate::model::Architecture;
use crate::train::TaskError;

use super::compare::EngineError;

/// How the file of the experiment's data is read, one line each; nothing for data that come with the program.
///
/// # Errors
/// [`EngineError`] where the data cannot be read or do not fit the model.
pub fn data_notes(experiment: &Experiment) -> Result<Vec<String>, EngineError> {
    let Some(path) = &experiment.data.path else { return Ok(Vec::new()) };
    let model = &experiment.model;
    let outputs = Architecture::new(model).map_err(TaskError::from)?.outputs;
    let wanted = Wanted { input: &model.input, outputs, loss: model.loss };
    let source = Source::read(&experiment.data, &wanted).map_err(TaskError::from)?;
    Ok(told(path, source.format(), source.notes()).collect())
}
