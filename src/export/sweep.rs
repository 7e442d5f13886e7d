//! `sweep.csv`: the ends of all runs of all points of a grid, a row each.

use super::ExportError;
use super::curves::cell;
use crate::report::results::{CompareResult, RunResult};

/// Columns after those of the settings.
const HEADER: [&str; 14] = [
    "optimizer",
    "seed",
    "steps",
    "gradient_evaluations",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "trace",
    "trace_stderr",
    "lambda_max",
    "lambda_min",
    "diverged_at",
    "wall_seconds",
];

/// The text of `sweep.csv`. `keys` are the settings of the grid, and each point has a value of each. Numbers that are NaN or
/// infinite leave their cells empty.
///
/// # Errors
/// Never for results that the engine made; the writer's signature has it.
pub fn sweep_csv(keys: &[&str], points: &[(Vec<&str>, &CompareResult)]) -> Result<String, ExportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(keys.iter().copied().chain(HEADER))?;
    for (values, result) in points {
        for run in &result.runs {
            writer.write_record(values.iter().map(|value| (*value).to_owned()).chain(record(run)))?;
        }
    }
    let bytes = writer.into_inner().map_err(|err| csv::Error::from(std::io::Error::other(err.to_string())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(run: &RunResult) -> [String; 14] {
    [
        run.optimizer.key().to_owned(),
        run.seed.to_string(),
        run.steps.to_string(),
        run.gradient_evaluations.to_string(),
        cell(run.train_loss),
        cell(run.test_loss),
        cell(run.train_accuracy),
        cell(run.test_accuracy),
        cell(run.trace.mean),
        cell(run.trace.stderr),
        cell(run.eigen.lambda_max),
        cell(run.eigen.lambda_min),
        run.diverged_at.map(|step| step.to_string()).unwrap_or_default(),
        cell(run.wall_seconds),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn every_run_of_every_point_is_a_row() {
        let (_, mut result) = sample::comparison();
        result.runs[0].trace.mean = f64::NAN;
        let points = [(vec!["0.01", "a,b"], &result), (vec!["0.02", "c"], &result)];
        let text = sweep_csv(&["nso.sigma", "data.mean"], &points).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 2 + HEADER.len());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2 * result.runs.len());
        assert_eq!(rows[0].iter().take(4).collect::<Vec<_>>(), ["0.01", "a,b", "sgd", "0"]);
        assert_eq!((&rows[0][10], &rows[result.runs.len()][0]), ("", "0.02"));
        assert_eq!(rows[0][6].parse::<f64>().unwrap(), result.runs[0].train_loss);
    }
}
