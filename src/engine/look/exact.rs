//! The exact points of one run's curves: trace with all its probes, ends of the spectrum with all their products, and the traces
//! of the tensors where they are asked for, all at one step.
//!
//! At rest there is one where the run stands. While it trains there are some over its budget, evenly spaced: each is of the
//! first step in its part of the budget that is caught, of its very first where training waits for them.

use crate::curvature::{Lanczos, LayerTraces, TraceEstimate};
use crate::model::{Objective, to_host};
use crate::protocol::LayerTraceRow;
use crate::train::Run;

use super::rows::{Seen, eigen_row, trace_row};

/// Exact points over a run's budget.
const POINTS: u64 = 25;
/// Probes of the traces of the tensors.
const LAYER_PROBES: usize = 8;

/// What a point measures now.
#[expect(clippy::large_enum_variant, reason = "a run has one of them, in a box")]
enum Work {
    Trace(TraceEstimate),
    Eigen(Lanczos),
    Layers(LayerTraces),
}

/// A point on its way.
struct Point {
    run: Run,
    /// The loss that curvature is measured on.
    objective: Objective,
    train_loss: f64,
    work: Work,
}

/// The exact points of one run.
pub(super) struct Exact {
    pub layer_traces: bool,
    point: Option<Box<Point>>,
    /// Steps at which trace and spectrum, and the traces of the tensors, are measured.
    curved: Option<u64>,
    layered: Option<u64>,
    /// The part of the budget that has its point.
    part: Option<u64>,
    points: u64,
    warm_start: Option<Vec<f64>>,
    /// The vectors at the upper and the lower end that the newest solve found, with their step, until they are taken.
    pub vectors: Option<(u64, [Vec<f64>; 2])>,
}

impl Exact {
    pub const fn new(layer_traces: bool) -> Self {
        Self {
            layer_traces,
            point: None,
            curved: None,
            layered: None,
            part: None,
            points: 0,
            warm_start: None,
            vectors: None,
        }
    }

    /// Whether points also have the traces of the tensors.
    pub fn set_layer_traces(&mut self, on: bool) {
        self.layer_traces = on;
        if !on && self.point.as_ref().is_some_and(|point| matches!(point.work, Work::Layers(_))) {
            self.point = None;
        }
    }

    /// Drops what is under way and what counts as measured.
    pub fn restart(&mut self) {
        self.point = None;
        self.curved = None;
        self.layered = None;
        self.part = None;
        self.vectors = None;
    }

    /// Whether there is anything to measure that is not measured yet, for a run that moves or rests.
    pub fn needs(&self, run: &Run, moves: bool) -> bool {
        let step = Some(run.steps());
        let is_open = || self.curved != step || (self.layer_traces && self.layered != step);
        self.point.is_some() || (is_open() && (!moves || self.is_due(run)))
    }

    /// Whether a run stands in a part of its budget that has no point yet.
    fn is_due(&self, run: &Run) -> bool {
        self.part.is_none_or(|part| part < part_of(run))
    }

    /// Whether a point of the very step where a run stands is due or under way.
    pub fn is_awaited(&self, run: &Run) -> bool {
        let is_here = |point: &Point| point.run.steps() == run.steps();
        match &self.point {
            Some(point) if is_here(point) => true,
            _ => self.is_due(run) && self.curved != Some(run.steps()),
        }
    }

    /// One unit.
    pub fn advance(&mut self, run: &Run) -> Option<Seen> {
        let Some(mut point) = self.point.take() else {
            self.begin(run);
            return None;
        };
        let is_done = match &mut point.work {
            Work::Trace(trace) => trace.advance(&point.objective),
            Work::Eigen(lanczos) => lanczos.advance(&point.objective),
            Work::Layers(traces) => traces.advance(&point.objective),
        };
        if is_done {
            return self.finish(point);
        }
        self.point = Some(point);
        None
    }

    /// Tells what a part of a point found, and goes on with the next.
    fn finish(&mut self, mut point: Box<Point>) -> Option<Seen> {
        let run = &point.run;
        let (step, spent, look) = (run.steps(), run.gradient_evaluations(), &run.task().experiment.look);
        match &point.work {
            Work::Trace(trace) => {
                let row = trace_row(step, spent, point.train_loss, trace);
                let warm = self.warm_start.as_deref();
                point.work = Work::Eigen(Lanczos::new(run.weights().clone(), look.lanczos_steps, warm, look.seed));
                self.point = Some(point);
                Some(Seen::Trace(row))
            }
            Work::Eigen(lanczos) => {
                let row = eigen_row(step, spent, point.train_loss, lanczos);
                self.warm_start = lanczos.ends().map(|ends| ends.warm_start);
                self.vectors = ends_of(lanczos).map(|vectors| (step, vectors));
                self.curved = Some(step);
                if let Some(work) = self.next(run) {
                    self.point = Some(Box::new(Point { work, ..*point }));
                }
                row.map(Seen::Eigen)
            }
            Work::Layers(traces) => {
                self.layered = Some(step);
                let layers = traces.result().into_iter().map(|(_, estimate)| estimate).collect();
                Some(Seen::Layers(LayerTraceRow { step, gradient_evaluations: spent, layers }))
            }
        }
    }

    fn begin(&mut self, run: &Run) {
        self.points += 1;
        self.part = Some(part_of(run));
        if let Some(work) = self.next(run) {
            let objective = run.measured();
            let train_loss = to_host(objective.losses(run.weights().clone()))[0];
            self.point = Some(Box::new(Point { run: run.snapshot(), objective, train_loss, work }));
        }
    }

    /// What is not measured yet at the step of a run.
    fn next(&self, run: &Run) -> Option<Work> {
        let look = &run.task().experiment.look;
        let (step, weights) = (Some(run.steps()), run.weights().clone());
        if self.curved != step {
            return Some(Work::Trace(TraceEstimate::new(weights, look.trace_probes, look.seed, self.points)));
        }
        let seed = look.seed.wrapping_add(self.points);
        (self.layer_traces && self.layered != step).then(|| Work::Layers(LayerTraces::new(weights, LAYER_PROBES, seed)))
    }
}

/// The part of its budget that a run stands in, by the gradient evaluations that it has spent.
fn part_of(run: &Run) -> u64 {
    let budget = u128::from(run.task().experiment.budget.max(1));
    let part = u128::from(run.gradient_evaluations()) * u128::from(POINTS) / budget;
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// The vectors at both ends of a solve.
fn ends_of(lanczos: &Lanczos) -> Option<[Vec<f64>; 2]> {
    let mut spectrum = lanczos.spectrum(1, true);
    Some([spectrum.largest.pop()?.vector?, spectrum.smallest.pop()?.vector?])
}
