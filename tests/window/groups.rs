//! Knobs by group and the menu of methods, with a fake engine: what is shown, what is hidden, what is said.

use std::sync::Arc;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{Experiment, KnobId, OptimizerKind, builtin_experiment};
use flatscape::protocol::{AverageRow, Command, Event, Outcome, RunInfo, RunStart};

use crate::canned::{NSO, SGD, experiment, rows, started};
use crate::fixture::{TALL, Window, sized};

const GROUPS: [&str; 5] =
    ["Method knobs", "Step knobs", "Schedule knobs", "Average and distance knobs", "Augmentation knobs"];

impl Window {
    /// What is said of a button beside its name.
    fn description_of(&self, button: &str) -> String {
        self.role(Role::Button, button).accesskit_node().description().unwrap_or_default()
    }

    fn shows_group(&self, header: &str) -> bool {
        self.role(Role::Button, header).accesskit_node().data().is_expanded() == Some(true)
    }

    /// The runs start again, with whatever is changed of the experiment and of them.
    fn start_with(&mut self, change: impl FnOnce(&mut Experiment, &mut [RunInfo])) {
        let Event::Started { experiment, num_parameters, tensors, data, mut runs } = started() else {
            panic!("it starts")
        };
        let mut experiment = (*experiment).clone();
        change(&mut experiment, &mut runs);
        self.tell([Event::Started { experiment: Arc::new(experiment), num_parameters, tensors, data, runs }]);
        self.commands();
    }
}

#[test]
fn groups_are_closed_while_nothing_in_them_is_on_and_say_what_is() {
    let mut window = sized(TALL).stepped();
    let open = GROUPS.map(|group| window.shows_group(group));
    assert_eq!(open, [true, true, false, false, false]);
    assert_eq!(window.description_of("Schedule knobs"), "off");
    assert!(!window.has(Role::ComboBox, "Rate schedule"));
    window.click("Schedule knobs");
    window.click_on(Role::ComboBox, "Rate schedule");
    window.click("cosine");
    assert_eq!(window.commands(), [Command::SetKnob { run: NSO, knob: KnobId::Schedule, value: 1.0 }]);
    window.click("Schedule knobs");
    assert!(!window.has(Role::ComboBox, "Rate schedule"));
    assert_eq!(window.description_of("Schedule knobs"), "cosine");
    window.click("Method knobs");
    assert!(!window.has(Role::Slider, "Noise σ"));
    assert_eq!(window.description_of("Method knobs"), "σ 0.1, k 1, two-point");
    // They stay as they were left, of whichever run.
    window.click("Run SGD");
    assert!(!window.shows_group("Schedule knobs"));
    assert!(!window.has(Role::Button, "Method knobs"), "SGD has none of its own");
    window.click("Run NSO");
    assert!(!window.shows_group("Method knobs") && window.shows_group("Step knobs"));
}

#[test]
fn a_group_in_which_something_is_on_is_open_and_stays_so_when_it_is_switched_off() {
    let mut window = sized(TALL).stepped();
    window.start_with(|_, runs| (runs[2].knobs.distance, runs[2].knobs.warmup) = (0.01, 0.1));
    let open = GROUPS.map(|group| window.shows_group(group));
    assert_eq!(open, [true, true, true, true, false]);
    assert_eq!(window.description_of("Average and distance knobs"), "distance 0.01");
    window.set("Distance penalty c", 0.0);
    assert!(window.shows_group("Average and distance knobs"), "it does not close under the hand");
    assert_eq!(window.description_of("Average and distance knobs"), "off");
}

#[test]
fn groups_are_kept_for_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.json");
    let mut window = sized(TALL).kept_in(&path).stepped();
    window.press(Key::Escape);
    window.click("Augmentation knobs");
    window.click("Step knobs");
    window.quit();
    let window = sized(TALL).kept_in(&path).stepped();
    let open = GROUPS.map(|group| window.shows_group(group));
    assert_eq!(open, [true, false, false, false, true]);
}

#[test]
fn groups_open_by_the_keyboard() {
    let mut window = sized(TALL).stepped();
    window.focus(Role::Button, "Average and distance knobs");
    window.press(Key::Enter);
    assert!(window.has(Role::Slider, "Radius"));
    assert_eq!(window.focused().as_deref(), Some("Average and distance knobs"));
    window.press(Key::Enter);
    assert!(!window.has(Role::Slider, "Radius"));
}

