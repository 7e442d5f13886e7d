//! Measurements on request, through the engine's link: every one of them on real runs, cancelling, and bad requests.

use flatscape::config::{Normalization, OptimizerKind};
use flatscape::protocol::{
    Command, Event, Examples, Findings, JobEnd, JobId, MeasureRequest, Measurement, PlaneChoice, RunId,
};

use crate::session::{Session, changed, last_step};

/// A session that measures.
struct Jobs {
    session: Session,
    next_job: u32,
}

/// How a job ended.
struct Ended {
    step: u64,
    objective: String,
    end: JobEnd,
    findings: Findings,
}

impl Jobs {
    /// Three small runs after 60 steps of the slowest, paused.
    fn start(changes: &[&str]) -> Self {
        Self::of("moons-mlp", changes)
    }

    fn of(experiment: &str, changes: &[&str]) -> Self {
        let quick = ["look.resolution=5", "look.trace_probes=4", "look.lanczos_steps=2", "look.subset=100"];
        let mut session = Session::start(changed(experiment, &[&quick, changes]));
        session.send(Command::Play);
        let slowest = session.run_of(OptimizerKind::Nso);
        session.wait_for("60 steps", |event| last_step(event, slowest).filter(|step| *step >= 60));
        session.pause();
        Self { session, next_job: 0 }
    }

    fn ask(&mut self, run: RunId, request: MeasureRequest) -> JobId {
        let job = JobId(self.next_job);
        self.next_job += 1;
        self.session.send(Command::Measure { job, run, request: Box::new(request) });
        job
    }

    fn ended(&mut self, wanted: JobId) -> Ended {
        self.session.wait_for("Measured", |event| match event {
            Event::Measured { job, step, objective, end, findings } if *job == wanted => Some(Ended {
                step: *step,
                objective: objective.clone(),
                end: end.clone(),
                findings: Findings::clone(findings),
            }),
            _ => None,
        })
    }

    fn measure(&mut self, what: Measurement) -> Ended {
        let run = self.session.run_of(OptimizerKind::Nso);
        let job = self.ask(run, request(what));
        self.ended(job)
    }
}

fn request(what: Measurement) -> MeasureRequest {
    MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 1 }
}

fn fact(found: &Findings, name: &str) -> f64 {
    let fact = found.facts.iter().find(|fact| fact.name == name);
    fact.unwrap_or_else(|| panic!("no `{name}` among {:?}", found.facts)).value
}

#[test]
fn every_measurement_of_the_menu_can_be_asked_for() {
    let mut jobs = Jobs::start(&[]);
    let other = jobs.session.run_of(OptimizerKind::Sgd);
    let mut menu = Measurement::menu(0.1, 0.1);
    let planes = [PlaneChoice::Eigenvectors, PlaneChoice::Path, PlaneChoice::Minima];
    menu.extend(planes.map(|plane| Measurement::Slice { plane, range: None, resolution: 9 }));
    for mut what in menu {
        // Smaller budgets, so that a test takes seconds.
        match &mut what {
            Measurement::Between { other: to, .. } => *to = other,
            Measurement::Curve { other: to, steps, .. } => (*to, *steps) = (other, 5),
            Measurement::Slice { resolution, .. } => *resolution = 9,
            Measurement::Multiples { resolution, .. } => *resolution = 5,
            Measurement::SigmaSweep { count, pairs, .. } => (*count, *pairs) = (4, 8),
            Measurement::GradientVariance { draws, .. } => *draws = 3,
            Measurement::LearningCoefficient { burn_in, draws, .. } => (*burn_in, *draws) = (5, 10),
            Measurement::Parabolas { steps } => *steps = 5,
            _ => {}
        }
        let ended = jobs.measure(what);
        assert_eq!(ended.end, JobEnd::Complete, "{what:?}");
        assert!(ended.step >= 60 && ended.objective.contains("100 training examples"), "{what:?}: {}", ended.objective);
        let found = &ended.findings;
        assert!(!found.facts.is_empty(), "{what:?} found nothing");
        assert!(found.facts.iter().any(|fact| fact.value.is_finite()), "{what:?}: {:?}", found.facts);
        assert!(found.charts.iter().all(|chart| !chart.curves.is_empty()), "{what:?}");
        if matches!(what, Measurement::Slice { .. }) {
            let slice = &found.slices[0];
            assert_eq!(slice.grid.loss.len(), 81, "{what:?}");
            assert_eq!(slice.paths.len(), 3, "{what:?}: every run's path lies on it");
        }
    }
    jobs.session.end();
}

