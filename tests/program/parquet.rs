//! Parquet given to `flatscape analyze`: the right loss, or one line and nothing written.

use std::path::Path;

use serde_json::Value;

use crate::analyze_small::{f32s, save};
use crate::{flatscape, is_one_line};

fn run(dir: &Path, data: &str, more: &[&str]) -> std::process::Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/parquet").join(data);
    let arguments = ["analyze", "m.toml", "--weights", "w.safetensors", "--out", "o", "--device", "cpu", "--data"];
    flatscape(dir).args(arguments).arg(path).args(more).output().unwrap()
}

/// A linear model of zero weights: its loss is the logarithm of the number of classes.
fn zero(dir: &Path, input: &str, features: usize, classes: usize) {
    let layers = format!("input = {input}\nloss = \"cross-entropy\"\nlayers = [\"flatten\", \"linear {classes}\"]\n");
    std::fs::write(dir.join("m.toml"), layers).unwrap();
    let tensors = [f32s("1.weight", &[classes, features], |_| 0.0), f32s("1.bias", &[classes], |_| 0.0)];
    save(&dir.join("w.safetensors"), &tensors);
}

#[test]
fn a_set_of_images_is_measured_and_its_classes_are_told() {
    let dir = tempfile::tempdir().unwrap();
    zero(dir.path(), "[3, 3, 4]", 36, 3);
    let output = run(dir.path(), "images.parquet", &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("as Parquet: classes as the file names them: dog = 0, cat = 1, bird = 2"), "{stderr}");
    let report = std::fs::read_to_string(dir.path().join("o/report.json")).unwrap();
    let found = serde_json::from_str::<Value>(&report).unwrap()["loss"].as_f64().unwrap();
    assert!((found - 3_f64.ln()).abs() < 1e-6, "{found}");
}

#[test]
fn the_label_of_a_set_with_two_is_chosen() {
    let dir = tempfile::tempdir().unwrap();
    zero(dir.path(), "[3, 3, 4]", 36, 3);
    let refused = run(dir.path(), "two-labels.parquet", &[]);
    let words = ["`--data`", "2 columns that have names of classes: `fine_label` and `coarse_label`", "`label_column`"];
    assert!(is_one_line(&refused, &words) && !dir.path().join("o").exists(), "{refused:?}");
    let output = run(dir.path(), "two-labels.parquet", &["--label-column", "fine_label"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_cannot_be_read_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    zero(dir.path(), "[2]", 2, 2);
    for (data, words) in [
        ("refused/text.parquet", "neither images nor numbers"),
        ("refused/gap", "`train-00001-of-00003` is missing"),
        ("refused/null-number.parquet", "row 2 (counted from 0) is null in column 2 (`b`)"),
        ("refused/cut.parquet", "truncated"),
        ("refused/lz4.parquet", "compressed by LZ4"),
    ] {
        let output = run(dir.path(), data, &[]);
        assert!(is_one_line(&output, &["`--data`", words]) && !dir.path().join("o").exists(), "{data}: {output:?}");
    }
}
