//! `flatscape plan`, `work` and `gather`: the files are those of `compare`, a unit that is missing is named, one that is half
//! written is done again, and two workers on one unit do no harm.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::{flatscape, is_one_line};

const SMALL: &str = "--device cpu --set data.train_size=40 --set data.test_size=40 --set look.resolution=3 --set \
    look.trace_probes=4 --set look.lanczos_steps=4 --set look.eval_every=4 --budget 24 --curvature 2";

fn run(dir: &Path, words: &str, set: &[(&str, &str)]) -> Output {
    let mut command = flatscape(dir);
    for counter in ["HQ_TASK_ID", "PARALLEL_SEQ", "SLURM_ARRAY_TASK_ID", "OMPI_COMM_WORLD_RANK", "PMI_RANK"] {
        command.env_remove(counter);
    }
    command.args(words.split_whitespace()).envs(set.iter().copied()).output().unwrap()
}

fn done(dir: &Path, words: &str) -> String {
    let output = run(dir, words, &[]);
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The results of units, sorted.
fn results(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir.join("s/units")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What is in a file, without seconds: those of `summary.json`, and of the tables of `report.html`.
fn timeless(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    if !["summary.json", "report.html"].contains(&name) {
        return bytes;
    }
    let text = String::from_utf8(bytes).unwrap();
    // The last cell of a row of figures has the seconds.
    let is_timed = |line: &&str| line.contains("\"wall_seconds\"") || line.contains("<tr><th scope=\"row\">");
    // How it was made is told as it was typed.
    let told = text.lines().filter(|line| !line.starts_with("<pre id=\"command-0\""));
    let (timed, rest): (Vec<&str>, Vec<&str>) = told.partition(is_timed);
    let cut = |line: &str| line.rsplit_once("<td").map_or_else(String::new, |(row, _)| row.to_owned());
    let timed: Vec<String> = timed.into_iter().map(cut).collect();
    (rest.join("\n") + &timed.join("\n")).into_bytes()
}

fn assert_same_files(a: &Path, b: &Path, names: &[&str]) {
    for name in names {
        assert!(
            timeless(&a.join(name)) == timeless(&b.join(name)),
            "{name} differs in {} and {}",
            a.display(),
            b.display()
        );
    }
}

#[test]
fn what_is_gathered_is_what_one_process_writes() {
    let dir = tempfile::tempdir().unwrap();
    let what = format!("moons-mlp --optimizers sgd,nso --seeds 2 --weights {SMALL}");
    done(dir.path(), &format!("compare {what} --jobs 1 --out c"));
    let planned = done(dir.path(), &format!("plan {what} --out s"));
    for line in
        ["Planned 4 units", "hq submit --array 0-3 ", "sbatch ", "seq 0 3 | parallel ", "mpirun -n 4 ", "gather "]
    {
        assert!(planned.contains(line), "{line}: {planned}");
    }
    // In another order than that of the plan, by every way to be told a number.
    for (name, number) in [("SLURM_ARRAY_TASK_ID", "3"), ("HQ_TASK_ID", "0"), ("PARALLEL_SEQ", "3")] {
        let output = run(dir.path(), "work s", &[(name, number)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let missing = run(dir.path(), "gather s", &[]);
    let stderr = String::from_utf8_lossy(&missing.stderr);
    assert_eq!((missing.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("1 of 4 units have no result, 1 (SGD, seed 1)"), "{stderr}");
    assert!(stderr.contains("work s --unit 1"), "{stderr}");

    done(dir.path(), "work s --unit 1");
    let table = done(dir.path(), "gather s");
    assert!(table.contains("moons-mlp on CPU") && table.contains("weights (4 files)"), "{table}");
    let names = ["summary.json", "curves.csv", "landscape.png", "report.html", "weights/nso-1.safetensors"];
    assert_same_files(&dir.path().join("c"), &dir.path().join("s"), &names);
    assert_session(dir.path(), &names);
    let again = run(dir.path(), "gather s", &[]);
    assert!(is_one_line(&again, &["summary.json", "--force"]), "{}", String::from_utf8_lossy(&again.stderr));
    done(dir.path(), "gather s --force");
    assert!(done(dir.path(), "gather s --out other").contains("other"));
}

/// The session of what was gathered has the rows of that of a comparison, and the commands that read one take it.
fn assert_session(dir: &Path, names: &[&str]) {
    let shown = done(dir, "show s");
    assert!(shown.contains("Written by `gather`") && shown.contains("The comparison has ended: 4 runs."), "{shown}");
    assert!(done(dir, "export s --out exported").contains("Wrote summary.json"));
    assert_same_files(&dir.join("s"), &dir.join("exported"), names);
    for sql in [
        "SELECT * FROM runs ORDER BY run",
        "SELECT * FROM evals ORDER BY run, step",
        "SELECT * FROM traces ORDER BY run, step",
        "SELECT * FROM eigens WHERE step = (SELECT max(step) FROM evals WHERE evals.run = eigens.run) ORDER BY run",
        "SELECT run, step, num_x, center_loss, range, objective, directions, kind, sha256 FROM slices JOIN blobs USING (blob)
            ORDER BY run",
        "SELECT optimizer, seed, steps, train_loss, test_accuracy, trace, lambda_max, sha256 FROM results
            JOIN blobs ON blob = weights ORDER BY optimizer, seed",
        "SELECT text FROM texts WHERE key = 'comparison settings'",
        "SELECT * FROM experiment",
    ] {
        let [compared, gathered] = ["c", "s"].map(|folder| rows(&dir.join(folder), sql));
        assert_eq!(compared, gathered, "{sql}");
        assert!(!compared.is_empty(), "{sql}");
    }
    let replayed = done(dir, "replay s");
    assert!(replayed.starts_with("Agrees to the last bit: 4 runs, "), "{replayed}");
    let ended =
        run(dir, &format!("compare moons-mlp --optimizers sgd,nso --seeds 2 --weights {SMALL} --resume --out s"), &[]);
    assert!(is_one_line(&ended, &["`--resume`", "has ended"]), "{ended:?}");
}

/// Rows of the session in a folder, as text.
fn rows(folder: &Path, sql: &str) -> Vec<String> {
    let session = rusqlite::Connection::open(folder.join("session.flatscape")).unwrap();
    let mut query = session.prepare(sql).unwrap();
    let columns = query.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        (0..columns).map(|column| Ok(format!("{:?}", row.get::<_, rusqlite::types::Value>(column)?))).collect()
    };
    query.query_map([], row).unwrap().collect::<Result<Vec<String>, _>>().unwrap()
}

#[test]
fn a_grid_has_a_comparison_at_each_point_and_trains_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let what = format!("moons-mlp --optimizers sgd,nso {SMALL}");
    let planned = done(dir.path(), &format!("plan {what} --grid nso.sigma=0.02,0.2 --out s"));
    assert!(planned.contains("Planned 3 units"), "SGD knows nothing of σ: {planned}");
    done(dir.path(), "work s --all");
    let table = done(dir.path(), "gather s");
    assert!(table.contains("nso.sigma=0.02  NSO") && table.contains("nso.sigma=0.2  SGD"), "{table}");
    for sigma in ["0.02", "0.2"] {
        done(dir.path(), &format!("compare {what} --set nso.sigma={sigma} --jobs 1 --out c{sigma}"));
        let (alone, point) = (dir.path().join(format!("c{sigma}")), dir.path().join(format!("s/nso.sigma={sigma}")));
        assert_same_files(&alone, &point, &["summary.json", "curves.csv", "landscape.png", "report.html"]);
        let sql = "SELECT * FROM evals ORDER BY run, step";
        assert_eq!(rows(&alone, sql), rows(&point, sql));
    }
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_path(dir.path().join("s/sweep.csv")).unwrap().records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), ["0.02", "0.02", "0.2", "0.2"]);
    // A plan that has more keeps what is done.
    let more = done(dir.path(), &format!("plan {what} --grid nso.sigma=0.02,0.2,0.4 --force --out s"));
    assert!(more.contains("Planned 4 units"), "{more}");
    let worked = done(dir.path(), "work s --unit 0-3");
    assert_eq!(worked.matches("has a result").count(), 3, "{worked}");
    assert_eq!(worked.matches("done in").count(), 1, "{worked}");
}

#[test]
fn what_is_cut_or_another_version_s_is_found() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &format!("plan moons-mlp --optimizers sgd --seeds 2 {SMALL} --out s"));
    done(dir.path(), "work s --all");
    let file = results(dir.path()).remove(0);
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let stderr = String::from_utf8(run(dir.path(), "gather s", &[]).stderr).unwrap();
    assert!(stderr.contains("1 of 2 units have no result"), "{stderr}");
    let worked = done(dir.path(), "work s --all");
    assert!(worked.contains("done in") && worked.contains("All 2 units have results"), "{worked}");

    let other = std::fs::read_to_string(&file).unwrap().replace("version = \"0", "version = \"10");
    std::fs::write(&file, other).unwrap();
    let refused = run(dir.path(), "gather s", &[]);
    assert!(is_one_line(&refused, &["different versions", "--mixed"]), "{}", String::from_utf8_lossy(&refused.stderr));
    done(dir.path(), "gather s --mixed");
    let summary: Value = serde_json::from_slice(&std::fs::read(dir.path().join("s/summary.json")).unwrap()).unwrap();
    assert!(summary["device"].as_str().unwrap().starts_with("mixed: CPU"), "{summary}");
    assert!(done(dir.path(), "work s --unit 0,1 --force").matches("done in").count() == 2);
    done(dir.path(), "gather s --force");
}

