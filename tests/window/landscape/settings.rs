//! Settings, planes and axes of the landscapes: each goes out as one view.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use flatscape::config::Normalization;
use flatscape::protocol::{Event, Examples, LivePlane, LossGrid, PathPoint, RunId, RunInfo, SliceView};

use super::{first, pos};
use crate::canned::{NSO, SAM, SGD, started};
use crate::fixture::{SIZE, Window, sized};

#[test]
fn settings_go_out_as_one_view_that_keeps_what_was_asked_before() {
    let mut window = sized(SIZE).trained();
    window.settings();
    window.click("Other random directions");
    let plane = LivePlane::Random { seed: 1, normalization: Normalization::Filter };
    let mut expected = SliceView { plane, ..first() };
    assert_eq!(window.asked(), Some(expected));
    window.click("Test");
    expected.examples = Examples::Test;
    assert_eq!(window.asked(), Some(expected));
    window.click("Stay");
    expected.follow = false;
    assert_eq!(window.asked(), Some(expected));
    window.click("Accuracy");
    expected.accuracy = true;
    assert_eq!(window.asked(), Some(expected));
    assert!(window.shows("Computing the accuracy on this slice"), "the slices have none yet");
    window.slices(99, |slice| slice.accuracy = Some(vec![0.75; 81]));
    assert!(window.shows("Train accuracy, shared scale"));
    window.click("Loss");
    expected.accuracy = false;
    assert_eq!(window.asked(), Some(expected));
    window.click("Linear");
    assert_eq!(window.asked(), None, "the scale is the window's own business");
    assert!(window.shows("Train loss (cross-entropy), linear scale, shared"));
}

#[test]
fn typed_numbers_are_brought_into_range() {
    let mut window = sized(SIZE).trained();
    window.settings();
    let mut typed = |label: &str, text: &str| {
        window.role(Role::SpinButton, label).click();
        window.harness.run_steps(3);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.harness.event(egui::Event::Text(text.to_owned()));
        window.harness.run_steps(2);
        window.press(Key::Enter);
        window.asked()
    };
    assert_eq!(typed("Points a side", "20"), Some(SliceView { resolution: 21, ..first() }));
    assert_eq!(typed("Points a side", "9999"), Some(SliceView { resolution: 201, ..first() }));
    assert_eq!(typed("Points a side", "no number"), None);
    assert_eq!(typed("Range of the slices", "-4"), Some(SliceView { resolution: 201, range: 1e-3, ..first() }));
    assert_eq!(typed("Range of the slices", "0.5"), Some(SliceView { resolution: 201, range: 0.5, ..first() }));
}

#[test]
fn directions_are_chosen_in_the_bar_and_say_why_they_cannot_be_had() {
    let mut window = sized(SIZE).trained();
    for (label, plane) in [
        ("Three minima", LivePlane::Minima([SGD, SAM, NSO])),
        ("Eigenvectors", LivePlane::Eigenvectors(NSO)),
        ("Path PCA", LivePlane::PathPca(NSO)),
        ("Same directions", LivePlane::Random { seed: 0, normalization: Normalization::Filter }),
    ] {
        window.click(label);
        assert_eq!(window.asked(), Some(SliceView { plane, ..first() }), "{label}");
    }
    let mut window = sized(SIZE).open();
    window.tell([started()]);
    window.commands();
    let is_enabled = |window: &Window, label: &str| !window.is_disabled(Role::Button, label);
    assert!(!is_enabled(&window, "Three minima"), "nothing has trained yet");
    assert!(!is_enabled(&window, "Path PCA"), "there is no path yet");
    assert!(is_enabled(&window, "Same directions"));
}

#[test]
fn the_bar_fits_a_narrow_window() {
    let mut window = sized([1024.0, 640.0]).trained();
    for label in ["Contour", "3D", "Landscape settings"] {
        let rect = window.rect(Role::Button, label);
        assert!(rect.left() > 0.0 && rect.right() <= 1024.0, "{label}: {rect}");
    }
    window.click("3D");
    assert!(window.shows("Landscape of NSO"));
    let mut tiny = sized([420.0, 360.0]).trained();
    tiny.harness.run_steps(3);
}

#[test]
fn the_losses_of_marks_are_those_of_the_examples() {
    let mut window = sized(SIZE).trained();
    window.slices(98, |slice| slice.view.examples = Examples::Test);
    // Points of the path lie at y 0.5, from x −1 on.
    window.harness.hover_at(pos(window.landscape("SGD"), 0.25, 0.375));
    window.harness.run_steps(3);
    assert!(window.shows("true test loss 0.300, 0.200 off the plane"));
    assert!(window.shows("Test loss (cross-entropy), log scale, shared"));
}

