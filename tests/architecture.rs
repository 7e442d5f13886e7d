//! The direction of dependence between the folders of `src`, and which of them may name which libraries.
//!
//! `main → {cli, ui} → engine → {report, session, train, landscape, curvature, noise} → {optim, model, data}`;
//! `ui → {render, export}`, `export → {report, render}`.
//! The tables below are that drawing. Unit tests inside `src` may use what they like.

#[path = "architecture/paths.rs"]
mod paths;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use paths::{Named, Root, named_paths};

/// Each folder (or file) of `src`, and the folders that it may use besides [`EVERYBODY_USES`].
const FOLDERS: [(&str, &[&str]); 19] = [
    ("main", &["cli", "ui"]),
    ("lib", &[]),
    (
        "cli",
        &[
            "engine",
            "export",
            "report",
            "session",
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
    ("ui", &["engine", "export", "report", "session", "render", "number"]),
    ("engine", &["report", "session", "train", "landscape", "curvature", "noise", "optim", "model", "data"]),
    ("session", &["model", "data"]),
    ("export", &["report", "render", "number"]),
    ("report", &[]),
    ("number", &[]),
    ("train", &["noise", "optim", "model", "data"]),
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

/// What is wrong in one file, one `file:line: sentence` each. `place` is its path below `src`, such as `ui/app.rs`.
fn violations(place: &str, source: &str) -> Vec<String> {
    let mut module: Vec<&str> = place.trim_end_matches(".rs").split('/').collect();
    let folder = module[0];
    module.retain(|part| !matches!(*part, "mod" | "lib" | "main"));
    let Some((_, allowed)) = FOLDERS.iter().find(|(name, _)| *name == folder) else {
        return vec![format!("src/{place}:1: the folder `{folder}` is not in the table of tests/architecture.rs")];
    };
    named_paths(source, &module)
        .into_iter()
        .filter_map(|named| {
            let problem = match named.root {
                Root::Crate => folder_problem(folder, allowed, &named),
                Root::Extern | Root::Name => library_problem(folder, &named.segments[0]),
            }?;
            Some(format!("src/{place}:{}: {problem}", named.line))
        })
        .collect()
}

fn folder_problem(folder: &str, allowed: &[&str], named: &Named) -> Option<String> {
    let path = named.segments.join("::");
    let Some(used) = named.segments.first().map(String::as_str) else {
        return Some("names the whole crate; name the folder".to_owned());
    };
    if used == folder || allowed.contains(&used) || folder == "lib" {
        return None;
    }
    // The configuration stands below the protocol.
    if EVERYBODY_USES.contains(&used) && folder != "config" {
        return None;
    }
    if !FOLDERS.iter().any(|(name, _)| *name == used) {
        return Some(format!("`{path}` is in no folder of the table of tests/architecture.rs"));
    }
    let mut may = EVERYBODY_USES.to_vec();
    may.extend(allowed);
    let may = if folder == "config" { "no other folder".to_owned() } else { may.join(", ") };
    Some(format!("`{folder}` uses `{path}`, but may use only {may}"))
}

fn library_problem(folder: &str, library: &str) -> Option<String> {
    // Holds font files and nothing else; figures are drawn with the fonts of the window.
    if library == "epaint_default_fonts" {
        return None;
    }
    let belongs = |prefix: &&str| library == *prefix || library.starts_with(&format!("{prefix}_"));
    let (_, may) = LIBRARIES.iter().find(|(prefixes, _)| prefixes.iter().any(belongs))?;
    (!may.contains(&folder)).then(|| format!("`{folder}` names `{library}`, which only {} may", may.join(", ")))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn folders_depend_in_one_direction() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    assert!(files.len() > 5, "no sources found in {}", src.display());
    let mut report = String::new();
    for file in files {
        let place = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        if place.ends_with("/tests.rs") || place.contains("/tests/") {
            continue;
        }
        for violation in violations(&place, &fs::read_to_string(&file).unwrap()) {
            writeln!(report, "  {violation}").unwrap();
        }
    }
    assert!(report.is_empty(), "the direction of dependence (tests/architecture.rs) is broken:\n{report}");
}

/// The checker's findings, without the `src/` in front.
fn found(place: &str, source: &str) -> Vec<String> {
    violations(place, source).into_iter().map(|text| text["src/".len()..].to_owned()).collect()
}

#[test]
fn the_checker_finds_every_violation_with_its_line() {
    let source = r#"//! A made-up file.
use std::{fmt, io::Write as _};
use crate::{
    config::Knobs,
    engine::{self, Link},
    protocol::*,
};
use super::super::ui::App as Window;
use ::burn::tensor::{Tensor, Int};
pub(crate) use wgpu;

fn f<'a>(x: &'a crate::session::Session) -> Vec<crate::model::Network> {
    let c = '"'; let text = "crate::cli::run";  // crate::cli
    egui::Ui::new(Tensor::<2>::new())
}
"#;
    let may = "but may use only config, protocol, optim, model, data";
    let burn = "which only model, optim, train, landscape, curvature, noise, engine may";
    assert_eq!(
        found("curvature/dense.rs", source),
        [
            format!("curvature/dense.rs:5: `curvature` uses `engine`, {may}"),
            format!("curvature/dense.rs:5: `curvature` uses `engine::Link`, {may}"),
            format!("curvature/dense.rs:8: `curvature` uses `ui::App`, {may}"),
            "curvature/dense.rs:10: `curvature` names `wgpu`, which only render may".to_owned(),
            format!("curvature/dense.rs:12: `curvature` uses `session::Session`, {may}"),
            "curvature/dense.rs:14: `curvature` names `egui`, which only ui may".to_owned(),
        ]
    );
    let in_data = found("data/mod.rs", source);
    assert!(in_data.contains(&format!("data/mod.rs:9: `data` names `burn`, {burn}")), "{in_data:#?}");
}

#[test]
fn the_checker_knows_modules_and_their_parents() {
    let up = "use super::super::engine::Link;";
    assert_eq!(found("ui/panels/mod.rs", up).len(), 0, "the window may use the engine");
    assert_eq!(found("model/layers/conv.rs", up).len(), 0, "this is model::engine");
    assert_eq!(found("model/conv.rs", up).len(), 1);
    assert_eq!(found("model/mod.rs", "use super::engine::Link;").len(), 1);
    assert_eq!(found("model/mod.rs", "mod a { use super::engine::Link; } mod b; use super::ui;").len(), 1);
    assert_eq!(found("main.rs", "fn main() { flatscape::cli::run(); flatscape::engine::run() }").len(), 1);
    assert_eq!(found("lib.rs", "pub mod engine; pub use crate::engine::Link;").len(), 0);
    assert_eq!(found("config/mod.rs", "use crate::protocol::RunId;").len(), 1);
    assert_eq!(found("protocol.rs", "use crate::config::Knobs;").len(), 0);
    assert_eq!(found("plugins/mod.rs", "").len(), 1, "a new folder needs its row in the table");
    assert_eq!(found("ui/app.rs", "use crate::plugins::Plugin; use crate::*;").len(), 2);
}

#[test]
fn the_checker_lets_local_names_and_tests_be() {
    let window = "use eframe::wgpu; use eframe::egui_wgpu::wgpu::Queue; fn f(d: &wgpu::Device) {}";
    assert_eq!(found("ui/view3d.rs", window).len(), 0);
    assert_eq!(found("ui/view3d.rs", "use eframe::wgpu::{self, Queue}; fn f(d: &wgpu::Device) {}").len(), 0);
    assert_eq!(found("ui/view3d.rs", "use wgpu::{self}; fn f(d: &wgpu::Device) {}").len(), 2);
    assert_eq!(found("ui/view3d.rs", "fn f(d: &wgpu::Device) {}").len(), 1);
    let tested =
        "#[cfg(test)]\nmod tests { use crate::ui::App; fn f() { if true { egui::f() } } }\nuse crate::ui::Tab;";
    assert_eq!(found("train/run.rs", tested).len(), 1);
    let quiet =
        r##"/* /* crate::ui */ egui::x */ const A: &str = r#"crate::"ui""#; const B: char = '\''; use crate::ui;"##;
    assert_eq!(found("data/mod.rs", quiet).len(), 1);
    assert_eq!(found("train/run.rs", "/// See [`crate::ui`] and `egui::Ui`.\nstruct S; use burnt::X;").len(), 0);
}
