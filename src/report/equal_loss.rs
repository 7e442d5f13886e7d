//! Curvature at equal training loss: the fair reading of a comparison under cross-entropy.
//!
//! The Hessian of a fitted network vanishes with its loss, so the run that has converged further looks flatter. Here
//! every run is read where its training loss last fell through the same value, the greatest of the final ones, which
//! all have reached. Between two measured points the curvature is interpolated over the logarithm of the loss.

use crate::config::OptimizerKind;

use super::results::{CompareResult, RunResult};

/// What each run had when it reached the same training loss.
#[derive(Debug, Clone, PartialEq)]
pub struct EqualLoss {
    /// The training loss.
    pub train_loss: f64,
    /// Optimiser, trace and λmax of each run, in the order of the comparison.
    pub runs: Vec<(OptimizerKind, f64, f64)>,
}

/// A point at which a run's curvature was measured.
#[derive(Debug, Clone, Copy)]
struct Point {
    train_loss: f64,
    trace: f64,
    lambda_max: f64,
}

/// Reads all runs that did not diverge at equal training loss; `None` where there are fewer than two, or where their
/// losses have no common value that is above zero.
#[must_use]
pub fn at_equal_loss(result: &CompareResult) -> Option<EqualLoss> {
    let runs: Vec<&RunResult> = result.runs.iter().filter(|run| run.diverged_at.is_none()).collect();
    let train_loss = runs.iter().map(|run| run.train_loss).fold(f64::NEG_INFINITY, f64::max);
    if runs.len() < 2 || !train_loss.is_finite() || train_loss <= 0.0 {
        return None;
    }
    let read = |run: &&RunResult| read_at(&points(run), train_loss).map(|(trace, top)| (run.optimizer, trace, top));
    let runs: Vec<_> = runs.iter().map(read).collect::<Option<_>>()?;
    Some(EqualLoss { train_loss, runs })
}

fn points(run: &RunResult) -> Vec<Point> {
    let measured = run.curves.iter().filter_map(|row| {
        Some(Point { train_loss: row.eval.train_loss, trace: row.trace?.mean, lambda_max: row.lambda_max? })
    });
    measured.filter(|point| point.train_loss > 0.0 && point.trace.is_finite() && point.lambda_max.is_finite()).collect()
}

/// Trace and λmax where the loss last fell through `train_loss`.
fn read_at(points: &[Point], train_loss: f64) -> Option<(f64, f64)> {
    let fall = last_fall(points.iter().copied(), |point| point.train_loss, train_loss)?;
    Some((fall.between(|point| point.trace), fall.between(|point| point.lambda_max)))
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
        Point { train_loss, trace, lambda_max: trace / 2.0 }
    }

    #[test]
    fn a_curvature_that_follows_the_log_of_the_loss_is_read_exactly() {
        let points = [1.0, 0.1, 0.01, 0.001].map(|loss: f64| point(loss, 10.0 + loss.log10()));
        for loss in [0.3, 0.01, 0.002] {
            let (trace, top) = read_at(&points, loss).unwrap();
            let expected = 10.0 + loss.log10();
            assert!((trace - expected).abs() < 1e-12 && (top - expected / 2.0).abs() < 1e-12, "{loss}: {trace}");
        }
    }

    #[test]
    fn the_last_fall_counts_and_a_loss_that_was_never_reached_is_none() {
        let points = [point(1.0, 1.0), point(0.1, 2.0), point(0.5, 3.0), point(0.1, 4.0)];
        assert_eq!(read_at(&points, 0.1), Some((4.0, 2.0)));
        assert_eq!(read_at(&points, 0.01), None);
    }
}
