//! Curves of one point, and the end of a run that diverged.

use std::time::Duration;

use egui::{Rect, Shape};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::OptimizerKind;
use flatscape::protocol::{Event, StepRow};
use flatscape::ui::fake::{self, Measured};

use super::empty;
use crate::canned::{NSO, RUNS, SGD};
use crate::fixture::Window;

/// A window whose runs have done one step, with a loss of a quarter and a trace of 8.51 ± 0.33.
fn stepped_once() -> Window {
    let mut window = empty();
    window.tell(RUNS.into_iter().flat_map(|(run, optimizer)| {
        let noise = (optimizer == OptimizerKind::Nso).then_some(fake::noise_row());
        let row = StepRow { noise, ..fake::step_row(1, 0.25) };
        let measured = Measured { stderr: 0.33, ..Measured::at(1, 0.25, 8.51) }.events(run);
        [Event::Steps { run, rows: vec![row] }].into_iter().chain(measured)
    }));
    window
}

impl Window {
    pub fn chart(&self, title: &str) -> Rect {
        self.harness.get_by_label(&format!("Chart of {title}")).rect()
    }

    /// Dots that are drawn in a chart, by centre and radius.
    pub fn dots_in(&mut self, title: &str) -> Vec<(egui::Pos2, f32)> {
        self.harness.step();
        let chart = self.chart(title);
        let shapes = self.harness.output().shapes.iter();
        let dot = |clipped: &egui::epaint::ClippedShape| match &clipped.shape {
            Shape::Circle(circle) if clipped.clip_rect.contains(circle.center) => Some((circle.center, circle.radius)),
            _ => None,
        };
        shapes.filter_map(dot).filter(|(center, _)| chart.contains(*center)).collect()
    }

    /// What a chart is saved as in SVG.
    pub fn chart_svg(&mut self, title: &str) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("chart.svg");
        self.click(&format!("Export {title}"));
        self.click("Save SVG…");
        for _ in 0..200 {
            if self.has(egui::accesskit::Role::TextInput, "Path") {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
            self.harness.run_steps(2);
        }
        self.answer(&path);
        for _ in 0..200 {
            if let Ok(text) = std::fs::read_to_string(&path) {
                return text;
            }
            std::thread::sleep(Duration::from_millis(20));
            self.harness.run_steps(1);
        }
        panic!("{title} is not saved")
    }
}

#[test]
fn one_point_is_a_dot_with_a_reading_on_every_axis() {
    let mut window = stepped_once();
    for axis in ["Step", "Gradient evaluations", "Training seconds"] {
        if axis != "Step" {
            window.choose_axis(axis);
        }
        for (chart, reading) in [("Train loss", "0.25"), ("Hessian trace", "8.51 ± 0.33"), ("λmax", "SGD")] {
            let dots = window.dots_in(chart);
            assert!(dots.len() >= 3 && dots.iter().all(|(_, radius)| *radius >= 2.0), "{axis}, {chart}: {dots:?}");
            window.hover(chart, 0.5);
            assert!(window.shows(reading), "{axis}, {chart}");
        }
    }
    window.check("Log y");
    assert!(window.dots_in("Train loss").len() >= 3, "on a linear axis too");
    window.set("Smoothing", 0.9);
    assert!(window.dots_in("Train loss").len() >= 3, "smoothed too");
    window.click("Against training loss");
    let dots = window.dots_in("Hessian trace");
    assert!(dots.len() >= 3, "{dots:?} in {:?}", window.chart("Hessian trace"));
}

#[test]
fn one_point_is_in_the_figure_of_its_chart() {
    let mut window = stepped_once();
    for chart in ["Train loss", "Hessian trace"] {
        let svg = window.chart_svg(chart);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{chart}");
        // A dot is a line of next to no length, with round ends.
        assert!(svg.matches("h0.01").count() >= 3, "{chart}");
    }
}

#[test]
fn the_end_of_a_run_is_marked_at_its_step_however_short_the_run_was() {
    for last in [1, 5, 12, 20, 33] {
        let mut window = empty();
        let rows = (1..=last).map(|step| fake::step_row(step, 0.5)).collect();
        window.tell([
            Event::Steps { run: SGD, rows },
            Event::Diverged { run: SGD, step: last + 1, last_good_step: last },
        ]);
        window.click("Loss and accuracy");
        let end = (1.03 * (last + 1) as f64).max(10.0);
        window.hover("Batch loss", ((last + 1) as f64 / end) as f32);
        assert!(window.shows(&format!("SGD diverged at step {}", last + 1)), "{last} good steps");
        assert!(window.chart_svg("Batch loss").contains("SGD diverged"), "{last} good steps");
    }
}

#[test]
fn a_run_that_diverged_at_once_says_so_where_its_values_would_be() {
    let mut window = empty();
    window.click("Loss and accuracy");
    window.expect("Batch loss: no values yet");
    window.tell([Event::Diverged { run: NSO, step: 1, last_good_step: 0 }]);
    window.expect("Batch loss: no values: NSO diverged at step 1");
}