#[test]
fn two_workers_on_one_unit_leave_one_result() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &format!("plan moons-mlp --optimizers sgd --seeds 3 {SMALL} --out s"));
    let start = |args: &[&str]| {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("flatscape"));
        command.current_dir(dir.path()).args(args).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [0, 1].map(|_| start(&["work", "s", "--unit", "0"]));
    for worker in both {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(results(dir.path()).len(), 1, "and nothing lies beside it");
    // Those that choose by themselves share the rest.
    let all = [0, 1].map(|_| start(&["work", "s", "--all"]));
    let told = all.map(|worker| String::from_utf8(worker.wait_with_output().unwrap().stdout).unwrap());
    assert_eq!(told.iter().map(|text| text.matches("done in").count()).sum::<usize>(), 2, "{told:?}");
    assert_eq!(results(dir.path()).len(), 3);
    assert_eq!(std::fs::read_dir(dir.path().join("s/claims")).unwrap().count(), 0);
    done(dir.path(), "gather s");
}

#[test]
fn whoever_watches_sees_what_lands_and_has_it_gathered() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &format!("plan moons-mlp --optimizers sgd --seeds 2 {SMALL} --out s"));
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("flatscape"));
    command.current_dir(dir.path()).args(["gather", "s", "--watch"]);
    let mut watching = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(watching.stderr.take().unwrap());
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();
    assert_eq!(told, "0 of 2 units done\n");
    done(dir.path(), "work s --all");
    stderr.read_to_string(&mut told).unwrap();
    for unit in ["Unit 0 of 2, SGD, seed 0: done", "Unit 1 of 2, SGD, seed 1: done"] {
        assert_eq!(told.lines().filter(|line| *line == unit).count(), 1, "{told}");
    }
    let output = watching.wait_with_output().unwrap();
    assert!(output.status.success(), "{told}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("moons-mlp on CPU"));
    // What is in the way is told before anybody waits, and what is all there is gathered at once.
    let refused = run(dir.path(), "gather s --watch", &[]);
    assert!(is_one_line(&refused, &["summary.json", "--force"]), "{refused:?}");
    assert!(done(dir.path(), "gather s --watch --out again").contains("moons-mlp on CPU"));
}

