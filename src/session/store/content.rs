//! What a session holds, as plain data.

use std::time::SystemTime;

use crate::protocol::{Findings, JobEnd, JobId, MeasureRequest, RunId, RunInfo, SliceTag};

/// Where a session comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The program's version, such as "0.3.0".
    pub version: String,
    /// The device that computes, in words; the first one until the engine tells of another.
    pub device: String,
    /// The processor, in words.
    pub processor: String,
    /// When the session began.
    pub created: SystemTime,
    /// What wrote it.
    pub writer: Writer,
}

/// What wrote a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The window.
    Window,
    /// A comparison.
    Compare,
    /// A reproduction of the paper's claims.
    Reproduce,
    /// A comparison that was put together from results: it has no states of its runs.
    Gather,
}

impl Writer {
    const ALL: [Self; 4] = [Self::Window, Self::Compare, Self::Reproduce, Self::Gather];

    /// Its name in the file.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Compare => "compare",
            Self::Reproduce => "reproduce",
            Self::Gather => "gather",
        }
    }

    /// The one of this name.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|writer| writer.key() == key)
    }
}

/// The experiment of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptExperiment {
    /// The file of it, as `Experiment::to_toml` writes and `Experiment::from_toml` reads it.
    pub toml: String,
    /// Trainable parameters of the model.
    pub num_parameters: usize,
    /// Names of the parameter tensors, in the order of the model: those of
    /// [`LayerTraceRow::layers`](crate::protocol::LayerTraceRow::layers).
    pub tensors: Vec<String>,
}

/// A run of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRun {
    /// The run as it began: its knobs are those of its first step, the journal says how they were turned.
    pub info: RunInfo,
    /// Its place among the runs that are shown; of a removed one, the place that it had.
    pub place: usize,
    /// It was removed and can be brought back; the greater, the later.
    pub removed: Option<u64>,
    /// How it stands.
    pub state: RunState,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It goes on.
    Open,
    /// It has spent its budget.
    Finished,
    /// The loss or a weight became NaN or infinite.
    Diverged {
        /// The step whose result was thrown away.
        step: u64,
        /// The step at which it stands.
        last_good_step: u64,
    },
}

/// Names a slice or a checkpoint in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub i64);

/// A slice that can be read with `Session::slice`.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceEntry {
    /// What names it.
    pub id: BlobId,
    /// The run.
    pub run: RunId,
    /// Its step and the generation of its plane.
    pub tag: SliceTag,
    /// Points along both directions.
    pub points: [usize; 2],
    /// Its objective in words.
    pub objective: String,
}

/// A checkpoint that can be read with `Session::checkpoint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointEntry {
    /// What names it.
    pub id: BlobId,
    /// The run.
    pub run: RunId,
    /// Steps done.
    pub step: u64,
    /// The run starts there, or what it shares with another run ends: never thinned away.
    pub is_start: bool,
}

/// A state of a run: all that its next steps depend on beside experiment, seed and journal. What the numbers mean is the
/// business of `train`, which makes it of a `HostCopy` and a `HostCopy` of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The run.
    pub run: RunId,
    /// Steps done.
    pub step: u64,
    /// The run starts there, or what it shares with another run ends: never thinned away.
    pub is_start: bool,
    /// Knobs and counters, as TOML, which keeps numbers to the last bit and those that are not finite.
    pub facts: String,
    /// Weights, momentum, statistics and averages by name, flat.
    pub arrays: Vec<(String, Vec<f32>)>,
}

/// A point of a run's path: weights at which it was evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct PathWeights {
    /// Steps done.
    pub step: u64,
    /// Loss on the measured training subset.
    pub train_loss: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Evaluations of which one is kept, as the path counted when this one came.
    pub stride: u64,
    /// The weights, flat.
    pub weights: Vec<f32>,
}

/// What a job found.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The job.
    pub job: JobId,
    /// The run whose weights it measured.
    pub run: RunId,
    /// Steps that the run had done when its weights were taken.
    pub step: u64,
    /// What was asked for.
    pub request: MeasureRequest,
    /// The objective in words, with its examples.
    pub objective: String,
    /// How it ended.
    pub end: JobEnd,
    /// What it found by then.
    pub findings: Findings,
}

/// Bytes of a session file, by what takes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sizes {
    /// Each kind with its bytes and how many there are of it, the largest first.
    pub kinds: Vec<SizeOf>,
    /// Pages that are free and will be used again, in bytes.
    pub free: u64,
    /// The file with what waits beside it to be moved into it.
    pub total: u64,
}

/// What one kind of thing takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeOf {
    /// The kind, such as "rows of steps".
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// Bytes of the pages that hold them.
    pub bytes: u64,
}
