//! `flatscape replay`: runs of a session repeated, and every stored row and weight held against what comes out.

use std::sync::atomic::AtomicBool;

use anyhow::{Result, anyhow};

use super::ReplayArgs;
use super::compare::device;
use super::error::{BadInput, say};
use super::print::print;
use super::progress::Progress;
use super::session::{open, run_words};
use crate::config::DeviceChoice;
use crate::engine::{Agreed, Parting, ReplayNews, ReplayOptions, Replayed, replay_session};
use crate::number::count;
use crate::protocol::RunId;
use crate::session::store::Session;

/// Runs the command.
pub fn run(args: &ReplayArgs) -> Result<()> {
    let options = options(args)?;
    let session = open(&args.session)?;
    let mut progress = Progress::new();
    let mut show = |news: ReplayNews| match news {
        ReplayNews::Notes(notes) => notes.iter().for_each(|note| say(note)),
        ReplayNews::Progress { run, steps, share } => progress.show_replay(&run_words(run), steps, share),
    };
    let replayed = replay_session(&session, &options, &mut show, &AtomicBool::new(false));
    progress.finish();
    match replayed? {
        Replayed::Agrees(agreed) => print(&agreed_words(agreed, options.tolerance)),
        Replayed::Parts(parting) => Err(anyhow!("{}", parting_words(&session, &parting))),
    }
}

fn options(args: &ReplayArgs) -> Result<ReplayOptions> {
    let number = |flag: &str, text: Option<&String>| -> Result<Option<u64>> {
        let read = |text: &String| {
            text.trim().parse().map_err(|_| BadInput(format!("`{flag}` is `{text}`, expected a whole number from 0")))
        };
        Ok(text.map(read).transpose()?)
    };
    let run = number("--run", args.run.as_ref())?.map(|run| {
        let out = || BadInput(format!("`--run` is {run}, expected a run's number as `flatscape show` tells it"));
        u32::try_from(run).map(RunId).map_err(|_| out())
    });
    let tolerance = args.tolerance.as_ref().map(|text| {
        let share = text.trim().parse().ok().filter(|share: &f64| (0.0..1.0).contains(share));
        share.ok_or_else(|| BadInput(format!("`--tolerance` is `{text}`, expected a number from 0 to below 1")))
    });
    Ok(ReplayOptions {
        run: run.transpose()?,
        to: number("--to", args.to.as_ref())?,
        device: args.device.as_deref().map_or(Ok(DeviceChoice::Auto), device)?,
        tolerance: tolerance.transpose()?.unwrap_or(0.0),
    })
}

/// How much was compared, and how closely.
fn agreed_words(agreed: Agreed, tolerance: f64) -> String {
    let closely = if tolerance > 0.0 { format!("within {tolerance}") } else { "to the last bit".to_owned() };
    let of = |number: u64, name: &str| format!("{} {name}{}", count(number), if number == 1 { "" } else { "s" });
    let Agreed { runs, steps, rows, checkpoints, weights } = agreed;
    format!(
        "Agrees {closely}: {}, {} repeated, {} and {} of {} compared.",
        of(runs as u64, "run"),
        of(steps, "step"),
        of(rows, "row"),
        of(weights, "weight"),
        of(checkpoints, "checkpoint")
    )
}

/// Where a run parts from what is stored, in one sentence.
fn parting_words(session: &Session, parting: &Parting) -> String {
    let Parting { run, step, column, stored, found } = parting;
    let runs = session.runs().unwrap_or_default();
    let run = runs.iter().find(|kept| kept.info.run == *run).map_or_else(|| format!("run {}", run.0), run_words);
    format!("{run} parts from the session at step {step}: {column} is {stored} there, and {found} now")
}
