//! `flatscape analyze --path`, `--to` and `--third`, against NumPy's SVD (`tests/reference/landscape.json`) and closed forms.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::analysis::{number, numbers, read_json, reference};
use crate::analyze_small::{BASE, PARAMETERS, Tensor, f32s, folder, i64s, save};
use crate::failures::Failures;
use crate::flatscape;

/// Examples of the linear model: as many as it has weights.
const D: usize = 60;

/// The only feature of an example that is not 0.
fn scale(i: usize) -> f64 {
    if i == 7 { 4.0 } else { 1.0 + i as f64 / 64.0 }
}

fn target(i: usize) -> f64 {
    (i % 5) as f64 - 2.0
}

/// What NumPy says of the path.
fn expected() -> Value {
    read_json(&reference("landscape.json"))["path"].take()
}

/// The weights of the path's checkpoints.
fn checkpoints(path: &Value) -> Vec<Vec<f64>> {
    path["weights"].as_array().unwrap().iter().map(|row| numbers(row, "")).collect()
}

/// A linear model without bias, data along its axes, and the path's checkpoints in the folder `run`: its losses and its
/// Hessian are sums over single weights.
fn linear(path: &Value) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let model = "input = [60]\nloss = \"mse\"\nlayers = [\"linear 1 nobias\"]\n";
    std::fs::write(dir.path().join("m.toml"), model).unwrap();
    let x = f32s("x", &[D, D], |i| if i / D == i % D { scale(i % D) as f32 } else { 0.0 });
    save(&dir.path().join("d.safetensors"), &[x, f32s("y", &[D, 1], |i| target(i) as f32)]);
    std::fs::create_dir(dir.path().join("run")).unwrap();
    for (index, weights) in checkpoints(path).iter().enumerate() {
        let file = dir.path().join(format!("run/step_{}.safetensors", 10 * index));
        save(&file, &[f32s("0.weight", &[1, D], |i| weights[i] as f32)]);
    }
    dir
}

