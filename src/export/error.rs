//! Why a file could not be made.

use super::output::OutputError;

/// Why the files of a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The table of curves could not be made.
    #[error("cannot make the table: {0}")]
    Csv(#[from] csv::Error),
    /// The summary could not be made.
    #[error("cannot make summary.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A picture could not be made.
    #[error("cannot draw the landscape: {0}")]
    Figure(String),
    /// An archive of arrays could not be made.
    #[error("cannot make the arrays: {0}")]
    Archive(String),
}
