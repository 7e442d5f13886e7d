//! `flatscape bench`: times the named work and prints a table, or one JSON object a line.

mod against;
mod choice;
mod counts;
mod limit;

use anyhow::{Result, anyhow};

use super::args::BenchArgs;
use super::compare::device;
use super::device_words;
use super::error::{say, tell};
use super::print::print;
use super::table::align;
use crate::engine::OpenDevice;
use crate::engine::bench::{Bench, FrameTimes, SessionTimes, Timing, Work, time_session};

use choice::{Chosen, Whole};
use limit::{Limits, percent};

/// One line of `--json`.
#[derive(serde::Serialize)]
struct Line<'a> {
    work: &'a str,
    figure: &'a str,
    device: &'a str,
    /// Median, in milliseconds.
    ms: f64,
    /// Least, in milliseconds.
    min: f64,
    runs: usize,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    arithmetic: Option<Arithmetic>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    spread: Option<Spread>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    beside: Option<Beside>,
}

/// What is told of figures on the device alone.
#[derive(Clone, Copy, serde::Serialize)]
struct Arithmetic {
    /// Operations of its products, in 10⁹.
    gflop: f64,
    /// Share of the limit, by the median.
    share: f64,
}

/// What is told of frames of the window alone: mean and greatest, and the median of a window that hears of its session in each frame,
/// in milliseconds.
#[derive(serde::Serialize)]
struct Spread {
    mean: f64,
    worst: f64,
    with_session: f64,
}

/// What is told of steps with a session alone: the median without one, in milliseconds, and how much longer they take with one, as a
/// share, with its standard error.
#[derive(serde::Serialize)]
struct Beside {
    without: f64,
    cost: f64,
    cost_stderr: f64,
}

/// Runs the command.
pub fn run(args: &BenchArgs, time_frames: fn() -> Result<FrameTimes>) -> Result<()> {
    let chosen = Chosen::read(args)?;
    match () {
        () if args.counts => counts::run(args, &chosen),
        () if args.against.is_some() => against::run(args, &chosen),
        () => alone(args, &chosen, time_frames),
    }
}

/// Times this program alone.
fn alone(args: &BenchArgs, chosen: &Chosen, time_frames: fn() -> Result<FrameTimes>) -> Result<()> {
    let header = ["work     figure", "median ms", "least ms", "runs", "of the limit"];
    let (mut rows, mut notes) = (vec![header.map(str::to_owned).to_vec()], Vec::new());
    if chosen.has_device() {
        let mut limits = Limits::default();
        for work in &chosen.works {
            let open = open(args, *work)?;
            let limit = limits.of(&open);
            let mut bench = Bench::new(*work, &open.compute);
            let work = work.key();
            tell(&format!("{work} on {}", open.name));
            for &figure in &chosen.figures {
                let Timing { ms, min, runs } = bench.time(figure);
                let (flop, device) = (bench.flop(figure), open.name.as_str());
                let share = limit.share(&name(work, figure.key()), flop, ms, || bench.parts(figure, ms));
                let (arithmetic, figure) = (Some(Arithmetic { gflop: flop / 1e9, share }), figure.key());
                let line = Line { work, figure, device, ms, min, runs, arithmetic, spread: None, beside: None };
                rows.push(report(&line, args.json)?);
            }
        }
        notes.push(format!("Each figure on {}, its result read back within the time.", limits.devices()));
        notes.push(limits.words());
    }
    for whole in &chosen.wholes {
        device(&args.device)?;
        let (line, words) = match whole {
            Whole::Session => session(time_session)?,
            Whole::Window => window(time_frames)?,
        };
        rows.push(report(&line, args.json)?);
        notes.push(words);
    }
    if args.json { Ok(()) } else { print(&format!("{}\n\n{}", align(&rows).join("\n"), notes.join("\n"))) }
}

/// Times steps of the live engine.
fn session(time: fn() -> Result<SessionTimes, String>) -> Result<(Line<'static>, String)> {
    tell("training without a session and with one, in turns, on the CPU");
    let times = time().map_err(|err| anyhow!(err))?;
    let Timing { ms, min, runs } = times.with;
    let beside = Beside { without: times.without.ms, cost: times.cost.mean, cost_stderr: times.cost.stderr };
    let words = session_words(&times);
    let (work, figure, device) = (Whole::Session.key(), Whole::Session.figure(), "cpu");
    Ok((Line { work, figure, device, ms, min, runs, arithmetic: None, spread: None, beside: Some(beside) }, words))
}

/// Times frames of the window.
fn window(time: fn() -> Result<FrameTimes>) -> Result<(Line<'static>, String)> {
    tell("building frames of the window on the CPU");
    let times = time()?;
    let Timing { ms, min, runs } = times.all;
    let spread = Some(Spread { mean: times.mean, worst: times.worst, with_session: times.with_session.ms });
    let (work, figure, device) = (Whole::Window.key(), Whole::Window.figure(), "cpu");
    let line = Line { work, figure, device, ms, min, runs, arithmetic: None, spread, beside: None };
    Ok((line, frames_words(&times)))
}

/// The device that is asked for, or that is faster with a work.
fn open(args: &BenchArgs, work: Work) -> Result<OpenDevice> {
    let choice = device(&args.device)?;
    let (open, report) = Bench::open(work, choice).map_err(|err| anyhow!(err).context("`--device`"))?;
    if let Some(report) = &report {
        tell(&device_words::line(report));
    }
    if let Some(notice) = &open.notice {
        say(notice);
    }
    Ok(open)
}

/// Tells a timing; returns its row of the table.
fn report(line: &Line<'_>, is_json: bool) -> Result<Vec<String>> {
    let Line { work, figure, ms, min, runs, arithmetic, .. } = line;
    tell(&format!("  {figure}: {} ms", milliseconds(*ms)));
    if is_json {
        print(&serde_json::to_string(line)?)?;
    }
    let share = arithmetic.map_or_else(String::new, |arithmetic| percent(arithmetic.share));
    Ok(vec![name(work, figure), milliseconds(*ms), milliseconds(*min), runs.to_string(), share])
}

/// The first cell of a row.
fn name(work: &str, figure: &str) -> String {
    format!("{work:8} {figure}")
}

fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.3}"),
        ms if ms < 1000.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

/// What the figure of the window is, and what its frames took.
fn frames_words(times: &FrameTimes) -> String {
    let tabs: Vec<String> = times.tabs.iter().map(|(tab, ms)| format!("{tab} {}", milliseconds(*ms))).collect();
    format!(
        "ui_frame: the CPU's part of one frame, events to shapes, without tessellation and GPU. Mean {} ms, longest {} ms.\n\
         Median without a session {} ms, with one that is told of in each frame {} ms, in turns.\n\
         Medians by tab of the charts, ms: {}.",
        milliseconds(times.mean),
        milliseconds(times.worst),
        milliseconds(times.all.ms),
        milliseconds(times.with_session.ms),
        tabs.join(", ")
    )
}

/// What steps take without a session and with one.
fn session_words(times: &SessionTimes) -> String {
    let steps = |of: &Timing| format!("{:.0} ({:.0} at best)", 1e3 / of.ms, 1e3 / of.min);
    format!(
        "session_step: one step of the live engine with three runs of moons-mlp while nothing is measured, with a session.\n\
         Steps a second without one: {}; with one: {}. The time of a step differs by {:+.1} ± {:.1} % (mean and \
         standard error of {} rounds, taken in turns).",
        steps(&times.without),
        steps(&times.with),
        100.0 * times.cost.mean,
        100.0 * times.cost.stderr,
        times.cost.samples
    )
}
