//! What shells, `man` and desktops take from the program.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::{flatscape, is_one_line};

fn printed(args: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = flatscape(dir.path()).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The options that a help names.
fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
    words
        .filter(|word| word.len() > 3 && word.starts_with("--") && !word.starts_with("---"))
        .map(str::to_owned)
        .collect()
}

const COMMANDS: [&str; 20] = [
    "claims",
    "reproduce",
    "analyze",
    "bench",
    "compare",
    "completions",
    "data",
    "devices",
    "engine",
    "experiments",
    "export",
    "gather",
    "lesson",
    "lessons",
    "man",
    "models",
    "plan",
    "replay",
    "show",
    "work",
];

#[test]
fn bash_completes_commands_and_options() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("flatscape.bash");
    std::fs::write(&script, printed(&["completions", "bash"])).unwrap();
    let Ok(checked) = Command::new("bash").arg("-n").arg(&script).output() else {
        eprintln!("skipped: there is no bash");
        return;
    };
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let complete = |words: &[&str]| {
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let line = format!(
            "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _flatscape flatscape '{last}' '{before}'; echo \"${{COMPREPLY[*]}}\"",
            script.display(),
            words.join(" "),
            words.len() - 1
        );
        let output = Command::new("bash").args(["--norc", "-c", &line]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut found: Vec<String> =
            String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect();
        found.sort();
        found
    };
    assert_eq!(complete(&["flatscape", "comp"]), ["compare", "completions"]);
    assert_eq!(complete(&["flatscape", "compare", "--cur"]), ["--curvature"]);
    assert_eq!(complete(&["flatscape", "analyze", "--trace"]), ["--trace-probes"]);
    assert_eq!(complete(&["flatscape", "completions", "fi"]), ["fish"]);
}

#[test]
fn every_shell_has_its_completions() {
    for (shell, sign) in [
        ("zsh", "#compdef flatscape"),
        ("fish", "complete -c flatscape"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer"),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.contains(sign) && script.contains("curvature"), "{shell}: {script}");
    }
    let dir = tempfile::tempdir().unwrap();
    let output = flatscape(dir.path()).args(["completions", "bsh"]).output().unwrap();
    assert!(is_one_line(&output, &["'bsh'", "bash, zsh, fish"]), "{output:?}");
}

#[test]
fn man_pages_have_every_option() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("deep/man1");
    let run = |args: &[&str]| flatscape(dir.path()).args(args).output().unwrap();
    assert!(run(&["man", "--out", "deep/man1"]).status.success());
    let names: BTreeSet<String> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let wanted = COMMANDS.map(|command| format!("flatscape-{command}.1"));
    assert_eq!(names, wanted.into_iter().chain(["flatscape.1".to_owned()]).collect());
    for command in COMMANDS {
        let page = std::fs::read_to_string(out.join(format!("flatscape-{command}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains(&format!("flatscape\\-{command}")), "{command}: {page}");
        // A dash is written with a backslash, and bold letters between two marks.
        let (help, page) = (
            options(&printed(&[command, "--help"])),
            options(&page.replace("\\fB", " ").replace("\\fR", " ").replace("\\-", "-")),
        );
        assert!(!help.is_empty() && help.is_subset(&page), "{command}: {:?}", help.difference(&page));
        assert_eq!(
            printed(&["man", command]),
            std::fs::read_to_string(out.join(format!("flatscape-{command}.1"))).unwrap().trim_end().to_owned() + "\n"
        );
    }
    let page = printed(&["man"]).replace("\\-", "-");
    assert!(page.contains("--device") && COMMANDS.iter().all(|command| page.contains(command)), "{page}");
    assert!(is_one_line(&run(&["man", "--out", "deep/man1"]), &["flatscape.1", "--force"]), "pages are kept");
    assert!(run(&["man", "--out", "deep/man1", "--force"]).status.success());
    assert!(is_one_line(&run(&["man", "compar"]), &["`compar`", "did you mean `compare`?"]));
}

#[test]
fn man_reads_the_pages() {
    let dir = tempfile::tempdir().unwrap();
    assert!(flatscape(dir.path()).args(["man", "--out", "m"]).output().unwrap().status.success());
    let shown = Command::new("man").arg("--warnings").arg("-l").arg(dir.path().join("m/flatscape-compare.1")).output();
    let Ok(shown) = shown.inspect_err(|_| eprintln!("skipped: there is no man")) else { return };
    let text = String::from_utf8_lossy(&shown.stdout);
    // Some systems have a `man` in name only.
    if shown.status.success() && text.contains("SYNOPSIS") {
        assert!(text.lines().any(|line| line.trim() == "flatscape compare --out moons"), "an example a line: {text}");
    }
}

/// Runs a checker of files of the desktop, where it is installed.
fn check(program: &str, args: &[&str], file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/desktop").join(file);
    match Command::new(program).args(args).arg(path).output() {
        Err(_) => eprintln!("{file} is not checked: there is no {program}"),
        Ok(output) => assert!(output.status.success(), "{file}: {output:?}"),
    }
}

#[test]
fn checkers_of_desktops_have_nothing_to_say() {
    check("desktop-file-validate", &[], "flatscape.desktop");
    for file in ["flatscape.xml", "flatscape.svg"] {
        check("xmllint", &["--noout"], file);
    }
}
