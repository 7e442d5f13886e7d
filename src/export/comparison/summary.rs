//! `summary.json`: the end of every run, all of them at equal training loss, and what was tried before, for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::{AverageKind, Experiment, KnobValue, Measure, OptimizerKind};
use crate::protocol::Estimate;
use crate::report::equal_loss::{EqualLoss, EqualReading, at_equal_loss};
use crate::report::results::{AverageResult, CompareResult, RunResult};
use crate::report::tuning::{Try, spent};

/// The document. Numbers that are not finite are written as null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary<'a> {
    experiment: &'a str,
    device: &'a str,
    /// Only there where it was more than one, which the seconds are to be read by.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs_at_once: Option<usize>,
    runs: Vec<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equal_loss: Option<Equal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tuning: Vec<Tried>,
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
    /// Only there where the data have some.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    scores: BTreeMap<Measure, f64>,
    wall_seconds: f64,
    /// Only there when the run diverged, so that its figures are not taken for those of a whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    diverged_at: Option<u64>,
    /// The step of all figures above but the counts, where the best weights on validation are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<Average>,
    /// What the tries of its optimizer took, all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    tuning_gradient_evaluations: Option<u64>,
}

/// The second set of figures of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Average {
    kind: AverageKind,
    averaged: u64,
    train_loss: f64,
    test_loss: f64,
    train_accuracy: f64,
    test_accuracy: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_accuracy: Option<f64>,
}

/// All runs at the same training loss, and the means of each optimizer.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Equal {
    at_loss: f64,
    runs: Vec<EqualRun>,
    methods: Vec<EqualMethod>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct EqualRun {
    optimizer: OptimizerKind,
    seed: u64,
    between_steps: [u64; 2],
    test_loss: f64,
    test_accuracy: f64,
    trace: f64,
    lambda_max: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct EqualMethod {
    optimizer: OptimizerKind,
    seeds: usize,
    test_loss: Mean,
    test_accuracy: Mean,
    trace: Mean,
    lambda_max: Mean,
}

/// Over seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Mean {
    mean: f64,
    stderr: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Tried {
    optimizer: OptimizerKind,
    values: BTreeMap<&'static str, KnobValue>,
    validation_loss: f64,
    validation_accuracy: f64,
    gradient_evaluations: u64,
    picked: bool,
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
        Self {
            experiment: &experiment.name,
            device: &result.device,
            runs_at_once: Some(result.at_once.runs).filter(|runs| *runs > 1),
            runs: result.runs.iter().map(|run| Run::new(run, &result.tuning)).collect(),
            equal_loss: at_equal_loss(result).map(|equal| Equal::new(&equal)),
            tuning: result.tuning.iter().map(Tried::new).collect(),
        }
    }
}

impl Average {
    fn new(average: &AverageResult) -> Self {
        let row = &average.row;
        Self {
            kind: average.kind,
            averaged: row.averaged,
            train_loss: row.train.loss,
            test_loss: row.test.loss,
            train_accuracy: row.train.accuracy,
            test_accuracy: row.test.accuracy,
            validation_loss: row.validation.map(|found| found.loss),
            validation_accuracy: row.validation.map(|found| found.accuracy),
        }
    }
}

impl Equal {
    fn new(equal: &EqualLoss) -> Self {
        let read = || equal.runs.iter().filter_map(|run| Some((run, run.reading?)));
        let runs = read().map(|(run, reading)| EqualRun {
            optimizer: run.optimizer,
            seed: run.seed,
            between_steps: reading.between,
            test_loss: reading.test_loss,
            test_accuracy: reading.test_accuracy,
            trace: reading.trace,
            lambda_max: reading.lambda_max,
        });
        let mut methods: Vec<EqualMethod> = Vec::new();
        for (run, _) in read() {
            if methods.iter().all(|method| method.optimizer != run.optimizer) {
                let own = read().filter(|(other, _)| other.optimizer == run.optimizer).map(|(_, reading)| reading);
                methods.push(EqualMethod::new(run.optimizer, &own.collect::<Vec<_>>()));
            }
        }
        Self { at_loss: equal.train_loss, runs: runs.collect(), methods }
    }
}

impl EqualMethod {
    fn new(optimizer: OptimizerKind, readings: &[EqualReading]) -> Self {
        let mean = |value: fn(&EqualReading) -> f64| {
            let Estimate { mean, stderr, .. } = Estimate::of(readings.iter().map(value));
            Mean { mean, stderr }
        };
        Self {
            optimizer,
            seeds: readings.len(),
            test_loss: mean(|reading| reading.test_loss),
            test_accuracy: mean(|reading| reading.test_accuracy),
            trace: mean(|reading| reading.trace),
            lambda_max: mean(|reading| reading.lambda_max),
        }
    }
}

