//! What crosses between the engine and its consumers (the window and the command line): plain data only, between threads or,
//! where the engine is on another machine, between processes.
//!
//! Consumers send [`Command`]s. The engine sends [`Event`]s, small and in order, and keeps the newest [`LossGrid`]
//! and [`NoiseSnapshot`] of each run in latest-wins slots (`engine::Slots`). No tensor and no widget type appears here.

mod commands;
mod crossing;
mod devices;
mod estimate;
mod events;
mod examples;
mod findings;
mod followed;
mod ids;
mod measurement;
mod preview;
mod rows;
mod runs;
mod session;
mod slice;
mod tables;

pub use commands::Command;
pub use devices::{DeviceReason, DeviceReport, DeviceRow, Rates, Timed};
pub use estimate::{Estimate, Progress};
pub use events::Event;
pub use examples::Examples;
pub use findings::{Curve, Fact, Findings, FoundBound, FoundChart, FoundRange, FoundSlice, JobEnd};
pub use followed::{FOLDER_INTERVAL, FollowedState, NewestCheckpoint};
pub use ids::{JobId, RunId};
pub use measurement::{MeasureRequest, Measurement, PlaneChoice};
pub use preview::{
    DataPreview, ExampleLabel, ExampleRow, FileFacts, NearTexts, Predicted, Prediction, SaidToken, TextLengths,
    TextLook, WrittenText,
};
pub use rows::{
    AlertRow, AverageRow, EigenRow, EvalRow, KnobEdit, LayerTraceRow, NoiseRow, NoiseSnapshot, Outcome, Speed, StepRow,
    StreamedEigenRow, StreamedTraceRow, TraceRow, Waiting,
};
pub use runs::{
    DoneRun, MOST_RUNS, NewRun, Origin, Pairing, REMOVED_RUNS_KEPT, Repeating, RunInfo, RunStart, WeightsFile,
};
pub use session::{RunPast, RunRows, SessionState};
pub use slice::{AveragePoint, Averaged, LivePlane, LossGrid, PathPoint, SliceCaption, SliceGrid, SliceTag, SliceView};
pub use tables::{FoundRow, FoundTable, Thumbnail};
