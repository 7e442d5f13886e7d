//! What crosses between the engine and its consumers (the window and the command line): plain data only.
//!
//! Consumers send [`Command`]s. The engine sends [`Event`]s, small and in order, and keeps the newest [`LossGrid`]
//! and [`NoiseSnapshot`] of each run in latest-wins slots (`engine::Slots`). No tensor and no widget type appears here.

mod measure;

use std::sync::Arc;

use crate::config::{Experiment, KnobId, Knobs, OptimizerKind};

pub use measure::{
    Curve, Examples, Fact, Findings, FoundChart, FoundSlice, JobEnd, JobId, MeasureRequest, Measurement, PlaneChoice,
};

/// Names a run. Ids are never used twice by one engine, so that events of a closed run can be told apart and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u32);

/// What a consumer asks of the engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ends all runs and starts those of this experiment, paused; answered by [`Event::Started`].
    Load(Box<Experiment>),
    /// Trains all runs.
    Play,
    /// Stops training; measurements go on.
    Pause,
    /// While paused: one step of every run.
    Step,
    /// Restarts all runs from the same initial weights, with the knobs as they are now; answered by [`Event::Started`].
    Reset,
    /// Turns a knob of one run, from its next step on; answered by [`Event::KnobTurned`].
    SetKnob {
        /// The run.
        run: RunId,
        /// The knob.
        knob: KnobId,
        /// Its new value; switches take 1 and 0.
        value: f64,
    },
    /// Sets the share of time that measurements get while runs train, 0 to 1.
    SetLookShare(f64),
    /// Changes what slices show: half-width along both directions, and points a side (odd).
    SetSlice {
        /// Half-width in units of the directions.
        range: f64,
        /// Points a side.
        resolution: usize,
    },
    /// Measures something on the weights of a run as they are now; answered by [`Event::Measuring`] and
    /// [`Event::Measured`]. What is asked for later waits for what was asked for before.
    Measure {
        /// Names the job; used once.
        job: JobId,
        /// The run.
        run: RunId,
        /// What, and on what.
        request: Box<MeasureRequest>,
    },
    /// Ends a job early; what it found by then is told in [`Event::Measured`].
    CancelMeasure(JobId),
    /// Ends the engine thread.
    Shutdown,
}

/// What the engine tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The device is ready.
    Device {
        /// Name of the device for the status line, such as "CPU (Flex), 2 threads".
        name: String,
        /// Why another device than asked for runs, in one sentence.
        notice: Option<String>,
    },
    /// Work that takes long before its first result, such as compiling GPU kernels.
    WarmingUp(String),
    /// New runs exist and all earlier ones are gone.
    Started {
        /// The experiment they belong to.
        experiment: Arc<Experiment>,
        /// Trainable parameters of the model.
        num_parameters: usize,
        /// The runs in the order in which they are shown.
        runs: Vec<RunInfo>,
    },
    /// Training goes on or pauses.
    Playing(bool),
    /// Steps of one run, in order.
    Steps {
        /// The run.
        run: RunId,
        /// One row a step.
        rows: Vec<StepRow>,
    },
    /// Train and test loss and accuracy at a step.
    Evaluated {
        /// The run.
        run: RunId,
        /// The figures.
        row: EvalRow,
    },
    /// A Hutchinson trace is complete.
    Trace {
        /// The run.
        run: RunId,
        /// The figures.
        row: TraceRow,
    },
    /// A Lanczos solve is complete.
    Eigen {
        /// The run.
        run: RunId,
        /// The figures.
        row: EigenRow,
    },
    /// A knob was turned.
    KnobTurned {
        /// The run.
        run: RunId,
        /// What, when, from and to.
        edit: KnobEdit,
    },
    /// A run has spent its budget.
    Finished {
        /// The run.
        run: RunId,
    },
    /// The loss or a weight became NaN or infinite. The run stands at its last good step and trains no further.
    Diverged {
        /// The run.
        run: RunId,
        /// The step whose result was thrown away.
        step: u64,
        /// The step at which the run stands.
        last_good_step: u64,
    },
    /// Something that the user should know and that stops nothing.
    Warning(String),
    /// The engine failed; the last good state stays on screen. It answers [`Command::Load`] and [`Command::Reset`].
    Failed(String),
    /// How far a job is, some times a second.
    Measuring {
        /// The job.
        job: JobId,
        /// Steps that its run had done when its weights were taken.
        step: u64,
        /// How far it is.
        progress: Progress,
    },
    /// A job has ended.
    Measured {
        /// The job.
        job: JobId,
        /// Steps that its run had done when its weights were taken.
        step: u64,
        /// The objective in words, with its examples.
        objective: String,
        /// How it ended.
        end: JobEnd,
        /// What it found by then.
        findings: Box<Findings>,
    },
    /// How fast it goes, about four times a second.
    Speed {
        /// Steps a second, all runs together.
        steps_per_second: f64,
    },
}

