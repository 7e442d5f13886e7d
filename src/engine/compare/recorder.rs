//! One run of a comparison: trained to the end of its budget, evaluated on its way, and measured at the weights that count.
//!
//! Those are its last, or where `keep` says so those of its best evaluation on validation: losses, trace, eigenvalues, slice
//! and the file of weights then belong to that one step. The average, where a run keeps one, is that of its last step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::config::{AverageKind, KeepRule, LookConfig, Measure, StudyKind};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Checkpoint, Path, filter_normalised_plane};
use crate::protocol::{EigenRow, Examples, LossGrid, RunId, SliceView, StepRow, TraceRow};
use crate::report::kinds::KindFound;
use crate::report::results::{AverageResult, CurveRow, RunResult, RunWeights};
use crate::train::Run;

use super::super::look::{AverageMark, CutPlane, Look, Mark, Scene, Seen, eigen_row, noise_length, trace_row};
use super::super::reproduce::KindJob;
use super::super::units::Units;
use super::super::weights_file::file_of;
use super::costs::{Curvature, Unit};
use super::error::EngineError;
use super::from_rows::{no_eigen, no_trace};
use super::half::Half;
use super::keep::Begun;
use super::log::{RunLog, Standing};
use super::scores::scores;
use super::watch::{Going, Watch};

/// A run whose history is kept.
pub(super) struct Recorder {
    run: Run,
    curvature: Curvature,
    curves: Vec<CurveRow>,
    path: Path,
    /// Its last step.
    last: Option<StepRow>,
    /// Curvature points so far.
    measured: u64,
    started: Instant,
    /// Seconds that it had taken before it was stopped.
    seconds_before: f64,
    log: RunLog,
}

/// What is made of a run beside its figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extras<'a> {
    /// A slice.
    pub slice: bool,
    /// The file of its weights.
    pub weights: bool,
    /// What a study of a special kind measures.
    pub kind: &'a StudyKind,
}

impl Recorder {
    /// A run at its beginning, or where it was stopped.
    pub fn new(begun: Begun, curvature: Curvature) -> Self {
        let Begun { run, half, log } = begun;
        let mut new = Self {
            run,
            curvature,
            curves: Vec::new(),
            path: Path::default(),
            last: None,
            measured: 0,
            started: Instant::now(),
            seconds_before: 0.0,
            log,
        };
        if let Some(Half { last, curves, path, seconds, .. }) = half {
            new.measured = curves.iter().filter(|row| row.trace.is_some()).count() as u64;
            (new.curves, new.path, new.last, new.seconds_before) = (curves, path, Some(last), seconds);
        }
        new
    }

    /// Does it to its end.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] where it shall stop.
    pub fn record(mut self, extras: Extras<'_>, watch: &mut Watch) -> Result<(RunResult, Finished), EngineError> {
        self.tell("warming up", watch);
        if self.curves.is_empty() {
            self.note(extras.slice, watch);
        }
        self.measure_along(watch)?;
        while !self.run.budget_is_spent() {
            watch.check()?;
            let Ok(row) = watch.step(&mut self.run) else { break };
            self.last = Some(row);
            self.log.step(&row);
            if row.step.is_multiple_of(self.look().eval_every) {
                self.note(extras.slice, watch);
                self.offer();
                self.measure_along(watch)?;
            }
            self.offer();
            self.tell("training", watch);
        }
        self.note(extras.slice, watch);
        let (index, kept) = self.kept();
        let run = kept.as_ref().unwrap_or(&self.run);
        let (trace, eigen) = match self.curvature.along {
            Some(_) => self.curvature_at(run, index, self.curvature.final_probes, watch)?,
            None => (None, None),
        };
        let found = self.measure_kind(run, extras.kind, watch)?;
        let grid = extras.slice.then(|| {
            self.tell("cutting the slice", watch);
            watch.time(Unit::Slice, || final_grid(run, &self.path))
        });
        let scores = scores(run, &mut |phase| {
            watch.check()?;
            self.tell(phase, watch);
            Ok(())
        })?;
        let weights = extras.weights.then(|| files(run, &self.run));
        let row = &mut self.curves[index];
        if self.curvature.along.is_some() {
            (row.trace, row.lambda_max, row.lambda_min) =
                (trace, eigen.map(|eigen| eigen.lambda_max), eigen.map(|eigen| eigen.lambda_min));
        }
        let kept_step = kept.is_some().then_some(row.step);
        Ok(self.finish(index, eigen, RunEnd { kept_step, scores, grid, weights, found }))
    }

