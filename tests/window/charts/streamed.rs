//! Curvature as a stream: a thin line with its errors, over it what was measured at single steps as dots with theirs.

use egui::accesskit::Role;
use egui::{Rect, Shape};
use flatscape::config::OptimizerKind;
use flatscape::protocol::{Event, RunId};
use flatscape::ui::fake;

use super::trained;
use crate::canned::{NSO, SGD, info, steps};
use crate::fixture::Window;

/// Step, trace and its error, both eigenvalues of each row of the stream of NSO.
fn stream(until: u64) -> impl Iterator<Item = Event> {
    let row = |step: u64| fake::streamed(NSO, step, [6.0 + 0.04 * step as f64, 0.3], [-0.5, 5.0]);
    (1..=until / 10).flat_map(move |index| row(10 * index))
}

/// Three runs at step 100, measured at steps 50 and 100; the curvature of NSO is streamed.
fn streaming() -> Window {
    let mut window = trained();
    window.tell(stream(100));
    window
}

/// Width of the bar of a mark's error, in points: the grid's lines are of another.
const BAR: f32 = 1.5;

/// What is drawn in a chart: the numbers of points of lines with their widths, the ends of the bars of marks, and the bands.
#[derive(Default)]
struct Drawn {
    lines: Vec<(usize, f32)>,
    bars: Vec<[f32; 2]>,
    bands: usize,
}

impl Window {
    fn drawn_in(&mut self, chart: &str) -> Drawn {
        self.harness.step();
        let place: Rect = self.chart(chart);
        let mut drawn = Drawn::default();
        let shapes = &self.harness.output().shapes;
        for clipped in shapes.iter().filter(|clipped| place.expand(2.0).contains_rect(clipped.clip_rect)) {
            match &clipped.shape {
                Shape::Path(path) => drawn.lines.push((path.points.len(), path.stroke.width)),
                Shape::LineSegment { points: [a, b], stroke } if a.x == b.x && stroke.width == BAR => {
                    drawn.bars.push([a.y.min(b.y), a.y.max(b.y)]);
                }
                Shape::Mesh(_) => drawn.bands += 1,
                _ => {}
            }
        }
        drawn
    }
}

#[test]
fn a_stream_is_a_thin_line_and_what_was_measured_stands_over_it_as_dots() {
    let mut window = trained();
    window.click("Trace");
    let marks = |window: &mut Window| window.dots_in("Hutchinson trace").iter().filter(|dot| dot.1 > 2.5).count();
    assert_eq!(marks(&mut window), 0, "lines alone where nothing is streamed");
    assert!(!window.has(Role::Label, "streamed"));
    window.tell(stream(100));
    assert_eq!(marks(&mut window), 2, "steps 50 and 100 of NSO");
    let drawn = window.drawn_in("Hutchinson trace");
    let stream: Vec<f32> = drawn.lines.iter().filter(|line| line.0 == 10).map(|line| line.1).collect();
    assert!(matches!(stream[..], [width] if width < 1.0), "one thin line of ten points: {:?}", drawn.lines);
    // 8.51 ± 2 · 1.3 at both steps.
    assert_eq!(drawn.bars.len(), 2, "{:?}", drawn.bars);
    assert!(drawn.bars.iter().all(|[top, bottom]| bottom - top > 5.0) && drawn.bars[0] == drawn.bars[1]);
    assert_eq!(drawn.bands, 3, "those of the stream, and of the lines of SGD and SAM");
    window.expect("thin streamed, dots many probes, both ± two standard errors");
    assert!(window.has(Role::Label, "streamed") && window.has(Role::Label, "measured at one step"), "the legend");
}

#[test]
fn dots_are_not_smoothed_and_the_stream_is() {
    let mut window = streaming();
    window.click("Spectrum");
    window.set("Smoothing", 0.9);
    assert_eq!(window.dots_in("λmax").iter().filter(|dot| dot.1 > 2.5).count(), 2);
    window.expect("dotted streamed, dots solves");
    window.hover("λmax", 100.0 / 103.0);
    window.expect("NSO streamed");
    window.expect("smoothed 5 · 3 products of the first 300 examples at step 100 · dotted");
    window.expect("20 products at step 100 · dot");
}

#[test]
fn a_reading_says_what_a_figure_comes_from() {
    let mut window = streaming();
    window.click("Trace");
    window.hover("Hutchinson trace", 100.0 / 103.0);
    window.expect("NSO streamed");
    window.expect("10 ± 0.30");
    window.expect("step 100, 34 probes of steps 76–100 · thin");
    window.expect("64 probes at step 100 · dot");
}

#[test]
fn a_stream_has_no_loss_to_stand_at() {
    let mut window = streaming();
    window.click("Against training loss");
    window.hover("Hessian trace", 0.5);
    window.expect("8.51 ± 1.3");
    assert!(!window.shows("streamed"), "its rows have no training loss");
}

#[test]
fn streams_are_in_files_of_charts() {
    let mut window = streaming();
    window.click("Trace");
    window.click("Export Hutchinson trace");
    let text = window.copied_by("Copy CSV");
    assert!(text.lines().any(|line| line == "NSO,\"Hutchinson trace, streamed\",100,200,0.1,10,0.3,"), "{text}");
    assert!(text.lines().any(|line| line == "NSO,Hutchinson trace,100,200,0.1,8.51,1.3,"), "{text}");
    window.harness.run_steps(2);
    let svg = window.chart_svg("Hutchinson trace");
    assert!(svg.contains("NSO streamed"), "{svg}");
    // A dot is a line of next to no length: two in the chart, one in the legend.
    assert_eq!(svg.matches("h0.01").count(), 3, "{svg}");
}

#[test]
fn the_newest_curvature_says_that_it_is_streamed() {
    let mut window = streaming();
    window.tell([Event::Playing(true)]);
    assert!(!window.shows("trace, streamed"), "of one step, what was measured with many probes");
    let [trace, ends] = fake::streamed(NSO, 110, [9.5, 0.3], [-0.5, 5.0]);
    window.tell([steps(NSO, 110, 2), trace, ends]);
    window.expect("trace, streamed 9.50 ± 0.30");
    window.expect("λmax, streamed 5.00");
    window.compare();
    window.expect("8.51 ± 1.3");
    window.expect("9.50 ± 0.30 streamed at step 110");
    window.expect("5.00 streamed at step 110");
    window.tell([Event::Playing(false)]);
    assert!(!window.shows("streamed at step 110"), "at rest the row is of step 100, where all was measured");
    window.click("Copy or save the table");
    let text = window.copied_by("Copy as CSV");
    assert!(text.contains("trace_kind") && text.contains("measured") && !text.contains("streamed"), "{text}");
}

#[test]
fn streams_follow_branches_and_rewinds() {
    let mut window = streaming();
    window.tell([Event::RunAdded(info(9, OptimizerKind::Nso, Some((NSO, 60))))]);
    let last = |window: &Window, run| {
        let streamed = &window.harness.state().model().run(run).expect("there").streamed;
        (streamed.traces.last().map(|row| row.step), streamed.eigens.last().map(|row| row.step))
    };
    assert_eq!(last(&window, RunId(9)), (Some(60), Some(60)));
    assert_eq!(last(&window, NSO), (Some(100), Some(100)));
    assert_eq!(last(&window, SGD), (None, None));
}
