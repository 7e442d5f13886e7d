//! The average of a run's weights: a diamond on its slice, and a run that rests there.

use egui::Key;
use egui::accesskit::Role;
use flatscape::config::{AverageKind, KnobId};
use flatscape::protocol::{AveragePoint, Averaged, Command, Event, KnobEdit, Origin, PathPoint, RunInfo, RunStart};

use super::pos;
use crate::canned::{NSO, SGD, at_average, curve, evaluated, info};
use crate::fixture::{SIZE, TALL, Window, sized};

/// An evaluation of NSO that has an average.
fn averaged() -> Vec<Event> {
    evaluated(curve(NSO, &[(120, 0.2, 9.0)]), |row| row.average = Some(at_average(24, 0.15)))
}

#[test]
fn an_average_is_a_diamond_that_is_read_under_the_pointer() {
    let mut window = sized(SIZE).trained();
    let point = PathPoint { step: 98, x: -1.0, y: -1.0, loss: 0.3, distance: 1.25 };
    window.slices(98, |slice| {
        if slice.run == SGD {
            slice.average = Some(AveragePoint { of: Averaged::Epochs(24), point });
        } else if slice.run == NSO {
            let point = PathPoint { x: f64::NAN, ..point };
            slice.average = Some(AveragePoint { of: Averaged::Steps { beta: 0.999 }, point });
        }
    });
    window.expect("diamond: average of 24 epochs’ ends");
    assert!(!window.shows("diamond: exponential"), "what is nowhere is not drawn");
    window.harness.hover_at(pos(window.landscape("SGD"), 0.25, 0.75));
    window.harness.run_steps(3);
    window.expect("average of 24 epochs’ ends at step 98\ntrue loss 0.300, 1.25 off the plane");
    window.press(Key::Num3);
    window.expect("diamond: average of 24 epochs’ ends");
    window.settings();
    window.check("Average");
    window.press(Key::Escape);
    assert!(!window.shows("diamond:"));
}

#[test]
fn the_average_is_looked_at_by_a_run_that_rests_there() {
    let mut window = sized(TALL).trained();
    window.tell([Event::Playing(false)]);
    window.find("look at the average");
    assert_eq!(window.commands(), [], "it keeps none");
    let said = window.harness.state().model().notices.last().expect("it says why").text.clone();
    assert!(said.starts_with("Look at the average. The run keeps no average of its weights"), "{said}");
    window.press(Key::Escape);
    window.tell(averaged());
    window.find("look at the average");
    let is_wanted = |command: &Command| matches!(command, Command::AddRun { start: RunStart::Average(NSO), .. });
    let commands = window.commands();
    assert!(commands.len() == 1 && is_wanted(&commands[0]), "{commands:?}");
    // What trains is paused first.
    window.tell([Event::Playing(true)]);
    window.find("look at the average");
    let commands = window.commands();
    assert!(commands.len() == 2 && commands[0] == Command::Pause && is_wanted(&commands[1]), "{commands:?}");
    window.expect("Paused, so that the run at the average rests where it is.");
    let optimizer = flatscape::config::OptimizerKind::Nso;
    let origin = Origin::Average { run: NSO, step: 120 };
    window.tell([Event::RunAdded(RunInfo { origin, ..info(9, optimizer, None) })]);
    window.compare();
    window.expect("NSO 2 started at another run’s average");
}

/// Whether the menu of a place offers the average, and whether that can be chosen.
fn offered(window: &mut Window) -> Option<bool> {
    // A click soon after another one would be a double click.
    window.harness.run_steps(30);
    window.click_at(window.landscape("NSO").center());
    let is_there = window.has(Role::Button, "Look at the average");
    let can_be = is_there.then(|| !window.is_disabled(Role::Button, "Look at the average"));
    window.press(Key::Escape);
    can_be
}

#[test]
fn the_menu_of_a_run_that_averages_offers_its_average() {
    let mut window = sized(SIZE).trained();
    window.tell([Event::Playing(false)]);
    assert_eq!(offered(&mut window), None);
    let edit = KnobEdit { step: 100, knob: KnobId::Average, old: 0.0, new: f64::from(AverageKind::Swa as u8) };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    assert_eq!(offered(&mut window), Some(false), "it has not begun");
    window.tell(averaged());
    assert_eq!(offered(&mut window), Some(true));
    window.harness.run_steps(30);
    window.click_at(window.landscape("NSO").center());
    window.click("Look at the average");
    let commands = window.commands();
    assert!(matches!(&commands[..], [Command::AddRun { start: RunStart::Average(NSO), .. }]), "{commands:?}");
}
