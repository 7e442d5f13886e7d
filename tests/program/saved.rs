//! `flatscape analyze` of checkpoints as `torch.save` and Hugging Face write them (`tests/reference/checkpoints_saved.py`).
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use serde_json::Value;

use crate::analysis::{analyze_weights, number, read_json, reference};
use crate::failures::Failures;
use crate::{flatscape, is_one_line};

/// A file with more arguments, its name in `expected.json`, and what its notes say.
type Case<'a> = (&'a str, &'a [&'a str], &'a str, &'a [&'a str]);

const CASES: [Case<'_>; 18] = [
    ("zip.pt", &[], "zip.pt", &[]),
    ("legacy.pt", &[], "legacy.pt", &[]),
    ("strided.pt", &[], "strided.pt", &[]),
    ("whole.pt", &[], "whole.pt", &[]),
    (
        "wrapped.pth",
        &[],
        "wrapped.pth",
        &[
            "what only running `argparse.Namespace` could make is left out: nothing of it is run",
            "`optimizer` is left out: 12 tensors beside the weights",
            "`model.` is stripped from 4 names",
        ],
    ),
    (
        "own-key.pt",
        &[],
        "own-key.pt",
        &["the weights are those under `my_weights`", "`optimizer` is left out: 12 tensors beside the weights"],
    ),
    (
        "lightning.ckpt",
        &[],
        "lightning.ckpt",
        &[
            "`optimizer_states` is left out: 12 tensors beside the weights",
            "`model.` is stripped from 4 names",
            "`state_dict.` is stripped from 4 names",
        ],
    ),
    (
        "lightning-legacy.ckpt",
        &[],
        "lightning-legacy.ckpt",
        &["`optimizer_states` is left out", "`model.` is stripped", "`state_dict.` is stripped"],
    ),
    (
        "code-beside.pt",
        &[],
        "code-beside.pt",
        &["what only running `posix.system` could make is left out", "`state_dict.` is stripped from 4 names"],
    ),
    (
        "two.pt",
        &["--weights-key", "model"],
        "two.pt model",
        &["the weights are those under `model`", "`ema` is left out: 4 tensors beside the weights"],
    ),
    (
        "two.pt",
        &["--weights-key", "ema.module"],
        "two.pt ema.module",
        &["the weights are those under `ema.module`", "`model` is left out: 4 tensors beside the weights"],
    ),
    (
        "two.pt",
        &["--weights-key", "ema"],
        "two.pt ema.module",
        &["the weights are those under `ema`", "`model` is left out", "`module.` is stripped from 4 names"],
    ),
    ("double.pt", &[], "double.pt", &[]),
    ("half.pt", &[], "half.pt", &[]),
    ("brain.safetensors", &[], "brain.safetensors", &[]),
    ("sharded", &[], "sharded", &[]),
    ("sharded/model.safetensors.index.json", &[], "sharded", &[]),
    ("sharded-bin/pytorch_model.bin.index.json", &[], "sharded-bin", &[]),
];

fn notes(report: &Value) -> Vec<String> {
    let notes = report["weights_notes"].as_array().into_iter().flatten();
    notes.map(|note| note.as_str().unwrap().to_owned()).collect()
}

/// The folder of the files, and a copy of it where a test writes.
fn copied() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&reference("saved"), dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            std::fs::create_dir(&copied).unwrap();
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

#[test]
fn every_checkpoint_gives_pytorchs_figures_and_says_what_was_left_out() {
    let folder = reference("saved");
    let expected = read_json(&folder.join("expected.json"));
    let mut failures = Failures::new();
    for (file, more, name, wanted) in CASES {
        let args = [&["--precision", "f64", "--dense"], more].concat();
        let (report, _dir) = analyze_weights(&folder, file, Path::new("data.safetensors"), &args);
        for (found, key) in [("/loss", "loss"), ("/gradient_norm", "gradient_norm"), ("/dense/trace", "trace")] {
            let expected = expected[name][key].as_f64().unwrap();
            failures.relative(&format!("{file} {more:?} {key}"), &[number(&report, found)], &[expected], 1e-12);
        }
        let notes = notes(&report);
        let all = notes.len() == wanted.len() && wanted.iter().all(|part| notes.iter().any(|note| note.contains(part)));
        failures.holds(&format!("{file} {more:?}"), all, &format!("{notes:?}, expected {wanted:?}"));
    }
    failures.finish();
}

#[test]
fn names_of_one_tensor_are_read_as_safetensors_keeps_them() {
    let folder = reference("saved/shared");
    let expected = read_json(&reference("saved/expected.json"))["shared"]["loss"].as_f64().unwrap();
    for file in ["shared.safetensors", "both.pt"] {
        let (report, _dir) = analyze_weights(&folder, file, Path::new("data.safetensors"), &["--precision", "f64"]);
        let loss = number(&report, "/loss");
        assert!((loss - expected).abs() < 1e-12, "{file}: {loss}, expected {expected}");
        assert!(notes(&report).is_empty(), "{file}: {:?}", notes(&report));
    }
}

#[test]
fn tied_tensors_under_the_names_of_others_give_pytorchs_loss() {
    let dir = copied();
    let folder = dir.path().join("shared");
    let expected = read_json(&dir.path().join("expected.json"))["shared"]["loss"].as_f64().unwrap();
    let model = std::fs::read_to_string(folder.join("model.toml")).unwrap();
    let tied = "tied = [[\"0.weight\", \"2.weight\"]]\n";
    std::fs::write(folder.join("tied.toml"), format!("{model}{tied}")).unwrap();
    let names = "[names]\n\"0.weight\" = \"transformer.wte.weight ᵀ\"\n\"0.bias\" = \"transformer.wte.bias\"\n\
                 \"2.weight\" = \"lm_head.weight ᵀ\"\n\"2.bias\" = \"lm_head.bias\"\n";
    std::fs::write(folder.join("theirs.toml"), format!("{model}{tied}{names}")).unwrap();
    let run = |model: &str, weights: &str| {
        let base = ["analyze", model, "--weights", weights, "--data", "data.safetensors", "--out", "o", "--force"];
        flatscape(&folder).args(base).args(["--device", "cpu", "--precision", "f64"]).output().unwrap()
    };
    for (model, weights) in
        [("tied.toml", "shared.safetensors"), ("tied.toml", "both.pt"), ("theirs.toml", "theirs.pt")]
    {
        let output = run(model, weights);
        assert!(output.status.success(), "{model} {weights}: {output:?}");
        let report = read_json(&folder.join("o/report.json"));
        let loss = number(&report, "/loss");
        assert!((loss - expected).abs() < 1e-12, "{model} {weights}: {loss}, expected {expected}");
        assert_eq!(number(&report, "/parameters"), 15.0, "{model} {weights}");
    }
    let output = run("tied.toml", "apart.pt");
    let words = ["`0.weight` and `2.weight` are one tensor of the model", "differ by up to 2.500e-1"];
    assert!(is_one_line(&output, &words), "{output:?}");
}

/// A file or folder of weights, more arguments, and what is said of it.
const REFUSED: [(&str, &[&str], &[&str]); 20] = [
    ("two.pt", &[], &["`--weights-key ema.module` or `--weights-key model`"]),
    ("two.pt", &["--weights-key", "net"], &["`--weights-key` is `net`", "expected one such as `ema`, `model`"]),
    ("zip.pt", &["--weights-key", "model"], &["`--weights-key` is `model`", "expected one such as `0`, `3`"]),
    ("overflow.pt", &[], &["`0.weight` has 2 numbers that are NaN or infinite (half precision ends at 65504)"]),
    ("beyond.safetensors", &[], &["`3.bias` has 1 number that is infinite in 32 bits (`--precision f64` keeps them)"]),
    ("eight.safetensors", &[], &["`0.weight` F8_E4M3, expected F32, F64, F16 or BF16", "save `w.float()`"]),
    ("eight.pt", &[], &["tensors of the type `float8_e4m3fn`, expected tensors of F32", "save `w.float()`"]),
    ("code-needed.pt", &[], &["only running `somebody.net.Holder` could make", "torch.save(model.state_dict()"]),
    ("sparse.pt", &[], &["`torch._utils._rebuild_sparse_tensor`", "save `w.to_dense()`"]),
    ("script.pt", &[], &["a TorchScript archive, which holds a program", "torch.jit.load(FILE).state_dict()"]),
    ("numbers.pt", &[], &["found no tensors in it, expected a state dict"]),
    ("list.pt", &[], &["expected a state dict, or a dictionary with one"]),
    ("pickle.pt", &[], &["a Python pickle, which is never opened because it may run code", "expected weights"]),
    ("shared/theirs.pt", &[], &["missing: `0.weight` [3, 1, 3, 3]", "`lm_head.bias` [3]"]),
    (".", &[], &["a folder without an index of shards"]),
    ("gone/model.safetensors.index.json", &[], &["cannot read it", "No such file", "an index of shards"]),
    ("bad/empty.safetensors.index.json", &[], &["its `weight_map` is empty"]),
    ("bad/no-map.index.json", &[], &["it is no index of shards", "`weight_map`"]),
    ("bad/outside.index.json", &[], &["the shard `../sharded/x.safetensors` of `0.bias` lies outside of its folder"]),
    ("bad/itself.index.json", &[], &["found text, expected weights"]),
];

#[test]
fn what_cannot_be_read_is_told_in_one_sentence_and_nothing_is_run() {
    let dir = copied();
    let bad = dir.path().join("bad");
    std::fs::create_dir(&bad).unwrap();
    let index = |name: &str, text: &str| std::fs::write(bad.join(name), text).unwrap();
    index("empty.safetensors.index.json", "{\"weight_map\": {}}");
    index("no-map.index.json", "{\"metadata\": {}}");
    index("outside.index.json", "{\"weight_map\": {\"0.bias\": \"../sharded/x.safetensors\"}}");
    index("itself.index.json", "{\"weight_map\": {\"0.bias\": \"itself.index.json\"}}");
    let mut failures = Failures::new();
    for (file, more, words) in REFUSED {
        let base = ["analyze", "model.toml", "--weights", file, "--data", "data.safetensors", "--out", "o"];
        let output = flatscape(dir.path()).args(base).args(["--device", "cpu"]).args(more).output().unwrap();
        let right = is_one_line(&output, words) && !dir.path().join("o").exists();
        failures.holds(&format!("{file} {more:?}"), right, &format!("{output:?}, expected {words:?}"));
    }
    let base = ["analyze", "model.toml", "--weights", "code-beside.pt", "--data", "data.safetensors", "--out", "o"];
    let output = flatscape(dir.path()).args(base).args(["--device", "cpu"]).output().unwrap();
    failures.holds("code beside the weights", output.status.success(), &format!("{output:?}"));
    let ran = dir.path().join("flatscape-ran-it").exists();
    failures.holds("nothing is run", !ran, "the command in the pickle was run");
    failures.finish();
}

#[test]
fn shards_that_do_not_keep_their_promise_are_named() {
    let dir = copied();
    let sharded = dir.path().join("sharded");
    let refused = |words: &[&str]| {
        let base = ["analyze", "model.toml", "--weights", "sharded", "--data", "data.safetensors", "--out", "o"];
        let output = flatscape(dir.path()).args(base).args(["--device", "cpu"]).output().unwrap();
        assert!(is_one_line(&output, words), "{output:?}, expected {words:?}");
    };
    let index = sharded.join("model.safetensors.index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, text.replace("3.weight\": \"model-00002", "3.weight\": \"model-00001")).unwrap();
    refused(&["`3.weight` is not in its shard `model-00001-of-00002.safetensors`"]);
    std::fs::write(&index, &text).unwrap();
    std::fs::write(sharded.join("other.safetensors.index.json"), &text).unwrap();
    refused(&["`model.safetensors.index.json` and `other.safetensors.index.json`", "expected the file that is meant"]);
    std::fs::remove_file(sharded.join("other.safetensors.index.json")).unwrap();
    std::fs::remove_file(sharded.join("model-00002-of-00002.safetensors")).unwrap();
    refused(&["the shard `model-00002-of-00002.safetensors` with `3.bias` is missing, expected it beside the index"]);
}

