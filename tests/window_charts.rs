//! The charts of the window with a fake engine: what they show, how they move, what they export.

#[path = "window/canned.rs"]
mod canned;

use std::sync::Arc;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{KnobId, Knobs, OptimizerKind};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{
    Command, Curve, Estimate, Event, Fact, Findings, FoundChart, JobEnd, KnobEdit, LayerTraceRow, Measurement, Origin,
    RunId, RunInfo, TraceRow,
};
use flatscape::ui::{App, Pace};

use canned::{NSO, RUNS, experiment, grid, noise, rows, started};

struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
}

impl Window {
    /// A window whose three runs have done 100 steps.
    fn trained() -> Self {
        let mut window = Self::empty();
        for (run, optimizer) in RUNS {
            window.engine.slots.put_grid(grid(run, optimizer, 9));
        }
        window.engine.slots.put_noise(noise());
        window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| rows(run, optimizer)));
        window
    }

    /// A window whose three runs have not begun.
    fn empty() -> Self {
        let (link, engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_size([1700.0, 900.0])
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        let mut window = Self { harness, engine };
        window.tell([started()]);
        window.commands();
        window
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.engine.outbox.push(event));
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    fn commands(&mut self) -> Vec<Command> {
        self.engine.commands.try_iter().collect()
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.harness.run_steps(3);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// A place in a chart, as shares of its width and height.
    fn place(&self, chart: &str, x: f32, y: f32) -> Pos2 {
        let rect = self.harness.get_by_label(&format!("Chart of {chart}")).rect();
        pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height())
    }

    fn hover(&mut self, chart: &str, x: f32) {
        self.harness.hover_at(pos2(5.0, 5.0));
        self.harness.run_steps(2);
        let place = self.place(chart, x, 0.5);
        self.harness.hover_at(place);
        self.harness.run_steps(8);
    }

    /// The step that the reading over a chart names.
    fn step_under(&mut self, chart: &str, x: f32) -> f64 {
        self.hover(chart, x);
        let nodes = self.harness.query_all_by_label_contains("step ");
        let texts: Vec<String> = nodes.filter_map(|node| node.accesskit_node().value()).collect();
        let step = texts.iter().find_map(|text| text.strip_prefix("step ")?.replace('\u{a0}', "").parse().ok());
        step.unwrap_or_else(|| panic!("no step among {texts:?}"))
    }

    fn drag(&mut self, from: Pos2, to: Pos2, button: PointerButton) {
        let press = |pos, pressed| egui::Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
        self.harness.hover_at(from);
        self.harness.run_steps(1);
        self.harness.event(press(from, true));
        self.harness.run_steps(1);
        for share in [0.3, 0.7, 1.0] {
            self.harness.hover_at(from + share * (to - from));
            self.harness.run_steps(1);
        }
        self.harness.event(press(to, false));
        self.harness.run_steps(3);
    }

    fn choose_axis(&mut self, axis: &str) {
        self.harness.get_by_role_and_label(Role::ComboBox, "Horizontal axis").click();
        self.harness.run_steps(3);
        self.click(axis);
    }
}

#[test]
fn every_tab_says_what_it_has_or_what_to_do() {
    let mut window = Window::trained();
    for (tab, text) in [
        ("Loss and accuracy", "Batch loss"),
        ("Trace", "NSO, two ways to the trace"),
        ("Trace per layer", "No traces by tensor of NSO yet"),
        ("Against training loss", "compare runs at equal training loss"),
        ("Spectrum", "Residual of λmax"),
        ("Noise", "Trace by parameter tensor"),
        ("σ sweep", "It has not been measured for this run"),
        ("Bound", "It has not been measured for this run"),
        ("Speed", "No speed yet"),
        ("Overview", "Train loss"),
    ] {
        window.click(tab);
        assert!(window.shows(text), "{tab}: {text}");
    }
    window.tell([Event::Speed { steps_per_second: 120.0 }, Event::Speed { steps_per_second: 140.0 }]);
    window.click("Speed");
    assert!(window.shows("Chart of Steps per second"));
}

