//! Runs that are removed and brought back, paired, and asked for everything at once; looks into data.

use flatscape::config::{DataConfig, DataSource, KnobId, Knobs, Normalization, OptimizerKind};
use flatscape::protocol::{
    Command, Event, Examples, LivePlane, Pairing, REMOVED_RUNS_KEPT, RunId, RunInfo, RunStart, SliceTag, SliceView,
};

use crate::session::{Session, from_step, last_step, stateful, tiny};

#[test]
fn a_start_tells_the_tensors_and_shows_the_data() {
    let session = Session::start(tiny(&[]));
    let (tensors, data, parameters) = session
        .log
        .iter()
        .find_map(|event| match event {
            Event::Started { tensors, data, num_parameters, .. } => {
                Some((tensors.clone(), data.clone(), *num_parameters))
            }
            _ => None,
        })
        .expect("it has started");
    assert_eq!(tensors.first().map(String::as_str), Some("0.weight"));
    assert!(tensors.len() >= 4 && parameters > 0);
    assert_eq!(data.shape, [2]);
    assert_eq!(data.class_counts.iter().sum::<usize>(), data.num_train);
    assert_eq!(data.rows.len(), data.num_train.min(600) + data.num_test.min(400));
    assert!(data.source.starts_with("two moons, noise "), "{}", data.source);
    session.end();
}

#[test]
fn a_look_into_other_data_comes_while_the_runs_train_and_after_another_load() {
    let mut session = Session::start(tiny(&[]));
    session.send(Command::Play);
    let config = |source| DataConfig {
        train_size: 40,
        test_size: 20,
        seed: 1,
        noise: 0.1,
        classes: 3,
        ..DataConfig::of(source)
    };
    session.send(Command::Preview(Box::new(config(DataSource::Spirals))));
    session.send(Command::load(tiny(&[])));
    let look = |session: &mut Session| {
        session.wait_for("Previewed", |event| match event {
            Event::Previewed(look) => Some(look.clone()),
            _ => None,
        })
    };
    let spirals = look(&mut session).expect("spirals need no file");
    assert_eq!((spirals.source.as_str(), spirals.rows.len(), spirals.classes.len()), ("3 spirals, noise 0.1", 60, 3));
    let missing = DataConfig { path: Some("/nowhere/at/all.csv".into()), ..config(DataSource::File) };
    session.send(Command::Preview(Box::new(missing)));
    let message = look(&mut session).unwrap_err();
    assert!(message.contains("/nowhere/at/all.csv") && !message.contains('\n'), "{message}");
    session.end();
}

#[test]
fn a_removed_run_comes_back_to_its_place_and_goes_on_as_if_it_had_stayed() {
    let mut session = Session::start(stateful());
    let sam = session.run_of(OptimizerKind::Sam);
    let twin = Command::AddRun {
        optimizer: OptimizerKind::Sam,
        knobs: Box::new(session.knobs(sam)),
        start: RunStart::Initial,
    };
    session.send(twin);
    let twin = session.added().run;
    session.step_to(10, twin, 10);
    session.send(Command::RemoveRun(sam));
    session.send(Command::RestoreRun(sam));
    let place = session.wait_for("RunRestored", |event| match event {
        Event::RunRestored { run, place } if *run == sam => Some(*place),
        _ => None,
    });
    assert_eq!(place, 1);
    session.step_to(10, twin, 20);
    assert_eq!(from_step(session.rows(sam), 10, 10), from_step(session.rows(twin), 10, 10));
    assert!(session.grid(sam, |grid| grid.step == 20).step == 20, "it is seen again");
    session.send(Command::Rewind { run: sam, step: 4 });
    session.wait_for("Rewound", |event| matches!(event, Event::Rewound { step: 4, .. }).then_some(()));
    session.end();
}

