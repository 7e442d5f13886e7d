//! From a run's rows to the points of a line, computed again only when rows, axis or view changed.

use std::cell::Cell;
use std::collections::HashMap;

use egui_plot::PlotPoint;

use crate::protocol::{EigenRow, EvalRow, RunId, TraceRow};
use crate::ui::history::{History, decimate};
use crate::ui::run_view::{RunView, StepPoint};

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum XAxis {
    /// Steps.
    #[default]
    Step,
    /// Gradient evaluations, the cost that makes optimisers comparable.
    GradientEvaluations,
    /// Loss on the measured training subset, logarithmic.
    TrainLoss,
}

/// What a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Loss of the step's batch at the clean weights.
    BatchLoss,
    /// Loss of the step's batch at the perturbed weights.
    PerturbedLoss,
    /// Trace from noise pairs.
    NoiseTrace,
    /// Loss on the measured training subset.
    TrainLoss,
    /// Loss on the test set.
    TestLoss,
    /// Accuracy on the measured training subset.
    TrainAccuracy,
    /// Accuracy on the test set.
    TestAccuracy,
    /// Hutchinson trace.
    Trace,
    /// Largest eigenvalue.
    LambdaMax,
    /// Smallest eigenvalue.
    LambdaMin,
    /// Lanczos residual of the largest eigenvalue.
    Residual,
}

/// A row that lines are drawn from.
trait Row: Copy {
    fn place(&self) -> (u64, u64);
    fn train_loss(&self) -> f64;
    fn value(&self, quantity: Quantity) -> f64;
    fn stderr(&self) -> f64 {
        0.0
    }

    fn x(&self, axis: XAxis) -> f64 {
        match axis {
            XAxis::Step => self.place().0 as f64,
            XAxis::GradientEvaluations => self.place().1 as f64,
            XAxis::TrainLoss => self.train_loss().log10(),
        }
    }
}

impl Row for StepPoint {
    fn place(&self) -> (u64, u64) {
        (self.step, self.gradient_evaluations)
    }
    fn train_loss(&self) -> f64 {
        self.batch_loss
    }
    fn value(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::BatchLoss => self.batch_loss,
            Quantity::PerturbedLoss => self.perturbed_loss,
            Quantity::NoiseTrace => self.noise_trace,
            _ => f64::NAN,
        }
    }
}

impl Row for EvalRow {
    fn place(&self) -> (u64, u64) {
        (self.step, self.gradient_evaluations)
    }
    fn train_loss(&self) -> f64 {
        self.train_loss
    }
    fn value(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::TrainLoss => self.train_loss,
            Quantity::TestLoss => self.test_loss,
            Quantity::TrainAccuracy => self.train_accuracy,
            Quantity::TestAccuracy => self.test_accuracy,
            _ => f64::NAN,
        }
    }
}

impl Row for TraceRow {
    fn place(&self) -> (u64, u64) {
        (self.step, self.gradient_evaluations)
    }
    fn train_loss(&self) -> f64 {
        self.train_loss
    }
    fn value(&self, _quantity: Quantity) -> f64 {
        self.mean
    }
    fn stderr(&self) -> f64 {
        self.stderr
    }
}

impl Row for EigenRow {
    fn place(&self) -> (u64, u64) {
        (self.step, self.gradient_evaluations)
    }
    fn train_loss(&self) -> f64 {
        self.train_loss
    }
    fn value(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::LambdaMax => self.lambda_max,
            Quantity::LambdaMin => self.lambda_min,
            Quantity::Residual => self.residual_max,
            _ => f64::NAN,
        }
    }
}

/// A value under the pointer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Step of the row.
    pub step: u64,
    /// Its value.
    pub value: f64,
    /// Its standard error; 0 where it has none.
    pub stderr: f64,
}

/// Names a line in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineKey {
    /// The run.
    pub run: RunId,
    /// What it shows.
    pub quantity: Quantity,
    /// Over what.
    pub axis: XAxis,
    /// Whether its values are logarithms.
    pub is_log: bool,
}

/// What part of a line is drawn, and how finely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineView {
    /// The part of the horizontal axis that is seen; `None` for all.
    pub range: Option<[f64; 2]>,
    /// Number of buckets that rows are reduced to.
    pub buckets: usize,
}

/// The points of a line, on the axes of its chart.
#[derive(Debug, Default)]
pub struct LineData {
    stamp: Option<(u64, LineView)>,
    /// Points in the order of the steps.
    pub points: Vec<PlotPoint>,
    /// x and the ends of mean ± standard error, where the rows have one.
    pub band: [Vec<f64>; 3],
    /// Values of 0 and below that a logarithmic axis cannot show.
    pub left_out: usize,
}

/// The points of all lines that were drawn.
#[derive(Debug, Default)]
pub struct LineCache {
    lines: HashMap<LineKey, LineData>,
}

