//! The arguments of the commands over session files: `flatscape show`, `flatscape replay` and `flatscape export`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(super) const SHOW_ABOUT: &str = "\
Say what is in a session file, which `compare`, `reproduce` and the window write.

Experiment and settings, each run with its steps and its newest and best figures, each figure with its step, knobs that were turned, \
what alerts said, slices, checkpoints, what was measured on request, with which version and on what it was made, and what takes \
how much of the file.

The file is only read. One that is damaged is read as far as it can be, and what is wrong with it is told; the exit code is 2 then.";

/// Arguments of `flatscape show`.
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub struct ShowArgs {
    /// The session file, or the folder of a comparison with one in it
    #[arg(value_name = "SESSION", value_hint = ValueHint::AnyPath)]
    pub session: PathBuf,

    /// Write one JSON object, for scripts
    #[arg(long)]
    pub json: bool,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  flatscape show moons/session.flatscape
  flatscape show moons --json";

pub(super) const REPLAY_ABOUT: &str = "\
Repeat the runs of a session and compare every stored row and weight.

Each run is repeated from its configuration, its seed, where it began, and the knobs that were turned. Every row that the session \
has of its steps, losses and accuracies, and every weight of its checkpoints, must be the same to the last bit. Exit code 0: all \
agree, and how many there were is told. Exit code 1: the first difference is told, with run, step, column, and both numbers.

On another device or processor than the session's the last bits may differ; --tolerance says how much is no difference.";

/// Arguments of `flatscape replay`.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_EXAMPLES)]
pub struct ReplayArgs {
    /// The session file, or the folder of a comparison with one in it
    #[arg(value_name = "SESSION", value_hint = ValueHint::AnyPath)]
    pub session: PathBuf,

    /// Only this run, by its number in `flatscape show`. All if left out
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub run: Option<String>,

    /// Only up to this step. To the last step of each run if left out
    #[arg(long, value_name = "STEP", allow_hyphen_values = true)]
    pub to: Option<String>,

    /// Numbers that differ by no more than this share of the larger one are taken for the same, such as 1e-4: for another device
    /// or processor. None may differ if left out
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    pub tolerance: Option<String>,

    /// Where to compute. On the kind of device that the session was made on if left out
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", allow_hyphen_values = true)]
    pub device: Option<String>,
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  flatscape replay moons/session.flatscape
  flatscape replay moons --run 2 --to 500
  flatscape replay moons --device gpu --tolerance 1e-3";

pub(super) const EXPORT_ABOUT: &str = "\
Write the files of `compare` from a session: summary.json, curves.csv, landscape.png and report.html.

They are those that the comparison wrote. Of a session of the window, or of a comparison that was stopped, they have what is there: \
nothing is measured anew, and what was not measured is null, an empty cell, or a dash.";

/// Arguments of `flatscape export`.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct ExportArgs {
    /// The session file, or the folder of a comparison with one in it
    #[arg(value_name = "SESSION", value_hint = ValueHint::AnyPath)]
    pub session: PathBuf,

    /// Folder for the files; it is made if it is missing
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,

    /// Overwrite such files in that folder. Other files in it are never touched
    #[arg(long)]
    pub force: bool,
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  flatscape export moons/session.flatscape --out files
  flatscape export session.flatscape --out files --force";
