//! A result as a table and charts show it: the figures and curves of a run without its slice and its weights, or a piece.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::folder::{Stored, SweepFolder};
use super::unit::{Unit, UnitKind};
use crate::protocol::{EigenRow, EvalRow, TraceRow};
use crate::report::pieces::PieceFound;

/// What a unit found.
#[derive(Debug, Clone, PartialEq)]
pub enum Landed {
    /// A run.
    Run(LandedRun),
    /// A piece of an analysis.
    Piece(PieceFound),
}

/// A run at its end, or at its last good step; as [`RunResult`](crate::report::results::RunResult) has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LandedRun {
    /// Steps done.
    pub steps: u64,
    /// Loss on the measured training subset, without weight decay.
    pub train_loss: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the test set, 0 to 1; NaN without classes.
    pub test_accuracy: f64,
    /// Trace of the Hessian.
    pub trace: TraceRow,
    /// Ends of its spectrum.
    pub eigen: EigenRow,
    /// Seconds of wall time.
    pub wall_seconds: f64,
    /// The step whose result was NaN or infinite and was thrown away.
    pub diverged_at: Option<u64>,
    /// Its history, ascending by step.
    pub curves: Vec<LandedRow>,
    weights: Option<IgnoredAny>,
}

/// A point of a run's history.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "Row")]
pub struct LandedRow {
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Loss on the measured training subset.
    pub train_loss: f32,
    /// Loss on the test set.
    pub test_loss: f32,
    /// Accuracy on the test set.
    pub test_accuracy: f32,
    /// Trace of the Hessian; NaN where it was not measured.
    pub trace: f32,
    /// Largest eigenvalue; NaN where it was not measured.
    pub lambda_max: f32,
}

/// The same as its file has it.
#[derive(Deserialize)]
struct Row {
    gradient_evaluations: u64,
    eval: EvalRow,
    trace: Option<TraceRow>,
    lambda_max: Option<f64>,
}

impl From<Row> for LandedRow {
    fn from(row: Row) -> Self {
        Self {
            gradient_evaluations: row.gradient_evaluations,
            train_loss: row.eval.train_loss as f32,
            test_loss: row.eval.test_loss as f32,
            test_accuracy: row.eval.test_accuracy as f32,
            trace: row.trace.map_or(f32::NAN, |trace| trace.mean as f32),
            lambda_max: row.lambda_max.map_or(f32::NAN, |value| value as f32),
        }
    }
}

impl LandedRun {
    /// Whether the result holds the weights of its end.
    #[must_use]
    pub const fn has_weights(&self) -> bool {
        self.weights.is_some()
    }
}

impl Landed {
    /// Reads what a unit found; `None` where there is no result that is whole and of this unit.
    #[must_use]
    pub fn read(folder: &SweepFolder, unit: &Unit) -> Option<Self> {
        match unit.kind {
            UnitKind::Run { .. } => folder.read(&unit.id).map(|Stored { found, .. }| Self::Run(found)),
            UnitKind::Piece(_) => folder.read(&unit.id).map(|Stored { found, .. }| Self::Piece(found)),
        }
    }
}
