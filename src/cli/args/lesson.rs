//! The arguments of `flatscape lesson`.

use clap::{Args, ValueHint};

pub(super) const LESSON_ABOUT: &str = "\
Print a lesson, or check that what it says is seen.

A lesson is Markdown whose front matter names an experiment, the controls of a class, and what is to be seen. `flatscape FILE` \
opens one in the window; `flatscape lesson NAME` prints one that comes with the program, to begin from; docs/lessons.md tells how \
one is written.

With --check its runs are trained without a window, each with several seeds, and each thing that is to be seen is held against \
them: the difference must exceed 2 combined standard errors over the seeds. The figures go to stdout; where something is not seen \
the exit code is 1.";

/// Arguments of `flatscape lesson`.
#[derive(Debug, Args)]
#[command(after_help = LESSON_EXAMPLES)]
pub struct LessonArgs {
    /// Name of a lesson (see `flatscape lessons`) or path of a .md file
    #[arg(value_name = "LESSON", value_hint = ValueHint::FilePath)]
    pub lesson: String,

    /// Train what the lesson compares, and say whether what it says is seen
    #[arg(long)]
    pub check: bool,

    /// Training seeds, at least 2. Those of the lesson if left out
    #[arg(long, value_name = "S", requires = "check", allow_hyphen_values = true)]
    pub seeds: Option<String>,

    /// Where to compute: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a software
    /// one too; cpu needs none
    #[arg(
        long,
        value_name = "auto|gpu|gpu:N|cpu",
        default_value = "auto",
        requires = "check",
        allow_hyphen_values = true
    )]
    pub device: String,
}

const LESSON_EXAMPLES: &str = "\
Examples:
  flatscape lesson edge --check
  flatscape lesson pairs > mine.md
  flatscape lesson mine.md --check --seeds 3";
