//! The command line from outside: exit codes, one-line errors, files.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::{flatscape, is_one_line};

fn stdout(dir: &Path, args: &[&str]) -> String {
    let output = flatscape(dir).args(args).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn num_entries(dir: &Path) -> usize {
    std::fs::read_dir(dir).unwrap().count()
}

const VALIDATED: &str = "data.validation_size=50";

/// Arguments that are wrong, and what the message must name.
const BAD_INPUT: &[(&[&str], &[&str])] = &[
    (&["compare", "mons-mlp", "--out", "o"], &["experiment", "`mons-mlp`", "did you mean `moons-mlp`?", ".toml"]),
    (&["compare", "missing.toml", "--out", "o"], &["missing.toml", "No such file"]),
    (&["compare", "broken.toml", "--out", "o"], &["broken.toml", "line 2"]),
    (
        &["compare", "--optimizers", "sgd,nsso", "--out", "o"],
        &["`--optimizers`", "`nsso`", "`nso`", "sgd, wp, sam, usam, asam, rsam, bsam, nso"],
    ),
    (&["compare", "--optimizers", "sgd,sgd", "--out", "o"], &["`--optimizers`", "`sgd`", "twice", "once"]),
    (&["compare", "--optimizers", "", "--out", "o"], &["`--optimizers`", "expected", "sgd,sam,nso"]),
    (&["compare", "--optimizers", "sgd,,sam", "--out", "o"], &["`--optimizers`", "missing", "expected"]),
    (&["compare", "--seeds", "0", "--out", "o"], &["`--seeds`", "`0`", "expected a whole number from 1"]),
    (&["compare", "--seeds", "-1", "--out", "o"], &["`--seeds`", "`-1`", "expected a whole number"]),
    (&["compare", "--seeds", "two", "--out", "o"], &["`--seeds`", "`two`", "expected a whole number"]),
    (&["compare", "--jobs", "0", "--out", "o"], &["`--jobs`", "`0`", "expected a whole number from 1"]),
    (&["compare", "--jobs", "all", "--out", "o"], &["`--jobs`", "`all`", "expected a whole number from 1"]),
    (&["compare", "--budget", "0", "--out", "o"], &["`--budget`", "`0`", "expected a whole number from 1"]),
    (
        &["compare", "--set", "nso.k=4", "--budget", "7", "--out", "o"],
        &["`budget` is 7", "at least 8", "one step of NSO"],
    ),
    (&["compare", "--set", "nso.k=4", "--set", "budget=7", "--out", "o"], &["`budget` is 7", "at least 8"]),
    (&["compare", "--set", "budget=80", "--budget", "9", "--out", "o"], &["`--set budget=80`", "`--budget`"]),
    (
        &["compare", "--device", "gpuu", "--out", "o"],
        &["`--device`", "`gpuu`", "did you mean `gpu`?", "auto, gpu, cpu"],
    ),
    (&["compare", "--set", "nso.sgma=1", "--out", "o"], &["--set nso.sgma=1", "`sgma`", "did you mean `sigma`?"]),
    (&["compare", "--set", "nsso.sigma=1", "--out", "o"], &["--set nsso.sigma=1", "`nsso`", "did you mean `nso`?"]),
    (&["compare", "--set", "sgd.rho=1", "--out", "o"], &["--set sgd.rho=1", "`rho`", "SGD", "SAM"]),
    (&["compare", "--set", "nso.sigma=-1", "--out", "o"], &["--set nso.sigma=-1", "`sigma` is -1", "from 0 to 1"]),
    (&["compare", "--set", "nso.sigma=nan", "--out", "o"], &["--set nso.sigma=nan", "`sigma`", "expected"]),
    (&["compare", "--set", "nso.sigma=big", "--out", "o"], &["--set nso.sigma=big", "`big`", "expected a number"]),
    (&["compare", "--set", "look.resolution=4", "--out", "o"], &["look.resolution", "4", "odd"]),
    (&["compare", "--set", "data.train_siz=4", "--out", "o"], &["`data.train_siz`", "did you mean `train_size`?"]),
    (&["compare", "--set", "data.source=digit", "--out", "o"], &["data source", "`digit`", "did you mean `digits`?"]),
    (
        &["compare", "--set", "data.resize=16", "--out", "o"],
        &["`data.resize` is 16", "unless examples are images", "moons has the shape [2]"],
    ),
    (
        &["compare", "digits-mlp", "--set", "data.mean=0.1,0.2", "--out", "o"],
        &["`data.mean` has 2 numbers", "expected 1", "digits has one channel"],
    ),
    (
        &["compare", "digits-cnn", "--set", "data.resize=16", "--out", "o"],
        &["`model.input` is [1, 8, 8]", "the shape [1, 16, 16]", "`data.resize = 8` would fit"],
    ),
    (
        &["compare", "digits-mlp", "--set", "data.validation_size=1", "--out", "o"],
        &[
            "`data.train_size` 500, `data.test_size` 1297 and `data.validation_size` 1 ask for 1798",
            "the 1797 of digits",
        ],
    ),
    (
        &["compare", "digits-cnn", "--set", "data.source=glyphs", "--out", "o"],
        &["`model.input` is [1, 8, 8]", "[1, 16, 16] of one example of glyphs", "`data.resize = 8` would fit"],
    ),
    (&["compare", "--set", "sigma", "--out", "o"], &["--set sigma", "KEY=VALUE"]),
    (&["compare", "--tune", "nso.sigma=0.1", "--out", "o"], &["`--tune`", "`data.validation_size` is 0", "--set"]),
    (&["compare", "--set", VALIDATED, "--tune", "nsso.sigma=1", "--out", "o"], &["`nsso`", "did you mean `nso`?"]),
    (&["compare", "--set", VALIDATED, "--tune", "asam.rho=1", "--out", "o"], &["`asam` is not compared", "sgd, sam"]),
    (
        &["compare", "--set", VALIDATED, "--tune", "sgd.rho=1", "--out", "o"],
        &["--tune sgd.rho=1", "`rho`", "SGD", "SAM"],
    ),
    (&["compare", "--set", VALIDATED, "--tune", "nso.sigma=0.1,7", "--out", "o"], &["`sigma` is 7", "from 0 to 1"]),
    (&["compare", "--set", VALIDATED, "--tune", "nso.sigma", "--out", "o"], &["--tune nso.sigma", "KEY=V,V"]),
    (
        &["compare", "--set", VALIDATED, "--tune", "momentum=0,0.9", "--tune", "sam.momentum=0.5", "--out", "o"],
        &["`--tune sam.momentum=0.5`", "`momentum`", "given twice for sam"],
    ),
    (&["compare", "--table", "mid", "--out", "o"], &["`--table` is `mid`", "expected end, equal-loss or both"]),
    (&["compare", "--table", "equal-loss", "--quick", "--out", "o"], &["`--table equal-loss`", "no `--quick`"]),
    (&["compare", "--out", "file"], &["`--out`", "expected a folder", "file"]),
    (&["compare", "--out", "file/below"], &["`--out`", "file/below"]),
    (&["compare"], &["--out <DIR>", "not provided"]),
    (&["compare", "--outt", "o"], &["'--outt'", "'--out'"]),
    (&["compar"], &["'compar'", "'compare'"]),
    (&["experiments", "--jsn"], &["'--jsn'", "'--json'"]),
    (&["models", "resnt8"], &["unknown built-in model `resnt8`", "did you mean `resnet8`?", "gpt-mini"]),
    (&["models", "vit-tiny", "--heads", "5"], &["`--heads` is 5", "a divisor of the width 192"]),
    (&["models", "vit-tiny", "--width", "100"], &["`--width` is 100", "a multiple of 64", "`--heads`"]),
    (&["models", "resnet18", "--input", "3,16,16"], &["`--input` is 3,16,16", "at least 17", "5 times"]),
    (&["models", "resnet18", "--depth", "3"], &["`--depth` is 3", "`resnet18` takes --classes, --input, --width"]),
    (&["models", "gpt2", "--input", "3,32,32"], &["`--input` is 3,32,32", "a number of tokens"]),
    (&["models", "gpt2", "--classes", "-1"], &["`--classes` is -1", "expected a whole number from 1"]),
    (&["models", "gpt2", "--width", "1048576"], &["layer 1", "expected at most 268435456"]),
    (&["models", "--heads", "3"], &["<NAME>", "not provided"]),
    (&["models", "gpt2", "--json"], &["'--json'", "cannot be used with"]),
    (
        &["analyze", "resnt18", "--weights", "file", "--data", "file", "--out", "o"],
        &["cannot read the model", "`resnt18`", "did you mean `resnet18`?"],
    ),
    (
        &["analyze", "vit-tiny --heads 5", "--weights", "file", "--data", "file", "--out", "o"],
        &["in `vit-tiny --heads 5`", "`--heads` is 5", "a divisor of the width 192"],
    ),
];

#[test]
fn bad_input_is_one_line_and_leaves_nothing() {
    let mut failures = Vec::new();
    for (args, parts) in BAD_INPUT {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "mine").unwrap();
        std::fs::write(dir.path().join("broken.toml"), "name = \"x\"\nbudgett = 4\n").unwrap();
        let output = flatscape(dir.path()).args(*args).output().unwrap();
        if !is_one_line(&output, parts) || num_entries(dir.path()) != 2 {
            failures.push(format!("{args:?}: {output:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn results_of_an_earlier_comparison_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("curves.csv"), "mine").unwrap();
    let output = flatscape(dir.path()).args(["compare", "--out", "."]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("curves.csv") && stderr.contains("--force"), "{stderr}");
    assert_eq!(std::fs::read_to_string(dir.path().join("curves.csv")).unwrap(), "mine");
    assert_eq!(num_entries(dir.path()), 1);
}

#[test]
fn help_explains_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let help = stdout(dir.path(), &["--help"]);
    for part in ["compare", "experiments", "devices", "window", "Examples", "Exit codes"] {
        assert!(help.contains(part), "{part} is missing:\n{help}");
    }
    let help = stdout(dir.path(), &["compare", "--help"]);
    for part in
        ["--optimizers", "--seeds", "--budget", "--set", "--device", "--out", "--force", "Examples", "moons-mlp"]
            .into_iter()
            .chain(["--tune", "--table", "--weights", "Methods:", "asam  SAM in units of the weights"])
    {
        assert!(help.contains(part), "{part} is missing:\n{help}");
    }
    let version = stdout(dir.path(), &["--version"]);
    let (first, rest) = version.split_once('\n').unwrap();
    assert!(first.starts_with("flatscape 0.") && rest.contains("commit: ") && rest.contains("features: "), "{version}");
    assert_eq!(stdout(dir.path(), &["-V"]).trim_end(), first);
}

#[test]
fn experiments_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(dir.path(), &["experiments"]);
    let json: Value = serde_json::from_str(&stdout(dir.path(), &["experiments", "--json"])).unwrap();
    let names: Vec<&str> = json.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"moons-mlp") && names.contains(&"digits-mlp"), "{names:?}");
    for name in names {
        assert!(text.contains(name), "{name} is missing:\n{text}");
    }
    assert!(json[0]["budget"].is_u64() && json[0]["optimizers"][0].is_string(), "{json}");
}

