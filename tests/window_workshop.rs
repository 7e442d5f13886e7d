//! Own models and own data in the window, with a fake engine.

#[path = "window/canned.rs"]
#[allow(dead_code, reason = "other tests of the window use the rest")]
mod canned;
#[path = "window/workshop.rs"]
mod workshop;

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{
    DataConfig, DataSource, KnobId, LabelKind, LossKind, ModelConfig, OptimizerKind, builtin_experiment,
};
use flatscape::protocol::{
    Command, DataPreview, Event, ExampleLabel, ExampleRow, FileFacts, KnobEdit, Origin, RunId, RunInfo, RunStart,
};

use canned::{experiment, preview};
use workshop::{Window, write};

#[test]
fn a_layer_that_is_typed_gets_its_shape_and_parameters() {
    let mut window = Window::new();
    window.pane("Model");
    window.expect("This model runs now.");
    window.expect("Layer in row 1: 32 features · 96");
    window.layers("linear 8\n[\n  tanh\n  linear 8\n]\nlinear 2");
    window.expect("Layer in row 1: 8 features · 24");
    window.expect("Layer in row 5: 8 features · 72");
    window.expect("114 parameters, 2 outputs");
    window.expect("All runs restart from step 0");
    window.type_into(Role::TextInput, "Input shape", "3");
    window.expect("Layer in row 1: 8 features · 32");
    window.expect("The model takes 3 features, the data have 2 features");
}

#[test]
fn what_is_wrong_stands_at_its_line_and_does_not_train() {
    let mut window = Window::new();
    window.pane("Model");
    window.layers("linear 8\nthan\nlinear 2");
    window.expect("Layer in row 2: Unknown layer `than`; did you mean `tanh`?");
    window.expect("The marked line must be corrected");
    window.keys(Modifiers::COMMAND, Key::Enter);
    window.click("Train this");
    assert_eq!(window.loaded(), None);
    window.layers("linear 3\nflatten");
    window.expect("3 outputs");
    window.layers(" ");
    window.expect("There is no layer");
    window.click("Back to what runs");
    window.expect("This model runs now.");
}

#[test]
fn train_this_loads_the_experiment_with_the_model() {
    for by_keys in [false, true] {
        let mut window = Window::new();
        window.pane("Model");
        window.layers("linear 8\ngelu\nlinear 2");
        if by_keys {
            window.keys(Modifiers::COMMAND, Key::Enter);
        } else {
            window.click("Train this");
        }
        let loaded = window.loaded().expect("a new experiment");
        assert_eq!(loaded.model, ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 8", "gelu", "linear 2"]));
        assert_eq!((loaded.data, loaded.optimizers), (experiment().data, experiment().optimizers));
        assert_eq!(loaded.title, "Two moons, own model");
    }
}

#[test]
fn text_is_taken_back_by_its_own_keys() {
    let mut window = Window::new();
    window.pane("Model");
    window.layers("linear 5\nlinear 2");
    window.expect("Layer in row 1: 5 features");
    window.keys(Modifiers::COMMAND, Key::Z);
    window.harness.run_steps(3);
    window.expect("Layer in row 1: 32 features");
}

#[test]
fn data_that_come_with_the_program_are_looked_into_and_used() {
    let mut window = Window::new();
    window.pane("Data");
    window.expect("These data are trained on now.");
    window.expect("40 of 1\u{a0}300 examples as points");
    window.expect("Class 0: 150 training examples");
    window.click("Spirals");
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::Preview(config)] if config.source == DataSource::Spirals),
        "{commands:?}"
    );
    window.tell(Event::Previewed(Ok(Arc::new(preview()))));
    window.expect("The present model fits and stays as it is. All runs restart");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.source, loaded.model), (DataSource::Spirals, experiment().model));
}

