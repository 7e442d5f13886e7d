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
    assert_eq!((value("Type"), value("Exec"), value("TryExec")), ("Application", "flatscape %U", "flatscape"));
    assert!(folder.join(format!("{}.svg", value("Icon"))).is_file(), "the icon");
    let (schemes, own): (BTreeSet<&str>, BTreeSet<&str>) =
        value("MimeType").split_terminator(';').partition(|kind| kind.starts_with("x-scheme-handler/"));
    assert_eq!(schemes, BTreeSet::from(["x-scheme-handler/flatscape"]), "links");
    assert_eq!(own, between(&types, "<mime-type type=\"", "\""), "kinds of files that are described and opened");
    assert!(between(&types, "<icon name=\"", "\"").into_iter().all(|icon| icon == value("Icon")), "icons of files");
    // What groups windows under the icon: the name that the window gives itself.
    let window = fs::read_to_string(folder.join("../../src/ui/shell/native.rs")).expect("the window's source is there");
    assert!(window.contains(&format!("with_app_id(\"{}\")", value("StartupWMClass"))));
    let icon = read("flatscape.svg");
    assert!(icon.contains("<svg ") && icon.trim_end().ends_with("</svg>"));
}

#[test]
fn the_files_for_packages_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_else(|err| panic!("{name}: {err}"));
    let (about, deb) = (read("packaging/flatscape.metainfo.xml"), read("packaging/deb.sh"));
    let id = between(&about, "<id>", "</id>");
    assert!(id.iter().all(|id| deb.contains(&format!("usr/share/metainfo/{id}.metainfo.xml"))), "{id:?}");
    let entry = between(&about, "<launchable type=\"desktop-id\">", "<");
    assert!(entry.iter().all(|entry| root.join("assets/desktop").join(entry).is_file()), "{entry:?}");
    let own = between(&about, "<mediatype>", "</mediatype>");
    let types = read("assets/desktop/flatscape.xml");
    assert!(own.is_subset(&between(&types, "<mime-type type=\"", "\"")), "{own:?}");
    // The systems of a release, and the version of what packs them.
    let (dist, workflow) = (read("dist-workspace.toml"), read(".github/workflows/release.yml"));
    let dist: toml::Table = toml::from_str(&dist).expect("TOML");
    let setting = |key: &str| &dist["dist"][key];
    let targets = setting("targets").as_array().expect("a list");
    let built = between(&workflow, "{ target: ", ",");
    assert_eq!(targets.iter().filter_map(toml::Value::as_str).collect::<BTreeSet<_>>(), built);
    let version = setting("cargo-dist-version").as_str().expect("a version");
    assert!(workflow.contains(&format!("/cargo-dist/releases/download/v{version}")), "{version}");
    // Scripts that documents and workflows name are there.
    for text in [&workflow, &read("docs/packaging.md"), &read("check.sh")] {
        let words = text.split(|letter: char| letter.is_whitespace() || "`()\"'".contains(letter));
        let scripts = words.filter(|word| word.ends_with(".sh") || word.ends_with("licenses.py"));
        for script in scripts.filter(|word| word.starts_with("packaging/") || word.starts_with("tests/")) {
            assert!(root.join(script).is_file(), "{script}");
        }
    }
}
