//! The window and its session, with a fake engine: where it is written, what is asked before it closes, how one is opened again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportCommand};
use flatscape::config::KnobId;
use flatscape::protocol::{
    AlertRow, Command, Event, Examples, Findings, JobEnd, JobId, KnobEdit, MeasureRequest, Measurement, RunPast,
    RunRows, SessionState,
};
use flatscape::session::store::{Provenance, Recorder, Writer};
use flatscape::ui::fake;

use crate::canned::{NSO, RUNS, SAM, SGD, grid, started, steps};
use crate::fixture::{SIZE, TALL, WIDE, Window, sized};

/// How a session stands that is written without a name.
fn kept(path: &str) -> Event {
    let path = Some(PathBuf::from(path));
    Event::Session(Box::new(SessionState { path, bytes: 1_250_000, ..SessionState::default() }))
}

/// A session file that says of itself what the fake engine tells.
fn write_session(path: &Path) {
    let provenance = Provenance {
        version: "0.0.0".to_owned(),
        device: "CPU".to_owned(),
        processor: "a processor".to_owned(),
        created: SystemTime::now(),
        writer: Writer::Window,
    };
    let recorder = Recorder::create(path, &provenance).expect("a session");
    recorder.tell(&started());
    recorder.tell(&steps(SGD, 40, 1));
    recorder.flush().expect("it is written");
}

/// The newest view that the window has asked to be kept.
fn kept_view(commands: &[Command]) -> Option<String> {
    commands.iter().rev().find_map(|command| match command {
        Command::KeepView(view) => Some(view.clone()),
        _ => None,
    })
}

fn long() -> Window {
    let mut window = sized(TALL).stepped();
    window.tell([steps(SAM, 12_000, 2)]);
    window
}

#[test]
fn a_window_whose_session_is_written_closes_without_a_question() {
    let mut window = long();
    assert!(window.close().contains(&ViewportCommand::CancelClose), "nothing is written yet");
    window.press(Key::Escape);
    window.tell([kept("/sessions/session-1.flatscape")]);
    assert!(!window.close().contains(&ViewportCommand::CancelClose));
    assert!(!window.shows("Quit Flatscape?"));
    window.press(Key::R);
    window.expect("What they have done stays in its session, which can be opened again.");
    window.press(Key::Escape);
    let problem = "The session is not written at the moment: the disk is full.".to_owned();
    let state = SessionState { problem: Some(problem), ..SessionState::default() };
    window.tell([Event::Session(Box::new(state))]);
    window.expect("not written");
    window.expect("the disk is full");
    assert!(window.close().contains(&ViewportCommand::CancelClose), "what is not written would be lost");
}

#[test]
fn the_status_line_says_that_it_is_written_and_a_name_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut window = sized(WIDE).stepped();
    window.tell([kept("/sessions/session-1.flatscape")]);
    window.expect("session kept");
    let path = Some(PathBuf::from("/sessions/session-1.flatscape"));
    window.tell([Event::Session(Box::new(SessionState { path, num_removed: 2, ..SessionState::default() }))]);
    window.expect("2 old sessions without a name were removed: the newest 20 stay, within 4 GiB.");
    window.commands();
    window.find("save session as");
    let path = folder.path().join("mine.flatscape");
    window.answer(&path);
    assert!(window.commands().contains(&Command::SaveSession(path.clone())));
    let state = SessionState { path: Some(path), is_named: true, ..SessionState::default() };
    window.tell([Event::Session(Box::new(state))]);
    window.expect("session mine.flatscape");
    window.expect("The session is written to");
}

/// Forty steps with two turns of ρ, an alert and three slices.
fn past_of_sam(alert: &AlertRow) -> RunPast {
    let edit = |step, new| KnobEdit { step, knob: KnobId::Rho, old: 0.1, new };
    let slices = [10, 20, 30].map(|step| Arc::new(flatscape::protocol::LossGrid { step, ..grid(SAM, RUNS[1].1, 9) }));
    RunPast {
        rows: RunRows {
            steps: (1..=40).map(|step| fake::step_row(step, 1.0 / step as f64)).collect(),
            journal: vec![edit(10, 0.2), edit(20, 0.3)],
            alerts: vec![alert.clone()],
            ..RunRows::default()
        },
        slices: slices.to_vec(),
    }
}

