//! The window: everything egui. It sends `Command`s, reads `Event`s and snapshots, and owns no tensor.
//!
//! [`open`] opens it, and opens it anew when its graphics device is lost. [`App`] is what tests drive with a fake engine.

mod contract;
mod kit;
mod panes;
mod plots;
mod shell;
mod state;

pub use shell::{App, Pace, fake, open, time_frames};
pub use state::model::{EngineHealth, Model};
