//! What the pointer and the keys do on a landscape: it moves, is read, branches, and the network is asked at a place.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, PointerButton, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::OptimizerKind;
use flatscape::protocol::{
    Command, DataPreview, Event, ExampleLabel, ExampleRow, NearTexts, PathPoint, Predicted, Prediction, RunId,
    RunStart, SliceTag, SliceView, TextLook, WrittenText,
};

use super::{first, pos};
use crate::canned::{NSO, SAM, experiment, started};
use crate::fixture::{SIZE, Window, sized};

fn answer(place: [f64; 2], what: Predicted) -> Prediction {
    Prediction { run: SAM, step: 98, place, loss: 0.25, accuracy: 0.875, what }
}

#[test]
fn a_drag_moves_all_contours_and_asks_for_what_is_missing_at_its_end() {
    let mut window = sized(SIZE).trained();
    let pane = window.landscape("SAM");
    // A quarter of the pane is a quarter of the window of ±2, which then needs ±3.
    window.drag_landscape(pane.center(), pane.center() + vec2(0.25 * pane.width(), 0.0));
    let commands = window.commands();
    assert_eq!(commands.len(), 1, "one request at the end: {commands:?}");
    let Command::SetSlice(asked) = commands[0] else { panic!("{commands:?}") };
    assert!((asked.range - 3.0).abs() < 0.1, "{}", asked.range);
    window.harness.hover_at(pane.center());
    window.harness.run_steps(2);
    assert!(window.shows("x −1.0"), "the middle is at −1 now");
    assert!(window.shows("x −3 to 1, y −2 to 2"), "the caption has the true extent");
    assert!(window.shows("random plane"), "and still says which plane it is");
    window.press(Key::Home);
    assert_eq!(window.asked(), Some(first()), "back to the experiment's range");
}

#[test]
fn the_wheel_shows_what_there_is_in_the_new_window_at_once() {
    let mut window = sized(SIZE).trained();
    let pane = window.landscape("SGD");
    window.wheel(pane.center(), -1.0);
    assert_eq!(window.asked(), Some(SliceView { range: 2.5, ..first() }));
    // The slice is computed to ±2: beyond it nothing is read.
    window.harness.hover_at(pos(pane, 0.96, 0.5));
    window.harness.run_steps(2);
    assert!(window.shows("not computed here") && !window.shows("not finite"));
    assert!(window.shows("±2.5"));
}

#[test]
fn readings_are_bilinear_with_loss_and_accuracy_on_all_panes() {
    let mut window = sized(SIZE).trained();
    window.slices(98, |slice| slice.accuracy = Some(vec![0.75; 81]));
    let pane = window.landscape("SGD");
    window.harness.hover_at(pos(pane, 0.75, 0.25));
    window.harness.run_steps(3);
    // 0.05 + x² + 0.3·y² at (1, 1), a point of the grid.
    let readings = window.harness.query_all_by_label_contains("loss 1.35  accuracy 75.0").count();
    assert!(readings >= 3, "{readings} panes read the same place");
}

#[test]
fn a_click_offers_to_branch_at_that_place() {
    let mut window = sized(SIZE).trained();
    let place = pos(window.landscape("SAM"), 0.75, 0.25);
    window.click_at(place);
    window.click("Branch from here");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Sam, knobs, start: RunStart::Place { run: SAM, place, .. } }] =
        &commands[..]
    else {
        panic!("{commands:?}")
    };
    assert_eq!(**knobs, experiment().knobs(OptimizerKind::Sam).expect("valid"));
    assert!((place[0] - 1.0).abs() < 0.05 && (place[1] - 1.0).abs() < 0.05, "{place:?}");
    assert!(!window.shows("Branch from here"), "the menu is closed");
}

#[test]
fn the_menu_opens_by_key_in_the_middle_of_the_focused_pane() {
    let mut window = sized(SIZE).trained();
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.run_steps(2);
    window.press(Key::ArrowRight);
    window.press(Key::Enter);
    window.harness.run_steps(2);
    window.click("Branch from here");
    let commands = window.commands();
    let place = commands.iter().find_map(|command| match command {
        Command::AddRun { start: RunStart::Place { run: NSO, place, .. }, .. } => Some(*place),
        _ => None,
    });
    let [x, y] = place.expect("a branch");
    assert!((x - 0.4).abs() < 1e-6 && y.abs() < 1e-6, "one step of a tenth of the window to the right: {x} {y}");
}

#[test]
fn a_double_click_opens_no_menu() {
    let mut window = sized(SIZE).trained();
    let place = window.landscape("SGD").center();
    window.harness.hover_at(place);
    window.harness.run_steps(1);
    for is_down in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        window.harness.event(egui::Event::PointerButton { pos: place, button, pressed: is_down, modifiers });
    }
    window.harness.run_steps(3);
    assert!(!window.commands().iter().any(|command| matches!(command, Command::AddRun { .. })));
}

