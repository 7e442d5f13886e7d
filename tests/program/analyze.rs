//! `flatscape analyze` from outside, against JAX in 64 bits (`tests/reference/analyze`).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::analysis::{analyze, number, numbers, read_json, reference};
use crate::failures::Failures;

const NETWORKS: [&str; 4] = ["tanh-mlp", "relu-mlp", "gelu-mlp-mse", "cnn"];
const PROBES: u32 = 64;
const PAIRS: u32 = 400;
/// So small that no relu changes its side and the fourth order does not count.
const SIGMA: f64 = 1e-5;

/// What JAX says of a network.
fn expected(name: &str) -> Value {
    read_json(&reference("analyze").join(name).join("expected.json"))
}

/// The report and the output folder of a network of the reference.
fn analyzed(name: &str, args: &[&str]) -> (Value, tempfile::TempDir) {
    analyze(&reference("analyze").join(name), Path::new("data.safetensors"), args)
}

/// Every part of the report at once.
fn all_parts(name: &str, precision: &str) -> (Value, tempfile::TempDir) {
    let expected = expected(name);
    let text = |pointer| expected.pointer(pointer).unwrap().to_string();
    let (points, range, rho) = (text("/slice/points"), text("/slice/range"), text("/rho"));
    let (probes, pairs, sigma) = (PROBES.to_string(), PAIRS.to_string(), SIGMA.to_string());
    let options = [
        ["--precision", precision],
        ["--trace-probes", &probes],
        ["--eigenvalues", "3"],
        ["--hvp", "v.safetensors"],
        ["--rho", &rho],
        ["--sigma", &sigma],
        ["--pairs", &pairs],
        ["--slice", &points],
        ["--range", &range],
        ["--normalize", "none"],
        ["--directions", "directions.safetensors"],
        ["--seed", "1"],
    ];
    analyzed(name, &[options.as_flattened(), &["--dense"]].concat())
}

/// Checks a report part by part; `tolerance` is relative, and the same for all figures that do not depend on chance.
struct Check<'a> {
    name: &'a str,
    found: &'a Value,
    expected: &'a Value,
    tolerance: f64,
    failures: &'a mut Failures,
}

