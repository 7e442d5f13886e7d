//! The command line: its definition, its commands, and its errors in one line.

mod analysis_table;
mod analyze;
mod args;
mod bench;
mod compare;
mod error;
mod list;
mod part_progress;
mod progress;
mod table;
mod window;

pub use args::{AnalyzeArgs, BenchArgs, Cli, Command, CompareArgs, ListArgs};
pub use error::{BadInput, ParseOutcome, report};
pub use window::OpenWindow;

use std::ffi::OsString;

use clap::Parser as _;

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`ParseOutcome`] when help or the version was asked for, or when the arguments are wrong.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ParseOutcome> {
    Cli::try_parse_from(args).map_err(ParseOutcome)
}

/// Does what the arguments ask for; `open_window` serves `flatscape` without a command.
///
/// # Errors
/// What went wrong with its context; [`report`] prints it and chooses the exit code.
pub fn run(cli: Cli, open_window: OpenWindow) -> anyhow::Result<()> {
    match cli.command {
        None => window::run(&cli.device, open_window),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Analyze(args)) => analyze::run(&args),
        Some(Command::Experiments(args)) => list::experiments(args),
        Some(Command::Devices(args)) => list::devices(args),
    }
}
