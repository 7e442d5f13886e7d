//! Runs in the window, with a fake engine: the list, its dialogs and switches.

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Command, Event, KnobEdit, Origin, Pairing, Repeating, RunInfo, RunStart};

use crate::canned::{NSO, SAM, SGD, experiment, info, started, steps};
use crate::fixture::{TALL, sized};

#[test]
fn runs_are_added_by_optimizer_and_by_preset() {
    let mut window = sized(TALL).stepped();
    window.click("Add run");
    window.click("SAM");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Sam, knobs, start: RunStart::Initial }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(**knobs, experiment().knobs(OptimizerKind::Sam).expect("valid"));
    window.click("Add run");
    window.click("With a preset");
    window.click("Presets of NSO");
    window.click("Strong noise, k 4");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Nso, knobs, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((knobs.sigma, knobs.k), (0.1, 4));
    window.tell([Event::RunAdded(info(4, OptimizerKind::Sam, None))]);
    assert!(window.shows("Knobs of SAM 2"), "a new run is selected");
}

#[test]
fn the_menu_of_a_run_opens_three_ways_and_acts_on_that_run() {
    let mut window = sized(TALL).stepped();
    window.click("More for SGD");
    window.click("Duplicate");
    assert!(matches!(
        &window.commands()[..],
        [Command::AddRun { optimizer: OptimizerKind::Sgd, start: RunStart::Again(SGD), .. }]
    ));
    window.role(Role::Button, "Run SAM").click_secondary();
    window.harness.run_steps(4);
    window.harness.get_all_by_role_and_label(Role::Button, "Branch here").last().expect("in the menu").click();
    window.harness.run_steps(4);
    assert!(matches!(
        &window.commands()[..],
        [Command::AddRun { optimizer: OptimizerKind::Sam, start: RunStart::Step { run: SAM, step: 100 }, .. }]
    ));
    window.click("More for SAM");
    window.click("Fine-tune…");
    assert_eq!(window.commands(), [Command::FetchWeights(SAM)]);
    window.focus(Role::Button, "Run NSO");
    window.press(Key::Menu);
    window.harness.run_steps(3);
    assert!(window.role(Role::Button, "Duplicate").is_focused(), "keys go to the menu");
    window.press(Key::Enter);
    assert!(matches!(&window.commands()[..], [Command::AddRun { optimizer: OptimizerKind::Nso, .. }]));
}

#[test]
fn arrows_select_in_the_list_that_has_the_keyboard() {
    let mut window = sized(TALL).stepped();
    window.click("Run SGD");
    window.focus(Role::Button, "Run SGD");
    window.press(Key::ArrowDown);
    assert!(window.shows("Knobs of SAM") && window.role(Role::Button, "Run SAM").is_focused());
    window.press(Key::End);
    assert!(window.shows("Knobs of NSO"));
    window.press(Key::ArrowDown);
    assert!(window.role(Role::Button, "Run NSO").is_focused());
    window.press(Key::F2);
    assert!(window.shows("Rename and colour NSO"));
    window.press(Key::Escape);
    assert!(!window.shows("Rename and colour NSO"));
}

#[test]
fn a_branch_from_a_step_takes_other_knobs_and_another_optimizer() {
    let mut window = sized(TALL).stepped();
    window.click("More for SAM");
    window.click("Branch from a step…");
    assert!(window.shows("Branch from a step of SAM"));
    window.type_into(Role::SpinButton, "Step value", "40");
    window.press(Key::Tab);
    window.harness.get_all_by_role_and_label(Role::Button, "NSO").last().expect("a choice").click();
    window.harness.run_steps(3);
    window.type_into(Role::SpinButton, "Noise σ of the new run", "0.2");
    assert!(window.commands().is_empty(), "nothing is sent before");
    window.press(Key::Enter);
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Nso, knobs, start: RunStart::Step { run: SAM, step: 40 } }] =
        &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert!((knobs.sigma - 0.2).abs() < 1e-9, "{knobs:?}");
    assert!(!window.shows("Branch from a step of SAM"));
    window.tell([Event::RunAdded(info(9, OptimizerKind::Nso, Some((SAM, 40))))]);
    assert!(window.shows("Knobs of NSO 2"));
    window.compare();
    assert!(window.shows("SAM, step 40") && window.shows("NSO 2 started where another run was"));
}

#[test]
fn rewinding_says_what_is_lost_and_offers_a_branch() {
    let mut window = sized(TALL).stepped();
    let edit = KnobEdit { step: 80, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    window.press(Key::W);
    assert!(window.shows("Rows after step 80 are dropped: 20 steps"));
    window.type_into(Role::SpinButton, "Step value", "60");
    window.press(Key::Tab);
    assert!(window.shows("Rows after step 60 are dropped: 40 steps, with 1 turn of a knob."));
    window.click("Branch instead…");
    assert!(window.shows("Branch from a step of NSO"));
    window.press(Key::Escape);
    assert_eq!(window.commands(), []);
    window.press(Key::W);
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::Rewind { run: NSO, step: 80 }]);
}

#[test]
fn names_and_colours_are_given_and_taken_back() {
    let mut window = sized(TALL).stepped();
    window.press(Key::F2);
    window.role(Role::TextInput, "Name of the run").type_text("Wide ball");
    window.harness.run_steps(2);
    window.click_on(Role::RadioButton, "Colour 3");
    window.click("Apply");
    assert!(window.has(Role::Button, "Run Wide ball") && window.shows("Knobs of Wide ball"));
    let run = window.harness.state().model().run(NSO).map(|run| (run.name.clone(), run.color_override));
    assert_eq!(run, Some((Some("Wide ball".to_owned()), Some(2))));
    window.press(Key::F2);
    window.type_into(Role::TextInput, "Name of the run", " ");
    window.press(Key::Enter);
    assert!(window.has(Role::Button, "Run NSO"));
}

