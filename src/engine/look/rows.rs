//! What a unit of measurement found, and rows of what was measured at a step.

use crate::curvature::{Lanczos, TraceEstimate};
use crate::protocol::{EigenRow, LayerTraceRow, StreamedEigenRow, StreamedTraceRow, TraceRow};

/// A result of one unit.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Seen {
    /// A level of a slice is complete; the look makes a picture of it.
    Level {
        finest: bool,
    },
    Trace(TraceRow),
    Eigen(EigenRow),
    Layers(LayerTraceRow),
    StreamedTrace(StreamedTraceRow),
    StreamedEigen(StreamedEigenRow),
}

pub(in crate::engine) fn trace_row(
    step: u64,
    gradient_evaluations: u64,
    train_loss: f64,
    trace: &TraceEstimate,
) -> TraceRow {
    let estimate = trace.estimate();
    TraceRow {
        step,
        gradient_evaluations,
        train_loss,
        mean: estimate.mean,
        stderr: estimate.stderr,
        probes: estimate.samples,
    }
}

pub(in crate::engine) fn eigen_row(
    step: u64,
    gradient_evaluations: u64,
    train_loss: f64,
    lanczos: &Lanczos,
) -> Option<EigenRow> {
    lanczos.ends().map(|ends| EigenRow {
        step,
        gradient_evaluations,
        train_loss,
        lambda_max: ends.largest,
        lambda_min: ends.smallest,
        residual_max: ends.largest_residual,
        residual_min: ends.smallest_residual,
        products: ends.products,
    })
}
