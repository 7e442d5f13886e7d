//! Data files of all formats as NumPy, PyTorch, safetensors, Pillow and Python's csv module write them
//! (`tests/reference/data`).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[path = "common/analysis.rs"]
mod analysis;
mod common;

use analysis::reference;
use common::Failures;
use flatscape::config::LossKind;
use flatscape::data::{Imported, Labels, Wanted, import};
use serde::Deserialize;

/// A file or folder and what must be found in it; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Entry {
    path: String,
    input: Vec<usize>,
    outputs: usize,
    loss: LossKind,
    divide_by: f64,
    tolerance: f64,
    class_names: Vec<String>,
    n: usize,
    // Read as 32 bits, which they are: the JSON parser is off by the last bit of 64 at times.
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Entry {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { input: &self.input, outputs: self.outputs, loss: self.loss }
    }

    fn check(&self, found: &Imported, failures: &mut Failures) {
        let data = &found.data;
        let mut holds = |what: &str, condition: bool, say: String| {
            failures.holds(&format!("{} {what}", self.path), condition, &say);
        };
        holds("shape", data.shape == self.input, format!("{:?}", data.shape));
        holds("class names", found.class_names == self.class_names, format!("{:?}", found.class_names));
        let (y, is_classes): (Vec<f32>, bool) = match &data.y {
            Labels::Classes { of, .. } => (of.iter().map(|&class| class as f32).collect(), true),
            Labels::Values { of, .. } => (of.clone(), false),
        };
        holds("kind of y", is_classes == (self.loss == LossKind::CrossEntropy), format!("classes: {is_classes}"));
        holds("y", y == self.y, format!("{y:?}, expected {:?}", self.y));
        holds("number of examples", data.x.len() == self.x.len() && data.y.len() == self.n, data.x.len().to_string());
        // Half a unit in the last place of the quotient, beside what the format loses.
        let margin = (self.tolerance + 1e-7 * 255.0 * f64::from(u8::from(self.divide_by > 1.0))) / self.divide_by;
        let worst =
            data.x.iter().zip(&self.x).map(|(&found, &x)| (f64::from(found) - f64::from(x) / self.divide_by).abs());
        let worst = worst.fold(0.0, f64::max);
        holds("x", worst <= margin, format!("differs by {worst:.2e}, at most {margin:.2e} expected"));
    }
}

fn entries() -> Vec<Entry> {
    serde_json::from_str(include_str!("reference/data/expected.json")).unwrap()
}

#[test]
fn files_of_the_usual_libraries_are_read_as_they_are() {
    let mut failures = Failures::new();
    for entry in entries() {
        match import(&reference("data").join(&entry.path), &entry.wanted()) {
            Ok(found) => entry.check(&found, &mut failures),
            Err(err) => failures.holds(&entry.path, false, &err.to_string()),
        }
    }
    failures.finish();
}

#[test]
fn a_model_of_another_size_is_told_so() {
    for entry in entries() {
        let input: Vec<usize> = entry.input.iter().map(|side| side + 1).collect();
        let wanted = Wanted { input: &input, ..entry.wanted() };
        let message = import(&reference("data").join(&entry.path), &wanted).unwrap_err().to_string();
        assert!(message.contains(&entry.path) && message.contains("expected"), "{}: {message}", entry.path);
    }
}

/// A file that was cut off anywhere must be told apart from a whole one, and must never be a panic.
#[test]
fn a_truncated_file_is_an_error_or_fewer_examples() {
    for entry in entries().iter().filter(|entry| reference("data").join(&entry.path).is_file()) {
        let path = reference("data").join(&entry.path);
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
            if let Ok(found) = import(&cut, &entry.wanted()) {
                // Text has no end mark, and CIFAR's records can be counted only.
                let can_be_short = entry.path.ends_with(".csv") || entry.path.ends_with(".bin");
                let n = found.data.y.len();
                assert!(can_be_short && n <= entry.n, "{} cut at {length}: {n} examples", entry.path);
            }
        }
    }
}
