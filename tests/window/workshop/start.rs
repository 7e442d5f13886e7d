//! What runs start from: weights of a file, tensors that begin anew and tensors that stay.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use egui_kittest::kittest::Queryable as _;
use flatscape::config::{Experiment, StartConfig};
use flatscape::protocol::{Command, Event};

use super::write;
use crate::canned::{NSO, experiment, started};
use crate::fixture::{Window, sized};

/// With room for the whole pane.
pub const LONG: [f32; 2] = [1440.0, 4000.0];
const CLOSED: &str = "Start from random weights of the seed";

/// The tensors of the window's network, whose last layer has so many classes.
pub fn tensors(classes: usize) -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("0.weight", vec![32, 2]),
        ("0.bias", vec![32]),
        ("2.weight", vec![32, 32]),
        ("2.bias", vec![32]),
        ("4.weight", vec![classes, 32]),
        ("4.bias", vec![classes]),
    ]
}

/// A file in which all these are 0.
pub fn state(tensors: &[(&str, Vec<usize>)]) -> Vec<u8> {
    let mut end = 0;
    let entries: Vec<String> = tensors
        .iter()
        .map(|(name, shape)| {
            let begin = end;
            end += 4 * shape.iter().product::<usize>();
            format!("\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}")
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; end]);
    bytes
}

/// A window whose Model pane shows what the runs start from.
pub fn opened() -> Window {
    let mut window = sized(LONG).started();
    window.open_pane("Model");
    window.click(CLOSED);
    window
}

fn weights(dir: &tempfile::TempDir, classes: usize) -> PathBuf {
    write(dir, "pretrained.safetensors", &state(&tensors(classes)))
}

impl Window {
    pub fn type_start(&mut self, field: &str, text: impl AsRef<Path>) {
        let text = text.as_ref().display().to_string();
        if text.is_empty() {
            // Nothing can be pasted.
            self.focus(Role::TextInput, field);
            self.chord(Modifiers::COMMAND, Key::A);
            return self.press(Key::Backspace);
        }
        self.type_into(Role::TextInput, field, &text);
    }

    fn text(&self, field: &str) -> String {
        self.role(Role::TextInput, field).value().unwrap_or_default()
    }
}

#[test]
fn a_start_that_is_typed_becomes_the_start_of_the_experiment() {
    let dir = tempfile::tempdir().unwrap();
    let path = weights(&dir, 2);
    let mut window = opened();
    window.type_start("Weights file", &path);
    assert!(window.has(Role::Button, "Start from pretrained.safetensors"));
    window.expect("All runs restart from step 0 at the weights of pretrained.safetensors; their knobs");
    window.type_start("Fresh tensors", "4.*");
    window.expect("fresh: 2 tensors, 66 parameters");
    window.type_start("Frozen tensors", "0.*, 2.bias");
    window.expect("frozen: 3 tensors; D becomes 1\u{a0}090 of 1\u{a0}218");
    window.commands();
    window.click("Train this");
    let loaded = window.loaded().expect("a new experiment");
    let start = StartConfig {
        weights: path,
        key: None,
        fresh: vec!["4.*".to_owned()],
        frozen: vec!["0.*".to_owned(), "2.bias".to_owned()],
    };
    assert_eq!((loaded.start, loaded.model), (Some(start), experiment().model));
    window.click("Random weights");
    window.expect("This model runs now.");
    assert!(window.has(Role::Button, CLOSED));
}

#[test]
fn what_cannot_be_a_start_is_told_at_once_and_does_not_train() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = opened();
    window.type_start("Fresh tensors", "4.*");
    window.expect("There is no file of weights to start from");
    let gone = dir.path().join("gone.safetensors");
    let lacking = write(&dir, "lacking.safetensors", &state(&tensors(2)[..4]));
    let text = write(&dir, "text.safetensors", b"no tensors at all");
    let right = weights(&dir, 2);
    for (path, fresh, frozen, expected) in [
        (&gone, "", "", "gone.safetensors does not exist."),
        (&dir.path().to_owned(), "", "", "is a folder, expected a file of weights."),
        (&text, "", "", "text.safetensors."),
        (&lacking, "", "", "2 of the 6 tensors of the present model are not in it"),
        (&right, "4.wieght", "", "No tensor fits the fresh pattern `4.wieght`; did you mean `4.weight`?"),
        (&right, "", "conv*", "No tensor fits the frozen pattern `conv*`; expected one of 0.weight"),
        (&right, "", "*", "Every tensor is frozen, so nothing is left to train"),
    ] {
        window.type_start("Weights file", path);
        window.type_start("Fresh tensors", fresh);
        window.type_start("Frozen tensors", frozen);
        window.expect(expected);
        window.commands();
        window.click("Train this");
        assert_eq!(window.loaded(), None, "{expected}");
    }
    window.type_start("Weights file", &lacking);
    window.type_start("Frozen tensors", "");
    window.type_start("Fresh tensors", "4.*");
    window.click("Train this");
    assert!(window.loaded().is_some(), "what begins anew need not be there");
}

#[test]
fn tensors_are_ticked_by_block_and_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = weights(&dir, 2);
    let mut window = opened();
    window.type_start("Weights file", &path);
    window.check("4 fresh");
    assert_eq!(window.text("Fresh tensors"), "4.*");
    window.click("Tensors of 4");
    window.check("4.bias fresh");
    assert_eq!(window.text("Fresh tensors"), "4.weight");
    window.expect("fresh: 1 tensor, 64 parameters");
    window.check("0 frozen");
    window.check("2 frozen");
    assert_eq!(window.text("Frozen tensors"), "0.*, 2.*");
    window.expect("frozen: 4 tensors; D becomes 66 of 1\u{a0}218");
    window.check("0 frozen");
    assert_eq!(window.text("Frozen tensors"), "2.*");
}