#[test]
fn a_hidden_run_is_hidden_in_all_charts() {
    let mut window = Window::trained();
    let toggle = |window: &Window| {
        window.harness.get_by_role_and_label(Role::CheckBox, "Show SGD in charts").accesskit_node().toggled()
    };
    assert_eq!(toggle(&window), Some(Toggled::True));
    window.harness.get_by_role_and_label(Role::CheckBox, "Show SGD in charts").click();
    window.harness.run_steps(3);
    assert_eq!(toggle(&window), Some(Toggled::False));
    window.click("Loss and accuracy");
    for (chart, line) in [("Batch loss", "clean"), ("Loss", "train"), ("Accuracy", "test")] {
        window.hover(chart, 0.5);
        assert!(!window.shows(&format!("SGD {line}")) && window.shows(&format!("SAM {line}")), "{chart}");
    }
    // By the keyboard it comes back.
    window.harness.get_by_role_and_label(Role::CheckBox, "Show SGD in charts").focus();
    window.harness.run_steps(2);
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(3);
    assert_eq!(toggle(&window), Some(Toggled::True));
    window.hover("Accuracy", 0.5);
    assert!(window.shows("SGD train"));
}

#[test]
fn readings_have_the_raw_and_the_smoothed_value() {
    let mut window = Window::trained();
    window.click("Loss and accuracy");
    window.hover("Batch loss", 0.5);
    assert!(!window.shows("smoothed"));
    window.harness.get_by_role_and_label(Role::Slider, "Smoothing").set_value_accesskit(0.9);
    window.harness.run_steps(3);
    window.hover("Batch loss", 0.5);
    assert!(window.shows("smoothed 0.0"), "the loss falls as 1/step");
}

#[test]
fn the_axis_can_count_seconds_and_evaluations() {
    let mut window = Window::trained();
    window.choose_axis("Gradient evaluations");
    window.hover("Train loss", 0.6);
    assert!(window.shows("gradient evaluations"));
    window.choose_axis("Training seconds");
    let row = |step: u64| flatscape::protocol::StepRow {
        step,
        gradient_evaluations: 2 * step,
        train_seconds: 0.1 * step as f64,
        batch_loss: 0.5,
        perturbed_loss: 0.5,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise: None,
    };
    window.tell([Event::Steps { run: RunId(1), rows: (101..=1000).map(row).collect() }]);
    assert_eq!(window.harness.state().model().run(RunId(1)).unwrap().steps.last().unwrap().train_seconds, 100.0);
    window.hover("Train loss", 0.6);
    assert!(window.shows("s of training"));
}

#[test]
fn a_box_zooms_all_charts_and_a_double_click_fits() {
    let mut window = Window::trained();
    let before = window.step_under("Hessian trace", 0.2);
    assert!(before < 30.0, "{before}");
    let (from, to) = (window.place("Train loss", 0.5, 0.2), window.place("Train loss", 0.8, 0.8));
    window.drag(from, to, PointerButton::Secondary);
    for chart in ["Train loss", "Hessian trace", "λmax"] {
        let step = window.step_under(chart, 0.2);
        assert!((45.0..75.0).contains(&step), "{chart}: {step}");
    }
    // What is seen moves with the pointer, in other tabs too.
    window.click("Loss and accuracy");
    let (from, to) = (window.place("Accuracy", 0.5, 0.5), window.place("Accuracy", 0.9, 0.5));
    let step = window.step_under("Batch loss", 0.2);
    window.drag(from, to, PointerButton::Primary);
    let moved = window.step_under("Batch loss", 0.2);
    assert!(moved < step - 5.0, "{step} to {moved}");
    window.click("Fit");
    let fitted = window.step_under("Batch loss", 0.2);
    assert!(fitted < 30.0, "{fitted}");
}

