//! The headless comparison: every optimiser and seed to the same number of gradient evaluations.

mod pace;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::config::{ConfigError, DeviceChoice, Experiment, Knobs, LookConfig, OptimizerKind};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Checkpoint, Path, PlaneError, filter_normalised_plane};
use crate::protocol::{EigenRow, EvalRow, Examples, LossGrid, RunId, SliceView, StepRow, TraceRow};
use crate::session::weights::WeightsError;
use crate::train::{Prepared, Run, TaskError};

use self::pace::{Curvature, Pace, Planned, Unit};
use super::forecast::Forecast;
use super::look::{CutPlane, Look, Mark, Scene, Seen, eigen_row, noise_length, trace_row};
use super::open_device;
use super::units::Units;
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
    /// How often trace and eigenvalues are measured along each run, from its start on; at its end they are too. `None`
    /// measures them nowhere.
    pub curvature: Option<u64>,
}

impl CompareOptions {
    /// [`Self::curvature`] where nobody has chosen.
    pub const DEFAULT_CURVATURE: u64 = 16;
}

/// What a comparison tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CompareNews<'a> {
    /// How the file of the data was read, one line each.
    Notes(&'a [String]),
    /// How long it will take, before anything long begins.
    Forecast(Forecast),
    /// How far it is.
    Progress(CompareProgress<'a>),
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
    /// "warming up", "training", "measuring curvature" or "cutting the slice".
    pub phase: &'a str,
    /// Gradient evaluations of the run a second of training; NaN before the first step.
    pub per_second: f64,
    /// The share of the whole comparison's time that is over, from 0 to 1.
    pub share: f64,
    /// Seconds that the whole comparison has left.
    pub seconds_left: f64,
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
    /// Weights that were read before cannot be read any more.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// It would take more memory than there is.
    #[error(
        "it would take about {needed} of memory, expected at most {there}, which this machine has; fewer eigenvalues or no \
         density take less, and so does a smaller network"
    )]
    TooLarge {
        /// In words.
        needed: String,
        /// In words.
        there: String,
    },
    /// The user stopped it.
    #[error("stopped before the end")]
    Cancelled,
}

impl EngineError {
    /// Whether the user's input is at fault, so that the exit code is 2.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Task(_) | Self::Plane(_) | Self::Weights(_) | Self::TooLarge { .. })
    }
}

/// Least number of probes of the final trace.
const FINAL_PROBES: usize = 128;

/// Trains every optimiser with every seed and measures each run along its way and at its end.
///
/// # Errors
/// [`EngineError`] when the input is bad, the device fails, or `cancel` was set.
pub fn compare(
    options: &CompareOptions,
    progress: &mut dyn FnMut(CompareNews),
    cancel: &AtomicBool,
) -> Result<CompareResult, EngineError> {
    // Everything that can be wrong with the input is found before the first device is opened.
    let knobs = options.optimizers.iter().map(|&optimizer| options.experiment.knobs(optimizer));
    let knobs = knobs.collect::<Result<Vec<Knobs>, _>>()?;
    let experiment = Arc::new(options.experiment.clone());
    let prepared = Prepared::new(Arc::clone(&experiment))?;
    progress(CompareNews::Notes(&prepared.notes()));

    let device = open_device(options.device).map_err(EngineError::Device)?;
    let planned = planned(options, &knobs);
    let curvature = options.curvature_of();
    // The data are read once: all seeds have the same examples.
    let first = Arc::new(prepared.task(experiment.seed, device.compute.clone()));
    drop(prepared);
    let firsts = pace::firsts(&first, &options.optimizers, &knobs);
    let pace = Pace::of_trying(&first, &firsts, &planned, curvature);
    drop(firsts);
    progress(CompareNews::Forecast(pace.forecast()));
    let mut watch = Watch { pace, progress, cancel };
    let mut runs = Vec::new();
    for (run, index) in planned.iter().zip((0..options.seeds).cycle()) {
        let task = Arc::new(first.with_seed(experiment.seed + index));
        watch.pace.begin(run, &task, curvature);
        let own = Run::new(task, options.optimizers[run.optimizer], knobs[run.optimizer].clone());
        runs.push(Recorder::new(own, curvature).record(run.with_slice, &mut watch)?);
        watch.pace.end();
    }
    Ok(CompareResult { device: device.name, notice: device.notice, runs })
}

impl CompareOptions {
    fn curvature_of(&self) -> Curvature {
        let probes = self.experiment.look.trace_probes.max(FINAL_PROBES);
        Curvature { along: self.curvature, final_probes: probes }
    }
}

/// All runs in their order: seeds ascend within each optimizer, and the first has a slice.
fn planned(options: &CompareOptions, knobs: &[Knobs]) -> Vec<Planned> {
    let of = |(optimizer, (&kind, knobs)): (usize, (&OptimizerKind, &Knobs))| {
        let step_cost = knobs.gradient_evaluations(kind);
        (0..options.seeds).map(move |index| Planned { optimizer, step_cost, with_slice: index == 0 })
    };
    options.optimizers.iter().zip(knobs).enumerate().flat_map(of).collect()
}