#[test]
fn measurements_agree_with_each_other() {
    let mut jobs = Jobs::start(&[]);
    let dense = jobs.measure(Measurement::Dense).findings;
    let trace = jobs.measure(Measurement::Trace { probes: 512 }).findings;
    let error = trace.facts[0].error.expect("a trace has a standard error");
    assert!((fact(&dense, "trace") - fact(&trace, "trace")).abs() < 4.0 * error, "{:?} {:?}", dense.facts, trace.facts);
    let ends = jobs.measure(Measurement::Eigenvalues { pairs: 2, products: 200 }).findings;
    let largest = fact(&dense, "λmax");
    assert!((fact(&ends, "largest, 1") - largest).abs() < 1e-3 * largest);
    assert!((fact(&ends, "smallest, 1") - fact(&dense, "λmin")).abs() < 1e-3 * largest);
    let plane = PlaneChoice::Random(Normalization::Filter);
    let slice = jobs.measure(Measurement::Slice { plane, range: Some(0.5), resolution: 5 }).findings;
    let line =
        jobs.measure(Measurement::Lines { directions: 1, normalization: Normalization::Filter, range: 0.5, points: 5 });
    let middle = line.findings.charts[0].curves[0].points[2];
    assert!((middle[1] - fact(&slice, "loss at the centre")).abs() < 1e-6, "{middle:?} {:?}", slice.facts);
    jobs.session.end();
}

#[test]
fn weight_decay_and_examples_are_those_that_were_asked_for() {
    let mut jobs = Jobs::start(&["weight_decay=0.01"]);
    let run = jobs.session.run_of(OptimizerKind::Sgd);
    let trace = |jobs: &mut Jobs, examples, weight_decay| {
        let what = Measurement::Trace { probes: 8 };
        let job = jobs.ask(run, MeasureRequest { what, examples, weight_decay, seed: 3 });
        jobs.ended(job)
    };
    let without = trace(&mut jobs, Examples::Train, false);
    let with = trace(&mut jobs, Examples::Train, true);
    // c adds c·D to the trace, D being 1 218; the same probes otherwise.
    let added = fact(&with.findings, "trace") - fact(&without.findings, "trace");
    assert!((added - 12.18).abs() < 0.01, "{added}");
    assert!(with.objective.contains("0.01/2 times"), "{}", with.objective);
    let test = trace(&mut jobs, Examples::Test, false);
    assert!(test.objective.contains("test examples"), "{}", test.objective);
    assert!(fact(&test.findings, "trace") != fact(&without.findings, "trace"));
    jobs.session.end();
}

#[test]
fn a_job_moves_and_can_be_cancelled_with_what_it_found() {
    let mut jobs = Jobs::start(&[]);
    let run = jobs.session.run_of(OptimizerKind::Nso);
    let long = jobs.ask(run, request(Measurement::Trace { probes: 100_000 }));
    let second = jobs.ask(run, request(Measurement::Trace { probes: 8 }));
    let mut last = 0;
    for _ in 0..3 {
        let done = jobs.session.wait_for("progress", |event| match event {
            Event::Measuring { job, progress, .. } if *job == long && progress.done > last => Some(progress.done),
            _ => None,
        });
        assert!(done > last);
        last = done;
    }
    // Training goes on meanwhile, and a reset does not end it.
    jobs.session.send(Command::Reset);
    jobs.session.send(Command::Play);
    jobs.session.wait_for("a step", |event| matches!(event, Event::Steps { .. }).then_some(()));
    jobs.session.send(Command::CancelMeasure(long));
    let ended = jobs.ended(long);
    assert_eq!(ended.end, JobEnd::Cancelled);
    assert!(ended.step >= 60, "it still belongs to the step that it was asked at: {}", ended.step);
    let about = &ended.findings.facts[0].about;
    assert!(fact(&ended.findings, "trace").is_finite() && !about.contains("100000"), "{about}");
    assert_eq!(jobs.ended(second).end, JobEnd::Complete, "the next one in the queue follows");
    jobs.session.end();
}

