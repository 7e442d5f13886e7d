//! The command line: its definition, its commands, and its errors in one line.

mod analysis_table;
mod analyze;
mod args;
mod bench;
mod claims;
mod compare;
mod data;
mod device_words;
mod engine;
mod error;
mod export;
mod gather;
mod lesson;
mod list;
mod memory;
mod models;
mod opening;
mod plan;
mod print;
mod progress;
mod replay;
mod reproduce;
mod session;
mod shell;
mod show;
mod table;
mod weights_told;
mod window;
mod work;

pub use args::compare::ComparedArgs;
pub use args::{
    AnalyzeArgs, BenchArgs, Cli, Command, CompareArgs, CompletionsArgs, DataArgs, EngineArgs, ExportArgs, GatherArgs,
    LessonArgs, ListArgs, ManArgs, ModelsArgs, PlanArgs, ReplayArgs, ReproduceArgs, ShowArgs, WorkArgs,
};
pub use error::{BadInput, ParseOutcome, report};
pub use window::Window;

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::export::build;

/// What `--version` says after the program's name: `-V` says the first line alone.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let rows = build().map(|(name, words)| format!("\n{}: {words}", name.to_lowercase()));
    format!("{}{}", env!("CARGO_PKG_VERSION"), rows.concat())
});

/// Reads the arguments, the program's name first.
///
/// # Errors
/// [`ParseOutcome`] when help or the version was asked for, or when the arguments are wrong.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ParseOutcome> {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = Cli::command().long_version(VERSION.as_str()).try_get_matches_from(&args);
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|err| ParseOutcome(mistyped(&args, &err).unwrap_or(err)))
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
        Some(Command::Data(args)) => data::run(args),
        Some(Command::Engine(args)) => engine::run(args),
        Some(Command::Experiments(args)) => list::experiments(*args),
        Some(Command::Claims(args)) => claims::run(*args),
        Some(Command::Reproduce(args)) => reproduce::run(args),
        Some(Command::Lesson(args)) => lesson::run(args),
        Some(Command::Lessons(args)) => lesson::list(*args),
        Some(Command::Plan(args)) => plan::run(args),
        Some(Command::Work(args)) => work::run(args),
        Some(Command::Gather(args)) => gather::run(args),
        Some(Command::Models(args)) => models::run(args),
        Some(Command::Show(args)) => show::run(args),
        Some(Command::Replay(args)) => replay::run(args),
        Some(Command::Export(args)) => export::run(args),
        Some(Command::Devices(args)) => list::devices(*args),
        Some(Command::Completions(args)) => shell::completions(args),
        Some(Command::Man(args)) => shell::man(args),
    }
}
