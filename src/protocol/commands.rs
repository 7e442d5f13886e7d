//! What a consumer asks of the engine; what answers it is an [`Event`](super::Event).

use std::path::PathBuf;

use crate::config::{DataConfig, DeviceChoice, Experiment, KnobId, Knobs, OptimizerKind, Pace};

use super::crossing::text;
use super::{AlertRow, JobId, MeasureRequest, NewRun, Pairing, RunId, RunStart, SliceTag, SliceView};

/// What a consumer asks of the engine.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Command {
    /// Ends all runs and starts those of this experiment, paused, and more beside them; answered by `Event::Started`, and for
    /// each run beside the experiment's own as [`Self::AddRun`] is. Where the experiment cannot be loaded the runs stay as they
    /// are, none is added, and `Event::NotLoaded` says why.
    Load {
        /// The experiment.
        #[serde(with = "text")]
        experiment: Box<Experiment>,
        /// Runs beside its own.
        more: Vec<NewRun>,
    },
    /// Ends all runs, and follows the checkpoints that another program writes into a folder, with the data and the model of
    /// this experiment; none of its own runs starts. Answered as [`Self::Load`] is.
    Follow {
        /// The experiment.
        #[serde(with = "text")]
        experiment: Box<Experiment>,
        /// The folder.
        folder: PathBuf,
    },
    /// Ends all runs and starts these with the data and the model of this experiment; none of its own runs starts. Answered as
    /// [`Self::Load`] is.
    LoadOnly {
        /// The experiment.
        #[serde(with = "text")]
        experiment: Box<Experiment>,
        /// The runs.
        runs: Vec<NewRun>,
    },
    /// Has a followed run stand at the checkpoint of this number, or at its newest from now on.
    LookAt {
        /// The run.
        run: RunId,
        /// The checkpoint; `None` for the newest.
        step: Option<u64>,
    },
    /// Has all runs go on on this device, and what is loaded later begin there; `Auto` takes the faster one again. Answered by
    /// `Event::Device` and `Event::Devices`, and for runs that have begun as a device that is lost is; a warning says where it
    /// cannot be.
    UseDevice(DeviceChoice),
    /// Trains all runs.
    Play,
    /// Stops training; measurements go on.
    Pause,
    /// While paused: one step of every run.
    Step,
    /// Restarts all runs at step 0, each from the weights that it began with, with the knobs as they are now; answered by
    /// `Event::Started`. A branch begins where the run began whose first steps it shares.
    Reset,
    /// Turns a knob of one run, from its next step on; answered by `Event::KnobTurned`.
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
    /// Whether runs with a budget wait for their measurements, from now on and until an experiment is loaded.
    SetPace(Pace),
    /// Changes what all live slices show.
    SetSlice(SliceView),
    /// Whether the live view also measures the trace of each parameter tensor, which costs Hessian-vector products.
    SetLayerTraces(bool),
    /// How runs are paired.
    SetPairing(Pairing),
    /// Adds a run; answered by `Event::RunAdded`, or a warning that says why not.
    AddRun {
        /// Its optimiser.
        optimizer: OptimizerKind,
        /// Its knobs.
        knobs: Box<Knobs>,
        /// Where it starts.
        start: RunStart,
    },
    /// Removes a run; answered by `Event::RunRemoved`. The last one stays.
    RemoveRun(RunId),
    /// Brings a removed run back, one of the last `REMOVED_RUNS_KEPT`; answered by `Event::RunRestored`, or a warning.
    RestoreRun(RunId),
    /// Takes a run back to an earlier step, with the knobs that it had then; answered by `Event::Rewound`.
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
    /// Looks into a data set without training on it; answered by `Event::Previewed`. Where a file's `train_size` is 0,
    /// four fifths of it become training examples and the rest test examples. Of several that wait the newest is read.
    Preview(#[serde(with = "text")] Box<DataConfig>),
    /// Asks for the weights of a run as they are now; answered by `Event::Weights`.
    FetchWeights(RunId),
    /// Measures something on the weights of a run as they are now; answered by `Event::Measuring` and
    /// `Event::Measured`. What is asked for later waits for what was asked for before.
    Measure {
        /// Names the job; used once.
        job: JobId,
        /// The run.
        run: RunId,
        /// What, and on what.
        request: Box<MeasureRequest>,
    },
    /// Ends a job early; what it found by then is told in `Event::Measured`.
    CancelMeasure(JobId),
    /// Has sessions written into files of this folder, from the next runs on that start; the oldest of them go. Without this
    /// command nothing is written. Where they are written is told in `Event::Session`.
    KeepSessions(PathBuf),
    /// Has the session written into this file, with all that it holds by now; the file before it goes where it was without a
    /// name. Answered by `Event::Session`, or a warning.
    SaveSession(PathBuf),
    /// Ends all runs and goes on with the session of a file as it was when it ended, paused; answered by `Event::Started`, by what
    /// its runs did as if they told it now, and by `Event::SessionOpened`; or by `Event::NotLoaded` as [`Self::Load`] is.
    OpenSession(PathBuf),
    /// What the consumer wants to be told with `Event::SessionOpened` when the session is opened again. The engine does not read
    /// it.
    KeepView(String),
    /// An alert of the consumer's spoke: it is kept in the session, and answered by `Event::AlertNoted`. One of a step that the run
    /// went back before is passed over.
    NoteAlert {
        /// The run.
        run: RunId,
        /// What it said.
        alert: AlertRow,
    },
    /// Tells all that there is once more, for a consumer that has just come: `Event::ToldAgain`, what the runs did as it is told
    /// where a session is opened, and how things stand. The runs go on meanwhile.
    TellAgain,
    /// Ends the engine thread. What is recorded is written first, as far as that is possible within some seconds.
    Shutdown,
}

impl Command {
    /// Loads an experiment with its own runs alone.
    #[must_use]
    pub fn load(experiment: Experiment) -> Self {
        Self::Load { experiment: Box::new(experiment), more: Vec::new() }
    }
}
