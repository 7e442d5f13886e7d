//! Where a comparison is to keep what it does.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::session::store::Writer;

/// Where a comparison keeps what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// The session file.
    pub path: PathBuf,
    /// What writes it.
    pub writer: Writer,
    /// What becomes of one that is there.
    pub there: There,
    /// Least time between two checkpoints of a run.
    pub pause: Duration,
    /// How it was asked for, which a session that is gone on with knows from its beginning.
    pub asked: Asked,
}

/// How a comparison was asked for, as its page tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The command line as it was typed; empty where nobody knows it.
    pub command: String,
    /// What the experiment does not say, such as `["--curvature", "16"]`.
    pub arguments: Vec<String>,
}

impl Keeping {
    /// [`Self::pause`] where nobody has chosen.
    pub const PAUSE: Duration = Duration::from_secs(3);
}

/// What becomes of a session that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// There is to be none.
    None,
    /// It is thrown away.
    ThrowAway,
    /// It is gone on with: one of the same settings, which whoever asks for it has looked at.
    GoOn,
}
