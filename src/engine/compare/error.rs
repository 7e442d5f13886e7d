//! Why a comparison or an analysis cannot be done.

use crate::config::ConfigError;
use crate::landscape::PlaneError;
use crate::session::store::StoreError;
use crate::session::weights::WeightsError;
use crate::train::TaskError;

/// Why the engine cannot do what it was asked to.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A setting of the experiment is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The settings do not fit together or do not fit the data.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The device cannot be used.
    #[error("{0}")]
    Device(String),
    /// The directions span no plane.
    #[error(transparent)]
    Plane(#[from] PlaneError),
    /// Weights that were read before cannot be read any more.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// It would take more memory than there is.
    #[error("it would take about {needed} of memory, expected at most {there}, which this machine has; {less}")]
    TooLarge {
        /// In words.
        needed: String,
        /// In words.
        there: String,
        /// What takes less, in words.
        less: &'static str,
    },
    /// The system starts no more threads.
    #[error("no thread could be started ({0}); `--jobs 1` takes none")]
    Threads(String),
    /// The session cannot be written or read.
    #[error("{words}")]
    Session {
        /// Why, in one sentence.
        words: String,
        /// Whether the file is at fault, and not the disk or the system.
        is_input: bool,
    },
    /// The user stopped it.
    #[error("stopped before the end")]
    Cancelled,
}

/// Whether a session file is at fault, and not the disk or the system.
#[must_use]
pub const fn is_bad_session(err: &StoreError) -> bool {
    use StoreError as E;
    matches!(
        err,
        E::Missing(_)
            | E::NotASession(_)
            | E::Newer { .. }
            | E::InUse(_)
            | E::Exists(_)
            | E::Damaged { .. }
            | E::Absent { .. }
            | E::ReadOnly(_)
    )
}

impl EngineError {
    /// That of a session.
    pub(in crate::engine) fn session(err: &StoreError) -> Self {
        Self::Session { words: err.to_string(), is_input: is_bad_session(err) }
    }

    /// Whether the user's input is at fault, so that the exit code is 2.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Config(_) | Self::Task(_) | Self::Plane(_) | Self::Weights(_) | Self::TooLarge { .. } => true,
            Self::Session { is_input, .. } => *is_input,
            Self::Device(_) | Self::Threads(_) | Self::Cancelled => false,
        }
    }
}
