//! Own data: looked into, said what they are, used.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use flatscape::config::{DataSource, LabelKind, LossKind, ModelInput};
use flatscape::protocol::{Command, DataPreview, Event, ExampleLabel, ExampleRow, FileFacts, TextLook};
use flatscape::ui::fake;

use super::{newest, write};
use crate::canned::experiment;
use crate::fixture::{WIDE, sized};

#[test]
fn data_that_come_with_the_program_are_looked_into_and_used() {
    let mut window = sized(WIDE).started();
    window.open_pane("Data");
    window.expect("These data are trained on now.");
    window.expect("40 of 1\u{a0}300 examples as points");
    window.expect("Class 0: 150 training examples");
    window.click("Spirals");
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::Preview(config)] if config.source == DataSource::Spirals),
        "{commands:?}"
    );
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    window.expect("The present model fits and stays as it is. All runs restart");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.source, loaded.model), (DataSource::Spirals, experiment().model));
}

#[test]
fn a_csv_file_by_its_path_is_looked_into_before_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "iris.csv", b"5.1,3.5,1.4,0.2,setosa\n");
    let mut window = sized(WIDE).started();
    window.chord(Modifiers::COMMAND, Key::O);
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.press(Key::Enter);
    assert!(window.shows_pane("Data"));
    let commands = window.commands();
    let is_asked = |command: &Command| matches!(command, Command::Preview(config) if config.path.as_ref() == Some(&path) && config.train_size == 0);
    assert!(commands.iter().any(is_asked), "{commands:?}");
    let row = |class| ExampleRow { x: vec![5.1, 3.5, 1.4, 0.2], label: ExampleLabel::Class(class), is_test: false };
    window.tell([Event::Previewed(Ok(Arc::new(DataPreview {
        source: "iris.csv, CSV without a header".to_owned(),
        shape: vec![4],
        num_train: 120,
        num_test: 30,
        classes: ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec(),
        class_counts: vec![10, 50, 60],
        rows: vec![row(0), row(1), row(2)],
        file: FileFacts { examples: 150, ..FileFacts::default() },
        text: None,
    })))]);
    window.expect("120 training and 30 test examples of 4 features");
    window.expect("Class versicolor: 50 training examples");
    window.expect("setosa has 10 training examples, the largest 60");
    window.expect("The first 3 of 120 training examples, 4 of 4 features");
    window.expect("is adapted: input 4 features, last layer `linear 3`");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.train_size, loaded.data.test_size, loaded.data.path), (120, 30, Some(path)));
    assert_eq!((loaded.model.input.shape(), loaded.title.as_str()), (vec![4], "iris, own model"));
}

#[test]
fn data_that_cannot_be_read_say_why() {
    let mut window = sized(WIDE).started();
    window.open_pane("Data");
    window.click("Blobs");
    window.tell([Event::Previewed(Err("`data.noise` is NaN, expected a number from 0 to 10".to_owned()))]);
    window.expect("These data cannot be used: `data.noise` is NaN, expected a number from 0 to 10.");
    window.click("Use these data");
    assert_eq!(window.loaded(), None);
    window.click("Back to the data that run");
    window.expect("These data are trained on now.");
}

#[test]
fn digits_are_shown_as_pictures() {
    let mut window = sized(WIDE).started();
    window.open_pane("Data");
    window.click("Digits");
    let row =
        |i: usize| ExampleRow { x: vec![0.1 * (i % 8) as f32; 64], label: ExampleLabel::Class(i % 10), is_test: i > 5 };
    window.tell([Event::Previewed(Ok(Arc::new(DataPreview {
        source: "handwritten digits, 8×8 pixels".to_owned(),
        shape: vec![64],
        num_train: 500,
        num_test: 1297,
        classes: (0..10).map(|class| class.to_string()).collect(),
        class_counts: vec![50; 10],
        rows: (0..9).map(row).collect(),
        file: FileFacts::default(),
        text: None,
    })))]);
    window.expect("6 of 500 training examples");
    window.expect("3 of 1\u{a0}297 test examples");
    assert!(window.has(Role::Image, "Example 4, 3"));
    window.expect("last layer `linear 10`");
}

#[test]
fn ctrl_enter_is_for_the_pane_in_front() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.layers("linear 8\ngelu\nlinear 2");
    window.open_pane("Data");
    window.click("Spirals");
    window.tell([Event::Previewed(Ok(Arc::new(fake::preview())))]);
    window.commands();
    window.chord(Modifiers::COMMAND, Key::Enter);
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!(loaded.data.source, DataSource::Spirals);
}

