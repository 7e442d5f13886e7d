//! `flatscape analyze` of weights as tools write them: wrapped, averaged, parametrised, in 64 bits (`tests/reference/checkpoints.py`).
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use serde_json::Value;

use crate::analysis::{analyze_weights, number, numbers, read_json, reference};
use crate::analyze_small::{BASE, PARAMETERS, complaint, f32s, folder, save, weights};
use crate::failures::Failures;
use crate::flatscape;

/// A file, and what its notes say.
const NOTES: [(&str, &[&str]); 14] = [
    ("plain", &[]),
    ("data-parallel", &["`module.` is stripped from 4 names"]),
    ("averaged", &["`n_averaged` is left out: a count of averaged models", "`module.` is stripped from 4 names"]),
    ("compiled", &["`_orig_mod.` is stripped from 4 names"]),
    (
        "averaged-compiled",
        &["`n_averaged` is left out", "`_orig_mod.` is stripped from 4 names", "`module.` is stripped from 4 names"],
    ),
    ("compiled-inside", &["`_orig_mod.` is stripped from 2 names, such as `0._orig_mod.bias`"]),
    (
        "lightning",
        &[
            "`global_step` is left out: a count of steps",
            "`model.` is stripped from 4",
            "`state_dict.` is stripped from 4",
        ],
    ),
    ("weight-norm", &["`0.weight` and `3.weight` are computed as g·v/‖v‖ (weight_norm)"]),
    ("weight-norm-columns", &["are computed as g·v/‖v‖ (weight_norm)"]),
    ("weight-norm-whole", &["are computed as g·v/‖v‖ (weight_norm)"]),
    ("weight-norm-old", &["are computed as g·v/‖v‖ (weight_norm)"]),
    ("spectral-norm", &["`0.weight` and `3.weight` are computed as W/(uᵀWv) (spectral_norm"]),
    ("spectral-norm-old", &["are computed as W/(uᵀWv) (spectral_norm"]),
    ("pruned", &["are computed as weights times their mask (pruning)"]),
];

