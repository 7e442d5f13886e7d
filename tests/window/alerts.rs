//! Alerts: a rule that is switched on speaks, marks and pauses; limits of one's own come and go, and are kept.

use egui::accesskit::Role;
use flatscape::protocol::{Command, Event};
use flatscape::ui::fake::{self, Measured};

use crate::canned::SGD;
use crate::fixture::{SIZE, Window, sized};

fn with_alerts() -> Window {
    let mut window = sized(SIZE).trained();
    window.tell([Event::Playing(true)]);
    window.open_pane("Notices");
    window.click_on(Role::DisclosureTriangle, "Alerts, 1 on");
    window
}

/// Ten more steps of SGD, whose λmax is then this.
fn largest(from: u64, lambda_max: f64) -> Vec<Event> {
    let rows = (from + 1..=from + 10).map(|step| fake::step_row(step, 0.01)).collect();
    let measured = Measured { ends: [-0.2, lambda_max], ..Measured::at(from + 10, 0.01, 100.0) };
    std::iter::once(Event::Steps { run: SGD, rows }).chain(measured.events(SGD)).collect()
}

#[test]
fn an_alert_is_a_notice_and_a_pause_where_it_shall_be_one() {
    let mut window = with_alerts();
    window.check("λmax passes the edge of stability");
    window.check("Pause: λmax passes the edge of stability");
    window.expect("Alerts, 2 on");
    window.commands();
    window.tell(largest(100, 90.0));
    window.expect(
        "SGD: λmax 90.0 (of the measured subset) is beyond the edge of stability 76.0 at step 110. Training pauses.",
    );
    let commands = window.commands();
    assert!(commands.contains(&Command::Pause));
    let kept = commands.iter().find_map(|command| match command {
        Command::NoteAlert { run: SGD, alert } => Some(alert.clone()),
        _ => None,
    });
    let kept = kept.expect("it is kept in the session");
    assert_eq!((kept.step, &kept.rule[..], kept.paused), (110, "edge", true));
    window.tell([Event::AlertNoted { run: SGD, alert: kept.clone() }]);
    assert_eq!(window.harness.state().model().run(SGD).expect("it is there").alerts, [kept], "one mark");
    window.tell([Event::Playing(false)]);
    window.tell(largest(110, 95.0));
    assert!(!window.commands().contains(&Command::Pause), "told once");
}

#[test]
fn a_limit_of_ones_own_is_added_and_taken_away() {
    let mut window = with_alerts();
    window.click("Add alert");
    window.expect("Alerts, 2 on");
    window.tell(largest(100, 51.0));
    window.expect("SGD: λmax 51.0 is above 50 at step 110.");
    window.click_on(Role::Button, "Remove the limit of λmax");
    window.expect("Alerts, 1 on");
    assert!(!window.has(Role::Button, "Remove the limit of λmax"));
}
