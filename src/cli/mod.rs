//! The command line: its definition, its commands, and its errors in one line.

mod analysis_table;
mod analyze;
mod args;
mod bench;
mod compare;
mod error;
mod list;
mod memory;
mod part_progress;
mod print;
mod progress;
mod table;
mod window;

pub use args::{AnalyzeArgs, BenchArgs, Cli, Command, CompareArgs, ListArgs};
pub use error::{BadInput, ParseOutcome, report};
pub use window::Window;

use std::ffi::OsString;

use clap::Parser as _;

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`ParseOutcome`] when help or the version was asked for, or when the arguments are wrong.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ParseOutcome> {
    Cli::try_parse_from(args).map_err(ParseOutcome)
}

/// Does what the arguments ask for; `window` serves those that open or time it.
///
/// # Errors
/// What went wrong with its context; [`report`] prints it and chooses the exit code.
pub fn run(cli: Cli, window: Window) -> anyhow::Result<()> {
    match cli.command {
        None => window::run(&cli.device, window),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Bench(args)) => bench::run(&args, window.time_frames),
        Some(Command::Analyze(args)) => analyze::run(&args),
        Some(Command::Experiments(args)) => list::experiments(args),
        Some(Command::Devices(args)) => list::devices(args),
    }
}
