//! Files that are dropped on the window, and what is kept of the workshop to the next start.

use egui::accesskit::Role;
use egui::{Key, Theme};

use flatscape::config::{LabelKind, builtin_experiment};
use flatscape::protocol::{Command, Event, RunStart};

use super::{newest, write};
use crate::fixture::{WIDE, sized};

#[test]
fn dropped_files_go_where_they_belong() {
    let dir = tempfile::tempdir().unwrap();
    let digits = builtin_experiment("digits-cnn").unwrap();
    let model = write(&dir, "cnn.toml", toml::to_string(&digits.model).unwrap().as_bytes());
    let file = write(&dir, "digits.toml", digits.to_toml().as_bytes());
    let mut window = sized(WIDE).started();
    window.harness.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.harness.run_steps(2);
    window.expect("Drop to open");
    window.harness.input_mut().hovered_files.clear();
    window.drop_files(std::slice::from_ref(&model));
    assert!(!window.shows("Drop to open"));
    assert!(window.shows_pane("Model"));
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
        let mut window = sized(WIDE).started();
        window.drop_files(&[write(&dir, name, bytes)]);
        window.open_pane("Notices");
        window.expect(expected);
        assert_eq!(window.commands(), []);
    }
    let mut window = sized(WIDE).started();
    let tables = ["a.csv", "b.csv"].map(|name| write(&dir, name, b"1,2,0\n"));
    window.drop_files(&[tables[0].clone(), tables[1].clone(), dir.path().join("gone")]);
    window.open_pane("Notices");
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
    let mut window = sized(WIDE).started();
    let other = write(&dir, "other.safetensors", &state(&["0.weight", "conv.bias"]));
    window.drop_files(&[other]);
    window.expect("1 of the 2 tensors of the present model are not in it");
    window.click("Start a run from these weights");
    assert_eq!(window.commands(), []);
    window.press(Key::Escape);
    assert!(!window.shows("A state dict of"));
    let both = state(&["model.0.weight", "model.0.bias", "ema.0.weight", "ema.0.bias"]);
    let both = write(&dir, "both.safetensors", &both);
    window.drop_files(&[both]);
    window.expect("could be those under `ema` or `model`: choose one of these keys.");
    window.press(Key::Escape);
    let wrapped = state(&["module.0.weight_g", "module.0.weight_v", "module.0.bias", "n_averaged"]);
    let wrapped = write(&dir, "wrapped.safetensors", &wrapped);
    window.drop_files(&[wrapped]);
    window.expect("`module.` is stripped from 3 names");
    window.expect("`0.weight` is computed as g·v/‖v‖ (weight_norm).");
    window.press(Key::Escape);
    let weights = write(&dir, "best.safetensors", &state(&["0.weight", "0.bias"]));
    window.drop_files(std::slice::from_ref(&weights));
    window.expect("with the optimiser and the knobs of NSO");
    window.click("Start a run from these weights");
    let commands = window.commands();
    let [Command::AddRun { start, knobs, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((start, knobs.sigma), (&RunStart::File(weights.into()), 0.1));
    assert!(!window.shows("A state dict of"));
}

#[test]
fn panes_hold_in_every_size() {
    for theme in [Theme::Dark, Theme::Light] {
        for size in [[300.0, 200.0], [640.0, 420.0], [1024.0, 640.0]] {
            let mut window = sized(size).themed(theme).started();
            for pane in ["Model", "Data"] {
                window.open_pane(pane);
            }
        }
    }
    let mut window = sized([1024.0, 640.0]).started();
    for (pane, button) in [("Model", "Train this"), ("Data", "Use these data")] {
        window.open_pane(pane);
        let rect = window.rect(Role::Button, button);
        assert!(rect.bottom() < 640.0 && rect.left() > 0.0, "{button}: {rect}");
    }
}

#[test]
fn what_was_being_put_together_is_there_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let table = write(&dir, "points.csv", b"a,b,price\n1,2,3\n4,5,6\n");
    let open = || {
        let mut window = sized(WIDE).kept_in(&settings).started();
        window.press(Key::Escape);
        window
    };
    let mut window = open();
    window.open_pane("Model");
    window.layers("# not yet\nlinear 9\nlinaer 2");
    window.drop_files(&[table]);
    window.click("numbers");
    window.quit();
    let mut window = open();
    window.open_pane("Model");
    window.expect("Layer in row 2: 9 features");
    window.expect("Unknown layer `linaer`");
    window.open_pane("Data");
    window.expect("points.csv");
    window.tell([Event::Previewed(Err("`data.path`: no".to_owned()))]);
    window.commands();
    window.type_into(Role::SpinButton, "Seed", "1");
    window.press(Key::Tab);
    let asked = newest(&mut window);
    assert_eq!((asked.labels, asked.seed), (LabelKind::Numbers, 1));
}

#[test]
fn a_model_that_was_trained_is_there_at_the_next_start_too() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let open = || sized(WIDE).kept_in(&settings).started();
    let mut window = open();
    window.press(Key::Escape);
    window.open_pane("Model");
    window.layers("linear 7\nrelu\nlinear 2");
    window.click("Train this");
    window.quit();
    let mut window = open();
    window.expect("Layer in row 1: 7 features");
    window.expect("All runs restart from step 0");
    window.click("Back to what runs");
    window.quit();
    let window = open();
    window.expect("This model runs now.");
}

#[test]
fn files_named_at_the_start_are_opened_as_if_they_were_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let digits = builtin_experiment("digits-cnn").unwrap();
    let model = write(&dir, "cnn.toml", toml::to_string(&digits.model).unwrap().as_bytes());
    let table = write(&dir, "table.csv", b"1,2,0\n3,4,1\n");
    let mut window = sized(WIDE).with_files(&[table.clone(), model]).started();
    assert!(window.shows_pane("Model"), "what came last is in front");
    window.expect("Layer in row 1: 8×8×8 · 80");
    window.open_pane("Notices");
    window.expect("cnn.toml is in the Model pane.");
    assert_eq!(window.loaded(), None, "the experiment goes on");
    // Each kind once, as where they are dropped.
    let mut window = sized(WIDE).with_files(&[table.clone(), write(&dir, "b.csv", b"1,2,0\n"), table]).started();
    window.open_pane("Notices");
    window.expect("b.csv was left: of each kind one file is opened at a time.");
}

#[test]
fn two_towers_that_were_being_put_together_are_there_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.json");
    let open = || {
        let mut window = sized([1440.0, 4000.0]).kept_in(&settings).started();
        window.press(Key::Escape);
        window
    };
    let mut window = open();
    window.open_pane("Model");
    window.click_on(Role::ComboBox, "Presets");
    window.scroll_and_click("CLIP-mini");
    window.type_into(Role::MultilineTextInput, "Layers of the image tower", "flatten\nlinear 64 # small");
    window.quit();
    let window = open();
    window.expect("Image tower, row 2: 64 features · 196");
    window.expect("Text tower, row 1: 32 tokens of width 64");
    window.expect("Named as a published checkpoint: ");
}
