//! Validation examples, the scale of the examples' numbers, and pictures as a step sees them.

use std::sync::Arc;

use egui::Key;
use egui::accesskit::Role;

use flatscape::config::{DataSource, KeepRule, KnobId};
use flatscape::protocol::{Command, DataPreview, Event, ExampleLabel, ExampleRow, KnobEdit};
use flatscape::ui::fake;

use super::newest;
use crate::canned::NSO;
use crate::fixture::{Window, sized};

/// With room for the whole pane.
const LONG: [f32; 2] = [1440.0, 2400.0];

/// The Data pane with another source that was looked into.
fn chosen(source: &str, look: DataPreview) -> Window {
    let mut window = sized(LONG).started();
    window.open_pane("Data");
    window.click(source);
    window.tell([Event::Previewed(Ok(Arc::new(look)))]);
    window.commands();
    window
}

impl Window {
    fn number(&mut self, label: &str, text: &str) {
        self.type_into(Role::SpinButton, label, text);
        self.press(Key::Tab);
    }
}

fn digits() -> DataPreview {
    let row = |i: usize| ExampleRow {
        x: (0..64).map(|pixel| ((pixel * (i + 3)) % 17) as f32).collect(),
        label: ExampleLabel::Class(i % 10),
        is_test: i > 5,
    };
    DataPreview {
        source: "handwritten digits, 8×8 pixels".to_owned(),
        shape: vec![64],
        num_train: 500,
        num_test: 1297,
        classes: (0..10).map(|class| class.to_string()).collect(),
        class_counts: vec![50; 10],
        rows: (0..9).map(row).collect(),
        ..DataPreview::default()
    }
}

#[test]
fn validation_examples_decide_which_weights_are_kept() {
    let mut window = chosen("Spirals", fake::preview());
    assert!(window.is_disabled(Role::Button, "best on validation"), "nothing tells the best");
    window.number("Validation examples", "50");
    assert_eq!(newest(&mut window).validation_size, 50);
    assert!(!window.is_disabled(Role::Button, "best on validation"));
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    window.expect("300 training, 50 validation and 1\u{a0}000 test examples");
    window.click("best on validation");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.source, loaded.data.validation_size), (DataSource::Spirals, 50));
    assert_eq!((loaded.keep, loaded.start), (KeepRule::BestValidation, None));
    window.number("Validation examples", "0");
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    window.click("Use these data");
    assert_eq!(window.loaded().expect("a new experiment").keep, KeepRule::Last);
}

#[test]
fn validation_examples_are_taken_from_those_of_the_test_where_all_are_in_use() {
    let mut window = chosen("Digits", digits());
    window.number("Validation examples", "200");
    let asked = newest(&mut window);
    assert_eq!([asked.train_size, asked.validation_size, asked.test_size], [500, 200, 1097]);
}

#[test]
fn going_back_forgets_the_validation_examples() {
    let mut window = chosen("Spirals", fake::preview());
    window.number("Validation examples", "50");
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    window.click("Back to the data that run");
    window.expect("These data are trained on now.");
    assert!(window.is_disabled(Role::Button, "best on validation"));
}

#[test]
fn images_are_resized_and_scaled_by_numbers_that_can_be_read() {
    let mut window = chosen("Digits", digits());
    window.type_into(Role::TextInput, "Mean", "0.5, half");
    window.expect("“half” is no number");
    window.click("Use these data");
    assert_eq!(window.loaded(), None, "it is mended first");
    window.type_into(Role::TextInput, "Mean", "0.5");
    let asked = newest(&mut window);
    assert_eq!((asked.mean, asked.std, asked.resize), (vec![0.5], Vec::new(), None));
    window.tell([Event::Previewed(Ok(Arc::new(digits())))]);
    window.type_into(Role::TextInput, "Standard deviation", "0.25");
    window.tell([Event::Previewed(Ok(Arc::new(digits())))]);
    window.commands();
    window.number("Resize", "16");
    let asked = newest(&mut window);
    assert_eq!((asked.mean, asked.std, asked.resize), (vec![0.5], vec![0.25], Some(16)));
    window.tell([Event::Previewed(Ok(Arc::new(digits())))]);
    window.click("Use these data");
    assert_eq!(window.loaded().expect("a new experiment").data.std, [0.25]);
}

#[test]
fn glyphs_are_a_source_with_up_to_62_classes() {
    let mut window = sized(LONG).started();
    window.open_pane("Data");
    window.click("Glyphs");
    let asked = newest(&mut window);
    assert_eq!((asked.source, asked.classes), (DataSource::Glyphs, 36));
    let rows = vec![ExampleRow { x: vec![0.5; 256], label: ExampleLabel::Class(0), is_test: false }];
    let classes = (0..36).map(|class| class.to_string()).collect();
    let look = DataPreview { shape: vec![1, 16, 16], classes, rows, num_train: 1800, num_test: 900, ..digits() };
    window.tell([Event::Previewed(Ok(Arc::new(look)))]);
    assert!(window.has(Role::Image, "Example 1, 0"));
    window.number("Classes", "70");
    assert_eq!(newest(&mut window).classes, 62);
}

#[test]
fn pictures_are_shown_as_a_step_of_the_selected_run_sees_them() {
    let mut window = chosen("Digits", digits());
    assert!(window.is_disabled(Role::CheckBox, "As a step sees them"), "no knob changes pictures");
    window.expect("input 64 features, last layer `linear 10`");
    let edit = KnobEdit { step: 0, knob: KnobId::Flip, old: 0.0, new: 1.0 };
    window.tell([Event::KnobTurned { run: NSO, edit }]);
    window.check("As a step sees them");
    window.expect("the knobs of NSO");
    assert!(window.has(Role::Image, "Example 4, 3"));
    window.click("Another draw");
    assert!(window.has(Role::Image, "Example 4, 3"));
    window.check("As a step sees them");
    assert!(window.is_disabled(Role::Button, "Another draw"));
    // A chain of features takes no pictures.
    window.expect("turned on, which needs images, and the model takes 64 features: turn it off first.");
    window.commands();
    window.click("Use these data");
    assert!(!window.commands().iter().any(|command| matches!(command, Command::Load { .. })));
}
