//! Data of the user's own: files written by NumPy, PyTorch, Pillow and Python's csv module are read as they were meant.
//!
//! `tests/reference/README.md` says what `expected.json` lists. What is refused, and how, is in `program/analyze_input.rs`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::PathBuf;

use flatscape::config::{DataConfig, DataSource, LabelKind, LossKind, ModelConfig, builtin_experiment};
use flatscape::data::{Imported, Labels, ReadChoice, Wanted, import, import_as};
use flatscape::protocol::{Command, Event, NewRun, Origin, RunStart};

use crate::reference::{self, Case, check};
use crate::session::Session;

/// The folder with a small file of every format.
const DATA: &str = "data";

fn folder() -> PathBuf {
    reference::folder(DATA)
}

fn cases() -> Vec<Case> {
    reference::cases(DATA)
}

#[test]
fn files_of_the_usual_libraries_are_read_as_they_were_meant() {
    let cases = cases();
    assert!(cases.len() >= 18, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = import::<f32>(&folder().join(&case.path), &case.wanted()).map_err(|err| err.to_string());
        if let Err(problem) = outcome.and_then(|found| check(case, &found)) {
            failures.push(format!("{}: {problem}", case.path));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_model_of_another_size_is_told_so() {
    for case in cases() {
        let input: Vec<usize> = case.input.iter().map(|side| side + 1).collect();
        let wanted = Wanted { input: &input, ..case.wanted() };
        let message = import::<f32>(&folder().join(&case.path), &wanted).unwrap_err().to_string();
        assert!(message.contains(&case.path) && message.contains("expected"), "{}: {message}", case.path);
    }
}

/// A file that was cut off anywhere must be told apart from a whole one, and must never be a panic.
#[test]
fn a_truncated_file_is_an_error_or_fewer_examples() {
    for case in cases().iter().filter(|case| folder().join(&case.path).is_file()) {
        let path = folder().join(&case.path);
        let whole = std::fs::read(&path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        for beside in std::fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().path()) {
            if beside.is_file() {
                std::fs::copy(&beside, dir.path().join(beside.file_name().unwrap())).unwrap();
            }
        }
        let cut = dir.path().join(path.file_name().unwrap());
        for length in (0..whole.len()).step_by((whole.len() / 40).max(1)) {
            std::fs::write(&cut, &whole[..length]).unwrap();
            if let Ok(found) = import::<f32>(&cut, &case.wanted()) {
                // Text has no end mark, and CIFAR's records can be counted only.
                let can_be_short = case.path.ends_with(".csv") || case.path.ends_with(".bin");
                let n = found.data.y.len();
                assert!(can_be_short && n <= case.n, "{} cut at {length}: {n} examples", case.path);
            }
        }
    }
}

#[test]
fn images_are_flat_where_the_model_takes_features() {
    for (path, features) in
        [("idx/train-labels-idx1-ubyte", 30), ("data_batch_1.bin", 3072), ("grey", 64), ("png", 192), ("png", 64)]
    {
        let wanted = Wanted { input: &[features], outputs: 10, loss: LossKind::CrossEntropy, text: None };
        let found = import::<f32>(&folder().join(path), &wanted).unwrap();
        assert_eq!((found.data.features(), &found.data.shape), (features, &vec![features]), "{path}");
    }
}

fn table(text: &str, outputs: usize, loss: LossKind) -> Result<Imported, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    import::<f32>(&path, &Wanted { input: &[2], outputs, loss, text: None }).map_err(|err| err.to_string())
}

#[test]
fn tables_say_what_they_took_for_the_label() {
    let found = table("# made by hand\na;b;species\n1;2;dog\n3;4;cat\n5;6;dog\n", 3, LossKind::CrossEntropy).unwrap();
    assert_eq!(found.data.y, Labels::Classes { of: vec![1, 0, 1], count: 3 });
    assert_eq!(found.data.x, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let notes = found.notes.join("; ");
    assert!(notes.contains("column 3 (`species`)") && notes.contains("cat = 0, dog = 1"), "{notes}");

    let found = table("\u{feff}0,1,y\n1,2,0\n3,4,1\n", 2, LossKind::CrossEntropy).unwrap();
    assert_eq!(found.format, "CSV with a header", "columns may be called by numbers");
    assert_eq!(found.data.len(), 2);

    let found = table("1,2,0.5\n3,4,-1e-3\n", 1, LossKind::Mse).unwrap();
    assert_eq!(found.data.y, Labels::Values { of: vec![0.5, -1e-3], outputs: 1 });
    let found = table("1\t2\t1\n3\t4\t0\n", 2, LossKind::Mse).unwrap();
    assert_eq!(found.data.y, Labels::Classes { of: vec![1, 0], count: 2 }, "one-hot beside two outputs");
}

#[test]
fn tables_that_are_wrong_name_line_and_column() {
    for (text, parts) in [
        ("1,2,0\n3,4\n", ["line 2", "2 fields", "expected 3"]),
        ("1,2,0\n3,x,1\n", ["line 2", "column 2", "`x`"]),
        ("a,b,y\n1,2,0\n3,,1\n", ["line 3", "column 2 (`b`)", "is empty"]),
        ("1,2,0\n3,nan,1\n", ["line 2", "NaN", "finite"]),
        ("a,b,y\n1,2,0\n3,nan,1\n", ["line 3", "column `b`", "finite"]),
        ("1,2,0\n3,4,1.5\n", ["line 2", "`1.5`", "whole number"]),
        ("1,2,0\n3,4,dog\n", ["line 2", "`dog`", "whole number"]),
        ("1,2,0\n3,4,2\n", ["line 2", "label 2", "0 to 1"]),
        ("1,2,0\n3,4,-1\n", ["line 2", "label -1", "0 to 1"]),
        ("1,2,0\n3,4,0\n", ["all 2 labels", "class 0", "two classes"]),
        ("1,2,3,0\n3,4,5,1\n", ["[3]", "[2]", "model's input"]),
        ("a,b,y\n", ["empty", "at least", "one example"]),
        ("1\n2\n", ["one column", "features", "label"]),
        ("y,a,label\n1,2,3\n", ["2 columns", "`y`", "`label`"]),
        ("", ["empty", "at least", "one example"]),
    ] {
        let message = table(text, 2, LossKind::CrossEntropy).unwrap_err();
        assert!(parts.iter().all(|part| message.contains(part)), "{text:?}: {message}");
    }
}

#[test]
fn an_experiment_trains_on_a_file_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("mine")).unwrap();
    let row = |i: usize| format!("{},{},{}", (i as f64).sin(), (i as f64).cos(), if i % 4 < 2 { "up" } else { "down" });
    std::fs::write(dir.path().join("mine/points.csv"), (0..80).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let moons = include_str!("../../assets/experiments/moons-mlp.toml");
    let file = moons
        .replace("source = \"moons\"", "source = \"file\"\npath = \"points.csv\"")
        .replace("train_size = 300", "train_size = 40")
        .replace("test_size = 1000", "test_size = 20");
    std::fs::write(dir.path().join("mine/points.toml"), &file).unwrap();
    let compare = || {
        let mut command = assert_cmd::Command::cargo_bin("flatscape").unwrap();
        let arguments =
            "compare mine/points.toml --optimizers sgd --budget 4 --set look.resolution=3 --device cpu --out o";
        command.current_dir(dir.path()).args(arguments.split(' ')).output().unwrap()
    };
    std::fs::write(dir.path().join("mine/points.toml"), file.replace("points.csv", "none.csv")).unwrap();
    let output = compare();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("`data.path`") && stderr.contains("mine/none.csv"), "{stderr}");
    std::fs::write(dir.path().join("mine/points.toml"), &file).unwrap();
    let output = compare();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(dir.path().join("o/summary.json").is_file());
}

#[test]
fn broken_bytes_never_make_it_panic() {
    let [failed, read] = reference::mutated(DATA);
    assert!(failed > 100 && read > 100, "{failed} failed and {read} were read");
}

#[test]
fn numbers_are_learned_where_the_user_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("houses.csv");
    std::fs::write(&path, "rooms,price,age\n3,200,1\n4,300,7\n").unwrap();
    let read = |column: Option<&str>, kind, outputs, loss| {
        let wanted = Wanted { input: &[2], outputs, loss, text: None };
        import_as::<f32>(&path, &wanted, ReadChoice { kind, column, ..ReadChoice::default() })
            .map_err(|err| err.to_string())
    };
    let found = read(Some("price"), LabelKind::Numbers, 1, LossKind::Mse).unwrap();
    assert_eq!((found.data.x.as_slice(), found.label.as_str()), (&[3.0, 1.0, 4.0, 7.0][..], "price"));
    assert_eq!(found.data.y, Labels::Values { of: vec![200.0, 300.0], outputs: 1 });
    for (outputs, loss, expected) in
        [(301, LossKind::CrossEntropy, "classes, which cross-entropy takes"), (3, LossKind::Mse, "the model's outputs")]
    {
        let message = read(Some("price"), LabelKind::Numbers, outputs, loss).unwrap_err();
        assert!(message.contains(expected) && message.contains("houses.csv"), "{message}");
    }
    let classes = read(Some("3"), LabelKind::Classes, 8, LossKind::Mse).unwrap();
    assert_eq!(classes.data.y, Labels::Classes { of: vec![1, 7], count: 8 });
}

