//! Text given to `flatscape analyze` and `compare`: the right loss, or one line and nothing written.

use std::path::Path;

use serde_json::Value;

use crate::analyze_small::{f32s, save};
use crate::{flatscape, is_one_line};

fn run(dir: &Path, data: &Path, more: &[&str]) -> std::process::Output {
    let arguments = ["analyze", "m.toml", "--weights", "w.safetensors", "--out", "o", "--device", "cpu", "--data"];
    flatscape(dir).args(arguments).arg(data).args(more).output().unwrap()
}

/// A model of zero weights: its loss is the logarithm of the number of classes.
fn zero(dir: &Path, vocabulary: usize, tokens: usize, last: &str, loss: &str, outputs: usize) {
    let input = format!("{{ tokens = {tokens}, vocabulary = {vocabulary} }}");
    let layers = format!("[\"embedding 3\", {last}\"linear {outputs} nobias\"]");
    std::fs::write(dir.join("m.toml"), format!("input = {input}\nloss = \"{loss}\"\nlayers = {layers}\n")).unwrap();
    let place = if last.is_empty() { 1 } else { 2 };
    let tensors =
        [f32s("0.weight", &[vocabulary, 3], |_| 0.0), f32s(&format!("{place}.weight"), &[outputs, 3], |_| 0.0)];
    save(&dir.join("w.safetensors"), &tensors);
}

fn loss(dir: &Path) -> f64 {
    let report = std::fs::read_to_string(dir.join("o/report.json")).unwrap();
    serde_json::from_str::<Value>(&report).unwrap()["loss"].as_f64().unwrap()
}

fn reference(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/text").join(path)
}

#[test]
fn plain_text_is_measured_as_bytes_and_as_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("a.txt");
    std::fs::write(&text, "one two three, one two three").unwrap();
    for (vocabulary, more) in [(256, vec![]), (420, vec!["--tokenizer", "bpe"]), (420, vec!["--tokenizer", "t.json"])] {
        std::fs::create_dir_all(dir.path().join("bpe")).unwrap();
        for name in ["bpe/vocab.json", "bpe/merges.txt"] {
            std::fs::copy(reference(name), dir.path().join(name)).unwrap();
        }
        std::fs::copy(reference("tokenizer.json"), dir.path().join("t.json")).unwrap();
        zero(dir.path(), vocabulary, 8, "", "token-cross-entropy", vocabulary);
        let output = run(dir.path(), &text, &[&more[..], &["--force"]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("windows of 8; the target of each token is the next one"), "{stderr}");
        assert!((loss(dir.path()) - (vocabulary as f64).ln()).abs() < 1e-5, "{}", loss(dir.path()));
    }
}

#[test]
fn a_table_of_texts_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("r.csv");
    std::fs::write(&table, "text,label\ngood,pos\n\"bad, bad\",neg\n").unwrap();
    zero(dir.path(), 256, 8, "\"mean-token\", ", "cross-entropy", 2);
    let output = run(dir.path(), &table, &[]);
    assert!(output.status.success(), "{output:?}");
    assert!((loss(dir.path()) - 2_f64.ln()).abs() < 1e-6, "{}", loss(dir.path()));
}

#[test]
fn what_goes_wrong_with_text_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    zero(dir.path(), 9, 4, "", "token-cross-entropy", 9);
    std::fs::write(dir.path().join("a.txt"), "some words").unwrap();
    std::fs::write(dir.path().join("bad.json"), "{}").unwrap();
    let text = dir.path().join("a.txt");
    for (data, more, words) in [
        (reference("outside.npz"), &[] as &[&str], "has the token 9 at place 2"),
        (reference("padding.npz"), &[], "nothing but padding"),
        (reference("long.npz"), &[], "at most 4 tokens in a row"),
        (reference("nothing.npz"), &[], "targets of nothing but -100"),
        (text.clone(), &[], "256 different tokens, expected at most 9"),
        (text.clone(), &["--tokenizer", "gone.json"], "cannot read the tokenizer"),
        (text, &["--tokenizer", "bad.json"], "JSON without a `model`"),
        (
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/data/png"),
            &[],
            "images, while the model takes text",
        ),
    ] {
        let output = run(dir.path(), &data, more);
        assert!(is_one_line(&output, &["`--data`", words]) && !dir.path().join("o").exists(), "{data:?}: {output:?}");
    }
}
