//! The landscapes in a window with a fake engine: what they show, and what they send.

#[path = "window/canned.rs"]
mod canned;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, PointerButton, Pos2, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{Normalization, OptimizerKind};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{
    Command, DataPreview, Event, ExampleLabel, Examples, LivePlane, LossGrid, Origin, PathPoint, Predicted, Prediction,
    RunId, RunInfo, RunStart, SliceTag, SliceView,
};
use flatscape::ui::{App, Pace};

use canned::{NSO, RUNS, experiment, grid, noise, rows, started};

const SGD: RunId = RunId(1);
const SAM: RunId = RunId(2);

/// A window and the engine's end of its link.
struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
}

impl Window {
    fn open(size: [f32; 2]) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_size(size)
            .with_theme(Theme::Dark)
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        Self { harness, engine }
    }

    fn trained() -> Self {
        Self::trained_at([1280.0, 800.0])
    }

    fn trained_at(size: [f32; 2]) -> Self {
        let mut window = Self::open(size);
        window.tell([started()]);
        for (run, optimizer) in RUNS {
            window.engine.slots.put_grid(grid(run, optimizer, 9));
        }
        window.engine.slots.put_noise(noise());
        window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
        window.commands();
        window
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.engine.outbox.push(event);
        }
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    /// Slices of all runs at a step, changed by `change`.
    fn slices(&mut self, step: u64, change: impl Fn(&mut LossGrid)) {
        for (run, optimizer) in RUNS {
            let mut slice = grid(run, optimizer, 9);
            slice.step = step;
            change(&mut slice);
            self.engine.slots.put_grid(slice);
        }
        self.harness.run_steps(2);
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    /// The view that was asked for last.
    fn asked(&mut self) -> Option<SliceView> {
        let view = |command| if let Command::SetSlice(view) = command { Some(view) } else { None };
        self.commands().into_iter().rev().find_map(view)
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.harness.run_steps(3);
    }

    fn check(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::CheckBox, label).click();
        self.harness.run_steps(3);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn settings(&mut self) {
        self.click("Landscape settings");
    }

    fn pane(&self, name: &str) -> egui::Rect {
        self.harness.get_by_label(&format!("Landscape of {name}")).rect()
    }

    fn button(&mut self, pos: Pos2, is_down: bool) {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        self.harness.event(egui::Event::PointerButton { pos, button, pressed: is_down, modifiers });
        self.harness.run_steps(1);
    }

    fn click_at(&mut self, pos: Pos2) {
        self.harness.hover_at(pos);
        self.harness.run_steps(1);
        self.button(pos, true);
        self.button(pos, false);
        self.harness.run_steps(2);
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.run_steps(1);
        self.button(from, true);
        for share in [0.5, 1.0] {
            self.harness.hover_at(from + share * (to - from));
            self.harness.run_steps(1);
        }
        self.button(to, false);
        self.harness.run_steps(1);
    }

    fn wheel(&mut self, pos: Pos2, notches: f32) {
        self.harness.hover_at(pos);
        self.harness.run_steps(2);
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, notches),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        self.harness.run_steps(2);
    }

    fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(2);
    }
}

/// The view that the experiment begins with.
fn first() -> SliceView {
    SliceView { range: 2.0, resolution: 33, ..SliceView::default() }
}

fn answer(place: [f64; 2], what: Predicted) -> Prediction {
    Prediction { run: SAM, step: 98, place, loss: 0.25, accuracy: 0.875, what }
}

