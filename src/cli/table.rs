//! The table of a comparison: one row for each optimiser, means over the seeds.

use crate::config::{Experiment, OptimizerKind};
use crate::number::{count, with_error};
use crate::report::equal_loss::at_equal_loss;
use crate::report::results::{CompareResult, RunResult};

const HEADER: [&str; 10] = [
    "",
    "train loss",
    "test loss",
    "test accuracy",
    "trace",
    "λmax",
    "λmin",
    "steps",
    "gradient evaluations",
    "seconds",
];

const CAUTION: &str =
    "Under cross-entropy curvature falls with the training loss, so compare it at equal training loss.";

const EQUAL_LOSS_HEADER: [&str; 3] = ["", "trace", "λmax"];

/// The table with what must be said of it.
pub fn render(experiment: &Experiment, seeds: u64, result: &CompareResult) -> String {
    let mut optimizers: Vec<OptimizerKind> = Vec::new();
    for run in &result.runs {
        if !optimizers.contains(&run.optimizer) {
            optimizers.push(run.optimizer);
        }
    }
    let mut rows = vec![HEADER.map(str::to_owned)];
    for &optimizer in &optimizers {
        let whole = |run: &&RunResult| run.optimizer == optimizer && run.diverged_at.is_none();
        rows.push(row(optimizer, &result.runs.iter().filter(whole).collect::<Vec<_>>()));
    }
    let mut lines = vec![title(experiment, seeds, result), String::new()];
    lines.extend(align(&rows));
    lines.push(String::new());
    lines.extend(notes(seeds, result));
    lines.extend(equal_loss(&optimizers, result));
    lines.join("\n")
}

/// The fair reading of the curvature: where all runs had the same training loss.
fn equal_loss(optimizers: &[OptimizerKind], result: &CompareResult) -> Vec<String> {
    let Some(equal) = at_equal_loss(result).filter(|_| optimizers.len() > 1) else { return Vec::new() };
    let mut rows = vec![EQUAL_LOSS_HEADER.map(str::to_owned)];
    for &optimizer in optimizers {
        let cell = |value: fn(&(OptimizerKind, f64, f64)) -> f64| {
            let own = equal.runs.iter().filter(|run| run.0 == optimizer);
            let (mean, error) = mean_and_error(own.map(value));
            with_error(mean, error)
        };
        rows.push([optimizer.label().to_owned(), cell(|run| run.1), cell(|run| run.2)]);
    }
    let train_loss = with_error(equal.train_loss, f64::NAN);
    let title = format!("Where each run last fell through the train loss {train_loss}, which all have reached:");
    [String::new(), title].into_iter().chain(align(&rows)).collect()
}

fn title(experiment: &Experiment, seeds: u64, result: &CompareResult) -> String {
    let plural = if seeds == 1 { "" } else { "s" };
    format!(
        "{} on {}, {seeds} seed{plural}, {} gradient evaluations a run",
        experiment.name,
        result.device,
        count(experiment.budget)
    )
}

fn row(optimizer: OptimizerKind, runs: &[&RunResult]) -> [String; 10] {
    let cell = |value: fn(&RunResult) -> f64| {
        let (mean, error) = mean_and_error(runs.iter().map(|run| value(run)));
        with_error(mean, error)
    };
    let rounded = |value: fn(&RunResult) -> f64, digits: usize| {
        let (mean, _) = mean_and_error(runs.iter().map(|run| value(run)));
        if mean.is_finite() { format!("{mean:.digits$}") } else { "–".to_owned() }
    };
    let trace = match runs {
        // A trace is an estimate even of one run: its probes spread.
        [run] => with_error(run.trace.mean, run.trace.stderr),
        _ => cell(|run| run.trace.mean),
    };
    [
        optimizer.label().to_owned(),
        cell(|run| run.train_loss),
        cell(|run| run.test_loss),
        cell(|run| run.test_accuracy),
        trace,
        cell(|run| run.eigen.lambda_max),
        cell(|run| run.eigen.lambda_min),
        rounded(|run| run.steps as f64, 0),
        rounded(|run| run.gradient_evaluations as f64, 0),
        rounded(|run| run.wall_seconds, 1),
    ]
}

fn notes(seeds: u64, result: &CompareResult) -> Vec<String> {
    let mut notes = Vec::new();
    let probes = result.runs.first().map_or(0, |run| run.trace.probes);
    notes.push(match (seeds, probes) {
        (1, 0) => "One seed.".to_owned(),
        (_, 0) => "Mean ± standard error over seeds.".to_owned(),
        (1, _) => format!("One seed; ± of the trace is the standard error over its {probes} probes."),
        _ => format!("Mean ± standard error over seeds; each trace from {probes} probes."),
    });
    let measured = |run: &RunResult| run.curves.iter().filter(|row| row.trace.is_some()).count();
    notes.push(match result.runs.iter().map(measured).max() {
        None | Some(0) => "Curvature was not measured: leave out --quick and --curvature none to have it.".to_owned(),
        Some(1) => format!("{CAUTION} That takes curvature along the way: --curvature 16."),
        Some(_) => CAUTION.to_owned(),
    });
    for run in &result.runs {
        if let Some(step) = run.diverged_at {
            let name = run.optimizer.label();
            notes.push(format!(
                "{name} seed {} diverged at step {step}, stands at step {}, and is left out of the means.",
                run.seed, run.steps
            ));
        }
    }
    notes
}

/// Mean, and its standard error: NaN for a single value.
fn mean_and_error(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let square = values.map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (square / (n - 1.0) / n).sqrt())
}

/// Columns as wide as their widest cell: names to the left, numbers to the right.
fn align<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let mut text = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1) {
            text += &format!("  {cell:>width$}");
        }
        text
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        let (mean, error) = mean_and_error([1.0, 2.0, 3.0, 4.0].into_iter());
        assert!((mean - 2.5).abs() < 1e-12);
        assert!((error - (5.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        assert!(!mean_and_error([2.0].into_iter()).1.is_finite(), "one value has no spread");
    }

    #[test]
    fn columns_are_aligned_by_characters() {
        let mut rows = [HEADER.map(str::to_owned), HEADER.map(str::to_owned)];
        rows[1][1] = "0.1 ± 0.01 and more".to_owned();
        let lines = align(&rows);
        assert_eq!(lines[0].chars().count(), lines[1].chars().count());
    }
}
