//! What the window shows of what the engine says, and what its buttons, keys and knobs send.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Command, Estimate, Event, KnobEdit, NoiseSnapshot, RunId, SliceView, Speed, TraceRow};

use crate::canned::{CHARTS, NSO, grid, noise, started};
use crate::fixture::{SIZE, TALL, sized};

#[test]
fn the_experiment_runs_by_itself() {
    let mut window = sized(SIZE).open();
    window.harness.run_steps(2);
    let commands = window.commands();
    assert!(matches!(&commands[..], [Command::Load { experiment, more }, Command::Play, Command::SetLookShare(_)]
            if experiment.name == "moons-mlp" && more.is_empty()));
    assert!(window.shows("Loading Two moons, tanh MLP"));
    window.tell([Event::WarmingUp("Compiling kernels".to_owned())]);
    assert!(window.shows("Compiling kernels…"));
}

#[test]
fn buttons_send_commands() {
    let mut window = sized(SIZE).started();
    window.click("Step");
    assert_eq!(window.commands(), [Command::Step]);
    // The button answers before the engine does.
    window.click("Play");
    assert_eq!(window.commands(), [Command::Play]);
    window.click("Pause");
    assert_eq!(window.commands(), [Command::Pause]);
    // And says in the end what the engine says.
    window.tell([Event::Playing(true)]);
    window.click("Pause");
    assert_eq!(window.commands(), [Command::Pause]);
    window.click("Reset");
    assert_eq!(window.commands(), [Command::Reset]);
}

#[test]
fn keys_send_commands_unless_text_is_typed() {
    let mut window = sized(SIZE).started();
    let keys =
        [(Key::S, Command::Step), (Key::Space, Command::Play), (Key::Space, Command::Pause), (Key::R, Command::Reset)];
    for (key, command) in keys {
        window.press(key);
        assert_eq!(window.commands(), [command], "{key:?}");
    }
    window.focus(Role::SpinButton, "Noise σ value");
    window.harness.key_press(Key::R);
    window.press(Key::Space);
    assert!(!window.commands().iter().any(|command| matches!(command, Command::Reset | Command::Play)));
}

#[test]
fn turning_a_knob_sends_it_and_marks_the_turn() {
    let mut window = sized(TALL).trained();
    window.set("Noise σ", 0.11);
    let commands = window.commands();
    let sent = commands.iter().find_map(|command| match command {
        Command::SetKnob { run: NSO, knob: KnobId::Sigma, value } => Some(*value),
        _ => None,
    });
    let sent = sent.expect("the knob is sent");
    assert!((sent - 0.11).abs() < 0.01, "{sent}");
    let edit = KnobEdit { step: 100, knob: KnobId::Sigma, old: 0.06, new: sent };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    assert!(window.shows("changed at step 100, was 0.06"));
    window.click("One-point");
    let expected = Command::SetKnob { run: NSO, knob: KnobId::TwoPoint, value: 0.0 };
    assert_eq!(window.commands(), [expected]);
}

#[test]
fn the_wheel_changes_the_range_of_the_slices() {
    let mut window = sized(SIZE).trained();
    let place = window.harness.get_by_label("Landscape of SAM").rect().center();
    window.harness.hover_at(place);
    window.harness.run_steps(2);
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, -1.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.harness.run_steps(3);
    assert_eq!(
        window.commands(),
        [Command::SetSlice(SliceView { range: 2.5, resolution: 33, ..SliceView::default() })]
    );
}

#[test]
fn knobs_are_those_of_the_selected_run() {
    let mut window = sized(SIZE).trained();
    assert!(window.shows("Knobs of NSO"));
    assert!(window.has(Role::Slider, "Noise σ"));
    window.click("Run SAM");
    assert!(window.shows("Knobs of SAM"));
    assert!(!window.has(Role::Slider, "Noise σ"));
    assert!(window.has(Role::Slider, "Ascent radius ρ"));
}

#[test]
fn figures_and_texts_show_what_came() {
    for theme in [Theme::Dark, Theme::Light] {
        let window = sized(SIZE).themed(theme).trained();
        for text in [
            "test accuracy 96.4",
            "trace 8.51 ± 1.3",
            "λmax 7.10",
            "Landscape of SGD",
            "Landscape of NSO",
            "second order holds",
            "1\u{a0}218 parameters",
            "slice of step 98",
        ] {
            assert!(window.shows(text), "{text} in {theme:?}");
        }
    }
}

#[test]
fn every_tab_opens_with_and_without_data() {
    for is_trained in [false, true] {
        let mut window = sized([1700.0, 900.0]).themed(Theme::Light).open();
        window.tell([started()]);
        if is_trained {
            window.train(9);
        }
        for tab in CHARTS {
            window.click(tab);
        }
        window.click("Overview");
        window.check("Log y");
        window.click("Fit");
    }
}

