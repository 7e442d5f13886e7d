//! `flatscape bench` from outside.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use assert_cmd::Command;
use serde_json::Value;

fn bench(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::cargo_bin("flatscape").unwrap().arg("bench").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_figure_is_one_line_of_json() {
    let (code, stdout, stderr) = bench(&["mlp", "--figure", "sgd_step", "--json", "--device", "cpu"]);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{stdout}");
    let line = lines[0].as_object().unwrap();
    let mut keys: Vec<&str> = line.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["device", "figure", "gflop", "min", "ms", "runs", "share", "work"]);
    assert_eq!((line["work"].as_str(), line["figure"].as_str()), (Some("mlp"), Some("sgd_step")));
    assert!(line["device"].as_str().unwrap().contains("CPU"), "{stdout}");
    let (ms, min) = (line["ms"].as_f64().unwrap(), line["min"].as_f64().unwrap());
    assert!(min > 0.0 && min <= ms && ms < 10_000.0, "{stdout}");
    assert_eq!(line["runs"], 50);
    // 3 forward passes of 2·(2·64 + 64·64 + 64·2) operations for each of 1 024 points.
    assert!((line["gflop"].as_f64().unwrap() - 3.0 * 2.0 * 4352.0 * 1024.0 / 1e9).abs() < 1e-12, "{stdout}");
    assert!(line["share"].as_f64().unwrap() > 0.0, "{stdout}");
}

/// The CPU is asked for nothing.
#[test]
fn counts_are_told_as_a_table_and_as_json() {
    let args = ["mlp", "--figure", "sgd_step", "--device", "cpu", "--counts"];
    let (code, stdout, stderr) = bench(&args);
    assert_eq!(code, Some(0), "{stderr}");
    for part in ["kernels", "uploads", "reads", "bytes", "sgd_step", "CPU"] {
        assert!(stdout.contains(part), "`{part}` is missing:\n{stdout}");
    }
    let (code, stdout, stderr) = bench(&[&args[..], &["--json"]].concat());
    assert_eq!(code, Some(0), "{stderr}");
    let line: Value = serde_json::from_str(&stdout).unwrap();
    for key in ["launches", "uploads", "uploaded_bytes", "reads", "read_bytes"] {
        assert_eq!(line[key], 0, "{key}: {stdout}");
    }
}

#[test]
fn without_json_it_is_a_table() {
    let (code, stdout, stderr) = bench(&["mlp", "--figure", "sgd_step", "--figure", "sam_step", "--device", "cpu"]);
    assert_eq!(code, Some(0), "{stderr}");
    for part in ["figure", "median ms", "least ms", "runs", "of the limit", "sgd_step", "sam_step", "CPU", "GFLOP/s"] {
        assert!(stdout.contains(part), "`{part}` is missing:\n{stdout}");
    }
    assert!(!stdout.contains("nso_step"), "{stdout}");
}

#[test]
fn wrong_names_are_one_sentence_with_the_nearest_name() {
    for (args, parts) in [
        (&["mlp", "--figure", "sgd_stp"][..], ["`--figure`", "`sgd_stp`", "did you mean `sgd_step`?"]),
        (&["mpl"][..], ["work", "`mpl`", "did you mean `mlp`?"]),
        (&["mlp", "--device", "gpuu"][..], ["`--device`", "`gpuu`", "did you mean `gpu`?"]),
        (&["mlp", "--against", "friends"][..], ["--against", "friends", "peers"]),
        (&["mlp", "--python", "python3"][..], ["--against", "required", "provided"]),
        (&["mlp", "--against", "peers", "--rounds", "0"][..], ["`--rounds`", "`0`", "a whole number from 1 to 100"]),
        (&["ui", "--against", "peers"][..], ["`--against peers`", "`ui`", "has no peer"]),
        (&["session", "--against", "peers"][..], ["`--against peers`", "`session`", "has no peer"]),
        (&["sesion"][..], ["work", "`sesion`", "did you mean `session`?"]),
        (
            &["mlp", "--device", "cpu", "--against", "peers", "--python", "./no-python"][..],
            ["`--python`", "`./no-python`", "start"],
        ),
    ] {
        let (code, stdout, stderr) = bench(args);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert_eq!((stdout.as_str(), stderr.lines().count()), ("", 1), "{args:?}: {stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{args:?}: `{part}` is missing in {stderr}");
        }
    }
}

