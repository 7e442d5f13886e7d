//! What a session has as tables on stdout.

use super::contents::{At, ComparisonInfo, Contents, RunInfo};
use crate::cli::table::align;
use crate::data::limit::size_words;
use crate::number::{count, significant};
use crate::protocol::AlertRow;
use crate::session::files::KeptFiles;

/// Turned knobs, and alerts, that are told of a session at most; JSON has all.
const MOST_TOLD: usize = 20;

/// All of it, a part after the other.
pub fn words(contents: &Contents) -> String {
    let mut lines = head(contents);
    if !contents.runs.is_empty() {
        part(&mut lines, "Runs", align(&runs(&contents.runs)));
        part(&mut lines, "Figures, each at its step", align(&figures(&contents.runs)));
    }
    part(&mut lines, "Files of the experiment, as they were", align(&files(&contents.files)));
    part(&mut lines, "Knobs that were turned", turns(&contents.runs));
    part(&mut lines, "Alerts", alerts(&contents.runs));
    part(&mut lines, "Measured on request", measured(contents));
    part(&mut lines, &format!("Size: {}", size_words(contents.size.total)), sizes(contents));
    lines.join("\n")
}

/// A part with its title, where there is something in it.
fn part(lines: &mut Vec<String>, title: &str, own: Vec<String>) {
    if !own.is_empty() {
        lines.extend([String::new(), title.to_owned()]);
        lines.extend(own);
    }
}

fn head(contents: &Contents) -> Vec<String> {
    let Contents { writer, version, device, processor, created_words, .. } = contents;
    // A processor names its threads again where it is the device.
    let processor = processor.split_once(", CPU").map_or(processor.as_str(), |(name, _)| name);
    let writer = if *writer == "window" { "the window".to_owned() } else { format!("`{writer}`") };
    let mut lines =
        vec![format!("Written by {writer} of flatscape {version} on {device}, {processor}, begun {created_words}")];
    lines.push(match &contents.experiment {
        None => "No experiment has begun.".to_owned(),
        Some(experiment) => format!(
            "{} ({}): {} parameters, {} gradient evaluations a run",
            experiment.title,
            experiment.name,
            count(experiment.parameters as u64),
            count(experiment.budget)
        ),
    });
    lines.extend(contents.comparison.as_ref().map(comparison));
    lines
}

fn comparison(of: &ComparisonInfo) -> String {
    let setting =
        |name: &str| of.settings.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str());
    let methods = setting("--optimizers").split(',').count();
    let all = setting("--seeds").parse().map_or(of.runs, |seeds: usize| methods * seeds);
    let tries = match of.tries {
        0 => String::new(),
        1 => ", and 1 try of its tuning".to_owned(),
        tries => format!(", and {tries} tries of its tuning"),
    };
    if of.finished && of.written {
        format!("The comparison has ended: {all} runs{tries}.")
    } else if of.finished {
        format!(
            "All of its {all} runs have ended{tries}, but its files are not all written: `compare --resume` does that."
        )
    } else {
        format!("The comparison was stopped or goes on: {} of {all} runs have ended{tries}.", of.runs)
    }
}

fn runs(of: &[RunInfo]) -> Vec<Vec<String>> {
    let header = [
        "run",
        "method",
        "seed",
        "steps",
        "gradient evaluations",
        "state",
        "turns",
        "slices",
        "checkpoints",
        "begins at",
    ];
    let row = |run: &RunInfo| {
        let removed = if run.removed { ", removed" } else { "" };
        vec![
            run.run.to_string(),
            run.optimizer.label().to_owned(),
            run.seed.to_string(),
            count(run.steps),
            count(run.gradient_evaluations),
            format!("{}{removed}", run.state),
            run.turns.len().to_string(),
            run.slices.len().to_string(),
            run.checkpoints.len().to_string(),
            run.begins_at.clone(),
        ]
    };
    std::iter::once(header.map(str::to_owned).to_vec()).chain(of.iter().map(row)).collect()
}

fn figures(of: &[RunInfo]) -> Vec<Vec<String>> {
    let header = ["run", "train loss", "test loss", "least", "test accuracy", "greatest", "trace", "λmax"];
    let row = |run: &RunInfo| {
        let last = |name: &str| cell(run.figure(name).map(|figure| figure.last));
        let best = |name: &str| cell(run.figure(name).and_then(|figure| figure.best));
        vec![
            run.run.to_string(),
            last("train_loss"),
            last("test_loss"),
            best("test_loss"),
            last("test_accuracy"),
            best("test_accuracy"),
            last("trace"),
            last("lambda_max"),
        ]
    };
    std::iter::once(header.map(str::to_owned).to_vec()).chain(of.iter().map(row)).collect()
}

/// A figure with its step, such as "0.0321 at 900".
fn cell(at: Option<At>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| format!("{} at {}", significant(at.value, 4), count(at.step)))
}

fn files(of: &[KeptFiles]) -> Vec<Vec<String>> {
    let row = |of: &KeptFiles| {
        let number = if of.files == 1 { String::new() } else { format!("{} files", count(of.files as u64)) };
        let sum =
            of.sha256.as_ref().map_or_else(|| "changed while it was read".to_owned(), |sum| format!("SHA-256 {sum}"));
        vec![of.path.display().to_string(), number, size_words(of.bytes), sum]
    };
    of.iter().map(row).collect()
}

fn turns(of: &[RunInfo]) -> Vec<String> {
    let line = |run: u32, turn: &super::contents::Turn| {
        format!("run {run}, step {}: {} from {} to {}", count(turn.step), turn.knob, turn.old, turn.new)
    };
    first(of.iter().flat_map(|run| run.turns.iter().map(move |turn| line(run.run, turn))).collect())
}

fn alerts(of: &[RunInfo]) -> Vec<String> {
    let line = |run: u32, alert: &AlertRow| {
        let paused = if alert.paused { "; training paused" } else { "" };
        format!("run {run}, step {}: {}{paused}", count(alert.step), alert.words)
    };
    first(of.iter().flat_map(|run| run.alerts.iter().map(move |alert| line(run.run, alert))).collect())
}

/// The first of many lines, and how many more there are.
fn first(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST_TOLD);
    lines.truncate(MOST_TOLD);
    lines.extend((more > 0).then(|| format!("and {more} more, which --json has")));
    lines
}

fn measured(contents: &Contents) -> Vec<String> {
    let line = |of: &super::contents::MeasuredInfo| {
        format!("run {}, step {}: {}, {} ({})", of.run, count(of.step), of.name, of.ended, of.objective)
    };
    contents.measured.iter().map(line).collect()
}

fn sizes(contents: &Contents) -> Vec<String> {
    let row = |of: &super::contents::KindSize| vec![of.kind.to_owned(), count(of.count), size_words(of.bytes)];
    let free = Some(vec!["free, to be used again".to_owned(), String::new(), size_words(contents.size.free)]);
    let rows: Vec<Vec<String>> =
        contents.size.kinds.iter().map(row).chain(free.filter(|_| contents.size.free > 0)).collect();
    align(&rows)
}
