//! `flatscape bench`: times the named work and prints a table, or one JSON object a line.

use anyhow::{Context as _, Result, anyhow};

use super::args::BenchArgs;
use super::compare::device;
use super::error::{BadInput, say, tell};
use super::print::print;
use crate::config::nearest;
use crate::engine::bench::{Bench, Figure, FrameTimes, Timing, Work};
use crate::engine::open_device;

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
    /// Mean and greatest, in milliseconds; told of frames of the window alone.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    spread: Option<Spread>,
}

/// How far times are apart.
#[derive(serde::Serialize)]
struct Spread {
    mean: f64,
    worst: f64,
}

/// The window is a work of its own, with one figure.
const WINDOW: &str = "ui";
const FRAME: &str = "ui_frame";

/// What is timed: works on the device, and the window.
struct Chosen {
    works: Vec<Work>,
    figures: Vec<Figure>,
    has_window: bool,
}

/// Runs the command.
pub fn run(args: &BenchArgs, time_frames: fn() -> Result<FrameTimes>) -> Result<()> {
    let Chosen { works, figures, has_window } = choose_all(args)?;
    let mut rows = Vec::new();
    let mut device_name = None;
    let mut frames = String::new();
    if !works.is_empty() && !figures.is_empty() {
        let open = open_device(device(&args.device)?).map_err(|err| anyhow!(err).context("`--device`"))?;
        if let Some(notice) = &open.notice {
            say(notice);
        }
        for work in works {
            tell(&format!("{} on {}", work.key(), open.name));
            let mut bench = Bench::new(work, &open.compute);
            for &figure in &figures {
                let Timing { ms, min, runs } = bench.time(figure);
                let (work, figure, device) = (work.key(), figure.key(), open.name.as_str());
                let line = Line { work, figure, device, ms, min, runs, spread: None };
                rows.push(report(&line, args.json)?);
            }
        }
        device_name = Some(open.name);
    }
    if has_window {
        device(&args.device)?;
        tell("building frames of the window on the CPU");
        let times = time_frames()?;
        let Timing { ms, min, runs } = times.all;
        let spread = Some(Spread { mean: times.mean, worst: times.worst });
        rows.push(report(&Line { work: WINDOW, figure: FRAME, device: "cpu", ms, min, runs, spread }, args.json)?);
        frames = frames_words(&times);
    }
    if args.json { Ok(()) } else { print(&table(&rows, device_name.as_deref(), &frames)) }
}

/// Tells a timing; returns its row of the table.
fn report(line: &Line<'_>, is_json: bool) -> Result<String> {
    let Line { work, figure, ms, min, runs, .. } = line;
    tell(&format!("  {figure}: {} ms", milliseconds(*ms)));
    if is_json {
        print(&serde_json::to_string(line)?)?;
    }
    let (ms, min) = (milliseconds(*ms), milliseconds(*min));
    Ok(format!("\n{work:6} {figure:14} {ms:>10} {min:>10} {runs:>6}"))
}

fn choose_all(args: &BenchArgs) -> Result<Chosen> {
    let works: Vec<Option<Work>> = Work::ALL.map(Some).into_iter().chain([None]).collect();
    let works = choose("work", &args.works, &works, |work| work.map_or(WINDOW, Work::key))?;
    let figures: Vec<Option<Figure>> = Figure::ALL.map(Some).into_iter().chain([None]).collect();
    let figures = choose("figure", &args.figures, &figures, |figure| figure.map_or(FRAME, Figure::key));
    let figures = figures.context("`--figure`")?;
    let has_window = works.contains(&None) && figures.contains(&None);
    Ok(Chosen {
        works: works.into_iter().flatten().collect(),
        figures: figures.into_iter().flatten().collect(),
        has_window,
    })
}

/// The named ones, in the order of `all`; all of them where none is named.
fn choose<T: Copy>(what: &str, names: &[String], all: &[T], key: impl Fn(T) -> &'static str) -> Result<Vec<T>> {
    let keys: Vec<&str> = all.iter().map(|&one| key(one)).collect();
    for name in names {
        if !keys.contains(&name.as_str()) {
            let nearest = nearest(name, keys.iter().copied());
            return Err(BadInput(format!("unknown {what} `{name}`, {nearest}")).into());
        }
    }
    Ok(all.iter().copied().filter(|&one| names.is_empty() || names.iter().any(|name| name == key(one))).collect())
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
        "\nui_frame: the CPU's part of one frame, events to shapes, without tessellation and GPU. Mean {} ms, longest {} ms.\n\
         Medians by tab of the charts, ms: {}.",
        milliseconds(times.mean),
        milliseconds(times.worst),
        tabs.join(", ")
    )
}

fn table(rows: &[String], device: Option<&str>, frames: &str) -> String {
    let mut text = format!("{:6} {:14} {:>10} {:>10} {:>6}", "work", "figure", "median ms", "least ms", "runs");
    text += &rows.concat();
    text += "\n";
    if let Some(device) = device {
        text += &format!("\nEach figure on {device}, its result read back within the time.");
    }
    text += frames;
    text
}
