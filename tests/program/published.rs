//! Networks of torchvision, timm, transformers and open_clip, by the names of built-in models (`tests/reference/published.py`):
//! their state dicts fit unchanged, and the loss is the one of the library itself.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use serde_json::Value;

use crate::analysis::{number, read_json, reference};
use crate::analyze_small::{Tensor, f32s, i64s, save};
use crate::failures::Failures;
use crate::flatscape;

/// Number `element` of stream `index`, from 0 to below 1: SplitMix64, 24 bits.
fn uniform(index: u64, element: usize) -> f64 {
    let z = ((index << 32) + element as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 24)
}

fn shape(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|side| side.as_u64().unwrap() as usize).collect()
}

/// The tensors of the state dict in its order; a tied one is there under both names, as PyTorch keeps it.
fn state_dict(expected: &Value) -> Vec<Tensor> {
    let rows = expected["tensors"].as_array().unwrap();
    let place = |name: &Value| rows.iter().position(|row| row[0] == *name).unwrap();
    let tensor = |(index, row): (usize, &Value)| {
        let (name, sides) = (row[0].as_str().unwrap(), shape(&row[2]));
        let index = if row[3].is_string() { place(&row[3]) } else { index };
        let (low, high) = (rows[index][3].as_f64().unwrap(), rows[index][4].as_f64().unwrap());
        match row[1].as_str().unwrap() {
            "i64" => i64s(name, &sides, |_| 0),
            _ => f32s(name, &sides, |element| (low + (high - low) * uniform(index as u64, element)) as f32),
        }
    };
    rows.iter().enumerate().map(tensor).collect()
}

/// Images, classes, and texts, which are followed by padding where they have lengths.
fn array(name: &str, rule: &Value) -> Tensor {
    let (stream, sides) = (rule["stream"].as_u64().unwrap(), shape(&rule["shape"]));
    let Some(below) = rule["below"].as_i64() else {
        let (low, high) = (number(rule, "/low"), number(rule, "/high"));
        return f32s(name, &sides, |element| (low + (high - low) * uniform(stream, element)) as f32);
    };
    let drawn = |element: usize| (below as f64 * uniform(stream, element)).floor() as i64;
    let Some(lengths) = rule["lengths"].as_array() else { return i64s(name, &sides, drawn) };
    let lengths: Vec<usize> = lengths.iter().map(|length| length.as_u64().unwrap() as usize).collect();
    i64s(name, &sides, |element| {
        let (row, place) = (element / sides[1], element % sides[1]);
        match lengths[row] - 1 {
            last if place < last => drawn(element),
            last if place == last => below,
            _ => -1,
        }
    })
}

/// The examples; of a text that goes on, every token is to be foretold from those before it.
fn examples(expected: &Value) -> Vec<Tensor> {
    let rules = expected["data"].as_object().unwrap();
    let mut arrays: Vec<Tensor> = rules.iter().map(|(name, rule)| array(name, rule)).collect();
    if rules.len() == 1 {
        let rule = &rules["x"];
        let (sides, below) = (shape(&rule["shape"]), rule["below"].as_i64().unwrap());
        let stream = rule["stream"].as_u64().unwrap();
        arrays.push(i64s("y", &sides, |element| match element % sides[1] + 1 {
            end if end == sides[1] => -100,
            _ => (below as f64 * uniform(stream, element + 1)).floor() as i64,
        }));
    }
    arrays
}

fn write(dir: &Path, expected: &Value) {
    save(&dir.join("w.safetensors"), &state_dict(expected));
    save(&dir.join("d.safetensors"), &examples(expected));
}

fn analyze(dir: &Path, model: &str, more: &[&str]) -> Value {
    let output = flatscape(dir)
        .args(["analyze", model, "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o", "--force"])
        .args(["--device", "cpu"])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{model} {more:?}: {}", String::from_utf8_lossy(&output.stderr));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&format!("the model is the built-in `{model}`")), "{stderr}");
    read_json(&dir.join("o/report.json"))
}

