//! Session files from outside: `compare` writes one and goes on with it, `show`, `replay` and `export` read it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flatscape::config::{Knobs, OptimizerKind, builtin_experiment};
use flatscape::protocol::{AlertRow, Event, Origin, RunId, RunInfo};
use flatscape::session::store::{Provenance, Recorder, Writer};
use serde_json::Value;

use crate::{flatscape, is_one_line};

const SMALL: &str = "compare --device cpu --jobs 1 --set data.train_size=40 --set data.test_size=40 --set look.resolution=5 \
    --set look.trace_probes=4 --set look.lanczos_steps=4 --set look.eval_every=4";
const SHORT: &str = "--optimizers sgd,nso --seeds 2 --curvature 2 --budget 48 --out o";

fn run(dir: &Path, args: &str) -> Output {
    flatscape(dir).args(args.split_whitespace()).output().unwrap()
}

fn done(dir: &Path, args: &str) -> (String, String) {
    let Output { status, stdout, stderr } = run(dir, args);
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(status.success(), "{args}: {stderr}");
    (stdout, stderr)
}

fn session(dir: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(dir.join("o/session.flatscape")).unwrap()
}

/// Whether a command failed with this exit code and a last line on stderr that has these words.
fn fails(output: &Output, code: i32, words: &[&str]) -> bool {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or_default();
    output.status.code() == Some(code)
        && last.starts_with("flatscape: ")
        && words.iter().all(|word| last.contains(word))
}

#[test]
fn a_comparison_leaves_a_session_that_can_be_shown_repeated_and_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (stdout, _) = done(dir, &format!("{SMALL} {SHORT} --weights"));
    assert!(stdout.contains("session.flatscape to o"), "{stdout}");

    let (text, _) = done(dir, "show o");
    let words = ["Written by `compare`", "Two moons", "The comparison has ended: 4 runs.", "NSO", "at 24", "Size: "];
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
    let (json, _) = done(dir, "show o/session.flatscape --json");
    let shown: Value = serde_json::from_str(&json).unwrap();
    let runs = shown["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4, "{shown}");
    assert_eq!(
        (&runs[3]["optimizer"], &runs[3]["seed"], &runs[3]["state"]),
        (&"nso".into(), &1.into(), &"finished".into())
    );
    let summary: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("o/summary.json")).unwrap()).unwrap();
    for (shown, written) in runs.iter().zip(summary["runs"].as_array().unwrap()) {
        assert_eq!(shown["steps"], written["steps"]);
        let figure = |name: &str| {
            shown["figures"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["last"].clone()
        };
        for (name, value) in [("train_loss", &written["train_loss"]), ("trace", &written["trace"]["mean"])] {
            assert_eq!((&figure(name)["value"], &figure(name)["step"]), (value, &written["steps"]), "{name}");
        }
    }
    assert!(shown["comparison"]["finished"] == true && shown["damage"].as_array().unwrap().is_empty(), "{shown}");
    assert!(shown["size"]["kinds"].as_array().unwrap().len() > 3 && shown["size"]["total"].as_u64() > Some(10_000));

    let (text, _) = done(dir, "replay o");
    assert!(text.starts_with("Agrees to the last bit: 4 runs, ") && text.contains(" weights of "), "{text}");
    let (text, _) = done(dir, "replay o --run 1 --to 8");
    assert!(text.contains("1 run, 8 steps repeated"), "{text}");

    let (text, stderr) = done(dir, "export o --out e");
    assert!(text.contains("Wrote summary.json") && stderr.is_empty(), "{text}{stderr}");
    for name in ["summary.json", "curves.csv", "landscape.png", "report.html", "weights/nso-1.safetensors"] {
        let read = |folder: &str| std::fs::read(dir.join(folder).join(name)).unwrap();
        assert!(read("e") == read("o"), "{name}");
    }
    assert!(is_one_line(&run(dir, "export o --out e"), &["summary.json", "--force"]));
    done(dir, "export o --out e --force");

    assert!(is_one_line(&run(dir, &format!("{SMALL} {SHORT}")), &["session.flatscape", "--force"]));
    let ended = run(dir, &format!("{SMALL} {SHORT} --weights --resume"));
    assert!(is_one_line(&ended, &["`--resume`", "has ended", "nothing to go on with"]), "{ended:?}");
}

