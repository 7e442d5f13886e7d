//! What `flatscape analyze` says to paths, lines and planes that are none.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use crate::analyze_small::{BASE, PARAMETERS, Tensor, f32s, folder, save, weights};
use crate::{flatscape, is_one_line};

/// Weights of their own.
fn other(path: &Path, salt: usize) {
    let value = |i: usize| ((i * 5 + salt) as f32).cos();
    let tensors: Vec<Tensor> = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, value)).collect();
    save(path, &tensors);
}

/// A folder with the small model and some paths, good and bad.
fn prepared() -> tempfile::TempDir {
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    for name in ["run", "bad", "nan", "cut", "none"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    for (salt, name) in
        ["b.safetensors", "c.safetensors", "run/1.safetensors", "run/2.safetensors"].into_iter().enumerate()
    {
        other(&at(name), salt);
    }
    for (salt, folder) in ["bad", "nan", "cut"].into_iter().enumerate() {
        other(&at(&format!("{folder}/step_1.safetensors")), salt);
    }
    save(&at("bad/step_2.safetensors"), &[f32s("0.weight", &[4, 2], |_| 1.0)]);
    let mut tensors = weights("");
    tensors[2] = f32s("2.weight", &[2, 3], |_| f32::NAN);
    save(&at("nan/step_2.safetensors"), &tensors);
    std::fs::write(at("cut/step_2.safetensors"), "words").unwrap();
    std::fs::write(at("none/notes.txt"), "words").unwrap();
    // On the line from the weights to b: at its double distance.
    let beyond = |i: usize| 2.0 * ((i * 5) as f32).cos() - ((i * 7 + 3) as f32).sin();
    let tensors: Vec<Tensor> = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, beyond)).collect();
    save(&at("line.safetensors"), &tensors);
    save(&at("same.safetensors"), &weights(""));
    dir
}

const BAD: &[(&str, &[&str])] = &[
    ("--path none", &["`--path` has no checkpoint", ".safetensors, .npz, .pt", "none"]),
    ("--path gone.safetensors", &["`--path`", "gone.safetensors", "No such file"]),
    ("--path run b.safetensors", &["`--path` has 2 entries", "one folder that holds all: run"]),
    ("--path bad", &["`--path`", "do not fit the model", "`0.weight` [4, 2]", "bad/step_2.safetensors"]),
    ("--path nan", &["`--path`", "`2.weight` has 6 numbers that are NaN or infinite", "nan/step_2.safetensors"]),
    ("--path cut", &["`--path`", "cut/step_2.safetensors"]),
    ("--path same.safetensors", &["`--path`", "0 checkpoints away from its end", "at least 2 that span a plane"]),
    ("--path b.safetensors line.safetensors", &["`--path`", "expected at least 2 that span a plane"]),
    ("--path b.safetensors", &["`--path`", "the path has 1 checkpoints away from its end"]),
    ("--path run --curvature end", &["`--curvature`", "`end`", "all"]),
    ("--curvature none", &["`--curvature` changes nothing without --path"]),
    ("--path run --normalize filter", &["`--normalize` and `--path` both say"]),
    ("--path run --orthogonal", &["`--orthogonal` and `--path` both say"]),
    ("--path run --directions d.safetensors", &["`--directions` and `--path` both say"]),
    ("--path run --to b.safetensors --third c.safetensors", &["`--path` and `--third` both say"]),
    ("--third b.safetensors", &["`--third` changes nothing without --to, expected both"]),
    ("--line-points 5", &["`--line-points` changes nothing without --to"]),
    ("--to b.safetensors --line-points 2", &["`--line-points` is below 3"]),
    ("--to same.safetensors", &["`--to` has the same weights as `--weights`", "same.safetensors"]),
    ("--to gone.safetensors", &["`--to`", "gone.safetensors", "No such file"]),
    ("--to nan/step_2.safetensors", &["`--to`", "NaN or infinite", "nan/step_2.safetensors"]),
    ("--to b.safetensors --third b.safetensors", &["`--third` has the same weights as `--to`"]),
    ("--to b.safetensors --third same.safetensors", &["`--third` has the same weights as `--weights`"]),
    ("--to b.safetensors --third line.safetensors", &["`--third`", "the three points lie on one line"]),
    ("--to bad/step_2.safetensors", &["`--to`", "do not fit the model"]),
];

#[test]
fn what_is_no_path_no_line_and_no_plane_is_told_in_one_line() {
    let dir = prepared();
    let complaint = |(args, parts): &(&str, &[&str])| {
        let output = flatscape(dir.path()).args(BASE).args(args.split_whitespace()).output().unwrap();
        let right = is_one_line(&output, parts) && !dir.path().join("o").exists();
        (!right).then(|| format!("{args} {parts:?}: {output:?}"))
    };
    let complaints: Vec<String> = BAD.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
