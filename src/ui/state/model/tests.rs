//! Which bounds a run has after measurements, branches, rewinds and removals.

use super::*;
use crate::config::{Knobs, OptimizerKind, builtin_experiments};
use crate::engine::link;
use crate::protocol::{
    Examples, Fact, Findings, JobEnd, JobId, MeasureRequest, Measurement, RunPast, RunRows, StepRow,
};

const RUN: RunId = RunId(0);
const BRANCH: RunId = RunId(1);

fn steps(run: RunId, steps: std::ops::RangeInclusive<u64>) -> Event {
    let row = |step| StepRow {
        step,
        gradient_evaluations: step,
        train_seconds: step as f64,
        batch_loss: 1.0,
        perturbed_loss: 1.0,
        gradient_norm: 1.0,
        learning_rate: 0.1,
        noise: None,
    };
    Event::Steps { run, rows: steps.map(row).collect() }
}

fn info(run: RunId, origin: Origin) -> RunInfo {
    RunInfo { run, optimizer: OptimizerKind::Sgd, seed: 0, knobs: Knobs::default(), origin }
}

/// A model in which [`RUN`] has done 100 steps.
struct Told(Model);

impl Told {
    fn new() -> Self {
        let experiment = builtin_experiments().into_iter().next().expect("there are experiments");
        let mut told = Self(Model::new(experiment));
        told.tell(Event::RunAdded(info(RUN, Origin::Initial)));
        told.tell(steps(RUN, 1..=100));
        told
    }

    fn tell(&mut self, event: Event) {
        self.0.apply(event, Instant::now());
    }

    fn branch(&mut self, step: u64) {
        self.tell(Event::RunAdded(info(BRANCH, Origin::Branch { run: RUN, step })));
    }

    fn rewind(&mut self, step: u64) {
        self.tell(Event::Rewound { run: RUN, step, knobs: Box::new(Knobs::default()) });
    }

    /// Asks for the bound of [`RUN`].
    fn ask(&mut self) -> JobId {
        let id = JobId(self.0.jobs.len() as u32);
        let what = Measurement::Bound { probes: 8, constant: 1.0 };
        let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 };
        let job = JobView::new(id, self.0.run(RUN).expect("it is there"), &request);
        self.0.jobs.insert(0, job);
        id
    }

    fn answer(&mut self, job: JobId, step: u64, end: JobEnd, bound: f64) {
        let facts = vec![Fact::exact("bound, α over examples", bound, "")];
        let findings = Box::new(Findings { facts, ..Findings::default() });
        self.tell(Event::Measured { job, step, objective: String::new(), end, findings });
    }

    fn measure(&mut self, step: u64, bound: f64) {
        let job = self.ask();
        self.answer(job, step, JobEnd::Complete, bound);
    }

    /// The newest bound of a run, with its step.
    fn bound(&self, run: RunId) -> Option<(u64, f64)> {
        self.0.run(run)?.bounds.last().map(|row| (row.step, row.bound))
    }
}

#[test]
fn a_bound_is_of_its_run_and_outlives_its_card() {
    let mut told = Told::new();
    told.measure(60, 1.5);
    told.0.jobs.clear();
    assert_eq!(told.bound(RUN), Some((60, 1.5)));
    let job = told.ask();
    told.answer(job, 100, JobEnd::Cancelled, 9.0);
    assert_eq!(told.bound(RUN), Some((60, 1.5)), "one that was cancelled says nothing");
}

#[test]
fn a_branch_has_the_bounds_of_the_steps_that_it_shares() {
    let mut told = Told::new();
    told.measure(60, 1.5);
    told.branch(60);
    assert_eq!(told.bound(BRANCH), Some((60, 1.5)), "the weights at its first step are those of its parent");
    told.measure(100, 2.0);
    assert_eq!((told.bound(RUN), told.bound(BRANCH)), (Some((100, 2.0)), Some((60, 1.5))));
    told.rewind(50);
    assert_eq!((told.bound(RUN), told.bound(BRANCH)), (None, Some((60, 1.5))), "its own history is not rewound");
}

#[test]
fn a_branch_from_before_a_bound_has_none() {
    let mut told = Told::new();
    told.measure(60, 1.5);
    told.branch(59);
    assert_eq!(told.bound(BRANCH), None);
}

#[test]
fn a_bound_of_weights_that_a_run_went_back_from_is_void() {
    let mut told = Told::new();
    let job = told.ask();
    told.rewind(50);
    told.tell(steps(RUN, 51..=200));
    told.answer(job, 100, JobEnd::Complete, 1.5);
    assert_eq!(told.bound(RUN), None, "step 100 is another one by now");
}

#[test]
fn a_bound_is_kept_for_a_run_that_was_removed_and_comes_back() {
    let mut told = Told::new();
    let job = told.ask();
    told.tell(Event::RunRemoved(RUN));
    told.answer(job, 100, JobEnd::Complete, 1.5);
    told.tell(Event::RunRestored { run: RUN, place: 0 });
    assert_eq!(told.bound(RUN), Some((100, 1.5)));
}

#[test]
fn a_long_past_is_taken_part_by_part_so_that_no_frame_has_all_of_it() {
    const STEPS: u64 = 60_000;
    let (link, mut end) = link(Arc::new(|| {}));
    let mut model = Told::new().0;
    model.apply(Event::RunAdded(info(RunId(7), Origin::Initial)), Instant::now());
    let Event::Steps { run, rows } = steps(RunId(7), 1..=STEPS) else { unreachable!("they are steps") };
    for rows in (RunRows { steps: rows, ..RunRows::default() }).parts(RunPast::PART) {
        end.outbox.push(Event::RunPast { run, past: Box::new(RunPast { rows, slices: Vec::new() }) });
    }
    end.outbox.push(steps(run, STEPS + 1..=STEPS + 1));
    assert!(end.outbox.flush() && end.outbox.is_empty());
    let (mut seen, mut frames) = (0, 0);
    loop {
        let drained = model.drain(&link);
        let step = model.run(run).expect("it is there").step();
        assert!(step - seen <= (PAST_ROWS + RunPast::PART) as u64, "{seen} to {step} in one frame");
        (seen, frames) = (step, frames + 1);
        if drained == Drained::All {
            break;
        }
    }
    assert!(frames > STEPS / (PAST_ROWS + RunPast::PART) as u64, "{frames} frames");
    assert_eq!(seen, STEPS + 1, "and all of it comes, in its order");
}
