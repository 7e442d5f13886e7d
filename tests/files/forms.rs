//! Arrays in the forms in which people save them: each is read as NumPy means it and told, or refused in a sentence.
//!
//! `tests/reference/README.md` says what `expected.json` lists.

use std::path::{Path, PathBuf};

use flatscape::config::LossKind;
use flatscape::data::{Imported, Labels, Wanted, import};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    path: String,
    input: Vec<usize>,
    outputs: usize,
    loss: LossKind,
    /// Nothing where it must be refused.
    read: Option<Numbers>,
    words: Vec<String>,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Numbers {
    x: Vec<f64>,
    y: Vec<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/forms")
}

fn check(case: &Case, outcome: Result<Imported<f64>, String>) -> Result<(), String> {
    let (told, expected) = match (&outcome, &case.read) {
        (Err(message), None) => (message.clone(), None),
        (Ok(found), Some(read)) => (found.notes.join("; "), Some((found, read))),
        (Err(message), Some(_)) => return Err(message.clone()),
        (Ok(found), None) => return Err(format!("was read: {:?}", found.notes)),
    };
    if let Some(word) = case.words.iter().find(|word| !told.contains(*word)) {
        return Err(format!("`{word}` is not in `{told}`"));
    }
    if case.words.is_empty() && !told.is_empty() {
        return Err(format!("nothing to tell, but `{told}`"));
    }
    let Some((found, read)) = expected else { return Ok(()) };
    let y: Vec<f64> = match &found.data.y {
        Labels::Classes { of, .. } => of.iter().map(|&class| f64::from(class)).collect(),
        Labels::Values { of, .. } => of.clone(),
        other => panic!("{other:?}"),
    };
    // The JSON parser is off by the last of 64 bits at times.
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-15 * b.abs();
    let same = found.data.x.len() == read.x.len() && found.data.x.iter().zip(&read.x).all(near);
    if !same || y != read.y || found.class_names != case.names || found.data.shape != case.input {
        return Err(format!("{:?} {:?} {:?}", found.data.x, y, found.class_names));
    }
    Ok(())
}

#[test]
fn usual_forms_are_read_as_numpy_means_them_or_named() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        let wanted = Wanted { input: &case.input, outputs: case.outputs, loss: case.loss, text: None };
        let outcome = import::<f64>(&folder().join(&case.path), &wanted).map_err(|err| err.to_string());
        if let Err(problem) = check(case, outcome) {
            failures.push(format!("{}: {problem}", case.path));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// In 64 bits nothing passes through 32: a number that 32 bits do not hold comes back as it is.
#[test]
fn examples_and_targets_keep_64_bits() {
    let dir = tempfile::tempdir().unwrap();
    let (x, y) = ([1.0 + 2f64.powi(-40), -1e-300], [0.1_f64, 1e300]);
    let bytes = |of: [f64; 2]| of.map(f64::to_le_bytes).concat();
    let [x_bytes, y_bytes] = [bytes(x), bytes(y)];
    let view = |shape: &[usize], bytes| {
        safetensors::tensor::TensorView::new(safetensors::Dtype::F64, shape.to_vec(), bytes).unwrap()
    };
    let tensors = [("x", view(&[2, 1], &x_bytes)), ("y", view(&[2, 1], &y_bytes))];
    let path = dir.path().join("d.safetensors");
    std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
    let found = import::<f64>(&path, &Wanted { input: &[1], outputs: 1, loss: LossKind::Mse, text: None }).unwrap();
    assert_eq!((found.data.x, found.data.y), (x.to_vec(), Labels::Values { of: y.to_vec(), outputs: 1 }));
}