#[test]
fn the_network_is_asked_and_its_answer_shown() {
    let mut window = sized(SIZE).trained();
    window.click_at(pos(window.landscape("SAM"), 0.75, 0.25));
    window.click("What does the network say here?");
    let commands = window.commands();
    let [Command::Predict { run: SAM, place, slice: SliceTag { step: 98, generation: 0 } }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert!(window.shows("Asking the network"));
    let (x, y) = (vec![-1.0, 0.0, 1.0, 2.0], vec![-1.0, 0.0, 1.0]);
    let (class, confidence) = ((0..12).map(|i| i % 2).collect(), vec![0.9; 12]);
    window.engine.slots.put_prediction(answer(*place, Predicted::Surface { x, y, class, confidence }));
    window.harness.run_steps(3);
    for text in ["loss 0.250 · accuracy 87.5", "Decision surface", "slice of step 98", "class 0"] {
        assert!(window.shows(text), "{text}");
    }
    // Answers that contradict themselves are said, not drawn.
    let torn =
        Predicted::Surface { x: vec![0.0, 1.0], y: vec![0.0, 1.0], class: vec![0], confidence: vec![f32::NAN; 9] };
    window.engine.slots.put_prediction(answer(*place, torn));
    window.harness.run_steps(3);
    assert!(window.shows("The answer contradicts itself"));
    let examples = Predicted::Examples { class: vec![9; 40], confidence: vec![f32::NAN; 40] };
    window.engine.slots.put_prediction(answer(*place, examples));
    window.harness.run_steps(3);
    assert!(window.shows("example"));
}

#[test]
fn what_a_network_writes_on_its_own_stands_behind_its_question() {
    let mut window = sized(SIZE).trained();
    window.click_at(pos(window.landscape("SAM"), 0.75, 0.25));
    window.click("What does the network say here?");
    let [Command::Predict { place, .. }] = &window.commands()[..] else { panic!("it is asked") };
    let written = |written: &str, is_right| WrittenText {
        question: "7-3-5-9=".to_owned(),
        written: written.to_owned(),
        wanted: "4-5-9,9-9,0>0.".to_owned(),
        is_right,
    };
    let written = vec![written("4-5-9,9-9,1>1.", false), written(">0.", true)];
    window.engine.slots.put_prediction(answer(*place, Predicted::Texts { said: Vec::new(), written }));
    window.harness.run_steps(3);
    // The right completion stands behind a wrong one alone.
    for text in ["7-3-5-9=4-5-9,9-9,1>1.(4-5-9,9-9,0>0.)", "7-3-5-9=>0.", "what it writes behind them on its own"] {
        assert!(window.shows(text), "{text}");
    }
    assert!(!window.shows("7-3-5-9=>0.("));
    window.engine.slots.put_prediction(answer(*place, Predicted::Texts { said: Vec::new(), written: Vec::new() }));
    window.harness.run_steps(3);
    assert!(!window.shows("on its own"));
}

/// The window of an experiment whose labels are numbers.
fn regression() -> Window {
    let mut window = sized(SIZE).open();
    let Event::Started { experiment, num_parameters, tensors, data, runs } = started() else { unreachable!() };
    let rows = data.rows.iter().cloned().map(|row| {
        let label = ExampleLabel::Values(vec![row.x[0] - row.x[1]]);
        flatscape::protocol::ExampleRow { label, ..row }
    });
    let rows = rows.collect();
    let data = Arc::new(DataPreview { classes: Vec::new(), class_counts: Vec::new(), rows, ..(*data).clone() });
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    window.slices(98, |_| {});
    window.commands();
    window
}

#[test]
fn values_over_two_features_are_drawn_with_their_legend() {
    let mut window = regression();
    window.click_at(pos(window.landscape("SAM"), 0.75, 0.25));
    window.click("What does the network say here?");
    let (x, y) = (vec![-1.0, 0.0, 1.0, 2.0], vec![-1.0, 0.0, 1.0]);
    let confidence = (0..12).map(|i| 0.5 * i as f32 - 2.0).collect();
    let what = Predicted::Surface { x, y, class: Vec::new(), confidence };
    window.engine.slots.put_prediction(Prediction { accuracy: f64::NAN, ..answer([1.0, 1.0], what) });
    window.harness.run_steps(3);
    assert!(window.shows("Predicted values") && window.shows("Colours of values from −2.00 to 3.50"));
    assert!(!window.shows("contradicts itself") && !window.shows("class"));
}

#[test]
fn pictures_are_shown_with_their_nearest_texts() {
    let mut window = sized(SIZE).open();
    let Event::Started { experiment, num_parameters, tensors, data, runs } = started() else { unreachable!() };
    let rows = ["a red circle.", "a blue cross.", "a green square.", "a white circle."].map(str::to_owned).to_vec();
    let picture = |_: &String| ExampleRow { x: vec![0.5; 12], label: ExampleLabel::Pair, is_test: false };
    let data = Arc::new(DataPreview {
        shape: vec![3, 2, 2],
        classes: Vec::new(),
        class_counts: Vec::new(),
        rows: rows.iter().map(picture).collect(),
        text: Some(TextLook { tokens: 4, vocabulary: 8, rows, ..TextLook::default() }),
        ..(*data).clone()
    });
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    window.slices(98, |_| {});
    window.commands();
    window.click_at(pos(window.landscape("SAM"), 0.75, 0.25));
    window.click("What does the network say here?");
    let near = |nearest: [(u16, f32); 3], own| NearTexts { nearest: nearest.to_vec(), own };
    let what = Predicted::Pairs(vec![
        near([(0, 0.91), (3, 0.4), (2, -0.25)], 0.91),
        near([(2, 0.62), (1, 0.58), (7, f32::NAN)], 0.58),
    ]);
    window.engine.slots.put_prediction(answer([0.75, 0.25], what));
    window.harness.run_steps(3);
    for text in [
        "0.91  own: a red circle.",
        "0.40  a white circle.",
        "−0.25  a green square.",
        "0.62  a green square.",
        "0.58  own: a blue cross.",
        "Image of “a blue cross.”",
        "most similar to",
    ] {
        assert!(window.shows(text), "{text}");
    }
    assert!(!window.shows("0.62  own"));
}

#[test]
fn numbers_have_no_accuracy_to_show() {
    let mut window = regression();
    window.settings();
    let accuracy = window.role(Role::Button, "Accuracy");
    assert!(accuracy.accesskit_node().is_disabled());
    let mut window = sized(SIZE).trained();
    window.settings();
    assert!(!window.is_disabled(Role::Button, "Accuracy"));
}

#[test]
fn a_focused_landscape_is_reset_by_key_and_moves_by_keys() {
    let mut window = sized(SIZE).trained();
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.run_steps(2);
    window.press(Key::ArrowRight);
    assert!(window.shows("x −1.6 to 2.4"));
    window.press(Key::Home);
    assert!(window.shows("±2"));
    // From above the middle of the pane is the centre, until the picture moves.
    window.press(Key::Num7);
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.hover_at(window.landscape("NSO").center());
    window.harness.run_steps(3);
    assert!(window.shows("loss 0.05"));
    window.chord(Modifiers::SHIFT, Key::ArrowRight);
    assert!(!window.shows("loss 0.05") && window.shows("bilinear, computed at step 98"));
    // A reset goes to the first camera, which stands aside.
    window.press(Key::Home);
    window.press(Key::Num7);
    window.harness.run_steps(2);
    assert!(window.shows("loss 0.05"));
}

#[test]
fn a_branch_is_of_the_slice_that_was_clicked() {
    let mut window = sized(SIZE).trained();
    window.click_at(pos(window.landscape("SAM"), 0.75, 0.25));
    assert!(window.shows("slice of step 98"));
    window.slices(99, |slice| slice.generation = 4);
    window.click("Branch from here");
    let commands = window.commands();
    let [Command::AddRun { start: RunStart::Place { slice, .. }, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(*slice, SliceTag { step: 98, generation: 0 });
}

#[test]
fn the_card_follows_the_pointer_at_most_ten_times_a_second() {
    let mut window = sized(SIZE).trained();
    let pane = window.landscape("SAM");
    window.click_at(pane.center());
    window.click("Read predictions under the pointer");
    window.commands();
    for i in 0..30 {
        window.harness.hover_at(pane.center() + vec2(i as f32, 20.0));
        window.harness.run_steps(1);
    }
    let asked = window.commands().iter().filter(|command| matches!(command, Command::Predict { .. })).count();
    assert!(asked < 30, "{asked} questions in 30 frames");
    std::thread::sleep(std::time::Duration::from_millis(120));
    window.harness.hover_at(pane.center() + vec2(40.0, 20.0));
    window.harness.run_steps(2);
    assert!(window.commands().iter().any(|command| matches!(command, Command::Predict { run: SAM, .. })));
}

#[test]
fn other_runs_are_read_with_their_distance() {
    let mut window = sized(SIZE).trained();
    window.settings();
    window.check("Other runs");
    window.check("Samples ±U");
    window.press(Key::Escape);
    let other = PathPoint { step: 97, x: -1.0, y: -1.0, loss: 0.3, distance: 1.25 };
    window.slices(98, |slice| {
        slice.others = vec![(NSO, other), (RunId(77), other), (SAM, PathPoint { x: f64::NAN, ..other })];
        slice.samples = vec![[0.2, 0.1], [-0.2, -0.1], [f64::NAN, 0.0], [1e30, -1e30]];
    });
    window.harness.hover_at(pos(window.landscape("SGD"), 0.25, 0.75));
    window.harness.run_steps(3);
    assert!(
        window.shows("NSO at step 97\ntrue loss 0.300, 1.25 off the plane") || window.shows("another run at step 97")
    );
    window.press(Key::Num3);
    window.harness.run_steps(2);
}