#[test]
fn a_chart_with_the_focus_zooms_by_keys() {
    let mut window = Window::trained();
    window.harness.get_by_label("Chart of Train loss").focus();
    window.harness.run_steps(2);
    for _ in 0..4 {
        window.harness.key_press(Key::Plus);
        window.harness.run_steps(2);
    }
    let zoomed = window.step_under("Hessian trace", 0.1);
    assert!(zoomed > 35.0, "{zoomed}");
    window.harness.key_press(Key::Home);
    window.harness.run_steps(2);
    assert!(window.step_under("Hessian trace", 0.1) < 20.0);
}

#[test]
fn values_that_a_logarithm_cannot_take_are_said() {
    let mut window = Window::empty();
    let row = |step, mean| TraceRow { step, gradient_evaluations: step, train_loss: 1.0, mean, stderr: 0.1, probes: 8 };
    let run = RunId(1);
    window.tell([Event::Trace { run, row: row(10, -3.0) }, Event::Trace { run, row: row(20, 0.0) }]);
    window.click("Trace");
    assert!(window.shows("Hutchinson trace: all values are 0 or below"));
    window.tell([Event::Trace { run, row: row(30, 2.0) }]);
    assert!(window.shows("2 values of 0 or below left out"));
    window.harness.get_by_role_and_label(Role::CheckBox, "Log y").click();
    window.harness.run_steps(3);
    assert!(!window.shows("left out"));
}

#[test]
fn a_rewound_run_loses_its_later_rows() {
    let mut window = Window::trained();
    let edit = |step| KnobEdit { step, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit: edit(70) }, Event::Finished { run: NSO }]);
    let knobs = experiment().knobs(OptimizerKind::Nso).unwrap();
    window.tell([Event::Rewound { run: NSO, step: 60, knobs: Box::new(knobs.clone()) }]);
    let run = window.harness.state().model().run(NSO).unwrap();
    assert_eq!((run.step(), run.steps.rows().len(), run.evals.rows().len(), run.edits.len()), (60, 60, 1, 0));
    assert_eq!(run.knobs, knobs);
    assert_eq!(run.evals.last().unwrap().step, 50);
    let others = window.harness.state().model().run(RunId(1)).unwrap();
    assert_eq!(others.step(), 100, "other runs keep theirs");
}

#[test]
fn an_added_run_has_the_rows_of_its_parent_and_a_name_of_its_own() {
    let mut window = Window::trained();
    let info = |run, origin| RunInfo {
        run: RunId(run),
        optimizer: OptimizerKind::Nso,
        seed: 0,
        knobs: Knobs::default(),
        origin,
    };
    let branch = Origin::Branch { run: NSO, step: 60 };
    window.tell([Event::RunAdded(info(9, branch)), Event::RunAdded(info(10, Origin::Initial))]);
    let model = window.harness.state().model();
    let (branch, fresh) = (model.run(RunId(9)).unwrap(), model.run(RunId(10)).unwrap());
    assert_eq!((branch.step(), branch.evals.rows().len(), fresh.step()), (60, 1, 0));
    assert_eq!([branch.name(), fresh.name()], ["NSO 2", "NSO 3"]);
    assert!(window.shows("Show NSO 2 in charts") && window.shows("Show NSO 3 in charts"));
    // The branch point is marked and read out.
    window.click("Loss and accuracy");
    window.hover("Batch loss", 0.5);
    window.tell([Event::RunRemoved(RunId(10))]);
    assert!(!window.shows("NSO 3"));
    // A run that comes later has a name that no other has, the removed one included: that may come back.
    window.tell([Event::RunAdded(info(11, Origin::Initial))]);
    assert!(window.shows("Show NSO 4 in charts"));
}