impl Check<'_> {
    /// A figure of the report against one of the reference, relative to its own size.
    fn same(&mut self, pointer: &str, expected: &str) {
        let (found, expected) = (numbers(self.found, pointer), numbers(self.expected, expected));
        self.failures.relative(&format!("{} {pointer}", self.name), &found, &expected, self.tolerance);
    }

    /// Each of many figures relative to the largest of them, so that one that is nearly zero asks no more than the others.
    fn each(&mut self, pointer: &str, expected: &str, tolerance: f64) {
        let (found, expected) = (numbers(self.found, pointer), numbers(self.expected, expected));
        let scale = expected.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / scale).fold(0.0, |worst, error| {
            // Written so that NaN is the worst.
            if error <= worst { worst } else { error }
        });
        let right = found.len() == expected.len() && !expected.is_empty() && worst <= tolerance;
        let say = format!("{} numbers, expected {}, error {worst:.2e}", found.len(), expected.len());
        self.failures.holds(&format!("{} {pointer}", self.name), right, &say);
    }

    fn within(&mut self, what: &str, found: f64, expected: f64, margin: f64) {
        let say = format!("{found:.6e}, expected {expected:.6e} ± {margin:.2e}");
        self.failures.holds(&format!("{} {what}", self.name), (found - expected).abs() <= margin, &say);
    }

    /// A mean against the exact figure, within four standard errors; the seed is fixed.
    fn estimate(&mut self, what: &str, pointer: &str, expected: f64) {
        let (mean, stderr) =
            (number(self.found, &format!("{pointer}/mean")), number(self.found, &format!("{pointer}/stderr")));
        self.within(what, mean, expected, 4.0 * stderr);
    }

    fn outcome(&mut self) {
        for key in ["/parameters", "/loss", "/gradient_norm"] {
            self.same(key, key);
        }
        if self.expected["accuracy"].is_null() {
            let found = &self.found["accuracy"];
            let say = format!("{found}, expected null: the data have no classes");
            self.failures.holds(&format!("{} accuracy", self.name), found.is_null(), &say);
        } else {
            self.same("/accuracy", "/accuracy");
        }
    }

    fn products(&mut self) {
        for key in ["gv", "vhv", "hv_norm"] {
            self.same(&format!("/hvp/{key}"), &format!("/{key}"));
        }
        self.same("/sharpness/rho", "/rho");
        self.same("/sharpness/sam_loss", "/sam_loss");
    }

    fn dense(&mut self) {
        self.same("/dense/trace", "/trace");
        self.each("/dense/eigenvalues", "/eigenvalues", self.tolerance);
    }

    /// Lanczos: both ends to 1e-4, the next two to 1e-3 of themselves, in either precision.
    fn ends(&mut self) {
        let exact = numbers(self.expected, "/eigenvalues");
        let largest: Vec<f64> = exact.iter().rev().take(3).copied().collect();
        for (key, exact) in [("largest", &largest[..]), ("smallest", &exact[..3])] {
            let found = numbers(self.found, &format!("/eigenvalues/{key}"));
            self.failures.holds(&format!("{} {key}", self.name), found.len() == 3, &format!("{found:?}, expected 3"));
            for (i, (&found, &exact)) in found.iter().zip(exact).enumerate() {
                let tolerance = if i == 0 { 1e-4 } else { 1e-3 };
                self.within(&format!("{key}[{i}]"), found, exact, tolerance * exact.abs());
            }
        }
        let residuals = numbers(self.found, "/eigenvalues/residuals");
        let right = !residuals.is_empty() && residuals.iter().all(|residual| *residual >= 0.0);
        self.failures.holds(&format!("{} residuals", self.name), right, &format!("{residuals:?}"));
    }

    fn traces(&mut self) {
        self.within("probes", number(self.found, "/trace/probes"), f64::from(PROBES), 0.0);
        self.estimate("trace", "/trace", number(self.expected, "/trace"));
        // A mean of m Rademacher probes varies by at most 2‖H‖²/m; its own estimate of that varies too.
        let norm = numbers(self.expected, "/eigenvalues").iter().map(|value| value * value).sum::<f64>();
        let bound = 1.5 * (2.0 * norm / f64::from(PROBES)).sqrt();
        let stderr = number(self.found, "/trace/stderr");
        let say = format!("{stderr:.3e}, expected more than 0 and at most {bound:.3e}");
        self.failures.holds(&format!("{} trace/stderr", self.name), stderr > 0.0 && stderr <= bound, &say);
        let layers = self.expected["layer_traces"].as_object().unwrap();
        let count = self.found["layer_traces"].as_object().map_or(0, serde_json::Map::len);
        self.within("number of layer traces", count as f64, layers.len() as f64, 0.0);
        for (layer, exact) in layers {
            self.estimate(&format!("trace of {layer}"), &format!("/layer_traces/{layer}"), exact.as_f64().unwrap());
        }
    }

    fn slice(&mut self) {
        for key in ["x", "y"] {
            let pointer = format!("/slice/{key}");
            self.each(&pointer, &pointer, self.tolerance.min(1e-6));
        }
        self.each("/slice/loss", "/slice/loss", self.tolerance);
        self.within("masked", number(self.found, "/slice/masked"), 0.0, 0.0);
        let (losses, loss) = (numbers(self.found, "/slice/loss"), number(self.found, "/loss"));
        self.within("centre", losses.get(losses.len() / 2).copied().unwrap_or(f64::NAN), loss, 1e-6 * loss);
    }

    /// The noise's second-order figures, in 64 bits: the differences of losses are too small for 32.
    fn noise(&mut self) {
        let trace = number(self.expected, "/trace");
        let stderr = number(self.found, "/noise/trace_stderr");
        self.within("noise/sigma", number(self.found, "/noise/sigma"), SIGMA, 1e-7 * SIGMA);
        self.within("noise/pairs", number(self.found, "/noise/pairs"), f64::from(PAIRS), 0.0);
        self.within("noise/trace", number(self.found, "/noise/trace"), trace, 4.0 * stderr);
        let even = 2.0 * number(self.found, "/noise/even_mean") / (SIGMA * SIGMA);
        self.within("noise/even_mean as a trace", even, trace, 4.0 * stderr);
        // The variance of m normal numbers varies by √(2/(m − 1)) of itself.
        let variance = (SIGMA * number(self.expected, "/gradient_norm")).powi(2);
        let margin = 4.0 * (2.0 / f64::from(PAIRS - 1)).sqrt() * variance;
        self.within("noise/odd_var", number(self.found, "/noise/odd_var"), variance, margin);
    }
}

/// All parts of all networks, with the same tolerance for whatever does not depend on chance.
fn check_all(precision: &str, tolerance: f64) {
    let mut failures = Failures::new();
    for name in NETWORKS {
        let (found, dir) = all_parts(name, precision);
        let expected = expected(name);
        let mut check = Check { name, found: &found, expected: &expected, tolerance, failures: &mut failures };
        check.outcome();
        check.products();
        check.dense();
        check.ends();
        check.traces();
        check.slice();
        if precision == "f64" {
            check.noise();
        }
        check_files(name, &found, dir.path(), &mut failures);
    }
    failures.finish();
}

