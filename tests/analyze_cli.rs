//! `flatscape analyze` from outside: what it writes, and what it says to bad input.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write as _;
use std::path::Path;

use assert_cmd::Command;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;

const MODEL: &str = "input = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear 3\", \"tanh\", \"linear 2\"]\n";
/// Names, shapes and values of the model's 17 parameters.
const PARAMETERS: [(&str, &[usize]); 4] =
    [("0.weight", &[3, 2]), ("0.bias", &[3]), ("2.weight", &[2, 3]), ("2.bias", &[2])];

type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn f32s(name: &str, shape: &[usize], of: impl Fn(usize) -> f32) -> Tensor {
    let bytes = (0..shape.iter().product()).flat_map(|i| of(i).to_le_bytes()).collect();
    (name.to_owned(), Dtype::F32, shape.to_vec(), bytes)
}

fn i64s(name: &str, shape: &[usize], of: impl Fn(usize) -> i64) -> Tensor {
    let bytes = (0..shape.iter().product()).flat_map(|i| of(i).to_le_bytes()).collect();
    (name.to_owned(), Dtype::I64, shape.to_vec(), bytes)
}

fn save(path: &Path, tensors: &[Tensor]) {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    std::fs::write(path, serialize(views, None).unwrap()).unwrap();
}

fn weights(prefix: &str) -> Vec<Tensor> {
    let value = |i: usize| ((i * 7 + 3) as f32).sin();
    PARAMETERS.iter().map(|(name, shape)| f32s(&format!("{prefix}{name}"), shape, value)).collect()
}

fn points(n: usize) -> Vec<Tensor> {
    vec![f32s("x", &[n, 2], |i| ((i * i + 1) as f32).cos()), i64s("y", &[n], |i| (i % 3 % 2) as i64)]
}

/// A folder with a model, its weights and data that fit.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("m.toml"), MODEL).unwrap();
    save(&dir.path().join("w.safetensors"), &weights(""));
    save(&dir.path().join("d.safetensors"), &points(20));
    dir
}

fn flatscape(dir: &Path) -> Command {
    let mut command = Command::cargo_bin("flatscape").unwrap();
    command.current_dir(dir).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("RUST_BACKTRACE");
    command
}

const BASE: &[&str] =
    &["analyze", "m.toml", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o", "--device", "cpu"];

fn analyze(dir: &Path, more: &[&str]) -> Value {
    let output = flatscape(dir).args(BASE).args(more).output().unwrap();
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&std::fs::read_to_string(dir.join("o/report.json")).unwrap()).unwrap()
}

/// What is done to the folder, further arguments, and words of the message.
type Bad = (fn(&Path), &'static [&'static str], &'static [&'static str]);

fn nothing(_: &Path) {}

fn data(dir: &Path, tensors: &[Tensor]) {
    save(&dir.join("d.safetensors"), tensors);
}

fn cut(path: &Path, keep: usize) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..keep]).unwrap();
}

fn npz(path: &Path, x_bytes: usize) {
    let mut writer = npyz::npz::NpzWriter::create(path).unwrap();
    let zip = writer.zip_writer();
    for (name, descr, shape, bytes) in [("x", "<f4", "(20, 2)", x_bytes), ("y", "<i8", "(20,)", 160)] {
        zip.start_file(format!("{name}.npy"), npyz::zip::write::FileOptions::default()).unwrap();
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        zip.write_all(&vec![0; bytes]).unwrap();
    }
    zip.finish().unwrap();
}

fn idx(dir: &Path, pixels: usize) {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2];
    images.resize(16 + pixels, 7);
    std::fs::write(dir.join("train-images-idx3-ubyte"), images).unwrap();
    std::fs::write(dir.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 1, 0]).unwrap();
}

fn image(path: &Path, width: u32, height: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::GrayImage::new(width, height).save(path).unwrap();
}

