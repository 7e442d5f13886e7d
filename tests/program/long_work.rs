//! Long work says how long it takes and how far it is, and leaves out what it is told to.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::analyze_small::{BASE, folder};
use crate::{flatscape, is_one_line};

const SMALL: &str = "compare --device cpu --set data.train_size=40 --set data.test_size=40 --set look.resolution=5 \
    --set look.trace_probes=4 --set look.lanczos_steps=4 --set look.eval_every=4 --out o --force";

/// A comparison with further arguments: its table, its summary, its curves and its stderr.
fn compare(dir: &Path, more: &str) -> (String, Value, Vec<csv::StringRecord>, String) {
    let output = flatscape(dir).args(SMALL.split_whitespace()).args(more.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{more}: {stderr}");
    let read = |name: &str| std::fs::read_to_string(dir.join("o").join(name)).unwrap();
    let curves = csv::Reader::from_reader(read("curves.csv").as_bytes()).records().map(Result::unwrap).collect();
    let summary = serde_json::from_str(&read("summary.json")).unwrap();
    (String::from_utf8(output.stdout).unwrap(), summary, curves, stderr)
}

/// Rows of `curves.csv` with a trace and with λmax, of one run.
fn measured(curves: &[csv::StringRecord], optimizer: &str) -> (usize, usize) {
    let own = || curves.iter().filter(|row| &row[0] == optimizer);
    (own().filter(|row| !row[11].is_empty()).count(), own().filter(|row| !row[15].is_empty()).count())
}

#[test]
fn without_curvature_its_cells_are_open() {
    let dir = tempfile::tempdir().unwrap();
    for way in ["--quick", "--curvature none"] {
        let (table, summary, curves, _) = compare(dir.path(), &format!("--budget 48 {way}"));
        assert!(table.contains("Curvature was not measured") && !table.contains("equal training loss"), "{table}");
        let row = table.lines().find(|line| line.starts_with("SGD")).unwrap();
        assert_eq!(row.split_whitespace().filter(|cell| *cell == "–").count(), 3, "trace, λmax, λmin: {row}");
        for run in summary["runs"].as_array().unwrap() {
            let open = [&run["trace"]["mean"], &run["trace"]["stderr"], &run["lambda_max"], &run["lambda_min"]];
            assert!(open.iter().all(|cell| cell.is_null()) && run["trace"]["probes"] == 0, "{run}");
            assert!(run["train_loss"].is_f64() && run["test_accuracy"].is_f64(), "{run}");
        }
        assert!(["sgd", "sam", "nso"].iter().all(|name| measured(&curves, name) == (0, 0)), "{curves:?}");
        assert!(dir.path().join("o/landscape.png").is_file(), "the slices are there");
    }
}

#[test]
fn curvature_is_measured_as_often_as_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (table, end, curves, _) = compare(dir.path(), "--budget 96 --curvature end");
    assert_eq!(measured(&curves, "sgd"), (1, 1));
    assert!(table.contains("--curvature 16") && !table.contains("Where each run last fell"), "{table}");
    let (_, four, curves, _) = compare(dir.path(), "--budget 96 --curvature 4");
    assert_eq!(measured(&curves, "sgd"), (5, 5), "four along the way, and the end");
    let (_, usual, curves, _) = compare(dir.path(), "--budget 96");
    assert_eq!(measured(&curves, "sgd"), (17, 17), "sixteen along the way, and the end");
    // What is measured along the way does not change what is trained, nor what is measured at the end.
    let ends = |summary: &Value| {
        let runs = summary["runs"].as_array().unwrap().clone();
        let cells = |run: &Value| ["train_loss", "trace", "lambda_max", "lambda_min"].map(|key| run[key].clone());
        runs.iter().map(cells).collect::<Vec<_>>()
    };
    assert_eq!(ends(&end), ends(&usual));
    assert_eq!(ends(&four), ends(&usual));
}

#[test]
fn wrong_ways_to_ask_for_curvature_are_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    for (more, parts) in [
        ("--curvature 0", &["`--curvature` is `0`", "expected none, end, or a whole number from 1"][..]),
        ("--curvature often", &["`--curvature` is `often`", "expected none, end"]),
        ("--curvature -3", &["`--curvature` is `-3`"]),
        ("--quick --curvature end", &["'--quick'", "'--curvature"]),
    ] {
        let args = SMALL.split_whitespace().chain(more.split_whitespace());
        let output = flatscape(dir.path()).args(args).output().unwrap();
        assert!(is_one_line(&output, parts), "{more}: {output:?}");
    }
}

#[test]
fn a_forecast_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let (_, _, _, stderr) = compare(dir.path(), "--budget 24 --optimizers sgd");
    let first = stderr.lines().next().unwrap();
    assert!(first.starts_with("about "), "{stderr}");
    assert!(!first.contains("--quick") || first.contains("for curvature"), "{stderr}");
    let analysis = folder();
    let output = flatscape(analysis.path()).args(BASE).args(["--trace-probes", "8"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.lines().any(|line| line.starts_with("about ")), "{stderr}");
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of a long piece of work with the seconds at which they came, for some seconds.
fn lines(dir: &Path, args: &[&str], seconds: u64) -> Vec<(f64, String)> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_flatscape"));
    command.current_dir(dir).args(args).stdout(Stdio::null()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut child = Killed(command.spawn().unwrap());
    let stderr = BufReader::new(child.0.stderr.take().unwrap());
    let (send, receive) = std::sync::mpsc::sync_channel(1000);
    let reader = std::thread::Builder::new().spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let _ = send.send((begun.elapsed().as_secs_f64(), line));
        }
    });
    std::thread::sleep(Duration::from_secs(seconds));
    drop(child);
    reader.unwrap().join().unwrap();
    receive.try_iter().collect()
}

/// Share, from 0 to 1, at the beginning of a line of progress.
fn share(line: &str) -> Option<f64> {
    Some(line.split_once(" %, ")?.0.parse::<f64>().ok()? / 100.0)
}

#[test]
fn progress_in_a_pipe_is_rare_and_says_share_rate_and_time_left() {
    let dir = folder();
    let compare = "compare moons-mlp --device cpu --budget 20000 --set look.trace_probes=8 --out long";
    let analyze = [BASE, &["--trace-probes", "200000"]].concat();
    let long = [(compare.split(' ').collect::<Vec<&str>>(), " gradient evaluations, ", 0.035), (analyze, "trace", 0.0)];
    for (args, words, least) in long {
        let all = lines(dir.path(), &args, 6);
        let told: Vec<(f64, f64, &str)> =
            all.iter().filter_map(|(at, line)| Some((*at, share(line)?, line.as_str()))).collect();
        for (at, share, line) in &told {
            assert!(line.contains(words) && line.ends_with(" left"), "{at}: {line}");
            assert!((0.0..=1.0).contains(share), "{line}");
        }
        for pair in told.windows(2) {
            // Rounded shares and a pipe's delay.
            let ((from, before, _), (to, after, line)) = (pair[0], pair[1]);
            assert!(to - from > 0.5 && after - before >= least, "{from} {to}: {line}\n{all:?}");
        }
        assert!(all.iter().any(|(_, line)| line.starts_with("about ")), "{all:?}");
    }
}