#[test]
fn built_in_models_are_listed_and_printed() {
    let dir = tempfile::tempdir().unwrap();
    let text = stdout(dir.path(), &["models"]);
    let json: Value = serde_json::from_str(&stdout(dir.path(), &["models", "--json"])).unwrap();
    let all = json.as_array().unwrap();
    for model in all {
        assert!(text.contains(model["name"].as_str().unwrap()), "{model} is missing:\n{text}");
        assert!(model["title"].is_string() && model["outputs"].is_u64(), "{model}");
    }
    let of = |name: &str| all.iter().find(|model| model["name"] == name).unwrap();
    assert_eq!(of("resnet18")["parameters"], 11_689_512);
    assert_eq!(of("resnet18")["input"], serde_json::json!([3, 224, 224]));
    assert_eq!(of("gpt2")["input"], serde_json::json!({"tokens": 1024, "vocabulary": 50257}));
    assert_eq!(of("clip-mini")["input"]["image"], serde_json::json!([3, 32, 32]));
    assert!(text.contains("11 689 512") && text.contains("1024 tokens of 50257"), "{text}");
    let file = stdout(dir.path(), &["models", "resnet18", "--classes", "10", "--input", "1,64,64"]);
    for part in [
        "# Printed by `flatscape models resnet18 --classes 10 --input 1,64,64`.",
        "input = [1, 64, 64]",
        "\"linear 10\",",
        "[names]",
        "\"8.6.weight\" = \"layer2.0.downsample.0.weight\"",
        "\"1.running_mean\" = \"bn1.running_mean\"",
    ] {
        assert!(file.contains(part), "{part} is missing:\n{file}");
    }
    let clip = stdout(dir.path(), &["models", "clip-mini"]);
    assert!(clip.contains("[towers.text]") && clip.contains("\"image.12.weight\" = \"visual.proj ᵀ\""), "{clip}");
}

