//! `flatscape lesson` and `flatscape lessons`, and lessons and links that are named to be opened.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use serde_json::Value;

use crate::{flatscape, is_one_line};

const LESSON: &str = r#"+++
about = "A."
experiment = "moons-mlp"
set = ["budget=240"]

[check]

[[check.sees]]
says = "NSO's training loss is negative."
measure = "train-loss"
read = "end"
of = "nso"
relation = "<"
than = 0
+++
# Mine

## Step

Do.
"#;

fn write(dir: &Path, text: &str) {
    std::fs::write(dir.join("mine.md"), text).unwrap();
}

#[test]
fn ten_lessons_are_listed_and_printed() {
    let dir = tempfile::tempdir().unwrap();
    let output = flatscape(dir.path()).args(["lessons", "--json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> = list.as_array().unwrap().iter().map(|one| one["lesson"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 10);
    assert!(list.as_array().unwrap().iter().all(|one| !one["seen"].as_array().unwrap().is_empty()), "{list}");
    let text = String::from_utf8(flatscape(dir.path()).arg("lessons").output().unwrap().stdout).unwrap();
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
    let text = String::from_utf8(flatscape(dir.path()).args(["lesson", "edge"]).output().unwrap().stdout).unwrap();
    assert!(text.starts_with("+++\n") && text.contains("[[check.sees]]"), "{text}");
    // What is printed is a lesson of one's own.
    write(dir.path(), &text);
    let told = String::from_utf8(flatscape(dir.path()).args(["lesson", "mine.md"]).output().unwrap().stdout).unwrap();
    assert!(told.starts_with("The edge of stability: "), "{told}");
}

#[test]
fn the_cheapest_lessons_show_what_they_say() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["pairs", "own-data"] {
        let args = ["lesson", name, "--check", "--seeds", "3", "--device", "cpu"];
        let output = flatscape(dir.path()).args(args).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {stdout}\n{stderr}");
        assert!(stdout.contains("seen      ") && !stdout.contains("not seen"), "{stdout}");
    }
}

#[test]
fn what_is_not_seen_is_told_and_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), LESSON);
    let args = ["lesson", "mine.md", "--check", "--seeds", "2", "--device", "cpu"];
    let output = flatscape(dir.path()).args(args).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{stdout}\n{stderr}");
    assert!(stdout.contains("not seen  NSO's training loss is negative."), "{stdout}");
    let last = stderr.lines().last().unwrap();
    assert!(
        last.starts_with("flatscape: what the lesson mine says is not seen over 2 seeds: NSO's training loss"),
        "{last}"
    );
}

#[test]
fn wrong_lessons_and_links_are_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &LESSON.replace("\"nso\"", "\"nos\""));
    std::fs::write(
        dir.path().join("bare.md"),
        LESSON.replace("[check]", "").split("[[check").next().unwrap().to_owned() + "+++\n# T\n\n## S\n",
    )
    .unwrap();
    for (args, parts) in [
        (&["lesson", "mine.md"][..], &["mine.md line 12", "unknown arm `nos`", "did you mean `nso`"][..]),
        (&["mine.md"], &["mine.md line 12", "unknown arm `nos`"]),
        (&["lesson", "bare.md", "--check"], &["bare has no `[check]`", "docs/lessons.md"]),
        (&["lesson", "pars"], &["unknown lesson `pars`", "did you mean `pairs`"]),
        (&["lesson", "gone.md"], &["gone.md"]),
        (&["lesson", "pairs", "--check", "--seeds", "1"], &["`--seeds` is `1`", "from 2 to"]),
        (&["lesson", "pairs", "--seeds", "3"], &["--check"]),
        (&["flatscape:experiment/moons-mlp?data.path=secret"], &["the link sets `data.path`, which no link may"]),
        (&["flatscape:experiment/moons-mlp?budget=1e12"], &["expected a number from 0 to 10000000"]),
        (&["flatscape:lesson/pars"], &["unknown lesson `pars`"]),
        (&["flatscape:x"], &["leads nowhere"]),
        (&["compare", "flatscape:lesson/edge", "--out", "o"], &["leads to no experiment"]),
    ] {
        let output = flatscape(dir.path()).args(args).output().unwrap();
        assert!(is_one_line(&output, parts), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn without_a_display_a_lesson_is_told_how_else_it_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), LESSON);
    for (word, name) in [("mine.md", "mine.md"), ("flatscape:lesson/edge", "edge")] {
        let output = flatscape(dir.path()).arg(word).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        assert!(stderr.contains(&format!("`flatscape lesson {name} --check`")), "{stderr}");
    }
}

#[test]
fn a_link_stands_for_its_experiment() {
    let dir = tempfile::tempdir().unwrap();
    let link = "flatscape:experiment/moons-mlp?methods=sgd&budget=40&sgd.learning_rate=0.05";
    let args = ["compare", link, "--quick", "--device", "cpu", "--out", "o"];
    let output = flatscape(dir.path()).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&std::fs::read(dir.path().join("o/summary.json")).unwrap()).unwrap();
    let text = summary.to_string();
    assert!(text.contains("\"sgd\"") && !text.contains("\"nso\""), "{text}");
}