#[test]
fn a_comparison_has_ended_when_all_of_its_files_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let args = format!("{SMALL} {SHORT} --weights");
    // Files say how many runs were trained at once, whatever the program would do that writes them again.
    done(dir, &args.replace("--jobs 1", "--jobs 2"));
    let names = ["summary.json", "curves.csv", "landscape.png", "report.html", "weights/nso-1.safetensors"];
    let files = || names.map(|name| std::fs::read(dir.join("o").join(name)).ok());
    let whole = files();
    // As it is where the program is killed while its files get their names.
    assert_eq!(session(dir).execute("DELETE FROM texts WHERE key = 'comparison files'", []).unwrap(), 1);
    std::fs::remove_file(dir.join("o/weights/nso-1.safetensors")).unwrap();
    let (shown, _) = done(dir, "show o");
    assert!(shown.contains("All of its 4 runs have ended, but its files are not all written"), "{shown}");
    let there = run(dir, &args);
    assert!(is_one_line(&there, &["has not ended", "(4 of its runs have)", "--resume"]), "{there:?}");
    let (_, stderr) = done(dir, &format!("{args} --resume"));
    assert!(stderr.contains("going on with 4 runs that have ended"), "{stderr}");
    assert!(files() == whole, "its files are those of its runs");
    // A file that is gone is made again, too.
    std::fs::remove_file(dir.join("o/curves.csv")).unwrap();
    done(dir, &format!("{args} --resume"));
    assert!(files() == whole);
    let ended = run(dir, &format!("{args} --resume"));
    assert!(is_one_line(&ended, &["`--resume`", "has ended", "nothing to go on with"]), "{ended:?}");
}

#[test]
fn a_file_that_has_changed_is_told_before_anything_goes_on_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let row = |i: usize| format!("{},{},{}\n", (i as f64).sin(), (i as f64).cos(), i % 4 / 2);
    let rows: String = (0..60).map(row).collect();
    let data = format!("a,b,y\n{rows}");
    std::fs::write(dir.join("d.csv"), &data).unwrap();
    let experiment = include_str!("../../assets/experiments/moons-mlp.toml")
        .replace("source = \"moons\"", "source = \"file\"\npath = \"d.csv\"")
        .replace("train_size = 300", "train_size = 40")
        .replace("test_size = 1000", "test_size = 20");
    std::fs::write(dir.join("e.toml"), experiment).unwrap();
    let compare = "compare e.toml --optimizers sgd --budget 24 --quick --set look.resolution=3 --device cpu --out o";
    done(dir, compare);
    done(dir, "replay o");
    let (json, _) = done(dir, "show o --json");
    let shown: Value = serde_json::from_str(&json).unwrap();
    let file = &shown["files"][0];
    assert_eq!((&file["setting"], &file["path"], &file["files"]), (&"data.path".into(), &"d.csv".into(), &1.into()));
    assert_eq!((file["bytes"].as_u64(), file["sha256"].as_str().map(str::len)), (Some(data.len() as u64), Some(64)));
    let (text, _) = done(dir, "show o");
    assert!(text.contains("d.csv") && text.contains("SHA-256"), "{text}");
    for (changed, words) in [
        (format!("{data}{}", row(60)), "bytes then, "),
        (data.replacen(",0\n", ",1\n", 1), "as many bytes, but not the same"),
    ] {
        std::fs::write(dir.join("d.csv"), changed).unwrap();
        for args in ["replay o".to_owned(), format!("{compare} --resume")] {
            let output = run(dir, &args);
            let told = ["the file d.csv is not what it was when the session began (", words];
            assert!(is_one_line(&output, &told), "{args}: {output:?}");
        }
    }
    std::fs::remove_file(dir.join("d.csv")).unwrap();
    assert!(is_one_line(&run(dir, "replay o"), &["d.csv", "nothing is there now"]));
    std::fs::write(dir.join("d.csv"), data).unwrap();
    done(dir, "replay o");
}

