//! What crosses between the engine and its consumers (the window and the command line): plain data only.
//!
//! Consumers send [`Command`]s. The engine sends [`Event`]s, small and in order, and keeps the newest [`LossGrid`]
//! and [`NoiseSnapshot`] of each run in latest-wins slots (`engine::Slots`). No tensor and no widget type appears here.

mod commands;
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
mod slice;

pub use commands::Command;
pub use estimate::{Estimate, Progress};
pub use events::Event;
pub use examples::Examples;
pub use findings::{Curve, Fact, Findings, FoundBound, FoundChart, FoundSlice, JobEnd};
pub use followed::{FOLDER_INTERVAL, FollowedState, NewestCheckpoint};
pub use ids::{JobId, RunId};
pub use measurement::{MeasureRequest, Measurement, PlaneChoice};
pub use preview::{DataPreview, ExampleLabel, ExampleRow, FileFacts, Predicted, Prediction, SaidToken, TextLook};
pub use rows::{
    AverageRow, EigenRow, EvalRow, KnobEdit, LayerTraceRow, NoiseRow, NoiseSnapshot, Outcome, StepRow, TraceRow,
};
pub use runs::{NewRun, Origin, Pairing, REMOVED_RUNS_KEPT, Repeating, RunInfo, RunStart};
pub use slice::{AveragePoint, Averaged, LivePlane, LossGrid, PathPoint, SliceCaption, SliceGrid, SliceTag, SliceView};
