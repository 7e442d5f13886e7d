//! What a comparison is made of, in units, and what these cost: tried on copies before anything long begins, and measured as
//! they are done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{KeepRule, Knobs, LookConfig, OptimizerKind, StudyKind};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::engine::forecast::Cost;
use crate::engine::reproduce::KindJob;
use crate::landscape::{SliceJob, filter_normalised_plane};
use crate::train::{Run, Task};

/// For so long the first units are tried at most, beyond the one that is under way then.
pub(super) const TRY_FOR: Duration = Duration::from_secs(3);

/// What a comparison is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A gradient evaluation of a step.
    Gradient,
    Evaluation,
    Probe,
    Product,
    /// A whole slice.
    Slice,
    /// All that a study of a special kind measures of a run.
    Kind,
}

/// So many of each unit.
type Amount = [f64; Unit::COUNT];

impl Unit {
    /// How many there are.
    pub const COUNT: usize = 6;
}

/// Probes of a trace at a point along the way and at the end, and how often along the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curvature {
    /// Times along the way; `None` measures no curvature at all.
    pub along: Option<u64>,
    /// Probes of the trace at the end.
    pub final_probes: usize,
}

/// One run or try before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    /// Place of its optimizer in the comparison.
    pub optimizer: usize,
    /// Seeds after the experiment's.
    pub seed: u64,
    /// Gradient evaluations of a step.
    pub step_cost: u64,
    /// Whether it has a slice.
    pub with_slice: bool,
    /// Whether a study of a special kind measures it.
    pub with_kind: bool,
    /// Whether it is a try of tuning, which is judged and not measured.
    pub is_try: bool,
    /// Whether it was done before.
    pub is_done: bool,
    /// Gradient evaluations of it that were spent before.
    pub spent: u64,
}

/// What is left of a run or a try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Work {
    /// Place of its optimizer in the comparison.
    pub optimizer: usize,
    /// Whether it is a try of tuning.
    pub is_try: bool,
    /// Units that are left.
    pub left: Amount,
}

/// What a unit costs.
#[derive(Debug, Clone, Default)]
pub(super) struct Costs {
    /// A gradient evaluation of each optimizer.
    gradients: Vec<Cost>,
    /// The other units, in their order.
    others: [Cost; Unit::COUNT - 1],
}

impl Planned {
    /// All that it consists of.
    pub fn work(&self, task: &Task, curvature: Curvature) -> Work {
        let mut left = if self.is_done { Amount::default() } else { self.amount(task, curvature) };
        // What was half done has as much less of all that goes along with training.
        let share = 1.0 - self.spent as f64 / task.experiment.budget.max(1) as f64;
        for unit in [Unit::Gradient, Unit::Evaluation] {
            left[unit as usize] *= share.max(0.0);
        }
        Work { optimizer: self.optimizer, is_try: self.is_try, left }
    }

    fn amount(&self, task: &Task, curvature: Curvature) -> Amount {
        let experiment = &task.experiment;
        let LookConfig { eval_every, trace_probes, lanczos_steps, .. } = experiment.look;
        let steps = experiment.budget / self.step_cost.max(1);
        let gradients = (steps * self.step_cost) as f64;
        let evaluations = steps / eval_every.max(1) + 1;
        if self.is_try {
            // At its end, and on the way where the best counts.
            let on_the_way = if experiment.keep == KeepRule::BestValidation { evaluations as f64 } else { 0.0 };
            return [gradients, on_the_way + 1.0, 0.0, 0.0, 0.0, 0.0];
        }
        let along = curvature.along.map_or(0, |times| times.min(evaluations)) as f64;
        let products = lanczos_steps.min(task.network.num_parameters()) as f64;
        let (probes, products) = match curvature.along {
            None => (0.0, 0.0),
            Some(_) => (along * trace_probes as f64 + curvature.final_probes as f64, (along + 1.0) * products),
        };
        // Beside those along the way: at the end.
        let [slice, kind] = [self.with_slice, self.with_kind].map(|with| f64::from(u8::from(with)));
        [gradients, evaluations as f64 + 1.0, probes, products, slice, kind]
    }
}

impl Work {
    /// Counts units that are done.
    pub fn done(&mut self, unit: usize, units: f64) {
        self.left[unit] = (self.left[unit] - units).max(0.0);
    }
}

impl Costs {
    /// Tries the first units of the runs on copies, as far as the works need them, which leaves no trace in what is compared.
    pub fn of_trying(firsts: &[Run], works: &[Work], kind: &StudyKind) -> Self {
        let deadline = Instant::now() + TRY_FOR;
        let gradients = try_gradients(firsts, deadline);
        let others = firsts.first().map_or_else(Default::default, |run| try_measurements(run, works, kind, deadline));
        Self { gradients, others }
    }

    /// Where only the gradient evaluations of one optimizer cost anything.
    #[cfg(test)]
    pub fn of_gradient(time: Duration) -> Self {
        let mut cost = Cost::default();
        cost.add(time, 1.0);
        Self { gradients: vec![cost], ..Self::default() }
    }