const BAD_FILES: &[Bad] = &[
    // The model file.
    (|dir| std::fs::remove_file(dir.join("m.toml")).unwrap(), &[], &["m.toml", "cannot read the model"]),
    (|dir| std::fs::write(dir.join("m.toml"), "input = [2]\nlos = 3\n").unwrap(), &[], &["m.toml", "line 2", "los"]),
    (
        |dir| std::fs::write(dir.join("m.toml"), MODEL.replace("tanh", "thanh")).unwrap(),
        &[],
        &["m.toml", "layer 2", "`thanh`", "did you mean `tanh`"],
    ),
    (|dir| std::fs::write(dir.join("m.toml"), [0xff, 0xfe]).unwrap(), &[], &["m.toml", "UTF-8"]),
    // The weights.
    (nothing, &["--weights", "none.safetensors"], &["`--weights`", "none.safetensors", "No such file"]),
    (nothing, &["--weights", "m.toml"], &["`--weights`", "found text", "safetensors or NPZ"]),
    (|dir| cut(&dir.join("w.safetensors"), 100), &[], &["`--weights`", "truncated", "100 bytes"]),
    (
        |dir| cut(&dir.join("w.safetensors"), std::fs::read(dir.join("w.safetensors")).unwrap().len() - 1),
        &[],
        &["`--weights`", "truncated", "w.safetensors"],
    ),
    (|dir| std::fs::write(dir.join("w.safetensors"), "").unwrap(), &[], &["`--weights`", "truncated", "0 bytes"]),
    (
        |dir| save(&dir.join("w.safetensors"), &weights("module.")),
        &[],
        &["missing: `0.weight` [3, 2], `0.bias`", "unexpected: `module.0.bias` [3]", "begin with `module.`"],
    ),
    (
        |dir| {
            let mut tensors = weights("");
            tensors[1] = f32s("0.bias", &[4], |_| 0.0);
            tensors[2] = f32s("3.weight", &[2, 3], |_| 0.0);
            save(&dir.join("w.safetensors"), &tensors);
        },
        &[],
        &["missing: `2.weight` [2, 3]", "unexpected: `3.weight` [2, 3]", "`0.bias` [4], expected [3]"],
    ),
    (
        |dir| {
            let mut tensors = weights("");
            tensors[2] = f32s("2.weight", &[2, 3], |i| if i > 3 { f32::NAN } else { 1.0 });
            save(&dir.join("w.safetensors"), &tensors);
        },
        &[],
        &["`--weights`", "`2.weight` has 2 numbers that are NaN or infinite"],
    ),
    (
        |dir| {
            let mut tensors = weights("");
            tensors[3] = i64s("2.bias", &[2], |_| 0);
            save(&dir.join("w.safetensors"), &tensors);
        },
        &[],
        &["`--weights`", "`2.bias` I64, expected F32"],
    ),
    // The data.
    (nothing, &["--data", "none.csv"], &["`--data`", "none.csv", "No such file"]),
    (|dir| data(dir, &points(0)), &[], &["`--data`", "empty", "at least one example"]),
    (
        |dir| data(dir, &[points(20).remove(0), i64s("y", &[20], |_| 1)]),
        &[],
        &["`--data`", "all 20 labels", "class 1", "at least two classes"],
    ),
    (
        |dir| data(dir, &[points(20).remove(0), i64s("y", &[20], |i| i as i64 % 3)]),
        &[],
        &["`--data`", "row 2", "label 2", "expected 0 to 1", "2 outputs"],
    ),
    (
        |dir| data(dir, &[points(20).remove(0), i64s("y", &[20], |i| if i == 7 { -1 } else { i as i64 % 2 })]),
        &[],
        &["`--data`", "row 7", "label -1", "expected 0 to 1"],
    ),
    (
        |dir| {
            let x = f32s("x", &[20, 2], |i| if i == 11 { f32::NAN } else { 0.5 });
            data(dir, &[x, points(20).remove(1)]);
        },
        &[],
        &["`--data`", "row 5", "of x is NaN", "expected finite"],
    ),
    (|dir| data(dir, &points(20)[..1]), &[], &["`--data`", "no array `y`", "found `x`"]),
    (
        |dir| data(dir, &[f32s("images", &[20, 2], |_| 0.0), points(20).remove(1)]),
        &[],
        &["`--data`", "no array `x`", "found `images`, `y`"],
    ),
    (
        |dir| data(dir, &[points(20).remove(0), f32s("y", &[20], |i| (i % 2) as f32)]),
        &[],
        &["`--data`", "`y` is F32", "expected I64"],
    ),
    (
        |dir| data(dir, &[i64s("x", &[20, 2], |i| i as i64), points(20).remove(1)]),
        &[],
        &["`--data`", "`x` is I64", "expected F32 or F64"],
    ),
    (
        |dir| data(dir, &[f32s("x", &[20, 3], |_| 0.0), points(20).remove(1)]),
        &[],
        &["`--data`", "`x` has the shape [20, 3]", "expected [N, 2]"],
    ),
    (
        |dir| data(dir, &[points(20).remove(0), i64s("y", &[19], |i| i as i64 % 2)]),
        &[],
        &["`--data`", "`y` has the shape [19]", "expected [20]"],
    ),
    (|dir| cut(&dir.join("d.safetensors"), 150), &[], &["`--data`", "truncated", "d.safetensors"]),
    (|dir| npz(&dir.join("d.npz"), 100), &["--data", "d.npz"], &["`--data`", "`x` is truncated", "d.npz"]),
    (
        |dir| {
            npz(&dir.join("d.npz"), 160);
            cut(&dir.join("d.npz"), 200);
        },
        &["--data", "d.npz"],
        &["`--data`", "truncated", "d.npz"],
    ),
    (|dir| idx(dir, 5), &["--data", "train-images-idx3-ubyte"], &["`--data`", "truncated", "5 bytes", "expected 8"]),
    (
        |dir| {
            idx(dir, 8);
            std::fs::remove_file(dir.join("train-labels-idx1-ubyte")).unwrap();
        },
        &["--data", "train-images-idx3-ubyte"],
        &["`--data`", "no labels", "train-labels-idx1-ubyte"],
    ),
    (
        |dir| std::fs::write(dir.join("data_batch_1.bin"), vec![0; 3072]).unwrap(),
        &["--data", "data_batch_1.bin"],
        &["`--data`", "3072 bytes", "truncated", "3073", "3074"],
    ),
    (
        |dir| {
            image(&dir.join("p/a/1.png"), 2, 1);
            image(&dir.join("p/b/1.png"), 2, 1);
            cut(&dir.join("p/b/1.png"), 50);
        },
        &["--data", "p"],
        &["`--data`", "`b/1.png` is truncated or broken"],
    ),
    (
        |dir| {
            image(&dir.join("p/a/1.png"), 2, 1);
            image(&dir.join("p/b/1.png"), 2, 1);
            image(&dir.join("p/b/2.png"), 1, 2);
        },
        &["--data", "p"],
        &["`--data`", "`b/2.png` has 1×2 pixels", "expected 2×1 as `a/1.png`"],
    ),
    (|dir| std::fs::create_dir(dir.join("p")).unwrap(), &["--data", "p"], &["`--data`", "without sub-folders"]),
    (
        |dir| std::fs::write(dir.join("d.csv"), "1,2,0\n3,4,1\n5,6\n").unwrap(),
        &["--data", "d.csv"],
        &["`--data`", "line 3", "2 fields", "expected 3"],
    ),
    (
        |dir| std::fs::write(dir.join("d.csv"), "1,2,0\n3,four,1\n").unwrap(),
        &["--data", "d.csv"],
        &["`--data`", "line 2", "column 2", "`four`", "a number"],
    ),
    (
        |dir| std::fs::write(dir.join("d.pt"), b"\x80\x02pickle").unwrap(),
        &["--data", "d.pt"],
        &["`--data`", "Python pickle", "expected safetensors"],
    ),
    // Vectors and directions.
    (
        |dir| save(&dir.join("v.safetensors"), &weights("")[..3]),
        &["--hvp", "v.safetensors"],
        &["`--hvp`", "missing: `2.bias` [2]"],
    ),
    (
        |dir| save(&dir.join("f.safetensors"), &weights("x.")),
        &["--slice", "3", "--directions", "f.safetensors"],
        &["`--directions`", "missing: `y.0.weight` [3, 2]"],
    ),
    (
        |dir| {
            let zero = PARAMETERS.iter().map(|(name, shape)| f32s(&format!("y.{name}"), shape, |_| 0.0));
            save(&dir.join("f.safetensors"), &weights("x.").into_iter().chain(zero).collect::<Vec<_>>());
        },
        &["--slice", "3", "--directions", "f.safetensors"],
        &["`--directions`", "direction `y` is zero"],
    ),
];

