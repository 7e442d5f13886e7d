//! `flatscape analyze` of networks that PyTorch trained and saved, as they are (`tests/reference/sequential`).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[path = "common/analysis.rs"]
mod analysis;
mod common;

use std::path::Path;

use analysis::{analyze, number, read_json, reference};
use common::Failures;

/// Loss, accuracy, gradient and both ends of the spectrum, in evaluation mode.
fn check(precision: &str, tolerance: f64) {
    let mut failures = Failures::new();
    for name in ["cnn", "mlp"] {
        let folder = reference("sequential").join(name);
        let expected = read_json(&folder.join("expected.json"));
        let args = ["--precision", precision, "--eigenvalues", "2", "--trace-probes", "64", "--seed", "2"];
        let (report, _dir) = analyze(&folder, Path::new("../data.safetensors"), &args);
        let mut same = |found: &str, wanted: &str| {
            let (what, found, wanted) = (format!("{name} {found}"), number(&report, found), number(&expected, wanted));
            failures.relative(&what, &[found], &[wanted], tolerance);
        };
        same("/parameters", "/parameters");
        same("/loss", "/loss");
        same("/accuracy", "/accuracy");
        same("/gradient_norm", "/gradient_norm");
        same("/eigenvalues/largest/0", "/largest/0");
        // The other end lies closer to its neighbours, and Lanczos comes to it later.
        let (found, wanted) = (number(&report, "/eigenvalues/smallest/0"), number(&expected, "/smallest/0"));
        failures.relative(&format!("{name} smallest"), &[found], &[wanted], 1e-4);
        let (mean, stderr) = (number(&report, "/trace/mean"), number(&report, "/trace/stderr"));
        let trace = number(&expected, "/trace");
        let say = format!("{mean} ± {stderr}, expected {trace}");
        failures.holds(&format!("{name} trace"), (mean - trace).abs() <= 4.0 * stderr, &say);
    }
    failures.finish();
}

#[test]
fn a_state_dict_loads_as_it_is_in_64_bits() {
    check("f64", 1e-6);
}

#[test]
fn a_state_dict_loads_as_it_is_in_32_bits() {
    check("f32", 1e-4);
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let folder = reference("sequential/cnn");
    let out = tempfile::tempdir().unwrap();
    let output = assert_cmd::Command::cargo_bin("flatscape")
        .unwrap()
        .current_dir(&folder)
        .args(["analyze", "model.toml", "--weights", "../mlp/weights.safetensors", "--data", "../data.safetensors"])
        .arg("--out")
        .arg(out.path().join("out"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("0.weight") && stderr.contains("weights.safetensors"), "{stderr}");
    assert!(!out.path().join("out").exists(), "nothing is left where nothing was done");
}
