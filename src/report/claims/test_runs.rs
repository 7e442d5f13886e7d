//! Made-up runs for the tests of the kinds' rules.

use crate::config::OptimizerKind;
use crate::protocol::{EigenRow, Estimate, TraceRow};
use crate::report::kinds::KindFound;
use crate::report::results::{AtOnce, CompareResult, RunResult};

/// A figure with its error.
pub fn estimate(mean: f64, stderr: f64) -> Estimate {
    Estimate { mean, stderr, samples: 8 }
}

/// One run of SGD for each, seeds ascending from 0.
pub fn result_of(found: impl Iterator<Item = KindFound>) -> CompareResult {
    of_methods(found.enumerate().map(|(seed, found)| (OptimizerKind::Sgd, seed as u64, [0.1, 0.4], found)))
}

/// A run for each method and seed, with its training and test loss.
pub fn of_methods(runs: impl Iterator<Item = (OptimizerKind, u64, [f64; 2], KindFound)>) -> CompareResult {
    CompareResult {
        device: "CPU".to_owned(),
        notice: None,
        at_once: AtOnce { runs: 1, cores: 1 },
        runs: runs.map(|(optimizer, seed, losses, found)| run(optimizer, seed, losses, found)).collect(),
        tuning: Vec::new(),
    }
}

fn run(optimizer: OptimizerKind, seed: u64, [train_loss, test_loss]: [f64; 2], found: KindFound) -> RunResult {
    let (step, gradient_evaluations) = (10, 10);
    RunResult {
        optimizer,
        seed,
        steps: step,
        gradient_evaluations,
        kept_step: None,
        train_loss,
        test_loss,
        train_accuracy: 1.0,
        test_accuracy: 0.9,
        validation: None,
        average: None,
        trace: TraceRow { step, gradient_evaluations, train_loss, mean: 5.0, stderr: 0.1, probes: 8 },
        eigen: EigenRow {
            step,
            gradient_evaluations,
            train_loss,
            lambda_max: 2.0,
            lambda_min: -0.1,
            residual_max: 0.0,
            residual_min: 0.0,
            products: 8,
        },
        wall_seconds: 1.0,
        diverged_at: None,
        curves: Vec::new(),
        grid: None,
        weights: None,
        scores: std::collections::BTreeMap::new(),
        found: Some(found),
    }
}
