//! Tabs and axes: what they count, how they are zoomed, what a logarithm leaves out.

use egui::accesskit::Role;
use egui::{Key, PointerButton};
use egui_kittest::kittest::Queryable as _;
use flatscape::protocol::{Estimate, Event, LayerTraceRow, RunId, Speed, StepRow, TraceRow};
use flatscape::ui::fake;

use super::{empty, trained};
use crate::canned::NSO;
use crate::fixture::Window;

#[test]
fn every_tab_says_what_it_has_or_what_to_do() {
    let mut window = trained();
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
    window.tell([120.0, 140.0].map(|steps_per_second| Event::Speed(Speed { steps_per_second, ..Speed::default() })));
    window.click("Speed");
    assert!(window.shows("Chart of Steps per second"));
}

#[test]
fn the_axis_can_count_seconds_and_evaluations() {
    let mut window = trained();
    window.choose_axis("Gradient evaluations");
    window.hover("Train loss", 0.6);
    assert!(window.shows("gradient evaluations"));
    window.choose_axis("Training seconds");
    let row = |step: u64| StepRow { train_seconds: 0.1 * step as f64, ..fake::step_row(step, 0.5) };
    window.tell([Event::Steps { run: RunId(1), rows: (101..=1000).map(row).collect() }]);
    assert_eq!(window.harness.state().model().run(RunId(1)).unwrap().steps.last().unwrap().train_seconds, 100.0);
    window.hover("Train loss", 0.6);
    assert!(window.shows("s of training"));
}

#[test]
fn a_box_zooms_all_charts_and_a_double_click_fits() {
    let mut window = trained();
    let before = window.step_under("Hessian trace", 0.2);
    assert!(before < 30.0, "{before}");
    let (from, to) = (window.place("Train loss", 0.5, 0.2), window.place("Train loss", 0.8, 0.8));
    window.drag_chart(from, to, PointerButton::Secondary);
    for chart in ["Train loss", "Hessian trace", "λmax"] {
        let step = window.step_under(chart, 0.2);
        assert!((45.0..75.0).contains(&step), "{chart}: {step}");
    }
    // What is seen moves with the pointer, in other tabs too.
    window.click("Loss and accuracy");
    let (from, to) = (window.place("Accuracy", 0.5, 0.5), window.place("Accuracy", 0.9, 0.5));
    let step = window.step_under("Batch loss", 0.2);
    window.drag_chart(from, to, PointerButton::Primary);
    let moved = window.step_under("Batch loss", 0.2);
    assert!(moved < step - 5.0, "{step} to {moved}");
    window.click("Fit");
    let fitted = window.step_under("Batch loss", 0.2);
    assert!(fitted < 30.0, "{fitted}");
}

#[test]
fn a_chart_with_the_focus_zooms_by_keys() {
    let mut window = trained();
    window.harness.get_by_label("Chart of Train loss").focus();
    window.harness.run_steps(2);
    for _ in 0..4 {
        window.press(Key::Plus);
    }
    let zoomed = window.step_under("Hessian trace", 0.1);
    assert!(zoomed > 35.0, "{zoomed}");
    window.press(Key::Home);
    assert!(window.step_under("Hessian trace", 0.1) < 20.0);
}

#[test]
fn values_that_a_logarithm_cannot_take_are_said() {
    let mut window = empty();
    let row = |step, mean| TraceRow { step, gradient_evaluations: step, train_loss: 1.0, mean, stderr: 0.1, probes: 8 };
    let run = RunId(1);
    window.tell([Event::Trace { run, row: row(10, -3.0) }, Event::Trace { run, row: row(20, 0.0) }]);
    window.click("Trace");
    assert!(window.shows("Hutchinson trace: all values are 0 or below"));
    window.tell([Event::Trace { run, row: row(30, 2.0) }]);
    assert!(window.shows("2 values of 0 or below left out"));
    window.check("Log y");
    assert!(!window.shows("left out"));
}

#[test]
fn charts_name_their_axes_and_their_logarithms() {
    let mut window = trained();
    assert!(window.harness.query_all_by_label("step").count() >= 3, "each chart over steps says so");
    assert!(window.shows("log, clean, measured subset"));
    window.check("Log y");
    assert!(window.shows("clean, measured subset") && !window.shows("log, clean, measured subset"));
    window.choose_axis("Training seconds");
    assert!(window.harness.query_all_by_label("seconds of training").count() >= 3);
    window.click("Against training loss");
    assert!(window.harness.query_all_by_label("training loss, log").count() == 2);
}

#[test]
fn hidden_runs_do_not_stretch_the_axis_and_are_said() {
    let mut window = trained();
    let rows = (101..=1000).map(|step| fake::step_row(step, 0.5));
    window.tell([Event::Steps { run: RunId(1), rows: rows.collect() }]);
    assert!(window.step_under("Train loss", 0.9) > 800.0);
    window.check("Show SGD in charts");
    assert!(window.step_under("Train loss", 0.9) < 110.0, "SAM and NSO have done 100 steps");
    for run in ["SAM", "NSO"] {
        window.role(Role::CheckBox, &format!("Show {run} in charts")).click();
        window.harness.run_steps(3);
    }
    assert!(window.shows("Train loss: all runs are hidden"));
}

#[test]
fn controls_that_do_nothing_in_a_tab_are_disabled() {
    let mut window = trained();
    let is_disabled = |window: &Window, role, label: &str| window.is_disabled(role, label);
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
    let mut window = empty();
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
    window.check("Log y");
    assert!(window.shows("1 value of 0 or below left out"), "the loss alone");
}

#[test]
fn the_stack_of_traces_zooms_with_the_other_charts() {
    let mut window = trained();
    let layers = |means: [f64; 2]| means.map(|mean| Estimate { mean, stderr: 0.1, samples: 8 }).to_vec();
    let row = |step| LayerTraceRow { step, gradient_evaluations: 2 * step, layers: layers([3.0, 1.0]) };
    window.tell((1..=100).map(|step| Event::LayerTrace { run: NSO, row: row(step) }));
    window.click("Trace per layer");
    let before = window.step_under("Trace by tensor", 0.2);
    let (from, to) = (window.place("Trace by tensor", 0.5, 0.2), window.place("Trace by tensor", 0.8, 0.8));
    window.drag_chart(from, to, PointerButton::Secondary);
    let zoomed = window.step_under("Trace by tensor", 0.2);
    assert!(before < 30.0 && zoomed > 45.0, "{before} to {zoomed}");
    window.click("Overview");
    assert!(window.step_under("Train loss", 0.2) > 45.0, "the axis is linked");
}

#[test]
fn tabs_without_room_stand_in_a_menu() {
    let mut window = trained();
    assert!(!window.shows("More charts"));
    window.harness.set_size(egui::vec2(1024.0, 640.0));
    window.harness.run_steps(3);
    assert!(!window.has(Role::Button, "Speed"));
    window.click("More charts");
    window.click("Speed");
    assert!(window.shows("No speed yet"));
    assert!(window.has(Role::Button, "Speed"), "the open tab is seen");
}