#[test]
fn the_user_says_what_the_labels_of_a_table_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "houses.csv", b"rooms,price,garden\n3,200,1\n4,300,0\n");
    let mut window = sized(WIDE).started();
    window.drop_files(&[path]);
    assert_eq!(newest(&mut window).label_column, None);
    let row = |label| ExampleRow { x: vec![3.0, 200.0], label, is_test: false };
    let facts = |columns: [&str; 2], label: &str| FileFacts {
        examples: 10,
        columns: columns.map(str::to_owned).to_vec(),
        label: label.to_owned(),
        notes: vec![format!("the label is column 3 (`{label}`)")],
    };
    let look = |classes: &[&str], label, file| DataPreview {
        source: "houses.csv".to_owned(),
        shape: vec![2],
        num_train: 8,
        num_test: 2,
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        class_counts: vec![1; classes.len()],
        rows: vec![row(label)],
        file,
        text: None,
    };
    let classes = look(&["0", "1"], ExampleLabel::Class(0), facts(["rooms", "price"], "garden"));
    window.tell([Event::Previewed(Ok(Arc::new(classes)))]);
    window.expect("The label is column 3 (`garden`).");
    window.click("numbers");
    assert_eq!(newest(&mut window).labels, LabelKind::Numbers);
    window.tell([Event::Previewed(Err("`data.path`: no".to_owned()))]);
    window.click_on(Role::ComboBox, "Label column");
    window.click("price");
    let asked = newest(&mut window);
    assert_eq!((asked.labels, asked.label_column.as_deref()), (LabelKind::Numbers, Some("price")));
    let values = look(&[], ExampleLabel::Values(vec![200.0]), facts(["rooms", "garden"], "price"));
    window.tell([Event::Previewed(Ok(Arc::new(values)))]);
    window.expect("The labels are numbers, for a regression.");
    window.expect("input 2 features, last layer `linear 1`");
}

#[test]
fn another_source_keeps_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "iris.csv", b"5.1,3.5,setosa\n4,5,virginica\n");
    let mut window = sized(WIDE).started();
    window.drop_files(&[path]);
    window.click("Circles");
    assert!(!window.shows("Open another…"));
    window.click("File");
    window.expect("iris.csv");
    window.expect("Open another…");
}

#[test]
fn a_first_line_that_may_be_a_header_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "pixels.csv", b"0,1,2\n10,20,0\n30,40,1\n");
    let mut window = sized(WIDE).started();
    window.drop_files(&[path]);
    assert_eq!(newest(&mut window).header, None);
    let problem = "`data.path`: a first line that may be a header or an example (0, 1, 2), expected `header = true` or \
                   `header = false` to say which";
    window.tell([Event::Previewed(Err(problem.to_owned()))]);
    window.expect("These data cannot be used: a first line that may be a header");
    window.click("yes");
    assert_eq!(newest(&mut window).header, Some(true));
    window.tell([Event::Previewed(Err(problem.to_owned()))]);
    window.click_on(Role::ComboBox, "Label column");
    window.click("1");
    assert_eq!(newest(&mut window).label_column.as_deref(), Some("1"));
    window.tell([Event::Previewed(Err(problem.to_owned()))]);
    window.click("no");
    let asked = newest(&mut window);
    assert_eq!((asked.header, asked.label_column), (Some(false), None), "a name is no number");
}

#[test]
fn text_gets_a_model_that_says_the_next_token() {
    let mut window = sized(WIDE).started();
    window.open_pane("Data");
    window.click("Sums");
    let label = ExampleLabel::Tokens("19".to_owned());
    window.tell([Event::Previewed(Ok(Arc::new(DataPreview {
        source: "sums and differences of numbers up to 20".to_owned(),
        shape: vec![24],
        num_train: 1000,
        num_test: 300,
        classes: "0123456789+-=.".chars().map(String::from).collect(),
        class_counts: Vec::new(),
        rows: vec![ExampleRow { x: Vec::new(), label, is_test: false }],
        file: FileFacts::default(),
        text: Some(TextLook { tokens: 24, vocabulary: 14, rows: vec!["12+7=19.".to_owned()], ..TextLook::default() }),
    })))]);
    window.expect("The labels are tokens");
    window.expect("No present model fits, so a small one takes its place: embedding 32, position");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.source, loaded.model.loss), (DataSource::Sums, LossKind::TokenCrossEntropy));
    assert_eq!(loaded.model.input, ModelInput::tokens(24, 14));
    assert_eq!(loaded.model.tied, [["0.weight", "7.weight"]]);
    loaded.model.validate().unwrap();
}
