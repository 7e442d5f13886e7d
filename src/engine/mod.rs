//! The engine: one thread that owns every tensor, and the headless comparison.
//!
//! [`spawn`] starts the thread that serves a window; [`compare`] trains and measures without one, step by step, so that its
//! figures do not depend on how fast the machine is. Both drive the same runs and the same measurements.

mod analyze;
pub mod bench;
mod compare;
mod describe;
mod devices;
mod fleet;
mod folder;
mod forecast;
mod jobs;
mod link;
mod look;
mod panic;
mod preview;
mod recognise;
mod sink;
mod thread;
mod units;
mod weights_file;

pub use crate::data::{Augmentation, Columns, ReadChoice, augment, table_columns};
pub use crate::session::weights::fit_names as fit_weights;
pub use analyze::{
    Analysis, AnalyzeNews, AnalyzeOptions, AnalyzeProgress, LinePart, NoisePart, OtherWeights, PATH_EIGENVALUES,
    PATH_TRACES, Parts, PathPart, SliceDirections, SlicePart, ThirdPart, ToPart, analyze,
};
pub use compare::{
    CompareNews, CompareOptions, CompareProgress, CompareResult, CurveRow, EngineError, RunResult, TryGrid, compare,
};
pub use describe::{
    ChainDescription, LayerLine, ModelDescription, ModelPlace, ModelProblem, TensorLine, TypedModel, describe_model,
    input_words, shape_words,
};
pub use devices::{DeviceInfo, OpenDevice, list_devices, open_device};
pub use forecast::Forecast;
pub use link::{EngineEnd, Link, LinkState, Outbox, Slots, Wake, link};
pub use panic::panic_message;
pub use recognise::{FileKind, recognise, recognise_or_wait};
pub use thread::{EngineHandle, spawn};
pub use weights_file::tensor_shapes;
