//! Comparisons that start from a file of weights: what is told, and what is refused in one line.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use safetensors::SafeTensors;

use crate::analyze_small::{PARAMETERS, Tensor, f32s, save, weights};
use crate::{flatscape, is_one_line};

/// A folder with an experiment of the small model that starts from its weights.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 4\n\
                [data]\nsource = \"moons\"\ntrain_size = 20\ntest_size = 20\n\
                [model]\ninput = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear 3\", \"tanh\", \"linear 2\"]\n\
                [start]\nweights = \"w.safetensors\"\n\
                [optimizers.sgd]\n[look]\nsubset = 20\nresolution = 5\n";
    std::fs::write(dir.path().join("e.toml"), text).unwrap();
    save(&dir.path().join("w.safetensors"), &weights(""));
    dir
}

fn compare(dir: &Path, more: &[&str]) -> std::process::Output {
    let base = ["compare", "e.toml", "--quick", "--device", "cpu", "--out", "o"];
    flatscape(dir).args(base).args(more).output().unwrap()
}

/// The file of weights with some of its tensors changed, and others behind them.
fn rewrite(dir: &Path, keep: impl Fn(&str) -> bool, more: Vec<Tensor>) {
    let kept = weights("").into_iter().filter(|(name, ..)| keep(name));
    save(&dir.join("w.safetensors"), &kept.chain(more).collect::<Vec<_>>());
}

#[test]
fn what_is_frozen_is_told_before_the_runs() {
    let dir = folder();
    rewrite(dir.path(), |name| !name.starts_with("2."), vec![f32s("2.weight", &[7, 3], |i| i as f32)]);
    let output = compare(dir.path(), &["--set", "start.fresh=2.*", "--set", "start.frozen=0.*"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    for line in [
        "`2.weight` and `2.bias` begin anew, with random weights of the seed",
        "2 of 4 tensors are frozen: D is 8 of 17 parameters; noise and curvature leave them out",
    ] {
        assert!(stderr.contains(line), "{line}: {stderr}");
    }
    assert!(dir.path().join("o/summary.json").exists());
}

#[test]
fn all_runs_start_from_the_file() {
    let dir = folder();
    // The weights say nothing, so that both classes are as likely.
    let zeros = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, |_| 0.0)).collect();
    rewrite(dir.path(), |_| false, zeros);
    let output = compare(dir.path(), &["--set", "learning_rate=1e-6"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("o/summary.json")).unwrap()).unwrap();
    let loss = summary["runs"][0]["train_loss"].as_f64().unwrap();
    assert!((loss - std::f64::consts::LN_2).abs() < 1e-4, "{loss}");
    let bytes = std::fs::read(dir.path().join("w.safetensors")).unwrap();
    assert_eq!(SafeTensors::deserialize(&bytes).unwrap().len(), 4, "the file is as it was");
}

/// What is done to the folder, arguments, and what the message must name.
type Wrong = (fn(&Path), &'static [&'static str], &'static [&'static str]);

const WRONG: &[Wrong] = &[
    (|_| (), &["--set", "start.weights=none.safetensors"], &["`start.weights`", "No such file", "none.safetensors"]),
    (|_| (), &["--set", "start.weights=e.toml"], &["`start.weights`", "found text", "e.toml"]),
    (|_| (), &["--set", "start.fresh=3.*"], &["unknown pattern in `start.fresh` `3.*`", "2.weight"]),
    (
        |_| (),
        &["--set", "start.frozen=0.wieght"],
        &["unknown pattern in `start.frozen` `0.wieght`", "did you mean `0.weight`?"],
    ),
    (
        |_| (),
        &["--set", "start.frozen=*"],
        &["`start.frozen` is *, which fits all 4 tensors", "leave at least one to be trained"],
    ),
    (
        |_| (),
        &["--set", "start.fresh=2.*", "--set", "start.frozen=0.*,*.bias"],
        &["`start.frozen` is 0.*, *.bias", "`2.bias` that begins anew by `start.fresh`"],
    ),
    (
        |dir| rewrite(dir, |name| name != "2.bias", Vec::new()),
        &[],
        &["`start.weights`", "missing: `2.bias` [2]", "`start.fresh`", "w.safetensors"],
    ),
    (
        |dir| rewrite(dir, |name| name != "0.bias", Vec::new()),
        &["--set", "start.fresh=2.*"],
        &["`start.weights`", "missing: `0.bias` [3]"],
    ),
    (
        |dir| rewrite(dir, |name| name != "2.weight", vec![f32s("2.weight", &[5, 3], |_| 0.5)]),
        &[],
        &["`start.weights`", "of another shape: `2.weight` [5, 3], expected [2, 3]", "`start.fresh`"],
    ),
    (
        |dir| rewrite(dir, |_| true, vec![f32s("4.weight", &[5, 3], |_| 0.5)]),
        &["--set", "start.fresh=2.*"],
        &["`start.weights`", "unexpected: `4.weight` [5, 3]"],
    ),
    (
        |dir| rewrite(dir, |name| name != "0.bias", vec![f32s("0.bias", &[3], |_| f32::NAN)]),
        &["--set", "start.frozen=0.*"],
        &["`start.weights`", "`0.bias` has 3 numbers that are NaN or infinite"],
    ),
    // They are copied where they can be read, which is nobody's business.
    (
        |_| (),
        &["--set", "start.weights=resnet8-glyphs"],
        &["`start.weights`", "do not fit the model", "resnet8-glyphs, which comes with the program\n"],
    ),
];

/// Whether some words of a line stand in it twice.
fn says_twice(line: &str) -> bool {
    const PHRASE: usize = 4;
    // Names of tensors and their shapes come again.
    let is_of_a_phrase = |word: &&str| word.starts_with(char::is_alphabetic);
    let words: Vec<&str> = line.split_whitespace().filter(is_of_a_phrase).collect();
    let phrases: Vec<&[&str]> = words.windows(PHRASE).collect();
    phrases.iter().enumerate().any(|(index, phrase)| phrases[index + 1..].contains(phrase))
}

#[test]
fn a_start_that_cannot_be_is_named_in_one_line_and_leaves_nothing() {
    let mut failures = Vec::new();
    for (prepare, more, parts) in WRONG {
        let dir = folder();
        prepare(dir.path());
        let output = compare(dir.path(), more);
        let is_told_once = !says_twice(&String::from_utf8_lossy(&output.stderr));
        if !is_one_line(&output, parts) || !is_told_once || dir.path().join("o").exists() {
            failures.push(format!("{more:?} {parts:?}: {output:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
