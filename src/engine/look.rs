//! The live measurements of one run, in units that keep the engine responsive.
//!
//! A cycle takes a copy of the weights and measures it: first the slice, so that there is something to see, then the
//! trace, then the ends of the spectrum, then the traces of the tensors where they are asked for. All of a cycle belongs
//! to one step, except a slice whose centre stays behind. The next cycle starts from newer weights; what is measured at
//! a step already is not measured again.

mod average;
mod cuts;
mod grid;
mod rows;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::curvature::{Lanczos, LayerTraces, TraceEstimate};
use crate::landscape::{Plane, SliceJob};
use crate::model::{Objective, to_host};
use crate::protocol::{EigenRow, Examples, LayerTraceRow, LossGrid, SliceTag, SliceView, TraceRow};
use crate::train::Run;

pub(super) use average::{AverageMark, LastAverage};
pub(super) use cuts::Cut;
use cuts::Cuts;
use grid::Shown;
pub(super) use grid::{Mark, Scene, noise_length};
pub(super) use rows::{eigen_row, trace_row};

/// A finest slice that is older than this gives way to coarser ones of newer weights.
const STALE: Duration = Duration::from_secs(1);

/// A slice that takes longer than this is not refined while its run moves on: a coarse one of now says more than a fine
/// one of long ago. When the run rests, it is refined to the end.
const PATIENCE: Duration = Duration::from_millis(700);

/// Probes of the traces of the tensors.
const LAYER_PROBES: usize = 8;

/// The plane that slices are cut along; a newer one has a greater generation.
#[derive(Debug)]
pub(super) struct CutPlane {
    pub plane: Plane,
    pub generation: u64,
}

/// A result of one unit.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// A level of a slice is complete; [`Look::picture`] makes a picture of it.
    Level {
        finest: bool,
    },
    Trace(TraceRow),
    Eigen(EigenRow),
    Layers(LayerTraceRow),
}

/// A run as it was, with its weights on the host.
#[derive(Debug)]
pub(super) struct Point {
    pub run: Run,
    pub host: Vec<f64>,
}

impl Point {
    fn of(run: &Run) -> Arc<Self> {
        Arc::new(Self { run: run.snapshot(), host: to_host(run.weights().clone()) })
    }
}

/// A slice on its way.
struct Slice {
    center: Arc<Point>,
    center_loss: f64,
    plane: Arc<CutPlane>,
    objective: Objective,
    job: SliceJob,
    begun: Instant,
}

/// What a cycle does now.
enum Work {
    Slice(Box<Slice>),
    Trace(TraceEstimate),
    Eigen(Lanczos),
    Layers(LayerTraces),
}

/// The weights that a cycle measures, and how far it is.
struct Cycle {
    point: Arc<Point>,
    /// The loss that curvature is measured on.
    objective: Objective,
    train_loss: f64,
    work: Work,
}

/// The measurements of one run.
pub(super) struct Look {
    view: SliceView,
    layer_traces: bool,
    cycle: Option<Cycle>,
    /// The centre of slices that do not follow the run.
    anchor: Option<Arc<Point>>,
    /// The newest picture.
    shown: Option<Shown>,
    /// What earlier pictures were cut from.
    earlier: Cuts,
    /// Step of the centre and generation of the plane of the newest complete slice of the present view.
    sliced: Option<(u64, u64)>,
    /// Steps at which trace and spectrum, and the traces of the tensors, are measured.
    curved: Option<u64>,
    layered: Option<u64>,
    /// When a finest slice of the present view was shown: while it is fresh, coarser ones would be a step back.
    shown_finest: Option<Instant>,
    cycles: u64,
    warm_start: Option<Vec<f64>>,
}

impl Look {
    pub const fn new(view: SliceView, layer_traces: bool) -> Self {
        Self {
            view,
            layer_traces,
            cycle: None,
            anchor: None,
            shown: None,
            earlier: Cuts::new(),
            sliced: None,
            curved: None,
            layered: None,
            shown_finest: None,
            cycles: 0,
            warm_start: None,
        }
    }