#[test]
fn a_planted_difference_is_told_with_exit_code_1() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, &format!("{SMALL} {SHORT} --quick").replace("--curvature 2", ""));
    let sql = "UPDATE evals SET test_loss = test_loss + 0.001 WHERE run = 2 AND step = 4";
    assert_eq!(session(dir).execute(sql, []).unwrap(), 1);
    let output = run(dir, "replay o");
    let words = ["run 2 (NSO seed 0) parts from the session at step 4: test_loss of the evaluation is "];
    assert!(fails(&output, 1, &words) && output.stdout.is_empty(), "{output:?}");
    done(dir, "replay o --run 0");
    done(dir, "replay o --tolerance 0.1");
}

#[test]
fn wrong_input_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("text"), "mine").unwrap();
    done(dir, &format!("{SMALL} --optimizers sgd --quick --budget 8 --out o"));
    for (args, words) in [
        ("show missing.flatscape", &["no such session file", "missing.flatscape"][..]),
        ("show text", &["no session file of Flatscape", "text"]),
        ("replay text", &["no session file of Flatscape"]),
        ("export text --out e", &["no session file of Flatscape"]),
        ("replay o --run 7", &["`--run` is 7", "expected one of the session's: 0"]),
        ("replay o --run -1", &["`--run` is `-1`", "whole number from 0"]),
        ("replay o --to soon", &["`--to` is `soon`", "whole number from 0"]),
        ("replay o --tolerance 1", &["`--tolerance` is `1`", "from 0 to below 1"]),
        ("replay o --device tpu", &["`--device`", "tpu"]),
        ("compare --resume --out p", &["`--resume`", "nothing to go on with", "p"]),
        ("compare --resume --force --out p", &["--resume", "--force"]),
    ] {
        let output = run(dir, args);
        assert!(is_one_line(&output, words), "{args}: {output:?}");
    }
    assert!(!dir.join("e").exists() && !dir.join("p").exists());
}

#[test]
fn of_a_damaged_session_what_can_be_read_is_told_with_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, &format!("{SMALL} {SHORT} --quick").replace("--curvature 2", ""));
    let path = dir.join("o/session.flatscape");
    assert_eq!(session(dir).execute("UPDATE runs SET toml = 'broken' WHERE run = 1", []).unwrap(), 1);
    let bytes = std::fs::read(&path).unwrap();
    let output = run(dir, "show o");
    assert!(fails(&output, 2, &["the session file is damaged"]), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Two moons"), "{output:?}");
    assert!(std::fs::read(&path).unwrap() == bytes, "the file is as it was");
    assert_eq!(std::fs::read_dir(dir.join("o")).unwrap().count(), 5, "nothing lies beside it");
    let replayed = run(dir, "replay o");
    assert!(fails(&replayed, 2, &["damaged", "flatscape show"]), "{replayed:?}");
}

/// The files whose figures depend on nothing but the settings.
fn figures(out: &Path) -> (Vec<u8>, Vec<u8>, Value) {
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let mut summary: Value = serde_json::from_slice(&read("summary.json")).unwrap();
    for run in summary["runs"].as_array_mut().unwrap() {
        run["wall_seconds"] = Value::Null;
    }
    (read("curves.csv"), read("weights/nso-0.safetensors"), summary)
}

