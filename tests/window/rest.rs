//! A window at rest is drawn at most once in ten seconds, whatever it shows.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, ViewportId, pos2};
use flatscape::protocol::Event;

use crate::canned::RUNS;
use crate::fixture::{WIDE, Window, sized};

/// The longest that a window may be left without asking for a frame.
const REST: Duration = Duration::from_secs(10);
/// Frames in which animations, tooltips and popups come to their end.
const SETTLING: usize = 24;

impl Window {
    /// When the next frame is due, once everything has settled.
    fn next_frame(&mut self) -> Duration {
        self.harness.run_steps(SETTLING);
        let delay = |window: &mut Self| {
            window.harness.step();
            window.harness.output().viewport_output[&ViewportId::ROOT].repaint_delay
        };
        (0..3).map(|_| delay(self)).min().unwrap_or_default()
    }

    pub fn assert_rests(&mut self, stage: &str, failures: &mut Vec<String>) {
        let next = self.next_frame();
        if next < REST {
            let causes = self.harness.ctx.repaint_causes();
            failures.push(format!("{stage}: another frame after {next:?}, by {causes:?}"));
        }
    }
}

fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_layout_and_pane_rests() {
    let mut window = sized(WIDE).trained();
    window.tell([Event::Playing(false)]);
    let mut failures = Vec::new();
    for layout in ["layout explore", "layout compare", "layout teach"] {
        window.find(layout);
        for surface in [Key::Num3, Key::Num2] {
            window.press(surface);
            window.assert_rests(layout, &mut failures);
        }
    }
    window.find("layout explore");
    for pane in ["Runs", "Model", "Data", "Landscapes", "Charts", "Compare", "Measure", "Guide", "Notices"] {
        window.find(&format!("{pane} pane"));
        if !window.shows_pane(pane) {
            window.find(&format!("{pane} pane"));
        }
        window.assert_rests(pane, &mut failures);
    }
    for chart in ["spectrum", "layer trace", "noise", "bound", "speed"] {
        window.find(&format!("chart {chart} as a pane"));
        window.assert_rests(chart, &mut failures);
    }
    assert_none(&failures);
}

#[test]
fn runs_that_have_ended_rest() {
    let mut window = sized(WIDE).trained();
    let mut failures = Vec::new();
    window.tell(RUNS.map(|(run, _)| Event::Finished { run }));
    window.assert_rests("budget spent", &mut failures);
    assert_none(&failures);
}

#[test]
fn a_box_that_has_the_keyboard_a_dialog_and_a_pointer_at_rest_cost_nothing() {
    let mut window = sized(WIDE).trained();
    let mut failures = Vec::new();
    window.focus(Role::SpinButton, "Noise σ value");
    window.assert_rests("a box with the keyboard", &mut failures);
    window.type_into(Role::SpinButton, "Noise σ value", "abc");
    window.press(Key::Enter);
    window.assert_rests("a text that is refused", &mut failures);
    window.press(Key::Escape);
    window.chord(Modifiers::COMMAND, Key::K);
    window.assert_rests("the palette", &mut failures);
    window.press(Key::Escape);
    for dialog in ["keyboard shortcuts", "save the landscapes", "rename the run", "branch from a step", "tour"] {
        window.find(dialog);
        window.assert_rests(dialog, &mut failures);
        window.press(Key::Escape);
    }
    for place in [pos2(700.0, 300.0), pos2(700.0, 800.0), pos2(120.0, 300.0), pos2(60.0, 20.0)] {
        window.harness.hover_at(place);
        window.assert_rests("the pointer over something", &mut failures);
    }
    assert_none(&failures);
}