    fn look(&self) -> &LookConfig {
        &self.run.task().experiment.look
    }

    fn tell(&self, phase: &'static str, watch: &mut Watch) {
        let train_loss = self.curves.last().map_or(f64::NAN, |row| row.eval.train_loss);
        watch.tell(&self.run, Going { phase, attempt: None, train_loss });
    }

    /// Keeps where it stands, where that is due.
    fn offer(&mut self) {
        if let Some(last) = self.last.as_ref().filter(|_| self.log.is_due(&self.run)) {
            let seconds = self.seconds_before + self.started.elapsed().as_secs_f64();
            let standing = Standing { last, seconds, found: None, curves: &self.curves, path: &self.path };
            self.log.save(&self.run, &standing);
        }
    }

    /// Evaluates the run where it stands, unless that is done. Its path is of use for a slice alone.
    fn note(&mut self, with_path: bool, watch: &mut Watch) {
        if self.curves.last().is_some_and(|row| row.step == self.run.steps()) {
            return;
        }
        let eval = watch.time(Unit::Evaluation, || self.run.evaluate());
        self.run.note_validation(&eval);
        if with_path {
            self.path.offer(|| Checkpoint::new(&eval, self.run.weights_on_host()));
        }
        let (noise_trace, last) = (self.run.noise().trace(), self.last);
        let row = CurveRow {
            step: eval.step,
            gradient_evaluations: eval.gradient_evaluations,
            eval,
            batch_loss: last.map_or(f64::NAN, |row| row.batch_loss),
            perturbed_loss: last.map_or(f64::NAN, |row| row.perturbed_loss),
            learning_rate: last.map_or(f64::NAN, |row| row.learning_rate),
            trace: None,
            noise_trace: (noise_trace.samples > 1).then_some(noise_trace),
            lambda_max: None,
            lambda_min: None,
        };
        self.log.evaluated(&row, last.as_ref());
        self.curves.push(row);
    }

    /// Measures the curvature where the run stands and was just evaluated, if a point of that is due.
    fn measure_along(&mut self, watch: &mut Watch) -> Result<(), EngineError> {
        let index = self.curves.len() - 1;
        let (budget, spent) = (self.run.task().experiment.budget, self.curves[index].gradient_evaluations);
        // One that goes on may stand behind its last evaluation, or have measured there already.
        let is_here = self.curves[index].step == self.run.steps() && self.curves[index].trace.is_none();
        let times = self.curvature.along.filter(|times| *times > 0 && is_here);
        if times.is_none_or(|times| spent * times < self.measured * budget) {
            return Ok(());
        }
        self.measured += 1;
        let (trace, eigen) = self.curvature_at(&self.run, index, self.look().trace_probes, watch)?;
        self.log.curved(trace, eigen);
        let row = &mut self.curves[index];
        row.trace = trace;
        row.lambda_max = eigen.map(|eigen| eigen.lambda_max);
        row.lambda_min = eigen.map(|eigen| eigen.lambda_min);
        Ok(())
    }

    /// The weights that count: the place of their evaluation, and the run as it stood there where that is not its end.
    fn kept(&self) -> (usize, Option<Run>) {
        let task = self.run.task();
        let best = self.run.snapshot_at_best().filter(|_| task.experiment.keep == KeepRule::BestValidation);
        let index = best.as_ref().and_then(|best| self.curves.iter().rposition(|row| row.step == best.steps()));
        let Some((best, index)) = best.zip(index) else { return (self.curves.len() - 1, None) };
        (index, Some(best))
    }

