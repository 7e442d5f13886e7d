//! The headless comparison: every optimiser and seed to the same number of gradient evaluations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::config::{ConfigError, DeviceChoice, Experiment, LookConfig, OptimizerKind};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Checkpoint, Path, PlaneError, filter_normalised_plane};
use crate::model::Compute;
use crate::protocol::{EigenRow, EvalRow, Examples, LossGrid, RunId, SliceView, StepRow, TraceRow};
use crate::train::{Run, Task, TaskError};

use super::look::{CutPlane, Look, Mark, Scene, Seen, eigen_row, noise_length, trace_row};
use super::open_device;
pub use crate::report::results::{CompareResult, CurveRow, RunResult};

/// What is to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareOptions {
    /// Data, model, knobs and budget.
    pub experiment: Experiment,
    /// The optimisers, in the order of the table; at least one, each once.
    pub optimizers: Vec<OptimizerKind>,
    /// Number of seeds, at least 1; they count up from the experiment's.
    pub seeds: u64,
    /// The device asked for.
    pub device: DeviceChoice,
}

/// How far a comparison is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareProgress<'a> {
    /// The run's optimiser.
    pub optimizer: OptimizerKind,
    /// The run's seed.
    pub seed: u64,
    /// Gradient evaluations that the run has spent.
    pub spent: u64,
    /// Gradient evaluations that the run may spend.
    pub budget: u64,
    /// "warming up", "training" or "measuring".
    pub phase: &'a str,
    /// The run's training loss as last known; NaN before the first evaluation.
    pub train_loss: f64,
}

/// Why the engine cannot do what it was asked to.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A setting of the experiment is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The settings do not fit together or do not fit the data.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The device cannot be used.
    #[error("{0}")]
    Device(String),
    /// The directions span no plane.
    #[error(transparent)]
    Plane(#[from] PlaneError),
    /// The user stopped it.
    #[error("stopped before the end")]
    Cancelled,
}

impl EngineError {
    /// Whether the user's input is at fault, so that the exit code is 2.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Task(_) | Self::Plane(_))
    }
}

/// Points along each run at which the curvature is measured, the end included.
const CURVATURE_POINTS: u64 = 16;
/// Least number of probes of the final trace.
const FINAL_PROBES: usize = 128;

/// Trains every optimiser with every seed and measures each run along its way and at its end.
///
/// # Errors
/// [`EngineError`] when the input is bad, the device fails, or `cancel` was set.
pub fn compare(
    options: &CompareOptions,
    progress: &mut dyn FnMut(CompareProgress),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    // Everything that can be wrong with the input is found before the first device is opened.
    let knobs = options.optimizers.iter().map(|&optimizer| options.experiment.knobs(optimizer));
    let knobs = knobs.collect::<Result<Vec<_>, _>>()?;
    let experiment = Arc::new(options.experiment.clone());
    Task::new(Arc::clone(&experiment), experiment.seed, Compute::cpu())?;

    let device = open_device(options.device).map_err(EngineError::Device)?;
    let mut runs = Vec::new();
    // The data are read once: all seeds have the same examples.
    let task = Task::new(Arc::clone(&experiment), experiment.seed, device.compute.clone())?;
    for (&optimizer, knobs) in options.optimizers.iter().zip(knobs) {
        for index in 0..options.seeds {
            let task = Arc::new(task.with_seed(experiment.seed + index));
            let run = Run::new(task, optimizer, knobs.clone());
            let with_grid = index == 0;
            let recorder = Recorder { run, curves: Vec::new(), eigen: None, measured: 0, started: Instant::now() };
            runs.push(recorder.record(with_grid, progress, cancel)?);
        }
    }
    Ok(CompareResult { device: device.name, notice: device.notice, runs })
}

/// A run whose history is kept.
struct Recorder {
    run: Run,
    curves: Vec<CurveRow>,
    /// Ends of the spectrum where they were measured last.
    eigen: Option<EigenRow>,
    /// Curvature points so far.
    measured: u64,
    started: Instant,
}

impl Recorder {
    fn record(
        mut self,
        with_grid: bool,
        progress: &mut dyn FnMut(CompareProgress),
        cancel: &AtomicBool,
    ) -> Result<RunResult, EngineError> {
        let mut path = Path::default();
        self.tell("warming up", progress);
        self.note(None, &mut path, false);
        let mut last = None;
        while !self.run.budget_is_spent() {
            if cancel.load(Ordering::Relaxed) {
                return Err(EngineError::Cancelled);
            }
            let Ok(row) = self.run.step() else { break };
            last = Some(row);
            if row.step.is_multiple_of(self.look().eval_every) {
                self.note(last, &mut path, false);
                self.tell("training", progress);
            }
        }
        self.tell("measuring", progress);
        self.note(last, &mut path, true);
        Ok(self.finish(with_grid, &path))
    }