#[test]
fn short_runs_go_at_once_and_long_ones_after_a_question() {
    let mut window = sized(TALL).stepped();
    window.press(Key::Delete);
    assert_eq!(window.commands(), [Command::RemoveRun(NSO)]);
    assert!(!window.shows("Removed NSO"), "the engine has not said so yet");
    window.tell([Event::RunRemoved(NSO)]);
    assert!(window.shows("Removed NSO at step 100, Ctrl+Z brings it back."));
    assert!(!window.has(Role::Button, "Run NSO"));
    window.tell([steps(SAM, 3200, 2)]);
    window.click("Run SAM");
    window.press(Key::Delete);
    assert!(window.shows("Remove SAM?") && window.commands().is_empty());
    window.click("Cancel");
    window.press(Key::Delete);
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::RemoveRun(SAM)]);
    window.tell([Event::RunRemoved(SAM)]);
    assert!(window.shows("Knobs of SGD"));
    window.press(Key::Delete);
    assert_eq!(window.commands(), [], "the last run stays");
}

#[test]
fn the_selection_and_hidden_runs_follow_their_runs() {
    let mut window = sized(TALL).stepped();
    window.click("Hide SAM");
    window.click("Run SAM");
    window.tell([Event::RunRemoved(SGD)]);
    assert!(window.shows("Knobs of SAM") && window.has(Role::Button, "Show SAM"));
    let runs = vec![info(11, OptimizerKind::Sam, None), info(12, OptimizerKind::Nso, None)];
    let Event::Started { experiment, num_parameters, tensors, data, .. } = started() else { panic!("it starts") };
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    assert!(window.has(Role::Button, "Show SAM"), "a reset keeps hidden runs hidden");
    window.click("Show SAM");
    assert!(window.has(Role::Button, "Hide SAM"));
    window.press(Key::H);
    assert!(window.has(Role::Button, "Show SAM"));
}

#[test]
fn switches_pair_runs_and_say_when() {
    let mut window = sized(TALL).stepped();
    window.check("Equal gradient evaluations");
    let expected = Pairing { same_initial: true, equal_evaluations: false };
    assert_eq!(window.commands(), [Command::SetPairing(expected)]);
    assert!(!window.has(Role::Button, "Reset to apply"));
    window.check("Same initial weights");
    let expected = Pairing { same_initial: false, equal_evaluations: false };
    assert_eq!(window.commands(), [Command::SetPairing(expected)]);
    window.click("Reset to apply");
    assert_eq!(window.commands(), [Command::Reset]);
    window.tell([started()]);
    assert!(!window.has(Role::Button, "Reset to apply"));
}

#[test]
fn fifty_runs_scroll_and_leave_room_for_knobs() {
    let mut window = sized([1280.0, 800.0]).themed(Theme::Light).started();
    window.tell((10..57).map(|run| Event::RunAdded(info(run, OptimizerKind::Nso, None))));
    let sigma = window.rect(Role::Slider, "Noise σ");
    assert!(sigma.bottom() < 700.0, "{sigma}");
    window.focus(Role::Button, "Run SGD");
    window.press(Key::End);
    let last = window.role(Role::Button, "Run NSO 48");
    assert!(last.is_focused() && last.rect().bottom() < sigma.top(), "{}", last.rect());
    window.press(Key::Escape);
    window.compare();
    assert!(window.table_order().len() >= 5);
}

#[test]
fn the_list_says_where_runs_come_from() {
    let mut window = sized(TALL).stepped();
    let place = Origin::Place { run: SGD, step: 98, place: [0.5, 0.5] };
    let file = Origin::File("/home/me/good.safetensors".into());
    window.tell([
        Event::RunAdded(RunInfo { origin: place, ..info(4, OptimizerKind::Sam, None) }),
        Event::RunAdded(RunInfo { origin: file, ..info(5, OptimizerKind::Sam, None) }),
    ]);
    window.compare();
    assert!(window.shows("slice of SGD, step 98") && window.shows("good.safetensors"));
    assert!(window.shows("SAM 2 started at a place of a slice; SAM 3 started from a file"));
    window.role(Role::Button, "Run SAM 3").hover();
    window.harness.run_steps(20);
    assert!(window.shows("from the weights of good.safetensors"));
    window.tell([Event::RunRemoved(SGD)]);
    assert!(window.shows("slice of SGD, step 98"), "its name is known though it is gone");
}

#[test]
fn steps_that_are_repeated_are_shown_with_a_way_out() {
    let mut window = sized(TALL).stepped();
    let repeating = Repeating { run: SAM, is_rewind: false, step: 12_000, total: 4_000, left: 3_200 };
    window.tell([Event::Repeating(Some(repeating))]);
    let words = "Repeating 3\u{a0}200 steps of SAM, for a branch to step 12\u{a0}000. Training waits.";
    assert!(window.shows(words));
    window.click("Cancel the repeating of steps");
    assert_eq!(window.commands(), [Command::CancelRepeat]);
    window.tell([Event::Repeating(None)]);
    assert!(!window.shows("Repeating"));
}

#[test]
fn a_run_that_waits_for_another_says_for_which() {
    let mut window = sized(TALL).stepped();
    window.tell([Event::Playing(true)]);
    window.role(Role::Button, "Run SAM").hover();
    window.harness.run_steps(20);
    assert!(!window.shows("It waits until"));
    window.tell([Event::RunAdded(info(4, OptimizerKind::Nso, None))]);
    assert!(window.shows("It waits until NSO 2 has caught up"));
}
