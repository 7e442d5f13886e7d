//! Figures of different steps beside each other: the older ones say of which step they are.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::OptimizerKind;
use flatscape::protocol::{Event, RunId};
use flatscape::ui::fake::Measured;

use crate::canned::{RUNS, grid, rows, steps};
use crate::fixture::{Window, sized};

impl Window {
    /// How often a label is shown, word by word.
    fn count(&self, label: &str) -> usize {
        self.harness.query_all_by_role_and_label(Role::Label, label).count()
    }
}

/// Losses, trace and spectrum of all runs at a step.
fn measured(step: u64, train_loss: f64, trace: f64) -> impl Iterator<Item = [Event; 3]> {
    let measured = move |run: RunId| {
        Measured { stderr: 0.14, ends: [-0.1, 2.0 * trace], ..Measured::at(step, train_loss, trace) }.events(run)
    };
    RUNS.into_iter().map(move |(run, _)| measured(run))
}

/// Three runs at step 59, whose curvature was measured at step 0 alone.
fn with_old_curvature() -> Window {
    let mut window = sized([1700.0, 900.0]).started();
    window.tell(measured(0, 0.9, 1.6).flatten());
    window.tell(RUNS.into_iter().map(|(run, _)| steps(run, 59, 1)));
    window.tell(measured(59, 0.5, 0.0).map(|[eval, ..]| eval));
    window
}

#[test]
fn curvature_below_a_landscape_says_its_step_beside_a_newer_loss() {
    let mut window = with_old_curvature();
    assert_eq!(window.count("train loss 0.500"), 3);
    assert!(window.shows("trace 1.60 ± 0.14 at step 0") && window.shows("λmax 3.20 at step 0"));
    window.tell(measured(59, 0.5, 1.2).flat_map(|[_, trace, eigen]| [trace, eigen]));
    assert!(window.shows("trace 1.20 ± 0.14") && window.shows("λmax 2.40"));
    assert!(!window.shows("at step 0") && !window.shows("± 0.14 at step"), "all are of one step");
}

#[test]
fn figures_behind_their_run_are_dated_by_the_header() {
    let mut window = with_old_curvature();
    assert!(!window.shows("figures of step"));
    window.tell(RUNS.into_iter().map(|(run, _)| steps(run, 72, 1)));
    assert!(window.shows("step 72 · figures of step 59"));
    assert_eq!(window.count("train loss 0.500"), 3, "the header has said it");
}

#[test]
fn the_table_leaves_open_what_was_not_measured_at_the_end() {
    let mut window = with_old_curvature();
    window.compare();
    assert!(window.shows("0.500") && !window.shows("1.60 ± 0.14") && !window.shows("3.20"));
    window.click("Copy or save the table");
    let text = window.copied_by("Copy as CSV");
    let mut lines = csv::Reader::from_reader(text.as_bytes());
    let header = lines.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|column| column == name).expect(name);
    for line in lines.records().map(|line| line.expect("a line")) {
        assert_eq!((&line[column("step")], &line[column("evaluation_step")]), ("59", "59"));
        for name in ["trace", "trace_stderr", "trace_step", "lambda_max", "lambda_max_step"] {
            assert_eq!(&line[column(name)], "", "{name}: {text}");
        }
    }
    window.press(Key::Escape);
    window.tell(measured(59, 0.5, 1.2).flat_map(|[_, trace, eigen]| [trace, eigen]));
    assert!(window.shows("1.20 ± 0.14") && window.shows("2.40"));
}

#[test]
fn the_table_of_runs_that_train_says_the_step_of_what_is_older() {
    let mut window = with_old_curvature();
    window.compare();
    window.tell([Event::Playing(true)]);
    assert!(window.shows("1.60 ± 0.14 at step 0") && window.shows("3.20 at step 0"));
    window.tell([Event::Playing(false)]);
    assert!(!window.shows("1.60 ± 0.14"));
}

#[test]
fn the_past_has_the_figures_of_the_past() {
    let mut window = sized([1700.0, 900.0]).started();
    for step in [50, 98] {
        for (run, optimizer) in RUNS {
            let mut slice = grid(run, optimizer, 9);
            slice.step = step;
            window.engine.slots.put_grid(slice);
        }
        window.harness.run_steps(2);
    }
    window.tell(RUNS.into_iter().flat_map(|(run, optimizer): (RunId, OptimizerKind)| rows(run, optimizer)));
    assert_eq!(window.count("train loss 0.0100"), 3);
    window.set("Time of the slices", 0.0);
    assert!(window.shows("past: step 50"));
    assert_eq!(window.count("train loss 0.0200"), 3, "the losses of step 50");
}