#[test]
fn settings_go_out_as_one_view_that_keeps_what_was_asked_before() {
    let mut window = Window::trained();
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
    let mut window = Window::trained();
    window.settings();
    let mut typed = |label: &str, text: &str| {
        window.harness.get_by_role_and_label(Role::SpinButton, label).click();
        window.harness.run_steps(3);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.harness.event(egui::Event::Text(text.to_owned()));
        window.harness.run_steps(2);
        window.harness.key_press(Key::Enter);
        window.harness.run_steps(3);
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
    let mut window = Window::trained();
    for (label, plane) in [
        ("Three minima", LivePlane::Minima([SGD, SAM, NSO])),
        ("Eigenvectors", LivePlane::Eigenvectors(NSO)),
        ("Path PCA", LivePlane::PathPca(NSO)),
        ("Same directions", LivePlane::Random { seed: 0, normalization: Normalization::Filter }),
    ] {
        window.click(label);
        assert_eq!(window.asked(), Some(SliceView { plane, ..first() }), "{label}");
    }
    let mut window = Window::open([1280.0, 800.0]);
    window.tell([started()]);
    window.commands();
    let is_enabled = |window: &Window, label: &str| {
        !window.harness.get_by_role_and_label(Role::Button, label).accesskit_node().is_disabled()
    };
    assert!(!is_enabled(&window, "Three minima"), "nothing has trained yet");
    assert!(!is_enabled(&window, "Path PCA"), "there is no path yet");
    assert!(is_enabled(&window, "Same directions"));
}

#[test]
fn the_bar_fits_a_narrow_window() {
    let mut window = Window::trained_at([1024.0, 640.0]);
    for label in ["Contour", "3D", "Landscape settings"] {
        let rect = window.harness.get_by_role_and_label(Role::Button, label).rect();
        assert!(rect.left() > 0.0 && rect.right() <= 1024.0, "{label}: {rect}");
    }
    window.click("3D");
    assert!(window.shows("Landscape of NSO"));
    let mut tiny = Window::trained_at([420.0, 360.0]);
    tiny.harness.run_steps(3);
}

#[test]
fn a_drag_moves_all_contours_and_asks_for_what_is_missing_at_its_end() {
    let mut window = Window::trained();
    let pane = window.pane("SAM");
    // A quarter of the pane is a quarter of the window of ±2, which then needs ±3.
    window.drag(pane.center(), pane.center() + vec2(0.25 * pane.width(), 0.0));
    let commands = window.commands();
    assert_eq!(commands.len(), 1, "one request at the end: {commands:?}");
    let Command::SetSlice(asked) = commands[0] else { panic!("{commands:?}") };
    assert!((asked.range - 3.0).abs() < 0.1, "{}", asked.range);
    window.harness.hover_at(pane.center());
    window.harness.run_steps(2);
    assert!(window.shows("x −1.0"), "the middle is at −1 now");
    assert!(window.shows("x −3 to 1, y −2 to 2"), "the caption has the true extent");
    assert!(window.shows("random plane"), "and still says which plane it is");
    window.key(Key::Home);
    assert_eq!(window.asked(), Some(first()), "back to the experiment's range");
}

#[test]
fn the_wheel_shows_what_there_is_in_the_new_window_at_once() {
    let mut window = Window::trained();
    let pane = window.pane("SGD");
    window.wheel(pane.center(), -1.0);
    assert_eq!(window.asked(), Some(SliceView { range: 2.5, ..first() }));
    // The slice is computed to ±2: beyond it nothing is read.
    window.harness.hover_at(pos(pane, 0.96, 0.5));
    window.harness.run_steps(2);
    assert!(window.shows("not computed here") && !window.shows("not finite"));
    assert!(window.shows("±2.5"));
}

fn pos(rect: egui::Rect, x: f32, y: f32) -> Pos2 {
    rect.min + vec2(x * rect.width(), y * rect.height())
}

#[test]
fn readings_are_bilinear_with_loss_and_accuracy_on_all_panes() {
    let mut window = Window::trained();
    window.slices(98, |slice| slice.accuracy = Some(vec![0.75; 81]));
    let pane = window.pane("SGD");
    window.harness.hover_at(pos(pane, 0.75, 0.25));
    window.harness.run_steps(3);
    // 0.05 + x² + 0.3·y² at (1, 1), a point of the grid.
    let readings = window.harness.query_all_by_label_contains("loss 1.35  accuracy 75.0").count();
    assert!(readings >= 3, "{readings} panes read the same place");
}

#[test]
fn a_click_offers_to_branch_at_that_place() {
    let mut window = Window::trained();
    let place = pos(window.pane("SAM"), 0.75, 0.25);
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
    let mut window = Window::trained();
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.run_steps(2);
    window.key(Key::ArrowRight);
    window.key(Key::Enter);
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
    let mut window = Window::trained();
    let place = window.pane("SGD").center();
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
    let mut window = Window::trained();
    window.click_at(pos(window.pane("SAM"), 0.75, 0.25));
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

/// The window of an experiment whose labels are numbers.
fn regression() -> Window {
    let mut window = Window::open([1280.0, 800.0]);
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
    window.click_at(pos(window.pane("SAM"), 0.75, 0.25));
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
fn numbers_have_no_accuracy_to_show() {
    let mut window = regression();
    window.settings();
    let accuracy = window.harness.get_by_role_and_label(Role::Button, "Accuracy");
    assert!(accuracy.accesskit_node().is_disabled());
    let mut window = Window::trained();
    window.settings();
    assert!(!window.harness.get_by_role_and_label(Role::Button, "Accuracy").accesskit_node().is_disabled());
}

#[test]
fn slices_of_the_past_without_accuracy_say_so() {
    let mut window = Window::trained();
    window.slices(200, |_| {});
    window.settings();
    window.click("Accuracy");
    window.slices(300, |slice| slice.accuracy = Some(vec![0.75; 81]));
    window.key(Key::Escape);
    window.click("Play the past");
    window.click("Pause the past");
    assert!(window.shows("This slice of the past was taken without the accuracy"));
    window.click("Back to live");
    assert!(!window.shows("without the accuracy"));
}

#[test]
fn what_was_zoomed_in_the_past_is_asked_for_afterwards() {
    let mut window = Window::trained();
    window.slices(200, |_| {});
    window.click("Play the past");
    window.click("Pause the past");
    window.wheel(window.pane("SGD").center(), -1.0);
    assert_eq!(window.asked(), None, "the past stays what it is");
    window.click("Back to live");
    assert_eq!(window.asked(), Some(SliceView { range: 2.5, ..first() }));
}

#[test]
fn the_losses_of_marks_are_those_of_the_examples() {
    let mut window = Window::trained();
    window.slices(98, |slice| slice.view.examples = Examples::Test);
    // Points of the path lie at y 0.5, from x −1 on.
    window.harness.hover_at(pos(window.pane("SGD"), 0.25, 0.375));
    window.harness.run_steps(3);
    assert!(window.shows("true test loss 0.300, 0.200 off the plane"));
    assert!(window.shows("Test loss (cross-entropy), log scale, shared"));
}

#[test]
fn a_plane_through_minima_shows_them_and_reaches_as_far() {
    let mut window = Window::trained();
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
    let pane = window.pane("SGD");
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
    let mut window = Window::trained();
    window.slices(98, |slice| {
        slice.view.plane = LivePlane::Minima([NSO, SGD, SGD]);
        slice.caption.directions = "plane through SGD, SGD and SGD as they are, orthogonal".to_owned();
    });
    assert!(window.shows("plane through NSO, SGD and SGD"));
}

#[test]
fn short_steps_are_drawn_longer_and_say_by_how_much() {
    let mut window = Window::trained();
    assert!(!window.shows("SAM step ×"), "this one is long enough");
    window.settings();
    window.check("Samples ±U");
    window.key(Key::Escape);
    window.slices(98, |slice| {
        slice.ascent = slice.ascent.map(|_| [0.003, 0.004]);
        slice.samples = vec![[0.02, 0.0], [-0.02, 0.0]];
    });
    for mode in [Key::Num2, Key::Num3] {
        window.key(mode);
        assert!(window.shows("SAM step ×100") && window.shows("Samples ±U ×20"), "{mode:?}");
    }
}

#[test]
fn axes_are_told_in_distance_where_that_is_asked_for() {
    let mut window = Window::trained();
    window.settings();
    assert!(window.shows("distance 10.0 and 10.2"));
    window.click("Distance");
    assert!(window.shows("±10 and ±10.2 in distance"));
    window.key(Key::Escape);
    window.harness.hover_at(pos(window.pane("SGD"), 0.75, 0.25));
    window.harness.run_steps(3);
    assert!(window.shows("x 5.00  y 5.10"));
    assert_eq!(window.asked(), None);
}

#[test]
fn a_focused_landscape_is_reset_by_key_and_moves_by_keys() {
    let mut window = Window::trained();
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.run_steps(2);
    window.key(Key::ArrowRight);
    assert!(window.shows("x −1.6 to 2.4"));
    window.key(Key::Home);
    assert!(window.shows("±2"));
    // From above the middle of the pane is the centre, until the picture moves.
    window.key(Key::Num7);
    window.harness.get_by_label("Landscape of NSO").focus();
    window.harness.hover_at(window.pane("NSO").center());
    window.harness.run_steps(3);
    assert!(window.shows("loss 0.05"));
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    window.harness.run_steps(3);
    assert!(!window.shows("loss 0.05") && window.shows("bilinear, computed at step 98"));
    // A reset goes to the first camera, which stands aside.
    window.key(Key::Home);
    window.key(Key::Num7);
    window.harness.run_steps(2);
    assert!(window.shows("loss 0.05"));
}

#[test]
fn a_branch_is_of_the_slice_that_was_clicked() {
    let mut window = Window::trained();
    window.click_at(pos(window.pane("SAM"), 0.75, 0.25));
    assert!(window.shows("slice of step 98"));
    window.slices(99, |slice| slice.generation = 4);
    window.click("Branch from here");
    let commands = window.commands();
    let [Command::AddRun { start: RunStart::Place { slice, .. }, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(*slice, SliceTag { step: 98, generation: 0 });
}

#[test]
fn a_difference_is_drawn_also_of_hidden_runs() {
    let mut window = Window::trained();
    window.slices(98, |slice| {
        if slice.run == NSO {
            slice.loss[3] = f64::NAN;
        }
    });
    window.settings();
    window.check("Difference of two runs");
    window.key(Key::Escape);
    for _ in RUNS {
        window.key(Key::H);
        window.key(Key::CloseBracket);
    }
    assert!(window.shows("Difference of SGD and NSO") && window.shows("Train loss (cross-entropy), log scale, shared"));
    assert!(window.shows("A − B, steps 98 and 98") && window.shows("1 of 81 cells are not finite"));
}

#[test]
fn slices_of_another_generation_of_a_plane_are_not_subtracted() {
    let mut window = Window::trained();
    window.settings();
    window.check("Difference of two runs");
    window.key(Key::Escape);
    window.slices(99, |slice| slice.generation = u64::from(slice.run == NSO));
    assert!(window.shows("lie in different planes"));
    assert!(window.shows("on an earlier plane than the others"));
    window.slices(100, |slice| slice.generation = 1);
    assert!(window.shows("A − B, steps 100 and 100") && !window.shows("earlier plane"));
}

#[test]
fn the_palette_changes_what_landscapes_show() {
    let mut window = Window::trained();
    let mut command = |words: &str| {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        window.harness.run_steps(3);
        window.harness.event(egui::Event::Text(words.to_owned()));
        window.harness.run_steps(2);
        window.harness.key_press(Key::Enter);
        window.harness.run_steps(3);
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
fn both_ends_of_the_spectrum_stand_below_a_landscape() {
    let window = Window::trained_at([1600.0, 900.0]);
    assert!(window.shows("λmax 7.10") && window.shows("λmin −0.200"));
}

#[test]
fn the_card_follows_the_pointer_at_most_ten_times_a_second() {
    let mut window = Window::trained();
    let pane = window.pane("SAM");
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
fn surfaces_orbit_zoom_and_read_under_the_pointer() {
    let mut window = Window::trained();
    window.key(Key::Num3);
    let pane = window.pane("SAM");
    window.harness.hover_at(pane.center());
    window.harness.run_steps(3);
    assert!(window.shows("bilinear, computed at step 98"), "the surface is under the pointer");
    window.key(Key::Num7);
    window.harness.hover_at(pane.center());
    window.harness.run_steps(3);
    assert!(window.shows("loss 0.05"), "from above, the middle is the centre");
    let beside = window.harness.query_all_by_label_contains("loss 0.05").count();
    window.drag(pane.center(), pane.center() + vec2(90.0, 60.0));
    window.wheel(pane.center(), 2.0);
    for key in [Key::ArrowLeft, Key::ArrowUp, Key::Plus, Key::Minus, Key::Num1, Key::Home] {
        window.key(key);
    }
    assert!(beside >= 1 && window.asked().is_none(), "a camera asks for no slices");
    window.click_at(pane.center());
    assert!(window.shows("Branch from here"));
}

#[test]
fn a_run_that_diverges_while_shown_as_a_surface_says_so() {
    let mut window = Window::trained();
    window.key(Key::Num3);
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
        window.key(mode);
        window.harness.hover_at(window.pane("SAM").center());
        window.harness.run_steps(2);
    }
}

#[test]
fn the_past_is_played_back_by_key_and_left_by_a_button() {
    let mut window = Window::trained();
    for step in [200, 300, 400] {
        window.slices(step, |_| {});
    }
    assert!(window.shows("live"));
    window.harness.get_by_role_and_label(Role::Slider, "Time of the slices").focus();
    window.harness.run_steps(2);
    window.key(Key::ArrowLeft);
    window.key(Key::ArrowLeft);
    assert!(window.shows("past: step 300"));
    assert!(window.shows("step 100 · slice of step 300, past") || window.shows("slice 300"));
    // A slice of now does not end it, and nothing can be branched from the past.
    window.slices(500, |_| {});
    assert!(window.shows("past: step 300"));
    window.click_at(window.pane("SAM").center());
    let branch = window.harness.get_by_role_and_label(Role::Button, "Branch from here");
    assert!(branch.accesskit_node().is_disabled());
    window.key(Key::Escape);
    window.click("Back to live");
    assert!(!window.shows("past: step"));
    let slider = window.harness.get_by_role_and_label(Role::Slider, "Time of the slices").rect();
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
    let mut window = Window::trained();
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
    window.key(Key::Escape);
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
fn slices_that_stay_say_where_the_run_is() {
    let mut window = Window::trained();
    window.key(Key::L);
    assert_eq!(window.asked(), Some(SliceView { follow: false, ..first() }));
    window.slices(98, |slice| {
        slice.view.follow = false;
        slice.position = Some(PathPoint { step: 100, x: 1.0, y: 1.0, loss: 0.7, distance: 0.4 });
    });
    assert!(window.shows("slice stays at step 98; SAM is at 100"));
    window.harness.hover_at(pos(window.pane("SAM"), 0.75, 0.25));
    window.harness.run_steps(3);
    assert!(window.shows("the run now, at step 100\ntrue loss 0.700, 0.400 off the plane"));
}

#[test]
fn other_runs_are_read_with_their_distance() {
    let mut window = Window::trained();
    window.settings();
    window.check("Other runs");
    window.check("Samples ±U");
    window.key(Key::Escape);
    let other = PathPoint { step: 97, x: -1.0, y: -1.0, loss: 0.3, distance: 1.25 };
    window.slices(98, |slice| {
        slice.others = vec![(NSO, other), (RunId(77), other), (SAM, PathPoint { x: f64::NAN, ..other })];
        slice.samples = vec![[0.2, 0.1], [-0.2, -0.1], [f64::NAN, 0.0], [1e30, -1e30]];
    });
    window.harness.hover_at(pos(window.pane("SGD"), 0.25, 0.75));
    window.harness.run_steps(3);
    assert!(
        window.shows("NSO at step 97\ntrue loss 0.300, 1.25 off the plane") || window.shows("another run at step 97")
    );
    window.key(Key::Num3);
    window.harness.run_steps(2);
}

#[test]
fn fifty_runs_scroll_and_only_those_that_are_seen_are_drawn() {
    let mut window = Window::open([1280.0, 800.0]);
    let Event::Started { experiment, num_parameters, tensors, data, .. } = started() else { unreachable!() };
    let knobs = experiment.knobs(OptimizerKind::Sgd).expect("valid");
    let info = |id: u32| RunInfo {
        run: RunId(id),
        optimizer: OptimizerKind::Sgd,
        seed: 0,
        knobs: knobs.clone(),
        origin: Origin::Initial,
    };
    let runs: Vec<RunInfo> = (0..50).map(info).collect();
    for run in 0..50 {
        window.engine.slots.put_grid(grid(RunId(run), OptimizerKind::Sgd, 9));
    }
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    let drawn = window.harness.query_all_by_label_contains("Landscape of SGD").count();
    assert!((3..=16).contains(&drawn), "{drawn} of 50 are drawn");
    window.key(Key::Num3);
    assert!(window.harness.query_all_by_label_contains("Landscape of SGD").count() <= 16);
}

#[test]
fn a_plane_of_runs_that_are_gone_gives_way_to_random_directions() {
    let mut window = Window::trained();
    window.click("Eigenvectors");
    assert_eq!(window.asked(), Some(SliceView { plane: LivePlane::Eigenvectors(NSO), ..first() }));
    let Event::Started { num_parameters, tensors, data, runs, .. } = started() else { unreachable!() };
    let experiment = Arc::clone(&window.harness.state().model().experiment);
    let runs = runs.into_iter().map(|run| RunInfo { run: RunId(run.run.0 + 10), ..run }).collect();
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    assert_eq!(window.asked(), Some(first()));
}
