//! What `flatscape analyze` writes.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use serde_json::Value;

use crate::analyze_small::{
    BASE, MODEL, PARAMETERS, Tensor, analyze, complaint, data, f32s, folder, points, save, weights,
};
use crate::flatscape;

#[test]
fn without_an_option_it_reports_what_every_analysis_has() {
    let dir = folder();
    let report = analyze(dir.path(), &[]);
    assert_eq!(report["parameters"], 17);
    for key in ["loss", "accuracy", "gradient_norm", "weight_norm"] {
        assert!(report[key].is_f64(), "{key}: {report}");
    }
    for key in ["trace", "layer_traces", "eigenvalues", "dense", "hvp", "sharpness", "noise", "slice", "bound"] {
        assert!(report.get(key).is_none(), "{key} was not asked for: {report}");
    }
    assert_eq!(report["not_finite"], 0);
    assert_eq!(report["interrupted"], false);
    assert_eq!(std::fs::read_dir(dir.path().join("o")).unwrap().count(), 1);
    let output = flatscape(dir.path()).args(BASE).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "what is there is kept");
    assert!(String::from_utf8(output.stderr).unwrap().contains("--force"));
}

const EVERYTHING: &str = "--trace-probes 8 --eigenvalues 2 --dense --density --sigma 0.01 --pairs 6 --sweep \
    --hvp v.safetensors --rho 0.05 --initial v.safetensors --examples 10 --second-subset --slice 5 --range 0.5 --lines 2 \
    --precision f64 --seed 3";

fn count(value: &Value) -> usize {
    value.as_array().unwrap().len()
}

