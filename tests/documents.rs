//! The documents name tests as their evidence; those tests are there. The files for desktops name each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_test_that_the_pitfalls_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/pitfalls.md")).expect("the document is there");
    let mut last_file = String::new();
    let mut named = 0;
    let mut missing = Vec::new();
    // Code spans are every second part between backticks.
    for span in text.split('`').skip(1).step_by(2) {
        let Some((file, test)) = span.split_once("::").filter(|(file, _)| *file != "file") else { continue };
        if file != "…" {
            last_file = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/{file}.rs") };
        }
        let source = fs::read_to_string(root.join(&last_file)).unwrap_or_default();
        named += 1;
        if !source.contains(&format!("fn {test}()")) {
            missing.push(format!("{last_file}: {test}"));
        }
    }
    assert!(named > 40, "only {named} tests are named");
    assert!(missing.is_empty(), "named in docs/pitfalls.md and not there:\n{}", missing.join("\n"));
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> BTreeSet<&'a str> {
    text.split(from).skip(1).filter_map(|rest| Some(rest.split_once(to)?.0)).collect()
}

#[test]
fn the_files_for_desktops_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/desktop");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|err| panic!("{name}: {err}"));
    let (entry, types) = (read("flatscape.desktop"), read("flatscape.xml"));
    let mut lines = entry.lines();
    assert_eq!(lines.next(), Some("[Desktop Entry]"));
    let value = |key: &str| {
        let found = entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{key} is missing"))
    };
    assert_eq!((value("Type"), value("Exec"), value("TryExec")), ("Application", "flatscape %F", "flatscape"));
    assert!(folder.join(format!("{}.svg", value("Icon"))).is_file(), "the icon");
    let own: BTreeSet<&str> = value("MimeType").split_terminator(';').collect();
    assert_eq!(own, between(&types, "<mime-type type=\"", "\""), "kinds of files that are described and opened");
    assert!(between(&types, "<icon name=\"", "\"").into_iter().all(|icon| icon == value("Icon")), "icons of files");
    // What groups windows under the icon: the name that the window gives itself.
    let window = fs::read_to_string(folder.join("../../src/ui/shell/native.rs")).expect("the window's source is there");
    assert!(window.contains(&format!("with_app_id(\"{}\")", value("StartupWMClass"))));
    let icon = read("flatscape.svg");
    assert!(icon.contains("<svg ") && icon.trim_end().ends_with("</svg>"));
}
