//! `flatscape analyze` of networks that PyTorch trained and saved, as they are (`tests/reference/sequential`).

use std::path::Path;

use crate::analysis::{analyze, analyze_weights, number, read_json, reference};
use crate::failures::Failures;
use crate::flatscape;

/// A network, and what batch norm normalises with.
const CASES: [(&str, &str); 3] = [("cnn", "frozen"), ("cnn", "batch"), ("mlp", "frozen")];

/// Loss, accuracy, gradient and both ends of the spectrum.
fn check(precision: &str, tolerance: f64) {
    let mut failures = Failures::new();
    for (name, statistics) in CASES {
        let folder = reference("sequential").join(name);
        let expected = read_json(&folder.join("expected.json"))[statistics].clone();
        let options = [["--precision", precision], ["--statistics", statistics], ["--eigenvalues", "2"]];
        let args = [options.as_flattened(), &["--trace-probes", "64", "--seed", "2"]].concat();
        let (report, _dir) = analyze(&folder, Path::new("../data.safetensors"), &args);
        let mut same = |found: &str, wanted: &str, tolerance: f64| {
            let what = format!("{name} {statistics} {found}");
            failures.relative(&what, &[number(&report, found)], &[number(&expected, wanted)], tolerance);
        };
        for key in ["/parameters", "/loss", "/accuracy", "/gradient_norm"] {
            same(key, key, tolerance);
        }
        same("/eigenvalues/largest/0", "/largest/0", tolerance);
        // The other end lies closer to its neighbours, and Lanczos comes to it later.
        same("/eigenvalues/smallest/0", "/smallest/0", 1e-4);
        let (mean, stderr) = (number(&report, "/trace/mean"), number(&report, "/trace/stderr"));
        let trace = number(&expected, "/trace");
        let say = format!("{mean} ± {stderr}, expected {trace}");
        failures.holds(&format!("{name} {statistics} trace"), (mean - trace).abs() <= 4.0 * stderr, &say);
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
fn a_state_dict_of_numpys_gives_the_same_report() {
    for name in ["cnn", "mlp"] {
        let folder = reference("sequential").join(name);
        let data = Path::new("../data.safetensors");
        let reports = ["weights.safetensors", "weights.npz"]
            .map(|weights| analyze_weights(&folder, weights, data, &["--eigenvalues", "1"]).0);
        assert_eq!(reports[0], reports[1], "{name}");
    }
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let folder = reference("sequential/cnn");
    let out = tempfile::tempdir().unwrap();
    let output = flatscape(&folder)
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
