//! How long a comparison takes: what its units cost, tried on copies before anything long begins and measured as they are
//! done, and how many of them are left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{KeepRule, Knobs, LookConfig, OptimizerKind};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::engine::forecast::{Cost, Forecast};
use crate::landscape::{SliceJob, filter_normalised_plane};
use crate::train::{Run, Task};

/// For so long the first units are tried at most, beyond the one that is under way then.
const TRY_FOR: Duration = Duration::from_secs(3);
/// A share of the whole from which on a part is worth being named.
const NAMED_SHARE: f64 = 0.1;

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
}

/// So many of each unit.
type Amount = [f64; 5];

/// Probes of a trace at a point along the way and at the end, and how often along the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curvature {
    /// Times along the way; `None` measures no curvature at all.
    pub along: Option<u64>,
    /// Probes of the trace at the end.
    pub final_probes: usize,
}

impl Curvature {
    /// None at all.
    pub const NONE: Self = Self { along: None, final_probes: 0 };
}

/// One run of the comparison before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    /// Place of its optimizer in the comparison.
    pub optimizer: usize,
    /// Gradient evaluations of a step.
    pub step_cost: u64,
    /// Whether it has a slice.
    pub with_slice: bool,
    /// Whether it is a try of tuning, which is judged and not measured.
    pub is_try: bool,
}

/// The clock of a comparison.
#[derive(Debug)]
pub(super) struct Pace {
    /// A gradient evaluation of each optimizer.
    gradients: Vec<Cost>,
    /// The other units, in their order.
    others: [Cost; 4],
    /// What the tries that have not begun consist of, by optimizer.
    tries: Vec<Amount>,
    /// What the runs that have not begun consist of, by optimizer.
    later: Vec<Amount>,
    /// What is left of the run or try under way.
    now: (usize, Amount),
    /// Seconds of all that was done.
    spent: f64,
}

impl Planned {
    fn amount(&self, task: &Task, curvature: Curvature) -> Amount {
        let experiment = &task.experiment;
        let LookConfig { eval_every, trace_probes, lanczos_steps, .. } = experiment.look;
        let steps = experiment.budget / self.step_cost.max(1);
        let gradients = (steps * self.step_cost) as f64;
        let evaluations = steps / eval_every.max(1) + 1;
        if self.is_try {
            // At its end, and on the way where the best counts.
            let on_the_way = if experiment.keep == KeepRule::BestValidation { evaluations as f64 } else { 0.0 };
            return [gradients, on_the_way + 1.0, 0.0, 0.0, 0.0];
        }
        let along = curvature.along.map_or(0, |times| times.min(evaluations)) as f64;
        let products = lanczos_steps.min(task.network.num_parameters()) as f64;
        let (probes, products) = match curvature.along {
            None => (0.0, 0.0),
            Some(_) => (along * trace_probes as f64 + curvature.final_probes as f64, (along + 1.0) * products),
        };
        // Beside those along the way: at the end.
        [gradients, evaluations as f64 + 1.0, probes, products, f64::from(u8::from(self.with_slice))]
    }
}

impl Pace {
    /// Tries the first units of the runs of `task` on copies, which leaves no trace in what is compared.
    pub fn of_trying(task: &Arc<Task>, firsts: &[Run], planned: &[Planned], curvature: Curvature) -> Self {
        let deadline = Instant::now() + TRY_FOR;
        let nothing = vec![Amount::default(); firsts.len()];
        let mut pace = Self {
            gradients: try_gradients(firsts, deadline),
            others: Default::default(),
            tries: nothing.clone(),
            later: nothing,
            now: (0, Amount::default()),
            spent: 0.0,
        };
        pace.plan(task, planned, curvature);
        if let Some(run) = firsts.first() {
            pace.others = try_measurements(run, &pace.later, deadline);
        }
        pace
    }

    /// Plans anew what has not begun.
    pub fn plan(&mut self, task: &Task, planned: &[Planned], curvature: Curvature) {
        for amounts in [&mut self.tries, &mut self.later] {
            amounts.fill(Amount::default());
        }
        for run in planned {
            let amount = run.amount(task, curvature);
            let sums = if run.is_try { &mut self.tries } else { &mut self.later };
            sums[run.optimizer].iter_mut().zip(amount).for_each(|(sum, more)| *sum += more);
        }
    }

