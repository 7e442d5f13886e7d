//! The engine's commands without its thread.

use std::sync::Arc;

mod devices;
mod lost;
mod reopened;
mod sessions;

use super::*;
use crate::config::{KnobId, OptimizerKind, builtin_experiment};
use crate::protocol::{RunInfo, RunStart};

/// An engine with an experiment of three runs, on a device that may be lost.
fn loaded() -> (Link, Engine) {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(DeviceChoice::Cpu, KeptRates::default()));
    engine.compute = Some(Compute::cpu());
    engine.may_be_lost = |_| true;
    let experiment = builtin_experiment("moons-mlp").unwrap();
    assert!(engine.take(Command::load(experiment)) == Flow::GoOn && engine.fleet.is_some());
    (link, engine)
}

fn events(link: &Link, engine: &mut Engine) -> Vec<Event> {
    let mut events = Vec::new();
    engine.flush();
    link.drain(usize::MAX, |event| events.push(event));
    events
}

fn runs(events: &[Event]) -> Vec<RunInfo> {
    let started = events.iter().find_map(|event| match event {
        Event::Started { runs, .. } => Some(runs.clone()),
        _ => None,
    });
    started.expect("the runs start")
}

/// Works until each of these runs has done so many steps.
fn step_to(link: &Link, engine: &mut Engine, step: u64, ids: &[RunId]) -> Vec<Event> {
    let mut all = Vec::new();
    let is_there = |all: &[Event], id: RunId| {
        all.iter().any(|event| match event {
            Event::Steps { run, rows } => *run == id && rows.iter().any(|row| row.step == step),
            _ => false,
        })
    };
    while !ids.iter().all(|id| is_there(&all, *id)) {
        if !engine.playing && engine.single_steps == 0 {
            engine.take(Command::Step);
        }
        engine.guarded(Engine::unit);
        all.extend(events(link, engine));
    }
    all
}

#[test]
fn a_panic_becomes_an_event_and_the_runs_can_go_on_from_where_they_were() {
    let (link, mut engine) = loaded();
    let ids: Vec<RunId> = runs(&events(&link, &mut engine)).iter().map(|info| info.run).collect();
    step_to(&link, &mut engine, 3, &ids);
    engine.playing = true;
    engine.guarded(|_| panic!("index 7 of 3"));
    assert!(!engine.playing);
    let told = events(&link, &mut engine);
    assert!(told.contains(&Event::Failed("index 7 of 3".to_owned())), "{told:?}");
    assert!(engine.take(Command::Play) == Flow::GoOn);
    assert!(engine.playing && events(&link, &mut engine).contains(&Event::Playing(true)));
    // The next steps are 4, not 1.
    let told = step_to(&link, &mut engine, 4, &ids);
    assert!(!told.iter().any(|event| matches!(event, Event::Started { .. } | Event::Rewound { .. })));
}

#[test]
fn a_lost_device_is_replaced_and_all_runs_go_on_from_their_copies() {
    let (link, mut engine) = loaded();
    let started = runs(&events(&link, &mut engine));
    let ids: Vec<RunId> = started.iter().map(|info| info.run).collect();
    let sgd = started.iter().find(|info| info.optimizer == OptimizerKind::Sgd).unwrap();
    step_to(&link, &mut engine, 3, &ids);
    // One more run, and a knob that is turned.
    let knobs = Box::new(sgd.knobs.clone());
    engine.take(Command::AddRun {
        optimizer: OptimizerKind::Sgd,
        knobs,
        start: RunStart::Step { run: sgd.run, step: 2 },
    });
    while engine.fleet.as_ref().unwrap().has_errand() {
        engine.guarded(Engine::unit);
    }
    let told = events(&link, &mut engine);
    let branch = told.iter().find_map(|event| match event {
        Event::RunAdded(info) => Some(info.run),
        _ => None,
    });
    let branch = branch.expect("a branch");
    engine.guarded(Engine::unit);
    engine.take(Command::SetKnob { run: sgd.run, knob: KnobId::LearningRate, value: 0.01 });
    engine.playing = true;
    engine.computes = |_| false;
    events(&link, &mut engine);
    engine.guarded(|_| panic!("device lost"));
    engine.computes = computes;

    let told = events(&link, &mut engine);
    assert!(engine.playing && !told.iter().any(|event| matches!(event, Event::Failed(_) | Event::RunRemoved(_))));
    assert!(told.iter().any(|event| matches!(event, Event::Device { notice: Some(_), .. })), "{told:?}");
    let back: Vec<(RunId, u64)> = told
        .iter()
        .filter_map(|event| match event {
            Event::Rewound { run, step, .. } => Some((*run, *step)),
            _ => None,
        })
        .collect();
    assert_eq!(back.iter().map(|(run, _)| *run).collect::<Vec<_>>(), [&ids[..], &[branch]].concat());
    assert!(back.contains(&(branch, 2)), "{back:?}");
    let turned = told
        .iter()
        .any(|event| matches!(event, Event::KnobTurned { run, edit } if *run == sgd.run && edit.new == 0.01));
    assert!(turned, "the knob stays where it was turned: {told:?}");
    assert!(told.iter().any(|event| matches!(event, Event::Warning(text) if text.contains("go on from copies"))));
    // They train on, each from its copy.
    let told = step_to(&link, &mut engine, 4, &[&ids[..], &[branch]].concat());
    let rows = told.iter().filter_map(|event| match event {
        Event::Steps { run, rows } if *run == sgd.run => rows.first(),
        _ => None,
    });
    let first = rows.min_by_key(|row| row.step).unwrap();
    assert_eq!(first.learning_rate, 0.01);
    // What came before the copy is gone, which is said.
    engine.take(Command::Rewind { run: branch, step: 1 });
    let told = events(&link, &mut engine);
    assert!(told.iter().any(|event| matches!(event, Event::Warning(text) if text.contains("at least 2"))), "{told:?}");
}

