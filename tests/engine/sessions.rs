//! Sessions through the link: what is recorded while it trains stands as it was when it is opened again, and goes on bit for bit.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use flatscape::config::{DeviceChoice, Experiment, KnobId, Knobs, OptimizerKind};
use flatscape::engine::{Agreed, ReplayOptions, Replayed, replay_session, spawn};
use flatscape::protocol::{
    Command, Event, Examples, JobId, MeasureRequest, Measurement, RunId, RunInfo, RunPast, RunStart, StepRow,
};
use flatscape::session::store::Session as Kept;
use flatscape::session::unnamed;

use crate::session::{Session, from_step, stateful, tiny};

/// A session that is recorded, whose engine has been told where.
fn recorded(folder: &Path, experiment: Experiment) -> Session {
    let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| {})).expect("a thread starts");
    let mut session = Session { link, handle, runs: Vec::new(), log: Vec::new() };
    session.send(Command::KeepSessions(folder.to_owned()));
    session.send(Command::load(experiment));
    session.runs = session.started();
    session
}

/// The file of a session, once it is written.
fn file(session: &mut Session) -> PathBuf {
    let of = |event: &Event| match event {
        Event::Session(state) => state.path.clone(),
        _ => None,
    };
    let told = session.log.iter().rev().find_map(of);
    told.unwrap_or_else(|| session.wait_for("the session's file", of))
}

/// What was told of a session that is opened by an engine of its own.
struct Opened {
    session: Session,
    pasts: Vec<(RunId, RunPast)>,
    view: Option<String>,
}

fn open(path: &Path, folder: Option<&Path>) -> Opened {
    let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| {})).expect("a thread starts");
    let mut session = Session { link, handle, runs: Vec::new(), log: Vec::new() };
    if let Some(folder) = folder {
        session.send(Command::KeepSessions(folder.to_owned()));
    }
    session.send(Command::OpenSession(path.to_owned()));
    session.runs = session.started();
    let view = session.wait_for("SessionOpened", |event| match event {
        Event::SessionOpened { view } => Some(view.clone()),
        _ => None,
    });
    let past = |event: &Event| match event {
        Event::RunPast { run, past } => Some((*run, (**past).clone())),
        _ => None,
    };
    let pasts = session.log.iter().filter_map(past).collect();
    Opened { session, pasts, view }
}

fn past(opened: &Opened, id: RunId) -> &RunPast {
    &opened.pasts.iter().find(|(run, _)| *run == id).expect("it has a past").1
}

/// Weights of a run now, as a file has them.
fn weights(session: &mut Session, id: RunId) -> (u64, Vec<u8>) {
    session.send(Command::FetchWeights(id));
    session.wait_for("Weights", |event| match event {
        Event::Weights { run, step, file } if *run == id => Some((*step, file.clone())),
        _ => None,
    })
}

/// The rows that a run still has, where it went back once.
fn rows_left(session: &Session, id: RunId) -> Vec<StepRow> {
    let mut rows: Vec<StepRow> = Vec::new();
    for event in &session.log {
        match event {
            Event::Steps { run, rows: new } if *run == id => rows.extend(new),
            Event::Rewound { run, step, .. } if *run == id => rows.retain(|row| row.step <= *step),
            _ => {}
        }
    }
    rows
}

/// Repeats the runs of a session's file and finds every row and weight of it again.
fn replayed(path: &Path) -> Agreed {
    let options = ReplayOptions { run: None, to: None, device: DeviceChoice::Cpu, tolerance: 0.0 };
    let session = Kept::open(path).expect("it opens");
    match replay_session(&session, &options, &mut |_| (), &AtomicBool::new(false)).expect("it can be repeated") {
        Replayed::Agrees(agreed) => agreed,
        Replayed::Parts(parting) => panic!("{parting:?}"),
    }
}

/// Trains three runs with knobs turned on the way, a branch and a rewind. The branch.
fn work(session: &mut Session) -> RunInfo {
    let [sgd, sam, nso] = [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso].map(|kind| session.run_of(kind));
    session.step_to(20, nso, 20);
    session.send(Command::SetKnob { run: nso, knob: KnobId::Sigma, value: 0.03 });
    session.send(Command::SetKnob { run: sam, knob: KnobId::LearningRate, value: 0.02 });
    session.step_to(20, nso, 40);
    let knobs = Box::new(Knobs { learning_rate: 0.03, ..session.knobs(sgd) });
    let start = RunStart::Step { run: sgd, step: 25 };
    session.send(Command::AddRun { optimizer: OptimizerKind::Sam, knobs, start });
    let branch = session.added();
    session.step_to(15, branch.run, 40);
    session.send(Command::SetKnob { run: branch.run, knob: KnobId::Momentum, value: 0.5 });
    session.send(Command::Rewind { run: sam, step: 30 });
    session.wait_for("Rewound", |event| matches!(event, Event::Rewound { run, .. } if *run == sam).then_some(()));
    session.step_to(5, sam, 35);
    branch
}

