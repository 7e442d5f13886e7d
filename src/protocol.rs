//! What crosses between the engine and its consumers (the window and the command line): plain data only.
//!
//! Consumers send [`Command`]s. The engine sends [`Event`]s, small and in order, and keeps the newest [`LossGrid`]
//! and [`NoiseSnapshot`] of each run in latest-wins slots (`engine::Slots`). No tensor and no widget type appears here.

mod estimate;
mod examples;
mod measure;
mod rows;
mod runs;
mod slice;

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{DataConfig, Experiment, KnobId, Knobs, OptimizerKind};

pub use estimate::{Estimate, Progress};
pub use examples::{DataPreview, ExampleLabel, ExampleRow, FileFacts, Predicted, Prediction};
pub use measure::{
    Curve, Examples, Fact, Findings, FoundBound, FoundChart, FoundSlice, JobEnd, JobId, MeasureRequest, Measurement,
    PlaneChoice,
};
pub use rows::{EigenRow, EvalRow, KnobEdit, LayerTraceRow, NoiseRow, NoiseSnapshot, StepRow, TraceRow};
pub use runs::{Origin, REMOVED_RUNS_KEPT, Repeating, RunInfo};
pub use slice::{LivePlane, LossGrid, PathPoint, SliceCaption, SliceGrid, SliceTag, SliceView};

/// Names a run. Ids are never used twice by one engine, so that events of a closed run can be told apart and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u32);

/// What a consumer asks of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ends all runs and starts those of this experiment, paused; answered by [`Event::Started`]. Where it cannot be loaded the
    /// runs stay as they are, and [`Event::NotLoaded`] says why.
    Load(Box<Experiment>),
    /// As [`Self::Load`], with more runs than the experiment has by itself; each is answered as [`Self::AddRun`] is. Where the
    /// experiment cannot be loaded, none is added.
    LoadWith {
        /// The experiment.
        experiment: Box<Experiment>,
        /// The runs beside its own.
        more: Vec<NewRun>,
    },
    /// Trains all runs.
    Play,
    /// Stops training; measurements go on.
    Pause,
    /// While paused: one step of every run.
    Step,
    /// Restarts all runs at step 0, each from the weights that it began with, with the knobs as they are now; answered by
    /// [`Event::Started`]. A branch begins where the run began whose first steps it shares.
    Reset,
    /// Turns a knob of one run, from its next step on; answered by [`Event::KnobTurned`].
    SetKnob {
        /// The run.
        run: RunId,
        /// The knob.
        knob: KnobId,
        /// Its new value; switches take 1 and 0.
        value: f64,
    },
    /// Sets the share of time that measurements get while runs train, 0 to 1.
    SetLookShare(f64),
    /// Changes what all live slices show.
    SetSlice(SliceView),
    /// Whether the live view also measures the trace of each parameter tensor, which costs Hessian-vector products.
    SetLayerTraces(bool),
    /// How runs are paired.
    SetPairing(Pairing),
    /// Adds a run; answered by [`Event::RunAdded`], or a warning that says why not.
    AddRun {
        /// Its optimiser.
        optimizer: OptimizerKind,
        /// Its knobs.
        knobs: Box<Knobs>,
        /// Where it starts.
        start: RunStart,
    },
    /// Removes a run; answered by [`Event::RunRemoved`]. The last one stays.
    RemoveRun(RunId),
    /// Brings a removed run back, one of the last [`REMOVED_RUNS_KEPT`]; answered by [`Event::RunRestored`], or a warning.
    RestoreRun(RunId),
    /// Takes a run back to an earlier step, with the knobs that it had then; answered by [`Event::Rewound`].
    Rewind {
        /// The run.
        run: RunId,
        /// Steps done, at most those of the run.
        step: u64,
    },
    /// Gives up the branch or the rewind whose steps are being repeated.
    CancelRepeat,
    /// Asks what the network at a place of a run's slice says; answered in the slot of predictions, the latest wins. A
    /// warning says where that slice is not kept any more.
    Predict {
        /// The run.
        run: RunId,
        /// Coordinates on its slice.
        place: [f64; 2],
        /// The slice.
        slice: SliceTag,
    },
    /// Looks into a data set without training on it; answered by [`Event::Previewed`]. Where a file's `train_size` is 0,
    /// four fifths of it become training examples and the rest test examples. Of several that wait the newest is read.
    Preview(Box<DataConfig>),
    /// Asks for the weights of a run as they are now; answered by [`Event::Weights`].
    FetchWeights(RunId),
    /// Measures something on the weights of a run as they are now; answered by [`Event::Measuring`] and
    /// [`Event::Measured`]. What is asked for later waits for what was asked for before.
    Measure {
        /// Names the job; used once.
        job: JobId,
        /// The run.
        run: RunId,
        /// What, and on what.
        request: Box<MeasureRequest>,
    },
    /// Ends a job early; what it found by then is told in [`Event::Measured`].
    CancelMeasure(JobId),
    /// Ends the engine thread.
    Shutdown,
}

