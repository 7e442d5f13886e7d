//! The edge of stability beside λmax: its line, what is told where it is far, its mark and its rows.

use flatscape::protocol::Event;
use flatscape::ui::fake::{self, Measured};

use super::trained;
use crate::canned::SGD;

/// Ten more steps of SGD, whose λmax is then this.
fn largest(lambda_max: f64) -> Vec<Event> {
    let rows = (101..=110).map(|step| fake::step_row(step, 0.01)).collect();
    let measured = Measured { ends: [-0.2, lambda_max], ..Measured::at(110, 0.01, 100.0) };
    std::iter::once(Event::Steps { run: SGD, rows }).chain(measured.events(SGD)).collect()
}

#[test]
fn an_edge_that_is_far_is_told_and_one_that_is_near_is_seen() {
    let mut window = trained();
    window.click("Spectrum");
    // Momentum 0.9 at a rate of 0.05: 2·1.9/0.05. SAM has none.
    window.expect("edge above: SGD 76.0, NSO 76.0");
    window.expect("dashed: edge of stability");
    window.tell(largest(60.0));
    assert!(!window.shows("edge above"), "within the axis now");
    window.hover("λmax", 100.0 / 113.3);
    window.expect("SGD edge");
    window.expect("76");
}

#[test]
fn the_passage_of_the_edge_is_marked_and_the_edge_is_in_the_table() {
    let mut window = trained();
    window.click("Spectrum");
    window.tell(largest(80.0));
    window.hover("λmax", 110.0 / 113.3);
    window.expect("SGD: λmax 80.0 (of the measured subset) is beyond the edge of stability 76.0 at step 110");
    window.click("Export λmax");
    let text = window.copied_by("Copy CSV");
    assert!(text.lines().any(|line| line == "SGD,\"λmax, edge\",100,200,0.1,76,,"), "{text}");
    assert!(!text.contains("SAM,\"λmax, edge\""), "{text}");
}
