//! Tables as people have them: the loss on what they mean and the notes, or one line that says what is wrong.
//!
//! `tests/reference/tables.py` works the losses out from the numbers that are meant.

use std::path::Path;

use serde_json::Value;

use crate::analyze_small::{BASE, f32s, save};
use crate::{flatscape, is_one_line};

/// A folder with a linear model without a bias, of the weights that the generator has.
fn folder(features: usize, outputs: usize, loss: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let model = format!("input = [{features}]\nloss = \"{loss}\"\nlayers = [\"linear {outputs} nobias\"]\n");
    std::fs::write(dir.path().join("m.toml"), model).unwrap();
    let weight = |i: usize| (0.1 * (i / features + 1) as f64 - 0.05 * (i % features) as f64) as f32;
    save(&dir.path().join("w.safetensors"), &[f32s("0.weight", &[outputs, features], weight)]);
    dir
}

fn analyze(dir: &Path, file: &str, more: &[&str]) -> std::process::Output {
    let mut args = BASE.to_vec();
    args[5] = file;
    flatscape(dir).args(&args).args(more).output().unwrap()
}

/// What is wrong with the answer to one case, if something is.
fn complaint(case: &Value) -> Option<String> {
    let text = |key: &str| case[key].as_str().unwrap();
    let count = |key: &str| usize::try_from(case[key].as_u64().unwrap()).unwrap();
    let strings = |key: &str| case[key].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let dir = folder(count("features"), count("outputs"), text("kind"));
    let hex = text("hex");
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    std::fs::write(dir.path().join(text("file")), bytes).unwrap();
    let (mut args, words): (Vec<&str>, Vec<&str>) = (strings("args"), strings("words"));
    args.extend(["--precision", "f64"]);
    let output = analyze(dir.path(), text("file"), &args);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Some(format!("{}: {stderr}", text("name")));
    }
    let report = std::fs::read_to_string(dir.path().join("o/report.json")).unwrap();
    let found = serde_json::from_str::<Value>(&report).unwrap()["loss"].as_f64().unwrap();
    let expected = case["loss"].as_f64().unwrap();
    // The weights are 32 bits wide.
    if (found - expected).abs() > 1e-7 + 1e-6 * expected.abs() {
        return Some(format!("{}: loss {found}, expected {expected}; {stderr}", text("name")));
    }
    let missing: Vec<&str> = words.into_iter().filter(|word| !stderr.contains(word)).collect();
    (!missing.is_empty()).then(|| format!("{}: {missing:?} are not in {stderr}", text("name")))
}

