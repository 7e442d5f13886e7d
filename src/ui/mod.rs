//! The window: everything egui. It sends `Command`s, reads `Event`s and snapshots, and owns no tensor.
//!
//! [`open`] opens it, and opens it anew when its graphics device is lost. [`App`] is what tests drive with a fake engine.

mod about;
mod app;
mod charts;
mod commands;
mod dialogs;
mod dock;
mod envelope;
mod figures;
mod files;
mod format;
mod frame_bench;
mod guide;
mod help;
mod history;
mod icons;
mod knobs;
mod landscape;
mod layer_history;
mod left_panel;
mod measure;
mod model;
mod native;
mod noise_mean;
mod noise_text;
mod notices;
mod preferences;
mod questions;
mod restart;
mod rows;
mod run_view;
mod runs;
mod status;
mod theme;
mod top_bar;
mod tour;
mod undo;
mod view;
mod wake;
mod widgets;
mod window_settings;
mod workshop;

pub use app::App;
pub use frame_bench::time_frames;
pub use model::{EngineHealth, Model};
pub use native::open;
pub use wake::Pace;