/// Runs the program: its report and stderr.
fn run(dir: &Path, args: &str) -> (Value, String) {
    let base = "analyze m.toml --data d.safetensors --out o --force --device cpu";
    let output = flatscape(dir).args(base.split_whitespace()).args(args.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{args}: {stderr}");
    (read_json(&dir.join("o/report.json")), stderr)
}

fn loss(weights: &[f64]) -> f64 {
    weights.iter().enumerate().map(|(i, w)| (scale(i) * f64::from(*w as f32) - target(i)).powi(2)).sum::<f64>()
        / D as f64
}

#[test]
fn a_path_is_that_of_numpy_and_its_figures_are_those_of_each_checkpoint() {
    let path = expected();
    let dir = linear(&path);
    let (report, _) = run(dir.path(), "--weights run/step_140.safetensors --path run --precision f64 --slice 7");
    let weights = checkpoints(&path);
    let mut failures = Failures::new();
    failures.relative("explained", &numbers(&report, "/path/explained"), &numbers(&path, "/explained")[..2], 1e-12);
    failures.relative("residual", &[number(&report, "/path/residual")], &[number(&path, "/residual")], 1e-9);
    // NumPy has the offsets alone; the path ends at the weights themselves.
    let mut places: Vec<f64> =
        path["coordinates"].as_array().unwrap().iter().flat_map(|row| numbers(row, "")[..2].to_vec()).collect();
    places.extend([0.0; 2]);
    failures.relative("coordinates", &numbers(&report, "/path/coordinates"), &places, 1e-12);
    let distances = [numbers(&path, "/distances"), vec![0.0]].concat();
    failures.relative("distances", &numbers(&report, "/path/distances"), &distances, 1e-11);
    let losses: Vec<f64> = weights.iter().map(|weights| loss(weights)).collect();
    failures.relative("losses", &numbers(&report, "/path/loss"), &losses, 1e-13);
    let squares = || (0..D).map(|i| 2.0 * scale(i).powi(2) / D as f64);
    let trace = vec![squares().sum::<f64>(); 15];
    failures.relative("traces", &numbers(&report, "/path/trace/mean"), &trace, 1e-12);
    let stderr = numbers(&report, "/path/trace/stderr");
    failures.holds("stderr", stderr.len() == 15 && stderr.iter().all(|e| *e < 1e-12), "a diagonal has no variance");
    let [largest, smallest] = [squares().fold(0.0, f64::max), squares().fold(9.0, f64::min)];
    failures.relative("largest", &numbers(&report, "/path/lambda_max"), &[largest; 15], 1e-6);
    // An end is known to its residual at worst, which is at most a thousandth of the largest.
    let scale = 15_f64.sqrt() * largest;
    failures.distance("smallest", &numbers(&report, "/path/lambda_min"), &[smallest; 15], 1e-3, scale);
    let residuals = numbers(&report, "/path/lambda_residuals");
    failures.holds("residuals", residuals.len() == 15 && residuals.iter().all(|r| *r <= 1e-3 * largest), "too large");
    let steps: Vec<f64> = (0..15).map(|i| f64::from(10 * i)).collect();
    failures.relative("steps", &numbers(&report, "/path/steps"), &steps, 0.0);
    failures.holds("files", report["path"]["files"][1] == "run/step_10.safetensors", "natural order");
    failures.finish();
    assert!(report["path"].get("accuracy").is_none(), "numbers have no classes: {report}");
    slice_on_the_plane(&report);
    path_files(&dir.path().join("o"), &report);
}

/// The slice is on the path's plane, its centre is the weights, and it holds all places.
fn slice_on_the_plane(report: &Value) {
    let (x, y, cells) = (numbers(report, "/slice/x"), numbers(report, "/slice/y"), numbers(report, "/slice/loss"));
    let zero = |axis: &[f64]| axis.iter().position(|value| *value == 0.0).expect("0 is on the axis");
    let center = cells[zero(&y) * 7 + zero(&x)];
    assert!((center / number(report, "/loss") - 1.0).abs() < 1e-13, "{center}");
    for place in numbers(report, "/path/coordinates").chunks(2) {
        assert!(x[0] < place[0] && place[0] < x[6] && y[0] < place[1] && place[1] < y[6], "{place:?} {x:?} {y:?}");
    }
    assert_eq!(report["slice"]["normalization"], "none");
    let words = report["slice"]["directions"].as_str().unwrap();
    assert!(words.contains("explaining 88.6 % and 11.3 %"), "{words}");
}

/// Table, arrays and pictures say the same as the report.
fn path_files(out: &Path, report: &Value) {
    let mut table = csv::Reader::from_path(out.join("path.csv")).unwrap();
    let header: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header.join(","), "file,step,x,y,distance,loss,accuracy,trace,trace_stderr,lambda_max,lambda_min");
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[3][0], &rows[3][1], &rows[3][6]), (15, "run/step_30.safetensors", "30", ""));
    let mut failures = Failures::new();
    // To the last digit but one: numbers of JSON are read that well.
    for (column, key) in [(4, "distances"), (5, "loss"), (9, "lambda_max")] {
        let found: Vec<f64> = rows.iter().map(|row| row[column].parse().unwrap()).collect();
        failures.relative(key, &found, &numbers(report, &format!("/path/{key}")), 1e-15);
    }
    let places: Vec<f64> =
        rows.iter().flat_map(|row| [2, 3].map(|column| row[column].parse::<f64>().unwrap())).collect();
    failures.relative("places", &places, &numbers(report, "/path/coordinates"), 1e-15);
    for (key, count) in [("loss", 15), ("coordinates", 30), ("distances", 15), ("lambda_max", 15)] {
        let found = array(&out.join("path.npz"), key, count);
        failures.relative(&format!("{key} as an array"), &found, &numbers(report, &format!("/path/{key}")), 1e-15);
    }
    let drawn = array(&out.join("slice.npz"), "path", 75);
    let second = [vec![10.0], numbers(report, "/path/coordinates/1")].concat();
    failures.relative("on the slice", &drawn[5..8], &second, 1e-15);
    failures.finish();
    for name in ["path.png", "slice.png"] {
        assert!(std::fs::read(out.join(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
    }
    let svg = std::fs::read_to_string(out.join("slice.svg")).unwrap();
    assert!(svg.contains("the path of the weights, projected"), "the caption names the path");
}

/// The last `count` numbers of an array of an archive: all, where it has as many.
fn array(file: &Path, name: &str, count: usize) -> Vec<f64> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    let numbers = &bytes[bytes.len() - 8 * count..];
    numbers.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn files_may_be_named_one_by_one_and_end_at_the_weights() {
    let path = expected();
    let dir = linear(&path);
    let mut files: Vec<String> = (0..14).map(|i| format!("run/step_{}.safetensors", 10 * i)).collect();
    // As a shell sorts them.
    files.sort();
    let args =
        format!("--weights run/step_140.safetensors --precision f64 --curvature none --path {}", files.join(" "));
    let (report, stderr) = run(dir.path(), &args);
    assert!(stderr.contains("in the order of letters and are taken in that of their numbers"), "{stderr}");
    let found: Vec<&str> =
        report["path"]["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!((found.len(), found[1], found[14]), (15, "run/step_10.safetensors", "run/step_140.safetensors"));
    let mut failures = Failures::new();
    let losses: Vec<f64> = checkpoints(&path).iter().map(|weights| loss(weights)).collect();
    failures.relative("losses", &numbers(&report, "/path/loss"), &losses, 1e-13);
    failures.relative("explained", &numbers(&report, "/path/explained"), &numbers(&path, "/explained")[..2], 1e-12);
    failures.finish();
    for key in ["trace", "lambda_max", "lambda_min", "steps"] {
        assert!(report["path"].get(key).is_none(), "{key}: {report}");
    }
    assert_eq!(numbers(&report, "/slice/x").len(), 25, "a path comes with its slice");
}

/// Two weights in a row without biases: L = m·(1 − w₁w₂)², m the mean of x².
fn product(dir: &Path) -> f64 {
    std::fs::write(
        dir.join("m.toml"),
        "input = [1]\nloss = \"mse\"\nlayers = [\"linear 1 nobias\", \"linear 1 nobias\"]\n",
    )
    .unwrap();
    let x = [0.5_f32, -1.0, 2.0, 1.5];
    save(&dir.join("d.safetensors"), &[f32s("x", &[4, 1], |i| x[i]), f32s("y", &[4, 1], |i| x[i])]);
    for (name, w) in [
        ("a", [1.0, 1.0]),
        ("b", [-1.0, -1.0]),
        ("c", [-2.0, -2.0]),
        ("g", [-1.25, -1.25]),
        ("f", [2.0, 2.0]),
        ("e", [2.0, 0.0]),
    ] {
        let tensors = [f32s("0.weight", &[1, 1], |_| w[0]), f32s("1.weight", &[1, 1], |_| w[1])];
        save(&dir.join(format!("{name}.safetensors")), &tensors);
    }
    x.iter().map(|x| f64::from(x * x)).sum::<f64>() / 4.0
}

#[test]
fn a_barrier_is_the_height_over_the_straight_line_between_both_ends() {
    let dir = tempfile::tempdir().unwrap();
    let m = product(dir.path());
    let line = |to: &str, more: &str| {
        run(dir.path(), &format!("--weights a.safetensors --to {to}.safetensors --precision f64 {more}")).0
    };
    let of = |w: f64| m * (1.0 - w * w).powi(2);
    let mut failures = Failures::new();
    let report = line("b", "");
    let t = numbers(&report, "/line/t");
    failures.holds("t", t.len() == 51 && t[0] == 0.0 && t[25] == 0.5 && t[50] == 1.0, &format!("{t:?}"));
    let losses: Vec<f64> = t.iter().map(|t| of(1.0 - 2.0 * t)).collect();
    failures.relative("losses", &numbers(&report, "/line/loss"), &losses, 1e-13);
    failures.relative("height", &[number(&report, "/line/barrier/height")], &[m], 1e-13);
    failures.relative("place", &[number(&report, "/line/barrier/at")], &[0.5], 1e-13);
    failures.relative("distance", &[number(&report, "/line/distance")], &[8_f64.sqrt()], 1e-13);
    // Its ends differ: it is held against what lies between them.
    let report = line("g", "--line-points 301");
    let t = numbers(&report, "/line/t");
    let above = t.iter().map(|t| (of(1.0 - 2.25 * t) - of(1.25) * t, *t));
    let (height, at) = above.fold((0.0, 0.0), |best, now| if now.0 > best.0 { now } else { best });
    failures.holds("higher than nothing", height > 0.1 * m, &format!("{height}"));
    failures.relative("height", &[number(&report, "/line/barrier/height")], &[height], 1e-12);
    failures.relative("place", &[number(&report, "/line/barrier/at")], &[at], 1e-12);
    failures.relative("ends", &numbers(&report, "/line/end_losses"), &[0.0, of(1.25)], 1e-13);
    // A bowl has none.
    let report = line("f", "");
    failures.holds("none", number(&report, "/line/barrier/height") == 0.0, &report["line"]["barrier"].to_string());
    failures.finish();
    let out = dir.path().join("o");
    assert!(std::fs::read(out.join("line.png")).unwrap().starts_with(b"\x89PNG"));
    let found = array(&out.join("line.npz"), "loss", 51);
    let apart = found.iter().zip(numbers(&report, "/line/loss")).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart <= 1e-15 * m, "{apart}");
    assert!(report.get("slice").is_none() && report.get("plane").is_none(), "a line needs no slice: {report}");
}

#[test]
fn three_sets_of_weights_have_their_places_and_losses_on_their_plane() {
    let dir = tempfile::tempdir().unwrap();
    let m = product(dir.path());
    let args = "--weights a.safetensors --to b.safetensors --third e.safetensors --precision f64 --slice 9";
    let (report, _) = run(dir.path(), args);
    let mut failures = Failures::new();
    // a = (1, 1), b = (−1, −1), e = (2, 0): e − a is orthogonal to b − a, and half as long.
    failures.relative("points", &numbers(&report, "/plane/points"), &[0.0, 0.0, 1.0, 0.0, 0.0, 0.5], 1e-13);
    failures.relative("losses", &numbers(&report, "/plane/loss"), &[0.0, 0.0, m], 1e-13);
    failures.relative("norms", &numbers(&report, "/slice/norms"), &[8_f64.sqrt(); 2], 1e-13);
    let (x, y) = (numbers(&report, "/slice/x"), numbers(&report, "/slice/y"));
    let place = |a: f64, b: f64| [1.0 - 2.0 * a + 2.0 * b, 1.0 - 2.0 * a - 2.0 * b];
    let of = |[v, w]: [f64; 2]| m * (1.0 - v * w).powi(2);
    let cells: Vec<f64> = y.iter().flat_map(|b| x.iter().map(|a| of(place(*a, *b))).collect::<Vec<_>>()).collect();
    failures.relative("slice", &numbers(&report, "/slice/loss"), &cells, 1e-12);
    failures.holds("it holds all three", x[0] < 0.0 && x[8] > 1.0 && y[0] < 0.0 && y[8] > 0.5, &format!("{x:?} {y:?}"));
    failures.holds("the line too", report["line"]["barrier"].is_object(), &report.to_string());
    failures.finish();
    let svg = std::fs::read_to_string(dir.path().join("o/slice.svg")).unwrap();
    assert!(["a.safetensors", "b.safetensors", "e.safetensors"].iter().all(|name| svg.contains(name)), "the rings");
}

/// A model with batch norm, whose checkpoints differ in their running statistics.
fn normed(dir: &Path) {
    let layers = "[\"linear 3\", \"batchnorm\", \"tanh\", \"linear 2\"]";
    std::fs::write(dir.join("m.toml"), format!("input = [2]\nloss = \"cross-entropy\"\nlayers = {layers}\n")).unwrap();
    let x = f32s("x", &[20, 2], |i| ((i * i + 1) as f32).cos());
    save(&dir.join("d.safetensors"), &[x, i64s("y", &[20], |i| (i % 3 % 2) as i64)]);
    for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
        save(&dir.join(format!("{name}.safetensors")), &state(index, index));
    }
    // The weights of b with the statistics of a.
    save(&dir.join("mixed.safetensors"), &state(1, 0));
}

fn state(weights: usize, statistics: usize) -> Vec<Tensor> {
    let value = |salt: usize| move |i: usize| ((i * 7 + 3 + 13 * salt + 5 * weights) as f32).sin();
    let shapes: [(&str, &[usize]); 6] = [
        ("0.weight", &[3, 2]),
        ("0.bias", &[3]),
        ("1.weight", &[3]),
        ("1.bias", &[3]),
        ("3.weight", &[2, 3]),
        ("3.bias", &[2]),
    ];
    let mut tensors: Vec<Tensor> =
        shapes.iter().enumerate().map(|(salt, (name, shape))| f32s(name, shape, value(salt))).collect();
    tensors.push(f32s("1.running_mean", &[3], |i| 0.1 * (i + statistics) as f32));
    tensors.push(f32s("1.running_var", &[3], |i| 0.2 + 0.9 * (i + 2 * statistics) as f32));
    tensors
}

#[test]
fn each_checkpoint_has_its_own_running_statistics_and_a_line_those_of_its_start() {
    let dir = tempfile::tempdir().unwrap();
    normed(dir.path());
    let alone = |name: &str, more: &str| {
        let args = format!("--weights {name}.safetensors --precision f64 {more}");
        number(&run(dir.path(), &args).0, "/loss")
    };
    let own = ["c", "b", "a"].map(|name| alone(name, ""));
    let (mixed, batch) = (alone("mixed", ""), ["c", "b", "a"].map(|name| alone(name, "--statistics batch")));
    let args = "--weights a.safetensors --path c.safetensors b.safetensors --to b.safetensors --precision f64";
    let (report, stderr) = run(dir.path(), args);
    let mut failures = Failures::new();
    failures.relative("own statistics", &numbers(&report, "/path/loss"), &own, 1e-13);
    failures.relative("line", &[number(&report, "/line/loss/50")], &[mixed], 1e-12);
    failures.relative("ends", &numbers(&report, "/line/end_losses"), &[own[2], own[1]], 1e-13);
    failures.holds("they differ", (mixed / own[1] - 1.0).abs() > 0.01, &format!("{mixed} {}", own[1]));
    let told =
        stderr.contains("by their own running statistics of batch norm") && stderr.contains("--statistics batch");
    failures.holds("it is said", told, &stderr);
    for (key, words) in
        [("path", "each has its own running statistics"), ("line", "of the weights at t = 0 everywhere")]
    {
        let found = report[key]["statistics"].as_str().unwrap();
        failures.holds(key, found.contains(words), found);
    }
    let (report, stderr) = run(dir.path(), &format!("{args} --statistics batch"));
    failures.relative("of the examples", &numbers(&report, "/path/loss"), &batch, 1e-13);
    failures.relative("line", &[number(&report, "/line/loss/50")], &[batch[1]], 1e-12);
    failures.holds("nothing to say", !stderr.contains("running statistics of batch norm"), &stderr);
    failures.finish();
}

#[test]
fn more_checkpoints_than_memory_are_read_several_times_to_the_same_plane() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("run")).unwrap();
    for step in 0..40 {
        let value = |i: usize| ((i * 7 + 3) as f32 + 0.02 * step as f32).sin();
        let tensors: Vec<Tensor> = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, value)).collect();
        save(&dir.path().join(format!("run/{step}.safetensors")), &tensors);
    }
    let args = "--path run --precision f64 --curvature none --slice 3 --force";
    let report = |more: &str| {
        let output =
            flatscape(dir.path()).args(BASE).args(args.split(' ')).args(more.split_whitespace()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{more}: {stderr}");
        (read_json(&dir.path().join("o/report.json")), stderr)
    };
    let (whole, stderr) = report("");
    assert!(!stderr.contains("--max-memory"), "{stderr}");
    // 41 rows of 17 numbers take 5 576 bytes.
    let (parted, stderr) = report("--max-memory 2K");
    assert!(
        stderr.contains("41 checkpoints of 17 weights would take 5576 bytes, more than `--max-memory`"),
        "{stderr}"
    );
    let mut failures = Failures::new();
    let size = numbers(&whole, "/path/coordinates").iter().map(|place| place * place).sum::<f64>().sqrt();
    for (key, scale) in [("explained", 1.0), ("coordinates", size), ("distances", size), ("loss", 1.0)] {
        let pointer = format!("/path/{key}");
        failures.distance(key, &numbers(&parted, &pointer), &numbers(&whole, &pointer), 1e-11, scale);
    }
    failures.finish();
}