#[test]
fn traces_by_tensor_are_asked_for_and_stacked() {
    let mut window = Window::trained();
    window.click("Trace per layer");
    window.click("Measure traces by tensor");
    assert_eq!(window.commands(), [Command::SetLayerTraces(true)]);
    let layers = |means: [f64; 2]| means.map(|mean| Estimate { mean, stderr: 0.1, samples: 8 }).to_vec();
    let row = |step, means| LayerTraceRow { step, gradient_evaluations: 2 * step, layers: layers(means) };
    window.tell([
        Event::LayerTrace { run: NSO, row: row(10, [4.0, 1.0]) },
        Event::LayerTrace { run: NSO, row: row(90, [3.0, -0.5]) },
    ]);
    assert!(window.shows("Chart of Trace by tensor"));
    for text in ["0.weight", "0.bias", "3.00 ± 0.10", "−0.500 ± 0.10", "3.00 ± 0.30"] {
        assert!(window.shows(text), "{text}");
    }
    let run = window.harness.state().model().run(NSO).unwrap();
    assert_eq!(run.layers.rows().len(), 2);
}

#[test]
fn measurements_are_asked_for_and_drawn() {
    let mut window = Window::trained();
    window.click("σ sweep");
    window.click("Measure now");
    let commands = window.commands();
    let [Command::Measure { job, run: NSO, request }] = &commands[..] else { panic!("{commands:?}") };
    assert!(matches!(request.what, Measurement::SigmaSweep { count: 13, .. }));
    assert!(window.shows("Measuring: 0 of 0"));
    let curve = Curve { name: "noise pairs".to_owned(), points: vec![[0.01, 3.0], [0.1, 2.0]], errors: vec![0.1, 0.1] };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: false,
        curves: vec![curve],
    };
    let facts = vec![Fact::exact("largest σ that agrees", 0.05, "within two standard errors")];
    let findings = Box::new(Findings { facts, charts: vec![chart], slices: Vec::new() });
    let (objective, end) = ("cross-entropy".to_owned(), JobEnd::Complete);
    window.tell([Event::Measured { job: *job, step: 100, objective, end, findings }]);
    assert!(window.shows("largest σ that agrees") && window.shows("cross-entropy"));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Export Trace").is_some());
}

#[test]
fn all_rows_are_copied_as_csv() {
    let mut window = Window::trained();
    window.click("Loss and accuracy");
    window.click("Export Batch loss");
    window.harness.get_by_role_and_label(Role::Button, "Copy CSV").click();
    window.harness.run_steps(1);
    let commands = &window.harness.output().platform_output.commands;
    let text = commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let text = text.expect("it is copied");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "run,line,step,gradient_evaluations,train_seconds,value,stderr,smoothed");
    assert_eq!(lines.len(), 1 + 5 * 100, "clean loss of three runs and perturbed loss of two at 100 steps");
    assert!(lines.contains(&"SGD,\"Batch loss, clean\",4,8,0.1,0.25,,"), "{}", lines[1]);
}