/// A Python that answers as the scripts do: PyTorch does the work, slowly; JAX is not installed.
#[cfg(unix)]
fn stand_in(folder: &std::path::Path, loss: f64) -> String {
    use std::os::unix::fs::PermissionsExt as _;

    let checks: Value = serde_json::from_str(include_str!("../reference/works.json")).unwrap();
    let mut check = checks.as_array().unwrap().iter().find(|check| check["work"] == "mlp").unwrap().clone();
    check["loss"] = (check["loss"].as_f64().unwrap() + loss).into();
    let timing =
        r#"{"peer":"torch","ms":1e6,"min":1e6,"runs":1,"form":"vmap","forms":{"vmap":1e6,"eager":"it does not run"}}"#;
    let text = format!(
        "#!/bin/sh\n\
         case \"$1\" in *peer_jax.py) echo '{{\"cannot\":\"`jax` is not installed\"}}'; exit;; esac\n\
         echo '{{\"ready\":\"PyTorch 9.9\"}}'\n\
         while read what work figure; do\n\
         case \"$what $figure\" in \"check \") echo '{check}';; \"time sam_step\") echo 'no memory' >&2; exit 1;; *) echo '{timing}';; esac\n\
         done\n"
    );
    let path = folder.join("python");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn peers_are_timed_in_turn_and_what_they_cannot_do_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let python = stand_in(folder.path(), 0.0);
    let figures = ["--figure", "sgd_step", "--figure", "sam_step"];
    let peers = ["--against", "peers", "--rounds", "2", "--python", &python, "--device", "cpu"];
    let args = [&["mlp"][..], &figures, &peers, &["--json"]].concat();
    let (code, stdout, stderr) = bench(&args);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [sgd, sam] = &lines[..] else { panic!("{stdout}") };
    assert_eq!(
        (sgd["figure"].as_str(), sgd["rounds"].as_u64(), sgd["best"].as_str()),
        (Some("sgd_step"), Some(2), Some("PyTorch"))
    );
    assert_eq!((&sgd["peers"][0]["form"], &sgd["peers"][0]["ms"]["median"]), (&Value::from("vmap"), &Value::from(1e6)));
    let (ours, ratio) = (&sgd["ms"], &sgd["ratio"]);
    let number = |value: &Value| value.as_f64().unwrap();
    // The peer's times are all 10⁶ ms, so the greatest ratio is that of our least time.
    assert!((number(&ratio["max"]) * number(&ours["min"]) / 1e6 - 1.0).abs() < 1e-9, "{stdout}");
    assert!((number(&ratio["min"]) * number(&ours["max"]) / 1e6 - 1.0).abs() < 1e-9, "{stdout}");
    assert!(sam["best"].is_null() && sam["ms"]["median"].is_number(), "{stdout}");
    for sentence in
        ["JAX: `jax` is not installed; it is left out", "PyTorch ended: no memory; it is left out of `sam_step`"]
    {
        assert_eq!(stderr.matches(sentence).count(), 1, "`{sentence}` in\n{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn a_peer_that_does_other_work_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let python = stand_in(folder.path(), 0.01);
    let args =
        ["mlp", "--figure", "sgd_step", "--against", "peers", "--rounds", "1", "--python", &python, "--device", "cpu"];
    let (code, stdout, stderr) = bench(&args);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("`mlp` is other work in PyTorch (loss 0.71"), "{stderr}");
    assert!(!stdout.contains("vmap"), "{stdout}");
}

#[cfg(unix)]
#[test]
fn a_python_without_peers_is_one_sentence() {
    let (code, stdout, stderr) = bench(&["mlp", "--device", "cpu", "--against", "peers", "--python", "true"]);
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (Some(2), "", 1), "{stderr}");
    assert!(
        stderr.contains("`true` runs no peer (PyTorch ended: it said nothing; JAX ended: it said nothing)"),
        "{stderr}"
    );
}