/// What the engine tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The device is ready.
    Device {
        /// Name of the device for the status line, such as "CPU (Flex), 2 threads".
        name: String,
        /// Why another device than asked for runs, in one sentence.
        notice: Option<String>,
    },
    /// Work that takes long before its first result, such as compiling GPU kernels: a sentence without its full stop.
    WarmingUp(String),
    /// New runs exist and all earlier ones are gone.
    Started {
        /// The experiment they belong to.
        experiment: Arc<Experiment>,
        /// Trainable parameters of the model.
        num_parameters: usize,
        /// Names of the parameter tensors, in the order of the model.
        tensors: Vec<String>,
        /// A look into the data.
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
    /// Per-tensor traces are complete.
    LayerTrace {
        /// The run.
        run: RunId,
        /// The figures.
        row: LayerTraceRow,
    },
    /// What a data set looks like, or why it cannot be read.
    Previewed(Result<Arc<DataPreview>, String>),
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
    /// A knob was turned.
    KnobTurned {
        /// The run.
        run: RunId,
        /// What, when, from and to.
        edit: KnobEdit,
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
    /// The engine failed and has stopped training. Runs stand at their last good step, and [`Command::Play`] goes on from there.
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
    Speed {
        /// Steps a second, all runs together.
        steps_per_second: f64,
    },
}

/// Where a run starts.
#[derive(Debug, Clone, PartialEq)]
pub enum RunStart {
    /// At the initial weights of the experiment; with [`Pairing::same_initial`] off, at those of a seed of its own.
    Initial,
    /// Where another run was after so many steps, with its momentum; rows before that are shared.
    Step {
        /// The other run.
        run: RunId,
        /// Steps done.
        step: u64,
    },
    /// At a place of another run's slice, with momentum 0.
    Place {
        /// The other run.
        run: RunId,
        /// Coordinates on its slice.
        place: [f64; 2],
        /// The slice.
        slice: SliceTag,
    },
    /// At the weights of a safetensors file, with momentum 0.
    File(PathBuf),
    /// Where another run started: from the same weights, with the same seed.
    Again(RunId),
}

/// A run that shall be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Its optimiser.
    pub optimizer: OptimizerKind,
    /// Its knobs.
    pub knobs: Box<Knobs>,
    /// Where it starts.
    pub start: RunStart,
}

/// How the runs of an experiment are paired, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// All runs start from the same weights and see the data in the same order; takes effect for new runs and at a reset.
    pub same_initial: bool,
    /// Runs are kept at equal gradient evaluations; else at equal steps. Takes effect at once.
    pub equal_evaluations: bool,
}

impl Default for Pairing {
    fn default() -> Self {
        Self { same_initial: true, equal_evaluations: true }
    }
}