/// Rows without the seconds, which no two machines share.
fn same_rows(found: &[StepRow], told: &[StepRow]) {
    assert_eq!(from_step(found.to_vec(), 0, usize::MAX), from_step(told.to_vec(), 0, usize::MAX));
}

#[test]
fn a_session_that_is_opened_stands_as_it_did_and_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = recorded(folder.path(), stateful());
    let branch = work(&mut session);
    let path = file(&mut session);
    let ids: Vec<RunId> = session.runs.iter().map(|info| info.run).chain([branch.run]).collect();
    let told: Vec<Vec<StepRow>> = ids.iter().map(|id| rows_left(&session, *id)).collect();
    session.send(Command::KeepView("{\"layout\": \"teach\"}".to_owned()));
    // One that goes on without a stop.
    let mut whole = Session::start(stateful());
    assert_eq!(work(&mut whole).run, branch.run);
    session.end();
    let agreed = replayed(&path);
    assert_eq!(agreed.runs, 4, "{agreed:?}");

    let mut opened = open(&path, None);
    assert_eq!(opened.view.as_deref(), Some("{\"layout\": \"teach\"}"));
    assert_eq!(opened.session.runs.iter().map(|info| info.run).collect::<Vec<_>>(), ids);
    assert_eq!(
        opened.session.runs.last().map(|info| (&info.knobs, &info.origin)),
        Some((&branch.knobs, &branch.origin))
    );
    for (id, told) in ids.iter().zip(&told) {
        let before = if *id == branch.run { 25 } else { 0 };
        let found: Vec<StepRow> =
            past(&opened, *id).rows.steps.iter().filter(|row| row.step > before).copied().collect();
        same_rows(&found, told);
        assert!(!past(&opened, *id).slices.is_empty(), "a slice of {id:?}");
    }
    // The knobs that a branch begins with are no turns of anybody.
    let of_branch: Vec<KnobId> = past(&opened, branch.run).rows.journal.iter().map(|edit| edit.knob).collect();
    assert_eq!(of_branch, [KnobId::Momentum]);
    let turned = &past(&opened, ids[1]).rows.journal;
    assert!(turned.iter().any(|edit| edit.knob == KnobId::LearningRate && edit.new == 0.02), "{turned:?}");
    for session in [&mut opened.session, &mut whole] {
        (0..50).for_each(|_| session.send(Command::Step));
    }
    for id in &ids {
        let last = rows_left(&whole, *id).last().map_or(0, |row| row.step);
        let target = told[ids.iter().position(|other| other == id).expect("listed")].last().expect("rows").step + 50;
        for session in [&mut opened.session, &mut whole] {
            if rows_left(session, *id).last().is_none_or(|row| row.step < target) {
                session.wait_for("the last step", |event| {
                    (crate::session::last_step(event, *id) == Some(target)).then_some(())
                });
            }
        }
        assert!(last <= target);
        assert_eq!(weights(&mut opened.session, *id), weights(&mut whole, *id), "{id:?}");
    }
    // A step of before can be gone back to.
    opened.session.send(Command::Rewind { run: ids[2], step: 10 });
    opened.session.wait_for("Rewound", |event| matches!(event, Event::Rewound { step: 10, .. }).then_some(()));
    opened.session.step_to(3, ids[2], 13);
    opened.session.end();
    whole.end();
    // What both engines wrote comes out again, with what was turned, branched and rewound on the way.
    let agreed = replayed(&path);
    let least: u64 = [0, 1, 3].map(|place: usize| told[place].last().expect("rows").step + 50).iter().sum();
    assert!(agreed.runs == 4 && agreed.steps >= least + 13, "{agreed:?} of at least {least} steps");
    assert!(agreed.rows > agreed.steps && agreed.checkpoints >= 4, "{agreed:?}");
}

