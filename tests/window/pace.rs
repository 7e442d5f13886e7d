//! Whether training waits for measurements: the switch beside the share of time, and what the status line says of it.

use std::sync::Arc;

use egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::NodeT as _;
use flatscape::config::{Experiment, Pace};
use flatscape::protocol::{Command, Event, Speed, Waiting};

use crate::canned::{experiment, started};
use crate::fixture::{SIZE, WIDE, Window, sized};

impl Window {
    /// Which half of the switch is chosen.
    fn chosen_pace(&self) -> [bool; 2] {
        ["Free", "Keep up"].map(|words| {
            let toggled = self.role(Role::Button, words).accesskit_node().toggled();
            toggled == Some(Toggled::True)
        })
    }
}

/// The runs of an experiment that keeps up start.
fn keeping_up() -> Event {
    let Event::Started { num_parameters, tensors, data, runs, .. } = started() else { unreachable!() };
    let mut experiment = experiment();
    experiment.look.pace = Pace::KeepUp;
    Event::Started { experiment: Arc::new(experiment), num_parameters, tensors, data, runs }
}

#[test]
fn the_switch_sends_the_pace_and_shows_it() {
    let mut window = sized(SIZE).trained();
    assert_eq!(window.chosen_pace(), [true, false]);
    window.click("Keep up");
    assert_eq!(window.commands(), [Command::SetPace(Pace::KeepUp)]);
    assert_eq!(window.chosen_pace(), [false, true]);
    window.click("Keep up");
    assert_eq!(window.commands(), [], "it is chosen already");
    window.find("Train freely");
    assert_eq!(window.commands(), [Command::SetPace(Pace::Free)], "by the palette");
    assert_eq!(window.chosen_pace(), [true, false]);
}

#[test]
fn the_switch_follows_an_experiment_and_stays_at_a_reset() {
    let mut window = sized(SIZE).open();
    window.tell([keeping_up()]);
    assert_eq!(window.chosen_pace(), [false, true]);
    window.click("Free");
    window.tell([keeping_up()]);
    assert_eq!(window.chosen_pace(), [true, false], "a reset is no other experiment");
    window.find("Open Digits, relu MLP");
    window.tell([keeping_up()]);
    assert_eq!(window.chosen_pace(), [false, true], "another one brings its own");
}

#[test]
fn an_experiment_is_saved_with_its_pace() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("mine.toml");
    let mut window = sized(WIDE).started();
    window.click("Keep up");
    window.find("Save experiment");
    window.answer(&path);
    let saved = Experiment::from_toml(&std::fs::read_to_string(&path).expect("saved")).expect("valid");
    assert_eq!(saved.look.pace, Pace::KeepUp);
}

#[test]
fn a_narrow_bar_has_the_switch_behind_a_button() {
    let mut window = sized([700.0, 600.0]).trained();
    assert!(!window.has(Role::Button, "Keep up"));
    window.click("Train or look");
    window.click("Keep up");
    assert_eq!(window.commands(), [Command::SetPace(Pace::KeepUp)]);
}

#[test]
fn the_status_line_says_how_fast_it_looks_and_what_waits() {
    let mut window = sized(WIDE).trained();
    let speed = |waiting| Event::Speed(Speed { steps_per_second: 1240.0, looks_per_second: 14.2, waiting });
    window.tell([Event::Playing(true), speed(Waiting::None)]);
    window.expect("1\u{a0}240 steps/s");
    window.expect("14 looks/s");
    assert!(!window.shows("training waits"));
    for (waiting, words) in [
        (Waiting::TrainingForSlice, "training waits for the slice"),
        (Waiting::TrainingForCurvature, "training waits for curvature"),
    ] {
        window.tell([speed(waiting)]);
        window.expect(words);
    }
    // What waits is said longer than the figures beside it.
    window.harness.set_size(egui::vec2(620.0, 600.0));
    window.harness.run_steps(3);
    assert!(window.shows("training waits for curvature") && !window.shows("1\u{a0}218 parameters"));
    window.tell([Event::Playing(false)]);
    assert!(window.shows("paused") && !window.shows("training waits") && !window.shows("looks/s"));
    window.tell([Event::Playing(true)]);
    assert!(!window.shows("training waits"), "until it is told again");
}
