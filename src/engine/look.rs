//! The live measurements of one run, in units that keep the engine responsive.
//!
//! A cycle takes a snapshot of the weights and measures it: first the slice, so that there is something to see, then the
//! trace, then the ends of the spectrum. All of a cycle belongs to one step. The next cycle starts from newer weights.

use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;

use crate::config::OptimizerKind;
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Path, Plane, SliceJob, SliceLevel, objective_words};
use crate::model::{Objective, to_host};
use crate::protocol::{EigenRow, Examples, LossGrid, RunId, SliceCaption, SliceView, TraceRow};
use crate::train::{Run, Task};

/// A finest slice that is older than this gives way to coarser ones of newer weights.
const STALE: Duration = Duration::from_secs(1);

/// A slice that takes longer than this is not refined while its run moves on: a coarse one of now says more than a fine
/// one of long ago. When the run rests, it is refined to the end.
const PATIENCE: Duration = Duration::from_millis(700);

/// What a slice shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SliceRequest {
    pub range: f64,
    pub resolution: usize,
}

/// A result of one unit.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Grid(Box<LossGrid>),
    Trace(TraceRow),
    Eigen(EigenRow),
}

/// The weights that a cycle measures.
struct Snapshot {
    step: u64,
    gradient_evaluations: u64,
    train_loss: f64,
    weights: Tensor<2>,
    /// The measured loss with the statistics of batch norm at that step.
    objective: Objective,
    ascent: Option<Vec<f32>>,
    sigma: Option<f64>,
    taken: Instant,
}

enum Job {
    Slice(Box<SliceJob>),
    Trace(TraceEstimate),
    Eigen(Lanczos),
}

/// The measurements of one run.
pub(super) struct Look {
    request: SliceRequest,
    snapshot: Option<Snapshot>,
    job: Option<Job>,
    /// Step and request of the newest complete cycle.
    measured: Option<u64>,
    /// When a finest slice of the present request was shown: while it is fresh, coarser ones would be a step back.
    shown_finest: Option<Instant>,
    cycles: u64,
    warm_start: Option<Vec<f64>>,
}

impl Look {
    pub fn new(request: SliceRequest) -> Self {
        Self { request, snapshot: None, job: None, measured: None, shown_finest: None, cycles: 0, warm_start: None }
    }

    /// Asks for other slices; what is under way for the old request is dropped.
    pub fn set_request(&mut self, request: SliceRequest) {
        if request != self.request {
            *self = Self { cycles: self.cycles, warm_start: self.warm_start.take(), ..Self::new(request) };
        }
    }

    /// Whether there is anything to measure that is not measured yet.
    pub fn has_work(&self, run: &Run) -> bool {
        self.job.is_some() || self.measured != Some(run.steps())
    }

    /// One unit of work.
    pub fn advance(&mut self, id: RunId, run: &Run, plane: &Plane, path: &Path) -> Option<Seen> {
        let task = Arc::clone(run.task());
        let Some(job) = &mut self.job else {
            self.begin(run, plane);
            return None;
        };
        let snapshot = self.snapshot.as_ref()?;
        let look = &task.experiment.look;
        match job {
            Job::Slice(slice) => {
                slice.advance(&snapshot.objective);
                let level = slice.take_level();
                let has_moved_on = run.steps() != snapshot.step && snapshot.taken.elapsed() > PATIENCE;
                if slice.is_complete() || (level.is_some() && has_moved_on) {
                    let probes = look.trace_probes;
                    self.job =
                        Some(Job::Trace(TraceEstimate::new(snapshot.weights.clone(), probes, look.seed, self.cycles)));
                }
                let is_fresh = self.shown_finest.is_some_and(|shown| shown.elapsed() < STALE);
                let level = level.filter(|level| level.finest || !is_fresh)?;
                if level.finest {
                    self.shown_finest = Some(Instant::now());
                }
                Some(Seen::Grid(Box::new(grid(id, run, snapshot, plane, path, level))))
            }
            Job::Trace(trace) => {
                if !trace.advance(&snapshot.objective) {
                    return None;
                }
                let row = trace_row(snapshot.step, snapshot.gradient_evaluations, snapshot.train_loss, trace);
                let warm = self.warm_start.as_deref();
                self.job =
                    Some(Job::Eigen(Lanczos::new(snapshot.weights.clone(), look.lanczos_steps, warm, look.seed)));
                Some(Seen::Trace(row))
            }
            Job::Eigen(lanczos) => {
                if !lanczos.advance(&snapshot.objective) {
                    return None;
                }
                let row = eigen_row(snapshot.step, snapshot.gradient_evaluations, snapshot.train_loss, lanczos);
                self.warm_start = lanczos.ends().map(|ends| ends.warm_start);
                self.measured = Some(snapshot.step);
                self.job = None;
                row.map(Seen::Eigen)
            }
        }
    }

    fn begin(&mut self, run: &Run, plane: &Plane) {
        let task = run.task();
        let weights = run.weights().clone();
        let is_noisy = run.optimizer() == OptimizerKind::Nso;
        let SliceRequest { range, resolution } = self.request;
        let objective = run.measured();
        self.cycles += 1;
        self.job = Some(Job::Slice(Box::new(SliceJob::new(weights.clone(), plane, range, resolution, &task.compute))));
        self.snapshot = Some(Snapshot {
            step: run.steps(),
            gradient_evaluations: run.gradient_evaluations(),
            train_loss: to_host(objective.losses(weights.clone()))[0],
            weights,
            objective,
            ascent: run.ascent_on_host(),
            sigma: is_noisy.then(|| run.sigma()),
            taken: Instant::now(),
        });
    }
}

pub(super) fn trace_row(step: u64, gradient_evaluations: u64, train_loss: f64, trace: &TraceEstimate) -> TraceRow {
    let estimate = trace.estimate();
    TraceRow {
        step,
        gradient_evaluations,
        train_loss,
        mean: estimate.mean,
        stderr: estimate.stderr,
        probes: estimate.samples,
    }
}

pub(super) fn eigen_row(step: u64, gradient_evaluations: u64, train_loss: f64, lanczos: &Lanczos) -> Option<EigenRow> {
    lanczos.ends().map(|ends| EigenRow {
        step,
        gradient_evaluations,
        train_loss,
        lambda_max: ends.largest,
        lambda_min: ends.smallest,
        residual_max: ends.largest_residual,
        residual_min: ends.smallest_residual,
        products: ends.products,
    })
}

fn grid(id: RunId, run: &Run, snapshot: &Snapshot, plane: &Plane, path: &Path, level: SliceLevel) -> LossGrid {
    let center = to_host(snapshot.weights.clone());
    let norms = plane.norms();
    let dimension = center.len() as f64;
    LossGrid {
        samples: Vec::new(),
        accuracy: None,
        position: None,
        others: Vec::new(),
        view: SliceView::default(),
        run: id,
        step: snapshot.step,
        masked: level.grid.masked(),
        center_loss: snapshot.train_loss,
        path: path.project(plane, &center),
        caption: caption(run.task(), plane),
        ascent: snapshot.ascent.as_ref().map(|ascent| plane.project(&wide(ascent)).0),
        noise_radius: snapshot.sigma.map(|sigma| norms.map(|norm| sigma * dimension.sqrt() / norm)),
        x: level.grid.x,
        y: level.grid.y,
        loss: level.grid.loss,
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// What a picture of a slice must say.
pub(super) fn caption(task: &Task, plane: &Plane) -> SliceCaption {
    plane.caption(objective_words(&task.measured, Examples::Train.label()))
}
