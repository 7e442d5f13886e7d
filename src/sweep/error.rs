//! Why a plan cannot be made, done or gathered.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::ConfigError;

/// Why not, in one sentence without its full stop; paths come last.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A setting of the experiment at a point of the grid is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What the user asked for cannot be.
    #[error("{0}")]
    Asked(String),
    /// There is a plan already.
    #[error("found a plan there already, expected none (choose another folder, or add --force): {}", .0.display())]
    Planned(PathBuf),
    /// There is no plan, or what is there is none.
    #[error("cannot read the plan ({reason}), expected a folder that `flatscape plan` made: {}", .path.display())]
    NoPlan {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Some units have no result.
    #[error("{0}")]
    Missing(String),
    /// Results do not belong together.
    #[error("{0}")]
    Mixed(String),
    /// The system refuses.
    #[error("cannot write there ({err}): {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        err: io::Error,
    },
}

impl SweepError {
    /// Whether the user's input is at fault, so that the exit code is 2.
    #[must_use]
    pub const fn is_bad_input(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Asked(_) | Self::Planned(_) | Self::NoPlan { .. } | Self::Mixed(_))
    }

    pub(super) fn io(path: &Path, err: io::Error) -> Self {
        Self::Io { path: path.to_owned(), err }
    }
}