#[test]
fn only_the_last_removed_runs_are_kept_and_none_beyond_a_reset() {
    let mut session = Session::start(tiny(&[]));
    let knobs = Box::new(session.runs[0].knobs.clone());
    let add = Command::AddRun { optimizer: OptimizerKind::Sgd, knobs, start: RunStart::Initial };
    let mut ids = Vec::new();
    for _ in 0..=REMOVED_RUNS_KEPT {
        session.send(add.clone());
        ids.push(session.added().run);
    }
    ids.iter().for_each(|id| session.send(Command::RemoveRun(*id)));
    session.send(Command::RestoreRun(ids[0]));
    assert!(session.warning().contains("no run came back: it was removed too long ago"));
    session.send(Command::RestoreRun(ids[1]));
    session.wait_for("RunRestored", |event| matches!(event, Event::RunRestored { .. }).then_some(()));
    session.reset();
    session.send(Command::RestoreRun(ids[2]));
    assert!(session.warning().contains("no run came back"));
    session.end();
}

#[test]
fn what_cannot_be_added_or_removed_is_said() {
    let mut session = Session::start(tiny(&[]));
    let (run, knobs) = (session.runs[0].run, session.runs[0].knobs.clone());
    let add =
        |knobs: &Knobs, start| Command::AddRun { optimizer: OptimizerKind::Sam, knobs: Box::new(knobs.clone()), start };
    session.send(add(&Knobs { momentum: 1.5, ..knobs.clone() }, RunStart::Initial));
    assert!(session.warning().contains("`momentum` is 1.5, expected"));
    session.send(add(&knobs, RunStart::Step { run, step: 3 }));
    assert!(session.warning().contains("the step is 3, expected at most 0"));
    session.send(add(&knobs, RunStart::Step { run: RunId(999), step: 0 }));
    assert!(session.warning().contains("gone"));
    for _ in 0..62 {
        session.send(add(&knobs, RunStart::Initial));
    }
    assert!(session.warning().contains("64 runs"));
    let added = session.log.iter().filter(|event| matches!(event, Event::RunAdded(_))).count();
    assert_eq!(added, 61);
    let id = |event: &Event| match event {
        Event::RunAdded(info) => Some(info.run),
        _ => None,
    };
    let ids: Vec<RunId> = session.log.iter().filter_map(id).collect();
    for id in session.runs.iter().map(|info| info.run).chain(ids) {
        session.send(Command::RemoveRun(id));
    }
    assert!(session.warning().contains("last run"));
    let removed = session.log.iter().filter(|event| matches!(event, Event::RunRemoved(_))).count();
    assert_eq!(removed, 63);
    assert!(session.link.slots.grid(run).is_none());
    session.end();
}

#[test]
fn runs_are_paired_by_steps_and_by_seeds_of_their_own() {
    let mut session = Session::start(stateful());
    session.send(Command::SetPairing(Pairing { same_initial: false, equal_evaluations: false }));
    session.runs = session.reset();
    let seeds: Vec<u64> = session.runs.iter().map(|info| info.seed).collect();
    assert_eq!(seeds, [0, 1, 2]);
    session.log.clear();
    session.send(Command::Play);
    let nso = session.run_of(OptimizerKind::Nso);
    session.wait_for("30 steps of NSO", |event| last_step(event, nso).filter(|step| *step >= 30));
    session.pause();
    let steps: Vec<usize> = session.runs.iter().map(|info| session.rows(info.run).len()).collect();
    assert!(steps.iter().max().unwrap() - steps.iter().min().unwrap() <= 1, "{steps:?}");
    let first: Vec<u64> = session.runs.iter().map(|info| session.rows(info.run)[0].batch_loss.to_bits()).collect();
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    let step = |info: &RunInfo| session.rows(info.run).len() as u64;
    let captions: Vec<_> =
        session.runs.iter().map(|info| session.grid(info.run, |grid| grid.step == step(info)).caption.norms).collect();
    assert!(captions.windows(2).all(|pair| pair[0] == pair[1]), "the same directions for all: {captions:?}");
    let knobs = Box::new(session.runs[0].knobs.clone());
    session.send(Command::AddRun { optimizer: OptimizerKind::Sgd, knobs, start: RunStart::Initial });
    assert_eq!(session.added().seed, 3);
    session.end();
}

