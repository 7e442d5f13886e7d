//! `flatscape data`: arrays of a data set, which the program itself can analyze.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::{flatscape, is_one_line};

fn data(dir: &Path, args: &[&str]) -> Output {
    flatscape(dir).arg("data").args(args).output().unwrap()
}

#[test]
fn train_test_and_validation_are_written_twice_alike() {
    let dir = tempfile::tempdir().unwrap();
    for (format, out) in [("npz", "a"), ("npz", "b"), ("safetensors", "c")] {
        let output = data(dir.path(), &["resnet8-lesions", "--format", format, "--out", out]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && stderr.is_empty(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        for part in ["train", "test", "validation"] {
            assert!(stdout.contains(&format!("{part}.{format}: x ")), "{stdout}");
        }
        assert!(stdout.contains("x 400×1×16×16 f32, y 400 i64"), "{stdout}");
        let classes = fs::read_to_string(dir.path().join(out).join("classes.txt")).unwrap();
        assert_eq!(classes.lines().count(), 5, "{classes}");
        assert!(fs::read_to_string(dir.path().join(out).join("data.toml")).unwrap().contains("source = \"lesions\""));
    }
    let bytes = |name: &str| fs::read(dir.path().join(name)).unwrap();
    assert_eq!(bytes("a/train.npz"), bytes("b/train.npz"));
    assert!(bytes("c/train.safetensors").len() > 400 * 256 * 4);
}

#[test]
fn what_is_written_can_be_trained_on_again() {
    let dir = tempfile::tempdir().unwrap();
    let output =
        data(dir.path(), &["moons", "--set", "data.train_size=60", "--set", "data.test_size=20", "--out", "m"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let set = ["data.train_size=40", "data.test_size=20"];
    let text = include_str!("../../assets/experiments/moons-mlp.toml")
        .replace("source = \"moons\"", "source = \"file\"\npath = \"m/train.npz\"");
    fs::write(dir.path().join("own.toml"), text).unwrap();
    let mut command = flatscape(dir.path());
    command.args(["compare", "own.toml", "--quick", "--seeds", "1", "--budget", "20", "--device", "cpu", "--out", "o"]);
    for assignment in set {
        command.args(["--set", assignment]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn wrong_input_is_one_sentence_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    for (args, parts) in [
        (&["lesion", "--out", "o"][..], &["`lesion`", "did you mean `lesions`"][..]),
        (&["digits", "--format", "csv", "--out", "o"], &["`--format` is `csv`", "npz or safetensors"]),
        (&["digits", "--set", "budget=3", "--out", "o"], &["`--set budget=3`", "a setting of the data"]),
        (&["digits", "--set", "data.test_size=2000", "--out", "o"], &["2000", "1797 of digits"]),
        (&["none.toml", "--out", "o"], &["none.toml"]),
        (&["digits"], &["--out"]),
    ] {
        let output = data(dir.path(), args);
        assert!(is_one_line(&output, parts), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!dir.path().join("o").exists(), "{args:?}");
    }
    assert!(data(dir.path(), &["circles", "--out", "c"]).status.success());
    assert!(is_one_line(&data(dir.path(), &["circles", "--out", "c"]), &["train.npz", "--force"]));
    assert!(data(dir.path(), &["circles", "--out", "c", "--force"]).status.success());
}
