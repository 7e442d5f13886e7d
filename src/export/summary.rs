//! `summary.json`: the end of every run, for scripts.

use serde::Serialize;

use crate::config::{Experiment, OptimizerKind};
use crate::report::results::{CompareResult, RunResult};

/// The document. Numbers that are not finite are written as null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary<'a> {
    experiment: &'a str,
    device: &'a str,
    runs: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Run {
    optimizer: OptimizerKind,
    seed: u64,
    steps: u64,
    gradient_evaluations: u64,
    train_loss: f64,
    test_loss: f64,
    train_accuracy: f64,
    test_accuracy: f64,
    trace: Trace,
    lambda_max: f64,
    lambda_min: f64,
    wall_seconds: f64,
    /// Only there when the run diverged, so that its figures are not taken for those of a whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged_at: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Trace {
    mean: f64,
    stderr: f64,
    probes: usize,
}

impl<'a> Summary<'a> {
    /// Takes what the summary says from a finished comparison.
    #[must_use]
    pub fn new(experiment: &'a Experiment, result: &'a CompareResult) -> Self {
        Self { experiment: &experiment.name, device: &result.device, runs: result.runs.iter().map(Run::new).collect() }
    }
}

impl Run {
    fn new(run: &RunResult) -> Self {
        Self {
            optimizer: run.optimizer,
            seed: run.seed,
            steps: run.steps,
            gradient_evaluations: run.gradient_evaluations,
            train_loss: run.train_loss,
            test_loss: run.test_loss,
            train_accuracy: run.train_accuracy,
            test_accuracy: run.test_accuracy,
            trace: Trace { mean: run.trace.mean, stderr: run.trace.stderr, probes: run.trace.probes },
            lambda_max: run.eigen.lambda_max,
            lambda_min: run.eigen.lambda_min,
            wall_seconds: run.wall_seconds,
            diverged_at: run.diverged_at,
        }
    }
}

/// The text of `summary.json`.
///
/// # Errors
/// Never for a comparison that the engine made; the serialiser's signature has it.
pub fn summary_json(experiment: &Experiment, result: &CompareResult) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&Summary::new(experiment, result))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn it_has_the_documented_keys_in_order() {
        let (experiment, result) = sample::comparison();
        let text = summary_json(&experiment, &result).unwrap();
        let keys = [
            "experiment",
            "device",
            "runs",
            "optimizer",
            "seed",
            "steps",
            "gradient_evaluations",
            "train_loss",
            "test_loss",
            "train_accuracy",
            "test_accuracy",
            "trace",
            "mean",
            "stderr",
            "probes",
            "lambda_max",
            "lambda_min",
            "wall_seconds",
        ];
        let places: Vec<Option<usize>> = keys.iter().map(|key| text.find(&format!("\"{key}\":"))).collect();
        assert!(places.iter().all(Option::is_some), "a key is missing: {places:?}\n{text}");
        assert!(places.is_sorted(), "keys are out of order: {places:?}");
        assert!(!text.contains("diverged_at"));
    }

    #[test]
    fn numbers_that_are_not_finite_become_null() {
        let (experiment, mut result) = sample::comparison();
        result.runs[0].train_loss = f64::NAN;
        result.runs[0].trace.mean = f64::INFINITY;
        result.runs[0].diverged_at = Some(7);
        let value: serde_json::Value = serde_json::from_str(&summary_json(&experiment, &result).unwrap()).unwrap();
        assert!(value["runs"][0]["train_loss"].is_null());
        assert!(value["runs"][0]["trace"]["mean"].is_null());
        assert_eq!(value["runs"][0]["diverged_at"], 7);
    }
}
