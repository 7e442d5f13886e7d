//! `flatscape bench`: times the named work and prints a table, or one JSON object a line.

use anyhow::{Context as _, Result, anyhow};

use super::args::BenchArgs;
use super::compare::device;
use super::error::{BadInput, say, tell};
use super::list::print;
use crate::config::nearest;
use crate::engine::bench::{Bench, Figure, Timing, Work};
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
}

/// Runs the command.
pub fn run(args: &BenchArgs) -> Result<()> {
    let works = choose("work", &args.works, &Work::ALL, Work::key)?;
    let figures = choose("figure", &args.figures, &Figure::ALL, Figure::key).context("`--figure`")?;
    let open = open_device(device(&args.device)?).map_err(|err| anyhow!(err).context("`--device`"))?;
    if let Some(notice) = &open.notice {
        say(notice);
    }
    let mut rows = Vec::new();
    for work in works {
        tell(&format!("{} on {}", work.key(), open.name));
        let mut bench = Bench::new(work, &open.compute);
        for &figure in &figures {
            let timing = bench.time(figure);
            tell(&format!("  {}: {} ms", figure.key(), milliseconds(timing.ms)));
            if args.json {
                let (work, figure) = (work.key(), figure.key());
                let Timing { ms, min, runs } = timing;
                print(&serde_json::to_string(&Line { work, figure, device: &open.name, ms, min, runs })?)?;
            }
            rows.push((work, figure, timing));
        }
    }
    if args.json { Ok(()) } else { print(&table(&rows, &open.name)) }
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

fn table(rows: &[(Work, Figure, Timing)], device: &str) -> String {
    let mut text = format!("{:6} {:14} {:>10} {:>10} {:>6}", "work", "figure", "median ms", "least ms", "runs");
    for (work, figure, Timing { ms, min, runs }) in rows {
        let (ms, min) = (milliseconds(*ms), milliseconds(*min));
        text += &format!("\n{:6} {:14} {ms:>10} {min:>10} {runs:>6}", work.key(), figure.key());
    }
    text + &format!("\n\nEach figure on {device}, its result read back within the time.")
}