/// `slice.npz` holds the report's numbers and `slice.png` is a picture.
fn check_files(name: &str, report: &Value, dir: &Path, failures: &mut Failures) {
    let out = dir.join("out");
    for (reader, arrays) in [("npyz", npz_by_npyz(&out)), ("NumPy", npz_by_numpy(&out))] {
        let Some(arrays) = arrays else { continue };
        for key in ["x", "y", "loss"] {
            let (shape, values) = arrays.get(key).cloned().unwrap_or_default();
            let written = numbers(report, &format!("/slice/{key}"));
            let side = numbers(report, "/slice/x").len();
            let right_shape = if key == "loss" { vec![side, side] } else { vec![side] };
            let what = format!("{name} slice.npz {key} in {reader}");
            failures.holds(&what, shape == right_shape, &format!("shape {shape:?}, expected {right_shape:?}"));
            failures.relative(&what, &values, &written, 1e-7);
        }
    }
    let picture = image::open(out.join("slice.png"));
    let wide = picture.as_ref().is_ok_and(|picture| picture.width() >= 100 && picture.height() >= 100);
    failures.holds(&format!("{name} slice.png"), wide, &format!("{:?}", picture.err()));
}

/// Shape and values of each array.
type Arrays = HashMap<String, (Vec<usize>, Vec<f64>)>;

fn npz_by_npyz(out: &Path) -> Option<Arrays> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(out.join("slice.npz")).unwrap()).unwrap();
    let mut arrays = Arrays::new();
    for name in ["x", "y", "loss"] {
        let Some(member) = archive.index_for_name(&format!("{name}.npy")) else { continue };
        let array = npyz::NpyFile::new(archive.by_index(member).unwrap()).unwrap();
        let shape = array.shape().iter().map(|&side| side as usize).collect();
        let is_double = array.dtype().descr().contains("f8");
        let values: Vec<f64> = if is_double {
            array.into_vec().unwrap()
        } else {
            array.into_vec::<f32>().unwrap().into_iter().map(f64::from).collect()
        };
        arrays.insert(name.to_owned(), (shape, values));
    }
    Some(arrays)
}

/// The same through NumPy, where there is one.
fn npz_by_numpy(out: &Path) -> Option<Arrays> {
    let program = "import json, sys, numpy\n\
                   with numpy.load(sys.argv[1]) as file:\n    \
                   print(json.dumps({k: [list(v.shape), v.astype(float).ravel().tolist()] for k, v in file.items() \
                   if v.dtype.kind == 'f'}))";
    let has_numpy = std::process::Command::new("python3").args(["-c", "import numpy"]).output();
    if !has_numpy.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let output =
        std::process::Command::new("python3").args(["-c", program]).arg(out.join("slice.npz")).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "NumPy cannot read slice.npz: {stderr}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn every_figure_in_64_bits() {
    check_all("f64", 1e-8);
}

#[test]
fn every_figure_in_32_bits() {
    check_all("f32", 1e-4);
}

#[test]
fn only_what_was_asked_for_is_in_the_report() {
    let (report, dir) = analyzed("tanh-mlp", &["--trace-probes", "4", "--eigenvalues", "1"]);
    for key in ["parameters", "loss", "accuracy", "gradient_norm", "trace", "eigenvalues"] {
        assert!(report[key].is_number() || report[key].is_object(), "{key} is missing: {report}");
    }
    for key in ["dense", "hvp", "sharpness", "noise", "slice"] {
        assert!(report[key].is_null(), "{key} was not asked for: {report}");
    }
    assert!(!dir.path().join("out/slice.npz").exists() && !dir.path().join("out/slice.png").exists());
}

#[test]
fn a_seed_gives_the_same_report_twice() {
    let args = |seed| ["--trace-probes", "8", "--slice", "5", "--range", "1", "--seed", seed];
    let runs = ["3", "3", "4"].map(|seed| analyzed("cnn", &args(seed)).0);
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0]["trace"]["mean"], runs[2]["trace"]["mean"]);
    assert_ne!(runs[0]["slice"]["loss"], runs[2]["slice"]["loss"]);
}

#[test]
fn every_normalisation_has_the_loss_in_its_centre() {
    let mut failures = Failures::new();
    let mut corners = Vec::new();
    for normalize in ["none", "filter", "layer", "model"] {
        let args = ["--slice", "5", "--range", "0.5", "--normalize", normalize, "--precision", "f64"];
        let (report, _dir) = analyzed("cnn", &args);
        let loss = numbers(&report, "/slice/loss");
        failures.holds(normalize, loss.len() == 25, &format!("{} cells", loss.len()));
        failures.relative(&format!("{normalize} centre"), &loss[12..13], &[number(&report, "/loss")], 1e-12);
        corners.push(loss[0]);
    }
    for (i, a) in corners.iter().enumerate() {
        let same = corners[..i].iter().any(|b| (a - b).abs() <= 1e-9);
        failures.holds("normalisations differ", !same, &format!("{corners:?}"));
    }
    failures.finish();
}
