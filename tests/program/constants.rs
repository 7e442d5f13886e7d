//! Constants of layers from outside, and figures where everything is 0 or a batch has one example.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use serde_json::Value;

use crate::analyze_small::{Tensor, analyze, complaint, f32s, folder, save};
use crate::{flatscape, is_one_line};

/// A folder with this model and these files.
fn files(model: &str, weights: &[Tensor], data: &[Tensor]) -> tempfile::TempDir {
    let dir = folder();
    std::fs::write(dir.path().join("m.toml"), model).unwrap();
    save(&dir.path().join("w.safetensors"), weights);
    save(&dir.path().join("d.safetensors"), data);
    dir
}

/// One feature through batch norm with mean 0 and variance v: (x/√(v + ε))², which is v/(v + ε) for x² = v.
#[test]
fn the_epsilon_of_a_norm_can_be_stated() {
    for (options, epsilon, expected) in [
        ("", 1e-5, 0.909_090_909_090_909_1),
        (" eps 0.001", 1e-3, 0.090_909_090_909_090_91),
        (" momentum 0.3 eps 1e-6", 1e-6, 0.0),
    ] {
        let model = format!("input = [1]\nloss = \"mse\"\nlayers = [\"batchnorm{options}\", \"linear 1 nobias\"]\n");
        let weights = [
            f32s("0.weight", &[1], |_| 1.0),
            f32s("0.bias", &[1], |_| 0.0),
            f32s("0.running_mean", &[1], |_| 0.0),
            f32s("0.running_var", &[1], |_| 1e-4),
            f32s("1.weight", &[1, 1], |_| 1.0),
        ];
        let dir = files(&model, &weights, &[f32s("x", &[1, 1], |_| 0.01), f32s("y", &[1, 1], |_| 0.0)]);
        let variance = f64::from(1e-4_f32);
        let exact = f64::from(0.01_f32).powi(2) / (variance + epsilon);
        let loss = analyze(dir.path(), &["--precision", "f64"])["loss"].as_f64().unwrap();
        assert!((loss - exact).abs() < 1e-14, "{options}: {loss}, expected {exact}");
        assert!(expected == 0.0 || (loss - expected).abs() < 1e-7, "{options}: {loss}, expected {expected}");
    }
}

#[test]
fn constants_that_are_not_offered_are_named() {
    let dir = folder();
    for (layer, parts) in [
        ("batchnorm eps", ["`eps` lacks its number", "batchnorm [eps E]"]),
        ("batchnorm eps -1", ["the epsilon is `-1`", "a number from 0"]),
        ("batchnorm momentum 2", ["the momentum is `2`", "from 0 to 1"]),
        ("batchnorm momentum None", ["the momentum is `none`", "is not offered"]),
        ("batchnorm track_running_stats", ["track_running_stats", "--statistics batch"]),
        ("batchnorm eps 1 eps 1", ["layer 2", "`eps` stands twice"]),
        ("layernorm elementwise_affine", ["elementwise_affine", "`noaffine`"]),
        ("groupnorm 1 esp 1", ["unknown option `esp`", "did you mean `eps`"]),
        ("gelu sigmoid", ["layer 2 `gelu sigmoid`", "`gelu tanh`"]),
        ("leaky-relu inf", ["the slope below 0 is `inf`", "expected a number"]),
        ("elu nan", ["alpha is `nan`", "expected a number"]),
    ] {
        let model = format!("input = [2]\nloss = \"mse\"\nlayers = [\"linear 2\", \"{layer}\"]\n");
        std::fs::write(dir.path().join("m.toml"), model).unwrap();
        assert_eq!(complaint(dir.path(), &[], &parts), None);
    }
    for (layer, parts) in [
        ("conv 2 3x3 padding_mode reflect", ["padding_mode", "no other is offered"]),
        ("conv 2 3x3 dilation 4", ["(9x9 dilated)", "larger than its 5×5 image"]),
        ("conv 2 2x2 same", ["`same`", "odd size"]),
        ("maxpool 2 padding 2", ["the padding is 2", "at most 1, half of the window"]),
        ("maxpool 2 return_indices", ["return_indices", "not offered"]),
        ("maxpool 6", ["the window of 6", "larger than its 5×5 image"]),
        ("avgpool 2 ceil_mode", ["ceil_mode", "write `ceil`"]),
        ("avgpool 2 divisor 0", ["the divisor is `0`", "whole number from 1"]),
        ("avgpool 2 divisor 3 excludepad", ["`divisor` and `excludepad`", "exclude each other"]),
        ("avgpool 2 dilation 2", ["unknown option `dilation`", "expected one of"]),
    ] {
        let model = format!("input = [1, 5, 5]\nloss = \"mse\"\nlayers = [\"{layer}\", \"flatten\", \"linear 2\"]\n");
        std::fs::write(dir.path().join("m.toml"), model).unwrap();
        assert_eq!(complaint(dir.path(), &[], &parts), None);
    }
}

