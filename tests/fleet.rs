//! Runs that are added, branched, rewound and removed, and looks into data, through the engine's link.

#[path = "common/session.rs"]
mod session;

use flatscape::config::{DataConfig, DataSource, Experiment, KnobId, Knobs, LabelKind, Normalization, OptimizerKind};
use flatscape::model::Architecture;
use flatscape::protocol::{
    Command, Event, Examples, LivePlane, Origin, Pairing, REMOVED_RUNS_KEPT, RunId, RunInfo, RunStart, SliceTag,
    SliceView, StepRow,
};
use flatscape::session::weights::weights_file;
use session::{Session, last_step, tiny};

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
        source,
        path: None,
        labels: LabelKind::Auto,
        label_column: None,
        train_size: 40,
        test_size: 20,
        seed: 1,
        noise: 0.1,
        classes: 3,
        label_noise: 0.0,
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

/// A network with batch norm in mini-batches with momentum, whose steps depend on all of a run's state.
fn stateful(changes: &[&str]) -> Experiment {
    let own = ["batch=16", "momentum=0.9", "data.train_size=60", "data.test_size=40", "look.eval_every=4"];
    let mut experiment = tiny(&own);
    let layers = ["linear 6", "batchnorm", "tanh", "linear 2"];
    experiment.model.layers = layers.into_iter().map(Into::into).collect();
    for change in changes {
        experiment.assign(change).expect("valid");
    }
    experiment
}

/// Rows from a step on, without the time that they took.
fn from_step(rows: Vec<StepRow>, step: u64, count: usize) -> Vec<String> {
    let rows = rows.into_iter().filter(|row| row.step > step).take(count);
    rows.map(|row| format!("{:?}", StepRow { train_seconds: 0.0, ..row })).collect()
}

fn added(session: &mut Session) -> RunInfo {
    session.wait_for("RunAdded", |event| match event {
        Event::RunAdded(info) => Some(info.clone()),
        _ => None,
    })
}

fn knobs(session: &Session, run: RunId) -> Knobs {
    session.runs.iter().find(|info| info.run == run).expect("it runs").knobs.clone()
}

#[test]
fn a_branch_continues_bit_for_bit_like_its_parent_from_any_step() {
    let mut session = Session::start(stateful(&[]));
    for optimizer in OptimizerKind::ALL {
        let parent = session.run_of(optimizer);
        let before = session.rows(parent).len() as u64;
        // Enough steps that earlier states are thinned, with a turn of a knob on the way.
        session.step_to(61, parent, before + 61);
        session.send(Command::SetKnob { run: parent, knob: KnobId::LearningRate, value: 0.02 });
        session.step_to(59, parent, before + 120);
        let turned = Knobs { learning_rate: 0.02, ..knobs(&session, parent) };
        for step in [before + 45, before + 77] {
            let knobs = if step < before + 61 { knobs(&session, parent) } else { turned.clone() };
            session.send(Command::AddRun {
                optimizer,
                knobs: Box::new(knobs.clone()),
                start: RunStart::Step { run: parent, step },
            });
            let info = added(&mut session);
            assert_eq!((info.parent(), info.optimizer, &info.knobs), (Some((parent, step)), optimizer, &knobs));
            session.step_to(9, info.run, step + 9);
            let rows = from_step(session.rows(info.run), step, 9);
            assert_eq!(rows, from_step(session.rows(parent), step, 9), "{optimizer:?} from step {step}");
            let grid = session.grid(info.run, |grid| grid.step == step + 9);
            let steps: Vec<u64> = grid.path.iter().map(|point| point.step).collect();
            assert!(steps[0] == 0 && steps.contains(&step) && steps.is_sorted(), "{steps:?}");
            session.send(Command::RemoveRun(info.run));
        }
    }
    session.end();
}

#[test]
fn a_rewound_run_repeats_its_steps_and_loses_later_turns_of_knobs() {
    let mut session = Session::start(stateful(&[]));
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(10, run, 10);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.03 });
    session.step_to(30, run, 40);
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.2 });
    session.step_to(5, run, 45);
    let before = from_step(session.rows(run), 25, 15);
    session.log.clear();
    session.send(Command::Rewind { run, step: 25 });
    let (step, knobs) = session.wait_for("Rewound", |event| match event {
        Event::Rewound { run: id, step, knobs } if *id == run => Some((*step, knobs.clone())),
        _ => None,
    });
    assert_eq!((step, knobs.sigma), (25, 0.03));
    session.step_to(15, run, 40);
    assert_eq!(from_step(session.rows(run), 25, 15), before);
    session.step_to(1, run, 41);
    let sigma = session.rows(run).last().and_then(|row| row.noise).expect("NSO has noise").sigma;
    assert_eq!(sigma, 0.03, "the turn at step 40 is undone");
    session.send(Command::Rewind { run, step: 42 });
    assert!(session.warning().contains("expected at most 41"));
    session.end();
}

