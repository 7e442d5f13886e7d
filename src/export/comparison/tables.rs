//! The tables of a comparison as text: one row for each optimiser, means over the seeds. The command line aligns them, the
//! report has them as HTML.

use std::collections::BTreeSet;

use super::super::text_table::TextTable;
use crate::config::{Experiment, Measure, OptimizerKind};
use crate::number::{count, with_error};
use crate::protocol::Estimate;
use crate::report::equal_loss::{EqualReading, EqualRun, at_equal_loss};
use crate::report::results::{AverageResult, CompareResult, RunResult};
use crate::report::tuning::{Try, spent};

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

/// Cells before those of scores.
const BEFORE_SCORES: usize = 4;

const CAUTION: &str =
    "Under cross-entropy curvature falls with the training loss, so compare it at equal training loss.";

const EQUAL_LOSS_HEADER: [&str; 5] = ["", "trace", "λmax", "test loss", "test accuracy"];

/// What was compared, where, and how long each run was.
#[must_use]
pub fn comparison_title(experiment: &Experiment, result: &CompareResult) -> String {
    let seeds = num_seeds(result);
    let plural = if seeds == 1 { "" } else { "s" };
    format!(
        "{} on {}, {seeds} seed{plural}, {} gradient evaluations a run",
        experiment.name,
        result.device,
        count(experiment.budget)
    )
}

/// The figures at the end of the runs, or at the weights that are kept, with what must be said of them.
#[must_use]
pub fn end_table(result: &CompareResult) -> TextTable {
    let scores = scores(result);
    let mut header = HEADER.map(str::to_owned).to_vec();
    header.splice(BEFORE_SCORES..BEFORE_SCORES, scores.iter().map(|score| score.label().to_owned()));
    let mut rows = vec![header];
    for optimizer in optimizers(result) {
        let whole = |run: &&RunResult| run.optimizer == optimizer && run.diverged_at.is_none();
        let runs: Vec<&RunResult> = result.runs.iter().filter(whole).collect();
        rows.push(row(optimizer, &runs, &scores));
        rows.extend(average_row(optimizer, &runs, scores.len()));
    }
    TextTable { title: String::new(), rows, notes: notes(result) }
}

/// The fair reading of the curvature: where all runs had the same training loss. `None` where there is no such table.
#[must_use]
pub fn equal_loss_table(result: &CompareResult) -> Option<TextTable> {
    let optimizers = optimizers(result);
    let equal = at_equal_loss(result).filter(|_| optimizers.len() > 1)?;
    let mut rows = vec![EQUAL_LOSS_HEADER.map(str::to_owned).to_vec()];
    for optimizer in optimizers {
        let cell = |value: fn(&EqualReading) -> f64| {
            let own = equal.runs.iter().filter(|run| run.optimizer == optimizer).filter_map(|run| run.reading);
            mean_in_words(own.map(|reading| value(&reading)))
        };
        rows.push(vec![
            optimizer.label().to_owned(),
            cell(|run| run.trace),
            cell(|run| run.lambda_max),
            cell(|run| run.test_loss),
            cell(|run| run.test_accuracy),
        ]);
    }
    let train_loss = with_error(equal.train_loss, f64::NAN);
    let left = |run: &EqualRun| {
        format!("{} seed {} was below that loss from its start, and is left out.", run.optimizer.label(), run.seed)
    };
    let unread = equal.runs.iter().filter(|run| run.reading.is_none()).map(left).collect();
    let title = format!("Where each run last fell through the train loss {train_loss}, which all have reached:");
    Some(TextTable { title, rows, notes: unread })
}

fn optimizers(result: &CompareResult) -> Vec<OptimizerKind> {
    let mut optimizers: Vec<OptimizerKind> = Vec::new();
    for run in &result.runs {
        if !optimizers.contains(&run.optimizer) {
            optimizers.push(run.optimizer);
        }
    }
    optimizers
}

/// What only some data have, of any run.
fn scores(result: &CompareResult) -> Vec<Measure> {
    let all: BTreeSet<Measure> = result.runs.iter().flat_map(|run| run.scores.keys().copied()).collect();
    all.into_iter().collect()
}

fn num_seeds(result: &CompareResult) -> usize {
    let first = result.runs.first().map(|run| run.optimizer);
    result.runs.iter().filter(|run| Some(run.optimizer) == first).count()
}

/// The mean over runs with its standard error.
fn mean_in_words(values: impl IntoIterator<Item = f64>) -> String {
    let Estimate { mean, stderr, .. } = Estimate::of(values);
    with_error(mean, stderr)
}

