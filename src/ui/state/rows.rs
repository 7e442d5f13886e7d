//! What the charts need of each kind of row: where it stands, its values, and its error.

use crate::protocol::{EigenRow, EvalRow, TraceRow};

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
}

impl StepPoint {
    /// The lane of the trace from noise pairs.
    pub const NOISE_TRACE: usize = 2;
}

impl Row for StepPoint {
    const LANES: usize = 3;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.batch_loss, self.perturbed_loss, f64::from(self.noise_trace)][lane]
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

impl Row for EvalRow {
    const LANES: usize = 4;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.train_loss, self.test_loss, self.train_accuracy, self.test_accuracy][lane]
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn train_loss(&self) -> f64 {
        self.train_loss
    }
}

impl Row for TraceRow {
    const LANES: usize = 1;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, _lane: usize) -> f64 {
        self.mean
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn train_loss(&self) -> f64 {
        self.train_loss
    }

    fn has_error(_lane: usize) -> bool {
        true
    }

    fn stderr(&self, _lane: usize) -> f64 {
        self.stderr
    }
}

impl Row for EigenRow {
    const LANES: usize = 3;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.lambda_max, self.lambda_min, self.residual_max][lane]
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