/// A run as a consumer first hears of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInfo {
    /// Its id.
    pub run: RunId,
    /// Its optimiser.
    pub optimizer: OptimizerKind,
    /// Its seed.
    pub seed: u64,
    /// Its knobs at step 0.
    pub knobs: Knobs,
}

/// One training step. The losses are of the step's batch, without weight decay, at the weights before the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRow {
    /// Steps done, this one included; the first is 1.
    pub step: u64,
    /// Gradient evaluations spent, this step included.
    pub gradient_evaluations: u64,
    /// Seconds of training time spent on this run.
    pub train_seconds: f64,
    /// Loss of the batch at the clean weights.
    pub batch_loss: f64,
    /// Mean loss of the batch at the perturbed weights (SAM's w + ε, NSO's w ± U); the clean loss for SGD.
    pub perturbed_loss: f64,
    /// Euclidean norm of the gradient that the optimiser returned.
    pub gradient_norm: f64,
    /// Learning rate after the schedule.
    pub learning_rate: f64,
    /// NSO: what the step's noise samples said.
    pub noise: Option<NoiseRow>,
}

/// What the noise samples of one NSO step say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseRow {
    /// σ of the step, after the schedule.
    pub sigma: f64,
    /// The σ knob at the step, before the schedule.
    pub base_sigma: f64,
    /// Samples of the step.
    pub k: usize,
    /// Mean over the step's pairs of the even part (L(w+U) + L(w−U))/2 − L(w); NaN for one-point noise.
    pub even_mean: f64,
    /// Mean over the step's pairs of the squared odd part (L(w+U) − L(w−U))/2; NaN for one-point noise.
    pub odd_square: f64,
    /// Mean over the step's samples of the one-point gap L(w+U) − L(w).
    pub gap_mean: f64,
}

/// Loss and accuracy at a step, on the training subset that everything is measured on and on the test set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvalRow {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub gradient_evaluations: u64,
    /// Loss on the measured training subset.
    pub train_loss: f64,
    /// Accuracy on the measured training subset, 0 to 1.
    pub train_accuracy: f64,
    /// Loss on the test set.
    pub test_loss: f64,
    /// Accuracy on the test set, 0 to 1.
    pub test_accuracy: f64,
    /// ‖w‖ over all parameters.
    pub weight_norm: f64,
}

/// A Hutchinson estimate of Tr ∇²L on the measured training subset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Loss on the measured subset at those weights.
    pub train_loss: f64,
    /// Mean over the probes.
    pub mean: f64,
    /// Standard error of the mean.
    pub stderr: f64,
    /// Number of probes.
    pub probes: usize,
}

/// The ends of the Hessian's spectrum on the measured training subset, by Lanczos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EigenRow {
    /// Step of the weights.
    pub step: u64,
    /// Gradient evaluations spent at that step.
    pub gradient_evaluations: u64,
    /// Loss on the measured subset at those weights.
    pub train_loss: f64,
    /// Largest eigenvalue.
    pub lambda_max: f64,
    /// Smallest eigenvalue.
    pub lambda_min: f64,
    /// Residual ‖Hv − λv‖ of the largest.
    pub residual_max: f64,
    /// Residual of the smallest.
    pub residual_min: f64,
    /// Hessian-vector products spent.
    pub products: usize,
}

/// One turn of a knob, as the journal keeps it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KnobEdit {
    /// Steps done when it was turned; the next step is the first with the new value.
    pub step: u64,
    /// The knob.
    pub knob: KnobId,
    /// Value before.
    pub old: f64,
    /// Value after.
    pub new: f64,
}

/// A slice of the loss through the current weights, and the run's path projected on it.
#[derive(Debug, Clone, PartialEq)]
pub struct LossGrid {
    /// The run.
    pub run: RunId,
    /// Step of the weights at the centre.
    pub step: u64,
    /// Coordinates along the first direction, ascending, 0 in the middle.
    pub x: Vec<f64>,
    /// Coordinates along the second direction, ascending, 0 in the middle.
    pub y: Vec<f64>,
    /// Losses, row per y: `loss[j * x.len() + i]` belongs to `(x[i], y[j])`. NaN or infinite cells are masked.
    pub loss: Vec<f64>,
    /// Number of cells that are NaN or infinite.
    pub masked: usize,
    /// The loss at the centre, equal to the run's loss at `step`.
    pub center_loss: f64,
    /// The run's earlier weights, projected.
    pub path: Vec<PathPoint>,
    /// Words for the caption: objective, subset, normalisation, seed of the directions.
    pub caption: SliceCaption,
    /// SAM: the ascent step ε of the last step, projected on the plane.
    pub ascent: Option<[f64; 2]>,
    /// NSO: radius σ√d of the noise, measured along each direction (σ√d divided by the direction's norm).
    pub noise_radius: Option<[f64; 2]>,
}

