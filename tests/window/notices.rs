//! Toasts and the log of what was said.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::kittest::Queryable as _;
use flatscape::protocol::{Event, RunId};

use crate::fixture::{SIZE, Window, sized};

#[test]
fn a_run_that_diverges_says_when_where_it_stands_and_what_to_do() {
    let mut window = sized(SIZE).drawn().trained();
    window.tell([Event::Diverged { run: RunId(3), step: 1207, last_good_step: 1206 }]);
    assert!(window.shows("NSO diverged at step 1\u{a0}207") && window.shows("It stands at step 1\u{a0}206"));
    assert!(window.shows("Lower its learning rate or σ"));
}

#[test]
fn toasts_ask_for_no_frame_and_go_by_a_click() {
    let mut window = sized(SIZE).drawn().trained();
    window.tell([Event::Warning("The first".to_owned())]);
    window.tell([Event::Warning("The second".to_owned())]);
    let is_toast =
        |window: &Window| window.harness.query_all_by_role_and_label(Role::Button, "Close the notice").count();
    assert_eq!(is_toast(&window), 2);
    window.harness.run_steps(30);
    let delay = window.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay > std::time::Duration::from_millis(500), "{delay:?}");
    let first = window.harness.get_all_by_role_and_label(Role::Button, "Close the notice").next().expect("a toast");
    first.click();
    window.harness.run_steps(3);
    assert_eq!(is_toast(&window), 1);
    for width in [300.0, 640.0] {
        window.harness.set_size(Vec2::new(width, 420.0));
        window.harness.run_steps(3);
        let cross = window.rect(Role::Button, "Close the notice");
        assert!(cross.left() > 0.0 && cross.right() < width, "{width}: {cross:?}");
    }
    // Anywhere on it.
    let cross = window.rect(Role::Button, "Close the notice");
    let place = cross.center() - Vec2::new(120.0, 0.0);
    window.harness.hover_at(place);
    window.harness.run_steps(2);
    for pressed in [true, false] {
        window.harness.event(egui::Event::PointerButton {
            pos: place,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(1);
    }
    window.harness.run_steps(2);
    assert_eq!(is_toast(&window), 0);
    // The log has all of them.
    window.harness.set_size(Vec2::new(1280.0, 800.0));
    window.press(Key::N);
    assert!(window.shows("The first") && window.shows("UTC, "));
}

#[test]
fn a_long_log_lays_out_what_is_seen_and_is_copied_whole() {
    let mut window = sized(SIZE).drawn().trained();
    window.press(Key::N);
    for n in 0..300 {
        window.engine.outbox.push(Event::Warning(format!("Notice number {n} of many")));
    }
    assert!(window.engine.outbox.flush());
    window.harness.run_steps(20);
    let shown = window.harness.query_all_by_label_contains("of many").count();
    assert!((5..60).contains(&shown), "{shown}");
    let copied = window.copied_by("Copy all");
    assert!(copied.contains("Notice number 0 of many") && copied.contains("Notice number 299 of many"));
}
