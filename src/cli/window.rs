//! `flatscape` without a command: the window, or a comparison where no window can be had.

use super::error::say;
use crate::config::builtin_experiment;
use crate::session::export::OutputDir;

/// The experiment that opens first and that is compared when none is named.
pub const DEFAULT_EXPERIMENT: &str = "moons-mlp";

/// Where the comparison goes that runs in place of the window.
const FALLBACK_FOLDER: &str = "flatscape-out";

/// Opens the window; without one it says why in one line and runs `flatscape compare` instead.
pub fn run() -> anyhow::Result<()> {
    let Err(reason) = open_window() else { return Ok(()) };
    let experiment = builtin_experiment(DEFAULT_EXPERIMENT)?;
    let dir = OutputDir::fresh(FALLBACK_FOLDER)?;
    say(&format!("{reason}; running `flatscape compare {DEFAULT_EXPERIMENT} --out {}` instead", dir.path().display()));
    super::compare::run_default(experiment, dir)
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// One sentence, without a full stop, that says why there is no window.
fn open_window() -> Result<(), String> {
    if !has_display() {
        return Err("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned());
    }
    // The window itself is wired here when it is merged.
    Err("the window cannot be opened".to_owned())
}

fn has_display() -> bool {
    // Other systems always have one, or say so when the window is made.
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
