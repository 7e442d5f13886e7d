//! `flatscape FILE…` from outside, without a display: what is compared, what is told, what is refused.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::analyze_small::folder;
use crate::{flatscape, is_one_line};

/// A small experiment, done in a moment.
fn small_experiment() -> String {
    let text = include_str!("../../assets/experiments/moons-mlp.toml").replace("moons-mlp", "my-moons");
    text.replace("budget = 18000", "budget = 8").replace("resolution = 33", "resolution = 5")
}

/// A folder with a model, weights and data of it, and an experiment.
fn files() -> tempfile::TempDir {
    let dir = folder();
    std::fs::write(dir.path().join("mine.toml"), small_experiment()).unwrap();
    std::fs::write(dir.path().join("empty.csv"), "").unwrap();
    std::fs::write(dir.path().join("run.flatscape"), "SQLite format 3\0").unwrap();
    std::fs::write(dir.path().join("cat.png"), "\u{89}PNG").unwrap();
    std::fs::create_dir(dir.path().join("nothing")).unwrap();
    dir
}

#[test]
fn an_experiment_is_compared_without_a_display() {
    let dir = files();
    for args in [&["mine.toml"][..], &["--device", "cpu", "mine.toml"], &["mine.toml", "--device", "cpu"]] {
        let output = flatscape(dir.path()).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{args:?}: {stderr}");
        let first = stderr.lines().next().unwrap();
        for part in ["no display", "`flatscape compare mine.toml --out flatscape-out", "instead"] {
            assert!(first.contains(part), "{part} is missing: {first}");
        }
        assert!(String::from_utf8(output.stdout).unwrap().contains("my-moons on "));
    }
    for folder in ["flatscape-out", "flatscape-out-2", "flatscape-out-3"] {
        let summary = std::fs::read_to_string(dir.path().join(folder).join("summary.json")).unwrap();
        assert!(summary.contains("\"experiment\": \"my-moons\""), "{summary}");
    }
}

/// Without reading all that it says: the first line is enough.
fn first_line(dir: &Path, args: &[&str]) -> String {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flatscape"))
        .current_dir(dir)
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[test]
fn what_is_left_of_several_files_is_told() {
    let dir = files();
    std::fs::copy(dir.path().join("mine.toml"), dir.path().join("other.toml")).unwrap();
    let line = first_line(dir.path(), &["d.safetensors", "mine.toml"]);
    assert!(line.contains("compare mine.toml") && line.contains("(without d.safetensors)"), "{line}");
    let line = first_line(dir.path(), &["mine.toml", "other.toml"]);
    assert!(line.contains("one experiment is opened at a time") && line.contains("other.toml"), "{line}");
}

#[test]
fn what_needs_the_window_is_told_in_one_line() {
    let dir = files();
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    for (args, parts) in [
        (
            &["m.toml"][..],
            &["m.toml needs the window", "`flatscape analyze m.toml --weights W --data D --out DIR`"][..],
        ),
        (&["w.safetensors"], &["w.safetensors needs the window", "--weights w.safetensors"]),
        (&["d.safetensors"], &["d.safetensors needs the window"]),
        (
            &["m.toml", "w.safetensors", "d.safetensors"],
            &["`flatscape analyze m.toml --weights w.safetensors --data d.safetensors --out DIR`"],
        ),
    ] {
        let output = flatscape(dir.path()).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert_eq!((stderr.lines().count(), output.stdout.len()), (1, 0), "{args:?}: {stderr}");
        assert!(stderr.contains("no display") && parts.iter().all(|part| stderr.contains(part)), "{args:?}: {stderr}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), before, "nothing is written");
}

/// Words that cannot be opened, and what is said of them.
const REFUSED: &[(&[&str], &[&str])] = &[
    (&["gone.toml"], &["there is no such file", "gone.toml"]),
    (&["gone/w.npz"], &["there is no such file", "gone/w.npz"]),
    (&["mine.toml", "gone.csv"], &["there is no such file", "gone.csv"]),
    (&["empty.csv"], &["empty.csv is empty"]),
    (&["nothing"], &["nothing", "sub-folder"]),
    (&["./nothing"], &["sub-folder", "./nothing"]),
    (&["cat.png"], &["a single picture"]),
    (&["run.flatscape"], &["run.flatscape is named like a session but is none"]),
    (&["file:///gone%20away.csv"], &["there is no such file", "/gone away.csv"]),
    (&["analyse"], &["'analyse' is neither a command nor a file", "'analyze'"]),
    (&["compar", "--out", "o"], &["'compar'", "did you mean the command 'compare'?"]),
    (&["--device", "cpu", "compare"], &["'compare' is a command", "`flatscape compare …`"]),
    (&["moons-mlp"], &["'moons-mlp' is no file but an experiment", "`flatscape compare moons-mlp"]),
    (&["whatever"], &["'whatever' is neither a command nor a file", "expected one of", "path"]),
    (&["mine.toml", "--device", "gpuu"], &["`--device`", "did you mean `gpu`?"]),
    (&["mine.toml", "--out", "o"], &["'--out'"]),
];

#[test]
fn what_cannot_be_opened_is_one_sentence_and_leaves_nothing() {
    let dir = files();
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    let mut failures = Vec::new();
    for (args, parts) in REFUSED {
        for display in [None, Some(":987")] {
            let mut command = flatscape(dir.path());
            // Before any window is opened: there is no such display.
            command.envs(display.map(|display| ("DISPLAY", display)));
            let output = command.args(*args).output().unwrap();
            let is_the_same = std::fs::read_dir(dir.path()).unwrap().count() == before;
            if !is_one_line(&output, parts) || !is_the_same {
                failures.push(format!("{args:?}: {output:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