impl LineCache {
    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Brings a line up to date.
    pub fn update(&mut self, run: &RunView, key: LineKey, view: LineView) {
        let line = self.lines.entry(key).or_default();
        match key.quantity {
            Quantity::BatchLoss | Quantity::PerturbedLoss | Quantity::NoiseTrace => {
                line.update(&run.steps, key, view);
            }
            Quantity::TrainLoss | Quantity::TestLoss | Quantity::TrainAccuracy | Quantity::TestAccuracy => {
                line.update(&run.evals, key, view);
            }
            Quantity::Trace => {
                line.update(&run.traces, key, view);
                line.update_band(run.traces.rows(), key);
            }
            Quantity::LambdaMax | Quantity::LambdaMin | Quantity::Residual => line.update(&run.eigens, key, view),
        }
    }

    /// A line that was brought up to date.
    #[must_use]
    pub fn line(&self, key: LineKey) -> Option<&LineData> {
        self.lines.get(&key)
    }
}

impl LineData {
    fn update<R: Row>(&mut self, history: &History<R>, key: LineKey, view: LineView) {
        let stamp = Some((history.seen(), view));
        if self.stamp == stamp {
            return;
        }
        self.stamp = stamp;
        let rows = seen_rows(history.rows(), key.axis, view.range);
        let left_out = Cell::new(0);
        let point = |row: &R| {
            let value = row.value(key.quantity);
            if key.is_log && value <= 0.0 {
                left_out.set(left_out.get() + 1);
            }
            PlotPoint::new(row.x(key.axis), on_axis(value, key.is_log))
        };
        decimate(rows, view.buckets, point, &mut self.points);
        self.left_out = left_out.get();
    }

    fn update_band<R: Row>(&mut self, rows: &[R], key: LineKey) {
        if rows.is_empty() || key.axis == XAxis::TrainLoss {
            self.band = Default::default();
            return;
        }
        let [xs, lows, highs] = &mut self.band;
        for column in [&mut *xs, &mut *lows, &mut *highs] {
            column.clear();
        }
        for row in rows.iter().step_by(rows.len().div_ceil(400)) {
            let (value, stderr) = (row.value(key.quantity), row.stderr());
            // A band that reaches zero ends at a tenth of the mean on a logarithmic axis.
            let low = if key.is_log { (value - stderr).max(0.1 * value) } else { value - stderr };
            let ends = [row.x(key.axis), on_axis(low, key.is_log), on_axis(value + stderr, key.is_log)];
            if ends.iter().all(|end| end.is_finite()) {
                xs.push(ends[0]);
                lows.push(ends[1]);
                highs.push(ends[2]);
            }
        }
    }
}

fn on_axis(value: f64, is_log: bool) -> f64 {
    if !is_log {
        return value;
    }
    if value > 0.0 { value.log10() } else { f64::NAN }
}

/// The rows within a range of an axis that ascends, with one neighbour at each end.
fn seen_rows<R: Row>(rows: &[R], axis: XAxis, range: Option<[f64; 2]>) -> &[R] {
    let Some([low, high]) = range.filter(|_| axis != XAxis::TrainLoss) else { return rows };
    let start = rows.partition_point(|row| row.x(axis) < low).saturating_sub(1);
    let end = (rows.partition_point(|row| row.x(axis) <= high) + 1).min(rows.len());
    &rows[start.min(end)..end]
}

/// The value of a run nearest to `x` on an axis that ascends.
#[must_use]
pub fn reading(run: &RunView, quantity: Quantity, axis: XAxis, x: f64) -> Option<Reading> {
    match quantity {
        Quantity::BatchLoss | Quantity::PerturbedLoss | Quantity::NoiseTrace => {
            nearest(run.steps.rows(), quantity, axis, x)
        }
        Quantity::TrainLoss | Quantity::TestLoss | Quantity::TrainAccuracy | Quantity::TestAccuracy => {
            nearest(run.evals.rows(), quantity, axis, x)
        }
        Quantity::Trace => nearest(run.traces.rows(), quantity, axis, x),
        Quantity::LambdaMax | Quantity::LambdaMin | Quantity::Residual => nearest(run.eigens.rows(), quantity, axis, x),
    }
}

fn nearest<R: Row>(rows: &[R], quantity: Quantity, axis: XAxis, x: f64) -> Option<Reading> {
    let distance = |row: &&R| (row.x(axis) - x).abs();
    let row = if axis == XAxis::TrainLoss {
        rows.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?
    } else {
        let after = rows.partition_point(|row| row.x(axis) < x);
        let near = &rows[after.saturating_sub(1)..(after + 1).min(rows.len())];
        near.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?
    };
    Some(Reading { step: row.place().0, value: row.value(quantity), stderr: row.stderr() })
}