#[test]
fn what_was_measured_comes_back_with_what_was_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = recorded(folder.path(), tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(3, run, 3);
    let what = Measurement::Trace { probes: 8 };
    let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 7 };
    session.send(Command::Measure { job: JobId(4), run, request: Box::new(request.clone()) });
    let measured = session.wait_for("Measured", |event| matches!(event, Event::Measured { .. }).then(|| event.clone()));
    session.wait_for_rest(run, 3);
    let path = file(&mut session);
    session.end();
    let opened = open(&path, None);
    let before = Event::MeasuredBefore { job: JobId(4), run, request: Box::new(request) };
    assert!(
        opened.session.log.contains(&before) && opened.session.log.contains(&measured),
        "{:#?}",
        opened.session.log
    );
    let rows = &past(&opened, run).rows;
    assert!(rows.traces.iter().any(|row| row.step == 3) && rows.eigens.iter().any(|row| row.step == 3));
    opened.session.end();
}

#[test]
fn nothing_is_written_of_an_experiment_that_did_not_train_and_a_reset_begins_another_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = recorded(folder.path(), tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.wait_for_rest(run, 0);
    session.end();
    assert_eq!(unnamed::list(folder.path()).expect("readable"), []);
    let mut session = recorded(folder.path(), tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(3, run, 3);
    let first = file(&mut session);
    let runs = session.reset();
    session.step_to(2, runs[0].run, 2);
    let second = file(&mut session);
    assert_ne!(first, second);
    session.end();
    let opened = open(&first, None);
    assert_eq!(past(&opened, run).rows.steps.last().map(|row| row.step), Some(3));
    opened.session.end();
}

#[test]
fn a_session_gets_a_name_and_one_that_is_written_elsewhere_is_opened_as_a_copy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sessions = folder.path().join("sessions");
    let named = folder.path().join("mine.flatscape");
    let mut session = recorded(&sessions, tiny(&[]));
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(3, run, 3);
    session.send(Command::SaveSession(named.clone()));
    session.wait_for("the name", |event| match event {
        Event::Session(state) => (state.is_named && state.path.as_deref() == Some(&named)).then_some(()),
        _ => None,
    });
    assert_eq!(unnamed::list(&sessions).expect("readable"), [], "it went over to the named file");
    session.step_to(2, run, 5);
    // Long enough that the last steps are durable while this engine still has the file.
    std::thread::sleep(Duration::from_secs(6));
    let mut copy = open(&named, Some(&sessions));
    let is_told = |event: &Event| matches!(event, Event::Note(text) if text.contains("written by another window"));
    if !copy.session.log.iter().any(is_told) {
        copy.session.wait_for("that it is a copy", |event| is_told(event).then_some(()));
    }
    assert_eq!(past(&copy, run).rows.steps.last().map(|row| row.step), Some(5));
    let place = file(&mut copy.session);
    assert!(place.starts_with(&sessions), "{}", place.display());
    copy.session.step_to(1, run, 6);
    copy.session.end();
    let again = open(&place, None);
    assert_eq!(past(&again, run).rows.steps.last().map(|row| row.step), Some(6));
    again.session.end();
    session.end();
    assert_eq!(
        past(&open(&named, None), run).rows.steps.last().map(|row| row.step),
        Some(5),
        "the original is as it was"
    );
}

#[test]
fn what_is_no_session_leaves_the_runs_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("notes.flatscape");
    std::fs::write(&path, "no session at all").expect("writable");
    let mut session = Session::start(tiny(&[]));
    session.send(Command::OpenSession(path));
    let (title, reason) = session.wait_for("NotLoaded", |event| match event {
        Event::NotLoaded { title, reason } => Some((title.clone(), reason.clone())),
        _ => None,
    });
    assert_eq!(title, "notes.flatscape");
    assert!(reason.contains("no session file"), "{reason}");
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(1, run, 1);
    session.end();
}

#[test]
fn a_place_that_cannot_be_written_is_told_and_training_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A file where the folder should be.
    let place = folder.path().join("sessions");
    std::fs::write(&place, "").expect("writable");
    let mut session = recorded(&place, tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    let begun = Instant::now();
    session.step_to(3, run, 3);
    let problem = session.wait_for("the problem", |event| match event {
        Event::Session(state) => state.problem.clone(),
        _ => None,
    });
    assert!(problem.contains("cannot be written") && problem.ends_with('.'), "{problem}");
    session.step_to(1, run, 4);
    assert!(begun.elapsed() < Duration::from_secs(60));
    // It goes where the user says.
    let named = folder.path().join("mine.flatscape");
    session.send(Command::SaveSession(named.clone()));
    session.wait_for("the name", |event| match event {
        Event::Session(state) => (state.path.as_deref() == Some(&named) && state.problem.is_none()).then_some(()),
        _ => None,
    });
    session.end();
    assert_eq!(past(&open(&named, None), run).rows.steps.len(), 4, "with all that waited for a place");
}