    /// Asks for other slices; a slice under way for the old view is dropped.
    pub fn set_view(&mut self, view: SliceView, run: &Run) {
        let before = std::mem::replace(&mut self.view, view);
        if view == before {
            return;
        }
        self.drop_slice();
        if view.follow {
            self.anchor = None;
        } else if before.follow {
            let shown = self.shown.as_ref().map(|shown| Arc::clone(&shown.cut.center));
            self.anchor = Some(shown.unwrap_or_else(|| Point::of(run)));
        }
        let same_picture = SliceView { follow: before.follow, ..view } == before;
        match &mut self.shown {
            // The picture stays, and says that it does.
            Some(shown) if same_picture => {
                shown.set_view(view);
                self.sliced = shown.is_finest.then(|| (shown.cut.tag().step, shown.cut.tag().generation));
            }
            _ => {
                self.sliced = None;
                self.shown_finest = None;
            }
        }
    }

    /// Whether cycles also measure the traces of the tensors.
    pub fn set_layer_traces(&mut self, on: bool) {
        self.layer_traces = on;
        if !on && let Some(Cycle { work: Work::Layers(_), .. }) = &self.cycle {
            self.cycle = None;
        }
    }

    /// Drops what is under way and what counts as measured, but not the picture.
    pub fn restart(&mut self) {
        self.cycle = None;
        self.sliced = None;
        self.curved = None;
        self.layered = None;
    }

    fn drop_slice(&mut self) {
        if let Some(Cycle { work: Work::Slice(_), .. }) = &self.cycle {
            self.cycle = None;
        }
    }

    /// The examples of the newest picture.
    pub fn shown_examples(&self) -> Option<Examples> {
        self.shown.as_ref().map(Shown::examples)
    }

    /// What a slice was cut from.
    ///
    /// # Errors
    /// Why it is not known, in words.
    pub fn cut(&self, tag: SliceTag) -> Result<&Cut, String> {
        let shown = self.shown.as_ref().ok_or_else(|| "that run has no slice yet".to_owned())?;
        let newest = Some(&shown.cut).filter(|cut| cut.tag() == tag);
        newest.or_else(|| self.earlier.find(tag)).ok_or_else(|| {
            format!("the slice of step {} is not kept any more; choose a place on the newest one", tag.step)
        })
    }

    /// Shows a level of a slice, and keeps what the one before was cut from.
    fn show(&mut self, shown: Shown) {
        let tag = shown.cut.tag();
        if let Some(old) = self.shown.replace(shown)
            && old.cut.tag() != tag
        {
            self.earlier.keep(old.cut);
        }
    }

    /// The newest picture as it is now.
    pub fn picture(&mut self, scene: &Scene) -> Option<LossGrid> {
        self.shown.as_mut().map(|shown| shown.picture(scene))
    }

