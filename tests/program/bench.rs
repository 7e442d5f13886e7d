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
    assert_eq!(keys, ["device", "figure", "min", "ms", "runs", "work"]);
    assert_eq!((line["work"].as_str(), line["figure"].as_str()), (Some("mlp"), Some("sgd_step")));
    assert!(line["device"].as_str().unwrap().contains("CPU"), "{stdout}");
    let (ms, min) = (line["ms"].as_f64().unwrap(), line["min"].as_f64().unwrap());
    assert!(min > 0.0 && min <= ms && ms < 10_000.0, "{stdout}");
    assert_eq!(line["runs"], 50);
}

#[test]
fn without_json_it_is_a_table() {
    let (code, stdout, stderr) = bench(&["mlp", "--figure", "sgd_step", "--figure", "sam_step", "--device", "cpu"]);
    assert_eq!(code, Some(0), "{stderr}");
    for part in ["figure", "median ms", "least ms", "runs", "sgd_step", "sam_step", "CPU"] {
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
    ] {
        let (code, stdout, stderr) = bench(args);
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert_eq!((stdout.as_str(), stderr.lines().count()), ("", 1), "{args:?}: {stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{args:?}: `{part}` is missing in {stderr}");
        }
    }
}