/// Kills a comparison once it has a checkpoint to go on from.
fn kill_half_way(dir: &Path, args: &str) {
    let program = assert_cmd::cargo::cargo_bin("flatscape");
    let mut child = Command::new(program)
        .current_dir(dir)
        .args(args.split_whitespace())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let has_half = || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let session = rusqlite::Connection::open_with_flags(dir.join("o/session.flatscape"), flags).ok()?;
        let sql = "SELECT count(*) FROM texts WHERE key = 'comparison run 0'";
        session.query_row(sql, [], |row| row.get::<_, u32>(0)).ok().filter(|count| *count > 0)
    };
    while has_half().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_was_killed_goes_on_and_ends_with_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let args = |budget: u64, out: &str| {
        format!(
            "{SMALL} --optimizers nso --curvature 1 --weights --set look.eval_every=50 --set nso.momentum=0.9 --budget {budget} \
             --out {out}"
        )
    };
    // So much that the run takes some seconds on this machine: checkpoints are three apart.
    done(dir, &args(4000, "o"));
    let seconds: f64 = session(dir).query_row("SELECT max(train_seconds) FROM steps", [], |row| row.get(0)).unwrap();
    let budget = (8.0 / seconds * 4000.0) as u64;
    std::fs::remove_dir_all(dir.join("o")).unwrap();
    done(dir, &args(budget, "whole"));

    kill_half_way(dir, &args(budget, "o"));
    let path = dir.join("o/session.flatscape");
    assert!(!dir.join("o/summary.json").exists());
    let there = run(dir, &args(budget, "o"));
    assert!(is_one_line(&there, &["has not ended", "(0 of its runs have)", "--resume", "--force"]), "{there:?}");
    for (change, words) in [
        (format!("{} --seeds 2", args(budget, "o")), ["`--seeds` is 2 here, and 1 there", "--force"]),
        (
            args(budget, "o").replace("momentum=0.9", "momentum=0.8"),
            ["`optimizers.nso.momentum` is 0.8 here, and 0.9 there", "o"],
        ),
        (args(budget + 1, "o"), ["`budget` is", "there"]),
    ] {
        let other = run(dir, &format!("{change} --resume"));
        assert!(is_one_line(&other, &words), "{other:?}");
    }
    let (shown, _) = done(dir, "show o");
    assert!(shown.contains("was stopped or goes on: 0 of 1 runs have ended"), "{shown}");
    let (_, stderr) = done(dir, "export o --out half");
    assert!(stderr.contains("the comparison was stopped") && stderr.contains("so it is null"), "{stderr}");

    let (_, stderr) = done(dir, &format!("{} --resume", args(budget, "o")));
    assert!(stderr.contains("going on with nothing that has ended, and 1 half done"), "{stderr}");
    assert!(path.exists() && figures(&dir.join("o")) == figures(&dir.join("whole")));
    done(dir, "replay o --to 2000");
}

#[test]
fn what_alerts_said_is_shown_with_their_runs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let provenance = Provenance {
        version: "0.0.0".to_owned(),
        device: "CPU".to_owned(),
        processor: "a processor".to_owned(),
        created: SystemTime::now(),
        writer: Writer::Window,
    };
    let recorder = Recorder::create(&dir.join("a.flatscape"), &provenance).unwrap();
    let (run, optimizer) = (RunId(4), OptimizerKind::Nso);
    recorder.tell(&Event::Started {
        experiment: Arc::new(builtin_experiment("moons-mlp").unwrap()),
        num_parameters: 6,
        tensors: Vec::new(),
        data: Arc::default(),
        runs: vec![RunInfo { run, optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial }],
    });
    for step in 1..=21 {
        let words = format!("NSO: λmax 60 is above 50 at step {step}");
        let alert = AlertRow { step, rule: "λmax".to_owned(), words, paused: step == 1 };
        recorder.tell(&Event::AlertNoted { run, alert });
    }
    drop(recorder);
    let (text, _) = done(dir, "show a.flatscape");
    let line = "Alerts\nrun 4, step 1: NSO: λmax 60 is above 50 at step 1; training paused\nrun 4, step 2: ";
    assert!(text.contains(line) && text.contains("step 20\nand 1 more, which --json has"), "{text}");
    let (json, _) = done(dir, "show a.flatscape --json");
    let shown: Value = serde_json::from_str(&json).unwrap();
    let alerts = shown["runs"][0]["alerts"].as_array().unwrap();
    assert_eq!((alerts.len(), &alerts[20]["step"], &alerts[0]["paused"]), (21, &21.into(), &true.into()));
}
