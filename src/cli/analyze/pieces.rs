//! An analysis in pieces for other machines: its plan, one piece, and all of them put together.

use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser as _;

use super::{Examples, Ready, show_while};
use crate::cli::compare::whole;
use crate::cli::error::{BadInput, say};
use crate::cli::plan::{here, write};
use crate::cli::{AnalyzeArgs, Cli, Command};
use crate::config::DeviceChoice;
use crate::engine::{Analysis, EngineError, analyze_piece, pieces_of};
use crate::report::pieces::{Piece, PieceFound};
use crate::sweep::analysis::AnalysisPlan;
use crate::sweep::plan::Work;

const MAX_PIECES: u64 = 100_000;
/// Arguments that do not say what is measured, with whether a value comes after them.
const OWN: [(&str, bool); 3] = [("--pieces", true), ("--out", true), ("--force", false)];

/// Writes the plan of an analysis.
pub fn plan(args: &AnalyzeArgs, ready: &Ready, pieces: &str) -> Result<()> {
    let count = whole("--pieces", pieces, MAX_PIECES)? as usize;
    let found = match &ready.examples {
        Examples::F32(data) => pieces_of(&ready.options, data, count),
        Examples::F64(data) => pieces_of(&ready.options, data, count),
    }?;
    ready.lines.iter().for_each(|line| say(line));
    let here = here()?;
    let words = std::env::args_os().skip(2).map(OsString::into_string).collect::<Result<Vec<String>, _>>();
    let words = words.map_err(|word| BadInput(format!("`{}` is not Unicode, which a plan takes", word.display())))?;
    let analysis = AnalysisPlan::new(arguments(words.into_iter()))?;
    let units = analysis.units(&found, &here);
    write(&args.out, args.force, (Work::Analysis(analysis), units), (here, ready.options.device))
}

/// The arguments that say what is measured.
fn arguments(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut skips = false;
    for argument in all {
        if std::mem::replace(&mut skips, false) {
            continue;
        }
        let name = argument.split('=').next().unwrap_or_default();
        match OWN.iter().find(|(own, _)| *own == name) {
            Some((_, has_value)) => skips = *has_value && !argument.contains('='),
            None => kept.push(argument),
        }
    }
    kept
}

/// Reads what a plan is of, from the folder in which it was made: relative paths are from there.
pub fn ready_of(analysis: &AnalysisPlan, folder: &Path, device: DeviceChoice) -> Result<Ready> {
    std::env::set_current_dir(folder).map_err(|err| {
        BadInput(format!("the plan's files are from a folder that is not here ({err}): {}", folder.display()))
    })?;
    analysis.check_files()?;
    let words = ["flatscape", "analyze", "--out", "."].into_iter().map(str::to_owned);
    let words: Vec<String> = words.chain(analysis.arguments.iter().cloned()).collect();
    let parsed = Cli::try_parse_from(words).map_err(|err| BadInput(format!("the plan's arguments: {}", err.kind())))?;
    let Some(Command::Analyze(mut args)) = parsed.command else {
        return Err(anyhow!("the plan is of another command"));
    };
    // The device may be one of another machine than that which planned it.
    args.device = DeviceChoice::Cpu.to_string();
    let mut ready = Ready::new(&args).context("the plan's analysis")?;
    ready.options.device = device;
    Ok(ready)
}

/// Measures one piece.
pub fn measure(ready: &Ready, piece: Piece) -> Result<(PieceFound, Analysis), EngineError> {
    let never = AtomicBool::new(false);
    show_while(|show| match &ready.examples {
        Examples::F32(data) => analyze_piece(&ready.options, data, piece, show, &never),
        Examples::F64(data) => analyze_piece(&ready.options, data, piece, show, &never),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_all_but_the_plan_s_own() {
        let words = ["m.toml", "--pieces", "8", "--weights", "w", "--out=s", "--slice", "51", "--force", "--seed=3"];
        let kept = arguments(words.into_iter().map(str::to_owned));
        assert_eq!(kept, ["m.toml", "--weights", "w", "--slice", "51", "--seed=3"]);
        let kept = arguments(["--out", "--force", "--pieces=2", "x"].into_iter().map(str::to_owned));
        assert_eq!(kept, ["x"], "a value that looks like an option");
    }
}
