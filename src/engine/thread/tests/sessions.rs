//! Sessions without the thread: recorded, ended, opened by another engine.

use std::path::{Path, PathBuf};

use super::*;
use crate::config::{DataSource, Knobs};
use crate::protocol::{KnobEdit, RunPast, StepRow};
use crate::session::files::KeptFiles;
use crate::session::store::Session;
use crate::session::unnamed;

pub(super) fn engine() -> (Link, Engine) {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(DeviceChoice::Cpu, KeptRates::default()));
    engine.compute = Some(Compute::cpu());
    (link, engine)
}

/// An engine with three runs that records into a folder.
pub(super) fn recorded(folder: &Path) -> (Link, Engine) {
    let (link, mut engine) = engine();
    engine.take(Command::KeepSessions(folder.to_owned()));
    engine.take(Command::load(builtin_experiment("moons-mlp").unwrap()));
    (link, engine)
}

/// Does so many steps of every run, and what else somebody waits for. What was told meanwhile.
pub(super) fn steps(link: &Link, engine: &mut Engine, count: usize) -> Vec<Event> {
    for _ in 0..count {
        engine.take(Command::Step);
    }
    let mut told = events(link, engine);
    while engine.single_steps > 0 || engine.fleet.as_ref().unwrap().has_errand() {
        engine.guarded(Engine::unit);
        told.extend(events(link, engine));
    }
    told
}

/// The session's file, once it is there.
pub(super) fn file(link: &Link, engine: &mut Engine) -> PathBuf {
    for _ in 0..2000 {
        engine.tend_recording();
        let path = events(link, engine).into_iter().find_map(|event| match event {
            Event::Session(state) => state.path,
            _ => None,
        });
        if let Some(path) = path {
            return path;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no file is made");
}

fn weights(link: &Link, engine: &mut Engine, id: RunId) -> (u64, Vec<u8>) {
    engine.take(Command::FetchWeights(id));
    let told = events(link, engine).into_iter().find_map(|event| match event {
        Event::Weights { run, step, file } if run == id => Some((step, file)),
        _ => None,
    });
    told.expect("they are told")
}

/// The rows that a run still has.
fn rows_left(told: &[Event], id: RunId) -> Vec<StepRow> {
    let mut rows: Vec<StepRow> = Vec::new();
    for event in told {
        match event {
            Event::Steps { run, rows: new } if *run == id => rows.extend(new),
            Event::Rewound { run, step, .. } if *run == id => rows.retain(|row| row.step <= *step),
            _ => {}
        }
    }
    rows
}

pub(super) fn past(told: &[Event], id: RunId) -> RunPast {
    let found = told.iter().find_map(|event| match event {
        Event::RunPast { run, past } if *run == id => Some((**past).clone()),
        _ => None,
    });
    found.expect("it has a past")
}

#[test]
fn a_session_that_is_opened_stands_as_it_did_and_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut live) = recorded(folder.path());
    let infos = runs(&events(&link, &mut live));
    let [sgd, sam, nso] = [0, 1, 2].map(|place| infos[place].clone());
    let mut told = steps(&link, &mut live, 20);
    live.take(Command::SetKnob { run: nso.run, knob: KnobId::Sigma, value: 0.03 });
    told.extend(steps(&link, &mut live, 20));
    let knobs = Box::new(Knobs { learning_rate: 0.03, ..sgd.knobs.clone() });
    let start = RunStart::Step { run: sgd.run, step: 25 };
    live.take(Command::AddRun { optimizer: OptimizerKind::Sam, knobs, start });
    told.extend(steps(&link, &mut live, 15));
    let branch = told.iter().find_map(|event| match event {
        Event::RunAdded(info) => Some(info.run),
        _ => None,
    });
    let branch = branch.expect("a branch");
    live.take(Command::SetKnob { run: branch, knob: KnobId::Momentum, value: 0.5 });
    live.take(Command::Rewind { run: sam.run, step: 30 });
    told.extend(steps(&link, &mut live, 5));
    let path = file(&link, &mut live);
    told.extend(steps(&link, &mut live, 2));
    live.take(Command::KeepView("a view".to_owned()));
    live.end_recording();

    let (other, mut opened) = engine();
    opened.take(Command::OpenSession(path));
    let found = events(&other, &mut opened);
    assert!(found.contains(&Event::SessionOpened { view: Some("a view".to_owned()) }), "{found:?}");
    let ids = [sgd.run, sam.run, nso.run, branch];
    assert_eq!(runs(&found).iter().map(|info| info.run).collect::<Vec<_>>(), ids);
    for id in ids {
        let own = |row: &StepRow| id != branch || row.step > 25;
        let rows: Vec<StepRow> = past(&found, id).rows.steps.into_iter().filter(own).collect();
        assert_eq!(rows, rows_left(&told, id), "{id:?}");
    }
    let turned =
        |id| past(&found, id).rows.journal.iter().map(|edit: &KnobEdit| (edit.knob, edit.new)).collect::<Vec<_>>();
    assert_eq!((turned(nso.run), turned(branch)), (vec![(KnobId::Sigma, 0.03)], vec![(KnobId::Momentum, 0.5)]));
    steps(&link, &mut live, 50);
    steps(&other, &mut opened, 50);
    for id in ids {
        assert_eq!(weights(&other, &mut opened, id), weights(&link, &mut live, id), "{id:?}");
    }
    // A step of before can be gone back to.
    opened.take(Command::Rewind { run: nso.run, step: 10 });
    let back = steps(&other, &mut opened, 0);
    assert!(back.iter().any(|event| matches!(event, Event::Rewound { step: 10, .. })), "{back:?}");
}