impl Tried {
    fn new(one: &Try) -> Self {
        Self {
            optimizer: one.optimizer,
            values: one.values.iter().map(|(id, value)| (id.spec().key, *value)).collect(),
            validation_loss: one.validation.loss,
            validation_accuracy: one.validation.accuracy,
            gradient_evaluations: one.gradient_evaluations,
            picked: one.is_picked,
            diverged_at: one.diverged_at,
        }
    }
}

impl Run {
    fn new(run: &RunResult, tuning: &[Try]) -> Self {
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
            scores: run.scores.clone(),
            wall_seconds: run.wall_seconds,
            diverged_at: run.diverged_at,
            kept_step: run.kept_step,
            validation_loss: run.validation.map(|found| found.loss),
            validation_accuracy: run.validation.map(|found| found.accuracy),
            average: run.average.as_ref().map(Average::new),
            tuning_gradient_evaluations: spent(tuning, run.optimizer).map(|(_, evaluations)| evaluations),
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
    use crate::report::results::AtOnce;

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
        assert!(!text.contains("diverged_at") && !text.contains("runs_at_once"));
    }

    #[test]
    fn how_many_runs_there_were_at_once_stands_beside_their_seconds() {
        let (experiment, mut result) = sample::comparison();
        result.at_once = AtOnce { runs: 4, cores: 1 };
        let value: serde_json::Value = serde_json::from_str(&summary_json(&experiment, &result).unwrap()).unwrap();
        assert_eq!(value["runs_at_once"], 4);
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

    #[test]
    fn what_a_comparison_has_beside_the_ends_of_its_runs_is_there_where_it_is() {
        let (experiment, mut result) = sample::comparison();
        let text = summary_json(&experiment, &result).unwrap();
        for key in ["scores", "equal_loss", "tuning", "kept_step", "validation_loss", "average"] {
            assert!(!text.contains(&format!("\"{key}\"")), "{key}: {text}");
        }
        let outcome = crate::protocol::Outcome { loss: 0.25, accuracy: 0.5 };
        let row = crate::protocol::AverageRow { train: outcome, validation: Some(outcome), test: outcome, averaged: 3 };
        result.runs[0].scores.insert(Measure::ExactMatch, 0.75);
        result.runs[0].kept_step = Some(120);
        result.runs[0].validation = Some(outcome);
        result.runs[0].average = Some(AverageResult { kind: AverageKind::Ema, row });
        result.tuning = sample::tries();
        for run in &mut result.runs {
            for (place, row) in run.curves.iter_mut().enumerate() {
                row.trace = Some(crate::protocol::TraceRow { mean: place as f64, ..run.trace });
                row.lambda_max = Some(2.0);
            }
        }
        let value: serde_json::Value = serde_json::from_str(&summary_json(&experiment, &result).unwrap()).unwrap();
        let run = &value["runs"][0];
        assert_eq!((&run["kept_step"], &run["validation_loss"]), (&120.into(), &0.25.into()));
        assert_eq!(run["scores"], serde_json::json!({"exact-match": 0.75}));
        assert_eq!(run["average"]["kind"], "ema");
        assert_eq!((&run["average"]["averaged"], &run["average"]["validation_accuracy"]), (&3.into(), &0.5.into()));
        assert_eq!(run["tuning_gradient_evaluations"], 14_400);
        assert_eq!(value["tuning"][0]["values"], serde_json::json!({"learning_rate": 0.05, "nesterov": true}));
        assert_eq!(value["tuning"].as_array().unwrap().iter().filter(|one| one["picked"] == true).count(), 1);
        assert!(value["tuning"][1]["validation_loss"].is_null() && value["tuning"][1]["diverged_at"] == 7, "{value}");
        let equal = &value["equal_loss"];
        assert_eq!((equal["runs"].as_array().unwrap().len(), equal["methods"].as_array().unwrap().len()), (6, 3));
        assert!(equal["at_loss"].is_f64() && equal["runs"][0]["between_steps"][1].is_u64(), "{equal}");
        assert_eq!((&equal["methods"][2]["optimizer"], &equal["methods"][2]["seeds"]), (&"nso".into(), &2.into()));
        assert_eq!(equal["methods"][0]["lambda_max"], serde_json::json!({"mean": 2.0, "stderr": 0.0}));
    }
}
