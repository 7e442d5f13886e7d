//! What lines show, over what, and where its values stand in a run's rows.

use crate::ui::plots::chart::axes::Spacing;
use crate::ui::state::effort::Effort;
use crate::ui::state::history::History;
use crate::ui::state::rows::{Evaluated, Row, StepPoint};
use crate::ui::state::run_view::{RunState, RunView};

/// What the horizontal axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum XAxis {
    /// Steps.
    #[default]
    Step,
    /// Gradient evaluations, the cost that makes optimisers comparable.
    GradientEvaluations,
    /// Seconds of training.
    Seconds,
    /// Loss on the measured training subset, logarithmic.
    TrainLoss,
}

impl XAxis {
    /// The axes that all charts over the course of a run share.
    pub const LINKED: [Self; 3] = [Self::Step, Self::GradientEvaluations, Self::Seconds];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Step => "Step",
            Self::GradientEvaluations => "Gradient evaluations",
            Self::Seconds => "Training seconds",
            Self::TrainLoss => "Training loss",
        }
    }

    /// Its name at the end of an axis, in small letters.
    #[must_use]
    pub const fn axis_name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::GradientEvaluations => "gradient evaluations",
            Self::Seconds => "seconds of training",
            Self::TrainLoss => "training loss, log",
        }
    }

    /// Where the axis ends that shows all of `runs`.
    #[must_use]
    pub fn end<'a>(self, runs: impl Iterator<Item = &'a RunView>) -> f64 {
        let place = |row: &StepPoint| match self {
            Self::GradientEvaluations => row.gradient_evaluations as f64,
            Self::Seconds => row.train_seconds,
            Self::Step | Self::TrainLoss => row.step as f64,
        };
        // A run that diverged is marked at the step that it has no row of.
        let marked = |run: &RunView| match (self, run.state) {
            (Self::Step, RunState::Diverged { step, .. }) => step as f64,
            _ => 0.0,
        };
        // A followed run has no steps of its own; each counts as one gradient.
        let followed = |run: &RunView| match self {
            Self::Seconds => 0.0,
            _ => {
                if run.is_followed() {
                    run.step() as f64
                } else {
                    0.0
                }
            }
        };
        let end = |run: &RunView| run.steps.last().map_or(0.0, place).max(marked(run)).max(followed(run));
        let last = runs.map(end).fold(0.0, f64::max);
        (1.03 * last).max(if self == Self::Seconds { 0.01 } else { 10.0 })
    }

    /// How its values stand.
    #[must_use]
    pub const fn spacing(self) -> Spacing {
        match self {
            Self::Step | Self::GradientEvaluations => Spacing::Whole,
            Self::Seconds => Spacing::Even,
            Self::TrainLoss => Spacing::Logarithmic,
        }
    }

    /// Whether rows stand on it in their order.
    #[must_use]
    pub const fn ascends(self) -> bool {
        !matches!(self, Self::TrainLoss)
    }

    /// Where a row stands. `clock` is the run's steps, which alone know the time.
    pub fn place<R: Row>(self, row: &R, clock: &[StepPoint]) -> f64 {
        match self {
            Self::Step => row.step() as f64,
            Self::GradientEvaluations => row.gradient_evaluations() as f64,
            Self::Seconds => row.seconds().unwrap_or_else(|| seconds_at(clock, row.step())),
            Self::TrainLoss => row.train_loss().log10(),
        }
    }
}

/// Training seconds at a step: those of its row, or between those of its neighbours.
#[must_use]
pub fn seconds_at(clock: &[StepPoint], step: u64) -> f64 {
    interpolated(clock, step, |row| row.train_seconds)
}

/// Gradient evaluations at a step, in the same way.
#[must_use]
pub fn evaluations_at(clock: &[StepPoint], step: u64) -> f64 {
    interpolated(clock, step, |row| row.gradient_evaluations as f64)
}

fn interpolated(clock: &[StepPoint], step: u64, value: impl Fn(&StepPoint) -> f64) -> f64 {
    let after = clock.partition_point(|row| row.step < step);
    let before = after.checked_sub(1).map_or((0.0, 0.0), |index| (clock[index].step as f64, value(&clock[index])));
    // After the last step the clock stands.
    let Some(next) = clock.get(after) else { return before.1 };
    let width = next.step as f64 - before.0;
    let share = if width > 0.0 { (step as f64 - before.0) / width } else { 1.0 };
    before.1 + share * (value(next) - before.1)
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
    /// Loss of some weights on some examples.
    Loss(Evaluated),
    /// Accuracy of some weights on some examples.
    Accuracy(Evaluated),
    /// Hutchinson trace.
    Trace,
    /// Largest eigenvalue.
    LambdaMax,
    /// Largest eigenvalue up to which the steps are stable.
    Edge,
    /// Smallest eigenvalue.
    LambdaMin,
    /// Lanczos residual of the largest eigenvalue.
    Residual,
    /// Streamed trace.
    StreamedTrace,
    /// Streamed largest eigenvalue.
    StreamedLambdaMax,
    /// Streamed smallest eigenvalue.
    StreamedLambdaMin,
    /// Residual of the streamed largest eigenvalue.
    StreamedResidual,
    /// The PAC-Bayes bound.
    Bound,
    /// α of the bound.
    BoundAlpha,
    /// r of the bound.
    BoundDistance,
}

