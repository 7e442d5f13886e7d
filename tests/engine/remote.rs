//! An engine in a process of its own, behind pipes, as a window has it: the same link, and after a cut the same runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flatscape::config::{DataConfig, DataSource, Experiment, KnobId, OptimizerKind};
use flatscape::engine::{EngineAt, EngineCommand};
use flatscape::protocol::{Command, Event, RunId, RunRows};

use crate::session::{Session, last_step, tiny};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command of an engine with data in a folder, which writes there the number of its process.
fn command(folder: &Path, args: &str) -> EngineCommand {
    let (program, folder) = (env!("CARGO_BIN_EXE_flatscape"), folder.display());
    let line = format!(
        "echo $$ > '{folder}/relay'; XDG_DATA_HOME='{folder}' exec '{program}' engine --device cpu --linger 5 {args}"
    );
    EngineCommand::shell(&OsString::from(line))
}

/// An engine that was connected to and has no runs yet.
fn connected(folder: &Path, args: &str) -> Session {
    let at = EngineAt::There(command(folder, args));
    let (link, handle) = at.start(Arc::new(|| {})).expect("the engine answers");
    Session { link, handle, runs: Vec::new(), log: Vec::new() }
}

/// Runs that do not end in the middle of a test.
fn long() -> Experiment {
    Experiment { budget: 1_000_000_000, ..tiny(&[]) }
}

/// What an event tells of the past of a run.
fn past_of(event: &Event, id: RunId) -> Option<&RunRows> {
    match event {
        Event::RunPast { run, past } if *run == id => Some(&past.rows),
        _ => None,
    }
}

fn engines(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("flatscape/engines")) else { return Vec::new() };
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}

/// Kills the process that stands between the window and its engine.
fn cut(folder: &Path) {
    let number = std::fs::read_to_string(folder.join("relay")).expect("it wrote its number");
    let killed = std::process::Command::new("kill").args(["-KILL", number.trim()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "{number}");
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_engine_behind_pipes_trains_measures_and_ends_with_its_window() {
    for args in ["", "--here"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut session = connected(folder.path(), args);
        assert!(!session.link.brings_runs);
        assert_eq!(engines(folder.path()).is_empty(), args == "--here", "{args}");
        session.send(Command::load(long()));
        session.runs = session.started();
        let nso = session.run_of(OptimizerKind::Nso);
        session.step_to(3, nso, 3);
        // A machine that is busy shows a coarser one first.
        session.grid(nso, |grid| grid.step == 3 && grid.loss.len() == 81);
        wait("noise samples", || session.link.slots.noise(nso).is_some());
        let line = session.link.line.clone().expect("it is elsewhere");
        wait("a round trip", || line.state().round_trip.is_some());
        assert!(line.is_connected());
        session.end();
        wait("the engine ends after the goodbye", || engines(folder.path()).is_empty());
    }
}

#[test]
fn after_a_cut_the_window_takes_the_same_runs_up_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = connected(folder.path(), "");
    session.send(Command::load(long()));
    session.runs = session.started();
    let sgd = session.run_of(OptimizerKind::Sgd);
    session.send(Command::Play);
    let seen = session.wait_for("step 20", |event| last_step(event, sgd).filter(|step| *step >= 20));
    session.send(Command::SetKnob { run: sgd, knob: KnobId::LearningRate, value: 0.02 });
    session.wait_for("KnobTurned", |event| matches!(event, Event::KnobTurned { .. }).then_some(()));
    cut(folder.path());
    session.wait_for("that it broke", |event| match event {
        Event::Warning(text) => (text.contains("broke") && text.contains("goes on there")).then_some(()),
        _ => None,
    });
    assert!(!session.link.send(Command::Pause), "nobody hears it");
    session.link.line.as_ref().expect("it is elsewhere").hurry();
    session.wait_for("ToldAgain", |event| (*event == Event::ToldAgain).then_some(()));
    assert_eq!(session.started(), session.runs);
    session.wait_for("SessionOpened", |event| (*event == Event::SessionOpened { view: None }).then_some(()));
    let pasts: Vec<&RunRows> = session.log.iter().filter_map(|event| past_of(event, sgd)).collect();
    let steps: Vec<u64> = pasts.iter().flat_map(|rows| &rows.steps).map(|row| row.step).collect();
    assert!(pasts.iter().flat_map(|rows| &rows.journal).any(|edit| edit.new == 0.02));
    assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>(), "no step is missing or twice");
    let steps = steps.len() as u64;
    assert!(steps >= seen, "{steps} of {seen} steps");
    let next = session.wait_for("the next steps", |event| match event {
        Event::Steps { run, rows } if *run == sgd => rows.first().map(|row| row.step),
        _ => None,
    });
    assert_eq!(next, steps + 1, "it went on, and nothing is missing");
    session.pause();
    session.end();
    wait("the engine ends after the goodbye", || engines(folder.path()).is_empty());
}

#[test]
fn a_session_is_gone_on_with_by_its_path_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = connected(folder.path(), "");
    session.send(Command::load(long()));
    session.runs = session.started();
    let sgd = session.run_of(OptimizerKind::Sgd);
    session.step_to(3, sgd, 3);
    let path = session.wait_for("the session's file", |event| match event {
        Event::Session(state) => state.path.clone(),
        _ => None,
    });
    session.end();
    let mut session = connected(folder.path(), &format!("--attach '{}'", path.display()));
    assert!(session.link.brings_runs);
    session.runs = session.started();
    let num_steps = session.wait_for("RunPast", |event| past_of(event, sgd).map(|rows| rows.steps.len()));
    assert_eq!(num_steps, 3);
    session.end();
}

/// An experiment whose data lie in a file, which has two classes of two features.
fn of_file(path: &Path) -> Experiment {
    let mut experiment = long();
    experiment.data =
        DataConfig { path: Some(path.to_owned()), train_size: 60, test_size: 20, ..DataConfig::of(DataSource::File) };
    experiment
}

fn table() -> String {
    (0..80).map(|row| format!("{}.5,{}.25,{}\n", row % 7, row % 5, row % 2)).collect()
}

#[test]
fn a_file_that_lies_here_is_sent_and_one_that_lies_there_is_named() {
    let (folder, here) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let path = here.path().join("table.csv");
    std::fs::write(&path, table()).expect("writable");
    let mut session = connected(folder.path(), "");
    let received = || {
        let Ok(entries) = std::fs::read_dir(folder.path().join("flatscape/received")) else { return Vec::new() };
        let files = entries.map(|entry| entry.expect("readable").path().join("table.csv"));
        files.filter(|file| file.is_file()).collect::<Vec<_>>()
    };
    session.send(Command::load(of_file(&path)));
    session.runs = session.started();
    let sgd = session.run_of(OptimizerKind::Sgd);
    session.step_to(3, sgd, 3);
    let sent = received();
    assert_eq!(sent.len(), 1);
    assert_eq!(std::fs::read_to_string(&sent[0]).expect("readable"), table());

    // The same file by its path there: it is not sent, though it lies here too.
    session.log.clear();
    let there = PathBuf::from(format!("there:{}", path.display()));
    session.send(Command::load(of_file(&there)));
    session.wait_for("Started", |event| match event {
        Event::Started { experiment, .. } => (experiment.data.path.as_ref() == Some(&path)).then_some(()),
        _ => None,
    });
    assert_eq!(received(), sent);
    session.send(Command::load(of_file(Path::new("there:/nowhere/table.csv"))));
    let why = session.wait_for("why not", |event| match event {
        Event::NotLoaded { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert!(why.contains("/nowhere/table.csv") && !why.contains("there:"), "{why}");
    session.end();
}