const BAD_ARGUMENTS: &[(&[&str], &[&str])] = &[
    (&["--trace-probes", "0"], &["`--trace-probes`", "`0`", "from 1"]),
    (&["--trace-probes", "many"], &["`--trace-probes`", "`many`", "whole number"]),
    (&["--eigenvalues", "18"], &["`--eigenvalues`", "`18`", "at most 17"]),
    (&["--eigenvalues", "-1"], &["`--eigenvalues`", "`-1`", "whole number"]),
    (&["--sigma", "-0.1"], &["`--sigma`", "`-0.1`", "above 0"]),
    (&["--sigma", "0"], &["`--sigma`", "`0`", "above 0"]),
    (&["--sigma", "nan"], &["`--sigma`", "`nan`", "above 0"]),
    (&["--sigma", "0.1", "--pairs", "0"], &["`--pairs`", "`0`", "from 1"]),
    (&["--pairs", "9"], &["`--pairs`", "--sigma"]),
    (&["--sigma", "0.1", "--distribution", "gauss"], &["`--distribution`", "`gauss`", "did you mean `gaussian`?"]),
    (&["--rho", "-1"], &["`--rho`", "`-1`", "at least 0"]),
    (&["--rho", "inf"], &["`--rho`", "`inf`", "at least 0"]),
    (&["--slice", "0"], &["`--slice`", "`0`", "from 1 to 1001"]),
    (&["--slice", "1"], &["`--slice`", "`1`", "at least 2"]),
    (&["--slice", "3", "--range", "0"], &["`--range`", "`0`", "above 0"]),
    (&["--slice", "3", "--range", "-2"], &["`--range`", "`-2`", "above 0"]),
    (&["--range", "2"], &["`--range`", "--slice"]),
    (&["--slice", "3", "--normalize", "filtr"], &["`--normalize`", "`filtr`", "did you mean `filter`?"]),
    (&["--directions", "w.safetensors"], &["`--directions`", "--slice"]),
    (&["--precision", "f16"], &["`--precision`", "`f16`", "f32, f64"]),
    (&["--seed", "-1"], &["`--seed`", "`-1`", "whole number"]),
    (&["--examples", "21"], &["`--examples`", "`21`", "at most 20"]),
    (&["--examples", "11", "--second-subset"], &["`--second-subset`", "at most 10"]),
    (&["--second-subset"], &["`--second-subset`", "--examples"]),
    (&["--weight-decay", "-1"], &["`--weight-decay`", "`-1`", "at least 0"]),
];