/// A pickle of a few bytes that would make as many values as the memory has room for.
#[test]
fn what_would_take_too_much_memory_is_refused_before_it_does() {
    let dir = copied();
    let mut legacy = std::fs::read(dir.path().join("legacy.pt")).unwrap();
    let end_of_header = legacy.windows(2).position(|two| two == b"}q" || two == b"cc").unwrap();
    let values = vec![b'N'; 1 << 20];
    legacy.splice(end_of_header..end_of_header, values);
    std::fs::write(dir.path().join("many.pt"), legacy).unwrap();
    for (file, limit, words) in [
        ("many.pt", "64M", &["its pickle would take", "expected at most 64 MiB", "`--max-memory` sets the limit"][..]),
        ("zip.pt", "100", &["would take", "expected at most 100 bytes"]),
    ] {
        let base = ["analyze", "model.toml", "--weights", file, "--data", "data.safetensors", "--out", "o"];
        let output =
            flatscape(dir.path()).args(base).args(["--device", "cpu", "--max-memory", limit]).output().unwrap();
        assert!(is_one_line(&output, words), "{file}: {output:?}");
    }
}

#[test]
fn checkpoints_and_shards_are_recognised_where_files_are_opened() {
    let dir = copied();
    for (file, weights) in
        [("zip.pt", "zip.pt"), ("lightning-legacy.ckpt", "lightning-legacy.ckpt"), ("sharded", "sharded")]
    {
        let output = flatscape(dir.path()).args(["model.toml", file]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{file}: {stderr}");
        assert!(stderr.contains(&format!("`flatscape analyze model.toml --weights {weights} --data D")), "{stderr}");
    }
    for (file, words) in [
        ("script.pt", &["a TorchScript archive", "torch.jit.load"][..]),
        ("code-needed.pt", &["only running `somebody.net.Holder` could make"]),
        ("numbers.pt", &["Found no tensors in it"]),
    ] {
        let output = flatscape(dir.path()).arg(file).output().unwrap();
        assert!(is_one_line(&output, words), "{file}: {output:?}");
    }
}