    /// What several found who tried the same side by side.
    pub fn together(found: Vec<Self>) -> Self {
        found.into_iter().reduce(Self::and).unwrap_or_default()
    }

    fn and(mut self, other: Self) -> Self {
        self.gradients.iter_mut().zip(&other.gradients).for_each(|(own, other)| own.and(other));
        self.others.iter_mut().zip(&other.others).for_each(|(own, other)| own.and(other));
        self
    }

    /// Counts units of an optimizer's run that took so long.
    pub fn count(&mut self, optimizer: usize, unit: usize, time: Duration, units: f64) {
        let cost = match unit {
            0 => &mut self.gradients[optimizer],
            other => &mut self.others[other - 1],
        };
        cost.add(time, units);
    }

    /// Seconds that some of the units of a work take.
    pub fn seconds_of(&self, work: &Work, counts: impl Fn(usize) -> bool) -> f64 {
        let gradients = self.gradients.get(work.optimizer).map_or(0.0, Cost::per_unit);
        let costs = std::iter::once(gradients).chain(self.others.iter().map(Cost::per_unit));
        let each = costs.zip(work.left).enumerate().filter(|(unit, _)| counts(*unit));
        each.map(|(_, (cost, units))| cost * units).sum()
    }

    /// Seconds that a work takes.
    pub fn seconds(&self, work: &Work) -> f64 {
        self.seconds_of(work, |_| true)
    }
}

/// A few steps of each optimizer; where time is short, the first stands for the others.
fn try_gradients(firsts: &[Run], deadline: Instant) -> Vec<Cost> {
    let mut tried: Vec<Cost> = Vec::new();
    for run in firsts {
        let cost = match tried.first() {
            Some(cost) if Instant::now() > deadline => *cost,
            _ => {
                let mut copy = run.clone();
                let gradients = run.step_cost();
                Cost::of_trying(gradients as f64, deadline, || {
                    let _ = copy.step();
                })
            }
        };
        tried.push(cost);
    }
    tried
}

/// One evaluation, one probe, one product, and some points of a slice, as far as they are planned.
fn try_measurements(run: &Run, works: &[Work], kind: &StudyKind, deadline: Instant) -> [Cost; Unit::COUNT - 1] {
    let is_planned = |unit: Unit| works.iter().any(|work| work.left[unit as usize] > 0.0 && !work.is_try);
    let (task, measured) = (run.task(), run.measured());
    let LookConfig { range, resolution, seed, trace_probes, .. } = task.experiment.look;
    let mut costs = [Cost::default(); Unit::COUNT - 1];
    let [evaluation, probe, product, slice, whole_kind] = &mut costs;
    *evaluation = Cost::of_trying(1.0, deadline, || {
        let _ = run.evaluate();
    });
    if is_planned(Unit::Product) {
        let solve = || Lanczos::new(run.weights().clone(), 1, None, seed);
        *product = Cost::of_trying(1.0, deadline, || {
            let _ = solve().advance(&measured);
        });
    }
    if is_planned(Unit::Probe) {
        let estimate = |probes| {
            let mut job = TraceEstimate::new(run.weights().clone(), probes, seed, 0);
            job.advance(&measured);
            job.progress().done as f64
        };
        *probe = Cost::of_trying(1.0, deadline, || {
            let _ = estimate(1);
        });
        // Several at once cost less where the network is small.
        if Instant::now() < deadline && probe.per_unit() < 0.05 {
            *probe = Cost::of_trying(estimate(trace_probes), deadline, || {
                let _ = estimate(trace_probes);
            });
        }
    }
    if is_planned(Unit::Slice) {
        let plane = filter_normalised_plane(task.network.architecture(), &task.initial, seed);
        let job = SliceJob::new(run.weights().clone(), &plane, range, resolution, &task.compute);
        let mut copy = job.clone();
        copy.advance(&measured);
        let progress = copy.progress();
        let part = progress.done as f64 / progress.total.max(1) as f64;
        *slice = Cost::of_trying(part, deadline, || {
            let _ = job.clone().advance(&measured);
        });
    }
    if is_planned(Unit::Kind) {
        *whole_kind = try_kind(run, kind, deadline);
    }
    costs
}

/// The first unit of what a kind measures, taken for all of them.
fn try_kind(run: &Run, kind: &StudyKind, deadline: Instant) -> Cost {
    let first = || {
        let mut job = KindJob::new(kind, run)?;
        job.advance();
        Some(job.share())
    };
    let share = first().unwrap_or(1.0);
    Cost::of_trying(share, deadline, || {
        let _ = first();
    })
}

/// The first run of each optimizer, at step 0.
pub(super) fn firsts(task: &Arc<Task>, optimizers: &[OptimizerKind], knobs: &[Knobs]) -> Vec<Run> {
    optimizers
        .iter()
        .zip(knobs)
        .map(|(&optimizer, knobs)| Run::new(Arc::clone(task), optimizer, knobs.clone()))
        .collect()
}
