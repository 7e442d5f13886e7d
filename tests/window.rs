//! The window with a fake engine: what it shows and what it sends.

mod adapter;
#[path = "window/canned.rs"]
mod canned;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Command, Estimate, Event, KnobEdit, NoiseSnapshot, RunId, SliceView, TraceRow};
use flatscape::ui::{App, Pace};

use canned::{NSO, RUNS, experiment, grid, noise, rows, started};

/// A window and the engine's end of its link.
struct Window {
    harness: Harness<'static, App>,
    engine: Option<EngineEnd>,
}

impl Window {
    fn open(theme: Theme) -> Self {
        Self::with_size(theme, [1280.0, 800.0])
    }

    fn with_size(theme: Theme, size: [f32; 2]) -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_size(size)
            .with_theme(theme)
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        Self { harness, engine: Some(engine) }
    }

    fn engine(&mut self) -> &mut EngineEnd {
        self.engine.as_mut().expect("the engine is there until a test drops it")
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.engine().outbox.push(event);
        }
        assert!(self.engine().outbox.flush());
        self.harness.run_steps(3);
    }

    /// A window with three runs that have not trained.
    fn started(theme: Theme) -> Self {
        let mut window = Self::open(theme);
        window.tell([started()]);
        window.commands();
        window
    }

    /// As [`Self::started`], with everything that an engine can tell.
    fn trained(theme: Theme) -> Self {
        let mut window = Self::started(theme);
        window.train();
        window
    }

    fn train(&mut self) {
        for (run, optimizer) in RUNS {
            self.engine().slots.put_grid(grid(run, optimizer, 9));
        }
        self.engine().slots.put_noise(noise());
        self.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine().commands.try_iter().collect()
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.harness.run_steps(3);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }
}

#[test]
fn the_experiment_runs_by_itself() {
    let mut window = Window::open(Theme::Dark);
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
    let mut window = Window::started(Theme::Dark);
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
    let mut window = Window::started(Theme::Dark);
    let keys =
        [(Key::S, Command::Step), (Key::Space, Command::Play), (Key::Space, Command::Pause), (Key::R, Command::Reset)];
    for (key, command) in keys {
        window.harness.key_press(key);
        window.harness.run_steps(2);
        assert_eq!(window.commands(), [command], "{key:?}");
    }
    window.harness.get_by_role_and_label(Role::SpinButton, "Noise σ value").focus();
    window.harness.run_steps(3);
    window.harness.key_press(Key::R);
    window.harness.key_press(Key::Space);
    window.harness.run_steps(2);
    assert!(!window.commands().iter().any(|command| matches!(command, Command::Reset | Command::Play)));
}

#[test]
fn turning_a_knob_sends_it_and_marks_the_turn() {
    let mut window = Window::trained(Theme::Dark);
    window.harness.get_by_role_and_label(Role::Slider, "Noise σ").set_value_accesskit(0.11);
    window.harness.run_steps(3);
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
    let mut window = Window::trained(Theme::Dark);
    let place = window.harness.get_by_label("Landscape of SAM").rect().center();
    window.harness.hover_at(place);
    window.harness.run_steps(2);
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, -1.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
    window.harness.run_steps(3);
    assert_eq!(
        window.commands(),
        [Command::SetSlice(SliceView { range: 2.5, resolution: 33, ..SliceView::default() })]
    );
}

#[test]
fn knobs_are_those_of_the_selected_run() {
    let mut window = Window::trained(Theme::Dark);
    assert!(window.shows("Knobs of NSO"));
    assert!(window.harness.query_by_role_and_label(Role::Slider, "Noise σ").is_some());
    window.click("Run SAM");
    assert!(window.shows("Knobs of SAM"));
    assert!(window.harness.query_by_role_and_label(Role::Slider, "Noise σ").is_none());
    assert!(window.harness.query_by_role_and_label(Role::Slider, "Ascent radius ρ").is_some());
}

