//! How the house is built, as tables: which folder of `src` may use which, which may name which libraries, the tiers of the
//! window, and that nothing goes in a circle. A broken rule is told with its file, line, what was named and what may be.
//!
//! `main → {cli, ui} → engine → {report, session, sweep, train, landscape, curvature, noise} → {optim, model, data}`;
//! `ui → {render, export}`, `export → {report, render}`. Within `ui` each may use what stands before it: `kit`, `state`,
//! `plots`, `contract`, `panes`, `shell`. Unit tests inside `src` may use what they like.

#[path = "architecture/mod.rs"]
mod architecture;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use architecture::index::Tree;
use architecture::{circles, folders, graph, index, length, tiers};

/// Each folder (or file) of `src`, and the folders that it may use besides [`EVERYBODY_USES`].
const FOLDERS: [(&str, &[&str]); 21] = [
    ("main", &["cli", "ui"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "engine",
            "export",
            "report",
            "session",
            "sweep",
            "train",
            "landscape",
            "curvature",
            "noise",
            "optim",
            "model",
            "data",
            "number",
        ],
    ),
    ("ui", &["engine", "export", "report", "session", "sweep", "render", "number", "letters"]),
    ("engine", &["report", "session", "sweep", "train", "landscape", "curvature", "noise", "optim", "model", "data"]),
    ("sweep", &["report", "session"]),
    ("session", &["report", "model", "data", "number"]),
    ("export", &["report", "render", "number", "letters"]),
    ("report", &["number"]),
    ("number", &[]),
    ("letters", &[]),
    ("train", &["session", "noise", "optim", "model", "data", "number"]),
    ("landscape", &["optim", "model", "data"]),
    ("curvature", &["optim", "model", "data"]),
    ("noise", &["optim", "model", "data"]),
    ("optim", &[]),
    ("model", &[]),
    ("data", &[]),
    ("render", &[]),
    ("protocol", &[]),
    ("config", &[]),
];

/// What every folder may use; `config` itself uses nothing.
const EVERYBODY_USES: [&str; 2] = ["config", "protocol"];

/// Libraries that only some folders may name: by the beginning of the crate's name.
const LIBRARIES: [(&[&str], &[&str]); 3] = [
    (&["burn", "cubecl"], &["model", "optim", "train", "landscape", "curvature", "noise", "engine"]),
    (&["egui", "eframe", "epaint", "emath", "ecolor"], &["ui"]),
    // The window reaches wgpu through eframe or egui_wgpu, whose names are covered above.
    (&["wgpu", "naga"], &["render"]),
];

/// A tier of the window, `src/ui/NAME`.
struct Tier {
    name: &'static str,
    /// The tiers that it may use besides itself.
    may_use: &'static [&'static str],
    /// The folders outside of the window that it may use, where that is fewer than what all of the window may.
    of_the_crate: Option<&'static [&'static str]>,
    /// Whether it may draw; if not, it may use [`PLAIN_EGUI`] alone.
    draws: bool,
}

/// The tiers of the window, each above those before it. Panes (`src/ui/panes/NAME`) never name each other.
const TIERS: [Tier; 6] = [
    Tier { name: "kit", may_use: &[], of_the_crate: Some(&["number", "letters"]), draws: true },
    Tier { name: "state", may_use: &["kit"], of_the_crate: None, draws: false },
    Tier {
        name: "plots",
        may_use: &["kit", "state"],
        of_the_crate: Some(&["config", "protocol", "render", "export", "number"]),
        draws: true,
    },
    Tier { name: "contract", may_use: &["kit", "state", "plots"], of_the_crate: None, draws: true },
    Tier { name: "panes", may_use: &["kit", "state", "plots", "contract"], of_the_crate: None, draws: true },
    Tier { name: "shell", may_use: &["kit", "state", "plots", "contract", "panes"], of_the_crate: None, draws: true },
];

/// What even a tier that draws nothing may use of egui: plain values.
const PLAIN_EGUI: [&str; 8] = ["Color32", "Key", "Modifiers", "Pos2", "Rect", "Vec2", "pos2", "vec2"];

/// The folder with the sources; another one can be looked at by naming it in `FLATSCAPE_SRC`.
fn src() -> PathBuf {
    env::var_os("FLATSCAPE_SRC").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), PathBuf::from)
}

static SOURCES: LazyLock<Tree> = LazyLock::new(|| read(&src(), ""));

/// All sources below a folder, by their place in it, with `prefix` before that.
fn read(folder: &Path, prefix: &str) -> Tree {
    let mut tree = Tree::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display())) {
        let entry = entry.expect("the folder can be read");
        let (path, place) = (entry.path(), format!("{prefix}{}", entry.file_name().display()));
        if path.is_dir() {
            tree.extend(read(&path, &format!("{place}/")));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tree.insert(place, fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display())));
        }
    }
    tree
}

fn assert_none(what: &str, violations: &[String]) {
    assert!(SOURCES.len() > 5, "no sources found in {}", src().display());
    let report: String = violations.iter().flat_map(|violation| ["  ", violation, "\n"]).collect();
    assert!(report.is_empty(), "{what} (tests/architecture.rs): {}\n{report}", violations.len());
}

#[test]
fn folders_depend_in_one_direction() {
    let for_tests = |place: &str| place.ends_with("/tests.rs") || place.contains("/tests/");
    let files = SOURCES.iter().filter(|(place, _)| !for_tests(place));
    let violations: Vec<String> = files.flat_map(|(place, source)| folders::violations(place, source)).collect();
    assert_none("the direction of dependence is broken", &violations);
}

#[test]
fn the_tiers_of_the_window_depend_in_one_direction() {
    assert_none("the tiers of the window are broken", &tiers::violations(&SOURCES));
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    assert_none("circles between files", &circles::file_circles(&SOURCES));
}

#[test]
fn no_parts_of_a_folder_name_each_other_in_a_circle() {
    assert_none("circles between the parts of a folder", &circles::folder_circles(&SOURCES));
}

#[test]
fn every_path_into_the_crate_leads_somewhere() {
    assert_none("the checker cannot follow", &graph::lost(&index::Index::new(&SOURCES)));
}

#[test]
fn numbers_are_typed_into_one_kind_of_box() {
    const HOME: &str = "ui/kit/number_box.rs";
    let is_box = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        ["DragValue::new", "DragValue::from", "Slider::new", "Slider::from", ".show_value(", ".custom_parser("]
            .iter()
            .any(|name| code.contains(name))
    };
    assert!(is_box("ui.add(DragValue::new(x))") && !is_box("// DragValue::new has a rule of its own"));
    assert!(SOURCES[HOME].lines().any(is_box), "the one place is {HOME}");
    let others = SOURCES.iter().filter(|(place, _)| *place != HOME);
    let found = others.flat_map(|(place, source)| {
        let lines = source.lines().enumerate().filter(|(_, line)| is_box(line));
        lines.map(move |(index, line)| format!("{place}:{}: {}", index + 1, line.trim()))
    });
    assert_none("boxes and sliders that do not come from ui/kit/number_box.rs", &found.collect::<Vec<_>>());
}

#[test]
fn long_files_say_why_they_are_one() {
    let mut files = read(&src(), "src/");
    files.extend(read(&src().with_file_name("tests"), "tests/"));
    assert_none("long files without a reason", &length::violations(&files));
}