/// What a picture of a slice must say.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceCaption {
    /// Objective, such as "cross-entropy, mean over 300 training examples".
    pub objective: String,
    /// Normalisation, such as "random plane, filter-normalised to the initial weights".
    pub directions: String,
    /// Seed of the directions, where they are random.
    pub seed: Option<u64>,
    /// Angle between the two directions in degrees.
    pub angle_degrees: f64,
    /// Norms of the two directions: absolute distance = coordinate × norm.
    pub norms: [f64; 2],
}

/// One point of a path on a slice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathPoint {
    /// Step of the weights.
    pub step: u64,
    /// Coordinate along the first direction.
    pub x: f64,
    /// Coordinate along the second direction.
    pub y: f64,
    /// The weights' true loss, not the loss at (x, y).
    pub loss: f64,
    /// Distance of the weights from the plane.
    pub distance: f64,
}

/// The noise samples of the last steps of an NSO run.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSnapshot {
    /// The run.
    pub run: RunId,
    /// The newest step in it.
    pub step: u64,
    /// The steps it spans, from the oldest sample to the newest.
    pub num_steps: u64,
    /// σ of the newest step. Where a schedule moves σ, the samples of earlier steps have their own.
    pub sigma: f64,
    /// One-point gaps L(w+U) − L(w), and L(w−U) − L(w) for two-point noise, of the window of samples.
    pub gaps: Vec<f32>,
    /// Odd parts of the pairs in the window.
    pub odd: Vec<f32>,
    /// Even parts of the pairs in the window.
    pub even: Vec<f32>,
    /// Share of variance that the two-point pair removes: Var a/(Var a + Var e).
    pub variance_removed: f64,
    /// Trace from the window's pairs, 2·mean(e)/σ².
    pub trace: Estimate,
    /// Trace of each parameter tensor from the window's pairs, ⟨Uₗ, (g⁺−g⁻)ₗ⟩/(2σ²), in the order of the model.
    pub layer_traces: Vec<(String, Estimate)>,
}

/// How far a measurement is, in units of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
}

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean.
    pub stderr: f64,
    /// Samples.
    pub samples: usize,
}

impl Estimate {
    /// Mean of independent values and its standard error, √(s²/n) with s² dividing by n − 1; NaN where there are too few
    /// values.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let stderr = if values.len() > 1 { (variance / n).sqrt() } else { f64::NAN };
        Self { mean: if values.is_empty() { f64::NAN } else { mean }, stderr, samples: values.len() }
    }

    /// The estimate of `factor` times the figure.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { mean: factor * self.mean, stderr: factor.abs() * self.stderr, samples: self.samples }
    }

    /// How many standard errors `self` and `other` are apart, where their errors are independent.
    #[must_use]
    pub fn errors_apart(self, other: Self) -> f64 {
        (self.mean - other.mean).abs() / self.stderr.hypot(other.stderr)
    }
}

/// Losses over a grid of coordinates: a slice without the words about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SliceGrid {
    /// Coordinates along the first direction, ascending.
    pub x: Vec<f64>,
    /// Coordinates along the second direction, ascending.
    pub y: Vec<f64>,
    /// Losses, row per y: `loss[j * x.len() + i]` belongs to `(x[i], y[j])`. NaN or infinite cells are masked.
    pub loss: Vec<f64>,
    /// Accuracies, 0 to 1, in the order of the losses, where they were asked for.
    pub accuracy: Option<Vec<f64>>,
}

impl SliceGrid {
    /// Number of cells whose loss is NaN or infinite.
    #[must_use]
    pub fn masked(&self) -> usize {
        self.loss.iter().filter(|loss| !loss.is_finite()).count()
    }

    /// The losses, row by row.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.loss.chunks(self.x.len().max(1))
    }

    /// The loss at (0, 0), where that is one of the points.
    #[must_use]
    pub fn center(&self) -> Option<f64> {
        let zero = |axis: &[f64]| axis.iter().position(|&value| value == 0.0);
        self.loss.get(zero(&self.y)? * self.x.len() + zero(&self.x)?).copied()
    }

    /// Least and greatest finite loss of all `grids`, so that they can share one colour scale; `None` where no cell is
    /// finite.
    #[must_use]
    pub fn shared_limits<'a>(grids: impl IntoIterator<Item = &'a Self>) -> Option<[f64; 2]> {
        let losses = grids.into_iter().flat_map(|grid| &grid.loss).copied().filter(|loss| loss.is_finite());
        losses.fold(None, |limits, loss| {
            let [low, high] = limits.unwrap_or([loss, loss]);
            Some([low.min(loss), high.max(loss)])
        })
    }
}
