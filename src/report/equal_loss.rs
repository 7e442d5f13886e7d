//! Curvature at equal training loss: the fair reading of a comparison under cross-entropy.
//!
//! The Hessian of a fitted network vanishes with its loss, so the run that has converged further looks flatter. Here
//! every run is read where its training loss last fell through the same value: the lowest that all have reached where their
//! curvature was measured. Between two measured points everything is interpolated over the logarithm of the loss.

use crate::config::OptimizerKind;

use super::results::{CompareResult, RunResult};

/// What each run had when it reached the same training loss.
#[derive(Debug, Clone, PartialEq)]
pub struct EqualLoss {
    /// The training loss.
    pub train_loss: f64,
    /// Each run that did not diverge, in the order of the comparison.
    pub runs: Vec<EqualRun>,
}

/// One run at the common training loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualRun {
    /// Its optimiser.
    pub optimizer: OptimizerKind,
    /// Its seed.
    pub seed: u64,
    /// What it had there; `None` where it was below that loss from its first point on.
    pub reading: Option<EqualReading>,
}

/// What a run had between two measured points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualReading {
    /// The steps of the two points.
    pub between: [u64; 2],
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the test set.
    pub test_accuracy: f64,
    /// Trace of the Hessian.
    pub trace: f64,
    /// Largest eigenvalue.
    pub lambda_max: f64,
}

/// A point at which a run's curvature was measured.
#[derive(Debug, Clone, Copy)]
struct Point {
    step: u64,
    train_loss: f64,
    test_loss: f64,
    test_accuracy: f64,
    trace: f64,
    lambda_max: f64,
}

/// Reads all runs that did not diverge at equal training loss; `None` where there are fewer than two, where their losses have
/// no common value that is above zero, or where no run can be read at it.
#[must_use]
pub fn at_equal_loss(result: &CompareResult) -> Option<EqualLoss> {
    let train_loss = common_loss(result.runs.iter())?;
    let read =
        |run: &RunResult| EqualRun { optimizer: run.optimizer, seed: run.seed, reading: reading_at(run, train_loss) };
    let runs: Vec<EqualRun> = result.runs.iter().filter(|run| run.diverged_at.is_none()).map(read).collect();
    runs.iter().any(|run| run.reading.is_some()).then_some(EqualLoss { train_loss, runs })
}

/// The lowest training loss that all of these runs have reached where their curvature was measured, of those that did not
/// diverge; `None` where there are fewer than two, or no such loss above zero.
pub fn common_loss<'r>(runs: impl Iterator<Item = &'r RunResult>) -> Option<f64> {
    let least = |run: &RunResult| points(run).iter().map(|point| point.train_loss).fold(f64::INFINITY, f64::min);
    let least: Vec<f64> = runs.filter(|run| run.diverged_at.is_none()).map(least).collect();
    let train_loss = least.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least.len() >= 2 && train_loss.is_finite()).then_some(train_loss)
}

/// What a run had where its training loss last fell through this one; `None` where it never did.
#[must_use]
pub fn reading_at(run: &RunResult, train_loss: f64) -> Option<EqualReading> {
    read_at(&points(run), train_loss)
}

fn points(run: &RunResult) -> Vec<Point> {
    let measured = run.curves.iter().filter_map(|row| {
        Some(Point {
            step: row.step,
            train_loss: row.eval.train_loss,
            test_loss: row.eval.test_loss,
            test_accuracy: row.eval.test_accuracy,
            trace: row.trace?.mean,
            lambda_max: row.lambda_max?,
        })
    });
    measured.filter(|point| point.train_loss > 0.0 && point.trace.is_finite() && point.lambda_max.is_finite()).collect()
}

/// A run where its loss last fell through `train_loss`.
fn read_at(points: &[Point], train_loss: f64) -> Option<EqualReading> {
    let fall = last_fall(points.iter().copied(), |point| point.train_loss, train_loss)?;
    Some(EqualReading {
        between: [fall.from.step, fall.to.step],
        test_loss: fall.between(|point| point.test_loss),
        test_accuracy: fall.between(|point| point.test_accuracy),
        trace: fall.between(|point| point.trace),
        lambda_max: fall.between(|point| point.lambda_max),
    })
}

/// Two points that follow each other, and a loss between theirs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fall<T> {
    /// The point before, with a greater loss.
    pub from: T,
    /// The point after, with a loss that is not greater.
    pub to: T,
    /// Where between them the loss stands, by its logarithm: 0 at `from`, 1 at `to`.
    pub share: f64,
}

impl<T> Fall<T> {
    /// A value between those of the two points.
    pub fn between(&self, value: impl Fn(&T) -> f64) -> f64 {
        let (from, to) = (value(&self.from), value(&self.to));
        from + self.share * (to - from)
    }
}

/// Where `loss` last fell through `level` along `points`. Points whose loss is not finite or not above 0 are passed over.
pub fn last_fall<T: Copy>(
    points: impl DoubleEndedIterator<Item = T>,
    loss: impl Fn(&T) -> f64,
    level: f64,
) -> Option<Fall<T>> {
    let mut after: Option<T> = None;
    for from in points.rev().filter(|point| loss(point) > 0.0 && loss(point).is_finite()) {
        if let Some(to) = after.filter(|to| loss(&from) > level && loss(to) <= level) {
            let share = (loss(&from) / level).ln() / (loss(&from) / loss(&to)).ln();
            return Some(Fall { from, to, share });
        }
        after = Some(from);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(train_loss: f64, trace: f64) -> Point {
        let (test_loss, test_accuracy) = (2.0 * trace, 0.1 * trace);
        Point { step: 7, train_loss, test_loss, test_accuracy, trace, lambda_max: trace / 2.0 }
    }

    #[test]
    fn a_curvature_that_follows_the_log_of_the_loss_is_read_exactly() {
        let points = [1.0, 0.1, 0.01, 0.001].map(|loss: f64| point(loss, 10.0 + loss.log10()));
        for loss in [0.3, 0.01, 0.002] {
            let EqualReading { trace, lambda_max: top, test_loss, .. } = read_at(&points, loss).unwrap();
            let expected = 10.0 + loss.log10();
            assert!((trace - expected).abs() < 1e-12 && (top - expected / 2.0).abs() < 1e-12, "{loss}: {trace}");
            assert!((test_loss - 2.0 * expected).abs() < 1e-12, "{loss}: {test_loss}");
        }
    }

    #[test]
    fn the_last_fall_counts_and_a_loss_that_was_never_reached_is_none() {
        let points = [point(1.0, 1.0), point(0.1, 2.0), point(0.5, 3.0), point(0.1, 4.0)];
        let read = |level: f64| read_at(&points, level).map(|found| (found.trace, found.lambda_max));
        assert_eq!(read(0.1), Some((4.0, 2.0)));
        assert_eq!(read(0.01), None);
    }
}
