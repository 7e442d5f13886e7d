//! The engine through its link, as the window sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flatscape::config::{DeviceChoice, KnobId, Knobs, OptimizerKind, builtin_experiment};
use flatscape::engine::spawn;
use flatscape::protocol::{AveragePoint, Averaged, Command, Event, LossGrid, Origin, RunId, RunStart, SliceView};

use crate::session::{Session, changed, last_step, stateful, tiny};

#[test]
fn it_trains_all_three_at_equal_gradient_evaluations_and_measures_them() {
    let mut session = Session::start(tiny(&[]));
    assert_eq!(session.runs.len(), 3);
    session.send(Command::Play);
    for info in session.runs.clone() {
        let trace = session.wait_for("Trace", |event| match event {
            Event::Trace { run, row } if *run == info.run && row.step > 0 => Some(*row),
            _ => None,
        });
        assert!(trace.mean.is_finite() && trace.stderr > 0.0 && trace.probes == 8);
    }
    session.pause();
    let spent = session.runs.iter().map(|info| {
        let rows = session.log.iter().filter_map(|event| match event {
            Event::Steps { run, rows } if *run == info.run => rows.last().map(|row| row.gradient_evaluations),
            _ => None,
        });
        rows.max().unwrap_or(0)
    });
    let spent: Vec<u64> = spent.collect();
    let spread = spent.iter().max().unwrap() - spent.iter().min().unwrap();
    assert!(spread <= 8, "gradient evaluations {spent:?} differ by more than one step of NSO");
    session.end();
}

#[test]
fn the_slice_stands_around_the_loss_of_its_step() {
    let mut session = Session::start(tiny(&[]));
    let run = session.run_of(OptimizerKind::Sam);
    session.send(Command::Step);
    session.wait_for("Eigen of step 1", |event| match event {
        Event::Eigen { run: id, row } if *id == run && row.step == 1 => Some(()),
        _ => None,
    });
    let grid = session.link.slots.grid(run).expect("a slice comes before the spectrum");
    assert_eq!((grid.step, grid.x.len(), grid.loss.len(), grid.masked), (1, 9, 81, 0));
    assert_eq!((grid.x[4], grid.y[4]), (0.0, 0.0));
    let center = grid.loss[40];
    assert!((center - grid.center_loss).abs() <= 1e-6 * center, "centre {center}, loss {}", grid.center_loss);
    assert!(grid.ascent.is_some() && grid.noise_radius.is_none());
    session.end();
}

#[test]
fn every_method_has_its_mark_on_the_slice() {
    let experiment = tiny(&[]);
    let knobs = |optimizer| Box::new(experiment.knobs(optimizer).expect("valid"));
    let mut session = Session::start(experiment.clone());
    for optimizer in OptimizerKind::ALL {
        session.send(Command::AddRun { optimizer, knobs: knobs(optimizer), start: RunStart::Initial });
        let run = session.added().run;
        session.step_to(1, run, 1);
        let grid = session.grid(run, |grid| grid.step == 1);
        let spec = optimizer.spec();
        let marks = (grid.ascent.is_some(), grid.noise_radius.is_some());
        assert_eq!(marks, (spec.has_ascent, spec.has_noise), "{}", spec.label);
        assert!(!spec.has_noise || !grid.samples.is_empty(), "{}: its points", spec.label);
        let is_finite = |step: [f64; 2]| step.iter().all(|coordinate| coordinate.is_finite());
        assert!(grid.ascent.is_none_or(is_finite) && grid.average.is_none(), "{}", spec.label);
        session.send(Command::RemoveRun(run));
    }
    session.end();
}

#[test]
fn transformers_of_text_and_of_pictures_step_and_are_looked_at() {
    for name in ["gpt-mini-sums", "vit-digits"] {
        let sizes = ["data.train_size=40", "data.test_size=20", "batch=10"];
        let looks = ["look.resolution=5", "look.subset=10", "look.trace_probes=2", "look.lanczos_steps=2"];
        let mut session = Session::start(changed(name, &[&sizes, &looks]));
        assert_eq!(session.runs.len(), 3, "{name}");
        (0..2).for_each(|_| session.send(Command::Step));
        for info in session.runs.clone() {
            session.evaluated(info.run, 2);
            let grid = session.grid(info.run, |grid| grid.step == 2);
            assert!(grid.masked == 0 && grid.loss.len() == 25, "{name}: {}", info.optimizer.label());
            let rows = session.rows(info.run);
            assert_eq!(rows.len(), 2, "{name}: {}", info.optimizer.label());
            assert!(rows.iter().all(|row| row.batch_loss.is_finite() && row.gradient_norm > 0.0), "{name}: {rows:?}");
        }
        session.end();
    }
}

