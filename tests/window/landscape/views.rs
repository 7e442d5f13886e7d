//! Surfaces, the difference of two runs, the past, and many runs at once.

use egui::accesskit::Role;
use egui::{Key, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::OptimizerKind;
use flatscape::protocol::{Command, Event, LossGrid, RunId, SliceView};

use super::{first, pos};
use crate::canned::{NSO, RUNS, SAM, SGD, grid, info, started};
use crate::fixture::{SIZE, TALL, sized};

#[test]
fn slices_of_the_past_without_accuracy_say_so() {
    let mut window = sized(SIZE).trained();
    window.slices(200, |_| {});
    window.settings();
    window.click("Accuracy");
    window.slices(300, |slice| slice.accuracy = Some(vec![0.75; 81]));
    window.press(Key::Escape);
    window.click("Play the past");
    window.click("Pause the past");
    assert!(window.shows("This slice of the past was taken without the accuracy"));
    window.click("Back to live");
    assert!(!window.shows("without the accuracy"));
}

#[test]
fn what_was_zoomed_in_the_past_is_asked_for_afterwards() {
    let mut window = sized(SIZE).trained();
    window.slices(200, |_| {});
    window.click("Play the past");
    window.click("Pause the past");
    window.wheel(window.landscape("SGD").center(), -1.0);
    assert_eq!(window.asked(), None, "the past stays what it is");
    window.click("Back to live");
    assert_eq!(window.asked(), Some(SliceView { range: 2.5, ..first() }));
}

#[test]
fn short_steps_are_drawn_longer_and_say_by_how_much() {
    let mut window = sized(SIZE).trained();
    assert!(!window.shows("SAM step ×"), "this one is long enough");
    window.settings();
    window.check("Samples ±U");
    window.press(Key::Escape);
    window.slices(98, |slice| {
        slice.ascent = slice.ascent.map(|_| [0.003, 0.004]);
        slice.samples = vec![[0.02, 0.0], [-0.02, 0.0]];
    });
    for mode in [Key::Num2, Key::Num3] {
        window.press(mode);
        assert!(window.shows("SAM step ×100") && window.shows("Samples ±U ×20"), "{mode:?}");
    }
}

#[test]
fn a_difference_is_drawn_also_of_hidden_runs() {
    let mut window = sized(TALL).trained();
    window.slices(98, |slice| {
        if slice.run == NSO {
            slice.loss[3] = f64::NAN;
        }
    });
    window.settings();
    window.check("Difference of two runs");
    window.press(Key::Escape);
    for _ in RUNS {
        window.press(Key::H);
        window.press(Key::CloseBracket);
    }
    assert!(window.shows("Difference of SGD and NSO") && window.shows("Train loss (cross-entropy), log scale, shared"));
    window.expect("A − B, steps 98 and 98");
    window.expect("1 of 81 cells are not finite");
}

#[test]
fn slices_of_another_generation_of_a_plane_are_not_subtracted() {
    let mut window = sized(SIZE).trained();
    window.settings();
    window.check("Difference of two runs");
    window.press(Key::Escape);
    window.slices(99, |slice| slice.generation = u64::from(slice.run == NSO));
    assert!(window.shows("lie in different planes"));
    assert!(window.shows("on an earlier plane than the others"));
    window.slices(100, |slice| slice.generation = 1);
    assert!(window.shows("A − B, steps 100 and 100") && !window.shows("earlier plane"));
}

#[test]
fn both_ends_of_the_spectrum_stand_below_a_landscape() {
    let window = sized([1600.0, 900.0]).trained();
    assert!(window.shows("λmax 7.10") && window.shows("λmin −0.200"));
}

#[test]
fn surfaces_orbit_zoom_and_read_under_the_pointer() {
    let mut window = sized(SIZE).trained();
    window.press(Key::Num3);
    let pane = window.landscape("SAM");
    window.harness.hover_at(pane.center());
    window.harness.run_steps(3);
    assert!(window.shows("bilinear, computed at step 98"), "the surface is under the pointer");
    window.press(Key::Num7);
    window.harness.hover_at(pane.center());
    window.harness.run_steps(3);
    assert!(window.shows("loss 0.05"), "from above, the middle is the centre");
    let beside = window.harness.query_all_by_label_contains("loss 0.05").count();
    window.drag_landscape(pane.center(), pane.center() + vec2(90.0, 60.0));
    window.wheel(pane.center(), 2.0);
    for key in [Key::ArrowLeft, Key::ArrowUp, Key::Plus, Key::Minus, Key::Num1, Key::Home] {
        window.press(key);
    }
    assert!(beside >= 1 && window.asked().is_none(), "a camera asks for no slices");
    window.click_at(pane.center());
    assert!(window.shows("Branch from here"));
}

#[test]
fn a_run_that_diverges_while_shown_as_a_surface_says_so() {
    let mut window = sized(SIZE).trained();
    window.press(Key::Num3);
    window.slices(99, |slice| {
        if slice.run == SGD {
            slice.loss.fill(f64::NAN);
            slice.center_loss = f64::NAN;
        } else if slice.run == SAM {
            slice.loss[10..40].fill(f64::INFINITY);
            slice.masked = 30;
            slice.path[3].loss = f64::NAN;
        }
    });
    window.tell([Event::Diverged { run: SAM, step: 101, last_good_step: 100 }]);
    assert!(window.shows("No finite loss on this slice"));
    assert!(window.shows("30 of 81 cells are not finite"));
    window.click("Rewind to step 90");
    window.click("Reset all");
    assert_eq!(window.commands(), [Command::Rewind { run: SAM, step: 90 }, Command::Reset]);
    for mode in [Key::Num2, Key::Num3] {
        window.slices(100, |slice| *slice = LossGrid { x: vec![0.0], y: vec![0.0], loss: vec![1.0], ..slice.clone() });
        window.press(mode);
        window.harness.hover_at(window.landscape("SAM").center());
        window.harness.run_steps(2);
    }
}

#[test]
fn the_past_is_played_back_by_key_and_left_by_a_button() {
    let mut window = sized(SIZE).trained();
    for step in [200, 300, 400] {
        window.slices(step, |_| {});
    }
    assert!(window.shows("live"));
    window.focus(Role::Slider, "Time of the slices");
    window.press(Key::ArrowLeft);
    window.press(Key::ArrowLeft);
    assert!(window.shows("past: step 300"));
    assert!(window.shows("step 100 · slice of step 300, past") || window.shows("slice 300"));
    // A slice of now does not end it, and nothing can be branched from the past.
    window.slices(500, |_| {});
    assert!(window.shows("past: step 300"));
    window.click_at(window.landscape("SAM").center());
    let branch = window.role(Role::Button, "Branch from here");
    assert!(branch.accesskit_node().is_disabled());
    window.press(Key::Escape);
    window.click("Back to live");
    assert!(!window.shows("past: step"));
    let slider = window.rect(Role::Slider, "Time of the slices");
    window.click_at(pos(slider, 0.26, 0.5));
    assert!(window.shows("past: step 200"), "by the pointer as well");
    window.click("Back to live");
    window.click("Play the past");
    assert!(window.shows("past: step 98"));
    window.click("Pause the past");
    window.tell([started()]);
    assert!(!window.shows("past: step"), "new runs have no past");
}

#[test]
fn the_difference_of_two_runs_is_drawn_with_its_words() {
    let mut window = sized(SIZE).trained();
    window.slices(98, |slice| {
        if slice.run == NSO {
            slice.loss.iter_mut().for_each(|loss| *loss += 0.5);
        }
    });
    window.settings();
    window.check("Difference of two runs");
    assert!(window.shows("Difference of SGD and NSO"));
    assert!(window.shows("A − B, steps 98 and 98"));
    assert!(window.shows("each centred at its own run"));
    assert!(window.shows("Train loss (cross-entropy), log scale, shared"), "the two runs keep their scale");
    assert!(window.shows("Difference of train loss, 0 in the middle"));
    window.press(Key::Escape);
    let pane = window.harness.get_by_label("Difference of SGD and NSO").rect();
    window.harness.hover_at(pos(pane, 0.75, 0.25));
    window.harness.run_steps(3);
    assert!(window.shows("A − B −0.500"));
    window.slices(99, |slice| {
        if slice.run == NSO {
            slice.x.iter_mut().for_each(|x| *x *= 2.0);
        }
    });
    assert!(window.shows("different ranges or numbers of points"));
    window.click("Close the difference");
    assert!(window.shows("Landscape of SAM"));
}

#[test]
fn fifty_runs_scroll_and_only_those_that_are_seen_are_drawn() {
    let mut window = sized(SIZE).open();
    let Event::Started { experiment, num_parameters, tensors, data, .. } = started() else { unreachable!() };
    let runs = (0..50).map(|run| info(run, OptimizerKind::Sgd, None)).collect();
    for run in 0..50 {
        window.engine.slots.put_grid(grid(RunId(run), OptimizerKind::Sgd, 9));
    }
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    let drawn = window.harness.query_all_by_label_contains("Landscape of SGD").count();
    assert!((3..=16).contains(&drawn), "{drawn} of 50 are drawn");
    window.press(Key::Num3);
    assert!(window.harness.query_all_by_label_contains("Landscape of SGD").count() <= 16);
}