/// Checks a network against its library.
fn check(name: &str, precisions: &[(&str, f64)]) {
    let expected = read_json(&reference("published").join(format!("{name}.json")));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &expected);
    let mut failures = Failures::new();
    for &(precision, tolerance) in precisions {
        let mut args = vec!["--precision", precision];
        let has_lambda = expected["lambda_max"].is_f64();
        if has_lambda {
            args.extend(["--eigenvalues", "1"]);
        }
        let report = analyze(dir.path(), expected["builtin"].as_str().unwrap(), &args);
        let mut same = |found: &str, wanted: &str, tolerance: f64| {
            let what = format!("{name} {precision} {wanted}");
            failures.relative(&what, &[number(&report, found)], &[number(&expected, wanted)], tolerance);
        };
        same("/parameters", "/parameters", 0.0);
        same("/loss", "/loss", tolerance);
        same("/gradient_norm", "/gradient_norm", 100.0 * tolerance);
        if has_lambda {
            same("/eigenvalues/largest/0", "/lambda_max", 1e-3);
        }
    }
    failures.finish();
}

const SINGLE: (&str, f64) = ("f32", 1e-5);
const DOUBLE: (&str, f64) = ("f64", 1e-9);

#[test]
fn torchvisions_resnet18_has_its_loss_and_its_greatest_eigenvalue() {
    check("resnet18", &[SINGLE]);
}

#[test]
fn torchvisions_resnet34_has_its_loss() {
    check("resnet34", &[SINGLE]);
}

#[test]
#[ignore = "takes long: cargo test --release --test program published -- --ignored"]
fn torchvisions_resnet50_has_its_loss() {
    check("resnet50", &[SINGLE]);
}

#[test]
fn timms_vit_tiny_has_its_loss() {
    check("vit-tiny", &[SINGLE]);
}

#[test]
fn a_small_gpt2_of_transformers_has_its_loss_and_its_greatest_eigenvalue() {
    check("gpt2-tiny", &[SINGLE, DOUBLE]);
}

#[test]
#[ignore = "124 million parameters: cargo test --release --test program published -- --ignored"]
fn gpt2_of_transformers_has_its_loss() {
    check("gpt2", &[SINGLE]);
}

#[test]
fn a_small_clip_of_open_clip_has_its_loss() {
    check("clip-mini", &[SINGLE, DOUBLE]);
}

#[test]
#[ignore = "takes long: cargo test --release --test program published -- --ignored"]
fn open_clips_smallest_has_its_loss() {
    check("clip-vit-s-32-alt", &[SINGLE]);
}

#[test]
fn a_file_goes_before_a_built_in_model_of_its_name() {
    let dir = crate::analyze_small::folder();
    std::fs::copy(dir.path().join("m.toml"), dir.path().join("resnet18")).unwrap();
    let output = flatscape(dir.path())
        .args(["analyze", "resnet18", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("the model is the file `resnet18` that is here, not the built-in model"), "{stderr}");
}

#[test]
fn a_file_that_is_printed_is_the_model_of_that_name() {
    let expected = read_json(&reference("published").join("gpt2-tiny.json"));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &expected);
    // A folder of that name is no model file.
    std::fs::create_dir(dir.path().join("gpt2")).unwrap();
    let words = expected["builtin"].as_str().unwrap();
    let printed = flatscape(dir.path()).arg("models").args(words.split(' ')).output().unwrap();
    assert!(printed.status.success(), "{printed:?}");
    std::fs::write(dir.path().join("mine.toml"), &printed.stdout).unwrap();
    let output = flatscape(dir.path())
        .args(["analyze", "mine.toml", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "p"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let loss = number(&read_json(&dir.path().join("p/report.json")), "/loss");
    assert!((loss / number(&expected, "/loss") - 1.0).abs() < 1e-5, "{loss}");
}

#[test]
fn weights_of_another_built_in_model_are_known() {
    let expected = read_json(&reference("published").join("gpt2-tiny.json"));
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &expected);
    let output = flatscape(dir.path())
        .args(["analyze", "resnet8", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o"])
        .output()
        .unwrap();
    let words = ["`--weights`", "gpt2 --classes 97 --input 24 --width 32 --depth 2 --heads HEADS"];
    assert!(crate::is_one_line(&output, &words), "{output:?}");
    // Of another number of blocks, all of whose tensors are there.
    let expected = read_json(&reference("published").join("resnet34.json"));
    save(&dir.path().join("w.safetensors"), &state_dict(&expected));
    let output = flatscape(dir.path())
        .args(["analyze", "resnet18", "--weights", "w.safetensors", "--data", "d.safetensors", "--out", "o"])
        .output()
        .unwrap();
    assert!(
        crate::is_one_line(&output, &["`layer1.2.bn1.bias` [64]", "these are the tensors of `resnet34`"]),
        "{output:?}"
    );
}