#[test]
fn the_average_is_a_point_of_its_own_on_the_slice_and_a_run_can_rest_there() {
    let mut session = Session::start(tiny(&["average=ema", "average_beta=0.5", "average_start=0"]));
    let info = session.runs.iter().find(|info| info.optimizer == OptimizerKind::Sgd).expect("it is there").clone();
    session.step_to(3, info.run, 3);
    let row = session.evaluated(info.run, 3);
    let average = row.average.expect("an average");
    let is_of_now = |grid: &LossGrid| grid.step == 3 && grid.average.is_some_and(|average| average.point.step == 3);
    let grid = session.grid(info.run, is_of_now);
    let AveragePoint { of, point } = grid.average.expect("it is waited for");
    assert_eq!(of, Averaged::Steps { beta: 0.5 });
    let apart = (point.loss - average.train.loss).abs();
    assert!(apart <= 1e-6 * average.train.loss, "{} and {}", point.loss, average.train.loss);
    assert!(point.x != 0.0 && point.y != 0.0 && point.distance > 0.0, "it lags behind the centre: {point:?}");
    let (optimizer, knobs) = (info.optimizer, Box::new(info.knobs));
    session.send(Command::AddRun { optimizer, knobs, start: RunStart::Average(info.run) });
    let added = session.added();
    assert_eq!(added.origin, Origin::Average { run: info.run, step: 3 });
    let there = session.evaluated(added.run, 0);
    let apart = (there.train_loss - average.train.loss).abs();
    assert!(apart <= 1e-6 * average.train.loss, "{} and {}", there.train_loss, average.train.loss);
    session.end();
}

#[test]
fn a_run_that_rests_has_its_losses_and_its_curvature_at_one_step() {
    let mut session = Session::start(tiny(&["look.eval_every=10"]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(3, run, 3);
    let trace = session.wait_for("Trace of step 3", |event| match event {
        Event::Trace { run: id, row } if *id == run && row.step == 3 => Some(*row),
        _ => None,
    });
    let losses = session.evaluated(run, 3);
    let apart = (losses.train_loss - trace.train_loss).abs();
    assert!(apart <= 1e-6 * trace.train_loss, "{} and {}", losses.train_loss, trace.train_loss);
    session.end();
}

#[test]
fn a_knob_takes_effect_at_the_next_step_and_is_journalled() {
    let mut session = Session::start(tiny(&[]));
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(3, run, 3);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.11 });
    let edit = session.wait_for("KnobTurned", |event| match event {
        Event::KnobTurned { edit, .. } => Some(*edit),
        _ => None,
    });
    assert_eq!((edit.step, edit.old, edit.new), (3, 0.06, 0.11));
    session.send(Command::Step);
    let sigma = session.wait_for("step 4", |event| match event {
        Event::Steps { run: id, rows } if *id == run => rows.last().and_then(|row| row.noise).map(|noise| noise.sigma),
        _ => None,
    });
    assert_eq!(sigma, 0.11);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: -1.0 });
    let warning = session.warning();
    assert!(warning.contains("sigma") && warning.contains("-1"), "{warning}");
    session.end();
}

