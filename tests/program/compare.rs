//! `flatscape compare`: which weights of a run count, its average, its files of weights, its tables, methods that the
//! experiment does not list, and how many runs go at once.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::flatscape;

const SMALL: &str = "compare --device cpu --set data.train_size=40 --set data.test_size=40 --set look.resolution=3 --set \
    look.trace_probes=4 --set look.lanczos_steps=4 --set look.eval_every=4 --budget 48";

/// What a comparison printed and wrote.
struct Compared {
    table: String,
    stderr: String,
    summary: Value,
    /// The rows of `curves.csv` by the names of its columns.
    curves: Vec<BTreeMap<String, String>>,
}

impl Compared {
    /// The rows of the first run of a method.
    fn rows(&self, optimizer: &str) -> Vec<&BTreeMap<String, String>> {
        self.curves.iter().filter(|row| row["optimizer"] == optimizer && row["seed"] == "0").collect()
    }
}

/// A comparison with further arguments; the last is its folder.
fn compare(dir: &Path, more: &str) -> Compared {
    let output = flatscape(dir).args(SMALL.split_whitespace()).args(more.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{more}: {stderr}");
    let out = dir.join(more.split_whitespace().last().unwrap());
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let curves = csv::Reader::from_reader(read("curves.csv").as_bytes()).deserialize().map(Result::unwrap).collect();
    let (table, summary) = (String::from_utf8(output.stdout).unwrap(), read("summary.json"));
    Compared { table, stderr, summary: serde_json::from_str(&summary).unwrap(), curves }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Whether two numbers are the same but for the last digit, which reading JSON may change.
fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs()
}

/// With so large a rate the validation loss goes up and down.
const KEPT: &str =
    "--optimizers sgd --set sgd.learning_rate=1 --set data.validation_size=40 --set keep=best-validation";

#[test]
fn figures_are_those_of_the_best_evaluation_on_validation() {
    let dir = tempfile::tempdir().unwrap();
    let kept = compare(dir.path(), &format!("{KEPT} --curvature end --out o"));
    let rows = kept.rows("sgd");
    let least = rows.iter().map(|row| number(&row["validation_loss"])).fold(f64::INFINITY, f64::min);
    let best = rows.iter().find(|row| number(&row["validation_loss"]) == least).unwrap();
    let run = &kept.summary["runs"][0];
    assert_eq!(run["kept_step"].to_string(), best["step"], "{run}");
    for key in ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "validation_loss", "lambda_max"] {
        assert!(is_same(run[key].as_f64().unwrap(), number(&best[key])), "{key}: {run} {best:?}");
    }
    assert!(is_same(run["trace"]["mean"].as_f64().unwrap(), number(&best["trace"])), "{run} {best:?}");
    let measured: Vec<&str> =
        rows.iter().filter(|row| !row["trace"].is_empty()).map(|row| row["step"].as_str()).collect();
    assert_eq!(measured, [best["step"].as_str()], "curvature at the end is that of the same weights");
    assert_eq!((&run["steps"], &run["gradient_evaluations"]), (&48.into(), &48.into()), "the run went on to its end");
    let note = format!("SGD is read at step {}, its best on validation.", best["step"]);
    assert!(kept.table.contains(&note), "{}", kept.table);

    let last = compare(dir.path(), &KEPT.replace("best-validation", "last --quick --out p"));
    let run = &last.summary["runs"][0];
    let end = last.rows("sgd").pop().unwrap();
    assert!(run.get("kept_step").is_none(), "{run}");
    assert!(is_same(run["train_loss"].as_f64().unwrap(), number(&end["train_loss"])), "{run} {end:?}");
}

