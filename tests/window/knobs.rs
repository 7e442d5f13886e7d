//! Knobs in the window, with a fake engine: turns, presets, schedules, and what restarts the runs.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind, SigmaScheduleKind};
use flatscape::protocol::{Command, Event, KnobEdit};

use crate::canned::{NSO, RUNS, SAM, SGD, experiment, rows, started, steps};
use crate::fixture::{TALL, sized};

#[test]
fn a_knob_goes_to_all_runs_and_comes_back_at_once() {
    let mut window = sized(TALL).stepped();
    window.set("Learning rate", 0.2);
    window.commands();
    let rate = window.harness.state().model().run(NSO).map(|run| run.knobs.learning_rate).expect("there");
    window.click("Apply to all runs");
    let mut commands = window.commands();
    let turned = |run| Command::SetKnob { run, knob: KnobId::LearningRate, value: rate };
    assert_eq!(commands, [turned(SGD), turned(SAM)]);
    window.click("Undo");
    commands = window.commands();
    let old = experiment().knobs(OptimizerKind::Sgd).expect("valid").learning_rate;
    let back = |run| Command::SetKnob { run, knob: KnobId::LearningRate, value: old };
    assert_eq!(commands, [back(SAM), back(SGD)]);
    window.click("Redo");
    assert_eq!(window.commands(), [turned(SGD), turned(SAM)]);
}

#[test]
fn one_knob_goes_to_all_runs_from_its_own_menu() {
    let mut window = sized(TALL).stepped();
    window.role(Role::Slider, "Momentum").set_value_accesskit(0.5);
    window.set("Learning rate", 0.2);
    window.commands();
    window.harness.get_all_by_role_and_label(Role::Label, "Momentum").last().expect("a label").click_secondary();
    window.harness.run_steps(4);
    assert!(window.has(Role::Button, "Back to 0.9"));
    window.harness.get_all_by_role_and_label(Role::Button, "Apply to all runs").last().expect("in the menu").click();
    window.harness.run_steps(4);
    let turned = |run| Command::SetKnob { run, knob: KnobId::Momentum, value: 0.5 };
    assert_eq!(window.commands(), [turned(SGD), turned(SAM)]);
}

#[test]
fn presets_turn_what_differs_and_the_users_own_are_kept() {
    let mut window = sized(TALL).stepped();
    window.click("Presets");
    window.click("Strong noise, k 4");
    let commands = window.commands();
    assert!(commands.contains(&Command::SetKnob { run: NSO, knob: KnobId::K, value: 4.0 }), "{commands:?}");
    assert!(commands.iter().all(|command| matches!(command, Command::SetKnob { run: NSO, .. })));
    window.click("Presets");
    window.click("Save these knobs as a preset…");
    window.role(Role::TextInput, "Name of the preset").type_text("Mine");
    window.harness.run_steps(2);
    window.press(Key::Enter);
    assert!(window.shows("Saved the preset Mine of NSO."));
    window.click("Undo");
    assert_eq!(window.commands().len(), commands.len(), "a preset is undone as a whole");
    window.click("Presets");
    window.click("Mine");
    assert_eq!(window.commands().len(), commands.len());
    window.click("Presets");
    window.click("Delete the preset Mine");
    assert!(window.shows("Deleted the preset Mine, Ctrl+Z brings it back."));
    window.press(Key::Escape);
    window.chord(Modifiers::COMMAND, Key::Z);
    window.click("Presets");
    assert!(window.has(Role::Button, "Mine"), "it is back");
}

#[test]
fn settings_that_restart_say_so_and_wait_for_the_button() {
    let mut window = sized(TALL).stepped();
    window.click("Restarts the runs");
    assert!(window.shows("Nothing happens before you press the button"));
    assert!(!window.has(Role::Button, "Restart with these"));
    window.type_into(Role::SpinButton, "Label noise", "1.5");
    window.press(Key::Tab);
    assert!(window.shows("`data.label_noise` is 1.5, expected a number from 0 to 1."));
    window.type_into(Role::SpinButton, "Label noise", "0.25");
    window.press(Key::Tab);
    assert!(!window.shows("expected a number") && window.commands().is_empty());
    window.type_into(Role::SpinButton, "Budget", "5000");
    window.press(Key::Tab);
    window.set("Noise σ", 0.2);
    window.commands();
    window.click("Restart with these");
    let commands = window.commands();
    let Some(Command::Load { experiment: loaded, more }) = commands.first() else { panic!("{commands:?}") };
    assert!(more.is_empty(), "{more:?}");
    assert_eq!((loaded.budget, loaded.data.label_noise), (5000, 0.25));
    let sigma = loaded.knobs(OptimizerKind::Nso).expect("valid").sigma;
    assert!((sigma - 0.2).abs() < 0.02, "knobs stay as they are: {sigma}");
}