    /// Trace and eigenvalues at the weights of `run`, whose evaluation is the one at `index`.
    fn curvature_at(
        &self,
        run: &Run,
        index: usize,
        probes: usize,
        watch: &mut Watch,
    ) -> Result<(Option<TraceRow>, Option<EigenRow>), EngineError> {
        let (eval, look) = (&self.curves[index].eval, self.look());
        let job = TraceEstimate::new(run.weights().clone(), probes, look.seed, eval.step);
        let job = self.measure(run, Unit::Probe, job, watch)?;
        let trace = trace_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job);
        let job = Lanczos::new(run.weights().clone(), look.lanczos_steps, None, look.seed);
        let job = self.measure(run, Unit::Product, job, watch)?;
        Ok((Some(trace), eigen_row(eval.step, eval.gradient_evaluations, eval.train_loss, &job)))
    }

    /// Does a measurement to its end.
    fn measure<T: Units>(&self, run: &Run, unit: Unit, mut job: T, watch: &mut Watch) -> Result<T, EngineError> {
        let measured = run.measured();
        loop {
            watch.check()?;
            let (begun, before) = (Instant::now(), job.progress().done);
            let is_complete = job.advance(&measured);
            let done = job.progress().done.saturating_sub(before);
            watch.count(unit, begun.elapsed(), done as f64);
            self.tell("measuring curvature", watch);
            if is_complete {
                return Ok(job);
            }
        }
    }

    /// What a study of a special kind measures at the weights of `run`.
    fn measure_kind(&self, run: &Run, kind: &StudyKind, watch: &mut Watch) -> Result<Option<KindFound>, EngineError> {
        let Some(mut job) = KindJob::new(kind, run) else { return Ok(None) };
        loop {
            watch.check()?;
            let (begun, before) = (Instant::now(), job.share());
            let is_complete = job.advance();
            watch.count(Unit::Kind, begun.elapsed(), job.share() - before);
            self.tell("measuring what the study asks for", watch);
            if is_complete {
                return Ok(job.found());
            }
        }
    }

    fn finish(self, index: usize, eigen: Option<EigenRow>, end: RunEnd) -> (RunResult, Finished) {
        let eval = self.curves[index].eval;
        let (kind, average) = (self.run.knobs().average, self.curves.last().and_then(|row| row.eval.average));
        let wall_seconds = self.seconds_before + self.started.elapsed().as_secs_f64();
        let result = RunResult {
            optimizer: self.run.optimizer(),
            seed: self.run.task().seed,
            steps: self.run.steps(),
            gradient_evaluations: self.run.gradient_evaluations(),
            kept_step: end.kept_step,
            train_loss: eval.train_loss,
            test_loss: eval.test_loss,
            train_accuracy: eval.train_accuracy,
            test_accuracy: eval.test_accuracy,
            validation: eval.validation,
            average: average.filter(|_| kind != AverageKind::None).map(|row| AverageResult { kind, row }),
            trace: self.curves[index].trace.unwrap_or_else(|| no_trace(&eval)),
            eigen: eigen.unwrap_or_else(|| no_eigen(&eval)),
            scores: end.scores,
            wall_seconds,
            diverged_at: self.run.diverged_at(),
            curves: self.curves,
            grid: end.grid,
            weights: end.weights,
            found: end.found,
        };
        let trace = Some(result.trace).filter(|trace| trace.probes > 0);
        let grid = result.grid.clone();
        (result, Finished { run: self.run, log: self.log, trace, eigen, grid })
    }
}

/// A run behind its end: once its result is kept, so is where it stands.
pub(super) struct Finished {
    run: Run,
    log: RunLog,
    /// What was measured at the weights that count.
    trace: Option<TraceRow>,
    eigen: Option<EigenRow>,
    grid: Option<LossGrid>,
}

impl Finished {
    /// Keeps where it stands. Only now its last curvature: one that goes on counts the points along the way.
    pub fn keep(self) {
        self.log.curved(self.trace, self.eigen);
        if let Some(grid) = self.grid {
            self.log.slice(grid);
        }
        self.log.end(&self.run);
    }
}

/// What is made at the end of a run.
struct RunEnd {
    kept_step: Option<u64>,
    scores: BTreeMap<Measure, f64>,
    grid: Option<LossGrid>,
    weights: Option<RunWeights>,
    found: Option<KindFound>,
}

/// The files of the weights that count, and of the average at the end of the run.
fn files(kept: &Run, run: &Run) -> RunWeights {
    RunWeights { own: file_of(kept), average: run.snapshot_at_average().as_ref().map(file_of) }
}

/// The slice through the weights of a run, with the run's path on it.
fn final_grid(run: &Run, path: &Path) -> LossGrid {
    let task = run.task();
    let LookConfig { range, resolution, seed, .. } = task.experiment.look;
    let plane = filter_normalised_plane(task.network.architecture(), &task.initial, seed);
    let plane = Arc::new(CutPlane { plane, generation: 0 });
    let mut look = Look::new(SliceView { range, resolution, ..SliceView::default() }, false);
    let own = Mark::of(RunId(run.optimizer() as u32), run, Examples::Train);
    let average = AverageMark::of(run, Examples::Train);
    let scene = Scene { path, own: &own, others: &[], average, noise: noise_length(run), revision: 0 };
    loop {
        if let Some(Seen::Level { finest: true }) = look.advance_at_rest(run, &plane)
            && let Some(grid) = look.picture(&scene)
        {
            return grid;
        }
    }
}
