//! The picture of a slice: its cells with all that is drawn on them, renewed while the runs move on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::landscape::{Path, Plane, SliceLevel};
use crate::model::to_host;
use crate::protocol::{AveragePoint, Examples, LossGrid, PathPoint, RunId, SliceCaption, SliceView};
use crate::train::Run;

use super::average::AverageMark;
use super::cuts::Cut;
use super::slice::Slice;

/// Time between two renewals of what moves on a picture.
const RENEWAL: Duration = Duration::from_millis(250);
/// Noise samples on a picture at most.
const MOST_SAMPLES: usize = 128;
/// Numbers in those samples at most.
const MOST_NUMBERS: usize = 1 << 20;

/// Where a run stands.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Mark {
    pub run: RunId,
    pub step: u64,
    /// On these examples.
    pub loss: f64,
    pub examples: Examples,
    pub host: Arc<Vec<f64>>,
}

impl Mark {
    pub fn of(id: RunId, run: &Run, examples: Examples) -> Self {
        let loss = to_host(run.objective(examples).losses(run.weights().clone()))[0];
        Self { run: id, step: run.steps(), loss, examples, host: Arc::new(to_host(run.weights().clone())) }
    }
}

/// σ√d, the length of a run's noise as its knobs are now; `None` for methods that have no noise of one known σ.
pub(in crate::engine) fn noise_length(run: &Run) -> Option<f64> {
    let dimension = run.weights().dims()[1] as f64;
    run.optimizer().spec().has_noise.then(|| run.sigma() * dimension.sqrt())
}

/// What is drawn on a slice besides its cells.
pub(in crate::engine) struct Scene<'a> {
    pub path: &'a Path,
    /// The run itself.
    pub own: &'a Mark,
    /// All other runs.
    pub others: &'a [Mark],
    /// The average of the run's weights, where it keeps one.
    pub average: Option<AverageMark>,
    /// σ√d of the run, see [`noise_length`].
    pub noise: Option<f64>,
    /// Changes with every step of any run, and with every turn of a knob.
    pub revision: u64,
}

/// The newest picture of a run's slice and what it was cut from.
#[derive(Debug)]
pub(in crate::engine) struct Shown {
    pub cut: Cut,
    pub is_finest: bool,
    /// When the run left the step of the centre.
    left: Option<Instant>,
    view: SliceView,
    center_loss: f64,
    pub(super) caption: SliceCaption,
    ascent: Option<[f64; 2]>,
    samples: Vec<[f64; 2]>,
    /// Cells as they were shown last.
    cells: crate::protocol::SliceGrid,
    /// When it was shown last, and at which revision.
    renewed: Option<(Instant, u64)>,
}

impl Shown {
    pub(super) fn of(slice: &Slice, level: &SliceLevel, view: SliceView) -> Self {
        let (run, plane) = (&slice.center.run, &slice.plane.plane);
        Self {
            caption: plane.caption(slice.words.clone()),
            ascent: run.ascent_on_host().map(|ascent| plane.project(&wide(&ascent)).0),
            samples: samples(run, plane),
            cut: slice.cut(),
            is_finest: level.finest && !slice.is_cut,
            left: slice.left,
            view,
            center_loss: slice.center_loss,
            cells: level.grid.clone(),
            renewed: None,
        }
    }

    /// Says of the same picture that another view shows it.
    pub(super) fn set_view(&mut self, view: SliceView) {
        self.view = view;
        self.renewed = None;
    }

    /// The examples whose loss it shows.
    pub const fn examples(&self) -> Examples {
        self.view.examples
    }

    /// The run leaves a step.
    pub(super) fn leave(&mut self, step: u64) {
        if step == self.cut.tag().step {
            self.left.get_or_insert_with(Instant::now);
        }
    }

    /// How long ago the run left the step of the centre.
    pub(super) fn behind(&self) -> Duration {
        self.left.map_or(Duration::ZERO, |left| left.elapsed())
    }

    /// Whether what moves on the picture has moved, and it is time to show that.
    pub fn is_due(&self, revision: u64) -> bool {
        self.renewed.is_none_or(|(when, seen)| seen != revision && when.elapsed() >= RENEWAL)
    }

    /// The picture as it is now.
    pub fn picture(&mut self, scene: &Scene) -> LossGrid {
        self.renewed = Some((Instant::now(), scene.revision));
        let (plane, center) = (&self.cut.plane.plane, &self.cut.center.host);
        let tag = self.cut.tag();
        let place_of = |mark: &Mark| place(plane, center, &mark.host, (mark.step, mark.loss));
        LossGrid {
            run: scene.own.run,
            step: tag.step,
            generation: tag.generation,
            x: self.cells.x.clone(),
            y: self.cells.y.clone(),
            loss: self.cells.loss.clone(),
            masked: self.cells.masked(),
            center_loss: self.center_loss,
            path: scene.path.project(plane, center, self.view.examples),
            caption: self.caption.clone(),
            ascent: self.ascent,
            noise_radius: scene.noise.map(|length| plane.norms().map(|norm| length / norm)),
            samples: self.samples.clone(),
            accuracy: self.cells.accuracy.clone(),
            position: Some(place_of(scene.own)),
            others: scene.others.iter().map(|mark| (mark.run, place_of(mark))).collect(),
            average: scene.average.as_ref().map(|mark| AveragePoint {
                of: mark.of,
                point: place(plane, center, &mark.host, (mark.step, mark.loss)),
            }),
            view: self.view,
        }
    }
}

/// Where weights of a step with a loss stand on a plane through `center`.
fn place(plane: &Plane, center: &[f64], weights: &[f64], (step, loss): (u64, f64)) -> PathPoint {
    let offset: Vec<f64> = weights.iter().zip(center).map(|(w, c)| w - c).collect();
    let ([x, y], distance) = plane.project(&offset);
    PathPoint { step, x, y, loss, distance }
}

/// The last step's noise samples on a plane.
fn samples(run: &Run, plane: &Plane) -> Vec<[f64; 2]> {
    let most = MOST_SAMPLES.min((MOST_NUMBERS / plane.dimension().max(1)).max(2));
    run.noise_on_host(most).iter().map(|sample| plane.project(sample).0).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
