//! What the charts need of each kind of row: where it stands, its values, and its error.

use super::effort::Effort;
use crate::protocol::{AverageRow, EvalRow, Outcome};

/// A row of a run. Its values stand in lanes, so that a history can keep the least and the greatest of each.
pub trait Row: Copy {
    /// Number of values.
    const LANES: usize;

    /// Steps done.
    fn step(&self) -> u64;

    /// Value of a lane.
    fn lane(&self, lane: usize) -> f64;

    /// Gradient evaluations spent.
    fn gradient_evaluations(&self) -> u64;

    /// Training seconds, where the row itself knows them.
    fn seconds(&self) -> Option<f64> {
        None
    }

    /// Loss on the measured training subset; NaN where the row has none.
    fn train_loss(&self) -> f64 {
        f64::NAN
    }

    /// Whether a value has a standard error.
    fn has_error(_lane: usize) -> bool {
        false
    }

    /// Standard error of a value; 0 where it has none.
    fn stderr(&self, _lane: usize) -> f64 {
        0.0
    }

    /// What was spent on it, where that is told.
    fn effort(&self) -> Option<Effort> {
        None
    }
}

/// What is kept of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepPoint {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Seconds of training; never falls from one step to the next.
    pub train_seconds: f64,
    /// Loss of the batch at the clean weights.
    pub batch_loss: f64,
    /// Loss of the batch at the perturbed weights.
    pub perturbed_loss: f64,
    /// Trace from noise pairs, a mean over about 50 steps; NaN without pairs.
    pub noise_trace: f32,
    /// Standard error of that mean, from the spread between the steps.
    pub noise_stderr: f32,
    /// λmax up to which a step like this one is stable; NaN where there is no such number.
    pub edge: f32,
}

impl StepPoint {
    /// The lane of the trace from noise pairs.
    pub const NOISE_TRACE: usize = 2;
    /// The lane of the edge of stability.
    pub const EDGE: usize = 3;
}

impl Row for StepPoint {
    const LANES: usize = 4;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.batch_loss, self.perturbed_loss, f64::from(self.noise_trace), f64::from(self.edge)][lane]
    }

    fn has_error(lane: usize) -> bool {
        lane == Self::NOISE_TRACE
    }

    fn stderr(&self, lane: usize) -> f64 {
        if lane == Self::NOISE_TRACE { f64::from(self.noise_stderr) } else { 0.0 }
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn seconds(&self) -> Option<f64> {
        Some(self.train_seconds)
    }
}

/// What an evaluation may be of, each with a loss and an accuracy: two lanes, the loss first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evaluated {
    /// The weights on the measured training subset.
    Train,
    /// The weights on the test set.
    Test,
    /// The weights on the validation examples.
    Validation,
    /// The average of the weights on the measured training subset.
    AverageTrain,
    /// The average of the weights on the test set.
    AverageTest,
    /// The average of the weights on the validation examples.
    AverageValidation,
}

impl Evaluated {
    const ALL: [Self; 6] =
        [Self::Train, Self::Test, Self::Validation, Self::AverageTrain, Self::AverageTest, Self::AverageValidation];

    /// Whether a run need not have it.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        !matches!(self, Self::Train | Self::Test)
    }

    /// The lane of its loss.
    #[must_use]
    pub const fn loss_lane(self) -> usize {
        2 * self as usize
    }

    /// The lane of its accuracy.
    #[must_use]
    pub const fn accuracy_lane(self) -> usize {
        2 * self as usize + 1
    }

    fn of(self, row: &EvalRow) -> Option<Outcome> {
        let at_average = |outcome: fn(AverageRow) -> Option<Outcome>| row.average.and_then(outcome);
        match self {
            Self::Train => Some(Outcome { loss: row.train_loss, accuracy: row.train_accuracy }),
            Self::Test => Some(Outcome { loss: row.test_loss, accuracy: row.test_accuracy }),
            Self::Validation => row.validation,
            Self::AverageTrain => at_average(|average| Some(average.train)),
            Self::AverageTest => at_average(|average| Some(average.test)),
            Self::AverageValidation => at_average(|average| average.validation),
        }
    }
}

impl Row for EvalRow {
    const LANES: usize = 2 * Evaluated::ALL.len();

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        let nothing = Outcome { loss: f64::NAN, accuracy: f64::NAN };
        let Outcome { loss, accuracy } = Evaluated::ALL[lane / 2].of(self).unwrap_or(nothing);
        if lane.is_multiple_of(2) { loss } else { accuracy }
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn train_loss(&self) -> f64 {
        self.train_loss
    }
}

/// The bound of a run at a step, as a measurement found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundRow {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// C·√(α r²/n) with α over examples.
    pub bound: f64,
    /// α, the greatest trace of an example's loss.
    pub alpha: f64,
    /// Its standard error.
    pub alpha_stderr: f64,
    /// r = ‖w − w₀‖.
    pub distance: f64,
    /// n, the number of examples.
    pub num_examples: f64,
    /// C, as it was asked for.
    pub constant: f64,
}

impl Row for BoundRow {
    const LANES: usize = 3;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.bound, self.alpha, self.distance][lane]
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn has_error(lane: usize) -> bool {
        lane < 2
    }

    fn stderr(&self, lane: usize) -> f64 {
        // To first order, the error of a root is half as large as a share.
        let shares = [0.5 * self.bound / self.alpha, 1.0, 0.0];
        if shares[lane].is_finite() { self.alpha_stderr * shares[lane] } else { 0.0 }
    }
}

/// How fast training was at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeedPoint {
    /// Seconds since the runs started.
    pub seconds: f64,
    /// Steps a second, all runs together.
    pub steps_per_second: f64,
}

impl Row for SpeedPoint {
    const LANES: usize = 1;

    fn step(&self) -> u64 {
        self.seconds as u64
    }

    fn lane(&self, _lane: usize) -> f64 {
        self.steps_per_second
    }

    fn gradient_evaluations(&self) -> u64 {
        0
    }

    fn seconds(&self) -> Option<f64> {
        Some(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_of_an_evaluation_has_a_lane_of_its_own() {
        let outcome = |loss: f64| Outcome { loss, accuracy: loss + 0.5 };
        let average =
            AverageRow { train: outcome(4.0), validation: Some(outcome(6.0)), test: outcome(5.0), averaged: 2 };
        let row = EvalRow {
            step: 1,
            gradient_evaluations: 1,
            train_loss: 1.0,
            train_accuracy: 1.5,
            test_loss: 2.0,
            test_accuracy: 2.5,
            weight_norm: 1.0,
            validation: Some(outcome(3.0)),
            average: Some(average),
        };
        for (number, of) in (1..).zip(Evaluated::ALL) {
            let lanes = [of.loss_lane(), of.accuracy_lane()].map(|lane| row.lane(lane));
            assert_eq!(lanes, [f64::from(number), f64::from(number) + 0.5], "{of:?}");
        }
        let bare = EvalRow { validation: None, average: None, ..row };
        assert!((4..EvalRow::LANES).all(|lane| bare.lane(lane).is_nan()));
    }
}