#[test]
fn figures_and_texts_show_what_came() {
    for theme in [Theme::Dark, Theme::Light] {
        let window = Window::trained(theme);
        for text in [
            "test accuracy 96.4",
            "trace 8.51 ± 1.3",
            "λmax 7.10",
            "Landscape of SGD",
            "Landscape of NSO",
            "they agree",
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
        let mut window = Window::with_size(Theme::Light, [1700.0, 900.0]);
        window.tell([started()]);
        if is_trained {
            window.train();
        }
        for tab in [
            "Loss and accuracy",
            "Trace",
            "Trace per layer",
            "Against training loss",
            "Spectrum",
            "Noise",
            "σ sweep",
            "Bound",
            "Speed",
            "Overview",
        ] {
            window.click(tab);
        }
        window.harness.get_by_role_and_label(Role::CheckBox, "Log y").click();
        window.harness.run_steps(2);
        window.click("Fit");
    }
}

#[test]
fn poor_numbers_and_grids_do_not_panic() {
    let mut window = Window::trained(Theme::Dark);
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
        window.engine().slots.put_grid(grid);
    }
    let nan = f64::NAN;
    let row = TraceRow { step: 110, gradient_evaluations: 220, train_loss: nan, mean: -3.0, stderr: nan, probes: 0 };
    window.engine().slots.put_noise(NoiseSnapshot {
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
        Event::Speed { steps_per_second: f64::INFINITY },
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
    let mut window = Window::trained(Theme::Dark);
    let failed = || Event::Failed("index 7 of 3".to_owned());
    window.tell([Event::Playing(false), failed()]);
    assert!(window.shows("The engine failed: index 7 of 3"));
    assert!(window.shows("Landscape of NSO"), "the last picture stays");
    window.click("Go on");
    assert_eq!(window.commands(), [Command::Play]);
    window.tell([Event::Playing(true)]);
    assert!(!window.shows("The engine failed: index 7 of 3. The runs stand"), "they go on");
    assert!(window.harness.query_by_role_and_label(Role::Button, "Go on").is_none());
    assert!(window.shows("step 100"), "nothing is lost");
    // Or all over again, and at once.
    window.tell([failed()]);
    window.click("Start the runs again");
    assert_eq!(window.commands(), [Command::Reset, Command::Play]);
    window.tell([started()]);
    assert!(!window.shows("Start the runs again"));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Go on").is_none());
    // The keys of the button work too.
    window.tell([failed()]);
    window.harness.key_press(Key::Space);
    window.harness.run_steps(2);
    assert_eq!(window.commands(), [Command::Play]);
}

#[test]
fn without_runs_it_says_why_and_can_try_again() {
    let mut window = Window::open(Theme::Dark);
    window.commands();
    window.tell([Event::Failed("no GPU adapter was found".to_owned()), Event::Playing(false)]);
    assert!(window.shows("There are no runs: no GPU adapter was found."));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Go on").is_none());
    window.click("Try again");
    assert_eq!(window.commands(), [Command::Reset, Command::Play]);
}

#[test]
fn an_experiment_that_cannot_be_loaded_leaves_everything_as_it_is() {
    let mut window = Window::trained(Theme::Dark);
    let rename = |name: &str| format!("{name}, tanh MLP");
    window.commands();
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    window.harness.run_steps(3);
    window.harness.event(egui::Event::Text("open digits, relu cnn".to_owned()));
    window.harness.run_steps(3);
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
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
        let mut window = Window::trained(Theme::Dark);
        if has_failed {
            window.tell([Event::Failed("index 7 of 3".to_owned())]);
        }
        window.engine = None;
        window.harness.run_steps(3);
        assert!(window.shows("The engine has stopped"));
        assert!(window.harness.query_by_role_and_label(Role::Button, "Go on").is_none());
        window.click("Fit");
    }
}

#[test]
fn small_windows_hold_everything() {
    let mut window = Window::with_size(Theme::Dark, [1024.0, 640.0]);
    window.tell([started()]);
    window.train();
    for label in ["Landscape of SGD", "Landscape of SAM", "Landscape of NSO"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(rect.width() > 150.0 && rect.height() > 120.0, "{label}: {rect}");
        assert!(rect.right() <= 1024.0 && rect.bottom() <= 640.0, "{label}: {rect}");
    }
    let share = window.harness.get_by_role_and_label(Role::Slider, "Share of time to look");
    assert!(share.rect().right() < 1024.0);
    assert!(share.accesskit_node().numeric_value().is_some());
}

/// The window as eframe draws it, kept for another one.
struct Shared(Rc<RefCell<App>>);

impl eframe::App for Shared {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.0.borrow_mut().logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.0.borrow_mut().ui(ui, frame);
    }
}

