//! `flatscape compare --tune`: what is tried, what is picked, and what is told of it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use serde_json::Value;

use crate::flatscape;

const SMALL: &str = "compare --device cpu --quick --set data.train_size=40 --set data.test_size=40 --set \
    data.validation_size=40 --set look.resolution=3 --budget 48";

/// A comparison with further arguments: its table, its summary and its stderr.
fn compare(dir: &Path, more: &str) -> (String, Value, String) {
    let output = flatscape(dir).args(SMALL.split_whitespace()).args(more.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{more}: {stderr}");
    let out = more.split_whitespace().last().unwrap();
    let summary = serde_json::from_str(&std::fs::read_to_string(dir.join(out).join("summary.json")).unwrap()).unwrap();
    (String::from_utf8(output.stdout).unwrap(), summary, stderr)
}

/// The tries of a method, with the place of the one that was picked.
fn tries(summary: &Value, optimizer: &str) -> (Vec<Value>, Option<usize>) {
    let all = summary["tuning"].as_array().unwrap().iter();
    let own: Vec<Value> = all.filter(|one| one["optimizer"] == optimizer).cloned().collect();
    assert!(own.iter().filter(|one| one["picked"] == true).count() <= 1, "{own:?}");
    let picked = own.iter().position(|one| one["picked"] == true);
    (own, picked)
}

#[test]
fn the_values_that_do_best_on_validation_data_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let more = "--optimizers sgd,nso --tune sgd.learning_rate=0.001,0.1 --tune nso.sigma=0.01,0.3 --tune nso.k=1,2";
    let (table, tuned, stderr) = compare(dir.path(), &format!("{more} --seeds 2 --out o"));
    let lines: Vec<&str> = stderr.lines().collect();
    let place = |part: &str| {
        lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} is missing: {stderr}"))
    };
    let order = [
        "tries: sgd 2, nso 4; nso is tried more often than others",
        "about ",
        "sgd, try 1 of 2: learning_rate 0.001: validation loss ",
        "sgd, try 2 of 2: learning_rate 0.1: validation loss ",
        "sgd: picked learning_rate 0.",
        "nso, try 3 of 4: sigma 0.3, k 1: validation loss ",
        "nso: picked sigma 0.",
    ];
    assert!(order.map(place).is_sorted(), "{stderr}");

    let mut settings = String::new();
    for (optimizer, count) in [("sgd", 2), ("nso", 4)] {
        let (own, picked) = tries(&tuned, optimizer);
        assert_eq!(own.len(), count);
        assert!(own.iter().all(|one| one["gradient_evaluations"] == 48), "{own:?}");
        let loss = |one: &Value| one["validation_loss"].as_f64().unwrap();
        let least = own.iter().map(loss).fold(f64::INFINITY, f64::min);
        let first = own.iter().position(|one| loss(one) == least);
        assert_eq!(picked, first, "the first with the least validation loss: {own:?}");
        let picked = &own[picked.unwrap()];
        let runs: Vec<&Value> =
            tuned["runs"].as_array().unwrap().iter().filter(|run| run["optimizer"] == optimizer).collect();
        // The same initial weights, order of the data and noise: the try was the first run.
        for key in ["validation_loss", "validation_accuracy"] {
            assert_eq!(runs[0][key], picked[key], "{key}");
        }
        assert!(runs.iter().all(|run| run["tuning_gradient_evaluations"] == 48 * count as u64), "{runs:?}");
        for (key, value) in picked["values"].as_object().unwrap() {
            settings += &format!("--set {optimizer}.{key}={value} ");
        }
    }
    assert!(table.contains("2 tries on validation data took 96 gradient evaluations, beside 48 of a run"), "{table}");

    // The values that were picked are those of all seeds, and nothing else has changed.
    let (_, plain, _) = compare(dir.path(), &format!("--optimizers sgd,nso {settings} --seeds 2 --out p"));
    let figures = |summary: &Value| {
        let runs = summary["runs"].as_array().unwrap().clone();
        let keys = ["optimizer", "seed", "steps", "train_loss", "test_loss", "test_accuracy", "validation_loss"];
        runs.iter().map(|run| keys.map(|key| run[key].clone())).collect::<Vec<_>>()
    };
    assert_eq!(figures(&tuned), figures(&plain));
    assert!(plain.get("tuning").is_none() && !dir.path().join("p/tuning.csv").exists());
    check_files(&dir.path().join("o"));
}

/// Whether the table of tries and the page are there.
fn check_files(out: &Path) {
    let text = std::fs::read_to_string(out.join("tuning.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..5], ["optimizer", "try", "learning_rate", "sigma", "k"]);
    assert_eq!(reader.records().count(), 6);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("<h2>Tuning</h2>") && page.contains("nso is tried more often than others"), "{page}");
}

#[test]
fn a_try_that_diverges_loses() {
    let dir = tempfile::tempdir().unwrap();
    let wild = "--optimizers sgd --set sgd.weight_decay=10 --tune sgd.learning_rate=";
    let (_, summary, stderr) = compare(dir.path(), &format!("{wild}100,0.01 --out o"));
    let (own, picked) = tries(&summary, "sgd");
    assert_eq!(picked, Some(1), "{own:?}");
    assert!(own[0]["validation_loss"].is_null() && own[0]["diverged_at"].is_u64(), "{own:?}");
    assert!(stderr.contains("sgd, try 1 of 2: learning_rate 100: diverged at step "), "{stderr}");
    let (table, summary, stderr) = compare(dir.path(), &format!("{wild}100,90 --out p"));
    assert_eq!(tries(&summary, "sgd").1, None);
    assert!(stderr.contains("sgd: no try has a validation loss, so it keeps its own values"), "{stderr}");
    assert!(table.contains("SGD has its own values, because every try diverged"), "{table}");
    assert!(summary["runs"][0].get("diverged_at").is_none(), "the experiment's own rate: {summary}");
}

#[test]
fn where_the_best_on_validation_is_kept_a_try_is_judged_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let more = "--optimizers sgd --set keep=best-validation --set look.eval_every=4 --tune sgd.learning_rate=0.3,0.02";
    let (_, summary, _) = compare(dir.path(), &format!("{more} --out o"));
    let (own, picked) = tries(&summary, "sgd");
    assert_eq!(own[picked.unwrap()]["validation_loss"], summary["runs"][0]["validation_loss"], "{summary}");
}

#[test]
fn methods_without_values_are_told_and_equal_tries_are_not_lamented() {
    let dir = tempfile::tempdir().unwrap();
    let (_, _, stderr) = compare(dir.path(), "--optimizers sgd,sam --tune sam.rho=0.1,0.2 --out o");
    assert!(stderr.lines().any(|line| line == "tries: sgd none, sam 2; sgd is not tuned"), "{stderr}");
    let (_, summary, stderr) = compare(dir.path(), "--optimizers sgd,sam --tune learning_rate=0.1,0.2 --out p");
    assert!(stderr.lines().any(|line| line == "tries: sgd 2, sam 2"), "{stderr}");
    assert_eq!(tries(&summary, "sam").0[1]["values"], serde_json::json!({"learning_rate": 0.2}));
}