#[test]
fn a_csv_file_by_its_path_is_looked_into_before_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "iris.csv", b"5.1,3.5,1.4,0.2,setosa\n");
    let mut window = Window::new();
    window.keys(Modifiers::COMMAND, Key::O);
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.keys(Modifiers::NONE, Key::Enter);
    assert!(window.harness.state().shows_pane("Data"));
    let commands = window.commands();
    let is_asked = |command: &Command| matches!(command, Command::Preview(config) if config.path.as_ref() == Some(&path) && config.train_size == 0);
    assert!(commands.iter().any(is_asked), "{commands:?}");
    let row = |class| ExampleRow { x: vec![5.1, 3.5, 1.4, 0.2], label: ExampleLabel::Class(class), is_test: false };
    window.tell(Event::Previewed(Ok(Arc::new(DataPreview {
        source: "iris.csv, CSV without a header".to_owned(),
        shape: vec![4],
        num_train: 120,
        num_test: 30,
        classes: ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec(),
        class_counts: vec![10, 50, 60],
        rows: vec![row(0), row(1), row(2)],
        file: FileFacts { examples: 150, ..FileFacts::default() },
    }))));
    window.expect("120 training and 30 test examples of 4 features");
    window.expect("Class versicolor: 50 training examples");
    window.expect("setosa has 10 training examples, the largest 60");
    window.expect("The first 3 of 120 training examples, 4 of 4 features");
    window.expect("is adapted: input 4 features, last layer `linear 3`");
    window.click("Use these data");
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!((loaded.data.train_size, loaded.data.test_size, loaded.data.path), (120, 30, Some(path)));
    assert_eq!((loaded.model.input, loaded.title.as_str()), (vec![4], "iris, own model"));
}

#[test]
fn data_that_cannot_be_read_say_why() {
    let mut window = Window::new();
    window.pane("Data");
    window.click("Blobs");
    window.tell(Event::Previewed(Err("`data.noise` is NaN, expected a number from 0 to 10".to_owned())));
    window.expect("These data cannot be used: `data.noise` is NaN, expected a number from 0 to 10.");
    window.click("Use these data");
    assert_eq!(window.loaded(), None);
    window.click("Back to the data that run");
    window.expect("These data are trained on now.");
}

#[test]
fn digits_are_shown_as_pictures() {
    let mut window = Window::new();
    window.pane("Data");
    window.click("Digits");
    let row =
        |i: usize| ExampleRow { x: vec![0.1 * (i % 8) as f32; 64], label: ExampleLabel::Class(i % 10), is_test: i > 5 };
    window.tell(Event::Previewed(Ok(Arc::new(DataPreview {
        source: "handwritten digits, 8×8 pixels".to_owned(),
        shape: vec![64],
        num_train: 500,
        num_test: 1297,
        classes: (0..10).map(|class| class.to_string()).collect(),
        class_counts: vec![50; 10],
        rows: (0..9).map(row).collect(),
        file: FileFacts::default(),
    }))));
    window.expect("6 of 500 training examples");
    window.expect("3 of 1\u{a0}297 test examples");
    assert!(window.harness.query_by_role_and_label(Role::Image, "Example 4, 3").is_some());
    window.expect("last layer `linear 10`");
}

#[test]
fn dropped_files_go_where_they_belong() {
    let dir = tempfile::tempdir().unwrap();
    let digits = builtin_experiment("digits-cnn").unwrap();
    let model = write(&dir, "cnn.toml", toml::to_string(&digits.model).unwrap().as_bytes());
    let file = write(&dir, "digits.toml", digits.to_toml().as_bytes());
    let mut window = Window::new();
    window.harness.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.harness.run_steps(2);
    window.expect("Drop to open");
    window.harness.input_mut().hovered_files.clear();
    window.drop_files(std::slice::from_ref(&model));
    assert!(!window.shows("Drop to open"));
    assert!(window.harness.state().shows_pane("Model"));
    window.expect("Layer in row 1: 8×8×8 · 80");
    window.expect("The model takes 1×8×8, the data have 2 features");
    window.drop_files(&[file, model]);
    assert_eq!(window.loaded(), Some(digits));
}

#[test]
fn wrong_kinds_are_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8], &str); 4] = [
        ("cat.png", b"\x89PNG", "cat.png is a single picture, expected an experiment or a model"),
        ("what.xyz", &[0xff, 0xfe, 0x01], "what.xyz seems to be bytes of an unknown kind"),
        ("bad.toml", b"budget = 3", "bad.toml is no valid experiment"),
        ("net.pt", b"PK\x03\x04", "a Python pickle, which is never opened because it may run code"),
    ];
    for (name, bytes, expected) in cases {
        let mut window = Window::new();
        window.drop_files(&[write(&dir, name, bytes)]);
        window.pane("Notices");
        window.expect(expected);
        assert_eq!(window.commands(), []);
    }
    let mut window = Window::new();
    let tables = ["a.csv", "b.csv"].map(|name| write(&dir, name, b"1,2,0\n"));
    window.drop_files(&[tables[0].clone(), tables[1].clone(), dir.path().join("gone")]);
    window.pane("Notices");
    window.expect("b.csv was left: of each kind one file is opened at a time.");
    window.expect("gone cannot be read");
}