    /// Whether what moves on the newest picture is to be renewed.
    pub fn is_due(&self, revision: u64) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.is_due(revision))
    }

    /// Whether the next unit begins a cycle.
    pub const fn is_between_cycles(&self) -> bool {
        self.cycle.is_none()
    }

    /// Whether there is anything to measure that is not measured yet.
    pub fn has_work(&self, run: &Run, generation: u64) -> bool {
        let step = Some(run.steps());
        self.cycle.is_some()
            || self.curved != step
            || self.needs_slice(run, generation)
            || (self.layer_traces && self.layered != step)
    }

    fn needs_slice(&self, run: &Run, generation: u64) -> bool {
        let center = if self.view.follow { Some(run.steps()) } else { self.anchor.as_ref().map(|at| at.run.steps()) };
        center.is_none() || self.sliced != center.map(|step| (step, generation))
    }

    /// One unit of work.
    pub fn advance(&mut self, run: &Run, plane: &Arc<CutPlane>) -> Option<Seen> {
        let Some(mut cycle) = self.cycle.take() else {
            self.begin(run, plane);
            return None;
        };
        let is_done = match &mut cycle.work {
            Work::Slice(_) => return self.slice_unit(run, cycle),
            Work::Trace(trace) => trace.advance(&cycle.objective),
            Work::Eigen(lanczos) => lanczos.advance(&cycle.objective),
            Work::Layers(traces) => traces.advance(&cycle.objective),
        };
        if is_done {
            return self.finish(cycle);
        }
        self.cycle = Some(cycle);
        None
    }

    /// Tells what a part of a cycle found, and goes on with the next.
    fn finish(&mut self, mut cycle: Cycle) -> Option<Seen> {
        let run = &cycle.point.run;
        let (step, spent, look) = (run.steps(), run.gradient_evaluations(), &run.task().experiment.look);
        match &cycle.work {
            Work::Slice(_) => None,
            Work::Trace(trace) => {
                let row = trace_row(step, spent, cycle.train_loss, trace);
                let warm = self.warm_start.as_deref();
                cycle.work = Work::Eigen(Lanczos::new(run.weights().clone(), look.lanczos_steps, warm, look.seed));
                self.cycle = Some(cycle);
                Some(Seen::Trace(row))
            }
            Work::Eigen(lanczos) => {
                let row = eigen_row(step, spent, cycle.train_loss, lanczos);
                self.warm_start = lanczos.ends().map(|ends| ends.warm_start);
                self.curved = Some(step);
                self.go_on(cycle);
                row.map(Seen::Eigen)
            }
            Work::Layers(traces) => {
                self.layered = Some(step);
                let layers = traces.result().into_iter().map(|(_, estimate)| estimate).collect();
                Some(Seen::Layers(LayerTraceRow { step, gradient_evaluations: spent, layers }))
            }
        }
    }

    fn slice_unit(&mut self, run: &Run, mut cycle: Cycle) -> Option<Seen> {
        let Work::Slice(slice) = &mut cycle.work else { return None };
        slice.job.advance(&slice.objective);
        let level = slice.job.take_level();
        let has_moved_on =
            self.view.follow && run.steps() != slice.center.run.steps() && slice.begun.elapsed() > PATIENCE;
        if slice.job.is_complete() || (level.is_some() && has_moved_on) {
            self.sliced = Some((slice.center.run.steps(), slice.plane.generation));
        }
        let is_fresh = self.shown_finest.is_some_and(|shown| shown.elapsed() < STALE);
        let level = level.filter(|level| level.finest || !is_fresh);
        if let Some(level) = &level {
            self.show(Shown::of(slice, level, self.view));
            if level.finest {
                self.shown_finest = Some(Instant::now());
            }
        }
        if self.sliced == Some((slice.center.run.steps(), slice.plane.generation)) {
            self.go_on(cycle);
        } else {
            self.cycle = Some(cycle);
        }
        level.map(|level| Seen::Level { finest: level.finest })
    }

    fn begin(&mut self, run: &Run, plane: &Arc<CutPlane>) {
        let point = Point::of(run);
        self.cycles += 1;
        let objective = run.measured();
        let train_loss = to_host(objective.losses(run.weights().clone()))[0];
        let work = if self.needs_slice(run, plane.generation) {
            let center = if self.view.follow { &point } else { self.anchor.get_or_insert_with(|| Arc::clone(&point)) };
            let center = Arc::clone(center);
            Some(Work::Slice(Box::new(Slice::new(center, plane, self.view))))
        } else {
            self.curvature(&point.run)
        };
        self.cycle = work.map(|work| Cycle { point, objective, train_loss, work });
    }

    /// Goes on after the slice or after the spectrum with what is not measured yet at the cycle's step.
    fn go_on(&mut self, cycle: Cycle) {
        self.cycle = self.curvature(&cycle.point.run).map(|work| Cycle { work, ..cycle });
    }

    /// What is not measured yet at the step of a run, besides its slice.
    fn curvature(&self, run: &Run) -> Option<Work> {
        let look = &run.task().experiment.look;
        let (step, weights) = (Some(run.steps()), run.weights().clone());
        if self.curved != step {
            return Some(Work::Trace(TraceEstimate::new(weights, look.trace_probes, look.seed, self.cycles)));
        }
        let seed = look.seed.wrapping_add(self.cycles);
        (self.layer_traces && self.layered != step).then(|| Work::Layers(LayerTraces::new(weights, LAYER_PROBES, seed)))
    }
}

impl Slice {
    fn new(center: Arc<Point>, plane: &Arc<CutPlane>, view: SliceView) -> Self {
        let objective = center.run.objective(view.examples);
        let (weights, task) = (center.run.weights(), center.run.task());
        let job = SliceJob::new(weights.clone(), &plane.plane, view.range, view.resolution, &task.compute);
        Self {
            center_loss: to_host(objective.losses(weights.clone()))[0],
            // Values have no accuracy.
            job: if view.accuracy && task.is_classification { job.with_accuracy() } else { job },
            plane: Arc::clone(plane),
            objective,
            begun: Instant::now(),
            center,
        }
    }

    fn cut(&self) -> Cut {
        Cut { center: Arc::clone(&self.center), plane: Arc::clone(&self.plane), objective: self.objective.clone() }
    }
}