/// Off the centre, path and iso-lines, the colours run from violet in the bowl to yellow at its rim.
fn assert_landscape_is_drawn<S: eframe::App>(harness: &mut Harness<'_, S>) {
    harness.run_steps(3);
    let rect = harness.get_by_label("Landscape of NSO").rect();
    let picture = harness.render().expect("a device that draws");
    let at = |share: egui::Vec2| {
        picture
            .get_pixel((rect.left() + share.x * rect.width()) as u32, (rect.top() + share.y * rect.height()) as u32)
            .0
    };
    let (bowl, rim) = (at(egui::vec2(0.53, 0.56)), at(egui::vec2(0.98, 0.97)));
    assert!(bowl[0] < 110 && bowl[2] > 60, "{bowl:?}");
    assert!(rim[0] > 150 && rim[1] > 150, "{rim:?}");
}

#[test]
fn the_whole_window_can_be_drawn_and_goes_on_with_another_device() {
    if adapter::device().is_none() {
        return;
    }
    let builder = || Harness::builder().with_size([1000.0, 700.0]).wgpu();
    let (link, mut engine) = link(Arc::new(|| {}));
    let app = Rc::new(RefCell::new(None));
    let made = Rc::clone(&app);
    let mut harness = builder().build_eframe(move |creation| {
        let app = Rc::new(RefCell::new(App::new(creation, link, experiment(), Pace::default())));
        *made.borrow_mut() = Some(Rc::clone(&app));
        Shared(app)
    });
    engine.outbox.push(started());
    for (run, optimizer) in RUNS {
        engine.slots.put_grid(grid(run, optimizer, 33));
    }
    assert!(engine.outbox.flush());
    assert_landscape_is_drawn(&mut harness);

    // Device, context, textures and fonts of the first window are gone.
    drop(harness);
    let app = app.take().unwrap();
    let mut harness = builder().build_eframe(move |creation| {
        app.borrow_mut().move_to(creation);
        Shared(app)
    });
    assert_landscape_is_drawn(&mut harness);
    assert!(harness.query_all_by_label_contains("The graphics device was lost.").next().is_some());
    assert!(harness.query_all_by_label_contains("; the runs went on.").next().is_some());
    // The engine knows nothing of it.
    engine.outbox.push(Event::Playing(true));
    assert!(engine.outbox.flush());
    harness.run_steps(2);
    assert!(harness.query_by_role_and_label(Role::Button, "Pause").is_some());
}

#[test]
fn another_window_says_of_the_runs_what_is_true() {
    if adapter::device().is_none() {
        return;
    }
    let builder = || Harness::builder().with_size([1000.0, 700.0]).wgpu();
    let (link, engine) = link(Arc::new(|| {}));
    let app = Rc::new(RefCell::new(None));
    let made = Rc::clone(&app);
    let harness = builder().build_eframe(move |creation| {
        let app = Rc::new(RefCell::new(App::new(creation, link, experiment(), Pace::default())));
        *made.borrow_mut() = Some(Rc::clone(&app));
        Shared(app)
    });
    drop((harness, engine));
    let app = app.take().unwrap();
    let mut harness = builder().build_eframe(move |creation| {
        app.borrow_mut().move_to(creation);
        Shared(app)
    });
    harness.run_steps(2);
    assert!(harness.query_all_by_label_contains("; the engine has stopped.").next().is_some());
    assert!(harness.query_all_by_label_contains("the runs went on").next().is_none());
}