    fn look(&self) -> &LookConfig {
        &self.run.task().experiment.look
    }

    fn tell(&self, phase: &str, progress: &mut dyn FnMut(CompareProgress)) {
        progress(CompareProgress {
            optimizer: self.run.optimizer(),
            seed: self.run.task().seed,
            spent: self.run.gradient_evaluations(),
            budget: self.run.task().experiment.budget,
            phase,
            train_loss: self.curves.last().map_or(f64::NAN, |row| row.eval.train_loss),
        });
    }

    /// Evaluates the run where it stands, and measures its curvature where a point of that is due or it is the end.
    fn note(&mut self, last: Option<StepRow>, path: &mut Path, is_end: bool) {
        if is_end && self.curves.last().is_some_and(|row| row.step == self.run.steps()) {
            self.curves.pop();
        }
        let eval = self.run.evaluate();
        path.offer(|| Checkpoint::new(&eval, self.run.weights_on_host()));
        let budget = self.run.task().experiment.budget;
        let is_due = eval.gradient_evaluations * CURVATURE_POINTS >= self.measured * budget;
        let probes = self.look().trace_probes;
        let trace =
            (is_due || is_end).then(|| self.trace(&eval, if is_end { probes.max(FINAL_PROBES) } else { probes }));
        let eigen = if is_due || is_end { self.eigen(&eval) } else { None };
        self.measured += u64::from(is_due);
        self.eigen = eigen;
        let noise_trace = self.run.noise().trace();
        self.curves.push(CurveRow {
            step: eval.step,
            gradient_evaluations: eval.gradient_evaluations,
            eval,
            batch_loss: last.map_or(f64::NAN, |row| row.batch_loss),
            perturbed_loss: last.map_or(f64::NAN, |row| row.perturbed_loss),
            learning_rate: last.map_or(f64::NAN, |row| row.learning_rate),
            trace,
            noise_trace: (noise_trace.samples > 1).then_some(noise_trace),
            lambda_max: eigen.map(|eigen| eigen.lambda_max),
            lambda_min: eigen.map(|eigen| eigen.lambda_min),
        });
    }

    fn trace(&self, eval: &EvalRow, probes: usize) -> TraceRow {
        let measured = self.run.measured();
        let mut job = TraceEstimate::new(self.run.weights().clone(), probes, self.look().seed, eval.step);
        while !job.advance(&measured) {}
        trace_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job)
    }

    fn eigen(&self, eval: &EvalRow) -> Option<EigenRow> {
        let measured = self.run.measured();
        let look = self.look();
        let mut job = Lanczos::new(self.run.weights().clone(), look.lanczos_steps, None, look.seed);
        while !job.advance(&measured) {}
        eigen_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job)
    }

    fn finish(self, with_grid: bool, path: &Path) -> RunResult {
        let grid = with_grid.then(|| final_grid(&self.run, path));
        let eval = self.run.evaluate();
        let nothing = TraceRow {
            step: eval.step,
            gradient_evaluations: eval.gradient_evaluations,
            train_loss: eval.train_loss,
            mean: f64::NAN,
            stderr: f64::NAN,
            probes: 0,
        };
        RunResult {
            optimizer: self.run.optimizer(),
            seed: self.run.task().seed,
            steps: self.run.steps(),
            gradient_evaluations: self.run.gradient_evaluations(),
            train_loss: eval.train_loss,
            test_loss: eval.test_loss,
            train_accuracy: eval.train_accuracy,
            test_accuracy: eval.test_accuracy,
            trace: self.curves.last().and_then(|row| row.trace).unwrap_or(nothing),
            eigen: self.eigen.unwrap_or_else(|| no_eigen(&eval)),
            wall_seconds: self.started.elapsed().as_secs_f64(),
            diverged_at: self.run.diverged_at(),
            curves: self.curves,
            grid,
        }
    }
}

/// Where a Hessian-vector product was NaN or infinite.
const fn no_eigen(eval: &EvalRow) -> EigenRow {
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

/// The slice through the final weights, with the run's path on it.
fn final_grid(run: &Run, path: &Path) -> LossGrid {
    let task = run.task();
    let LookConfig { range, resolution, seed, .. } = task.experiment.look;
    let plane = filter_normalised_plane(task.network.architecture(), &task.initial, seed);
    let plane = Arc::new(CutPlane { plane, generation: 0 });
    let mut look = Look::new(SliceView { range, resolution, ..SliceView::default() }, false);
    let own = Mark::of(RunId(run.optimizer() as u32), run, Examples::Train);
    let scene = Scene { path, own: &own, others: &[], noise: noise_length(run), revision: 0 };
    loop {
        if let Some(Seen::Level { finest: true }) = look.advance(run, &plane)
            && let Some(grid) = look.picture(&scene)
        {
            return grid;
        }
    }
}
