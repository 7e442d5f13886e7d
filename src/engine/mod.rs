//! The engine: one thread that owns every tensor, and the headless comparison.
//!
//! [`spawn`] starts the thread that serves a window, [`EngineAt`] also brings one of another process in its place; [`compare`] trains and measures without one, step by step, so that its
//! figures do not depend on how fast the machine is. Both drive the same runs and the same measurements.

mod analyze;
mod backlog;
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
mod pairs;
mod panic;
mod preview;
mod recognise;
mod recording;
mod remote;
mod reopen;
mod replay;
mod reproduce;
mod sink;
mod thread;
mod units;
mod weights_file;

pub use crate::data::{Augmentation, Columns, ReadChoice, augment, table_columns};
pub use crate::session::weights::{fit_keys as weights_keys, fit_names as fit_weights};
pub use analyze::{
    Analysis, AnalyzeNews, AnalyzeOptions, AnalyzeProgress, LinePart, NoisePart, OtherWeights, PATH_EIGENVALUES,
    PATH_TRACES, Parts, PathPart, SliceDirections, SlicePart, ThirdPart, ToPart, analyze, analyze_knowing,
    analyze_piece, is_all_in_pieces, pieces_of,
};
pub use compare::{
    Asked, Collected, CompareNews, CompareOptions, CompareProgress, CompareResult, CurveRow, Difference, Done, Ended,
    EngineError, Gathered, Keeping, KeptComparison, RunResult, SESSION_FILE, There, TryGrid, compare, compare_keeping,
    compare_run, is_bad_session,
};
pub use describe::{
    ChainDescription, LayerLine, ModelDescription, ModelPlace, ModelProblem, TensorLine, TypedModel, describe_model,
    input_words, shape_words,
};
pub use devices::{DeviceInfo, OpenDevice, check_number, list_devices, processor_of};
pub use forecast::Forecast;
pub use link::{EngineEnd, Line, LineState, Link, LinkState, Outbox, SlotNews, Slots, Wake, link};
pub use pairs::{PairScores, ZeroShotScore, pair_scores};
pub use panic::panic_message;
pub use recognise::{FileKind, link_in, recognise, recognise_or_wait};
pub use remote::{EngineAt, EngineCommand, ServeError, ServeOptions, serve_stdio};
#[cfg(unix)]
pub use remote::{RelayError, RelayOptions, relay, serve_socket};
pub use replay::{Agreed, Parting, ReplayNews, ReplayOptions, Replayed, replay_session};
pub use thread::{EngineHandle, spawn};
pub use weights_file::tensor_shapes;