/// The clock of a comparison, whom it tells, and whether it shall stop.
struct Watch<'a> {
    pace: Pace,
    progress: &'a mut dyn FnMut(CompareNews),
    cancel: &'a AtomicBool,
}

impl Watch<'_> {
    fn check(&self) -> Result<(), EngineError> {
        if self.cancel.load(Ordering::Relaxed) { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// Does some work and counts it.
    fn time<T>(&mut self, unit: Unit, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.pace.count(unit, begun.elapsed(), 1.0);
        done
    }
}

/// A run whose history is kept.
struct Recorder {
    run: Run,
    curvature: Curvature,
    curves: Vec<CurveRow>,
    /// Ends of the spectrum where they were measured last.
    eigen: Option<EigenRow>,
    /// Curvature points so far.
    measured: u64,
    started: Instant,
}

impl Recorder {
    fn new(run: Run, curvature: Curvature) -> Self {
        Self { run, curvature, curves: Vec::new(), eigen: None, measured: 0, started: Instant::now() }
    }

    fn record(mut self, with_grid: bool, watch: &mut Watch) -> Result<RunResult, EngineError> {
        let mut path = Path::default();
        self.tell("warming up", watch);
        self.note(None, &mut path, false, watch)?;
        let mut last = None;
        while !self.run.budget_is_spent() {
            watch.check()?;
            let Ok(row) = watch.time(Unit::Step, || self.run.step()) else { break };
            last = Some(row);
            if row.step.is_multiple_of(self.look().eval_every) {
                self.note(last, &mut path, false, watch)?;
            }
            self.tell("training", watch);
        }
        self.note(last, &mut path, true, watch)?;
        let grid = with_grid.then(|| {
            self.tell("cutting the slice", watch);
            watch.time(Unit::Slice, || final_grid(&self.run, &path))
        });
        Ok(self.finish(grid))
    }

    fn look(&self) -> &LookConfig {
        &self.run.task().experiment.look
    }

    fn tell(&self, phase: &str, watch: &mut Watch) {
        let (spent, seconds) = (self.run.gradient_evaluations(), self.run.train_seconds());
        (watch.progress)(CompareNews::Progress(CompareProgress {
            optimizer: self.run.optimizer(),
            seed: self.run.task().seed,
            spent,
            budget: self.run.task().experiment.budget,
            phase,
            per_second: if seconds > 0.0 { spent as f64 / seconds } else { f64::NAN },
            share: watch.pace.share(),
            seconds_left: watch.pace.seconds_left(),
            train_loss: self.curves.last().map_or(f64::NAN, |row| row.eval.train_loss),
        }));
    }

    /// Evaluates the run where it stands, and measures its curvature where a point of that is due or it is the end.
    fn note(
        &mut self,
        last: Option<StepRow>,
        path: &mut Path,
        is_end: bool,
        watch: &mut Watch,
    ) -> Result<(), EngineError> {
        if is_end && self.curves.last().is_some_and(|row| row.step == self.run.steps()) {
            self.curves.pop();
        }
        let eval = watch.time(Unit::Evaluation, || self.run.evaluate());
        self.run.note_validation(&eval);
        path.offer(|| Checkpoint::new(&eval, self.run.weights_on_host()));
        let budget = self.run.task().experiment.budget;
        let times = self.curvature.along.filter(|times| *times > 0);
        let is_due = times.is_some_and(|times| eval.gradient_evaluations * times >= self.measured * budget);
        let is_measured = is_due || (is_end && self.curvature.along.is_some());
        let probes = if is_end { self.curvature.final_probes } else { self.look().trace_probes };
        let (trace, eigen) = if is_measured {
            (Some(self.trace(&eval, probes, watch)?), self.eigen(&eval, watch)?)
        } else {
            (None, None)
        };
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
        Ok(())
    }

    fn trace(&self, eval: &EvalRow, probes: usize, watch: &mut Watch) -> Result<TraceRow, EngineError> {
        let job = TraceEstimate::new(self.run.weights().clone(), probes, self.look().seed, eval.step);
        let job = self.measure(Unit::Probe, job, watch)?;
        Ok(trace_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job))
    }

    fn eigen(&self, eval: &EvalRow, watch: &mut Watch) -> Result<Option<EigenRow>, EngineError> {
        let look = self.look();
        let job = Lanczos::new(self.run.weights().clone(), look.lanczos_steps, None, look.seed);
        let job = self.measure(Unit::Product, job, watch)?;
        Ok(eigen_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job))
    }

    /// Does a measurement to its end.
    fn measure<T: Units>(&self, unit: Unit, mut job: T, watch: &mut Watch) -> Result<T, EngineError> {
        let measured = self.run.measured();
        loop {
            watch.check()?;
            let (begun, before) = (Instant::now(), job.progress().done);
            let is_complete = job.advance(&measured);
            let done = job.progress().done.saturating_sub(before);
            watch.pace.count(unit, begun.elapsed(), done as f64);
            self.tell("measuring curvature", watch);
            if is_complete {
                return Ok(job);
            }
        }
    }

    fn finish(self, grid: Option<LossGrid>) -> RunResult {
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

/// Where a Hessian-vector product was NaN or infinite, or none was made.
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