#[test]
fn every_kind_of_knob_goes_back_by_a_double_click() {
    // A double click is over in 0.3 s.
    let mut window = sized(TALL).paced(0.01).started();
    window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
    window.check("Nesterov momentum");
    let turned = |knob, value| Command::SetKnob { run: NSO, knob, value };
    assert_eq!(window.commands(), [turned(KnobId::Nesterov, 1.0)]);
    let knob = KnobEdit { step: 100, knob: KnobId::Distribution, old: 0.0, new: 2.0 };
    window.tell([Event::KnobTurned { run: NSO, edit: knob }]);
    window.double_click(Role::Label, "Noise distribution");
    assert_eq!(window.commands().last(), Some(&turned(KnobId::Distribution, 0.0)));
    window.click("One-point");
    window.double_click(Role::Button, "One-point");
    assert_eq!(window.commands().last(), Some(&turned(KnobId::TwoPoint, 1.0)));
    window.double_click(Role::CheckBox, "Nesterov momentum");
    assert_eq!(window.commands().last(), Some(&turned(KnobId::Nesterov, 0.0)));
}

#[test]
fn nesterov_without_momentum_is_off_and_says_so() {
    let mut window = sized(TALL).stepped();
    window.role(Role::CheckBox, "Nesterov momentum").click();
    window.set("Momentum", 0.0);
    assert!(window.shows("off while the momentum is 0"));
    window.commands();
    window.press(Key::D);
    assert!(matches!(&window.commands()[..], [Command::AddRun { .. }]), "it can be duplicated");
    window.check("Nesterov momentum");
    assert!(window.is_disabled(Role::CheckBox, "Nesterov momentum"));
}

#[test]
fn the_values_of_the_experiment_are_there_after_a_reset() {
    let mut window = sized(TALL).stepped();
    let Event::Started { experiment, num_parameters, tensors, data, mut runs } = started() else { panic!("it starts") };
    let own = experiment.knobs(OptimizerKind::Nso).expect("valid").sigma;
    runs[2].knobs.sigma = 0.2;
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    window.harness.get_all_by_role_and_label(Role::Label, "Noise σ").last().expect("a label").click_secondary();
    window.harness.run_steps(4);
    window.click(&format!("Value of the experiment, {own}"));
    assert_eq!(window.commands(), [Command::SetKnob { run: NSO, knob: KnobId::Sigma, value: own }]);
}

#[test]
fn the_length_of_the_noise_follows_the_schedule_of_sigma() {
    let mut window = sized(TALL).stepped();
    let Event::Started { experiment, num_parameters, tensors, data, mut runs } = started() else { panic!("it starts") };
    let mut experiment = (*experiment).clone();
    experiment.budget = 400;
    runs[2].knobs.sigma_schedule = SigmaScheduleKind::Linear;
    runs[2].knobs.sigma_end = 0.0;
    let sigma = runs[2].knobs.sigma;
    window.tell([Event::Started { experiment: Arc::new(experiment), num_parameters, tensors, data, runs }]);
    window.tell(rows(NSO, OptimizerKind::Nso));
    let length = 0.5 * sigma * (num_parameters as f64).sqrt();
    assert!(window.shows(&format!("by the schedule, σ√d {length:.2}")), "half of the budget is spent");
}

#[test]
fn a_staged_change_outlives_a_reset() {
    let mut window = sized(TALL).stepped();
    window.click("Restarts the runs");
    window.type_into(Role::SpinButton, "Label noise", "0.25");
    window.press(Key::Tab);
    window.tell([started()]);
    assert!(window.has(Role::Button, "Restart with these"));
}

#[test]
fn schedules_are_turned_like_any_knob() {
    let mut window = sized(TALL).stepped();
    window.click("Schedule knobs");
    assert!(!window.has(Role::Slider, "Drop every"), "a constant rate does not drop");
    window.click_on(Role::ComboBox, "Rate schedule");
    window.click("step");
    let turned = Command::SetKnob { run: NSO, knob: KnobId::Schedule, value: 2.0 };
    assert_eq!(window.commands(), [turned]);
    assert!(window.has(Role::Slider, "Drop every") && window.has(Role::Slider, "Drop factor"));
    assert!(window.shows("by the schedule"));
    window.tell([Event::Finished { run: NSO }]);
    window.tell([steps(NSO, 101, 8)]);
    let state = window.harness.state().model().run(NSO).map(|run| format!("{:?}", run.state));
    assert_eq!(state.as_deref(), Some("Training"), "it goes on");
}