#[test]
fn markers_are_read_out_near_the_pointer() {
    let mut window = Window::trained();
    let edit = KnobEdit { step: 50, knob: KnobId::Sigma, old: 0.06, new: 0.1 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    let rect = window.harness.get_by_label("Chart of Train loss").rect();
    // The axis ends at 103 steps.
    window.hover("Train loss", 50.0 / 103.0);
    assert!(window.shows("NSO: σ 0.06 → 0.1 at step 50"), "{rect}");
}

#[test]
fn charts_name_their_axes_and_their_logarithms() {
    let mut window = Window::trained();
    assert!(window.harness.query_all_by_label("step").count() >= 3, "each chart over steps says so");
    assert!(window.shows("log, clean, measured subset"));
    window.harness.get_by_role_and_label(Role::CheckBox, "Log y").click();
    window.harness.run_steps(3);
    assert!(window.shows("clean, measured subset") && !window.shows("log, clean, measured subset"));
    window.choose_axis("Training seconds");
    assert!(window.harness.query_all_by_label("seconds of training").count() >= 3);
    window.click("Against training loss");
    assert!(window.harness.query_all_by_label("training loss, log").count() == 2);
}

#[test]
fn hidden_runs_do_not_stretch_the_axis_and_are_said() {
    let mut window = Window::trained();
    let row = |step: u64| flatscape::protocol::StepRow {
        step,
        gradient_evaluations: step,
        train_seconds: 0.1,
        batch_loss: 0.5,
        perturbed_loss: 0.5,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise: None,
    };
    window.tell([Event::Steps { run: RunId(1), rows: (101..=1000).map(row).collect() }]);
    assert!(window.step_under("Train loss", 0.9) > 800.0);
    window.harness.get_by_role_and_label(Role::CheckBox, "Show SGD in charts").click();
    window.harness.run_steps(3);
    assert!(window.step_under("Train loss", 0.9) < 110.0, "SAM and NSO have done 100 steps");
    for run in ["SAM", "NSO"] {
        window.harness.get_by_role_and_label(Role::CheckBox, &format!("Show {run} in charts")).click();
        window.harness.run_steps(3);
    }
    assert!(window.shows("Train loss: all runs are hidden"));
}

#[test]
fn readings_are_exact_and_sgd_has_no_perturbed_loss() {
    let mut window = Window::trained();
    window.click("Loss and accuracy");
    window.hover("Accuracy", 0.5);
    assert!(window.shows("96.37\u{a0}%"));
    window.hover("Batch loss", 33.0 / 103.0);
    assert!(window.shows("0.030303"), "1/33");
    assert!(window.shows("SAM perturbed") && !window.shows("SGD perturbed"));
}

#[test]
fn of_many_runs_those_near_the_pointer_are_read() {
    let mut window = Window::trained();
    let info = |run| RunInfo {
        run: RunId(run),
        optimizer: OptimizerKind::Sam,
        seed: 0,
        knobs: Knobs::default(),
        origin: Origin::Branch { run: RunId(2), step: 100 },
    };
    window.tell((10..40).map(|run| Event::RunAdded(info(run))));
    window.hover("Train loss", 0.5);
    assert!(window.shows("and 21 more, further from the pointer"), "33 runs, 12 of them are read");
}

#[test]
fn a_diverged_run_is_marked_where_it_diverged() {
    let mut window = Window::trained();
    window.tell([Event::Diverged { run: RunId(2), step: 101, last_good_step: 100 }]);
    window.hover("Train loss", 101.0 / 103.0);
    assert!(window.shows("SAM diverged at step 101"));
}

#[test]
fn controls_that_do_nothing_in_a_tab_are_disabled() {
    let mut window = Window::trained();
    let is_disabled = |window: &Window, role, label: &str| {
        window.harness.get_by_role_and_label(role, label).accesskit_node().is_disabled()
    };
    let controls = [(Role::CheckBox, "Log y"), (Role::Slider, "Smoothing"), (Role::ComboBox, "Horizontal axis")];
    for (tab, disabled) in [
        ("Overview", [false, false, false]),
        ("Against training loss", [false, true, true]),
        ("Trace per layer", [true, true, false]),
        ("σ sweep", [true, true, true]),
        ("Bound", [false, true, false]),
        ("Speed", [true, true, true]),
    ] {
        window.click(tab);
        assert_eq!(controls.map(|(role, label)| is_disabled(&window, role, label)), disabled, "{tab}");
    }
}

#[test]
fn curvature_against_the_loss_can_be_linear() {
    let mut window = Window::empty();
    let row = |step, train_loss, mean| TraceRow {
        step,
        gradient_evaluations: step,
        train_loss,
        mean,
        stderr: 0.1,
        probes: 8,
    };
    let run = RunId(1);
    let rows = [row(10, 1.0, 3.0), row(20, 0.5, -2.0), row(30, 0.2, -1.0), row(40, 0.0, 1.0)];
    window.tell(rows.map(|row| Event::Trace { run, row }));
    window.click("Against training loss");
    assert!(window.shows("3 values of 0 or below left out"), "two traces and a loss");
    window.harness.get_by_role_and_label(Role::CheckBox, "Log y").click();
    window.harness.run_steps(3);
    assert!(window.shows("1 value of 0 or below left out"), "the loss alone");
}

#[test]
fn bounds_are_kept_for_all_runs_and_drawn_over_the_axis() {
    let mut window = Window::trained();
    window.click("Bound");
    window.click("Measure all runs");
    let jobs: Vec<_> = window
        .commands()
        .into_iter()
        .filter_map(|command| match command {
            Command::Measure { job, run, .. } => Some((job, run)),
            _ => None,
        })
        .collect();
    assert_eq!(jobs.iter().map(|(_, run)| *run).collect::<Vec<_>>(), RUNS.map(|(run, _)| run));
    let measured = |job, step, value| {
        let facts = vec![
            Fact::exact("bound, α over examples", value, "1·√(α r²/n)"),
            Fact::with_error("α over examples", 30.0, 2.0, "32 probes"),
            Fact::exact("r = ‖w − w₀‖", 4.0, ""),
            Fact::exact("n", 300.0, "examples"),
        ];
        let findings = Box::new(Findings { facts, charts: Vec::new(), slices: Vec::new() });
        Event::Measured { job, step, objective: "cross-entropy".to_owned(), end: JobEnd::Complete, findings }
    };
    window.tell(jobs.iter().map(|(job, _)| measured(*job, 60, 1.25)));
    for chart in ["Bound", "α", "r"] {
        window.hover(chart, 60.0 / 103.0);
        assert!(window.shows("SGD") && window.shows("step 60"), "{chart}");
    }
    window.hover("Bound", 60.0 / 103.0);
    // Half the share of the error of α: 1.25 · 2/60.
    assert!(window.shows("1.25 ± 0.042"));
    assert!(window.shows("n 300, C 1"));
    // A run that goes back loses what was measured later.
    let knobs = experiment().knobs(OptimizerKind::Nso).unwrap();
    window.tell([Event::Rewound { run: NSO, step: 50, knobs: Box::new(knobs) }]);
    assert!(window.harness.state().model().run(NSO).unwrap().bounds.rows().is_empty());
}

#[test]
fn curves_of_a_measurement_can_be_hidden_and_zoomed() {
    let mut window = Window::trained();
    window.click("σ sweep");
    window.click("Measure now");
    let commands = window.commands();
    let [Command::Measure { job, .. }] = &commands[..] else { panic!("{commands:?}") };
    let curve = |name: &str, y| Curve {
        name: name.to_owned(),
        points: (1..=9).map(|i| [0.01 * f64::from(i), y]).collect(),
        errors: Vec::new(),
    };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: true,
        curves: vec![curve("noise pairs", 3.0), curve("Hutchinson", -2.0)],
    };
    let findings = Box::new(Findings { facts: Vec::new(), charts: vec![chart], slices: Vec::new() });
    let (objective, end) = ("cross-entropy".to_owned(), JobEnd::Complete);
    window.tell([Event::Measured { job: *job, step: 100, objective, end, findings }]);
    assert!(window.shows("9 values of 0 or below left out"), "the traces below 0 are said");
    assert!(window.shows("σ, log"), "the axis has a name");
    window.hover("Trace", 0.05);
    assert!(window.shows("at 0.01"));
    let (from, to) = (window.place("Trace", 0.6, 0.3), window.place("Trace", 0.9, 0.8));
    window.drag(from, to, PointerButton::Secondary);
    window.hover("Trace", 0.05);
    assert!(!window.shows("at 0.01"), "the box is seen");
    window.click("Fit");
    window.hover("Trace", 0.05);
    assert!(window.shows("at 0.01"));
    window.harness.get_by_role_and_label(Role::CheckBox, "Show noise pairs in Trace").click();
    window.harness.run_steps(3);
    assert!(window.shows("Trace: all values are 0 or below"), "one is hidden, the other cannot be drawn");
}