    /// A run or a try begins.
    pub fn begin(&mut self, run: &Planned, task: &Task, curvature: Curvature) {
        self.now = (run.optimizer, run.amount(task, curvature));
        let sums = if run.is_try { &mut self.tries } else { &mut self.later };
        sums[run.optimizer].iter_mut().zip(self.now.1).for_each(|(sum, begun)| *sum = (*sum - begun).max(0.0));
    }

    /// Counts units of the run that are done.
    pub fn count(&mut self, unit: Unit, time: Duration, units: f64) {
        let (optimizer, left) = &mut self.now;
        left[unit as usize] = (left[unit as usize] - units).max(0.0);
        self.spent += time.as_secs_f64();
        let cost = match unit {
            Unit::Gradient => &mut self.gradients[*optimizer],
            other => &mut self.others[other as usize - 1],
        };
        cost.add(time, units);
    }

    /// The run has ended, with or without all that was planned.
    pub const fn end(&mut self) {
        self.now.1 = [0.0; 5];
    }

    /// Seconds that are left, by what units have cost so far.
    pub fn seconds_left(&self) -> f64 {
        let later = self.seconds(&self.tries, |_| true) + self.seconds(&self.later, |_| true);
        later + self.seconds_of(self.now.0, &self.now.1, |_| true)
    }

    /// The share of the time that is over, from 0 to 1.
    pub fn share(&self) -> f64 {
        let left = self.seconds_left();
        if self.spent + left > 0.0 { self.spent / (self.spent + left) } else { 0.0 }
    }

    /// How long all of it will take, before it begins, with its greatest part.
    pub fn forecast(&self) -> Forecast {
        let seconds = self.seconds_left();
        let of_curvature = |unit| unit == Unit::Probe as usize || unit == Unit::Product as usize;
        let curvature = ("curvature", self.seconds(&self.later, of_curvature));
        let tuning = ("tuning", self.seconds(&self.tries, |_| true));
        let greatest = if tuning.1 > curvature.1 { tuning } else { curvature };
        let part = Some(greatest).filter(|(_, part)| *part > NAMED_SHARE * seconds);
        Forecast { seconds, part, is_complete: true, bytes: None }
    }

    fn seconds(&self, amounts: &[Amount], counts: impl Fn(usize) -> bool + Copy) -> f64 {
        amounts.iter().enumerate().map(|(optimizer, amount)| self.seconds_of(optimizer, amount, counts)).sum()
    }

