//! What the engine tells: small, in order.

use std::sync::Arc;

use crate::config::{Experiment, KnobId, Knobs};

use super::crossing::{shared, shared_or_reason, text};
use super::{
    AlertRow, DataPreview, DeviceReport, EigenRow, EvalRow, Findings, FollowedState, JobEnd, JobId, KnobEdit,
    LayerTraceRow, MeasureRequest, Progress, Repeating, RunId, RunInfo, RunPast, SessionState, Speed, StepRow,
    StreamedEigenRow, StreamedTraceRow, TraceRow,
};

/// What the engine tells.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Event {
    /// The device is ready.
    Device {
        /// Name of the device for the status line, such as "CPU (Flex), 2 threads".
        name: String,
        /// Why another device than asked for runs, in one sentence.
        notice: Option<String>,
    },
    /// Which devices there are, which one computes and why; whenever any of that changes.
    Devices(Box<DeviceReport>),
    /// Work that takes long before its first result, such as compiling GPU kernels: a sentence without its full stop.
    WarmingUp(String),
    /// New runs exist and all earlier ones are gone.
    Started {
        /// The experiment they belong to.
        #[serde(with = "text")]
        experiment: Arc<Experiment>,
        /// Trainable parameters of the model.
        num_parameters: usize,
        /// Names of the parameter tensors, in the order of the model.
        tensors: Vec<String>,
        /// A look into the data.
        #[serde(with = "shared")]
        data: Arc<DataPreview>,
        /// The runs in the order in which they are shown.
        runs: Vec<RunInfo>,
    },
    /// An experiment cannot be loaded; the runs that are there go on as they are.
    NotLoaded {
        /// Its title.
        title: String,
        /// Why, in one sentence.
        reason: String,
    },
    /// One more run exists, the last in order.
    RunAdded(RunInfo),
    /// A run is gone.
    RunRemoved(RunId),
    /// A removed run is back as it was.
    RunRestored {
        /// The run.
        run: RunId,
        /// Its place among the runs.
        place: usize,
    },
    /// Steps are repeated for a branch or a rewind before anything else is done, some times a second; `None` once that is
    /// over.
    Repeating(Option<Repeating>),
    /// The weights of a run, with batch norm's running statistics.
    Weights {
        /// The run.
        run: RunId,
        /// Steps done.
        step: u64,
        /// A safetensors file of them, with PyTorch's names.
        file: Vec<u8>,
    },
    /// A run went back: its rows after this step are void.
    Rewound {
        /// The run.
        run: RunId,
        /// Steps done.
        step: u64,
        /// Its knobs at that step.
        knobs: Box<Knobs>,
    },
    /// How the folder of a followed run stands. Its rows come as those of any run: one `Evaluated` a checkpoint, and what is
    /// measured at those that are looked at, which may be earlier than ones that were measured before.
    Followed {
        /// The run.
        run: RunId,
        /// What is known of its checkpoints.
        state: FollowedState,
    },
    /// Checkpoints of a followed run are no longer what they were: its rows after this one are void, all of them where there
    /// is none.
    CheckpointsVoid {
        /// The run.
        run: RunId,
        /// The number of the last checkpoint whose rows stay.
        after: Option<u64>,
    },
    /// Per-tensor traces are complete.
    LayerTrace {
        /// The run.
        run: RunId,
        /// The figures.
        row: LayerTraceRow,
    },
    /// What a data set looks like, or why it cannot be read.
    Previewed(#[serde(with = "shared_or_reason")] Result<Arc<DataPreview>, String>),
    /// Training goes on or pauses.
    Playing(bool),
    /// Steps of one run, in order.
    Steps {
        /// The run.
        run: RunId,
        /// One row a step.
        rows: Vec<StepRow>,
    },
    /// Train and test loss and accuracy at a step.
    Evaluated {
        /// The run.
        run: RunId,
        /// The figures.
        row: EvalRow,
    },
    /// A Hutchinson trace is complete.
    Trace {
        /// The run.
        run: RunId,
        /// The figures.
        row: TraceRow,
    },
    /// A Lanczos solve is complete.
    Eigen {
        /// The run.
        run: RunId,
        /// The figures.
        row: EigenRow,
    },
    /// A streamed trace has moved on.
    StreamedTrace {
        /// The run.
        run: RunId,
        /// The figures.
        row: StreamedTraceRow,
    },
    /// The streamed ends of the spectrum have moved on.
    StreamedEigen {
        /// The run.
        run: RunId,
        /// The figures.
        row: StreamedEigenRow,
    },
    /// A knob was turned.
    KnobTurned {
        /// The run.
        run: RunId,
        /// What, when, from and to.
        edit: KnobEdit,
    },
    /// A knob was not turned, for a reason that a warning says: it stands as it did.
    KnobKept {
        /// The run.
        run: RunId,
        /// The knob.
        knob: KnobId,
        /// Its value.
        value: f64,
    },
    /// An alert of the consumer's is kept.
    AlertNoted {
        /// The run.
        run: RunId,
        /// What it said.
        alert: AlertRow,
    },
    /// A run has spent its budget.
    Finished {
        /// The run.
        run: RunId,
    },
    /// The loss or a weight became NaN or infinite. The run stands at its last good step and trains no further.
    Diverged {
        /// The run.
        run: RunId,
        /// The step whose result was thrown away.
        step: u64,
        /// The step at which the run stands.
        last_good_step: u64,
    },
    /// Something that the user should know and that stops nothing.
    Warning(String),
    /// What was done to something of the user's on its way, such as to the names in a file of weights.
    Note(String),
    /// The engine failed and has stopped training. Runs stand at their last good step, and `Command::Play` goes on from there.
    Failed(String),
    /// How far a job is, some times a second.
    Measuring {
        /// The job.
        job: JobId,
        /// Steps that its run had done when its weights were taken.
        step: u64,
        /// How far it is.
        progress: Progress,
    },
    /// A job has ended.
    Measured {
        /// The job.
        job: JobId,
        /// Steps that its run had done when its weights were taken.
        step: u64,
        /// The objective in words, with its examples.
        objective: String,
        /// How it ended.
        end: JobEnd,
        /// What it found by then.
        findings: Box<Findings>,
    },
    /// How fast it goes, about four times a second.
    Speed(Speed),
    /// Where the session is written, and how that goes; whenever it has changed, some times a minute.
    Session(Box<SessionState>),
    /// What a run of a session that was opened has done before.
    RunPast {
        /// The run.
        run: RunId,
        /// A part of it, the oldest first.
        past: Box<RunPast>,
    },
    /// A measurement of a session that was opened; `Measured` follows and says what it found.
    MeasuredBefore {
        /// The job.
        job: JobId,
        /// Its run.
        run: RunId,
        /// What was asked for.
        request: Box<MeasureRequest>,
    },
    /// All is told once more from here on, see `Command::TellAgain`; what was told before is void.
    ToldAgain,
    /// A session that was asked for has been told in full.
    SessionOpened {
        /// What `Command::KeepView` kept last; `None` where nothing was kept.
        view: Option<String>,
    },
}
