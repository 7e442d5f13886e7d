//! A folder with a small model, its weights and data that fit, for `flatscape analyze`.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;

use crate::{flatscape, is_one_line};

pub const MODEL: &str = "input = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear 3\", \"tanh\", \"linear 2\"]\n";
/// Names, shapes and values of the model's 17 parameters.
pub const PARAMETERS: [(&str, &[usize]); 4] =
    [("0.weight", &[3, 2]), ("0.bias", &[3]), ("2.weight", &[2, 3]), ("2.bias", &[2])];

pub type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

pub fn f32s(name: &str, shape: &[usize], of: impl Fn(usize) -> f32) -> Tensor {
    let bytes = (0..shape.iter().product()).flat_map(|i| of(i).to_le_bytes()).collect();
    (name.to_owned(), Dtype::F32, shape.to_vec(), bytes)
}

pub fn i64s(name: &str, shape: &[usize], of: impl Fn(usize) -> i64) -> Tensor {
    let bytes = (0..shape.iter().product()).flat_map(|i| of(i).to_le_bytes()).collect();
    (name.to_owned(), Dtype::I64, shape.to_vec(), bytes)
}

pub fn save(path: &Path, tensors: &[Tensor]) {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    std::fs::write(path, serialize(views, None).unwrap()).unwrap();
}

pub fn weights(prefix: &str) -> Vec<Tensor> {
    let value = |i: usize| ((i * 7 + 3) as f32).sin();
    PARAMETERS.iter().map(|(name, shape)| f32s(&format!("{prefix}{name}"), shape, value)).collect()
}

pub fn points(n: usize) -> Vec<Tensor> {
    vec![f32s("x", &[n, 2], |i| ((i * i + 1) as f32).cos()), i64s("y", &[n], |i| (i % 3 % 2) as i64)]
}

/// A folder with a model, its weights and data that fit.
pub fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("m.toml"), MODEL).unwrap();
    save(&dir.path().join("w.safetensors"), &weights(""));
    save(&dir.path().join("d.safetensors"), &points(20));
    dir
}

pub const BASE: &[&str] =
    &["analyze", "m.toml", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o", "--device", "cpu"];

pub fn analyze(dir: &Path, more: &[&str]) -> Value {
    let output = flatscape(dir).args(BASE).args(more).output().unwrap();
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&std::fs::read_to_string(dir.join("o/report.json")).unwrap()).unwrap()
}

pub fn data(dir: &Path, tensors: &[Tensor]) {
    save(&dir.join("d.safetensors"), tensors);
}

/// Runs the program on bad input; what is wrong with its answer, if something is.
pub fn complaint(dir: &Path, more: &[&str], parts: &[&str]) -> Option<String> {
    let mut args: Vec<&str> = BASE.to_vec();
    for pair in more.chunks(2) {
        // A path given twice would be another mistake.
        match args.iter().position(|arg| *arg == pair[0]) {
            Some(place) => args[place + 1] = pair[1],
            None => args.extend(pair),
        }
    }
    let output = flatscape(dir).args(&args).output().unwrap();
    let right = is_one_line(&output, parts) && !dir.join("o").exists();
    (!right).then(|| format!("{more:?} {parts:?}: {output:?}"))
}
