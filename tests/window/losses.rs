//! What could be lost by a key or a click, with a fake engine: questions, the way back, and where keys go.

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Command, Event, RunId, RunStart};

use crate::canned::{NSO, SAM, SGD, experiment, info, steps};
use crate::fixture::{TALL, Window, sized};

/// A window in which one run has trained for long.
fn long() -> Window {
    let mut window = sized(TALL).stepped();
    window.tell([steps(SAM, 12_000, 2)]);
    window
}

#[test]
fn a_reset_of_long_runs_is_asked_and_enter_is_safe() {
    let mut window = sized(TALL).stepped();
    window.press(Key::R);
    assert_eq!(window.commands(), [Command::Reset], "short runs are reset at once");
    let mut window = long();
    for way_out in [Key::Enter, Key::Escape] {
        window.press(Key::R);
        assert!(
            window.shows("Reset all runs?")
                && window.shows("3 runs, the longest at step 12\u{a0}000, will start again")
        );
        assert!(window.role(Role::Button, "Cancel").is_focused());
        window.press(way_out);
        assert!(!window.shows("Reset all runs?"));
        assert_eq!(window.commands(), []);
    }
    window.press(Key::R);
    window.harness.get_all_by_role_and_label(Role::Button, "Reset").last().expect("in the dialog").focus();
    window.harness.run_steps(2);
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::Reset]);
    assert!(!window.shows("Reset all runs?"));
}

#[test]
fn another_experiment_is_asked_for_where_long_runs_would_end() {
    let mut window = long();
    let digits = flatscape::config::builtin_experiment("digits-mlp").expect("embedded");
    let file = tempfile::NamedTempFile::with_suffix(".toml").expect("a file");
    std::fs::write(file.path(), digits.to_toml()).expect("written");
    window.drop_files(&[file.path().to_owned()]);
    assert!(window.shows(&format!("Open {}?", digits.title)));
    assert!(window.shows("3 runs, the longest at step 12\u{a0}000, will end."));
    assert_eq!(window.commands(), []);
    window.click("Open");
    assert!(
        matches!(&window.commands()[..], [Command::Load { experiment, more }, Command::Play] if experiment.name == digits.name && more.is_empty())
    );
}

#[test]
fn closing_the_window_is_asked_where_long_runs_would_end() {
    let mut window = sized(TALL).stepped();
    assert!(!window.close().contains(&ViewportCommand::CancelClose), "short runs end at once");
    let mut window = long();
    assert!(window.close().contains(&ViewportCommand::CancelClose));
    assert!(window.shows("Quit Flatscape?"));
    window.press(Key::Escape);
    assert!(!window.shows("Quit Flatscape?"));
    window.click("Run SAM");
    window.press(Key::Delete);
    assert!(window.shows("Remove SAM?") && window.close().contains(&ViewportCommand::CancelClose));
    assert!(window.role(Role::Button, "Cancel").is_focused(), "also where it takes the place of another question");
    window.press(Key::Escape);
    window.chord(Modifiers::COMMAND, Key::Q);
    assert!(window.shows("Quit Flatscape?"));
    window.click("Quit");
    assert!(!window.close().contains(&ViewportCommand::CancelClose), "it was confirmed");
}

#[test]
fn a_removed_run_comes_back_with_its_rows_its_name_and_what_was_done_to_it() {
    let mut window = sized(TALL).stepped();
    window.tell([Event::RunAdded(info(4, OptimizerKind::Sam, None))]);
    window.click("Run SAM");
    window.press(Key::F2);
    window.type_into(Role::TextInput, "Name of the run", "Mine");
    window.press(Key::Enter);
    window.set("Momentum", 0.5);
    window.press(Key::Delete);
    window.tell([Event::RunRemoved(SAM)]);
    assert!(!window.has(Role::Button, "Run Mine"));
    // The name of a new run is not that of one that may come back.
    window.tell([Event::RunAdded(info(5, OptimizerKind::Sam, None))]);
    assert!(window.has(Role::Button, "Run SAM 3"));
    window.commands();
    window.chord(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.commands(), [Command::RestoreRun(SAM)]);
    window.tell([Event::RunRestored { run: SAM, place: 1 }]);
    assert!(window.shows("Knobs of Mine"));
    let model = window.harness.state().model();
    let order: Vec<RunId> = model.runs.iter().map(|run| run.info.run).collect();
    assert_eq!(order, [SGD, SAM, NSO, RunId(4), RunId(5)]);
    assert_eq!(model.run(SAM).expect("it is back").step(), 100);
    window.chord(Modifiers::COMMAND, Key::Z);
    assert!(
        matches!(&window.commands()[..], [Command::SetKnob { run: SAM, knob: KnobId::Momentum, value }] if *value == 0.9)
    );
    window.chord(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    window.chord(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.commands().last(), Some(&Command::RemoveRun(SAM)), "redone");
    window.tell([Event::RunRemoved(SAM)]);
    window.chord(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.commands(), [Command::RestoreRun(SAM)]);
}

#[test]
fn keys_go_to_the_row_that_has_the_keyboard_not_to_the_selected_run() {
    let mut window = sized(TALL).stepped();
    window.focus(Role::Button, "Run SGD");
    assert!(window.shows("Knobs of NSO"), "the keyboard alone selects nothing");
    window.press(Key::Delete);
    assert_eq!(window.commands(), [Command::RemoveRun(SGD)]);
    window.focus(Role::Button, "Hide SAM");
    window.press(Key::D);
    assert!(matches!(&window.commands()[..], [Command::AddRun { start: RunStart::Again(SAM), .. }]));
    // Elsewhere they go to the selected run again.
    window.click("Run NSO");
    window.focus(Role::Button, "Presets");
    window.press(Key::B);
    assert!(matches!(&window.commands()[..], [Command::AddRun { start: RunStart::Step { run: NSO, .. }, .. }]));
}

#[test]
fn keys_mean_nothing_with_other_keys_and_held_ones_act_once() {
    let mut window = sized(TALL).stepped();
    for modifiers in [Modifiers::ALT, Modifiers::SHIFT, Modifiers::COMMAND] {
        window.chord(modifiers, Key::R);
        window.chord(modifiers, Key::Delete);
        window.chord(modifiers, Key::D);
    }
    assert_eq!(window.commands(), []);
    for _ in 0..5 {
        window.hold(Key::D);
    }
    assert_eq!(window.commands().len(), 1, "a held key adds one run");
    for _ in 0..3 {
        window.hold(Key::S);
    }
    assert_eq!(window.commands(), vec![Command::Step; 3], "steps go on");
    window.chord(Modifiers::SHIFT, Key::Questionmark);
    assert!(window.shows("Keyboard shortcuts"), "some layouts need Shift for a sign");
}

#[test]
fn a_capital_letter_of_a_text_is_no_command() {
    let mut window = sized(TALL).stepped();
    window.chord(Modifiers::COMMAND, Key::K);
    window.chord(Modifiers::SHIFT, Key::B);
    assert!(!window.shows("Branch from a step of NSO"));
}

#[test]
fn undo_says_what_it_takes_back() {
    let mut window = sized(TALL).stepped();
    let old = experiment().knobs(OptimizerKind::Nso).expect("valid").momentum;
    window.set("Momentum", 0.5);
    window.role(Role::Button, "Undo").hover();
    window.harness.run_steps(30);
    assert!(window.shows(&format!("Undo momentum of NSO, {old} → 0.5")));
    window.click("Undo");
    assert!(window.shows(&format!("Took back: momentum of NSO, {old} → 0.5.")));
}
