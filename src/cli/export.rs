//! `flatscape export`: the files of a comparison from a session.

use anyhow::{Context as _, Result, anyhow};

use super::ExportArgs;
use super::compare::rerun::rerun_of;
use super::error::say;
use super::print::print;
use super::session::open;
use crate::engine::Collected;
use crate::export::{FILE_NAMES, OutputDir, TUNING_FILE, weights_name, write_comparison, written_words};
use crate::report::results::CompareResult;

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<()> {
    let session = open(&args.session)?;
    let Collected { experiment, result, asked, notes } = Collected::of(&session)?;
    let names = names(&result);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dir = OutputDir::prepare(&args.out, &names, args.force).context("`--out`")?;
    for note in &notes {
        say(note);
    }
    let written = write_comparison(&dir, &experiment, &result, &rerun_of(asked)).map_err(|err| anyhow!("{err}"))?;
    print(&format!("Wrote {} to {}", written_words(&written), dir.path().display()))
}

/// The files that will be written.
fn names(result: &CompareResult) -> Vec<String> {
    let mut names: Vec<String> = FILE_NAMES.map(str::to_owned).to_vec();
    names.extend((!result.tuning.is_empty()).then(|| TUNING_FILE.to_owned()));
    for run in result.runs.iter().filter(|run| run.weights.is_some()) {
        names.extend([false, true].map(|average| weights_name(run.optimizer, run.seed, average)));
    }
    names
}