#[test]
fn the_cpu_is_taken_by_itself_and_at_most_one_gpu_where_it_is_faster() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!stdout(dir.path(), &["devices"]).is_empty());
    let json: Value = serde_json::from_str(&stdout(dir.path(), &["devices", "--json"])).unwrap();
    let devices = json.as_array().unwrap();
    for device in devices {
        for key in ["name", "kind", "backend", "reason"] {
            assert!(device[key].is_string(), "{key} is missing: {device}");
        }
    }
    let taken: Vec<&str> = devices
        .iter()
        .filter(|device| device["taken_by_auto"] == true)
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    let has_hardware = devices.iter().any(|device| device["kind"] == "hardware GPU");
    // Both may be: the network decides.
    assert_eq!(taken, if has_hardware { vec!["hardware GPU", "CPU"] } else { vec!["CPU"] }, "{json}");
    let help = stdout(dir.path(), &["compare", "--help"]);
    assert!(help.contains("auto times a step and a slice"), "{help}");
}

const SMALL: &[&str] = &[
    "compare",
    "--device",
    "cpu",
    "--set",
    "data.train_size=40",
    "--set",
    "data.test_size=40",
    "--set",
    "look.resolution=5",
    "--set",
    "look.trace_probes=4",
    "--set",
    "look.lanczos_steps=4",
    "--set",
    "nso.k=4",
    "--budget",
    "24",
];