#[test]
fn the_weights_of_a_run_are_kept_and_another_number_of_classes_gets_a_new_head() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let mut window = sized(LONG).kept_in(&settings).started();
    window.press(Key::Escape);
    window.open_pane("Model");
    window.click(CLOSED);
    window.commands();
    window.click("Start from the weights of NSO");
    assert_eq!(window.commands(), [Command::FetchWeights(NSO)]);
    let file = state(&tensors(2));
    window.tell([Event::Weights { run: NSO, step: 40, file: file.clone() }]);
    assert!(window.harness.query_by_label("Save as").is_none(), "nothing is asked");
    let kept = PathBuf::from(window.text("Weights file"));
    assert_eq!(std::fs::read(&kept).unwrap(), file);
    assert!(
        kept.starts_with(dir.path().join("weights")) && kept.ends_with("two-moons-tanh-mlp-nso-step-40.safetensors")
    );
    assert_eq!(window.text("Fresh tensors"), "");
    window.layers("linear 32\ntanh\nlinear 32\ntanh\nlinear 5");
    assert_eq!(window.text("Fresh tensors"), "4.*");
    window.expect("fresh: 2 tensors, 165 parameters");
    window.commands();
    window.click("Train this");
    let start = window.loaded().expect("a new experiment").start.expect("weights");
    assert_eq!((start.weights.clone(), start.fresh), (kept.clone(), vec!["4.*".to_owned()]));
    // The same weights again are the same file.
    window.find("fine-tune from the run");
    window.tell([Event::Weights { run: NSO, step: 40, file }]);
    assert_eq!(PathBuf::from(window.text("Weights file")), kept);
    window.find("Save weights");
    window.tell([Event::Weights { run: NSO, step: 41, file: b"weights".to_vec() }]);
    window.expect("Save as");
}

#[test]
fn weights_that_are_opened_or_chosen_can_be_what_all_runs_start_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = weights(&dir, 2);
    let mut window = sized(LONG).started();
    window.drop_files(std::slice::from_ref(&path));
    window.click("Fine-tune from them…");
    assert!(window.shows_pane("Model"));
    assert_eq!(PathBuf::from(window.text("Weights file")), path);
    assert_eq!(window.commands(), []);
    let mut window = opened();
    window.click("Browse for weights…");
    window.answer(&write(&dir, "points.csv", b"1,2,0\n3,4,1\n"));
    window.expect("This is a data set, expected weights");
    window.answer(&path);
    assert_eq!(PathBuf::from(window.text("Weights file")), path);
}

#[test]
fn a_start_that_was_being_typed_is_there_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let open = || {
        let mut window = sized(LONG).kept_in(&settings).started();
        window.press(Key::Escape);
        window
    };
    let mut window = open();
    window.open_pane("Model");
    window.click(CLOSED);
    window.type_start("Weights file", "/nowhere/w.pt");
    window.type_start("Frozen tensors", "0.*");
    window.quit();
    let mut window = open();
    assert_eq!(window.text("Weights file"), "/nowhere/w.pt");
    assert_eq!(window.text("Frozen tensors"), "0.*");
    window.click("Back to what runs");
    assert!(window.has(Role::Button, CLOSED));
}

#[test]
fn an_experiment_with_a_start_shows_it_and_is_saved_with_it() {
    let dir = tempfile::tempdir().unwrap();
    weights(&dir, 2);
    let mut own = experiment();
    let start = StartConfig {
        weights: "pretrained.safetensors".into(),
        frozen: vec!["0.*".to_owned()],
        ..StartConfig::default()
    };
    own.start = Some(start);
    let file = write(&dir, "tuned.toml", own.to_toml().as_bytes());
    let mut window = sized(LONG).started();
    window.drop_files(&[file]);
    let loaded = window.loaded().expect("the experiment");
    let path = dir.path().join("pretrained.safetensors");
    assert_eq!(loaded.start.as_ref().map(|start| &start.weights), Some(&path));
    let Event::Started { num_parameters, tensors, data, runs, .. } = started() else { panic!("it starts") };
    window.tell([Event::Started { experiment: Arc::new(loaded), num_parameters, tensors, data, runs }]);
    window.open_pane("Model");
    assert_eq!(PathBuf::from(window.text("Weights file")), path);
    window.expect("frozen: 2 tensors; D becomes 1\u{a0}122 of 1\u{a0}218");
    window.expect("This model runs now.");
    let saved = dir.path().join("saved.toml");
    window.find("Save experiment");
    window.answer(&saved);
    let saved = Experiment::from_toml(&std::fs::read_to_string(&saved).unwrap()).unwrap().start.unwrap();
    assert_eq!((saved.weights, saved.frozen), (path, vec!["0.*".to_owned()]));
    // The body of another model is not that of the file.
    window.layers("linear 9\ntanh\nlinear 2");
    window
        .expect("They begin at random weights, not at those of pretrained.safetensors. `0.weight` is 32×2 in the file");
    window.commands();
    window.click("Train this");
    assert_eq!(window.loaded().expect("a new experiment").start, None);
}