#[test]
fn a_unit_that_fails_leaves_its_reason_until_it_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|i| format!("{}.5,{}.25,{}\n", i % 7, i % 5, i % 2)).collect();
    std::fs::write(dir.path().join("d.csv"), &rows).unwrap();
    let text = include_str!("../../assets/experiments/moons-mlp.toml")
        .replace("source = \"moons\"", "source = \"file\"\npath = \"d.csv\"")
        .replace("noise = 0.18\n", "");
    std::fs::write(dir.path().join("own.toml"), text).unwrap();
    let small =
        SMALL.replace("data.train_size=40", "data.train_size=20").replace("data.test_size=40", "data.test_size=20");
    done(dir.path(), &format!("plan own.toml --optimizers sgd {small} --out s"));
    std::fs::rename(dir.path().join("d.csv"), dir.path().join("gone.csv")).unwrap();
    let failed = run(dir.path(), "work s --unit 0", &[]);
    let stderr = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(!failed.status.success() && stderr.contains("unit 0 (SGD, seed 0)"), "{stderr}");
    let reasons = || std::fs::read_dir(dir.path().join("s/failed")).unwrap().map(|entry| entry.unwrap().path());
    let reason = std::fs::read_to_string(reasons().next().unwrap()).unwrap();
    assert!(reason.contains("d.csv") && reason.lines().count() == 1, "{reason}");
    std::fs::rename(dir.path().join("gone.csv"), dir.path().join("d.csv")).unwrap();
    done(dir.path(), "work s --unit 0");
    assert_eq!(reasons().count(), 0);
}

#[test]
fn what_cannot_be_planned_or_done_is_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &format!("plan moons-mlp --optimizers sgd {SMALL} --out s"));
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: [Case<'_>; 14] = [
        ("plan moons-mlp --out s", &[], &["a plan there already", "--force"]),
        ("plan moons-mlp --grid nso.sigma --out t", &[], &["`--grid nso.sigma`", "KEY=V,V,…"]),
        ("plan moons-mlp --grid nso.sigma=0.1,x --out t", &[], &["`--grid nso.sigma=x`", "expected"]),
        ("plan moons-mlp --grid budget=1,9 --out t", &[], &["budget", "at least 2"]),
        ("plan moons-mlp --set data.train_size=0 --out t", &[], &["train_size"]),
        ("plan moons-mlp --device gpu:x --out t", &[], &["`--device`", "gpu:x", "flatscape devices"]),
        ("work nothing --all", &[], &["cannot read the plan", "nothing/plan.json"]),
        ("work s", &[], &["no unit is named", "--all", "HQ_TASK_ID"]),
        ("work s --unit 1", &[], &["`--unit` is `1`", "0 to 0"]),
        ("work s", &[("SLURM_ARRAY_TASK_ID", "7")], &["`SLURM_ARRAY_TASK_ID` is 7", "1 units"]),
        ("work s --stride 0", &[("HQ_TASK_ID", "0")], &["`--stride` is `0`"]),
        ("work s --unit 0 --device gpu:99", &[], &["`--device` is gpu:99", "GPU"]),
        ("work s --unit 0 --threads 0", &[], &["`--threads` is `0`"]),
        ("gather nothing", &[], &["cannot read the plan"]),
    ];
    for (words, set, expected) in cases {
        let output = run(dir.path(), words, set);
        assert!(is_one_line(&output, expected), "{words}: {output:?}");
    }
    assert!(!dir.path().join("t").exists(), "what cannot be leaves nothing behind");
}