fn check_run(run: &Value) {
    for key in ["seed", "steps", "gradient_evaluations"] {
        assert!(run[key].is_u64(), "{key}: {run}");
    }
    for key in
        ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "lambda_max", "lambda_min", "wall_seconds"]
    {
        assert!(run[key].is_f64(), "{key}: {run}");
    }
    assert!(run["trace"]["mean"].is_f64() && run["trace"]["stderr"].is_f64(), "{run}");
    assert!(run["trace"]["probes"].as_u64() >= Some(4), "{run}");
    assert_eq!(run["gradient_evaluations"], 24, "every run spends the same");
}

#[test]
fn a_small_comparison_writes_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let table = stdout(dir.path(), &[SMALL, &["--seeds", "2", "--out", "deep/out"]].concat());
    for part in [
        "SGD",
        "SAM",
        "NSO",
        "±",
        "λmax",
        "2 seeds",
        "compare it at equal training loss",
        "last fell through the train loss",
    ] {
        assert!(table.contains(part), "{part} is missing:\n{table}");
    }
    let out = dir.path().join("deep/out");
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["experiment"], "moons-mlp");
    assert!(summary["device"].is_string());
    let runs = summary["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 6);
    runs.iter().for_each(check_run);
    let of = |optimizer: &str| runs.iter().find(|run| run["optimizer"] == optimizer).unwrap()["steps"].clone();
    assert_eq!((of("sgd"), of("sam"), of("nso")), (24.into(), 12.into(), 3.into()));

    let curves = std::fs::read_to_string(out.join("curves.csv")).unwrap();
    assert!(curves.starts_with("optimizer,seed,step,gradient_evaluations,train_loss,"), "{curves}");
    assert!(std::fs::read(out.join("landscape.png")).unwrap().starts_with(b"\x89PNG"));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("At equal training loss") && page.contains("data:image/png;base64,"), "{page}");
    let equal = &summary["equal_loss"];
    assert!(equal["at_loss"].is_f64(), "{equal}");
    for run in equal["runs"].as_array().unwrap() {
        assert!(run["trace"].is_f64() && run["test_accuracy"].is_f64() && run["seed"].is_u64(), "{run}");
    }
    assert_eq!(equal["methods"][0]["optimizer"], "sgd");
    assert_eq!(num_entries(&out), 5, "four files and the session: no temporary file stays");
}

#[test]
fn force_replaces_results_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("summary.json"), "old").unwrap();
    std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    let table = stdout(dir.path(), &[SMALL, &["--optimizers", "sgd", "--out", ".", "--force"]].concat());
    assert!(table.contains("1 seed,") && !table.contains("SAM"), "{table}");
    assert!(std::fs::read_to_string(dir.path().join("summary.json")).unwrap().contains("\"sgd\""));
    assert_eq!(std::fs::read_to_string(dir.path().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn an_experiment_may_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let text = include_str!("../../assets/experiments/moons-mlp.toml").replace("moons-mlp", "my-moons");
    std::fs::write(dir.path().join("mine.toml"), text).unwrap();
    let mut args = SMALL.to_vec();
    args.insert(1, "mine.toml");
    stdout(dir.path(), &[&args[..], &["--optimizers", "sgd", "--out", "out"]].concat());
    assert!(std::fs::read_to_string(dir.path().join("out/summary.json")).unwrap().contains("\"my-moons\""));
}

#[test]
fn without_a_display_it_compares_in_a_new_folder() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("flatscape-out")).unwrap();
    // The default experiment takes its time: the first line and the folder are enough.
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flatscape"))
        .current_dir(dir.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for part in ["no display", "DISPLAY", "flatscape compare moons-mlp", "flatscape-out-2"] {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
    assert!(dir.path().join("flatscape-out-2").is_dir());
    assert_eq!(num_entries(&dir.path().join("flatscape-out")), 0, "what was there is not touched");
}

#[test]
fn a_run_that_diverges_is_told() {
    let dir = tempfile::tempdir().unwrap();
    // Weights grow a thousandfold a step until they leave the range of a float.
    let wild = ["--set", "sgd.learning_rate=100", "--set", "sgd.weight_decay=10"];
    let args = [SMALL, &["--optimizers", "sgd", "--out", "out"], &wild].concat();
    let table = stdout(dir.path(), &args);
    assert!(table.contains("diverged at step"), "{table}");
    let summary: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.path().join("out/summary.json")).unwrap()).unwrap();
    assert!(summary["runs"][0]["diverged_at"].is_u64(), "{summary}");
}
