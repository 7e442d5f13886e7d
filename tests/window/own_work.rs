//! What is saved and opened in the window, and the questions for paths, with a fake engine.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use flatscape::config::{Experiment, KnobId, OptimizerKind};
use flatscape::protocol::{Command, Event, KnobEdit};

use crate::canned::NSO;
use crate::fixture::{WIDE, sized};
use crate::workshop::write;

#[test]
fn an_experiment_is_saved_with_its_knobs_and_compare_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let mut window = sized(WIDE).started();
    let turned = KnobEdit { step: 3, knob: KnobId::Sigma, old: 0.1, new: 0.25 };
    window.tell([Event::KnobTurned { run: NSO, edit: turned }]);
    window.find("Save experiment");
    window.answer(&path);
    let saved = Experiment::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(saved.knobs(OptimizerKind::Nso).unwrap().sigma, 0.25);
    assert_eq!(saved.optimizers.len(), 3);
    let mut compare = assert_cmd::Command::cargo_bin("flatscape").unwrap();
    let arguments =
        "compare mine.toml --optimizers nso --budget 4 --set look.resolution=3 --device cpu --out o --set nso.k=1";
    let output = compare.current_dir(dir.path()).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = std::fs::read_to_string(dir.path().join("o/summary.json")).unwrap();
    assert!(summary.contains("\"experiment\": \"moons-mlp\""), "{summary}");
}

#[test]
fn a_report_tells_of_the_runs_as_they_stand() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.html");
    let mut window = sized(WIDE).sliced(33).trained();
    let turned = KnobEdit { step: 100, knob: KnobId::Sigma, old: 0.1, new: 0.25 };
    window.tell([Event::KnobTurned { run: NSO, edit: turned }]);
    window.find("Save a report");
    let start = Instant::now();
    while !window.has(Role::TextInput, "Path") {
        assert!(start.elapsed() < Duration::from_secs(120), "no report came");
        std::thread::sleep(Duration::from_millis(5));
        window.harness.step();
    }
    window.harness.run_steps(2);
    let line = window.role(Role::TextInput, "Path").value().unwrap_or_default();
    assert!(line.ends_with("moons-mlp-report.html"), "{line}");
    window.answer(&path);
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let (words, rest) = page.split_once("<script").unwrap();
    for part in [
        "The runs as they stand",
        "<th scope=\"row\">NSO</th><td>100</td>",
        "σ 0.1 → 0.25",
        "SAM at step 98",
        "33 × 33 points",
        "sigma = 0.25",
        "flatscape compare moons-mlp.toml --out moons-mlp-again",
        "neither command below turns them again",
    ] {
        assert!(words.contains(part), "{part} is missing: {words}");
    }
    let (_, data) = rest.split_once('>').unwrap();
    let data: serde_json::Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    let run = &data["summary"]["runs"][2];
    assert_eq!((&run["name"], &run["steps"], &run["test_accuracy"]), (&"NSO".into(), &100.into(), &0.9637.into()));
    assert_eq!((&run["trace"]["mean"], &run["lambda_max"]), (&8.51.into(), &7.1.into()));
    assert_eq!((data["slices"].as_array().unwrap().len(), &data["surfaces"]), (3, &3.into()));
    assert_eq!(data["runs"][2]["edits"][0]["step"], 100);
    let charts: Vec<&str> =
        data["charts"].as_array().unwrap().iter().map(|chart| chart["id"].as_str().unwrap()).collect();
    assert_eq!(charts, ["loss", "accuracy", "trace", "lambda-max", "trace-by-loss", "lambda-max-by-loss"]);
}

#[test]
fn the_weights_of_the_selected_run_are_saved() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("best.safetensors");
    let mut window = sized(WIDE).started();
    window.find("Save weights");
    assert_eq!(window.commands(), [Command::FetchWeights(NSO)]);
    window.tell([Event::Weights { run: NSO, step: 40, file: b"weights".to_vec() }]);
    window.expect("Save as");
    let line = window.role(Role::TextInput, "Path").value().unwrap_or_default();
    assert!(line.ends_with("nso-step-40.safetensors"), "{line}");
    window.answer(&path);
    assert_eq!(std::fs::read(&path).unwrap(), b"weights");
}

#[test]
fn enter_on_a_button_does_what_the_button_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.csv");
    let mut window = sized(WIDE).started();
    window.find("Save the table");
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.focus(Role::Button, "Cancel");
    window.press(Key::Enter);
    assert!(!path.exists() && !window.shows("Save as"));
    window.find("Save the table");
    let line = window.role(Role::TextInput, "Path");
    assert!(line.is_focused(), "it can be typed at once");
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.press(Key::Escape);
    assert!(!path.exists() && !window.shows("Save as"));
}

#[test]
fn the_keyboard_goes_back_to_where_it_was() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.focus(Role::MultilineTextInput, "Layers");
    window.chord(Modifiers::COMMAND, Key::O);
    assert!(window.role(Role::TextInput, "Path").is_focused());
    window.press(Key::Escape);
    window.harness.run_steps(2);
    assert!(window.role(Role::MultilineTextInput, "Layers").is_focused());
}

#[test]
fn a_file_is_replaced_only_on_purpose() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "runs.csv", b"precious");
    let mut window = sized(WIDE).started();
    window.find("Save the table");
    window.answer(&path);
    window.expect("This file exists.");
    window.role(Role::TextInput, "Path").focus();
    window.press(Key::Enter);
    assert_eq!(std::fs::read(&path).unwrap(), b"precious", "a second Enter out of habit");
    window.click("Replace");
    assert_ne!(std::fs::read(&path).unwrap(), b"precious");
    window.find("Save the table");
    let line = window.role(Role::TextInput, "Path").value().unwrap_or_default();
    assert!(line.ends_with("runs-2.csv"), "a name that is free: {line}");
    window.answer(dir.path());
    window.expect("is a folder: add the name of the file.");
}

#[test]
fn a_path_that_cannot_be_opened_stays_to_be_corrected() {
    let dir = tempfile::tempdir().unwrap();
    let picture = write(&dir, "cat.png", b"\x89PNG");
    let table = write(&dir, "points.csv", b"1,2,0\n3,4,1\n");
    let mut window = sized(WIDE).started();
    window.chord(Modifiers::COMMAND, Key::O);
    window.answer(&picture);
    window.expect("cat.png is a single picture");
    window.answer(&dir.path().join("gone.csv"));
    window.expect("gone.csv does not exist.");
    window.type_into(Role::TextInput, "Path", &format!("\"{}\"", table.display()));
    window.press(Key::Enter);
    assert!(window.shows_pane("Data"));
    assert!(!window.shows("Open a file"));
}