#[test]
fn weights_start_a_run_when_they_are_of_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let state = |names: &[&str]| {
        let entry = |(i, name): (usize, &&str)| {
            format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{},{}]}}", 4 * i, 4 * i + 4)
        };
        let header = format!("{{{}}}", names.iter().enumerate().map(entry).collect::<Vec<_>>().join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(vec![0; 4 * names.len()]);
        bytes
    };
    let mut window = Window::new();
    let other = write(&dir, "other.safetensors", &state(&["0.weight", "conv.bias"]));
    window.drop_files(&[other]);
    window.expect("1 of the 2 tensors of the present model are not in it");
    window.click("Start a run from these weights");
    assert_eq!(window.commands(), []);
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("A state dict of"));
    let weights = write(&dir, "best.safetensors", &state(&["0.weight", "0.bias"]));
    window.drop_files(std::slice::from_ref(&weights));
    window.expect("with the optimiser and the knobs of NSO");
    window.click("Start a run from these weights");
    let commands = window.commands();
    let [Command::AddRun { start, knobs, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((start, knobs.sigma), (&RunStart::File(weights), 0.1));
    assert!(!window.shows("A state dict of"));
}

#[test]
fn panes_hold_in_every_size() {
    for theme in [Theme::Dark, Theme::Light] {
        for size in [[300.0, 200.0], [640.0, 420.0], [1024.0, 640.0]] {
            let mut window = Window::open(theme, size);
            for pane in ["Model", "Data"] {
                window.pane(pane);
            }
        }
    }
    let mut window = Window::open(Theme::Dark, [1024.0, 640.0]);
    for (pane, button) in [("Model", "Train this"), ("Data", "Use these data")] {
        window.pane(pane);
        let rect = window.harness.get_by_role_and_label(Role::Button, button).rect();
        assert!(rect.bottom() < 640.0 && rect.left() > 0.0, "{button}: {rect}");
    }
}

/// The look into data that was asked for last.
fn newest(window: &mut Window) -> DataConfig {
    let asked = window.commands().into_iter().rev().find_map(|command| match command {
        Command::Preview(config) => Some(*config),
        _ => None,
    });
    asked.expect("a look")
}

/// The runs that another experiment was asked for with: those that it has by itself, and those beside.
fn asked_runs(window: &mut Window) -> (Vec<OptimizerKind>, Vec<(OptimizerKind, RunStart)>) {
    let commands = window.commands();
    let [Command::Load { experiment, more }, Command::Play] = &commands[..] else { panic!("{commands:?}") };
    let more = more.iter().map(|run| (run.optimizer, run.start.clone()));
    (experiment.optimizers.keys().copied().collect(), more.collect())
}

#[test]
fn all_runs_go_over_to_an_own_model_and_the_pane_says_which_end() {
    let mut window = Window::new();
    let joins = |run: u32, optimizer, origin| {
        let knobs = experiment().knobs(optimizer).expect("valid");
        Event::RunAdded(RunInfo { run: RunId(run), optimizer, seed: 0, knobs, origin })
    };
    window.tell(Event::RunRemoved(RunId(2)));
    window.tell(joins(4, OptimizerKind::Nso, Origin::Initial));
    window.tell(Event::KnobTurned {
        run: RunId(4),
        edit: KnobEdit { step: 0, knob: KnobId::Sigma, old: 0.11, new: 0.4 },
    });
    window.pane("Model");
    window.layers("linear 8\ngelu\nlinear 2");
    window.expect("All runs restart from step 0; their knobs, names and colours stay.");
    window.tell(joins(5, OptimizerKind::Sgd, Origin::Branch { run: RunId(1), step: 30 }));
    window.expect("3 of 4 runs restart from step 0");
    window.expect("SGD 2 ends, because it began at a step of another run");
    window.commands();
    window.click("Train this");
    let (own, beside) = asked_runs(&mut window);
    assert_eq!(own, [OptimizerKind::Sgd, OptimizerKind::Nso], "SAM was removed and does not come back");
    assert_eq!(beside, [(OptimizerKind::Nso, RunStart::Initial)]);
}

#[test]
fn ctrl_enter_is_for_the_pane_in_front() {
    let mut window = Window::new();
    window.pane("Model");
    window.layers("linear 8\ngelu\nlinear 2");
    window.pane("Data");
    window.click("Spirals");
    window.tell(Event::Previewed(Ok(Arc::new(preview()))));
    window.commands();
    window.keys(Modifiers::COMMAND, Key::Enter);
    let loaded = window.loaded().expect("a new experiment");
    assert_eq!(loaded.data.source, DataSource::Spirals);
}

#[test]
fn a_broken_draft_is_not_saved_and_comments_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = Window::new();
    window.pane("Model");
    window.layers("linear 8\n[\ntanh\nlinear 2");
    window.click("Save as a model file…");
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "Path").is_none(), "the button is disabled");
    let text = "# a start\nlinear 8  # wide\ntanh\nlinear 2";
    window.layers(text);
    window.click("Save as a model file…");
    let path = dir.path().join("mine.toml");
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.keys(Modifiers::NONE, Key::Enter);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("# a start") && written.contains("\"linear 8\", # wide"), "{written}");
    window.layers("linear 5\nlinear 2");
    window.drop_files(&[path]);
    window.expect("Layer in row 2: 8 features");
    window.click("Bring back the draft");
    window.expect("Layer in row 1: 5 features");
    window.click("Back to what runs");
    window.click("Bring back the draft");
    window.expect("Layer in row 1: 5 features");
}