fn row(optimizer: OptimizerKind, runs: &[&RunResult], scores: &[Measure]) -> Vec<String> {
    let of = |value: &dyn Fn(&RunResult) -> f64| mean_in_words(runs.iter().map(|run| value(run)));
    let cell = |value: fn(&RunResult) -> f64| of(&value);
    let score = |score: &Measure| of(&|run| run.scores.get(score).copied().unwrap_or(f64::NAN));
    let rounded = |value: fn(&RunResult) -> f64, digits: usize| {
        let mean = Estimate::of(runs.iter().map(|run| value(run))).mean;
        if mean.is_finite() { format!("{mean:.digits$}") } else { "–".to_owned() }
    };
    let trace = match runs {
        // A trace is an estimate even of one run: its probes spread.
        [run] => with_error(run.trace.mean, run.trace.stderr),
        _ => cell(|run| run.trace.mean),
    };
    let mut row = vec![
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
    ];
    row.splice(BEFORE_SCORES..BEFORE_SCORES, scores.iter().map(score));
    row
}

/// The second set of figures of an optimiser whose runs keep an average.
fn average_row(optimizer: OptimizerKind, runs: &[&RunResult], num_scores: usize) -> Option<Vec<String>> {
    let averages: Vec<AverageResult> = runs.iter().filter_map(|run| run.average).collect();
    let kind = averages.first()?.kind;
    let cell = |value: fn(&AverageResult) -> f64| mean_in_words(averages.iter().map(value));
    let mut row = vec![String::new(); HEADER.len() + num_scores];
    row[0] = format!("{}, {} average", optimizer.label(), kind.key());
    row[1] = cell(|average| average.row.train.loss);
    row[2] = cell(|average| average.row.test.loss);
    row[3] = cell(|average| average.row.test.accuracy);
    Some(row)
}

fn notes(result: &CompareResult) -> Vec<String> {
    let mut notes = Vec::new();
    let probes = result.runs.first().map_or(0, |run| run.trace.probes);
    notes.push(match (num_seeds(result), probes) {
        (1, 0) => "One seed.".to_owned(),
        (_, 0) => "Mean ± standard error over seeds.".to_owned(),
        (1, _) => format!("One seed; ± of the trace is the standard error over its {probes} probes."),
        _ => format!("Mean ± standard error over seeds; each trace from {probes} probes."),
    });
    let measured = |run: &RunResult| run.curves.iter().filter(|row| row.trace.is_some()).count();
    // Without classes there is no cross-entropy.
    let has_classes = result.runs.iter().any(|run| run.test_accuracy.is_finite());
    notes.extend(match result.runs.iter().map(measured).max() {
        None | Some(0) => {
            Some("Curvature was not measured: leave out --quick and --curvature none to have it.".to_owned())
        }
        Some(_) if !has_classes => None,
        Some(1) => Some(format!("{CAUTION} That takes curvature along the way: --curvature 16.")),
        Some(_) => Some(CAUTION.to_owned()),
    });
    for optimizer in optimizers(result) {
        notes.extend(kept_note(optimizer, result));
        notes.extend(tuning_note(optimizer, result));
    }
    if result.runs.iter().any(|run| run.average.is_some()) {
        notes.push("An average is that of the weights at the end of a run.".to_owned());
    }
    notes.extend(
        result.at_once.words().map(|words| format!("{words}: the seconds of a run are those beside the others.")),
    );
    for run in &result.runs {
        if let Some(step) = run.diverged_at {
            let name = run.optimizer.label();
            notes.push(format!(
                "{name} seed {} diverged at step {step}, stands at step {}, and is left out of the means.",
                run.seed,
                run.kept_step.unwrap_or(run.steps)
            ));
        }
    }
    notes
}

/// The step of the weights that count, where it is not the last.
fn kept_note(optimizer: OptimizerKind, result: &CompareResult) -> Option<String> {
    let own = result.runs.iter().filter(|run| run.optimizer == optimizer && run.diverged_at.is_none());
    let steps: Vec<u64> = own.filter_map(|run| run.kept_step).collect();
    let (least, most) = (steps.iter().min()?, steps.iter().max()?);
    let name = optimizer.label();
    Some(match steps.len() {
        1 => format!("{name} is read at step {least}, its best on validation."),
        _ => format!("{name} is read at steps {least} to {most}, each run's best on validation."),
    })
}