/// Runs the program on bad input; what is wrong with its answer, if something is.
fn complaint(dir: &Path, more: &[&str], parts: &[&str]) -> Option<String> {
    let mut args: Vec<&str> = BASE.to_vec();
    for pair in more.chunks(2) {
        // A path given twice would be another mistake.
        match args.iter().position(|arg| *arg == pair[0]) {
            Some(place) => args[place + 1] = pair[1],
            None => args.extend(pair),
        }
    }
    let output = flatscape(dir).args(&args).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let right = output.status.code() == Some(2)
        && stderr.starts_with("flatscape: ")
        && stderr.lines().count() == 1
        && parts.iter().all(|part| stderr.contains(part))
        && output.stdout.is_empty()
        && !dir.join("o").exists();
    (!right).then(|| format!("{more:?} {parts:?} (code {:?}): {stderr}", output.status.code()))
}

#[test]
fn files_that_are_wrong_are_named_in_one_line() {
    let failures: Vec<String> = BAD_FILES
        .iter()
        .filter_map(|(prepare, more, parts)| {
            let dir = folder();
            prepare(dir.path());
            complaint(dir.path(), more, parts)
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn arguments_that_are_wrong_are_named_in_one_line() {
    let dir = folder();
    let failures: Vec<String> =
        BAD_ARGUMENTS.iter().filter_map(|(more, parts)| complaint(dir.path(), more, parts)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let wrong = complaint(dir.path(), &["--precision", "f64", "--device", "gpu"], &["`--precision`", "`gpu`", "f32"]);
    assert_eq!(wrong, None);
    std::fs::write(
        dir.path().join("m.toml"),
        "input = [2]\nloss = \"cross-entropy\"\nlayers = [\"linear 600\", \"tanh\", \"linear 2\"]\n",
    )
    .unwrap();
    let wrong = complaint(dir.path(), &["--dense", "--force"], &["`--dense`", "3002", "at most 2000"]);
    assert_eq!(wrong, None);
}

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
