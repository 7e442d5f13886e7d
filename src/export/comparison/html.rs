//! `report.html`: the page to send of a comparison.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::ExportError;
use super::super::figure::{bright_ink_of, ink_of};
use super::super::landscape::comparison_figures;
use super::super::report_page::{Again, Curve, CurvePoint, Quantity, Report, ReportRun, ReportTable, report_page};
use super::super::text_table::TextTable;
use super::rerun::Rerun;
use super::summary::Summary;
use super::tables::{end_table, equal_loss_table};
use crate::config::{Experiment, OptimizerKind};
use crate::export::SOFTWARE;
use crate::letters::file_stem;
use crate::number::{count, significant};
use crate::protocol::{Estimate, Outcome};
use crate::report::results::{CompareResult, CurveRow, RunResult};
use crate::report::tuning::{spent, tries_words};

/// Seeds of one method are as many shades of its colour as can be told apart.
const SHADES: [f64; 3] = [1.0, 0.7, 0.45];

/// The page. `slices` is the picture of the slices, as PNG; `rerun` says how the comparison was asked for.
///
/// # Errors
/// [`ExportError`] when a slice is not a grid, or the numbers cannot be written.
pub fn report_html(
    experiment: &Experiment,
    result: &CompareResult,
    slices: Option<&[u8]>,
    rerun: &Rerun,
) -> Result<String, ExportError> {
    report_page(&Report {
        title: experiment.title.clone(),
        about: experiment.about.clone(),
        facts: facts(experiment, result),
        tables: tables(result),
        numbers: serde_json::to_value(Summary::new(experiment, result))?,
        runs: runs(result),
        slices: comparison_figures(experiment, result),
        picture: slices.map(<[u8]>::to_vec),
        origin: format!("{} · {} · ", experiment.name, result.device),
        experiment: experiment.to_toml(),
        again: again(experiment, result, rerun),
        not_shown: not_shown(experiment, result),
    })
}

