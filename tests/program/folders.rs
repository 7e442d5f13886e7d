//! Folders and archives given to `flatscape analyze`, as they lie on people's disks: the right loss, or one line that says what
//! to do.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::analyze_small::{f32s, save};
use crate::{flatscape, is_one_line};

const PICTURES: &str = "input = [1, 2, 2]\nloss = \"mse\"\nlayers = [\"flatten\", \"linear 2 nobias\"]\n";

fn run(dir: &Path, model: &str, weights: &str, data: &str) -> std::process::Output {
    let arguments =
        ["analyze", model, "--weights", weights, "--data", data, "--out", "o", "--force", "--device", "cpu"];
    flatscape(dir).args(arguments).output().unwrap()
}

/// The loss, which stands in the report, and what was said of the data.
fn loss(dir: &Path, model: &str, weights: &str, data: &str) -> (f64, String) {
    let output = run(dir, model, weights, data);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{data}: {stderr}");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("o/report.json")).unwrap()).unwrap();
    (report["loss"].as_f64().unwrap(), stderr)
}

fn refused(dir: &Path, model: &str, weights: &str, data: &str, words: &[&str]) {
    let _ = std::fs::remove_dir_all(dir.join("o"));
    let output = run(dir, model, weights, data);
    assert!(is_one_line(&output, words) && !dir.join("o").exists(), "{data} {words:?}: {output:?}");
}

fn picture(path: &Path, rgb: [u8; 3]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(2, 2, image::Rgb(rgb)).save(path).unwrap();
}

/// The first output is the first pixel, the second one is 0.
fn first_pixel(dir: &Path) {
    std::fs::write(dir.join("m.toml"), PICTURES).unwrap();
    save(&dir.join("w.safetensors"), &[f32s("1.weight", &[2, 4], |i| if i == 0 { 1.0 } else { 0.0 })]);
}

#[test]
fn grey_is_rec_601_and_told() {
    let dir = tempfile::tempdir().unwrap();
    first_pixel(dir.path());
    picture(&dir.path().join("p/a/0.png"), [255, 0, 0]);
    picture(&dir.path().join("p/b/0.png"), [0, 0, 255]);
    let (found, said) = loss(dir.path(), "m.toml", "w.safetensors", "p");
    // Pillow's convert("L") gives 76 and 29; one-hot rows are wanted.
    let (red, blue): (f64, f64) = (76.0 / 255.0, 29.0 / 255.0);
    let expected = ((red - 1.0).powi(2) + blue.powi(2) + 1.0) / 4.0;
    assert!((found - expected).abs() < 1e-7, "{found}, expected {expected}");
    assert!(said.contains("2 colour images were made grey by Rec. 601"), "{said}");
}