fn notes(report: &Value) -> Vec<String> {
    let notes = report["weights_notes"].as_array().unwrap();
    notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_checkpoint_gives_pytorchs_figures_and_says_what_was_done_to_it() {
    let folder = reference("checkpoints");
    let expected = read_json(&folder.join("expected.json"));
    assert_eq!(expected.as_object().unwrap().len(), NOTES.len(), "each file has its notes here");
    let mut failures = Failures::new();
    for (name, wanted) in NOTES {
        let file = format!("{name}.safetensors");
        let args = ["--precision", "f64", "--dense"];
        let (report, _dir) = analyze_weights(&folder, &file, Path::new("data.safetensors"), &args);
        for (found, key) in [("/loss", "loss"), ("/gradient_norm", "gradient_norm"), ("/dense/trace", "trace")] {
            let expected = expected[name][key].as_f64().unwrap();
            failures.relative(&format!("{name} {key}"), &[number(&report, found)], &[expected], 1e-12);
        }
        let notes = notes(&report);
        let all = notes.len() == wanted.len() && wanted.iter().all(|part| notes.iter().any(|note| note.contains(part)));
        failures.holds(name, all, &format!("{notes:?}, expected {wanted:?}"));
    }
    failures.finish();
}

#[test]
fn notes_stand_on_stderr_with_their_file() {
    let dir = folder();
    save(&dir.path().join("w.safetensors"), &weights("module._orig_mod."));
    save(&dir.path().join("v.safetensors"), &weights("model."));
    let wrapped = |axis: &str, phase: f32| {
        PARAMETERS.map(|(name, shape)| f32s(&format!("{axis}.module.{name}"), shape, |i| (i as f32 + phase).cos()))
    };
    save(&dir.path().join("f.safetensors"), &[wrapped("x", 0.0), wrapped("y", 0.7)].concat());
    let more =
        ["--initial", "v.safetensors", "--hvp", "v.safetensors", "--slice", "3", "--directions", "f.safetensors"];
    let output = flatscape(dir.path()).args(BASE).args(more).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    let report = read_json(&dir.path().join("o/report.json"));
    let found = notes(&report);
    for (line, note) in [
        ("read w.safetensors: `module.` is stripped from 4 names", "`module.` is stripped from 4 names"),
        ("read w.safetensors: `_orig_mod.` is stripped from 4 names", "`_orig_mod.` is stripped from 4 names"),
        ("read v.safetensors: `model.` is stripped from 4 names", "`--initial`: `model.` is stripped"),
        ("read v.safetensors: `model.` is stripped from 4 names", "`--hvp`: `model.` is stripped"),
        ("read f.safetensors: under `x.` `module.` is stripped", "`--directions`: under `x.` `module.` is stripped"),
    ] {
        assert!(stderr.lines().any(|found| found.starts_with(&format!("flatscape: {line}"))), "{line}: {stderr}");
        assert!(found.iter().any(|found| found.starts_with(note)), "{note}: {found:?}");
    }
}

#[test]
fn what_could_be_two_things_is_refused_with_both_names() {
    let dir = folder();
    let refused = |tensors: &[_], more: &[&str], parts: &[&str]| {
        save(&dir.path().join("w.safetensors"), tensors);
        assert_eq!(complaint(dir.path(), more, parts), None);
    };
    let twice = ["`--weights`", "as `0.weight` and as `module.0.weight` (3 more likewise)", "expected one copy"];
    refused(&[weights(""), weights("module.")].concat(), &[], &twice);
    let twice = ["as `ema.0.weight` and as `model.0.weight`", "expected one copy", "w.safetensors"];
    refused(&[weights("model."), weights("ema.")].concat(), &[], &twice);
    // Half of one copy and half of another make no model.
    let halves = [&weights("student.")[..2], &weights("teacher.")[2..]].concat();
    refused(&halves, &[], &["`student.0.weight` and `teacher.2.weight`", "different prefixes"]);
    // A model within a larger one, of which the rest is not known.
    let larger = [weights("model."), vec![f32s("head.weight", &[2, 2], |_| 1.0)]].concat();
    refused(&larger, &[], &["unexpected: `head.weight` [2, 2]"]);
    let flat = [f32s("_fsdp_wrapped_module._flat_param", &[17], |_| 1.0)];
    refused(&flat, &[], &["FSDP's flat parameters", "save the full state dict"]);
}

#[test]
fn parametrisations_that_are_not_known_are_named_with_the_way_out() {
    let folder = reference("checkpoints");
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["model.toml", "data.safetensors", "orthogonal.safetensors", "weight-norm.safetensors", "plain.safetensors"]
    {
        std::fs::copy(folder.join(name), dir.path().join(name)).unwrap();
    }
    std::fs::rename(dir.path().join("model.toml"), dir.path().join("m.toml")).unwrap();
    std::fs::rename(dir.path().join("data.safetensors"), dir.path().join("d.safetensors")).unwrap();
    std::fs::rename(dir.path().join("plain.safetensors"), dir.path().join("w.safetensors")).unwrap();
    let parts =
        ["`3.weight` is stored by the parametrisation `orthogonal`", "remove_parametrizations(module, \"weight\")"];
    assert_eq!(complaint(dir.path(), &["--weights", "orthogonal.safetensors"], &parts), None);
    // A direction is a sum, which g·v/‖v‖ is not.
    let parts = ["`--hvp`", "`0.weight` is stored in parts", "expected the tensor itself"];
    assert_eq!(complaint(dir.path(), &["--hvp", "weight-norm.safetensors"], &parts), None);
}

#[test]
fn in_64_bits_nothing_passes_through_32() {
    let folder = reference("precision");
    let expected = read_json(&folder.join("expected.json"));
    let mut failures = Failures::new();
    for name in ["weights", "near"] {
        let expected = &expected[name];
        let args = [
            &["--precision", "f64", "--dense", "--eigenvalues", "3", "--hvp", "v.safetensors", "--rho", "0.05"][..],
            &["--slice", "3", "--range", "0.5", "--normalize", "none", "--directions", "directions.safetensors"],
        ]
        .concat();
        let file = format!("{name}.safetensors");
        let (report, _dir) = analyze_weights(&folder, &file, Path::new("data.safetensors"), &args);
        for (pointer, key) in [
            ("/loss", "/loss"),
            ("/gradient_norm", "/gradient_norm"),
            ("/hvp/gv", "/gv"),
            ("/hvp/hv_norm", "/hv_norm"),
            ("/hvp/vhv", "/vhv"),
            ("/sharpness/sam_loss", "/sam_loss"),
            ("/slice/loss", "/slice"),
            ("/dense/trace", "/trace"),
            ("/eigenvalues/largest", "/largest"),
        ] {
            let (found, expected) = (numbers(&report, pointer), numbers(expected, key));
            failures.relative(&format!("{name} {pointer}"), &found, &expected, 1e-12);
        }
        let (found, expected) = (numbers(&report, "/dense/eigenvalues"), numbers(expected, "/eigenvalues"));
        failures.distance(&format!("{name} all eigenvalues"), &found, &expected, 1e-12, expected[expected.len() - 1]);
    }
    failures.finish();
}

/// The two files differ by 1e-10, far below what 32 bits tell apart.
#[test]
fn weights_that_differ_below_32_bits_differ_in_64_alone() {
    let folder = reference("precision");
    let losses = |precision: &str| {
        ["weights", "near"].map(|name| {
            let file = format!("{name}.safetensors");
            let args = ["--precision", precision];
            number(&analyze_weights(&folder, &file, Path::new("data.safetensors"), &args).0, "/loss")
        })
    };
    let expected = read_json(&folder.join("expected.json"));
    let expected = expected["near"]["loss"].as_f64().unwrap() - expected["weights"]["loss"].as_f64().unwrap();
    let [first, second] = losses("f64");
    assert!((second - first - expected).abs() < 1e-15, "{first} {second}");
    let [first, second] = losses("f32");
    assert!((second - first).abs() < 1e-6, "{first} {second}");
}
