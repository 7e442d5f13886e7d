//! What `flatscape analyze` says to bad input: one line that names the thing, its place and what was expected.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write as _;
use std::path::Path;

use crate::analyze_small::{MODEL, PARAMETERS, complaint, data, f32s, folder, i64s, points, save, weights};

/// What is done to the folder, further arguments, and words of the message.
type Bad = (fn(&Path), &'static [&'static str], &'static [&'static str]);

fn nothing(_: &Path) {}

fn cut(path: &Path, keep: usize) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..keep]).unwrap();
}

fn npz(path: &Path, x_bytes: usize) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, descr, shape, bytes) in [("x", "<f4", "(20, 2)", x_bytes), ("y", "<i8", "(20,)", 160)] {
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        archive.write_all(b"\x93NUMPY\x01\x00").unwrap();
        archive.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
        archive.write_all(header.as_bytes()).unwrap();
        archive.write_all(&vec![0; bytes]).unwrap();
    }
    archive.finish().unwrap();
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
        |dir| save(&dir.join("w.safetensors"), &weights("trainer.")[1..]),
        &[],
        &["missing: `0.weight` [3, 2], `0.bias`", "unexpected: `trainer.0.bias` [3]", "begin with `trainer.`"],
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
