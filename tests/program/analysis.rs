//! Runs `flatscape analyze` as users do and reads what it wrote.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::flatscape;

/// A folder of `tests/reference`.
pub fn reference(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(folder)
}

/// JSON that must be readable.
pub fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// `flatscape analyze` of the network in `folder`, on the CPU, into a new folder: the report and that folder.
pub fn analyze(folder: &Path, data: &Path, args: &[&str]) -> (Value, tempfile::TempDir) {
    analyze_weights(folder, "weights.safetensors", data, args)
}

/// The same with the weights in a file of that name.
pub fn analyze_weights(folder: &Path, weights: &str, data: &Path, args: &[&str]) -> (Value, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let output = flatscape(folder)
        .args(["analyze", "model.toml", "--weights", weights, "--device", "cpu", "--data"])
        .arg(data)
        .arg("--out")
        .arg(&out)
        .args(args)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {args:?}: {stderr}", folder.display());
    (read_json(&out.join("report.json")), dir)
}

/// The number at a JSON pointer such as `/trace/mean`; NaN, which no check passes, where there is none.
pub fn number(json: &Value, pointer: &str) -> f64 {
    json.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// All numbers below a JSON pointer, also of lists in lists.
pub fn numbers(json: &Value, pointer: &str) -> Vec<f64> {
    fn collect(value: &Value, into: &mut Vec<f64>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            other => into.push(other.as_f64().unwrap_or(f64::NAN)),
        }
    }
    let mut all = Vec::new();
    json.pointer(pointer).into_iter().for_each(|value| collect(value, &mut all));
    all
}
