//! Numbers that are typed: one rule in every box of the window.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flatscape::config::{DataSource, KnobId};
use flatscape::protocol::{Command, Event, Measurement};
use flatscape::ui::fake;

use crate::canned::NSO;
use crate::fixture::{TALL, WIDE, Window, sized};

impl Window {
    /// The newest box of that name: dialogs lie on top.
    fn number_box(&self, name: &str) -> egui_kittest::Node<'_> {
        let all = self.harness.query_all_by_role(Role::SpinButton);
        let mut named = all.filter(|node| node.accesskit_node().label().as_deref() == Some(name));
        named.next_back().unwrap_or_else(|| panic!("no box {name}"))
    }

    fn number_boxes(&self) -> Vec<String> {
        let all = self.harness.query_all_by_role(Role::SpinButton);
        let shown = all.filter(|node| !node.accesskit_node().is_disabled());
        shown.filter_map(|node| node.accesskit_node().label()).collect()
    }

    /// What a box says while nobody types into it.
    fn number_in(&self, name: &str) -> String {
        self.number_box(name).accesskit_node().value().unwrap_or_default()
    }

    /// Replaces what stands in a box, and leaves it.
    fn type_number(&mut self, name: &str, text: &str) {
        self.begin_number(name, text);
        self.press(Key::Tab);
    }

    fn begin_number(&mut self, name: &str, text: &str) {
        self.number_box(name).focus();
        self.harness.run_steps(3);
        self.chord(Modifiers::COMMAND, Key::A);
        self.press(Key::Backspace);
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run_steps(3);
    }

    /// Each box that is to be seen follows the rule; their names.
    fn assert_rule(&mut self, stage: &str) -> BTreeSet<String> {
        self.assert_rule_of(stage, |_| true)
    }

    fn assert_rule_of(&mut self, stage: &str, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let boxes: Vec<String> = self.number_boxes().into_iter().filter(|name| is_meant(name)).collect();
        for name in &boxes {
            let before = self.number_in(name);
            self.type_number(name, "abc");
            assert!(self.shows("“abc” is no number. Expected a "), "{stage}, {name}");
            assert_eq!(self.number_in(name), "abc", "{stage}, {name}: the text stays");
            self.begin_number(name, "NaN");
            self.press(Key::Enter);
            assert!(self.shows("“NaN” is not finite."), "{stage}, {name}");
            assert!(self.number_box(name).is_focused(), "{stage}, {name}: it is to be mended");
            self.type_number(name, "");
            assert!(!self.shows("is not finite"), "{stage}, {name}");
            assert_eq!(self.number_in(name), before, "{stage}, {name}: the value stays");
            self.type_number(name, "1,000");
            let is_refused = self.shows("“1,000” can be read as 1 or as 1000.");
            let shown = self.number_in(name);
            assert!(is_refused || !shown.starts_with("1 ") && shown != "1", "{stage}, {name}: 1,000 is no 1");
            self.type_number(name, "");
        }
        boxes.into_iter().collect()
    }
}

#[test]
fn a_comma_is_read_as_what_it_is_in_knobs() {
    let mut window = sized(TALL).stepped();
    let mut typed = |name: &str, text: &str| {
        window.type_number(name, text);
        let sent = window.commands().into_iter().rev().find_map(|command| match command {
            Command::SetKnob { run: NSO, knob, value } => Some((knob, value)),
            _ => None,
        });
        (sent, window.shows("can be read as") || window.shows("is not whole") || window.shows("is no number"))
    };
    assert_eq!(typed("Noise σ value", "0,18"), (Some((KnobId::Sigma, 0.18)), false));
    assert_eq!(typed("Noise σ value", "1,000"), (None, true));
    assert_eq!(typed("Noise σ value", " 2,5·10⁻² "), (Some((KnobId::Sigma, 0.025)), false));
    assert_eq!(typed("Batch value", "1,000"), (Some((KnobId::Batch, 1000.0)), false));
    assert_eq!(typed("Batch value", "1.000"), (None, true));
    assert_eq!(typed("Batch value", "0,18"), (None, true));
    assert_eq!(typed("Batch value", "1 024 examples"), (Some((KnobId::Batch, 1024.0)), false));
    assert_eq!(typed("Batch value", "64"), (Some((KnobId::Batch, 64.0)), false));
}

#[test]
fn off_is_a_value_that_can_be_typed() {
    let mut window = sized(TALL).stepped();
    window.click("Average and distance knobs");
    let turned = |knob, value| Command::SetKnob { run: NSO, knob, value };
    for (name, knob, off) in
        [("Clip gradient at value", KnobId::Clip, 0.0), ("Radius value", KnobId::Radius, KnobId::Radius.spec().max)]
    {
        assert_eq!(window.number_in(name), "off");
        window.type_number(name, "2,5");
        assert_eq!(window.commands(), [turned(knob, 2.5)]);
        assert_eq!(window.number_in(name), "2.5");
        window.type_number(name, "Off");
        assert_eq!(window.commands(), [turned(knob, off)]);
        assert_eq!(window.number_in(name), "off");
        window.type_number(name, "of");
        assert!(window.shows("“of” is no number."), "{name}");
        window.type_number(name, "");
        assert_eq!(window.commands(), []);
    }
    // The right end of its slider is no bound, which lies far beyond.
    window.set("Radius", 3.0);
    let radius = window.harness.state().model().run(NSO).map(|run| run.knobs.radius).expect("there");
    assert!((radius - 3.0).abs() < 0.1, "{radius}");
}

