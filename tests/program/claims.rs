//! `flatscape claims` and `flatscape reproduce`: what is listed, what is written, what is kept when it is stopped.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{flatscape, is_one_line};

fn reproduce(dir: &Path, more: &[&str]) -> Output {
    let base = ["reproduce", "sensing-pairs", "--quick", "--seeds", "2", "--device", "cpu", "--out", "o"];
    flatscape(dir).args(base).args(more).output().unwrap()
}

/// Takes runs away from what a study has kept.
fn forget(dir: &Path, study: &str, which: &str, count: usize) {
    let session = rusqlite::Connection::open(dir.join("o").join(study).join("session.flatscape")).unwrap();
    assert_eq!(session.execute(&format!("DELETE FROM results WHERE {which}"), []).unwrap(), count);
}

fn claims(dir: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(dir.join("o/claims.json")).unwrap()).unwrap()
}

#[test]
fn the_list_names_what_can_be_reproduced() {
    let dir = tempfile::tempdir().unwrap();
    let output = flatscape(dir.path()).args(["claims", "--json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|claim| claim["claim"].as_str().unwrap()).collect();
    assert!(names.contains(&"sensing-pairs") && names.contains(&"fine-tuning-trace"), "{names:?}");
    let text = String::from_utf8(flatscape(dir.path()).arg("claims").output().unwrap().stdout).unwrap();
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn what_was_stopped_goes_on_and_ends_with_the_same_figures() {
    let dir = tempfile::tempdir().unwrap();
    let output = reproduce(dir.path(), &[]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("sensing-pairs") && stdout.contains("Rule:"), "{stdout}");
    let whole = claims(dir.path());
    assert_eq!(whole.as_array().unwrap().len(), 1, "only what was asked for");
    assert_eq!(whole[0]["seeds"], serde_json::json!([0, 1]));
    let values = whole[0]["methods"]["nso"]["values"].as_array().unwrap();
    // Far from the truth is 1: both methods with noise come near it.
    assert!(values.iter().all(|value| value.as_f64().unwrap() < 0.1), "{values:?}");
    for file in ["claims.csv", "claims.md", "report.html", "matrix-sensing/summary.json", "matrix-sensing/report.html"]
    {
        assert!(dir.path().join("o").join(file).exists(), "{file}");
    }

    let again = reproduce(dir.path(), &[]);
    assert!(is_one_line(&again, &["claims.json", "--force"]), "{}", String::from_utf8_lossy(&again.stderr));

    // As if it had been stopped after four of six runs.
    for file in ["claims.json", "claims.csv", "claims.md", "report.html"] {
        std::fs::remove_file(dir.path().join("o").join(file)).unwrap();
    }
    forget(dir.path(), "matrix-sensing", "(optimizer = 'nso' AND seed = 1) OR (optimizer = 'wp' AND seed = 0)", 2);
    let output = reproduce(dir.path(), &[]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("going on with 4 runs"), "{stderr}");
    assert_eq!(claims(dir.path()), whole);
}

#[test]
fn runs_of_other_settings_are_not_taken_for_these() {
    let dir = tempfile::tempdir().unwrap();
    assert!(reproduce(dir.path(), &[]).status.success());
    for file in ["claims.json", "claims.csv", "claims.md", "report.html"] {
        std::fs::remove_file(dir.path().join("o").join(file)).unwrap();
    }
    let base = ["reproduce", "sensing-pairs", "--quick", "--seeds", "3", "--device", "cpu", "--out", "o"];
    let output = flatscape(dir.path()).args(base).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    let last = message.lines().last().unwrap();
    let words = ["runs of other settings", "`--seeds` is 3 here, and 2 there", "--force"];
    assert!(output.status.code() == Some(2) && words.iter().all(|word| last.contains(word)), "{message}");
}

#[test]
fn wrong_input_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    for (args, parts) in [
        (&["reproduce", "sensing-pair", "--out", "o"][..], &["sensing-pair", "did you mean `sensing-pairs`"][..]),
        (&["reproduce", "--seeds", "0", "--out", "o"], &["`--seeds` is `0`", "whole number from 1"]),
        (&["reproduce", "--first-seed", "-1", "--out", "o"], &["`--first-seed` is `-1`", "whole number from 0"]),
        (&["reproduce", "--device", "tpu", "--out", "o"], &["`--device`", "tpu"]),
        (&["reproduce"], &["--out"]),
    ] {
        let output = flatscape(dir.path()).args(args).output().unwrap();
        assert!(is_one_line(&output, parts), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!dir.path().join("o").exists(), "{args:?}");
    }
}

#[test]
fn a_study_of_a_kind_measures_its_runs_draws_them_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let run = || {
        let args = ["reproduce", "noise-stability", "--quick", "--seeds", "2", "--device", "cpu", "--out", "o"];
        let output = flatscape(dir.path()).args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        (String::from_utf8(output.stdout).unwrap(), stderr)
    };
    let (stdout, _) = run();
    assert!(stdout.contains("noise-second-order") && stdout.contains("rules of other claims"), "{stdout}");
    let whole = claims(dir.path());
    assert_eq!(whole.as_array().unwrap().len(), 2);
    for claim in whole.as_array().unwrap() {
        assert_eq!((&claim["measure"], &claim["read"]), (&"second-order".into(), &"end".into()));
        assert!(claim["rule"].as_str().unwrap().contains("5 %"), "{claim}");
        assert!(!claim["remarks"].as_array().unwrap().is_empty(), "{claim}");
        // What noise adds is about what second order says, at the σ that is told.
        let value = |name: &str, seed: usize| claim["methods"][name]["values"][seed].as_f64().unwrap();
        for seed in [0, 1] {
            let ratio = value("gap", seed) / value("second-order", seed);
            assert!((0.5..2.0).contains(&ratio), "{claim}");
        }
    }
    let out = dir.path().join("o");
    let chart = std::fs::read_to_string(out.join("noise-stability/chart.svg")).unwrap();
    assert!(chart.contains("<svg") && chart.contains("What noise adds to the loss"));
    let page = std::fs::read_to_string(out.join("claims.md")).unwrap();
    assert!(page.contains("sd of two-point") && page.contains("(noise-stability/chart.svg)"), "{page}");

    for file in ["claims.json", "claims.csv", "claims.md", "report.html"] {
        std::fs::remove_file(out.join(file)).unwrap();
    }
    forget(dir.path(), "noise-stability", "seed = 1", 1);
    let (_, stderr) = run();
    assert!(stderr.contains("going on with 1 run "), "{stderr}");
    assert_eq!(claims(dir.path()), whole);
}