#[test]
fn the_running_trace_from_pairs_stands_beside_hutchinsons() {
    let mut window = Window::trained();
    window.click("Noise");
    window.hover("Running trace", 0.97);
    assert!(window.shows("NSO noise pairs") && window.shows("NSO Hutchinson"));
    // 2 · 0.004/0.06², all steps alike: no spread, so no error is told.
    assert!(window.shows("2.22222"));
    assert!(window.shows("25.0\u{a0}%"), "σ 0.06 beside weights of 0.24");
}

#[test]
fn the_stack_of_traces_zooms_with_the_other_charts() {
    let mut window = Window::trained();
    let layers = |means: [f64; 2]| means.map(|mean| Estimate { mean, stderr: 0.1, samples: 8 }).to_vec();
    let row = |step| LayerTraceRow { step, gradient_evaluations: 2 * step, layers: layers([3.0, 1.0]) };
    window.tell((1..=100).map(|step| Event::LayerTrace { run: NSO, row: row(step) }));
    window.click("Trace per layer");
    let before = window.step_under("Trace by tensor", 0.2);
    let (from, to) = (window.place("Trace by tensor", 0.5, 0.2), window.place("Trace by tensor", 0.8, 0.8));
    window.drag(from, to, PointerButton::Secondary);
    let zoomed = window.step_under("Trace by tensor", 0.2);
    assert!(before < 30.0 && zoomed > 45.0, "{before} to {zoomed}");
    window.click("Overview");
    assert!(window.step_under("Train loss", 0.2) > 45.0, "the axis is linked");
}