    fn seconds_of(&self, optimizer: usize, amount: &Amount, counts: impl Fn(usize) -> bool) -> f64 {
        let gradients = self.gradients.get(optimizer).map_or(0.0, Cost::per_unit);
        let costs = std::iter::once(gradients).chain(self.others.iter().map(Cost::per_unit));
        let each = costs.zip(amount).enumerate().filter(|(unit, _)| counts(*unit));
        each.map(|(_, (cost, units))| cost * units).sum()
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
                let gradients = run.knobs().gradient_evaluations(run.optimizer());
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
fn try_measurements(run: &Run, planned: &[Amount], deadline: Instant) -> [Cost; 4] {
    let is_planned = |unit: Unit| planned.iter().any(|amount| amount[unit as usize] > 0.0);
    let (task, measured) = (run.task(), run.measured());
    let LookConfig { range, resolution, seed, trace_probes, .. } = task.experiment.look;
    let mut costs = [Cost::default(); 4];
    let [evaluation, probe, product, slice] = &mut costs;
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
    costs
}

/// The first run of each optimizer, at step 0.
pub(super) fn firsts(task: &Arc<Task>, optimizers: &[OptimizerKind], knobs: &[Knobs]) -> Vec<Run> {
    optimizers
        .iter()
        .zip(knobs)
        .map(|(&optimizer, knobs)| Run::new(Arc::clone(task), optimizer, knobs.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use crate::config::{DeviceChoice, KnobId, KnobValue, OptimizerKind, builtin_experiment};
    use crate::engine::{CompareNews, CompareOptions, TryGrid, compare};

    /// What a small comparison tells.
    fn told(curvature: Option<u64>) -> (Vec<String>, Vec<f64>, Option<f64>) {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        for setting in ["data.train_size=40", "data.test_size=40", "look.resolution=9", "look.trace_probes=8"] {
            experiment.assign(setting).unwrap();
        }
        experiment.budget = 64;
        let optimizers = experiment.optimizers.keys().copied().collect();
        let (device, tuning) = (DeviceChoice::Cpu, Vec::new());
        let options = CompareOptions { experiment, optimizers, seeds: 2, device, curvature, tuning, weights: false };
        let (mut phases, mut shares, mut part) = (Vec::new(), Vec::new(), None);
        let mut show = |news: CompareNews| match news {
            CompareNews::Notes(notes) => assert!(notes.is_empty(), "the data come with the program: {notes:?}"),
            CompareNews::Forecast(forecast) => {
                assert!(shares.is_empty() && forecast.seconds > 0.0, "it comes first");
                part = forecast.part.map(|(_, seconds)| seconds / forecast.seconds);
            }
            CompareNews::Progress(now) => {
                phases.push(now.phase.to_owned());
                shares.push(now.share);
                assert!(now.seconds_left >= 0.0 && now.share <= 1.0, "{now:?}");
            }
            CompareNews::Tried(..) | CompareNews::Tuned(_) => panic!("nothing is tuned"),
        };
        compare(&options, &mut show, &AtomicBool::new(false)).unwrap();
        (phases, shares, part)
    }

    #[test]
    fn what_was_planned_is_what_is_done() {
        let (phases, shares, part) = told(Some(4));
        assert!(part.is_some_and(|part| part > 0.1 && part < 1.0), "{part:?}");
        assert!(phases.iter().any(|phase| phase == "measuring curvature"), "{phases:?}");
        // The last thing that is told is an end of a run; a slice before it has been told as well.
        assert!(shares[0] < 0.1 && *shares.last().unwrap() > 0.85, "{} to {:?}", shares[0], shares.last());
        assert!(shares.len() > 100, "{}", shares.len());
    }

    #[test]
    fn without_curvature_none_is_foretold_and_none_is_done() {
        let (phases, _, part) = told(None);
        assert_eq!(part, None);
        assert!(!phases.iter().any(|phase| phase == "measuring curvature"));
    }

    #[test]
    fn tuning_is_a_part_of_what_is_foretold() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        for setting in
            ["data.train_size=40", "data.test_size=40", "data.validation_size=40", "look.resolution=3", "budget=32"]
        {
            experiment.assign(setting).unwrap();
        }
        let rates = (1..=20).map(|rate| KnobValue::Number(0.002 * f64::from(rate))).collect();
        let sgd = OptimizerKind::Sgd;
        let options = CompareOptions {
            experiment,
            optimizers: vec![sgd],
            seeds: 1,
            device: DeviceChoice::Cpu,
            curvature: None,
            tuning: vec![TryGrid { optimizer: sgd, axes: vec![(KnobId::LearningRate, rates)] }],
            weights: false,
        };
        let (mut part, mut attempts, mut tried, mut tuned) = (None, Vec::new(), Vec::new(), Vec::new());
        let mut show = |news: CompareNews| match news {
            CompareNews::Notes(_) => {}
            CompareNews::Forecast(forecast) => part = forecast.part.map(|(name, part)| (name, part / forecast.seconds)),
            CompareNews::Progress(now) => attempts.push(now.attempt),
            CompareNews::Tried(_, number) => tried.push(number),
            CompareNews::Tuned(tries) => tuned.push(tries.len()),
        };
        let result = compare(&options, &mut show, &AtomicBool::new(false)).unwrap();
        assert!(part.is_some_and(|(name, share)| name == "tuning" && share > 0.3), "{part:?}");
        assert_eq!((attempts[0], attempts.last()), (Some([1, 20]), Some(&None)));
        assert_eq!((tried.first(), tried.last(), tuned.as_slice()), (Some(&[1, 20]), Some(&[20, 20]), &[20][..]));
        let picked: Vec<_> = result.tuning.iter().filter(|one| one.is_picked).collect();
        assert_eq!(picked.len(), 1);
        assert_eq!(picked[0].validation, result.runs[0].validation.unwrap(), "the try was the first run");
        assert!(result.tuning.iter().all(|one| one.gradient_evaluations == 32));
    }
}