#[test]
fn split_folders_are_no_classes() {
    let dir = tempfile::tempdir().unwrap();
    first_pixel(dir.path());
    for part in ["train", "test"] {
        picture(&dir.path().join(format!("s/{part}/cat/0.png")), [255; 3]);
        picture(&dir.path().join(format!("s/{part}/dog/0.png")), [0; 3]);
    }
    for folder in ["s/train/.ipynb_checkpoints", "s/__MACOSX", "s/test/bird"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    std::fs::write(dir.path().join("s/__MACOSX/._0.png"), "x").unwrap();
    refused(dir.path(), "m.toml", "w.safetensors", "s", &["`--data`", "`test` and `train`", "try s/train"]);
    refused(dir.path(), "m.toml", "w.safetensors", "s/test", &["`--data`", "`bird`"]);
    let (found, said) = loss(dir.path(), "m.toml", "w.safetensors", "s/train");
    assert!((found - 0.25).abs() < 1e-7, "{found}");
    assert!(said.contains("`.ipynb_checkpoints` is no class and was left out"), "{said}");
}

/// A gzip file of IDX.
fn idx(path: &Path, shape: &[u8], bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = flate2::write::GzEncoder::new(std::fs::File::create(path).unwrap(), flate2::Compression::fast());
    file.write_all(&[0, 0, 8, shape.len() as u8]).unwrap();
    shape.iter().for_each(|&side| file.write_all(&[0, 0, 0, side]).unwrap());
    file.write_all(bytes).unwrap();
    file.finish().unwrap();
}

/// A linear model with zero weights: its loss is the logarithm of the number of classes.
fn zero(dir: &Path, input: &str, features: usize, classes: usize) -> String {
    let model = format!("m{classes}.toml");
    let layers = format!("input = {input}\nloss = \"cross-entropy\"\nlayers = [\"flatten\", \"linear {classes}\"]\n");
    std::fs::write(dir.join(&model), layers).unwrap();
    let tensors = [f32s("1.weight", &[classes, features], |_| 0.0), f32s("1.bias", &[classes], |_| 0.0)];
    save(&dir.join("w.safetensors"), &tensors);
    model
}

#[test]
fn a_folder_of_emnist_is_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let pixels: Vec<u8> = (0..52 * 4).map(|i| i as u8).collect();
    let labels: Vec<u8> = (0..52).map(|i| i % 26 + 1).collect();
    idx(&dir.path().join("e/emnist-letters-train-images-idx3-ubyte.gz"), &[52, 2, 2], &pixels);
    idx(&dir.path().join("e/emnist-letters-train-labels-idx1-ubyte.gz"), &[52], &labels);
    let model = zero(dir.path(), "[1, 2, 2]", 4, 27);
    let (found, said) = loss(dir.path(), &model, "w.safetensors", "e");
    assert!((found - 27_f64.ln()).abs() < 1e-6, "{found}");
    assert!(said.contains("stored transposed"), "{said}");
    // With as many outputs as there are letters, the labels that run from 1 do not fit.
    let model = zero(dir.path(), "[1, 2, 2]", 4, 26);
    for data in ["e", "e/emnist-letters-train-images-idx3-ubyte.gz"] {
        refused(dir.path(), &model, "w.safetensors", data, &["`--data`", "labels run from 1 to 26"]);
    }
    idx(&dir.path().join("e/emnist-digits-train-images-idx3-ubyte.gz"), &[52, 2, 2], &pixels);
    refused(dir.path(), &model, "w.safetensors", "e", &["2 data sets in one folder", "emnist-digits-train-images"]);
}

#[test]
fn cifar_is_read_as_it_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let model = zero(dir.path(), "[3, 32, 32]", 3072, 10);
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/folders");
    for (data, words) in [
        ("cifar-10-batches-py", "`test_batch` was left out"),
        ("cifar-10-python.tar.gz", "`test_batch` was left out"),
        ("cifar-10-binary.tar.gz", "the data are those of `cifar-10-batches-bin`"),
        ("cifar.zip", "`data_batch_1.bin` and `data_batch_2.bin`"),
    ] {
        let (found, said) = loss(dir.path(), &model, "w.safetensors", reference.join(data).to_str().unwrap());
        assert!((found - 10_f64.ln()).abs() < 1e-6, "{data}: {found}");
        assert!(said.contains(words), "{data}: {said}");
    }
    let batches = dir.path().join("cifar-10-batches-py");
    std::fs::create_dir(&batches).unwrap();
    std::fs::write(batches.join("data_batch_1"), b"\x80\x02cos\nsystem\nU\x04true\x85R.").unwrap();
    refused(dir.path(), &model, "w.safetensors", "cifar-10-batches-py", &["calls `os.system`, which is never done"]);
    std::fs::write(batches.join("data_batch_1"), b"\x80\x02}q\x00(U\x04dataNU\x05wordsNu.").unwrap();
    refused(
        dir.path(),
        &model,
        "w.safetensors",
        "cifar-10-batches-py",
        &["there is no `labels`, only `data` and `words`"],
    );
}