#[test]
fn reset_starts_again_from_the_same_weights_with_the_knobs_as_they_are() {
    let mut session = Session::start(tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    let first = |session: &mut Session, run| {
        session.send(Command::Step);
        session.wait_for("the first step", |event| match event {
            Event::Steps { run: id, rows } if *id == run => rows.first().copied(),
            _ => None,
        })
    };
    let before = first(&mut session, run);
    session.send(Command::SetKnob { run, knob: KnobId::LearningRate, value: 0.01 });
    let runs = session.reset();
    assert!(runs.iter().all(|info| session.runs.iter().all(|old| old.run != info.run)), "ids are not used twice");
    session.runs = runs;
    let run = session.run_of(OptimizerKind::Sgd);
    let after = first(&mut session, run);
    assert_eq!(before.batch_loss.to_bits(), after.batch_loss.to_bits());
    assert_eq!(after.learning_rate, 0.01);
    session.end();
}

#[test]
fn the_newest_slice_request_wins() {
    let session = Session::start(tiny(&["look.resolution=33"]));
    for (range, resolution) in [(2.0, 33), (0.5, 17), (0.25, 9)] {
        session.send(Command::SetSlice(SliceView { range, resolution, ..SliceView::default() }));
    }
    let runs: Vec<RunId> = session.runs.iter().map(|info| info.run).collect();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !runs.iter().all(|run| {
        session
            .link
            .slots
            .grid(*run)
            .is_some_and(|grid| grid.x == [-0.25, -0.1875, -0.125, -0.0625, 0.0, 0.0625, 0.125, 0.1875, 0.25])
    }) {
        assert!(Instant::now() < deadline, "the last request never came");
        std::thread::sleep(Duration::from_millis(2));
    }
    session.end();
}

#[test]
fn divergence_is_an_event_and_the_other_runs_go_on() {
    let mut session = Session::start(tiny(&["sgd.learning_rate=100", "sgd.weight_decay=10", "sgd.momentum=0.99"]));
    let (sgd, sam) = (session.run_of(OptimizerKind::Sgd), session.run_of(OptimizerKind::Sam));
    session.send(Command::Play);
    let (step, last_good) = session.wait_for("Diverged", |event| match event {
        Event::Diverged { run, step, last_good_step } if *run == sgd => Some((*step, *last_good_step)),
        _ => None,
    });
    assert_eq!(step, last_good + 1);
    session.wait_for("a later step of SAM", |event| last_step(event, sam).filter(|step| *step > 20));
    session.end();
}

#[test]
fn a_scheduled_run_ends_at_its_budget() {
    let mut experiment = tiny(&["budget=41"]);
    experiment.schedule = flatscape::config::ScheduleConfig::Cosine;
    let mut session = Session::start(experiment);
    let nso = session.run_of(OptimizerKind::Nso);
    session.send(Command::Play);
    session.wait_for("Finished", |event| (*event == Event::Finished { run: nso }).then_some(()));
    let steps = session.log.iter().filter_map(|event| last_step(event, nso)).max();
    assert_eq!(steps, Some(5), "5 steps of 8 evaluations fit into 41");
    session.end();
}

#[test]
fn a_schedule_that_is_turned_ends_a_run_or_lets_it_go_on() {
    let mut session = Session::start(tiny(&["budget=41", "nso.schedule=cosine"]));
    let nso = session.run_of(OptimizerKind::Nso);
    session.send(Command::Play);
    session.wait_for("Finished", |event| (*event == Event::Finished { run: nso }).then_some(()));
    let turn = |knob, value| Command::SetKnob { run: nso, knob, value };
    session.send(turn(KnobId::Schedule, 0.0));
    session.wait_for("a later step", |event| last_step(event, nso).filter(|step| *step > 8));
    session.send(turn(KnobId::SigmaSchedule, 1.0));
    session.wait_for("Finished again", |event| (*event == Event::Finished { run: nso }).then_some(()));
    session.end();
}

#[test]
fn a_data_set_that_is_too_small_is_an_event() {
    let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| {})).expect("a thread starts");
    let mut experiment = builtin_experiment("digits-mlp").expect("embedded");
    experiment.data.train_size = 5000;
    assert!(link.send(Command::load(experiment)));
    let message = std::iter::from_fn(|| link.wait()).find_map(|event| match event {
        Event::Failed(message) => Some(message),
        _ => None,
    });
    assert!(message.is_some_and(|message| message.contains("train_size") && message.contains("1797")));
    assert!(link.send(Command::Shutdown));
    handle.join();
}

#[test]
fn a_consumer_that_goes_away_ends_the_engine() {
    let session = Session::start(tiny(&[]));
    session.send(Command::Play);
    let Session { link, handle, .. } = session;
    drop(link);
    handle.join();
}

#[test]
fn a_batch_of_one_is_refused_where_batch_norm_would_see_one_value() {
    let mut session = Session::start(stateful());
    let run = session.run_of(OptimizerKind::Sgd);
    session.send(Command::SetKnob { run, knob: KnobId::Batch, value: 1.0 });
    let message = session.warning();
    assert!(message.contains("`batch` is 1, expected at least 2") && message.contains("batch norm `1`"), "{message}");
    let kept = session.wait_for("KnobKept", |event| match event {
        Event::KnobKept { run, knob, value } => Some((*run, *knob, *value)),
        _ => None,
    });
    assert_eq!(kept, (run, KnobId::Batch, 16.0));
    session.send(Command::SetKnob { run, knob: KnobId::Batch, value: 2.0 });
    let turned = session.wait_for("KnobTurned", |event| match event {
        Event::KnobTurned { edit, .. } => Some(edit.new),
        _ => None,
    });
    assert_eq!(turned, 2.0);
    let knobs = Box::new(Knobs { batch: 1, ..session.knobs(run) });
    session.send(Command::AddRun { optimizer: OptimizerKind::Sgd, knobs, start: RunStart::Initial });
    assert!(session.warning().contains("`batch` is 1, expected at least 2"));
    let mut experiment = stateful();
    experiment.assign("batch=1").expect("a number of its range");
    session.send(Command::load(experiment));
    let reason = session.wait_for("NotLoaded", |event| match event {
        Event::NotLoaded { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert!(reason.contains("`batch` is 1, expected at least 2"), "{reason}");
    session.end();
}