#[test]
fn the_time_is_told_before_and_the_table_has_the_path() {
    let dir = folder();
    for (index, name) in ["b", "c"].into_iter().enumerate() {
        let value = |i: usize| ((i * 5 + index) as f32).cos();
        let tensors: Vec<Tensor> = PARAMETERS.iter().map(|(name, shape)| f32s(name, shape, value)).collect();
        save(&dir.path().join(format!("{name}.safetensors")), &tensors);
    }
    let args = ["--path", "b.safetensors", "c.safetensors", "--to", "b.safetensors"];
    let output = flatscape(dir.path()).args(BASE).args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("about "), "{stderr}");
    for words in ["3 checkpoints, plane explains", "trace ", "λ largest", "over a distance of", "path.csv", "line.png"]
    {
        assert!(stdout.contains(words), "{words}: {stdout}");
    }
    let report = read_json(&dir.path().join("o/report.json"));
    assert_eq!(numbers(&report, "/path/accuracy").len(), 3, "{report}");
    assert_eq!(report["path"]["trace"]["probes"], 16);
    assert_eq!(report["path"]["files"][2], "w.safetensors", "the path ends at the weights");
    assert!((number(&report, "/path/loss/2") / number(&report, "/loss") - 1.0).abs() < 1e-5, "{report}");
}