fn facts(experiment: &Experiment, result: &CompareResult) -> Vec<(&'static str, String)> {
    let mut seeds: Vec<u64> = result.runs.iter().map(|run| run.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds = match seeds[..] {
        [] => "none".to_owned(),
        [only] => only.to_string(),
        [first, .., last] => format!("{first} to {last}, {} in all", seeds.len()),
    };
    let mut methods: Vec<&str> = result.runs.iter().map(|run| run.optimizer.label()).collect();
    methods.dedup();
    let mut facts = vec![
        ("Experiment", experiment.name.clone()),
        ("Methods", methods.join(", ")),
        ("Seeds", seeds),
        ("Gradient evaluations", format!("{} a run", count(experiment.budget))),
        ("Device", result.device.clone()),
    ];
    facts.extend(result.at_once.words().map(|words| ("At once", words)));
    facts.extend(result.notice.clone().map(|notice| ("Notice", notice)));
    facts.push(("Program", SOFTWARE.to_owned()));
    facts
}

fn tables(result: &CompareResult) -> Vec<ReportTable> {
    let plain = |heading, table| ReportTable { heading, table, picked: Vec::new() };
    let mut tables = vec![plain("At the end", end_table(result))];
    tables.extend(equal_loss_table(result).map(|table| plain("At equal training loss", table)));
    if !result.tuning.is_empty() {
        let picked = result.tuning.iter().zip(1..).filter(|(one, _)| one.is_picked).map(|(_, row)| row).collect();
        tables.push(ReportTable { heading: "Tuning", table: tried(result), picked });
    }
    tables
}

/// What was tried, with how often and at which cost.
fn tried(result: &CompareResult) -> TextTable {
    let header = ["", "values", "validation loss", "validation accuracy", "gradient evaluations", "picked"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for one in &result.tuning {
        let loss = match one.diverged_at {
            Some(step) => format!("diverged at step {step}"),
            None => significant(one.validation.loss, 4),
        };
        rows.push(vec![
            one.optimizer.label().to_owned(),
            one.values_words(),
            loss,
            significant(one.validation.accuracy, 4),
            count(one.gradient_evaluations),
            if one.is_picked { "picked" } else { "" }.to_owned(),
        ]);
    }
    let mut counts: Vec<(OptimizerKind, usize)> = Vec::new();
    for run in &result.runs {
        if counts.iter().all(|(kind, _)| *kind != run.optimizer) {
            counts.push((run.optimizer, spent(&result.tuning, run.optimizer).map_or(0, |(tries, _)| tries)));
        }
    }
    let how = "Each try was a run of the first seed to the same budget, judged by its validation loss alone.";
    TextTable { title: String::new(), rows, notes: vec![format!("{how} {}.", tries_words(&counts))] }
}

fn runs(result: &CompareResult) -> Vec<ReportRun> {
    let mut places: BTreeMap<OptimizerKind, usize> = BTreeMap::new();
    let mut one = |run: &RunResult| {
        let place = places.entry(run.optimizer).or_default();
        let opacity = SHADES[(*place).min(SHADES.len() - 1)];
        *place += 1;
        ReportRun {
            name: format!("{}, seed {}", run.optimizer.label(), run.seed),
            colors: [ink_of(run.optimizer), bright_ink_of(run.optimizer)],
            opacity,
            curves: curves(run),
            edits: Vec::new(),
        }
    };
    result.runs.iter().map(&mut one).collect()
}

/// The curves of a run that have a point.
fn curves(run: &RunResult) -> Vec<Curve> {
    /// A figure and its standard error, where the row has them.
    type Read = fn(&CurveRow) -> Option<(f64, f64)>;
    const fn plain(value: f64) -> Option<(f64, f64)> {
        Some((value, f64::NAN))
    }
    fn validation(row: &CurveRow, value: fn(&Outcome) -> f64) -> Option<(f64, f64)> {
        row.eval.validation.as_ref().and_then(|found| plain(value(found)))
    }
    let all: [(Quantity, Read); 9] = [
        (Quantity::TrainLoss, |row| plain(row.eval.train_loss)),
        (Quantity::ValidationLoss, |row| validation(row, |found| found.loss)),
        (Quantity::TestLoss, |row| plain(row.eval.test_loss)),
        (Quantity::TrainAccuracy, |row| plain(row.eval.train_accuracy)),
        (Quantity::ValidationAccuracy, |row| validation(row, |found| found.accuracy)),
        (Quantity::TestAccuracy, |row| plain(row.eval.test_accuracy)),
        (Quantity::Trace, |row| row.trace.map(|trace| (trace.mean, trace.stderr))),
        (Quantity::NoiseTrace, |row| row.noise_trace.map(|Estimate { mean, stderr, .. }| (mean, stderr))),
        (Quantity::LambdaMax, |row| row.lambda_max.and_then(plain)),
    ];
    let point = |row: &CurveRow, (value, error)| CurvePoint {
        step: row.step,
        evaluations: row.gradient_evaluations,
        train_loss: row.eval.train_loss,
        value,
        error,
    };
    let curve = |(quantity, read): (Quantity, Read)| {
        Curve::new(quantity, run.curves.iter().filter_map(|row| Some(point(row, read(row)?))))
    };
    all.into_iter().filter_map(curve).collect()
}

fn again(experiment: &Experiment, result: &CompareResult, rerun: &Rerun) -> Vec<Again> {
    let mut again = Vec::new();
    if !rerun.command.is_empty() {
        again.push(Again { says: "It was made by this command:".to_owned(), command: rerun.command.clone() });
    }
    let mut says = format!(
        "From this page alone: copy the settings above into the file {name}.toml, and run this with {SOFTWARE}.",
        name = file_stem(&experiment.name)
    );
    if !result.tuning.is_empty() {
        says += " The values that tuning picked stand in them, so that nothing is tried again.";
    }
    if experiment.data.path.is_some() || experiment.start.is_some() {
        says += " The files of data and weights that the settings name are not on this page.";
    }
    let command = rerun.command_for(experiment, result);
    again.push(Again { says, command });
    let says = "On the same device and with the same release all figures but the seconds come out the same. Elsewhere numbers are \
                rounded otherwise, and long runs may part.";
    again.push(Again { says: says.to_owned(), command: String::new() });
    again
}

fn not_shown(experiment: &Experiment, result: &CompareResult) -> Vec<String> {
    let subset = count(experiment.look.subset as u64);
    let mut sentences = vec![format!(
        "Training losses, curvature and slices are of the first {subset} training examples, or of all where there are fewer, not of the \
         training batches; test figures are of all test examples."
    )];
    if let Some(probes) = result.runs.iter().map(|run| run.trace.probes).find(|probes| *probes > 0) {
        sentences.push(format!(
            "Each trace at the end is an estimate from {probes} probes, along the way from as many as the settings say. Eigenvalues are Ritz values by Lanczos: λmax is never above the true one."
        ));
    }
    let mut first: Vec<u64> = result.runs.iter().filter(|run| run.grid.is_some()).map(|run| run.seed).collect();
    first.dedup();
    if let Some(seed) = first.first() {
        sentences.push(format!(
            "Slices are of seed {seed} alone and of two directions out of as many as there are parameters: what lies across them is not seen."
        ));
    }
    sentences.push(
        "Flat is not the same as good: curvature stands beside test accuracy here, and neither is shown to cause the other.".to_owned(),
    );
    let mut held = "The data and the weights are not on this page".to_owned();
    if result.runs.iter().any(|run| run.weights.is_some()) {
        let _ = write!(held, "; the weights stand in the folder weights beside it");
    }
    sentences.push(held + ".");
    sentences
}

#[cfg(test)]
mod tests;