#[test]
fn a_moved_run_goes_on_as_it_would_have() {
    let experiment = builtin_experiment("digits-cnn").unwrap();
    let knobs = experiment.knobs(OptimizerKind::Nso).unwrap();
    let task = Arc::new(crate::train::Task::new(Arc::new(experiment), 3, Compute::cpu()).unwrap());
    let mut run = crate::train::Run::new(Arc::clone(&task), OptimizerKind::Nso, knobs);
    for _ in 0..2 {
        run.step().unwrap();
    }
    let mut moved = run.moved(&run.host_copy(), task);
    let (expected, found) = (run.step().unwrap(), moved.step().unwrap());
    assert_eq!(found.step, 3);
    assert_eq!(found.batch_loss.to_bits(), expected.batch_loss.to_bits());
    let same = |a: f32, b: f32| a.to_bits() == b.to_bits();
    assert!(run.weights_on_host().into_iter().zip(moved.weights_on_host()).all(|(a, b)| same(a, b)));
}

#[test]
fn runs_that_were_never_copied_are_gone_and_a_reset_starts_their_experiment() {
    let (link, mut engine) = loaded();
    engine.computes = |_| false;
    engine.guarded(|_| panic!("device lost"));
    engine.computes = computes;
    let told = events(&link, &mut engine);
    assert_eq!(told.iter().filter(|event| matches!(event, Event::RunRemoved(_))).count(), 3);
    assert!(told.iter().any(|event| matches!(event, Event::Failed(text) if text.contains("cannot go on"))));
    engine.take(Command::Play);
    assert!(!engine.playing && !events(&link, &mut engine).contains(&Event::Playing(true)));
    engine.take(Command::Reset);
    assert_eq!(runs(&events(&link, &mut engine)).len(), 3);
}

#[test]
fn an_experiment_that_cannot_be_loaded_leaves_the_runs_as_they_are() {
    let (link, mut engine) = loaded();
    let ids: Vec<RunId> = runs(&events(&link, &mut engine)).iter().map(|info| info.run).collect();
    step_to(&link, &mut engine, 2, &ids);
    engine.take(Command::Play);
    let mut broken = builtin_experiment("moons-mlp").unwrap();
    broken.data.source = crate::config::DataSource::File;
    broken.data.path = Some("/no/such/data.csv".into());
    engine.take(Command::load(broken));
    let told = events(&link, &mut engine);
    let refusal = told.iter().find_map(|event| match event {
        Event::NotLoaded { title, reason } => Some((title.as_str(), reason.as_str())),
        _ => None,
    });
    assert!(
        refusal.is_some_and(|(title, reason)| title.contains("moons") && reason.contains("/no/such/data.csv")),
        "{told:?}"
    );
    assert!(engine.playing && !told.iter().any(|event| matches!(event, Event::Failed(_) | Event::Playing(false))));
    step_to(&link, &mut engine, 3, &ids);
    // A reset starts these runs again, not the broken experiment.
    engine.take(Command::Reset);
    assert_eq!(runs(&events(&link, &mut engine)).len(), 3);
}

#[test]
fn a_device_that_is_lost_while_there_are_no_runs_is_told_and_another_one_taken() {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(DeviceChoice::Cpu, KeptRates::default()));
    engine.compute = Some(Compute::cpu());
    engine.computes = |_| false;
    engine.guarded(|_| panic!("device lost"));
    engine.computes = computes;
    let told = events(&link, &mut engine);
    assert!(told.contains(&Event::Failed("device lost".to_owned())), "{told:?}");
    assert!(told.iter().any(|event| matches!(event, Event::Device { notice: Some(_), .. })), "{told:?}");
    engine.take(Command::load(builtin_experiment("moons-mlp").unwrap()));
    assert_eq!(runs(&events(&link, &mut engine)).len(), 3);
}

#[test]
fn without_a_device_it_says_why_and_tries_again_at_a_reset() {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(DeviceChoice::Cpu, KeptRates::default()));
    engine.no_device = "no GPU adapter was found".to_owned();
    let experiment = builtin_experiment("moons-mlp").unwrap();
    engine.take(Command::load(experiment));
    engine.take(Command::Play);
    let told = events(&link, &mut engine);
    assert_eq!(told, [Event::Failed("no GPU adapter was found".to_owned()), Event::Playing(false)]);
    engine.take(Command::Reset);
    assert_eq!(runs(&events(&link, &mut engine)).len(), 3);
}

#[test]
fn the_budget_gives_each_side_its_share() {
    for look_share in [0.1, 0.5, 0.8] {
        let mut budget = Budget::new(look_share);
        let (mut train, mut look) = (0.0, 0.0);
        for _ in 0..10_000 {
            if budget.look_is_behind() {
                budget.spend(0.0, 0.004);
                look += 0.004;
            } else {
                budget.spend(0.001, 0.0);
                train += 0.001;
            }
        }
        let share = look / (train + look);
        assert!((share - look_share).abs() < 0.02, "asked {look_share}, got {share}");
    }
}