#[test]
fn pictures_alone_are_mirrored() {
    let mut window = sized(TALL).stepped();
    window.click("Augmentation knobs");
    assert!(window.has(Role::Slider, "Mixup α") && window.has(Role::Slider, "Label smoothing"));
    assert!(!window.has(Role::CheckBox, "Mirror images") && !window.has(Role::Slider, "Move images"));
    window.start_with(|experiment, _| *experiment = builtin_experiment("digits-cnn").expect("embedded"));
    assert!(window.has(Role::CheckBox, "Mirror images") && window.has(Role::Slider, "Move images"));
    window.check("Mirror images");
    assert_eq!(window.commands(), [Command::SetKnob { run: NSO, knob: KnobId::Flip, value: 1.0 }]);
    assert_eq!(window.description_of("Augmentation knobs"), "mirror");
    window.start_with(|experiment, _| *experiment = builtin_experiment("gpt-mini-sums").expect("embedded"));
    assert!(!window.has(Role::CheckBox, "Mirror images") && !window.has(Role::Slider, "Mixup α"));
}

#[test]
fn the_rate_of_a_warm_up_is_told() {
    let mut window = sized(TALL).stepped();
    window.start_with(|experiment, runs| (experiment.budget, runs[2].knobs.warmup) = (400, 0.8));
    window.tell(rows(NSO, OptimizerKind::Nso));
    // 200 evaluations are spent and the next step spends 2: 0.02 · 202 / 320.
    window.expect("0.0126 by the warm-up");
}

#[test]
fn methods_are_added_from_a_menu_that_says_what_they_do() {
    let mut window = sized(TALL).stepped();
    window.click("Add run");
    for method in OptimizerKind::ALL {
        assert_eq!(window.description_of(method.label()), method.spec().about);
    }
    window.click("ASAM");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Asam, knobs, start: RunStart::Initial }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(**knobs, experiment().knobs(OptimizerKind::Asam).expect("valid"));
    window.find("add a run of bsam");
    let commands = window.commands();
    assert!(matches!(&commands[..], [Command::AddRun { optimizer: OptimizerKind::Bsam, .. }]), "{commands:?}");
}

#[test]
fn runs_start_at_an_average_and_at_the_best_validation_loss_where_there_are_some() {
    const ITEMS: [&str; 2] = ["New run at its average", "New run at its best validation loss"];
    let mut window = sized(TALL).stepped();
    window.click("More for SGD");
    assert!(ITEMS.iter().all(|item| window.is_disabled(Role::Button, item)));
    window.press(Key::Escape);
    let outcome = Outcome { loss: 0.1, accuracy: 0.9 };
    let mut row = *window.harness.state().model().run(SGD).and_then(|run| run.evals.last()).expect("evaluated");
    row.step += 1;
    row.validation = Some(outcome);
    row.average = Some(AverageRow { train: outcome, validation: Some(outcome), test: outcome, averaged: 3 });
    window.tell([Event::Evaluated { run: SGD, row }]);
    for (item, start) in ITEMS.into_iter().zip([RunStart::Average(SGD), RunStart::BestValidation(SGD)]) {
        window.click("More for SGD");
        window.click(item);
        let commands = window.commands();
        let [Command::AddRun { optimizer: OptimizerKind::Sgd, start: asked, .. }] = &commands[..] else {
            panic!("{commands:?}")
        };
        assert_eq!(*asked, start);
    }
}

#[test]
fn no_knob_is_cut_off_at_the_side() {
    for size in [[1280.0, 720.0], [1280.0, 900.0]] {
        let mut window = sized(size).stepped();
        window.start_with(|experiment, _| *experiment = builtin_experiment("digits-cnn").expect("embedded"));
        for group in &GROUPS[2..] {
            if !window.shows_group(group) {
                window.scroll_and_click(group);
            }
            assert!(window.shows_group(group), "{size:?}: {group}");
        }
        let edge = window.rect(Role::Button, "Landscapes").left();
        let mut num_seen = 0;
        for role in [Role::SpinButton, Role::Slider, Role::ComboBox, Role::CheckBox] {
            for node in window.harness.query_all_by_role(role) {
                let rect = node.rect();
                // The upper bar is no part of the column.
                if rect.left() < edge && !(0.0..60.0).contains(&rect.top()) {
                    num_seen += 1;
                    let name = node.accesskit_node().label();
                    assert!(rect.right() <= edge && rect.left() >= 0.0, "{size:?}: {name:?} at {rect}");
                }
            }
        }
        assert!(num_seen > 30, "{size:?}: {num_seen}");
        for group in GROUPS {
            assert!(window.rect(Role::Button, group).right() <= edge, "{size:?}: {group}");
        }
    }
}