#[test]
fn requests_that_cannot_be_met_say_why_and_stop_nothing() {
    let mut jobs = Jobs::start(&["look.subset=512"]);
    let cases = [
        (Measurement::Eigenvalues { pairs: 2_000, products: 20 }, "at most 1218"),
        (Measurement::Trace { probes: 0 }, "at least 2"),
        (Measurement::Sharpness { rho: f64::NAN }, "ρ"),
        (Measurement::Noise { sigma: 0.0, pairs: 8 }, "above 0"),
        (Measurement::SigmaSweep { from: 1.0, to: 0.1, count: 3, pairs: 4 }, "below the greatest"),
        (Measurement::Between { other: RunId(99), points: 5 }, "another run"),
        (Measurement::SecondSubset { probes: 8 }, "no second subset"),
        (Measurement::Curve { other: RunId(99), steps: 5, points: 5 }, "another run"),
        (Measurement::Parabolas { steps: 0 }, "the number of steps is 0, expected at least 1"),
        (Measurement::GradientSignal { draws: 1 }, "the number of draws is 1, expected at least 2"),
        (Measurement::GaussNewton { probes: 8, products: 1 }, "the number of products is 1, expected at least 2"),
        (Measurement::Examples { probes: 3 }, "the number of probes is 3, expected at least 4"),
        (
            Measurement::LearningCoefficient { chains: 4, burn_in: 5, draws: 5, rate: -1.0, gamma: 1.0 },
            "the rate is -1, expected above 0",
        ),
    ];
    for (what, expected) in cases {
        match jobs.measure(what).end {
            JobEnd::Failed(reason) => assert!(reason.contains(expected), "{what:?}: {reason}"),
            end => panic!("{what:?} ended as {end:?}"),
        }
    }
    let gone = jobs.ask(RunId(77), request(Measurement::Dense));
    assert_eq!(jobs.ended(gone).end, JobEnd::Failed("the run is gone".to_owned()));
    assert_eq!(jobs.measure(Measurement::Trace { probes: 4 }).end, JobEnd::Complete);
    jobs.session.end();
}

#[test]
fn networks_that_are_too_large_for_a_dense_hessian_say_so() {
    let mut jobs = Jobs::of("digits-mlp", &[]);
    match jobs.measure(Measurement::Dense).end {
        JobEnd::Failed(reason) => assert!(reason.contains("2000") || reason.contains("2 000"), "{reason}"),
        end => panic!("{end:?}"),
    }
    jobs.session.end();
}

#[test]
fn instruments_agree_with_the_exact_hessian() {
    let mut jobs = Jobs::start(&[]);
    let dense = jobs.measure(Measurement::Dense).findings;
    let (trace, largest) = (fact(&dense, "trace"), fact(&dense, "λmax"));
    let estimate = |found: &Findings, name: &str| {
        let fact = found.facts.iter().find(|fact| fact.name == name);
        let fact = fact.unwrap_or_else(|| panic!("no `{name}` among {:?}", found.facts));
        (fact.value, fact.error.expect("it has an error"))
    };
    let part = jobs.measure(Measurement::GaussNewton { probes: 256, products: 60 }).findings;
    let (found, error) = estimate(&part, "trace, Hessian");
    assert!((found - trace).abs() < 4.0 * error, "{found} ± {error}, {trace}");
    assert!((fact(&part, "λmax, Hessian") - largest).abs() < 1e-3 * largest);
    let sum = fact(&part, "trace, Gauss–Newton") + fact(&part, "trace, what separates them");
    assert!((sum - found).abs() < 1e-3 * found.abs(), "{sum} {found}");
    let examples = jobs.measure(Measurement::Examples { probes: 128 }).findings;
    let (found, error) = estimate(&examples, "trace");
    assert!((found - trace).abs() < 4.0 * error, "{found} ± {error}, {trace}");
    assert_eq!(examples.tables[0].rows.len(), 100);
    // The line to another run says how high the barrier is.
    let other = jobs.session.run_of(OptimizerKind::Sgd);
    let line = jobs.measure(Measurement::Between { other, points: 21 }).findings;
    assert!(fact(&line, "barrier") >= 0.0);
    jobs.session.end();
}