/// Something to do with the rows that hold a quantity, whatever their kind.
pub trait WithRows {
    /// What it gives.
    type Output;

    /// Does it. The quantity is in lane `lane`.
    fn run<R: Row>(self, rows: &History<R>, lane: usize) -> Self::Output;
}

impl Quantity {
    /// The stream of what it is measured of at single steps.
    #[must_use]
    pub const fn streamed(self) -> Option<Self> {
        match self {
            Self::Trace => Some(Self::StreamedTrace),
            Self::LambdaMax => Some(Self::StreamedLambdaMax),
            Self::LambdaMin => Some(Self::StreamedLambdaMin),
            Self::Residual => Some(Self::StreamedResidual),
            _ => None,
        }
    }

    /// Whether a run streams it.
    #[must_use]
    pub fn is_streamed(self, run: &RunView) -> bool {
        self.streamed().is_some_and(|stream| stream.with_rows(run, HasValues))
    }

    /// Standard errors to each side of a value that its band or bar shows: two of traces, which stand beside each other and are
    /// compared.
    #[must_use]
    pub const fn num_errors(self) -> f64 {
        match self {
            Self::Trace | Self::StreamedTrace | Self::NoiseTrace => 2.0,
            _ => 1.0,
        }
    }

    /// Hands the rows that hold it to `task`.
    pub fn with_rows<W: WithRows>(self, run: &RunView, task: W) -> W::Output {
        match self {
            Self::BatchLoss => task.run(&run.steps, 0),
            Self::PerturbedLoss => task.run(&run.steps, 1),
            Self::NoiseTrace => task.run(&run.steps, StepPoint::NOISE_TRACE),
            Self::Loss(of) => task.run(&run.evals, of.loss_lane()),
            Self::Accuracy(of) => task.run(&run.evals, of.accuracy_lane()),
            Self::Trace => task.run(&run.traces, 0),
            Self::LambdaMax => task.run(&run.eigens, 0),
            Self::Edge => task.run(&run.steps, StepPoint::EDGE),
            Self::LambdaMin => task.run(&run.eigens, 1),
            Self::Residual => task.run(&run.eigens, 2),
            Self::StreamedTrace => task.run(&run.streamed.traces, 0),
            Self::StreamedLambdaMax => task.run(&run.streamed.eigens, 0),
            Self::StreamedLambdaMin => task.run(&run.streamed.eigens, 1),
            Self::StreamedResidual => task.run(&run.streamed.eigens, 2),
            Self::Bound => task.run(&run.bounds, 0),
            Self::BoundAlpha => task.run(&run.bounds, 1),
            Self::BoundDistance => task.run(&run.bounds, 2),
        }
    }
}

/// Whether there is any value.
pub struct HasValues;

impl WithRows for HasValues {
    type Output = bool;

    fn run<R: Row>(self, rows: &History<R>, lane: usize) -> bool {
        rows.has_values(lane)
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
    /// What was spent on it, where that is told.
    pub effort: Option<Effort>,
    /// Its index in the kept rows.
    pub index: usize,
}

/// Rows with values nearest to a place on an axis.
pub struct Nearest<'a> {
    /// The axis.
    pub axis: XAxis,
    /// The place.
    pub x: f64,
    /// Steps of the run.
    pub clock: &'a [StepPoint],
}

/// Rows looked at for the nearest point where the axis does not ascend.
const MAX_LOOKED_AT: usize = 4096;

impl WithRows for Nearest<'_> {
    type Output = Option<Reading>;

    fn run<R: Row>(self, history: &History<R>, lane: usize) -> Option<Reading> {
        let Self { axis, x, clock } = self;
        let rows = history.rows();
        let distance = |index: &usize| (axis.place(&rows[*index], clock) - x).abs();
        let index = if axis.ascends() {
            let after = rows.partition_point(|row| axis.place(row, clock) < x);
            let near = after.saturating_sub(1)..(after + 1).min(rows.len());
            near.min_by(|a, b| distance(a).total_cmp(&distance(b)))?
        } else {
            let stride = rows.len().div_ceil(MAX_LOOKED_AT).max(1);
            (0..rows.len()).step_by(stride).min_by(|a, b| distance(a).total_cmp(&distance(b)))?
        };
        let row = &rows[index];
        Some(Reading { step: row.step(), value: row.lane(lane), stderr: row.stderr(lane), effort: row.effort(), index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_between_steps_is_interpolated() {
        let point = |step: u64, train_seconds: f64| StepPoint {
            step,
            gradient_evaluations: 2 * step,
            train_seconds,
            batch_loss: 1.0,
            perturbed_loss: 1.0,
            noise_trace: 1.0,
            noise_stderr: 0.1,
            edge: 20.0,
        };
        let clock = [point(10, 1.0), point(20, 3.0)];
        for (step, seconds) in [(0, 0.0), (5, 0.5), (10, 1.0), (15, 2.0), (20, 3.0), (99, 3.0)] {
            assert_eq!(seconds_at(&clock, step), seconds, "step {step}");
        }
        assert_eq!(evaluations_at(&clock, 15), 30.0);
        assert_eq!(seconds_at(&[], 7), 0.0);
    }
}