#[test]
fn without_a_step_nothing_is_written_and_a_session_that_is_written_elsewhere_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (_link, mut idle) = recorded(folder.path());
    idle.tend_recording();
    idle.end_recording();
    assert_eq!(unnamed::list(folder.path()).unwrap(), []);
    let (link, mut live) = recorded(folder.path());
    let nso = runs(&events(&link, &mut live))[2].run;
    steps(&link, &mut live, 3);
    let path = file(&link, &mut live);
    // What was told is durable within seconds, while the file is still written.
    std::thread::sleep(Duration::from_secs(6));
    let (other, mut copy) = engine();
    copy.take(Command::KeepSessions(folder.path().to_owned()));
    copy.take(Command::OpenSession(path.clone()));
    let told = events(&other, &mut copy);
    assert!(
        told.iter().any(|event| matches!(event, Event::Note(text) if text.contains("is a copy of it"))),
        "{told:?}"
    );
    assert_eq!(past(&told, nso).rows.steps.len(), 3);
    assert_ne!(file(&other, &mut copy), path);
    steps(&other, &mut copy, 2);
    let place = {
        copy.end_recording();
        let listed = unnamed::list(folder.path()).unwrap();
        listed.into_iter().map(|one| one.path).find(|other| *other != path).expect("the copy")
    };
    let (third, mut again) = engine();
    again.take(Command::OpenSession(place));
    assert_eq!(past(&events(&third, &mut again), nso).rows.steps.len(), 5);
}

#[test]
fn removed_runs_stay_away_and_restored_ones_come_back_with_all_that_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut live) = recorded(folder.path());
    let infos = runs(&events(&link, &mut live));
    let [sgd, sam, nso] = [0, 1, 2].map(|place| infos[place].run);
    steps(&link, &mut live, 3);
    // One goes, and one goes and comes back, before there is a file; the same happens once more when there is one.
    live.take(Command::RemoveRun(sgd));
    live.take(Command::RemoveRun(sam));
    steps(&link, &mut live, 2);
    live.take(Command::RestoreRun(sam));
    let path = file(&link, &mut live);
    live.take(Command::RestoreRun(sgd));
    steps(&link, &mut live, 1);
    live.take(Command::RemoveRun(nso));
    live.take(Command::RestoreRun(nso));
    live.take(Command::RemoveRun(sgd));
    steps(&link, &mut live, 1);
    live.end_recording();

    let (other, mut opened) = engine();
    opened.take(Command::OpenSession(path));
    let found = events(&other, &mut opened);
    assert_eq!(runs(&found).iter().map(|info| info.run).collect::<Vec<_>>(), [sam, nso], "in the order that they had");
    let done = |id| past(&found, id).rows.steps.iter().map(|row| row.step).collect::<Vec<_>>();
    assert_eq!((done(sam), done(nso)), ((1..=5).collect(), (1..=7).collect()));
    // What was removed is not to be had any more, and nothing of it comes by itself.
    opened.take(Command::RestoreRun(sgd));
    steps(&link, &mut live, 10);
    let told = steps(&other, &mut opened, 10);
    let is_of_it = |event: &Event| matches!(event, Event::Steps { run, .. } if *run == sgd);
    assert!(!told.iter().any(is_of_it) && told.iter().any(|event| matches!(event, Event::Warning(_))), "{told:?}");
    for id in [sam, nso] {
        assert_eq!(weights(&other, &mut opened, id), weights(&link, &mut live, id), "{id:?}");
    }
}

#[test]
fn a_session_whose_data_have_changed_is_shown_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("points.csv");
    let rows = |class: usize| -> String {
        let row = |i: usize| format!("{},{},{}\n", i, 100 - i, (i + class) % 2);
        (10..80).map(row).collect()
    };
    std::fs::write(&data, rows(0)).unwrap();
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    experiment.data.source = DataSource::File;
    experiment.data.path = Some(data.clone());
    (experiment.data.train_size, experiment.data.test_size) = (40, 20);
    let (link, mut live) = engine();
    live.take(Command::KeepSessions(folder.path().join("sessions")));
    live.take(Command::load(experiment));
    let id = runs(&events(&link, &mut live))[0].run;
    steps(&link, &mut live, 3);
    let path = file(&link, &mut live);
    // They are told by the thread that makes the file, a moment after it.
    let kept = || KeptFiles::of(&Session::open(&path).unwrap()).unwrap();
    for _ in 0..2000 {
        if !kept().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    live.end_recording();
    let kept = kept();
    assert_eq!((kept.len(), kept[0].files, kept[0].path.as_path()), (1, 1, data.as_path()), "{kept:?}");
    let open = || {
        let (other, mut opened) = engine();
        opened.take(Command::OpenSession(path.clone()));
        let found = events(&other, &mut opened);
        assert_eq!(past(&found, id).rows.steps.len(), 3);
        found.into_iter().any(|event| matches!(event, Event::Note(text) if text.contains("not go on bit for bit")))
    };
    assert!(!open(), "nothing has changed");
    std::fs::write(&data, rows(1)).unwrap();
    assert!(open(), "as many bytes, and other classes");
}

#[test]
fn what_is_no_session_leaves_the_runs_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.flatscape");
    std::fs::write(&path, "no session at all").unwrap();
    let (link, mut engine) = loaded();
    events(&link, &mut engine);
    engine.take(Command::OpenSession(path));
    let told = events(&link, &mut engine);
    let reason = told.iter().find_map(|event| match event {
        Event::NotLoaded { title, reason } if title == "notes.flatscape" => Some(reason),
        _ => None,
    });
    assert!(reason.is_some_and(|reason| reason.contains("no session file")), "{told:?}");
}
