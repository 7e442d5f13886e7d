//! Figures of a run from its rows.

use std::collections::BTreeMap;

use crate::config::{AverageKind, Knobs};
use crate::protocol::{EigenRow, Estimate, EvalRow, LossGrid, RunRows, StepRow, TraceRow};
use crate::report::results::{AverageResult, CurveRow, RunResult};
use crate::session::store::{KeptRun, RunState};

/// The history of a run: a row for each evaluation, with what else there is of that step.
pub(super) fn curves(rows: &RunRows, noise: &BTreeMap<u64, Estimate>) -> Vec<CurveRow> {
    let steps: BTreeMap<u64, &StepRow> = rows.steps.iter().map(|row| (row.step, row)).collect();
    let traces: BTreeMap<u64, &TraceRow> = rows.traces.iter().map(|row| (row.step, row)).collect();
    let eigens: BTreeMap<u64, &EigenRow> = rows.eigens.iter().map(|row| (row.step, row)).collect();
    let row = |eval: &EvalRow| {
        let (last, eigen) = (steps.get(&eval.step), eigens.get(&eval.step));
        CurveRow {
            step: eval.step,
            gradient_evaluations: eval.gradient_evaluations,
            eval: *eval,
            batch_loss: last.map_or(f64::NAN, |row| row.batch_loss),
            perturbed_loss: last.map_or(f64::NAN, |row| row.perturbed_loss),
            learning_rate: last.map_or(f64::NAN, |row| row.learning_rate),
            trace: traces.get(&eval.step).map(|row| **row),
            noise_trace: noise.get(&eval.step).copied(),
            lambda_max: eigen.map(|row| row.lambda_max),
            lambda_min: eigen.map(|row| row.lambda_min),
        }
    };
    rows.evals.iter().map(row).collect()
}

/// The figures of a run where it was evaluated last; `None` where it never was. Curvature is that of the same step or none, and so is
/// the slice.
pub(super) fn result(kept: &KeptRun, knobs: &Knobs, rows: &RunRows, grid: Option<LossGrid>) -> Option<RunResult> {
    let eval = *rows.evals.last()?;
    let curves = curves(rows, &BTreeMap::new());
    let at = |step: u64| step == eval.step;
    let (trace, eigen) = (rows.traces.iter().find(|row| at(row.step)), rows.eigens.iter().find(|row| at(row.step)));
    let seconds = rows.steps.iter().rfind(|row| row.step <= eval.step).map_or(0.0, |row| row.train_seconds);
    Some(RunResult {
        optimizer: kept.info.optimizer,
        seed: kept.info.seed,
        steps: eval.step,
        gradient_evaluations: eval.gradient_evaluations,
        kept_step: None,
        train_loss: eval.train_loss,
        test_loss: eval.test_loss,
        train_accuracy: eval.train_accuracy,
        test_accuracy: eval.test_accuracy,
        validation: eval.validation,
        average: eval
            .average
            .filter(|_| knobs.average != AverageKind::None)
            .map(|row| AverageResult { kind: knobs.average, row }),
        trace: trace.copied().unwrap_or_else(|| no_trace(&eval)),
        eigen: eigen.copied().unwrap_or_else(|| no_eigen(&eval)),
        scores: BTreeMap::new(),
        wall_seconds: seconds,
        diverged_at: match kept.state {
            RunState::Diverged { step, .. } => Some(step),
            RunState::Open | RunState::Finished => None,
        },
        curves,
        grid: grid.filter(|grid| at(grid.step)),
        weights: None,
        found: None,
    })
}

/// Where no trace was measured.
pub(super) const fn no_trace(eval: &EvalRow) -> TraceRow {
    TraceRow {
        step: eval.step,
        gradient_evaluations: eval.gradient_evaluations,
        train_loss: eval.train_loss,
        mean: f64::NAN,
        stderr: f64::NAN,
        probes: 0,
    }
}

/// Where a Hessian-vector product was NaN or infinite, or none was made.
pub(super) const fn no_eigen(eval: &EvalRow) -> EigenRow {
    EigenRow {
        step: eval.step,
        gradient_evaluations: eval.gradient_evaluations,
        train_loss: eval.train_loss,
        lambda_max: f64::NAN,
        lambda_min: f64::NAN,
        residual_max: f64::NAN,
        residual_min: f64::NAN,
        products: 0,
    }
}