#[test]
fn layer_traces_come_where_they_are_asked_for() {
    let mut session = Session::start(stateful());
    session.send(Command::SetLayerTraces(true));
    let row = session.wait_for("LayerTrace", |event| match event {
        Event::LayerTrace { row, .. } => Some(row.clone()),
        _ => None,
    });
    assert_eq!(row.layers.len(), 6, "two linear layers and a batch norm");
    assert!(row.layers.iter().all(|layer| layer.samples == 8 && layer.mean.is_finite() && layer.stderr >= 0.0));
    session.end();
}

/// The run that an event is about.
const fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::Steps { run, .. }
        | Event::Evaluated { run, .. }
        | Event::Trace { run, .. }
        | Event::Eigen { run, .. }
        | Event::StreamedTrace { run, .. }
        | Event::StreamedEigen { run, .. }
        | Event::LayerTrace { run, .. }
        | Event::KnobTurned { run, .. }
        | Event::Rewound { run, .. }
        | Event::RunRemoved(run)
        | Event::RunAdded(RunInfo { run, .. }) => Some(*run),
        _ => None,
    }
}

/// All that can be asked for, one after the other, while everything runs.
fn everything(runs: &[RunInfo], turn: u64) -> Vec<Command> {
    let [a, b, c] = [0, 1, 2].map(|i: usize| runs[i].run);
    let planes = [
        LivePlane::Minima([a, b, c]),
        LivePlane::Eigenvectors(b),
        LivePlane::PathPca(c),
        LivePlane::Random { seed: turn, normalization: Normalization::Model },
        LivePlane::Minima([a, a, RunId(9999)]),
    ];
    let (examples, accuracy, follow) = (Examples::Test, turn.is_multiple_of(2), turn.is_multiple_of(3));
    let plane = planes[turn as usize % planes.len()];
    let knobs = Box::new(runs[turn as usize % 3].knobs.clone());
    let start = match turn % 3 {
        0 => RunStart::Initial,
        1 => RunStart::Step { run: a, step: turn },
        _ => RunStart::Place { run: b, place: [0.1, -0.2], slice: SliceTag { step: turn, generation: 0 } },
    };
    vec![
        Command::SetSlice(SliceView { resolution: 9, plane, examples, accuracy, follow, ..SliceView::default() }),
        Command::SetLayerTraces(accuracy),
        Command::Rewind { run: c, step: turn / 2 },
        Command::SetKnob { run: c, knob: KnobId::Sigma, value: 0.02 },
        Command::Predict { run: a, place: [0.3, 0.1], slice: SliceTag { step: turn, generation: 0 } },
        Command::AddRun { optimizer: OptimizerKind::Nso, knobs, start },
        Command::SetPairing(Pairing { same_initial: follow, equal_evaluations: accuracy }),
        Command::Predict { run: RunId(9999), place: [f64::NAN, 0.1], slice: SliceTag::default() },
        Command::Step,
    ]
}

#[test]
fn everything_at_once_fails_nowhere_and_closed_runs_are_silent() {
    let mut session = Session::start(stateful());
    session.send(Command::Play);
    for turn in 0..30 {
        for command in everything(&session.runs, turn) {
            session.send(command);
        }
        let run = session.runs[0].run;
        session.wait_for("a step", |event| last_step(event, run));
    }
    session.send(Command::AddRun {
        optimizer: OptimizerKind::Sgd,
        knobs: Box::new(session.runs[0].knobs.clone()),
        start: RunStart::Step { run: session.runs[0].run, step: 20 },
    });
    session.send(Command::load(stateful()));
    let runs = session.started();
    let begun = session.log.len();
    session.send(Command::Play);
    session.wait_for("a step", |event| last_step(event, runs[1].run).filter(|step| *step >= 20));
    let new = runs.iter().map(|info| info.run).min().expect("there are runs");
    for event in &session.log[begun..] {
        assert!(run_of(event).is_none_or(|run| run >= new), "{event:?} is of a closed run");
    }
    let failed = session.log.iter().find(|event| matches!(event, Event::Failed(_)));
    assert!(failed.is_none(), "{failed:?}");
    let added = session.log.iter().filter(|event| matches!(event, Event::RunAdded(_))).count();
    let rewound = session.log.iter().filter(|event| matches!(event, Event::Rewound { .. })).count();
    assert!(added >= 20 && rewound >= 5, "{added} added, {rewound} rewound");
    session.end();
}