#[test]
fn poor_numbers_and_grids_do_not_panic() {
    let mut window = sized(SIZE).trained();
    let mut masked = grid(RunId(1), OptimizerKind::Sgd, 9);
    masked.loss[3..40].fill(f64::NAN);
    masked.masked = 37;
    masked.path[4].x = f64::NAN;
    let mut blank = grid(RunId(2), OptimizerKind::Sam, 9);
    blank.loss.fill(f64::INFINITY);
    let mut torn = grid(NSO, OptimizerKind::Nso, 1);
    torn.loss.clear();
    torn.noise_radius = Some([f64::NAN, 1e30]);
    for grid in [masked, blank, torn] {
        window.engine.slots.put_grid(grid);
    }
    let nan = f64::NAN;
    let row = TraceRow { step: 110, gradient_evaluations: 220, train_loss: nan, mean: -3.0, stderr: nan, probes: 0 };
    window.engine.slots.put_noise(NoiseSnapshot {
        gaps: vec![f32::NAN; 3],
        odd: Vec::new(),
        even: Vec::new(),
        variance_removed: nan,
        trace: Estimate { mean: nan, stderr: nan, samples: 0 },
        ..noise()
    });
    window.tell([
        Event::Trace { run: NSO, row },
        Event::Diverged { run: RunId(1), step: 101, last_good_step: 100 },
        Event::Finished { run: RunId(2) },
        Event::Finished { run: RunId(77) },
        Event::Warning("σ was clamped".to_owned()),
        Event::Speed(Speed { steps_per_second: f64::INFINITY, ..Speed::default() }),
    ]);
    assert!(window.shows("σ was clamped"));
    for tab in ["Trace", "Against training loss", "Noise", "Overview"] {
        window.click(tab);
    }
    window.harness.hover_at(egui::pos2(400.0, 300.0));
    window.harness.run_steps(3);
    window.harness.hover_at(egui::pos2(400.0, 650.0));
    window.harness.run_steps(3);
}

#[test]
fn a_failed_engine_is_said_and_its_runs_can_go_on_or_start_again() {
    let mut window = sized(SIZE).trained();
    let failed = || Event::Failed("index 7 of 3".to_owned());
    window.tell([Event::Playing(false), failed()]);
    assert!(window.shows("The engine failed: index 7 of 3"));
    assert!(window.shows("Landscape of NSO"), "the last picture stays");
    window.click("Go on");
    assert_eq!(window.commands(), [Command::Play]);
    window.tell([Event::Playing(true)]);
    assert!(!window.shows("The engine failed: index 7 of 3. The runs stand"), "they go on");
    assert!(!window.has(Role::Button, "Go on"));
    assert!(window.shows("step 100"), "nothing is lost");
    // Or all over again, and at once.
    window.tell([failed()]);
    window.click("Start the runs again");
    assert_eq!(window.commands(), [Command::Reset, Command::Play]);
    window.tell([started()]);
    assert!(!window.shows("Start the runs again"));
    assert!(!window.has(Role::Button, "Go on"));
    // The keys of the button work too.
    window.tell([failed()]);
    window.press(Key::Space);
    assert_eq!(window.commands(), [Command::Play]);
}

#[test]
fn without_runs_it_says_why_and_can_try_again() {
    let mut window = sized(SIZE).open();
    window.commands();
    window.tell([Event::Failed("no GPU adapter was found".to_owned()), Event::Playing(false)]);
    assert!(window.shows("There are no runs: no GPU adapter was found."));
    assert!(!window.has(Role::Button, "Go on"));
    window.click("Try again");
    assert_eq!(window.commands(), [Command::Reset, Command::Play]);
}

#[test]
fn an_experiment_that_cannot_be_loaded_leaves_everything_as_it_is() {
    let mut window = sized(SIZE).trained();
    let rename = |name: &str| format!("{name}, tanh MLP");
    window.commands();
    window.chord(Modifiers::COMMAND, Key::K);
    window.type_text("open digits, relu cnn");
    window.press(Key::Enter);
    let commands = window.commands();
    assert!(matches!(&commands[..], [Command::Load { more, .. }, Command::Play] if more.is_empty()), "{commands:?}");
    assert!(window.shows("Loading Digits, relu CNN…"));
    assert!(window.shows("Landscape of NSO") && window.shows("step 100"), "what is there stays until then");
    let (title, reason) = ("Digits, relu CNN".to_owned(), "cannot read `/data/gone.csv`".to_owned());
    window.tell([Event::NotLoaded { title, reason }]);
    assert!(!window.shows("Loading Digits"));
    assert!(window.shows("Digits, relu CNN cannot be opened: cannot read `/data/gone.csv`."));
    assert!(window.shows(&rename("Two moons")) && window.shows("Landscape of NSO") && window.shows("step 100"));
    // It was paused before, and the order to play was meant for the other experiment.
    assert_eq!(window.commands(), [Command::Pause]);
}

#[test]
fn a_dead_engine_is_said_whatever_was_before() {
    for has_failed in [false, true] {
        let mut window = sized(SIZE).trained();
        if has_failed {
            window.tell([Event::Failed("index 7 of 3".to_owned())]);
        }
        window.lose_engine();
        window.harness.run_steps(3);
        assert!(window.shows("The engine has stopped"));
        assert!(!window.has(Role::Button, "Go on"));
        window.click("Fit");
    }
}

#[test]
fn small_windows_hold_everything() {
    let mut window = sized([1024.0, 640.0]).open();
    window.tell([started()]);
    window.train(9);
    for label in ["Landscape of SGD", "Landscape of SAM", "Landscape of NSO"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(rect.width() > 150.0 && rect.height() > 120.0, "{label}: {rect}");
        assert!(rect.right() <= 1024.0 && rect.bottom() <= 640.0, "{label}: {rect}");
    }
    let share = window.role(Role::Slider, "Share of time to look");
    assert!(share.rect().right() < 1024.0);
    assert!(share.accesskit_node().numeric_value().is_some());
}