#[test]
fn tables_are_read_as_they_are_meant() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../reference/tables.json")).unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(complaint).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Text, outputs, further arguments, and words of the sentence.
type Bad = (&'static str, usize, &'static [&'static str], &'static [&'static str]);

const BAD: &[Bad] = &[
    // What cannot be told.
    ("1,234;2;0\n5,678;3;1\n", 2, &[], &["line 1 has `1,234`", "1.234 or 1234", "no other number"]),
    ("1 234,0\n5 678,1\n", 2, &[], &["separated by", "commas (2 columns)", "spaces (2 columns)", "sep="]),
    ("1.5;2,5;0\n2.5;3,5;1\n", 2, &[], &["`1.5`", "`2,5`", "decimal points or decimal commas"]),
    ("1,2,y\n3,4,n\n", 2, &[], &["header or an example (1, 2, y)", "`header = true` or `header = false`"]),
    ("0,1,2\n3,4,1\n", 3, &[], &["header or an example (0, 1, 2)", "`header = true` or `header = false`"]),
    ("0,1,2,0\n1,3,4,1\n2,5,6,0\n", 2, &[], &["column 1 counts 0, 1, 2, …", "index", "[3]", "[2]"]),
    ("id,a,b,y\n1,1,2,0\n2,3,4,1\n3,5,6,0\n", 2, &[], &["column 1 (`id`) counts 1, 2, 3, …", "[2], the model's input"]),
    (",a,y\n0,1,0\n1,3,1\n", 2, &[], &["without the index", "[1]", "[2], the model's input"]),
    // Values that are no numbers.
    ("a,b,y\n1,2,0\n3,NA,1\n", 2, &[], &["line 3, column 2 (`b`) is `NA`", "missing"]),
    ("1,2,0\n3,?,1\n", 2, &[], &["line 2, column 2 is `?`", "missing"]),
    ("1,2,0\n3,,1\n", 2, &[], &["line 2, column 2 is empty", "missing"]),
    ("a,b,y\n1,2,0\n3,NaN,1\n", 2, &[], &["line 3, column `b`", "NaN", "finite"]),
    ("1,2,0\n3,inf,1\n", 2, &[], &["line 2, column 2", "infinite", "finite"]),
    ("1,2,0\n3,4,NA\n", 2, &[], &["line 2 has the label `NA`", "missing"]),
    ("1,2,cat\n3,4,\n", 2, &[], &["line 2 has the label ``", "missing"]),
    ("1,2%,0\n3,4%,1\n", 2, &[], &["line 1, column 2 is `2%`", "percent"]),
    ("1,€ 2,0\n3,€ 4,1\n", 2, &[], &["line 1, column 2 is `€ 2`", "currency"]),
    ("1;2 345;0\n3;4 567;1\n", 2, &[], &["line 1, column 2 is `2 345`", "thousands"]),
    ("1;2'345;0\n3;4'567;1\n", 2, &[], &["line 1, column 2 is `2'345`", "thousands"]),
    ("1;2.345,5;0\n3;4.567,5;1\n", 2, &[], &["line 1, column 2 is `2.345,5`", "thousands"]),
    ("1,2024-01-01,0\n3,2024-01-02,1\n", 2, &[], &["line 1, column 2 is `2024-01-01`", "dates"]),
    ("name,2001,kind\n1,2,0\n3,4,1\n", 2, &[], &["line 1, column 1 is `name`", "`header = true`"]),
    ("a,b,y\nTrue,2,0\n3,4,1\n", 2, &[], &["line 3, column 1 (`a`) is `3`", "true or false"]),
    // Labels.
    ("1,2,1\n3,4,2\n5,6,3\n", 3, &[], &["labels run from 1 to 3", "expected 0 to 2", "subtract 1"]),
    ("a,b,y,y\n1,2,0,1\n3,4,1,0\n", 2, &[], &["2 columns that may be the label", "`label_column`"]),
    ("a,a,b\n1,2,0\n3,4,1\n", 2, &["--label-column", "a"], &["2 columns called `a`", "number"]),
    ("1,2,0,1\n3,4,1,0\n5,6,0,1\n", 2, &[], &["one-hot rows in the last 2 columns", "one label column"]),
    // Files and settings.
    ("1,2,0\n3,4\n", 2, &[], &["line 2 has 2 fields", "expected 3"]),
    ("a,b,y\n", 2, &[], &["empty", "at least one example"]),
    ("# 1,2,0\n", 2, &[], &["empty", "at least one example"]),
    ("1,2,0\n3,4,1\n", 2, &["--header", "maybe"], &["`--header` is `maybe`", "auto, true or false"]),
    ("1,2,0\n3,4,1\n", 2, &["--labels", "class"], &["`--labels`", "`class`", "`classes`"]),
    ("1,2,0\n3,4,1\n", 2, &["--label-column", "9"], &["no column `9`", "1 to 3"]),
];

#[test]
fn tables_that_cannot_be_told_are_refused_in_one_line() {
    let mut failures = Vec::new();
    for (text, outputs, more, words) in BAD {
        let dir = folder(2, *outputs, "cross-entropy");
        std::fs::write(dir.path().join("d.csv"), text).unwrap();
        let output = analyze(dir.path(), "d.csv", more);
        if !is_one_line(&output, words) || dir.path().join("o").exists() {
            failures.push(format!("{text:?} {words:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    for (bytes, words) in [
        (&b"1,2,caf\xe9\n3,4,th\xe9\n"[..], ["byte 7 (line 1)", "Windows-1252"]),
        (&b"1\0,\x002\0,\x000\0\n\0"[..], ["byte 1 is zero", "UTF-16"]),
        (&b"PK\x03\x04rest of a workbook"[..], ["ZIP archive", "Excel workbook"]),
    ] {
        let dir = folder(2, 2, "cross-entropy");
        std::fs::write(dir.path().join("d.csv"), bytes).unwrap();
        let output = analyze(dir.path(), "d.csv", &[]);
        if !is_one_line(&output, &words) {
            failures.push(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_regression_with_more_outputs_is_told_what_takes_them() {
    let dir = folder(2, 2, "mse");
    std::fs::write(dir.path().join("d.csv"), "a,b,y1,y2\n1,2,0.5,1\n3,4,1.5,2\n").unwrap();
    let output = analyze(dir.path(), "d.csv", &[]);
    let words = ["2 features and 2 labels", "one label column", "y of [N, 2]"];
    assert!(is_one_line(&output, &words), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn compare_tells_the_same_notes_before_it_trains() {
    let dir = tempfile::tempdir().unwrap();
    let row = |i: usize| format!("{i},{},{},{}\n", (i as f64).sin(), (i as f64).cos(), i % 4 / 2);
    let rows: String = (0..60).map(row).collect();
    std::fs::write(dir.path().join("d.csv"), format!(",a,b,y\n{rows}")).unwrap();
    let experiment = include_str!("../../assets/experiments/moons-mlp.toml")
        .replace("source = \"moons\"", "source = \"file\"\npath = \"d.csv\"")
        .replace("train_size = 300", "train_size = 40")
        .replace("test_size = 1000", "test_size = 20");
    std::fs::write(dir.path().join("e.toml"), experiment).unwrap();
    let compare = |more: &[&str]| {
        let arguments = "compare e.toml --optimizers sgd --budget 4 --set look.resolution=3 --device cpu --out o";
        flatscape(dir.path()).args(arguments.split(' ')).args(more).output().unwrap()
    };
    let refused = compare(&["--set", "data.header=false"]);
    let words = ["line 1, column 1 is empty", "d.csv"];
    assert!(is_one_line(&refused, &words), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(!dir.path().join("o").exists());
    let output = compare(&[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("d.csv as CSV with a header: the index is left out"), "{stderr}");
}
