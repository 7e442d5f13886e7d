//! `curves.csv`: one row for each point at which a run was evaluated.
//!
//! Cells are empty where nothing was measured or the number is not finite. Losses are means over examples without
//! weight decay, accuracies go from 0 to 1; `batch_loss` and `perturbed_loss` are of the last step's batch, at the
//! clean and at the perturbed weights.

use crate::report::results::{CompareResult, CurveRow, RunResult};

/// The columns, in order.
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

/// The text of `curves.csv`.
///
/// # Errors
/// When the writer's buffer cannot grow.
pub fn curves_csv(result: &CompareResult) -> csv::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(CURVES_HEADER)?;
    for run in &result.runs {
        for point in &run.curves {
            writer.write_record(record(run, point))?;
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

fn cell(value: f64) -> String {
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
}