#[test]
fn titles_of_charts_are_explained() {
    let mut window = Window::trained();
    for (tab, title, formula) in [
        ("Overview", "Noise samples", "∇L(w+U), U ~ N(0, σ²I)"),
        ("Overview", "Hessian trace", "Tr ∇²L(w) = λ₁ + λ₂"),
        ("Noise", "Even part", "e = (L(w+U) + L(w−U))/2 − L(w), mean"),
        ("Loss and accuracy", "Batch loss", "clean L(w), perturbed L(w + ε)"),
    ] {
        window.click(tab);
        assert!(!window.shows(formula), "{title}");
        let place = window.harness.get_by_role_and_label(Role::Label, title).rect().center();
        window.harness.hover_at(place);
        window.harness.run_steps(8);
        assert!(window.shows(formula), "{title}");
        window.harness.hover_at(pos2(5.0, 5.0));
        window.harness.run_steps(8);
    }
}

#[test]
fn samples_of_a_histogram_are_copied_as_csv() {
    let mut window = Window::trained();
    window.click("Noise");
    window.click("Export Odd part");
    window.harness.get_by_role_and_label(Role::Button, "Copy CSV").click();
    window.harness.run_steps(1);
    let commands = &window.harness.output().platform_output.commands;
    let Some(egui::OutputCommand::CopyText(text)) = commands.first() else { panic!("{commands:?}") };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("\"NSO, Odd part\"", 201));
    assert_eq!(lines[2].parse::<f32>().expect("a number"), noise().odd[1]);
}

#[test]
fn tabs_without_room_stand_in_a_menu() {
    let mut window = Window::trained();
    assert!(!window.shows("More charts"));
    window.harness.set_size(egui::vec2(1024.0, 640.0));
    window.harness.run_steps(3);
    assert!(window.harness.query_by_role_and_label(Role::Button, "Speed").is_none());
    window.click("More charts");
    window.click("Speed");
    assert!(window.shows("No speed yet"));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Speed").is_some(), "the open tab is seen");
}