#[test]
fn a_plane_through_minima_shows_them_and_reaches_as_far() {
    let mut window = sized(SIZE).trained();
    window.click("Three minima");
    let plane = LivePlane::Minima([SGD, SAM, NSO]);
    assert_eq!(window.asked(), Some(SliceView { plane, ..first() }));
    let ids = [SGD, SAM, NSO];
    // What was on its way when the plane was chosen does not count.
    let other = PathPoint { step: 98, x: -2.9, y: 0.4, loss: 0.3, distance: 0.0 };
    let on_plane = move |slice: &mut LossGrid| {
        slice.view.plane = plane;
        slice.others = ids.into_iter().filter(|run| *run != slice.run).map(|run| (run, other)).collect();
    };
    window.slices(98, on_plane);
    assert_eq!(window.asked(), None);
    window.slices(99, move |slice| {
        on_plane(slice);
        slice.generation = 1;
    });
    assert_eq!(window.asked(), Some(SliceView { plane, range: 3.8, ..first() }));
    let pane = window.landscape("SGD");
    // The window is ±2 until the wider slices come.
    window.slices(100, move |slice| {
        on_plane(slice);
        slice.generation = 1;
        slice.others[0].1 = PathPoint { x: -1.0, y: -1.0, ..other };
    });
    window.harness.hover_at(pos(pane, 0.25, 0.75));
    window.harness.run_steps(3);
    assert!(window.shows("at step 98\ntrue loss 0.300"), "the other runs are drawn");
    window.click("Same directions");
    assert_eq!(window.asked(), Some(first()), "random directions have the range of the experiment");
}

#[test]
fn names_of_runs_stand_in_the_words_of_their_plane() {
    let mut window = sized(SIZE).trained();
    window.slices(98, |slice| {
        slice.view.plane = LivePlane::Minima([NSO, SGD, SGD]);
        slice.caption.directions = "plane through SGD, SGD and SGD as they are, orthogonal".to_owned();
    });
    assert!(window.shows("plane through NSO, SGD and SGD"));
}

#[test]
fn axes_are_told_in_distance_where_that_is_asked_for() {
    let mut window = sized(SIZE).trained();
    window.settings();
    assert!(window.shows("distance 10.0 and 10.2"));
    window.click("Distance");
    assert!(window.shows("±10 and ±10.2 in distance"));
    window.press(Key::Escape);
    window.harness.hover_at(pos(window.landscape("SGD"), 0.75, 0.25));
    window.harness.run_steps(3);
    assert!(window.shows("x 5.00  y 5.10"));
    assert_eq!(window.asked(), None);
}

#[test]
fn the_palette_changes_what_landscapes_show() {
    let mut window = sized(SIZE).trained();
    let mut command = |words: &str| {
        window.chord(Modifiers::COMMAND, Key::K);
        window.harness.event(egui::Event::Text(words.to_owned()));
        window.harness.run_steps(2);
        window.press(Key::Enter);
        window.asked()
    };
    assert_eq!(command("Log or linear loss"), None);
    assert_eq!(command("Train or test examples"), Some(SliceView { examples: Examples::Test, ..first() }));
    assert_eq!(command("Axes in directions"), None);
    assert_eq!(command("Difference of two"), None);
    assert!(window.shows("Train loss (cross-entropy), linear scale, shared"));
    assert!(window.shows("in distance") && window.shows("Difference of SGD and NSO"));
}

#[test]
fn slices_that_stay_say_where_the_run_is() {
    let mut window = sized(SIZE).trained();
    window.press(Key::L);
    assert_eq!(window.asked(), Some(SliceView { follow: false, ..first() }));
    window.slices(98, |slice| {
        slice.view.follow = false;
        slice.position = Some(PathPoint { step: 100, x: 1.0, y: 1.0, loss: 0.7, distance: 0.4 });
    });
    assert!(window.shows("slice stays at step 98; SAM is at 100"));
    window.harness.hover_at(pos(window.landscape("SAM"), 0.75, 0.25));
    window.harness.run_steps(3);
    assert!(window.shows("the run now, at step 100\ntrue loss 0.700, 0.400 off the plane"));
}

#[test]
fn a_plane_of_runs_that_are_gone_gives_way_to_random_directions() {
    let mut window = sized(SIZE).trained();
    window.click("Eigenvectors");
    assert_eq!(window.asked(), Some(SliceView { plane: LivePlane::Eigenvectors(NSO), ..first() }));
    let Event::Started { num_parameters, tensors, data, runs, .. } = started() else { unreachable!() };
    let experiment = Arc::clone(&window.harness.state().model().experiment);
    let runs = runs.into_iter().map(|run| RunInfo { run: RunId(run.run.0 + 10), ..run }).collect();
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    assert_eq!(window.asked(), Some(first()));
}