#[test]
fn a_box_that_was_only_visited_keeps_every_digit() {
    let mut window = sized(TALL).stepped();
    window.type_number("Noise σ value", "0.123456789");
    assert_eq!(window.commands(), [Command::SetKnob { run: NSO, knob: KnobId::Sigma, value: 0.123_456_789 }]);
    window.focus(Role::SpinButton, "Noise σ value");
    window.press(Key::Tab);
    assert_eq!(window.commands(), []);
    // By Escape a text goes, whether it would be understood or was refused.
    window.begin_number("Noise σ value", "0.5");
    window.press(Key::Escape);
    assert_eq!(window.commands(), []);
    window.begin_number("Noise σ value", "x");
    window.press(Key::Enter);
    assert!(window.shows("“x” is no number."));
    window.press(Key::Escape);
    assert!(!window.shows("is no number") && window.commands().is_empty());
}

#[test]
fn enter_in_a_box_that_refuses_is_no_answer_to_its_dialog() {
    let mut window = sized(TALL).stepped();
    window.press(Key::W);
    window.begin_number("Step value", "4o");
    window.press(Key::Enter);
    assert!(window.shows("“4o” is no number.") && window.shows("Rows after step"));
    assert_eq!(window.commands(), []);
    window.begin_number("Step value", "40");
    window.press(Key::Enter);
    assert_eq!(window.commands(), [Command::Rewind { run: NSO, step: 40 }]);
}

#[test]
fn every_box_of_runs_follows_the_rule() {
    let mut window = sized(TALL).stepped();
    let knobs = window.assert_rule("knobs");
    assert!(knobs.len() >= 6, "{knobs:?}");
    // What was looked at gives room for the rest.
    for group in ["Method knobs", "Step knobs", "Schedule knobs", "Average and distance knobs", "Augmentation knobs"] {
        window.click(group);
    }
    let more = window.assert_rule_of("groups", |name| !knobs.contains(name));
    assert!(more.contains("Radius value") && more.contains("Mixup α value"), "{more:?}");
    window = sized(TALL).stepped();
    window.click("Restarts the runs");
    let staged = window.assert_rule("staged");
    assert!(["Seed", "Budget", "Label noise"].iter().all(|name| staged.contains(*name)), "{staged:?}");
    let mut window = sized(TALL).stepped();
    window.find("branch from a step");
    let branch = window.assert_rule_of("a branch", |name| name == "Step value" || name.ends_with("of the new run"));
    assert!(branch.contains("Step value") && branch.contains("Noise σ of the new run"), "{branch:?}");
}

#[test]
fn every_box_of_measurements_follows_the_rule() {
    let mut window = sized(TALL).stepped();
    window.open_pane("Measure");
    let all = Measurement::menu(0.1, 0.05);
    let mut first = all[0].label();
    for what in &all {
        if what.label() != first {
            window.click_on(Role::ComboBox, "Measurement");
            window.harness.get_all_by_label(what.label()).last().expect("in the list").click();
            window.harness.run_steps(4);
            first = what.label();
        }
        if window.has(Role::CheckBox, "find it") {
            window.check("find it");
        }
        let boxes = window.assert_rule(what.label());
        assert!(boxes.contains("Seed of the measurement"), "{boxes:?}");
    }
}

#[test]
fn every_box_of_landscapes_charts_and_figures_follows_the_rule() {
    let mut window = sized([1700.0, 1400.0]).trained();
    let charts = window.assert_rule("charts");
    assert!(charts.contains("Weight of smoothing"), "{charts:?}");
    window.click("Landscape settings");
    let landscapes = window.assert_rule("landscapes");
    for name in ["Seed of the directions", "Range of the slices", "Points a side"] {
        assert!(landscapes.contains(name), "{landscapes:?}");
    }
    let mut window = sized(WIDE).trained();
    window.find("save the landscapes");
    let figures = window.assert_rule_of("figures", |name| name == "Seconds to record");
    assert!(figures.contains("Seconds to record"), "{figures:?}");
}

#[test]
fn every_box_of_models_and_data_follows_the_rule() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    let model = window.assert_rule("model");
    assert!(model.contains("Label smoothing"), "{model:?}");
    window.open_pane("Data");
    window.click("Spirals");
    let data = window.assert_rule("data");
    for name in ["Noise of the points", "Classes", "Training examples", "Test examples", "Label noise"] {
        assert!(data.contains(name), "{data:?}");
    }
    window.type_number("Training examples", "1,000");
    window.type_number("Noise of the points", "0,25");
    window.type_number("Label noise", "12,5 %");
    // One look at a time: the newest is asked for when the last has come.
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    let asked = window.commands().into_iter().rev().find_map(|command| match command {
        Command::Preview(config) => Some(config),
        _ => None,
    });
    let asked = asked.expect("a look");
    assert_eq!(
        (asked.source, asked.train_size, asked.noise, asked.label_noise),
        (DataSource::Spirals, 1000, 0.25, 0.125)
    );
}