#[test]
fn weights_are_written_and_can_be_started_from() {
    let dir = tempfile::tempdir().unwrap();
    let files = |out: &str| {
        let entries = std::fs::read_dir(dir.path().join(out).join("weights")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let kept = compare(dir.path(), &format!("{KEPT} --quick --weights --seeds 2 --set seed=3 --out o"));
    assert_eq!(files("o"), ["sgd-3.safetensors", "sgd-4.safetensors"]);
    assert!(kept.table.contains("weights (2 files)"), "{}", kept.table);
    let begin = |weights: &str, more: &str| {
        let start = format!("--set start.weights={weights} --optimizers sgd --quick {more}");
        let begun = compare(dir.path(), &start);
        number(&begun.rows("sgd")[0]["train_loss"])
    };
    let expected = kept.summary["runs"][0]["train_loss"].as_f64().unwrap();
    // The same examples, which a split without validation need not have.
    let same = "--set data.validation_size=40 --out p";
    assert!(is_same(begin("o/weights/sgd-3.safetensors", same), expected), "the weights that were kept: {expected}");

    let averaged = compare(
        dir.path(),
        "--optimizers sgd,sam --set sgd.average=ema --set sgd.average_beta=0.9 --quick --weights --out q",
    );
    assert_eq!(files("q"), ["sam-0.safetensors", "sgd-0-average.safetensors", "sgd-0.safetensors"]);
    let average = &averaged.summary["runs"][0]["average"];
    let found = begin("q/weights/sgd-0-average.safetensors", "--out r");
    assert!(is_same(found, average["train_loss"].as_f64().unwrap()), "{found} {average}");

    let again =
        flatscape(dir.path()).args(SMALL.split(' ')).args("--quick --weights --out q".split(' ')).output().unwrap();
    let stderr = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.code() == Some(2) && stderr.contains("weights/sgd-0.safetensors"), "{stderr}");
}

#[test]
fn an_average_has_figures_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let more = "--optimizers sgd,sam --set sgd.average=ema --set sgd.average_beta=0.9 --set data.validation_size=40";
    let compared = compare(dir.path(), &format!("{more} --quick --out o"));
    let (sgd, sam) = (&compared.summary["runs"][0], &compared.summary["runs"][1]);
    assert_eq!(sgd["average"]["kind"], "ema", "{sgd}");
    assert!(sgd["average"]["averaged"].as_u64() > Some(0) && sam.get("average").is_none(), "{sgd} {sam}");
    let end = compared.rows("sgd").pop().unwrap();
    for key in ["train_loss", "test_loss", "train_accuracy", "test_accuracy", "validation_loss"] {
        let cell = number(&end[&format!("average_{key}")]);
        assert!(is_same(sgd["average"][key].as_f64().unwrap(), cell), "{key}: {sgd} {end:?}");
    }
    assert_ne!(sgd["average"]["train_loss"], sgd["train_loss"]);
    assert!(compared.rows("sam").iter().all(|row| row["average_train_loss"].is_empty()));
    let line = compared.table.lines().find(|line| line.starts_with("SGD, ema average ")).unwrap();
    assert_eq!(line.split_whitespace().count(), 6, "a name of three words and three figures: {line}");
    assert!(!compared.table.contains("SAM, "), "{}", compared.table);
}

#[test]
fn either_table_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let table =
        |which: &str| compare(dir.path(), &format!("--optimizers sgd,sam --table {which} --force --out o")).table;
    let (end, equal, both) = (table("end"), table("equal-loss"), table("both"));
    let has = |text: &str| [text.contains("gradient evaluations  seconds"), text.contains("Where each run last fell")];
    assert_eq!(
        [has(&end), has(&equal), has(&both)],
        [[true, false], [false, true], [true, true]],
        "{end}{equal}{both}"
    );
    let alone = compare(dir.path(), "--optimizers sgd --table equal-loss --out p").table;
    assert!(alone.contains("There is no table at equal training loss"), "{alone}");
}