#[test]
fn a_diverged_run_goes_on_from_an_earlier_step() {
    let mut session = Session::start(tiny(&["sgd.momentum=0.99"]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(6, run, 6);
    for (knob, value) in [(KnobId::LearningRate, 100.0), (KnobId::WeightDecay, 10.0)] {
        session.send(Command::SetKnob { run, knob, value });
    }
    session.send(Command::Play);
    session.wait_for("Diverged", |event| matches!(event, Event::Diverged { run: id, .. } if *id == run).then_some(()));
    session.send(Command::Pause);
    session.send(Command::Rewind { run, step: 5 });
    session.send(Command::Step);
    session.wait_for("step 6 again", |event| (last_step(event, run) == Some(6)).then_some(()));
    session.end();
}

#[test]
fn a_run_starts_at_a_place_of_a_slice_and_at_a_file() {
    let mut session = Session::start(stateful(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(8, run, 8);
    let grid = session.grid(run, |grid| grid.step == 8 && grid.x.len() == 9);
    let knobs = knobs(&session, run);
    let add = |start| Command::AddRun { optimizer: OptimizerKind::Sgd, knobs: Box::new(knobs.clone()), start };
    let loss_of = |session: &mut Session, id: RunId| {
        session.wait_for("Evaluated", |event| match event {
            Event::Evaluated { run, row } if *run == id => Some((row.step, row.train_loss)),
            _ => None,
        })
    };
    session.send(add(RunStart::Place { run, place: [grid.x[6], grid.y[2]], slice: grid.tag() }));
    let info = added(&mut session);
    let (step, loss) = loss_of(&mut session, info.run);
    assert_eq!((step, info.origin), (0, Origin::Place { run, step: 8, place: [grid.x[6], grid.y[2]] }));
    let cell = grid.loss[2 * 9 + 6];
    assert!((loss - cell).abs() <= 1e-5 * cell, "{loss}, the cell says {cell}");
    session.send(add(RunStart::Place { run, place: [f64::NAN, 0.0], slice: grid.tag() }));
    assert!(session.warning().contains("finite"));

    let architecture = Architecture::new(&stateful(&[]).model).expect("it runs");
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    let buffers = architecture.initial_buffers();
    let zeros = weights_file(&architecture, &vec![0.0; architecture.num_parameters()], &buffers);
    std::fs::write(file.path(), zeros).expect("written");
    session.send(add(RunStart::File(file.path().to_owned())));
    let info = added(&mut session);
    let (_, loss) = loss_of(&mut session, info.run);
    assert!((loss - 2.0_f64.ln()).abs() < 1e-6, "zeros say nothing: {loss}");
    assert_eq!(info.origin, Origin::File(file.path().to_owned()));
    let mut other = stateful(&[]).model;
    other.layers[0] = "linear 7".into();
    let other = Architecture::new(&other).expect("valid");
    let bytes = weights_file(&other, &vec![0.0; other.num_parameters()], &other.initial_buffers());
    std::fs::write(file.path(), bytes).expect("written");
    session.send(add(RunStart::File(file.path().to_owned())));
    let message = session.warning();
    assert!(message.contains("`0.weight` [7, 2], expected [6, 2]") && !message.contains('\n'), "{message}");
    session.end();
}

/// The runs after a reset.
fn reset(session: &mut Session) -> Vec<RunInfo> {
    session.log.clear();
    session.send(Command::Reset);
    session.wait_for("Started", |event| match event {
        Event::Started { runs, .. } => Some(runs.clone()),
        _ => None,
    })
}

/// The loss of a run at step 0.
fn first_loss(session: &mut Session, id: RunId) -> f64 {
    let of = |event: &Event| match event {
        Event::Evaluated { run, row } if *run == id && row.step == 0 => Some(row.train_loss),
        _ => None,
    };
    let heard = session.log.iter().find_map(of);
    heard.unwrap_or_else(|| session.wait_for("Evaluated", of))
}

#[test]
fn a_reset_starts_each_run_where_it_began() {
    let mut session = Session::start(stateful(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(8, run, 8);
    let grid = session.grid(run, |grid| grid.step == 8 && grid.x.len() == 9);
    let knobs = knobs(&session, run);
    let add = |start| Command::AddRun { optimizer: OptimizerKind::Sgd, knobs: Box::new(knobs.clone()), start };
    let place = [grid.x[6], grid.y[2]];
    session.send(add(RunStart::Place { run, place, slice: grid.tag() }));
    let at_place = added(&mut session).run;
    let loss_at_place = first_loss(&mut session, at_place);
    let architecture = Architecture::new(&stateful(&[]).model).expect("it runs");
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    let zeros = vec![0.0; architecture.num_parameters()];
    std::fs::write(file.path(), weights_file(&architecture, &zeros, &architecture.initial_buffers())).expect("written");
    session.send(add(RunStart::File(file.path().to_owned())));
    let of_file = added(&mut session).run;
    session.send(add(RunStart::Again(of_file)));
    assert_eq!(added(&mut session).origin, Origin::File(file.path().to_owned()));
    // A branch of the run from a file shares its step 0.
    session.step_to(3, of_file, 3);
    session.send(add(RunStart::Step { run: of_file, step: 2 }));
    assert_eq!(added(&mut session).parent(), Some((of_file, 2)));
    std::fs::remove_file(file.path()).expect("it was there");
    let initial = first_loss(&mut session, run);
    for _ in 0..2 {
        let runs = reset(&mut session);
        let file = Origin::File(file.path().to_owned());
        let place = Origin::Place { run: runs[0].run, step: 8, place };
        let origins: Vec<Origin> = runs.iter().map(|info| info.origin.clone()).collect();
        let own = Origin::Initial;
        assert_eq!(origins, [own.clone(), own.clone(), own, place, file.clone(), file.clone(), file]);
        assert_eq!(first_loss(&mut session, runs[0].run), initial);
        assert_eq!(first_loss(&mut session, runs[3].run), loss_at_place);
        for run in &runs[4..] {
            let loss = first_loss(&mut session, run.run);
            assert!((loss - 2.0_f64.ln()).abs() < 1e-6, "{loss}");
        }
    }
    session.end();
}

#[test]
fn a_duplicate_starts_where_its_run_started_though_seeds_differ() {
    let mut session = Session::start(stateful(&[]));
    session.send(Command::SetPairing(Pairing { same_initial: false, equal_evaluations: true }));
    session.runs = reset(&mut session);
    let nso = session.runs[2].clone();
    assert_eq!(nso.seed, 2);
    session.step_to(4, nso.run, 4);
    session.send(Command::AddRun {
        optimizer: OptimizerKind::Nso,
        knobs: Box::new(nso.knobs.clone()),
        start: RunStart::Again(nso.run),
    });
    let again = added(&mut session);
    assert_eq!((again.seed, &again.origin), (2, &Origin::Initial));
    session.step_to(4, again.run, 4);
    assert_eq!(from_step(session.rows(again.run), 0, 4), from_step(session.rows(nso.run), 0, 4));
    // Seeds are kept at a reset, though runs before it are gone.
    session.send(Command::RemoveRun(session.runs[0].run));
    let seeds: Vec<u64> = reset(&mut session).iter().map(|info| info.seed).collect();
    assert_eq!(seeds, [1, 2, 2]);
    session.end();
}

#[test]
fn a_removed_run_comes_back_to_its_place_and_goes_on_as_if_it_had_stayed() {
    let mut session = Session::start(stateful(&[]));
    let sam = session.run_of(OptimizerKind::Sam);
    let twin = Command::AddRun {
        optimizer: OptimizerKind::Sam,
        knobs: Box::new(knobs(&session, sam)),
        start: RunStart::Initial,
    };
    session.send(twin);
    let twin = added(&mut session).run;
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
        ids.push(added(&mut session).run);
    }
    ids.iter().for_each(|id| session.send(Command::RemoveRun(*id)));
    session.send(Command::RestoreRun(ids[0]));
    assert!(session.warning().contains("no run came back: it was removed too long ago"));
    session.send(Command::RestoreRun(ids[1]));
    session.wait_for("RunRestored", |event| matches!(event, Event::RunRestored { .. }).then_some(()));
    reset(&mut session);
    session.send(Command::RestoreRun(ids[2]));
    assert!(session.warning().contains("no run came back"));
    session.end();
}

#[test]
fn a_rewind_that_is_given_up_leaves_the_run_where_it_is() {
    let mut session = Session::start(stateful(&[]));
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(300, run, 300);
    // States are kept every few steps by now, so that some have to be repeated.
    session.send(Command::Rewind { run, step: 295 });
    session.send(Command::SetKnob { run, knob: KnobId::Sigma, value: 0.03 });
    session.send(Command::CancelRepeat);
    let turned = session.wait_for("KnobTurned", |event| match event {
        Event::KnobTurned { edit, .. } => Some((edit.step, edit.new)),
        _ => None,
    });
    assert_eq!(turned, (300, 0.03));
    session.step_to(1, run, 301);
    assert!(!session.log.iter().any(|event| matches!(event, Event::Rewound { .. })));
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
    let mut session = Session::start(stateful(&[]));
    session.send(Command::SetPairing(Pairing { same_initial: false, equal_evaluations: false }));
    session.send(Command::Reset);
    session.runs = session.wait_for("Started", |event| match event {
        Event::Started { runs, .. } => Some(runs.clone()),
        _ => None,
    });
    let seeds: Vec<u64> = session.runs.iter().map(|info| info.seed).collect();
    assert_eq!(seeds, [0, 1, 2]);
    session.log.clear();
    session.send(Command::Play);
    let nso = session.run_of(OptimizerKind::Nso);
    session.wait_for("30 steps of NSO", |event| last_step(event, nso).filter(|step| *step >= 30));
    session.send(Command::Pause);
    session.wait_for("Playing(false)", |event| (*event == Event::Playing(false)).then_some(()));
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
    assert_eq!(added(&mut session).seed, 3);
    session.end();
}

#[test]
fn layer_traces_come_where_they_are_asked_for() {
    let mut session = Session::start(stateful(&[]));
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
    let mut session = Session::start(stateful(&[]));
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
    session.send(Command::load(stateful(&[])));
    let runs = session.wait_for("Started", |event| match event {
        Event::Started { runs, .. } => Some(runs.clone()),
        _ => None,
    });
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
