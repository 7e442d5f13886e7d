//! The engine: one thread that owns every tensor.
mod compare;
mod devices;
mod link;

pub use compare::{CompareOptions, CompareProgress, CompareResult, CurveRow, EngineError, RunResult, compare};
pub use devices::{DeviceInfo, list_devices};
pub use link::{EngineEnd, Link, LinkState, Outbox, Slots, Wake, link};
