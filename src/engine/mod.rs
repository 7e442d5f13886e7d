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
mod jobs;
mod link;
mod look;
mod preview;
mod recognise;
mod thread;
mod units;

pub use crate::data::{Columns, table_columns};
pub use analyze::{
    Analysis, AnalyzeOptions, AnalyzeProgress, LinePart, NoisePart, Parts, Precision, SlicePart, analyze,
};
pub use compare::{CompareOptions, CompareProgress, CompareResult, CurveRow, EngineError, RunResult, compare};
pub use describe::{LayerLine, ModelDescription, ModelProblem, describe_model, shape_words};
pub use devices::{DeviceInfo, OpenDevice, list_devices, open_device};
pub use link::{EngineEnd, Link, LinkState, Outbox, Slots, Wake, link};
pub use recognise::{FileKind, recognise};
pub use thread::{EngineHandle, spawn};

/// What a panic said.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "an unknown failure".to_owned())
}
