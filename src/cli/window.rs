//! `flatscape` without a command: the window with what was named, or a comparison where no window can be had.

use std::path::PathBuf;

use anyhow::{Result, anyhow};

use super::args::Cli;
use super::args::compare::DEFAULT_EXPERIMENT;
use super::error::{BadInput, say};
use super::opening::Opening;
use crate::config::{DeviceChoice, Experiment, builtin_experiment};
use crate::engine::bench::FrameTimes;
use crate::engine::{EngineAt, EngineCommand};
use crate::export::OutputDir;

/// Where the comparison goes that runs in place of the window.
const FALLBACK_FOLDER: &str = "flatscape-out";

/// What the command line does with the window. The window is not ours to name: `main` hands this over.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// Opens it with an experiment and with files beside that, and returns when it is closed, or says why there is none.
    /// An error is that of a window that was open.
    pub open: fn(Experiment, Vec<PathBuf>, EngineAt) -> Result<Option<String>>,
    /// Times its frames.
    pub time_frames: fn() -> Result<FrameTimes>,
}

/// Opens the window with the files of `args`; without one it says why in one line and compares instead.
pub fn run(args: &Cli, window: Window) -> Result<()> {
    let device = super::compare::device(&args.device)?;
    let engine = engine_at(args, device)?;
    let opening = Opening::new(&args.files)?;
    let experiment = opening.first_experiment();
    let experiment = experiment.map_or_else(|| builtin_experiment(DEFAULT_EXPERIMENT), Ok)?;
    for path in &opening.left {
        say(&format!("one experiment is opened at a time, so this one was left: {}", path.display()));
    }
    let reason = if has_display() {
        let others = opening.others.iter().map(|(path, _)| path.clone()).collect();
        match (window.open)(experiment.clone(), others, engine.clone())? {
            None => return Ok(()),
            Some(reason) => reason,
        }
    } else {
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()
    };
    if engine != EngineAt::Here(device) {
        return Err(anyhow!("{reason}, and an engine elsewhere is for the window alone"));
    }
    compare_instead(&reason, &opening, experiment, device)
}

/// Where the engine of the window is.
fn engine_at(args: &Cli, device: DeviceChoice) -> Result<EngineAt, BadInput> {
    if let Some(command) = &args.engine {
        return Ok(EngineAt::There(EngineCommand::shell(command)));
    }
    let Some(host) = &args.host else { return Ok(EngineAt::Here(device)) };
    EngineCommand::host(host, device, args.attach.as_deref()).map(EngineAt::There).map_err(BadInput)
}

/// What is done where there is no window: an experiment is compared, and what else was named is told.
fn compare_instead(reason: &str, opening: &Opening, experiment: Experiment, device: DeviceChoice) -> Result<()> {
    let others: Vec<String> = opening.others.iter().map(|(path, _)| path.display().to_string()).collect();
    let named = match &opening.experiment {
        Some((path, _)) => path.display().to_string(),
        None if others.is_empty() => DEFAULT_EXPERIMENT.to_owned(),
        None => {
            return Err(anyhow!("{reason}, and {} needs the window; {}", others.join(", "), opening.other_way()));
        }
    };
    super::compare::check_budget(&experiment, &experiment.optimizers.keys().copied().collect::<Vec<_>>())?;
    let dir = OutputDir::fresh(FALLBACK_FOLDER)?;
    let left = if others.is_empty() { String::new() } else { format!(" (without {})", others.join(", ")) };
    let folder = dir.path().display();
    say(&format!("{reason}; running `flatscape compare {named} --out {folder}` instead{left}"));
    super::compare::run_default(experiment, device, dir)
}

fn has_display() -> bool {
    // Other systems always have one, or say so when the window is made.
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