/// Every part of a report at once.
const EVERYTHING: [&str; 19] = [
    "--trace-probes",
    "8",
    "--eigenvalues",
    "1",
    "--dense",
    "--density",
    "--sigma",
    ".01",
    "--pairs",
    "8",
    "--rho",
    ".05",
    "--sweep",
    "--slice",
    "5",
    "--lines",
    "2",
    "--initial",
    "w.safetensors",
];

/// A relu that is shut everywhere, and data that are 0: gradient and Hessian are 0.
fn shut() -> tempfile::TempDir {
    files(
        "input = [2]\nloss = \"mse\"\nlayers = [\"linear 3\", \"relu\", \"linear 1 nobias\"]\n",
        &[f32s("0.weight", &[3, 2], |_| 0.0), f32s("0.bias", &[3], |_| -1.0), f32s("2.weight", &[1, 3], |_| 1.0)],
        &[f32s("x", &[8, 2], |i| ((i * i + 1) as f32).cos()), f32s("y", &[8, 1], |_| 0.0)],
    )
}

/// Whether all numbers below a value are 0.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_zero),
        Value::Object(fields) => fields.values().all(is_zero),
        other => other.as_f64() == Some(0.0),
    }
}

#[test]
fn where_everything_is_zero_all_figures_are_zero_and_finite() {
    let dir = shut();
    for (precision, eigenvalues) in [("f32", "3"), ("f64", "12")] {
        let mut args = EVERYTHING.to_vec();
        args[3] = eigenvalues;
        args.extend(["--precision", precision, "--force"]);
        let report = analyze(dir.path(), &args);
        assert_eq!(report["not_finite"], 0, "{report}");
        assert_eq!(report["eigenvalues"]["converged"], true, "{report}");
        for pointer in [
            "/loss",
            "/gradient_norm",
            "/trace/mean",
            "/trace/stderr",
            "/layer_traces",
            "/eigenvalues/largest",
            "/eigenvalues/smallest",
            "/eigenvalues/residuals",
            "/dense/trace",
            "/dense/eigenvalues",
            "/dense/frobenius",
            "/sharpness/sam_loss",
            "/sharpness/increase",
            "/noise/odd_var",
            "/noise/even_mean",
            "/noise/trace",
            "/noise/trace_stderr",
            "/noise/variance_removed",
            "/noise/gradient_trace",
            "/density/moments/0/mean",
            "/density/moments/3/mean",
            "/bound/distance",
            "/bound/by_examples",
        ] {
            let found = report.pointer(pointer).unwrap_or(&Value::Null);
            assert!(is_zero(found), "{precision} {pointer}: {found}");
        }
        // All of the density at 0: a narrow peak of area 1, symmetric about it.
        let curve = &report["density"]["curve"];
        let of =
            |key: &str| -> Vec<f64> { curve[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
        let (at, density) = (of("values"), of("density"));
        let area: f64 = (1..at.len()).map(|i| (at[i] - at[i - 1]) * f64::midpoint(density[i], density[i - 1])).sum();
        assert!((area - 1.0).abs() < 1e-3, "{area}");
        assert!((at[0] + at[at.len() - 1]).abs() < 1e-18 && at[0] > -1e-3, "{} to {}", at[0], at[at.len() - 1]);
        let rows = report["sweep"]["rows"].as_array().unwrap();
        assert_eq!(rows[0]["verdict"], "holds", "{}", rows[0]);
        assert_eq!(rows[0]["relative_residual"], 0.0, "{}", rows[0]);
    }
}

/// L(w) = w² with one parameter: the Hessian is 2, and of length 1.
#[test]
fn a_single_parameter_has_all_figures() {
    let dir = files(
        "input = [1]\nloss = \"mse\"\nlayers = [\"linear 1 nobias\"]\n",
        &[f32s("0.weight", &[1, 1], |_| 3.0)],
        &[f32s("x", &[4, 1], |i| if i % 2 == 0 { 1.0 } else { -1.0 }), f32s("y", &[4, 1], |_| 0.0)],
    );
    let mut args = EVERYTHING.to_vec();
    args.extend(["--precision", "f64"]);
    let report = analyze(dir.path(), &args);
    assert_eq!(report["not_finite"], 0, "{report}");
    let close = |pointer: &str, expected: f64| {
        let found = report.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN);
        assert!((found - expected).abs() < 1e-9, "{pointer}: {found}, expected {expected}");
    };
    close("/loss", 9.0);
    close("/gradient_norm", 6.0);
    close("/trace/mean", 2.0);
    close("/trace/stderr", 0.0);
    close("/eigenvalues/largest/0", 2.0);
    close("/eigenvalues/smallest/0", 2.0);
    close("/dense/eigenvalues/0", 2.0);
    close("/density/moments/1/mean", 4.0);
    close("/sharpness/sam_loss", 3.05 * 3.05);
    assert_eq!(report["eigenvalues"]["converged"], true);
}

/// A Hessian that is a multiple of the identity: each chain of Lanczos ends after one product.
#[test]
fn all_eigenvalues_may_be_one() {
    // x runs over the unit vectors twice, so that the mean of (w·x)² over 8 examples is ‖w‖²/4, and its Hessian I/2.
    let dir = files(
        "input = [4]\nloss = \"mse\"\nlayers = [\"linear 1 nobias\"]\n",
        &[f32s("0.weight", &[1, 4], |i| i as f32 - 1.0)],
        &[f32s("x", &[8, 4], |i| if i / 4 % 4 == i % 4 { 1.0 } else { 0.0 }), f32s("y", &[8, 1], |_| 0.0)],
    );
    let report = analyze(dir.path(), &["--eigenvalues", "2", "--dense", "--density", "--precision", "f64"]);
    assert_eq!((&report["not_finite"], &report["eigenvalues"]["converged"]), (&Value::from(0), &Value::from(true)));
    for pointer in ["/eigenvalues/largest", "/eigenvalues/smallest", "/dense/eigenvalues"] {
        let found = report.pointer(pointer).unwrap().as_array().unwrap();
        assert!(found.iter().all(|value| (value.as_f64().unwrap() - 0.5).abs() < 1e-12), "{pointer}: {found:?}");
    }
}

const NORMED: &str = "name = \"bn1\"\ntitle = \"bn1\"\nabout = \"one example a batch\"\nbudget = 6\n[data]\n\
                      source = \"moons\"\ntrain_size = 31\ntest_size = 20\nnoise = 0.18\n[model]\ninput = [2]\n\
                      loss = \"cross-entropy\"\nlayers = [\"linear 4\", \"batchnorm\", \"relu\", \"linear 2\"]\n[train]\n\
                      learning_rate = 0.02\n[optimizers.sgd]\n";

#[test]
fn a_batch_norm_is_not_trained_on_batches_of_one_example() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bn1.toml"), NORMED).unwrap();
    let compare = |set: &str| {
        let args =
            ["compare", "bn1.toml", "--optimizers", "sgd", "--device", "cpu", "--out", "o", "--force", "--set", set];
        flatscape(dir.path()).args(args).output().unwrap()
    };
    let output = compare("batch=1");
    assert!(is_one_line(&output, &["`batch` is 1", "at least 2", "batch norm `1`"]), "{output:?}");
    assert!(!dir.path().join("o").exists(), "nothing is left where nothing was done");
    // 31 examples in batches of 2: the last batch of an epoch takes the first example of the next.
    let output = compare("batch=2");
    assert!(output.status.success(), "{output:?}");
    // Maps give it a value for each of their pixels.
    let maps = NORMED.replace("\"linear 4\", \"batchnorm\"", "\"linear 4\", \"groupnorm 2\"");
    std::fs::write(dir.path().join("bn1.toml"), maps).unwrap();
    let output = compare("batch=1");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_statistics_of_one_example_are_refused_and_those_of_its_pixels_are_not() {
    let weights =
        [f32s("0.weight", &[2], |_| 1.0), f32s("0.bias", &[2], |_| 0.0), f32s("1.weight", &[2, 2], |i| i as f32)];
    let model = "input = [2]\nloss = \"mse\"\nlayers = [\"batchnorm\", \"linear 2 nobias\"]\n";
    let data = [f32s("x", &[3, 2], |i| i as f32), f32s("y", &[3, 2], |_| 0.0)];
    let dir = files(model, &weights, &data);
    let parts =
        ["`--statistics` is `batch` with 1 example", "batch norm `0`", "at least 2 examples", "`--statistics frozen`"];
    assert_eq!(complaint(dir.path(), &["--statistics", "batch", "--examples", "1"], &parts), None);
    analyze(dir.path(), &["--statistics", "batch"]);
    let maps = "input = [2, 1, 2]\nloss = \"mse\"\nlayers = [\"batchnorm\", \"flatten\", \"linear 2 nobias\"]\n";
    let mut weights = weights;
    weights[2] = f32s("2.weight", &[2, 4], |i| i as f32);
    let dir = files(maps, &weights, &[f32s("x", &[1, 2, 1, 2], |i| i as f32), f32s("y", &[1, 2], |_| 0.0)]);
    analyze(dir.path(), &["--statistics", "batch"]);
}