/// What is saved of a run in the window is what PyTorch's users have: names, shapes and running statistics.
#[test]
fn weights_that_were_saved_go_on_in_the_window_and_in_analyze() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..60_i32).map(|i| format!("{},{},{}", i % 7, (i * i) % 5, (3 * i) % 11)).collect();
    std::fs::write(dir.path().join("d.csv"), format!("a,b,price\n{}\n", rows.join("\n"))).unwrap();
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    experiment.assign("look.resolution=5").unwrap();
    experiment.model = ModelConfig::new(&[2], LossKind::Mse, ["linear 6", "batchnorm", "tanh", "linear 1"]);
    experiment.data = DataConfig {
        source: DataSource::File,
        path: Some(dir.path().join("d.csv")),
        labels: LabelKind::Numbers,
        train_size: 50,
        test_size: 10,
        ..experiment.data
    };
    let mut session = Session::start(experiment.clone());
    let run = session.runs[0].run;
    session.step_to(20, run, 20);
    let knobs = Box::new(session.runs[0].knobs.clone());
    session.send(Command::FetchWeights(run));
    let (step, file) = session.wait_for("Weights", |event| match event {
        Event::Weights { run: of, step, file } if *of == run => Some((*step, file.clone())),
        _ => None,
    });
    assert_eq!(step, 20);
    let weights = dir.path().join("w.safetensors");
    std::fs::write(&weights, file).unwrap();
    let loss_of = |log: &[Event], id, at| {
        let of = |event: &Event| match event {
            Event::Evaluated { run, row } if *run == id && row.step == at => Some(row.train_loss),
            _ => None,
        };
        log.iter().rev().find_map(of)
    };
    let expected = loss_of(&session.log, run, 20).expect("it is evaluated every tenth step");
    let start = RunStart::File(weights.clone().into());
    let more = vec![NewRun { optimizer: session.runs[0].optimizer, knobs, start }];
    let count = |log: &[Event]| log.iter().filter(|event| matches!(event, Event::RunAdded(_))).count();
    let mut missing = experiment.clone();
    missing.data.path = Some(dir.path().join("gone.csv"));
    session.send(Command::Load { experiment: Box::new(missing), more: more.clone() });
    session.wait_for("NotLoaded", |event| matches!(event, Event::NotLoaded { .. }).then_some(()));
    session.send(Command::Load { experiment: Box::new(experiment.clone()), more });
    let added = session.added();
    assert_eq!((added.origin, count(&session.log)), (Origin::File(weights.into()), 1));
    let loss = session.wait_for("Evaluated", |event| match event {
        Event::Evaluated { run, row } if *run == added.run && row.step == 0 => Some(row.train_loss),
        _ => None,
    });
    assert_eq!(loss, expected);
    session.end();
    std::fs::write(dir.path().join("m.toml"), toml::to_string(&experiment.model).unwrap()).unwrap();
    let mut analyze = assert_cmd::Command::cargo_bin("flatscape").unwrap();
    let arguments = "analyze m.toml --weights w.safetensors --data d.csv --out o --device cpu --trace-probes 4";
    let output = analyze.current_dir(dir.path()).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(dir.path().join("o/report.json").is_file());
}