#[test]
fn what_was_being_put_together_is_there_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let table = write(&dir, "points.csv", b"a,b,price\n1,2,3\n4,5,6\n");
    let open = || {
        let mut window = Window::with_settings(Theme::Dark, [1440.0, 900.0], Some(settings.clone()));
        window.keys(Modifiers::NONE, Key::Escape);
        window
    };
    let mut window = open();
    window.pane("Model");
    window.layers("# not yet\nlinear 9\nlinaer 2");
    window.drop_files(&[table]);
    window.harness.get_by_role_and_label(Role::Button, "numbers").click();
    window.harness.run_steps(3);
    eframe::App::on_exit(window.harness.state_mut());
    let mut window = open();
    window.pane("Model");
    window.expect("Layer in row 2: 9 features");
    window.expect("Unknown layer `linaer`");
    window.pane("Data");
    window.expect("points.csv");
    window.tell(Event::Previewed(Err("`data.path`: no".to_owned())));
    window.commands();
    window.type_into(Role::SpinButton, "Seed", "1");
    window.keys(Modifiers::NONE, Key::Tab);
    let asked = newest(&mut window);
    assert_eq!((asked.labels, asked.seed), (LabelKind::Numbers, 1));
}

#[test]
fn a_model_that_was_trained_is_there_at_the_next_start_too() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let open = || Window::with_settings(Theme::Dark, [1440.0, 900.0], Some(settings.clone()));
    let mut window = open();
    window.keys(Modifiers::NONE, Key::Escape);
    window.pane("Model");
    window.layers("linear 7\nrelu\nlinear 2");
    window.click("Train this");
    eframe::App::on_exit(window.harness.state_mut());
    let mut window = open();
    window.expect("Layer in row 1: 7 features");
    window.expect("All runs restart from step 0");
    window.click("Back to what runs");
    eframe::App::on_exit(window.harness.state_mut());
    let window = open();
    window.expect("This model runs now.");
}

#[test]
fn the_user_says_what_the_labels_of_a_table_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "houses.csv", b"rooms,price,garden\n3,200,1\n4,300,0\n");
    let mut window = Window::new();
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
    };
    let classes = look(&["0", "1"], ExampleLabel::Class(0), facts(["rooms", "price"], "garden"));
    window.tell(Event::Previewed(Ok(Arc::new(classes))));
    window.expect("The label is column 3 (`garden`).");
    window.click("numbers");
    assert_eq!(newest(&mut window).labels, LabelKind::Numbers);
    window.tell(Event::Previewed(Err("`data.path`: no".to_owned())));
    window.harness.get_by_role_and_label(Role::ComboBox, "Label column").click();
    window.harness.run_steps(3);
    window.click("price");
    let asked = newest(&mut window);
    assert_eq!((asked.labels, asked.label_column.as_deref()), (LabelKind::Numbers, Some("price")));
    let values = look(&[], ExampleLabel::Values(vec![200.0]), facts(["rooms", "garden"], "price"));
    window.tell(Event::Previewed(Ok(Arc::new(values))));
    window.expect("The labels are numbers, for a regression.");
    window.expect("input 2 features, last layer `linear 1`");
}

#[test]
fn another_source_keeps_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "iris.csv", b"5.1,3.5,setosa\n4,5,virginica\n");
    let mut window = Window::new();
    window.drop_files(&[path]);
    window.click("Circles");
    assert!(!window.shows("Open another…"));
    window.click("File");
    window.expect("iris.csv");
    window.expect("Open another…");
}
