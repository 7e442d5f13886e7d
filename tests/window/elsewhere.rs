//! A window whose engine is on another machine: what it says of the connection, and files that are named by their path there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui::Key;
use egui::accesskit::Role;
use flatscape::engine::Line;
use flatscape::protocol::{Command, RunStart};

use crate::fixture::{TALL, WIDE, Window, sized};

const BROKEN: &str = "The connection to gpu broke: it was silent. The engine goes on there, and it is tried again.";

fn opened(size: [f32; 2]) -> (Window, Arc<Line>) {
    let line = Arc::new(Line::new("gpu"));
    (sized(size).elsewhere(&line).stepped(), line)
}

/// What is looked for among what was sent by now.
fn sent<T>(window: &mut Window, pick: impl Fn(Command) -> Option<T>) -> Option<T> {
    window.harness.run_steps(3);
    window.commands().into_iter().find_map(pick)
}

#[test]
fn the_status_line_says_where_the_engine_is_how_far_and_how_much_crosses() {
    let (mut window, line) = opened(WIDE);
    // No question was answered yet.
    window.expect("engine on gpu, 0\u{a0}kB/s");
    line.change(|state| {
        (state.round_trip, state.bytes_per_second) = (Some(Duration::from_millis(52)), 48_400.0);
    });
    window.harness.run_steps(3);
    window.expect("engine on gpu, 52 ms, 48\u{a0}kB/s");
    assert!(!window.has(Role::Button, "Connect again"));
    assert!(!sized(WIDE).stepped().shows("engine on"), "one of this process is not told");
}

#[test]
fn a_broken_connection_is_told_above_the_panes_and_can_be_tried_at_once() {
    let (mut window, line) = opened(WIDE);
    line.change(|state| state.problem = Some(BROKEN.to_owned()));
    window.harness.run_steps(3);
    window.expect(BROKEN);
    window.expect("no connection to gpu");
    assert!(!window.shows("engine on gpu"));
    // What needs the engine is refused with the reason, and nothing is sent.
    window.commands();
    window.chord(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::O);
    assert!(!window.has(Role::TextInput, "Path"), "no session is asked for");
    window.expect("There is no connection to the engine. It is tried again.");
    window.press(Key::Space);
    assert_eq!(window.commands(), Vec::new());

    assert!(!line.take_hurry());
    window.click("Connect again");
    assert!(line.take_hurry(), "it is tried at once");
    line.change(|state| state.problem = None);
    window.harness.run_steps(3);
    assert!(!window.shows(BROKEN) && !window.has(Role::Button, "Connect again"));
    window.chord(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::O);
    assert!(window.has(Role::TextInput, "Path"));
}

#[test]
fn what_is_said_to_be_there_is_named_to_the_engine_and_not_looked_for_here() {
    let (mut window, _line) = opened(TALL);
    let there = |path: &str| PathBuf::from(format!("there:{path}"));
    window.chord(egui::Modifiers::COMMAND, Key::O);
    window.answer(&there("/scratch/digits.csv"));
    assert!(window.shows_pane("Data"));
    let asked = sent(&mut window, |command| match command {
        Command::Preview(config) => config.path,
        _ => None,
    });
    assert_eq!(asked, Some(there("/scratch/digits.csv")));

    window.chord(egui::Modifiers::COMMAND, Key::O);
    window.answer(Path::new("/scratch/digits.csv"));
    window.expect("/scratch/digits.csv does not exist.");
    window.press(Key::Escape);

    window.chord(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, Key::O);
    window.answer(&there("/runs/a.flatscape"));
    let opened = sent(&mut window, |command| match command {
        Command::OpenSession(path) => Some(path),
        _ => None,
    });
    assert_eq!(opened, Some(there("/runs/a.flatscape")));
}

#[test]
fn runs_start_from_weights_there() {
    let (mut window, _line) = opened(TALL);
    for (path, is_folder) in [("there:/w.pt", false), ("there:/checkpoints/", true)] {
        window.click("Add run");
        window.click("From weights in a file");
        window.click("SGD…");
        window.answer(Path::new(path));
        let start = sent(&mut window, |command| match command {
            Command::AddRun { start, .. } => Some(start),
            _ => None,
        });
        match start {
            Some(RunStart::File(file)) => assert!(!is_folder && file.path == Path::new(path), "{file:?}"),
            Some(RunStart::Folder(folder)) => assert!(is_folder && folder == Path::new(path), "{folder:?}"),
            other => panic!("{path}: {other:?}"),
        }
    }
    // All runs: the file is not looked at here, so that what begins anew is for the user to say.
    window.open_pane("Model");
    window.click("Start from random weights of the seed");
    window.click("Browse for weights…");
    window.answer(Path::new("there:/w.pt"));
    window.expect("The file lies where the engine is, which looks at it when the runs begin.");
    window.type_into(Role::TextInput, "Frozen tensors", "0.*");
    window.click("Train this");
    let start = sent(&mut window, |command| match command {
        Command::Load { experiment, .. } => experiment.start,
        _ => None,
    });
    let start = start.expect("a new experiment");
    assert_eq!((start.weights.as_path(), &start.frozen[..]), (Path::new("there:/w.pt"), &["0.*".to_owned()][..]));
}

#[test]
fn with_an_engine_of_this_machine_nothing_is_there() {
    let mut window = sized(WIDE).stepped();
    window.chord(egui::Modifiers::COMMAND, Key::O);
    window.answer(Path::new("there:/a.csv"));
    window.expect("leave out `there:`");
}
