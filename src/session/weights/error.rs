//! Why a file of weights does not fit.

use std::path::PathBuf;

use crate::data::arrays::ArrayError;

/// Why a file of weights does not fit. The path comes last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// It cannot be read.
    #[error(transparent)]
    Arrays(#[from] ArrayError),
    /// The model file's table of names is wrong.
    #[error("{problem}")]
    Names {
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// Its tensors are not those of the model.
    #[error("the tensors do not fit the model: {problems}{}: {}", in_brackets(.hint.as_deref()), .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// All that is missing, unexpected, misshapen or of another type.
        problems: String,
        /// What may help.
        hint: Option<String>,
    },
    /// Several tensors could be one of the model's.
    #[error("{problem}: {}", .path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// Which ones, and what was expected.
        problem: String,
    },
    /// Tensors are stored by a parametrisation that is not known.
    #[error("{problem}: {}", .path.display())]
    Parametrised {
        /// The file.
        path: PathBuf,
        /// Which ones, and the way out.
        problem: String,
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

fn in_brackets(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!(" ({hint})"))
}