#[test]
fn a_method_that_the_experiment_does_not_list_can_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let text = include_str!("../../assets/experiments/moons-mlp.toml");
    let (head, _) = text.split_once("[optimizers.").unwrap();
    std::fs::write(dir.path().join("sgd.toml"), format!("{head}[optimizers.sgd]\n")).unwrap();
    let names = |compared: &Compared| {
        let runs = compared.summary["runs"].as_array().unwrap().clone();
        runs.iter().map(|run| run["optimizer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The common knobs of the experiment count, and beside them what is set for the method.
    let plain = compare(dir.path(), "sgd.toml --optimizers asam,wp --quick --out o");
    assert_eq!(names(&plain), ["asam", "wp"]);
    assert_eq!(plain.rows("asam")[1]["learning_rate"], "0.02", "that of [train]");
    let set = compare(dir.path(), "sgd.toml --optimizers asam --set asam.rho=0 --quick --out p");
    assert_ne!(
        set.summary["runs"][0]["train_loss"], plain.summary["runs"][0]["train_loss"],
        "its ρ is not 0 by itself"
    );
    // A setting of a method does not bring it in.
    let without = compare(dir.path(), "sgd.toml --set asam.rho=0.3 --quick --out q");
    assert_eq!(names(&without), ["sgd"]);
    assert!(
        without.stderr.contains("`--set asam.rho=0.3` changes nothing: ASAM is not compared"),
        "{}",
        without.stderr
    );
}

#[test]
fn the_files_are_the_same_however_many_runs_go_at_once_and_on_however_many_cores() {
    let dir = tempfile::tempdir().unwrap();
    let more =
        "--seeds 2 --tune sam.rho=0.05,0.2 --set data.validation_size=40 --set sgd.average=ema --weights --curvature 2";
    let names = ["curves.csv", "tuning.csv", "weights/nso-1.safetensors", "weights/sgd-0-average.safetensors"];
    // What was written, with the parts of the summary that tell of times alone taken out of it.
    let files = |jobs: usize, cores: usize| {
        let out = format!("{jobs}-{cores}");
        let output = flatscape(dir.path())
            .env("RAYON_NUM_THREADS", cores.to_string())
            .args(SMALL.split_whitespace().chain(more.split_whitespace()))
            .args(["--jobs", &jobs.to_string(), "--out", &out])
            .output()
            .unwrap();
        let [table, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{stderr}");
        let out = dir.path().join(out);
        let mut summary: Value =
            serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
        let told = summary.as_object_mut().unwrap().remove("runs_at_once");
        assert_eq!(told, (jobs > 1).then(|| jobs.into()));
        let words = format!("{jobs} runs at once, each on 1 core");
        assert_eq!([&stderr, &table].map(|text| text.contains(&words)), [jobs > 1; 2], "{stderr}{table}");
        summary["device"] = Value::Null;
        for run in summary["runs"].as_array_mut().unwrap() {
            assert!(run["wall_seconds"].take().as_f64() > Some(0.0));
        }
        let tries: Vec<String> = stderr.lines().filter(|line| line.starts_with("sam")).map(str::to_owned).collect();
        let read = |name: &str| std::fs::read(out.join(name)).unwrap();
        (summary, tries, names.map(read), read("landscape.png"))
    };
    let (expected, on_two) = (files(1, 1), files(1, 2));
    assert_eq!(expected.1.len(), 3, "two tries, and the one that is picked");
    for (jobs, cores, found) in [(1, 2, on_two.clone()), (2, 2, files(2, 2)), (5, 2, files(5, 2)), (3, 3, files(3, 3))]
    {
        assert_eq!((&found.0, &found.1), (&expected.0, &expected.1), "{jobs} at once on {cores} cores");
        for (name, (one, other)) in names.iter().zip(found.2.iter().zip(&expected.2)) {
            assert!(one == other, "{name}: {jobs} at once on {cores} cores");
        }
        // The sheet names the processor with its cores.
        assert!(cores != 2 || found.3 == on_two.3, "the slices: {jobs} at once");
    }
}

#[test]
fn no_more_runs_go_at_once_than_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let compared = compare(dir.path(), "--optimizers sgd,sam --quick --jobs 9 --out o");
    assert_eq!(compared.summary["runs_at_once"], 2);
    let alone = compare(dir.path(), "--optimizers sgd --quick --jobs 9 --out p");
    assert!(alone.summary.get("runs_at_once").is_none() && !alone.table.contains("at once"), "{}", alone.table);
}
