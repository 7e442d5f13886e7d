//! `flatscape` without a command: the window, or a comparison where no window can be had.

use super::args::DEFAULT_EXPERIMENT;
use super::error::say;
use crate::config::{DeviceChoice, Experiment, builtin_experiment};
use crate::engine::bench::FrameTimes;
use crate::export::OutputDir;

/// Where the comparison goes that runs in place of the window.
const FALLBACK_FOLDER: &str = "flatscape-out";

/// What the command line does with the window. The window is not ours to name: `main` hands this over.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Opens it and returns when it is closed, or says why there is none. An error is that of a window that was open.
    pub open: fn(Experiment, DeviceChoice) -> anyhow::Result<Option<String>>,
    /// Times its frames.
    pub time_frames: fn() -> anyhow::Result<FrameTimes>,
}

/// Opens the window; without one it says why in one line and runs `flatscape compare` instead.
pub fn run(device: &str, window: Window) -> anyhow::Result<()> {
    let device = super::compare::device(device)?;
    let experiment = builtin_experiment(DEFAULT_EXPERIMENT)?;
    let reason = if has_display() {
        match (window.open)(experiment.clone(), device)? {
            None => return Ok(()),
            Some(reason) => reason,
        }
    } else {
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()
    };
    let dir = OutputDir::fresh(FALLBACK_FOLDER)?;
    say(&format!("{reason}; running `flatscape compare {DEFAULT_EXPERIMENT} --out {}` instead", dir.path().display()));
    super::compare::run_default(experiment, device, dir)
}

fn has_display() -> bool {
    // Other systems always have one, or say so when the window is made.
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