#[test]
fn a_session_that_is_opened_stands_as_it_did() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.flatscape");
    write_session(&path);
    // A window whose session keeps a name, a layout and a hidden run.
    let mut before = sized(WIDE).trained();
    before.tell([kept("/sessions/session-1.flatscape")]);
    before.click("Run SAM");
    before.press(Key::F2);
    before.type_into(Role::TextInput, "Name of the run", "Mine");
    before.press(Key::Enter);
    before.find("layout compare");
    before.quit();
    let view = kept_view(&before.commands()).expect("the view is kept at the end");

    let mut window = sized(WIDE).trained();
    window.drop_files(std::slice::from_ref(&path));
    assert!(window.commands().contains(&Command::OpenSession(path)));
    let what = Measurement::Trace { probes: 8 };
    let request = Box::new(MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 });
    let words = "SAM: λmax 51 is above 50 at step 30".to_owned();
    let alert = AlertRow { step: 30, rule: "λmax".to_owned(), words, paused: false };
    let past = past_of_sam(&alert);
    window.tell([
        started(),
        Event::RunPast { run: SAM, past: Box::new(past) },
        Event::MeasuredBefore { job: JobId(5), run: SAM, request },
        Event::Measured {
            job: JobId(5),
            step: 40,
            objective: String::new(),
            end: JobEnd::Complete,
            findings: Box::new(Findings::default()),
        },
        Event::SessionOpened { view: Some(view) },
    ]);
    assert!(window.has(Role::Button, "Run Mine") && window.shows_pane("Compare"));
    let model = window.harness.state().model();
    let run = model.run(SAM).expect("it is there");
    assert_eq!((run.step(), run.edits.len(), run.knobs.value(KnobId::Rho)), (40, 2, 0.3), "each turn has its mark");
    assert_eq!(run.alerts, [alert], "and so has what an alert said");
    assert_eq!(model.jobs.iter().map(|job| (job.id, job.step)).collect::<Vec<_>>(), [(JobId(5), 40)]);
    assert!(!model.is_playing && !model.is_loading());
    // The slices of the past can be played.
    window.find("layout explore");
    assert!(!window.is_disabled(Role::Button, "Play the past"));
    // What is measured now has a name of its own.
    window.click("Run Mine");
    window.commands();
    window.press(Key::M);
    window.click("Measure Mine");
    let asked = window.commands().into_iter().find_map(|command| match command {
        Command::Measure { job, .. } => Some(job),
        _ => None,
    });
    assert_eq!(asked, Some(JobId(6)));
}

#[test]
fn a_session_that_cannot_be_opened_leaves_the_runs_and_says_why() {
    let mut window = sized(SIZE).stepped();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("new.flatscape");
    write_session(&path);
    window.chord(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O);
    window.answer(&path);
    assert!(window.commands().contains(&Command::OpenSession(path)));
    let reason = "the session file is of version 9, this program reads up to version 1".to_owned();
    window.tell([Event::NotLoaded { title: "new.flatscape".to_owned(), reason }]);
    window.expect("new.flatscape cannot be opened: the session file is of version 9");
    let model = window.harness.state().model();
    assert_eq!((model.runs.len(), model.is_loading()), (3, false));
    assert_eq!(model.run(NSO).expect("it is there").step(), 100);
}

#[test]
fn the_sessions_of_before_are_offered_in_a_line_that_can_be_closed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("session-1.flatscape");
    write_session(&path);
    std::fs::write(folder.path().join("session-0.flatscape"), "garbled").expect("writable");
    let offered = || {
        let mut window = sized(WIDE).after_sessions(folder.path()).started();
        let until = Instant::now() + Duration::from_secs(20);
        while !window.shows("Go on where you were") && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
            window.harness.run_steps(2);
        }
        window.commands();
        window
    };
    let mut window = offered();
    window.expect("3 runs, step");
    window.click("Go on where you were");
    assert_eq!(window.commands(), [Command::OpenSession(path)]);
    assert!(!window.shows("3 runs, step"), "it is asked once");
    let mut window = offered();
    window.click("Close the offer");
    assert!(!window.shows("3 runs, step") && window.commands().is_empty());
}
