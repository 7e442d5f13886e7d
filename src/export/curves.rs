//! `curves.csv`: one row for each point at which a run was evaluated.
//!
//! Cells are empty where nothing was measured or the number is not finite. Losses are means over examples without
//! weight decay, accuracies go from 0 to 1; `batch_loss` and `perturbed_loss` are of the last step's batch, at the
//! clean and at the perturbed weights. The columns of validation and of the average follow the others where some run has
//! such figures.

use crate::protocol::Outcome;
use crate::report::results::{CompareResult, CurveRow, RunResult};

/// The columns that are always there, in order.
pub const CURVES_HEADER: [&str; 17] = [
    "optimizer",
    "seed",
    "step",
    "gradient_evaluations",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "batch_loss",
    "perturbed_loss",
    "learning_rate",
    "trace",
    "trace_stderr",
    "noise_trace",
    "noise_trace_stderr",
    "lambda_max",
    "lambda_min",
];

/// The columns of examples for validation.
const VALIDATION: [&str; 2] = ["validation_loss", "validation_accuracy"];
/// The columns of the average of the weights.
const AVERAGE: [&str; 4] =
    ["average_train_loss", "average_test_loss", "average_train_accuracy", "average_test_accuracy"];
/// Those of the average on examples for validation.
const AVERAGE_VALIDATION: [&str; 2] = ["average_validation_loss", "average_validation_accuracy"];

/// The text of `curves.csv`.
///
/// # Errors
/// When the writer's buffer cannot grow.
pub fn curves_csv(result: &CompareResult) -> csv::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let points = || result.runs.iter().flat_map(|run| &run.curves);
    let validated = points().any(|point| point.eval.validation.is_some());
    let averaged = points().any(|point| point.eval.average.is_some());
    let present = |columns: &'static [&'static str], is_there: bool| columns.iter().filter(move |_| is_there).copied();
    let header = CURVES_HEADER
        .into_iter()
        .chain(present(&VALIDATION, validated))
        .chain(present(&AVERAGE, averaged))
        .chain(present(&AVERAGE_VALIDATION, averaged && validated));
    writer.write_record(header)?;
    for run in &result.runs {
        for point in &run.curves {
            writer.write_record(record(run, point).into_iter().chain(more(point, validated, averaged)))?;
        }
    }
    let bytes = writer.into_inner().map_err(|err| csv::Error::from(std::io::Error::other(err.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(run: &RunResult, point: &CurveRow) -> [String; 17] {
    let eval = &point.eval;
    [
        run.optimizer.key().to_owned(),
        run.seed.to_string(),
        point.step.to_string(),
        point.gradient_evaluations.to_string(),
        cell(eval.train_loss),
        cell(eval.test_loss),
        cell(eval.train_accuracy),
        cell(eval.test_accuracy),
        cell(point.batch_loss),
        cell(point.perturbed_loss),
        cell(point.learning_rate),
        optional(point.trace.map(|trace| trace.mean)),
        optional(point.trace.map(|trace| trace.stderr)),
        optional(point.noise_trace.map(|trace| trace.mean)),
        optional(point.noise_trace.map(|trace| trace.stderr)),
        optional(point.lambda_max),
        optional(point.lambda_min),
    ]
}

/// The cells of validation and of the average, as far as there are such columns.
fn more(point: &CurveRow, validated: bool, averaged: bool) -> Vec<String> {
    let both = |outcome: Option<Outcome>| {
        [optional(outcome.map(|found| found.loss)), optional(outcome.map(|found| found.accuracy))]
    };
    let mut cells = Vec::new();
    if validated {
        cells.extend(both(point.eval.validation));
    }
    if averaged {
        let average = point.eval.average;
        let [train, train_accuracy] = both(average.map(|row| row.train));
        let [test, test_accuracy] = both(average.map(|row| row.test));
        cells.extend([train, test, train_accuracy, test_accuracy]);
        if validated {
            cells.extend(both(average.and_then(|row| row.validation)));
        }
    }
    cells
}

/// A number; nothing where it is NaN or infinite.
pub(super) fn cell(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

fn optional(value: Option<f64>) -> String {
    value.map(cell).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn every_point_is_a_row_and_unknown_cells_are_empty() {
        let (_, mut result) = sample::comparison();
        result.runs[0].curves[0].batch_loss = f64::NAN;
        let text = curves_csv(&result).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), CURVES_HEADER);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), result.runs.iter().map(|run| run.curves.len()).sum::<usize>());
        assert_eq!(&rows[0][0], "sgd");
        assert_eq!(&rows[0][8], "", "a loss that is not finite");
        assert_eq!(&rows[0][13], "", "a trace that was not measured");
        assert_eq!(rows[1][4].parse::<f64>().unwrap(), result.runs[0].curves[1].eval.train_loss);
    }

    #[test]
    fn columns_of_validation_and_average_follow_where_there_are_such_figures() {
        let (_, mut result) = sample::comparison();
        let outcome = |loss| Outcome { loss, accuracy: 0.5 };
        let last = result.runs[1].curves.last_mut().unwrap();
        last.eval.validation = Some(outcome(0.25));
        last.eval.average = Some(crate::protocol::AverageRow {
            train: outcome(0.125),
            validation: Some(outcome(0.375)),
            test: outcome(0.75),
            averaged: 2,
        });
        let text = curves_csv(&result).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(header[..17], CURVES_HEADER);
        assert_eq!(header[17..], [&VALIDATION[..], &AVERAGE, &AVERAGE_VALIDATION].concat());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(rows[0].iter().skip(17).all(str::is_empty));
        assert_eq!(
            rows[9].iter().skip(17).collect::<Vec<_>>(),
            ["0.25", "0.5", "0.125", "0.75", "0.5", "0.5", "0.375", "0.5"]
        );
    }
}