#[test]
fn every_part_has_its_documented_keys() {
    let dir = folder();
    save(&dir.path().join("v.safetensors"), &weights(""));
    let report = analyze(dir.path(), &EVERYTHING.split_whitespace().collect::<Vec<_>>());
    for key in ["mean", "stderr"] {
        assert!(report["trace"][key].is_f64() && report["layer_traces"]["2.bias"][key].is_f64(), "{key}: {report}");
    }
    assert_eq!(report["trace"]["probes"], 8);
    let names: Vec<&String> = report["layer_traces"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 4, "{names:?}");
    check_spectrum(&report);
    check_slice(&report);
    for (part, keys) in [
        ("hvp", &["vhv", "hv_norm", "gv"][..]),
        ("sharpness", &["rho", "sam_loss"]),
        ("noise", &["sigma", "odd_var", "even_mean", "trace", "trace_stderr"]),
    ] {
        for key in keys {
            assert!(report[part][key].is_f64(), "{part}.{key}: {}", report[part]);
        }
    }
    assert_eq!(report["noise"]["pairs"], 6);
    for key in ["bound", "density", "lines", "sweep", "second_subset"] {
        assert!(report[key].is_object(), "{key}: {report}");
    }
    assert_eq!(
        (report["examples"].as_u64(), report["precision"].as_str(), report["seed"].as_u64()),
        (Some(10), Some("f64"), Some(3))
    );
    assert!(std::fs::read(dir.path().join("o/slice.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(std::fs::read(dir.path().join("o/slice.npz")).unwrap().starts_with(b"PK"));
}

fn check_spectrum(report: &Value) {
    let ends = &report["eigenvalues"];
    assert_eq!((count(&ends["largest"]), count(&ends["smallest"]), count(&ends["residuals"])), (2, 2, 4));
    assert!(ends["largest"][0].as_f64() >= ends["largest"][1].as_f64(), "{ends}");
    assert!(ends["smallest"][0].as_f64() <= ends["smallest"][1].as_f64(), "{ends}");
    let residuals = ends["residuals"].as_array().unwrap();
    assert!(residuals.iter().all(|residual| residual.as_f64().unwrap() < 1e-9), "{ends}");
    assert_eq!(count(&report["dense"]["eigenvalues"]), 17);
    let exact = report["dense"]["eigenvalues"][16].as_f64().unwrap();
    assert!((ends["largest"][0].as_f64().unwrap() - exact).abs() < 1e-8, "{ends}, {exact}");
}

fn check_slice(report: &Value) {
    let slice = &report["slice"];
    assert_eq!((count(&slice["x"]), count(&slice["y"]), count(&slice["loss"]), count(&slice["loss"][0])), (5, 5, 5, 5));
    assert_eq!(
        (slice["x"][0].as_f64(), slice["x"][2].as_f64(), slice["masked"].as_u64()),
        (Some(-0.5), Some(0.0), Some(0))
    );
    let off = slice["loss"][2][2].as_f64().unwrap() - report["loss"].as_f64().unwrap();
    assert!(off.abs() < 1e-14, "the centre is off by {off:e}");
}

#[test]
fn slices_of_few_points_are_mirrored_and_odd_ones_hold_the_weights_themselves() {
    let dir = folder();
    let report = analyze(dir.path(), &["--slice", "3", "--precision", "f64"]);
    assert_eq!(report["slice"]["loss"][1][1], report["loss"]);
    let report = analyze(dir.path(), &["--slice", "2", "--force"]);
    assert_eq!(report["slice"]["x"], serde_json::json!([-1.0, 1.0]));
    assert_eq!(report["slice"]["loss"].as_array().map(Vec::len), Some(2));
}

#[test]
fn regression_has_no_accuracy() {
    let dir = folder();
    std::fs::write(dir.path().join("m.toml"), MODEL.replace("cross-entropy", "mse")).unwrap();
    data(dir.path(), &[points(20).remove(0), f32s("y", &[20, 2], |i| (i as f32).sin())]);
    let report = analyze(dir.path(), &["--slice", "3"]);
    assert!(report.get("accuracy").is_none() && report["loss"].is_f64(), "{report}");
    assert!(report["slice"].get("accuracy").is_none(), "{report}");
}

#[test]
fn numbers_that_are_not_finite_are_null_and_counted() {
    let dir = folder();
    // One probe has no standard error: the trace's and each of four tensors'.
    let report = analyze(dir.path(), &["--trace-probes", "1"]);
    assert!(report["trace"]["mean"].is_f64() && report["trace"]["stderr"].is_null(), "{report}");
    assert_eq!(report["not_finite"], 5, "{report}");
}

#[test]
fn what_was_made_of_the_data_is_told() {
    let dir = folder();
    std::fs::write(dir.path().join("d.csv"), "a,b,kind\n1,2,up\n3,4,down\n").unwrap();
    let mut args = BASE.to_vec();
    args[5] = "d.csv";
    let output = flatscape(dir.path()).args(&args).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("CSV with a header") && stderr.contains("down = 0, up = 1"), "{stderr}");
    let again = flatscape(dir.path()).args(&args).output().unwrap();
    let stderr = String::from_utf8(again.stderr).unwrap();
    assert_eq!((again.status.code(), stderr.lines().count()), (Some(2), 1), "an error is one line: {stderr}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_measured() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let dir = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_flatscape"))
        .current_dir(dir.path())
        .args(BASE)
        .args(["--trace-probes", "1000000", "--slice", "3"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // Something of the trace is done when its second line comes.
    let of_the_trace = |line: &Result<String, _>| line.as_ref().unwrap().contains("trace, ");
    assert!(lines.by_ref().filter(of_the_trace).nth(1).is_some());
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(rest.last().unwrap().contains("stopped before the end"), "{rest:?}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.path().join("o/report.json")).unwrap()).unwrap();
    assert_eq!(report["interrupted"], true);
    let probes = report["trace"]["probes"].as_u64().unwrap();
    assert!((1..1_000_000).contains(&probes) && report["trace"]["mean"].is_f64(), "{report}");
    assert!(report.get("slice").is_none(), "{report}");
}

#[test]
fn weights_without_a_direction_are_refused_before_anything_is_measured() {
    let dir = folder();
    let zero: Vec<Tensor> = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, |_| 0.0)).collect();
    save(&dir.path().join("w.safetensors"), &zero);
    for option in ["--slice", "--lines"] {
        assert_eq!(complaint(dir.path(), &[option, "3"], &["direction", "is zero", "normal"]), None);
    }
    analyze(dir.path(), &["--slice", "3", "--normalize", "none"]);
}

#[test]
fn weight_decay_moves_every_eigenvalue() {
    let dir = folder();
    let dense = |more: &[&str]| {
        let report = analyze(dir.path(), &[&["--dense", "--precision", "f64", "--force"], more].concat());
        let values = report["dense"]["eigenvalues"].as_array().unwrap().clone();
        values.iter().map(|value| value.as_f64().unwrap()).collect::<Vec<f64>>()
    };
    for (plain, moved) in dense(&[]).iter().zip(dense(&["--weight-decay", "0.25"])) {
        assert!((moved - plain - 0.25).abs() < 1e-12, "{plain} became {moved}");
    }
}

#[test]
fn a_seeded_subset_is_the_same_for_every_option() {
    let dir = folder();
    let loss = |seed: &str| analyze(dir.path(), &["--examples", "7", "--seed", seed, "--force"])["loss"].clone();
    assert_eq!(loss("1"), loss("1"));
    assert_ne!(loss("1"), loss("2"));
}

#[test]
fn directions_are_orthogonal_where_that_is_asked_for() {
    let dir = folder();
    let words = |more: &[&str]| {
        analyze(dir.path(), &[&["--slice", "3", "--force"], more].concat());
        let svg = std::fs::read_to_string(dir.path().join("o/slice.svg")).unwrap();
        svg.contains("then orthogonalised") && svg.contains("90.0°")
    };
    assert!(!words(&[]));
    assert!(words(&["--orthogonal"]));
}
