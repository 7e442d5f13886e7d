//! Where a run's weights come from, in words.

use std::path::Path;

use super::model::Model;
use super::run_view::RunView;
use crate::protocol::Origin;
use crate::ui::kit::format;

/// For a sentence about the run.
#[must_use]
pub fn origin_words(model: &Model, run: &RunView) -> String {
    let source = run.source_name(&model.runs);
    match &run.info.origin {
        Origin::Initial => format!("from its initial weights, seed {}", run.info.seed),
        Origin::Branch { step, .. } => format!("a branch of {source} at step {}", format::grouped(*step)),
        Origin::Place { step, .. } => {
            format!("from a place of {source}’s slice at step {}", format::grouped(*step))
        }
        Origin::Average { step, .. } => {
            format!("from the average of {source}’s weights at step {}", format::grouped(*step))
        }
        Origin::BestValidation { step, .. } => {
            format!("from {source}’s weights of least validation loss, step {}", format::grouped(*step))
        }
        Origin::File(file) => {
            let key = file.key.as_ref().map_or_else(String::new, |key| format!(", key {key}"));
            format!("from the weights of {}{key}", file_name(&file.path))
        }
        Origin::Folder(path) => format!("the checkpoints of {}", file_name(path)),
    }
}

/// For a cell of a table.
#[must_use]
pub fn origin_cell(model: &Model, run: &RunView) -> String {
    let source = run.source_name(&model.runs);
    match &run.info.origin {
        Origin::Initial => "initial".to_owned(),
        Origin::Branch { step, .. } => format!("{source}, step {}", format::grouped(*step)),
        Origin::Place { step, .. } => format!("slice of {source}, step {}", format::grouped(*step)),
        Origin::Average { step, .. } => format!("average of {source}, step {}", format::grouped(*step)),
        Origin::BestValidation { step, .. } => format!("best of {source}, step {}", format::grouped(*step)),
        Origin::File(file) => file_name(&file.path),
        Origin::Folder(path) => file_name(path),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
