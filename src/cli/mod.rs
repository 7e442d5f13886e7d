//! The command line: its definition, its commands, and its errors in one line.

mod analysis_table;
mod analyze;
mod args;
mod bench;
mod compare;
mod error;
mod list;
mod memory;
mod models;
mod opening;
mod print;
mod progress;
mod shell;
mod table;
mod weights_told;
mod window;

pub use args::{AnalyzeArgs, BenchArgs, Cli, Command, CompareArgs, CompletionsArgs, ListArgs, ManArgs, ModelsArgs};
pub use error::{BadInput, ParseOutcome, report};
pub use window::Window;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`ParseOutcome`] when help or the version was asked for, or when the arguments are wrong.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ParseOutcome> {
    let args: Vec<OsString> = args.into_iter().collect();
    Cli::try_parse_from(&args).map_err(|err| ParseOutcome(mistyped(&args, &err).unwrap_or(err)))
}

/// A command that is mistyped is taken for a file, and then its options are wrong: the word is what must be told.
fn mistyped(args: &[OsString], err: &clap::Error) -> Option<clap::Error> {
    let word = args.get(1).filter(|word| !word.to_string_lossy().starts_with('-'))?;
    let is_command = Cli::command().get_subcommands().any(|command| word == command.get_name());
    let problem = Some(word).filter(|_| err.kind() == ErrorKind::UnknownArgument && !is_command);
    problem
        .and_then(|word| opening::word_problem(word))
        .map(|text| clap::Error::raw(ErrorKind::InvalidSubcommand, text))
}

/// Does what the arguments ask for; `window` serves those that open or time it.
///
/// # Errors
/// What went wrong with its context; [`report`] prints it and chooses the exit code.
pub fn run(cli: &Cli, window: Window) -> anyhow::Result<()> {
    match &cli.command {
        None => window::run(cli, window),
        Some(Command::Compare(args)) => compare::run(args),
        Some(Command::Bench(args)) => bench::run(args, window.time_frames),
        Some(Command::Analyze(args)) => analyze::run(args),
        Some(Command::Experiments(args)) => list::experiments(*args),
        Some(Command::Models(args)) => models::run(args),
        Some(Command::Devices(args)) => list::devices(*args),
        Some(Command::Completions(args)) => shell::completions(args),
        Some(Command::Man(args)) => shell::man(args),
    }
}