/// What tuning took.
fn tuning_note(optimizer: OptimizerKind, result: &CompareResult) -> Option<String> {
    let (tries, evaluations) = spent(&result.tuning, optimizer)?;
    let picked = result.tuning.iter().find(|one| one.optimizer == optimizer && one.is_picked);
    let picked = picked.map_or_else(|| "its own values, because every try diverged".to_owned(), Try::values_words);
    let run = result.runs.iter().find(|run| run.optimizer == optimizer).map_or(0, |run| run.gradient_evaluations);
    let plural = if tries == 1 { "try" } else { "tries" };
    Some(format!(
        "{} has {picked}: {tries} {plural} on validation data took {} gradient evaluations, beside {} of a run.",
        optimizer.label(),
        count(evaluations),
        count(run)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AverageKind;
    use crate::export::sample;
    use crate::protocol::{AverageRow, Outcome};
    use crate::report::results::AtOnce;

    #[test]
    fn a_run_is_read_where_it_was_best_and_its_average_has_a_row() {
        let (_, mut result) = sample::comparison();
        result.runs[0].kept_step = Some(120);
        result.runs[1].kept_step = Some(480);
        for run in &mut result.runs[..2] {
            let outcome = Outcome { loss: 0.25, accuracy: 0.75 };
            let row = AverageRow { train: outcome, validation: None, test: outcome, averaged: 4 };
            run.average = Some(AverageResult { kind: AverageKind::Swa, row });
        }
        let table = end_table(&result);
        assert_eq!(
            table.rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(),
            ["", "SGD", "SGD, swa average", "SAM", "NSO"]
        );
        assert_eq!(&table.rows[2][1..4], ["0.2500 ± 0", "0.2500 ± 0", "0.7500 ± 0"]);
        assert!(table.rows[2][4..].iter().all(String::is_empty) && table.rows.iter().all(|row| row.len() == 10));
        let note = "SGD is read at steps 120 to 480, each run's best on validation.";
        assert!(table.notes.iter().any(|line| line == note), "{:?}", table.notes);
    }

    #[test]
    fn scores_have_a_column_where_there_are_some() {
        let (_, mut result) = sample::comparison();
        let plain = end_table(&result);
        for (run, score) in result.runs.iter_mut().zip([0.25, 0.75, 0.5]) {
            run.scores.insert(Measure::ExactMatch, score);
        }
        let table = end_table(&result);
        let column: Vec<&str> = table.rows.iter().map(|row| row[4].as_str()).collect();
        // √(2 · 0.25²)/√2 of two seeds; the others have no score of each seed.
        assert_eq!(column, ["exact match", "0.50 ± 0.25", "–", "–"]);
        let others = |row: &Vec<String>| [&row[..4], &row[5..]].concat();
        assert_eq!(table.rows.iter().map(others).collect::<Vec<_>>(), plain.rows);
    }

    #[test]
    fn seconds_of_runs_side_by_side_are_said_to_be_such() {
        let (_, mut result) = sample::comparison();
        let said = |result: &CompareResult| end_table(result).notes.iter().any(|note| note.contains("at once"));
        assert!(!said(&result));
        result.at_once = AtOnce { runs: 2, cores: 1 };
        let note = "2 runs at once, each on 1 core: the seconds of a run are those beside the others.";
        assert!(end_table(&result).notes.iter().any(|line| line == note), "{:?}", end_table(&result).notes);
    }

    #[test]
    fn all_are_read_at_the_lowest_loss_that_all_have_reached() {
        let (_, mut result) = sample::comparison();
        assert_eq!(equal_loss_table(&result), None, "no curvature along the way");
        for (index, run) in result.runs.iter_mut().enumerate() {
            for (place, row) in run.curves.iter_mut().enumerate() {
                // Losses 1, 1/10, 1/100, … but the last run stops at 1/100 and goes up again.
                row.eval.train_loss = if index == 5 && place > 2 { 0.5 } else { 0.1_f64.powi(place as i32) };
                row.eval.test_accuracy = 0.5 + 0.1 * place as f64;
                row.trace = Some(crate::protocol::TraceRow { mean: (5 - place) as f64, ..run.trace });
                row.lambda_max = Some(1.0);
            }
        }
        let table = equal_loss_table(&result).unwrap();
        assert!(table.title.contains("the train loss 0.01000,"), "{}", table.title);
        let cells = |row: usize| table.rows[row].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(cells(1), ["SGD", "3.000 ± 0", "1.000 ± 0", cells(1)[3], "0.7000 ± 0"]);
        assert_eq!(cells(3)[1], "3.000 ± 0", "at the point where it is lowest");
        assert!(table.notes.is_empty());
        result.runs[0].curves.drain(..3);
        let table = equal_loss_table(&result).unwrap();
        assert_eq!(table.notes, ["SGD seed 0 was below that loss from its start, and is left out."]);
    }
}
